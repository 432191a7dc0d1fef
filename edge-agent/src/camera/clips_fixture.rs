//! Clips for tests: those lent by the developer's machine, and small ones encoded on the spot.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::access_unit::{AccessUnit, Codec, StreamInfo};
use super::parameter_sets::ParameterSets;
use super::sample;
use super::timeline::{Leaps, Timeline};
use crate::geometry::PictureSize;

/// A lent clip, or `None` with a printed reason where this machine has none.
pub(crate) fn lent(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VONG_DEMO_CLIPS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/videos"),
        PathBuf::from,
    );
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!(
        "skipped: no {}; set VONG_DEMO_CLIPS to the folder of clips",
        path.display()
    );
    None
}

/// Runs a launch line to its end.
pub(crate) fn run_pipeline(description: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends)
        .unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(
        message.type_(),
        gst::MessageType::Eos,
        "{description}: {message:?}"
    );
}

/// Encodes a moving test picture, 320×240 at 25 fps, as MP4.
pub(crate) fn encode_clip(path: &Path, pictures: u32, gop: u32) {
    encode_sized(path, pictures, gop, (320, 240));
}

/// As [`encode_clip`], of another size.
pub(crate) fn encode_sized(path: &Path, pictures: u32, gop: u32, (width, height): (u32, u32)) {
    run_pipeline(&format!(
        "videotestsrc num-buffers={pictures} pattern=ball \
         ! video/x-raw,format=I420,width={width},height={height},framerate=25/1 \
         ! openh264enc gop-size={gop} bitrate=400000 ! h264parse ! mp4mux ! filesink location={}",
        path.display()
    ));
}

/// Encodes a moving test picture, 320×240 at 25 fps, with `ffmpeg`: for what our own encoder cannot
/// do, such as pictures out of order.
pub(crate) fn encode_with_ffmpeg(path: &Path, seconds: u32, options: &[&str]) {
    let source = format!("testsrc2=size=320x240:rate=25:duration={seconds}");
    let status = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &source])
        .args(["-pix_fmt", "yuv420p"])
        .args(options)
        .arg(path)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success(), "{options:?}");
}

/// The access units that a launch line gives, and what they are.
pub(crate) fn encoded(codec: Codec, launch: &str) -> (StreamInfo, Vec<Arc<AccessUnit>>) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!("{launch} ! appsink name=units sync=false"));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let units = pipeline.by_name("units").unwrap();
    let units = units.downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut timeline = Timeline::new(Leaps::Keep);
    let mut sets = ParameterSets::default();
    let (mut caps, mut taken) = (String::new(), Vec::new());
    while let Ok(sample) = units.pull_sample() {
        caps = sample.caps().unwrap().to_string();
        let unit = sample::access_unit(&sample, &mut timeline, Duration::ZERO);
        taken.extend(unit.map(|unit| Arc::new(sets.complete(codec, unit))));
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(!taken.is_empty(), "{launch}");
    let size = Some(PictureSize {
        width: 320,
        height: 240,
    });
    (StreamInfo { codec, caps, size }, taken)
}
