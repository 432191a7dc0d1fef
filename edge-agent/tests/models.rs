//! `edge-agent detect` and `edge-agent models` as a person types them, on a machine that has only the
//! program and ONNX Runtime: the model is the one in the program, the pictures are drawn here.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops and says why"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use edge_agent::detect::library;
use gstreamer as gst;
use gstreamer::prelude::*;
use serde_json::Value;

/// A folder for pictures and models, and the program with nothing configured but that folder.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// `None`, and a printed reason, on a machine without ONNX Runtime.
    fn new() -> Option<Self> {
        if let Err(error) = library::find(None) {
            println!("skipped: {error}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pictures")).unwrap();
        let config =
            "[detect]\nmodels_dir = \"models\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n";
        std::fs::write(folder.path().join("agent.toml"), config).unwrap();
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_edge-agent"));
        command
            .arg("--config")
            .arg(self.path("agent.toml"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("VONG_MODELS_MIRROR");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn picture(&self, name: &str, size: (u32, u32)) {
        let picture = image::RgbImage::from_fn(size.0, size.1, |x, y| {
            image::Rgb([(x % 256) as u8, (y % 256) as u8, ((x + y) % 256) as u8])
        });
        picture.save(self.path(name)).unwrap();
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

#[test]
fn detect_prints_a_line_for_each_picture_and_goes_on_after_a_broken_one() {
    let Some(bench) = Bench::new() else { return };
    bench.picture("pictures/a.png", (640, 360));
    bench.picture("pictures/c.jpg", (101, 203));
    std::fs::write(bench.path("pictures/b.jpg"), b"no picture").unwrap();
    std::fs::write(bench.path("pictures/notes.txt"), b"no picture either").unwrap();
    let output = bench.run(&["detect", "--score-threshold", "0.001", "pictures"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let found = lines(&output);
    let images: Vec<&str> = found
        .iter()
        .map(|line| line["image"].as_str().unwrap())
        .collect();
    assert_eq!(
        images,
        ["pictures/a.png", "pictures/b.jpg", "pictures/c.jpg"]
    );
    assert!(
        found[1]["error"].as_str().unwrap().contains("b.jpg"),
        "{}",
        found[1]
    );
    let whole = [&found[0], &found[2]];
    for (line, (width, height)) in whole.into_iter().zip([(640, 360), (101, 203)]) {
        assert_eq!(
            (&line["width"], &line["height"]),
            (&width.into(), &height.into())
        );
        assert_eq!(line["model"], "vong-starter");
        assert!(line["milliseconds"].as_f64().unwrap() > 0.0);
        for detection in line["detections"].as_array().unwrap() {
            let corners = detection["box"].as_array().unwrap();
            let corners: Vec<f64> = corners.iter().map(|side| side.as_f64().unwrap()).collect();
            let inside = corners[0] >= 0.0 && corners[2] <= f64::from(width) + 0.01;
            assert!(
                inside && corners[0] < corners[2] && corners[1] < corners[3],
                "{detection}"
            );
            assert!((0.001..=1.0).contains(&detection["score"].as_f64().unwrap()));
        }
    }
}

#[test]
fn detect_reads_a_list_and_names_what_it_does_not_know() {
    let Some(bench) = Bench::new() else { return };
    bench.picture("pictures/a.png", (64, 64));
    let mut command = bench.command(&["detect", "--model", "vong-starter", "--own-classes", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut list = child.stdin.take().unwrap();
    list.write_all(b"pictures/a.png\n\npictures/a.png\n")
        .unwrap();
    drop(list);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(lines(&output).len(), 2);
    let output = bench.run(&["detect", "--model", "yolo", "pictures/a.png"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("known: ") && said(&output).contains("vong-starter"));
    let output = bench.run(&["detect", "--model", "plate-yunet", "pictures/a.png"]);
    assert!(said(&output).contains("cannot be run"), "{}", said(&output));
}

#[test]
fn list_warns_of_agpl_and_says_what_is_here() {
    let Some(bench) = Bench::new() else { return };
    let list = said(&bench.run(&["models", "list"]));
    for part in [
        "vong-starter",
        "in the program",
        "(runs where no [[model]] is configured)",
        "WARNING: pyronear-smoke: AGPL-3.0",
        "SHA-256 unknown",
        "cannot be run: plate-yunet",
        "a second look at fire and smoke",
        "yolox-s-int8",
    ] {
        assert!(list.contains(part), "{part} is not in:\n{list}");
    }
    let output = bench.run(&["models", "pull", "vong-starter"]);
    assert!(output.status.success() && said(&output).contains("nothing to fetch"));
    let output = bench.run(&["models", "pull", "rf-detr-nano"]);
    assert!(!output.status.success() && said(&output).contains("--trust-first"));
}

#[test]
fn bench_writes_which_file_to_use() {
    let Some(bench) = Bench::new() else { return };
    let output = bench.run(&["models", "bench", "--seconds", "0.2", "vong-starter"]);
    assert!(output.status.success(), "{}", said(&output));
    let written = std::fs::read_to_string(bench.path("models/bench.toml")).unwrap();
    assert!(
        written.contains("[model.vong-starter") && written.contains("first = "),
        "{written}"
    );
}

/// A ball that moves over noise, ten pictures a second.
fn encode(file: &Path) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers=20 pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=10/1 \
         ! openh264enc ! h264parse ! mp4mux ! filesink location={}",
        file.display()
    ))
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let ended = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends);
    assert_eq!(ended.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn try_writes_a_video_and_a_sheet() {
    let Some(bench) = Bench::new() else { return };
    encode(&bench.path("ball.mp4"));
    let output = bench.run(&[
        "models",
        "try",
        "vong-starter",
        "ball.mp4",
        "--out",
        "seen",
        "--score",
        "0.01",
    ]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("vong-starter: 10 pictures"),
        "{}",
        said(&output)
    );
    let sheet = image::open(bench.path("seen/ball.vong-starter.jpg")).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (1280, 720));
    let video = std::fs::read(bench.path("seen/ball.vong-starter.mp4")).unwrap();
    assert_eq!(&video[4..8], b"ftyp");
}
