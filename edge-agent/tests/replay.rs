//! Real clips through `edge-agent replay`: what a person who watches them would say.
//!
//! The clips and the model are lent, not part of the repository: `VONG_DEMO_CLIPS` and
//! `VONG_MODELS_MIRROR` name their folders, and without them each test says so and passes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops and says why"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const TABLE: &str = r#"
[[camera.zone]]
id = "table"
polygon = [[0.25, 0.2], [0.75, 0.2], [0.75, 0.95], [0.25, 0.95]]
[[camera.rule]]
kind = "encroachment"
zone = "table"
classes = ["person"]
dwell_s = 2
clear_after_s = 2
cool_down_s = 0
"#;

const KERB: &str = r#"
[[camera.zone]]
id = "right-kerb"
polygon = [[0.88, 0.42], [1.0, 0.42], [1.0, 0.65], [0.88, 0.65]]
[[camera.rule]]
kind = "illegal_parking"
zone = "right-kerb"
dwell_s = 8
"#;

const CATTLE: &str = "[[camera.rule]]\nkind = \"stray_cattle\"\n";

fn clip(name: &str) -> Option<PathBuf> {
    let mirror = std::env::var_os("VONG_MODELS_MIRROR").map(PathBuf::from);
    let model = mirror.is_some_and(|folder| folder.join("yolox_nano.onnx").is_file());
    let file = std::env::var_os("VONG_DEMO_CLIPS").map(|folder| Path::new(&folder).join(name));
    let file = file.filter(|file| model && file.is_file());
    if file.is_none() {
        println!(
            "skipped: VONG_DEMO_CLIPS lacks {name}, or VONG_MODELS_MIRROR lacks yolox_nano.onnx"
        );
    }
    file
}

/// The lines that a replay prints; the last one is the summary.
fn replay(clip: &Path, rule: &str, options: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    let camera =
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n";
    std::fs::write(&config, format!("{camera}{rule}")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_edge-agent"))
        .arg("--config")
        .arg(&config)
        .args(["replay", "--camera", "cam"])
        .args(options)
        .arg(clip)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn times(lines: &[Value], phase: &str) -> Vec<f64> {
    let of_phase = lines.iter().filter(|line| line["phase"] == phase);
    of_phase.map(|line| line["t"].as_f64().unwrap()).collect()
}

#[test]
fn cattle_on_a_pasture_are_one_event() {
    let Some(clip) = clip("cattle_pasture_two_cows_dpmanoj.mp4") else {
        return;
    };
    let lines = replay(&clip, CATTLE, &[]);
    assert_eq!(times(&lines, "raised").len(), 1, "{lines:?}");
    assert_eq!(times(&lines, "cleared").len(), 1, "{lines:?}");
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["detail"]),
        (&"stray_cattle".into(), &"stray_cattle".into())
    );
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!(
        (&summary["events"], &summary["frames_decoded"]),
        (&1.into(), &190.into())
    );
}

#[test]
fn a_puppy_is_no_cattle() {
    let Some(clip) = clip("negative_puppy_dpmanoj.mp4") else {
        return;
    };
    let lines = replay(&clip, CATTLE, &[]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["summary"]["events"], 0);
}

#[test]
fn each_visit_to_a_table_is_one_event() {
    let Some(clip) = clip("dwell_person_table_intel.mp4") else {
        return;
    };
    let lines = replay(&clip, TABLE, &[]);
    let (raised, cleared) = (times(&lines, "raised"), times(&lines, "cleared"));
    // Six people, seen by eye; between two of them the table is empty for seconds.
    assert_eq!(
        (raised.len(), cleared.len()),
        (6, 6),
        "{raised:?} {cleared:?}"
    );
    assert!(
        raised
            .iter()
            .zip(&cleared)
            .all(|(raised, cleared)| raised < cleared)
    );
}

#[test]
fn a_parked_car_is_one_event_that_stays_open() {
    let Some(clip) = clip("traffic_suburb_ahmetozlu.mp4") else {
        return;
    };
    let lines = replay(&clip, KERB, &["--detections"]);
    let raised = times(&lines, "raised");
    assert!(
        raised.len() == 1 && (8.0..10.0).contains(&raised[0]),
        "{raised:?}"
    );
    let cleared = times(&lines, "cleared");
    assert!(
        cleared.len() == 1 && cleared[0] > 37.0,
        "only the end of the clip clears it: {cleared:?}"
    );
    let pictures = lines
        .iter()
        .filter(|line| line["detections"].is_array())
        .count();
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!(summary["frames_analysed"], pictures);
}

#[test]
fn behind_the_gate_the_parked_car_is_the_same_event() {
    let Some(clip) = clip("traffic_suburb_ahmetozlu.mp4") else {
        return;
    };
    let (whole, gated) = (replay(&clip, KERB, &[]), replay(&clip, KERB, &["--gate"]));
    let (one, other) = (times(&whole, "raised"), times(&gated, "raised"));
    assert_eq!((one.len(), other.len()), (1, 1), "{gated:?}");
    assert!((one[0] - other[0]).abs() <= 0.5, "{one:?} {other:?}");
    let summary = &gated.last().unwrap()["summary"];
    assert!(summary["awake_share"].is_number() && summary["units_received"] == 905);
}

/// Two seconds of a test picture, encoded.
fn encoded(file: &Path, options: &[&str]) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi"])
        .args(["-i", "testsrc2=size=320x240:rate=25:duration=2"])
        .args(["-pix_fmt", "yuv420p"])
        .args(options)
        .arg(file)
        .status()
        .unwrap();
    assert!(status.success(), "{options:?}");
}

#[test]
fn recordings_of_each_codec_are_replayed_and_what_is_no_video_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    std::fs::write(&config, "[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n").unwrap();
    let replayed = |name: &str| {
        let file = folder.path().join(name);
        Command::new(env!("CARGO_BIN_EXE_edge-agent"))
            .arg("--config")
            .arg(&config)
            .args(["replay", "--camera", "cam"])
            .arg(file)
            .output()
            .unwrap()
    };
    let hevc = ["-c:v", "libx265", "-x265-params", "log-level=none"];
    for (name, options) in [
        ("hevc.mp4", &hevc[..]),
        ("mjpeg.avi", &["-c:v", "mjpeg"]),
        ("mjpeg.mov", &["-c:v", "mjpeg"]),
        // No camera sends these; recordings have them.
        ("part2.mp4", &["-c:v", "mpeg4"]),
        ("part2.avi", &["-c:v", "mpeg4", "-vtag", "XVID"]),
    ] {
        encoded(&folder.path().join(name), options);
        let output = replayed(name);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}: {said}");
        let text = String::from_utf8(output.stdout).unwrap();
        let summary: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(summary["summary"]["frames_decoded"], 50, "{name}");
    }
    std::fs::write(folder.path().join("words.mp4"), "no video").unwrap();
    let output = replayed("words.mp4");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("words.mp4"), "{said}");
}
