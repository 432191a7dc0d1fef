//! Traffic rules on real pixels, with the lent model: who runs the red in Hanoi, and who drives the wrong
//! way when a street's recording runs backwards.
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

use contract::v1::Phase;
use edge_agent::analysis::{CameraAnalysis, Look};
use edge_agent::config::Config;
use edge_agent::detect::Detection;
use edge_agent::geometry::{PictureSize, PixelBox};
use edge_agent::time::StreamTime;
use edge_agent::track::TrackerOptions;
use serde_json::Value;

const CAMERA: &str =
    "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n";

/// The stop line of the lent junction and the signal at its right edge, in pixels of the clip.
const JUNCTION: &str = r#"
analyse_fps = 10
[[camera.line]]
id = "stop"
points = [[35, 337], [515, 365]]
towards = [300, 250]
pixels_of = [640, 480]
[[camera.signal]]
id = "main"
lamp = [[612, 168], [638, 168], [638, 224], [612, 224]]
pixels_of = [640, 480]
"#;

const RED_LIGHT: &str = "[[camera.rule]]\nkind = \"red_light\"\nline = \"stop\"\n";

/// The near lane of the lent street, whose traffic comes towards the camera.
const STREET: &str = r#"
analyse_fps = 12
[[camera.zone]]
id = "lane"
polygon = [[0.32, 0.36], [0.46, 0.36], [1.0, 0.85], [1.0, 1.0], [0.42, 1.0]]
[[camera.rule]]
kind = "wrong_way"
zone = "lane"
direction = [[0.38, 0.38], [0.85, 0.95]]
"#;

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
fn replay(clip: &Path, camera: &str, options: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    std::fs::write(&config, format!("{CAMERA}{camera}")).unwrap();
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

/// When events of that detail were raised.
fn raised(lines: &[Value], detail: &str) -> Vec<f64> {
    lines
        .iter()
        .filter(|line| line["detail"] == detail && line["phase"] == "raised")
        .map(|line| line["t"].as_f64().unwrap())
        .collect()
}

#[test]
fn three_motorbikes_run_the_red_and_the_queue_does_not() {
    let Some(clip) = clip("redlight_giangvo_uv1615.mp4") else {
        return;
    };
    let lines = replay(&clip, &format!("{JUNCTION}{RED_LIGHT}"), &[]);
    let (told, later): (Vec<f64>, Vec<f64>) = raised(&lines, "red_light")
        .into_iter()
        .partition(|at| *at < 12.0);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|at| *at > 4.0), "{told:?}");
    // A fourth drives through at 17 s, behind others; who waits on the line or beyond it is never told.
    let fourth = |at: &f64| (17.0..20.0).contains(at);
    assert!(later.len() <= 1 && later.iter().all(fourth), "{later:?}");
}

#[test]
fn the_suite_of_traffic_is_met() {
    if clip("redlight_giangvo_uv1615.mp4").is_none() {
        return;
    }
    let suite =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/evaluation/suites/traffic.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_edge-agent"))
        .arg("evaluate")
        .arg(&suite)
        .arg("--skip-missing")
        .output()
        .unwrap();
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    println!("{}", said.join("\n"));
    assert!(output.status.success(), "{}", said.join("\n"));
}

#[test]
fn a_lamp_that_is_covered_tells_nothing_and_says_so() {
    let Some(clip) = clip("redlight_giangvo_uv1615.mp4") else {
        return;
    };
    // The signal is looked for where only the street is.
    let blind = JUNCTION.replace(
        "[[612, 168], [638, 168], [638, 224], [612, 224]]",
        "[[250, 230], [280, 230], [280, 280], [250, 280]]",
    );
    let lines = replay(&clip, &format!("{blind}{RED_LIGHT}"), &[]);
    assert_eq!(raised(&lines, "red_light"), [] as [f64; 0]);
    let reasons: Vec<_> = lines
        .iter()
        .filter_map(|line| line["held_back"].as_str())
        .collect();
    assert!(reasons.len() >= 3, "{reasons:?}");
    assert!(
        reasons.iter().all(|reason| *reason == "lamp_hidden"),
        "{reasons:?}"
    );
}

#[test]
fn nobody_drives_the_wrong_way_until_the_recording_runs_backwards() {
    let Some(clip) = clip("traffic_suburb_ahmetozlu.mp4") else {
        return;
    };
    let lines = replay(&clip, STREET, &["--detections"]);
    assert_eq!(raised(&lines, "wrong_way"), [] as [f64; 0], "forwards");
    let backwards = backwards(&lines, STREET);
    println!("{backwards} wrong-way events backwards");
    assert!(backwards >= 5, "{backwards} told backwards");
}

/// How many events the camera raises over the pictures of a replay in reverse: what the model saw is real,
/// the order is not.
fn backwards(lines: &[Value], camera: &str) -> usize {
    let config = Config::parse(&format!("{CAMERA}{camera}"), Path::new("agent.toml")).unwrap();
    let options = TrackerOptions::of(&config.models[0].manifest);
    let mut analysis = CameraAnalysis::new(&config.cameras[0], options);
    let size = PictureSize {
        width: 640,
        height: 352,
    };
    let pictures: Vec<&Value> = lines
        .iter()
        .filter(|line| line["detections"].is_array())
        .collect();
    let end = pictures.last().unwrap()["t"].as_f64().unwrap();
    let mut told = 0;
    for picture in pictures.into_iter().rev() {
        let at = StreamTime::from_secs_f64(end - picture["t"].as_f64().unwrap());
        let detections: Vec<Detection> = picture["detections"]
            .as_array()
            .unwrap()
            .iter()
            .map(detection)
            .collect();
        let step = analysis.step(&Look {
            detections: &detections,
            ..Look::new(at, size)
        });
        let raised = |change: &&_| -> bool {
            let change: &edge_agent::rule::EventChange = change;
            change.phase == Phase::Raised
        };
        told += step.changes.iter().filter(raised).count();
    }
    told
}

fn detection(line: &Value) -> Detection {
    let number = |value: &Value| value.as_f64().unwrap() as f32;
    let side = |at: usize| number(&line["box"][at]);
    Detection {
        class: line["class"].as_str().unwrap().into(),
        score: number(&line["score"]),
        bbox: PixelBox {
            x: side(0),
            y: side(1),
            w: side(2),
            h: side(3),
        },
    }
}
