//! What a clip or a still holds, by ffprobe and ffmpeg, which share nothing with the code under test.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use system_tests::rendered_scene::{HEIGHT, WIDTH, read_timecode};

/// The first video stream's entry and the container's, as ffprobe tells them.
pub(crate) fn probe(file: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "json",
            "-show_streams",
            "-show_format",
            "-count_packets",
        ])
        .arg(file)
        .output()
        .expect("ffprobe: apt-get install ffmpeg");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "ffprobe: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The time code of every picture in the file, in the order of showing.
pub(crate) fn timecodes(file: &Path) -> Vec<u32> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-vf", &format!("crop={WIDTH}:{HEIGHT}:0:0")])
        // Each picture once, whatever its time: by itself ffmpeg fills and thins to an even rate.
        .args([
            "-vsync",
            "passthrough",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "gray",
            "-",
        ])
        .output()
        .expect("ffmpeg: apt-get install ffmpeg");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .chunks_exact((WIDTH * HEIGHT) as usize)
        .map(|picture| read_timecode(picture).expect("a picture with a time code"))
        .collect()
}
