//! `edge-agent evaluate` as a person types it: what it prints, its exit status, and the repository's
//! suites on the lent clips.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops and says why"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Two seconds of a test picture, in which nothing happens.
fn calm(folder: &Path) -> PathBuf {
    encoded(
        folder,
        "calm.mp4",
        &["-pix_fmt", "yuv420p", "-c:v", "libx264"],
    )
}

fn encoded(folder: &Path, name: &str, codec: &[&str]) -> PathBuf {
    let file = folder.join(name);
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi"])
        .args(["-i", "testsrc2=size=320x240:rate=10:duration=2"])
        .args(codec)
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success());
    file
}

fn evaluate(suite: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_edge-agent"))
        .arg("evaluate")
        .arg(suite)
        .args(options)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

const PARKING: &str = "[[clip.rule]]\nkind = \"illegal_parking\"\n";

/// Suites on two seconds without an event: what is written under the clip, the exit status, and what is
/// said.
#[test]
fn the_exit_status_says_whether_a_suite_holds() {
    let folder = tempfile::tempdir().unwrap();
    calm(folder.path());
    let suite = folder.path().join("suite.toml");
    for (keys, status, wanted) in [
        ("", 0, "holds: 1 clips"),
        (
            "[[clip.expect]]\nrule = \"illegal_parking\"\n",
            1,
            "missed: illegal_parking at any time; none was raised",
        ),
        (
            "[[clip.expect]]\nrule = \"illegal_parking\"\nmissed = \"report\"\n",
            0,
            "[reported only]",
        ),
        (
            "[[clip.expect]]\nrule = \"illegal_park\"\n",
            2,
            "did you mean \"illegal_parking\"?",
        ),
    ] {
        let text = format!("[[clip]]\nfile = \"calm.mp4\"\n{PARKING}{keys}");
        std::fs::write(&suite, text).unwrap();
        let output = evaluate(&suite, &[]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{keys}: {said}");
        assert!(said.contains(wanted), "{wanted:?} is not in: {said}");
    }
}

#[test]
fn a_clip_that_is_not_there_fails_the_suite_unless_it_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite.toml");
    std::fs::write(&suite, format!("[[clip]]\nfile = \"gone.mp4\"\n{PARKING}")).unwrap();
    let output = evaluate(&suite, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("gone.mp4 is in none of"),
        "{}",
        said(&output)
    );
    let output = evaluate(&suite, &["--skip-missing"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    std::fs::write(folder.path().join("gone.mp4"), "no video").unwrap();
    let output = evaluate(&suite, &["--skip-missing"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("FAIL  gone:"), "{}", said(&output));
}

/// Recordings as people have them: what is put beside the suite, what stands under the clip, the exit status
/// and what is said.
#[test]
fn recordings_of_other_kinds_are_watched_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite.toml");
    encoded(folder.path(), "part2.avi", &["-c:v", "mpeg4"]);
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    encoded(&pictures, "%03d.jpg", &[]);
    let mixed = folder.path().join("mixed");
    std::fs::create_dir(&mixed).unwrap();
    std::fs::copy(pictures.join("001.jpg"), mixed.join("a.jpg")).unwrap();
    std::fs::write(mixed.join("b.jpg"), "no picture").unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let late = "[[clip.expect]]\nrule = \"illegal_parking\"\nafter_s = 3\n";
    for (file, keys, status, wanted) in [
        ("part2.avi", "", 0, "(1.9 s, 10 pictures"),
        (
            "part2.avi",
            "seconds_per_picture = 60\n",
            0,
            "(1200.0 s, 20 pictures",
        ),
        (
            "pictures",
            "seconds_per_picture = 60\n",
            0,
            "(1200.0 s, 20 pictures",
        ),
        (
            "pictures/001.jpg",
            "seconds_per_picture = 1\n",
            0,
            "(1.0 s, 1 pictures",
        ),
        ("pictures", "", 1, "give the clip `seconds_per_picture`"),
        (
            "pictures/001.jpg",
            "",
            1,
            "give the clip `seconds_per_picture`",
        ),
        (
            "mixed",
            "seconds_per_picture = 1\n",
            1,
            "b.jpg is no picture",
        ),
        (
            "empty",
            "seconds_per_picture = 1\n",
            1,
            "empty has no JPEG or PNG",
        ),
        (
            "part2.avi",
            late,
            1,
            "after_s (or its number of pictures) is 3.0 s, and the clip ends at 1.9 s",
        ),
    ] {
        let (keys, expect) = match keys == late {
            true => ("", late),
            false => (keys, ""),
        };
        let text = format!("[[clip]]\nfile = \"{file}\"\n{keys}{PARKING}{expect}");
        std::fs::write(&suite, text).unwrap();
        let output = evaluate(&suite, &[]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{file} {keys}: {said}");
        assert!(said.contains(wanted), "{wanted:?} is not in: {said}");
    }
}

/// Nobody asks a recording what time it is: an hour without a time source is no fault of it.
#[test]
fn the_clock_of_the_machine_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    calm(folder.path());
    let suite = folder.path().join("suite.toml");
    let text = "[[clip]]\nfile = \"calm.mp4\"\nseconds_per_picture = 180\n[[clip.rule]]\n\
                kind = \"camera_health\"\nwatch = [\"clock\", \"offline\", \"too_slow\"]\n";
    std::fs::write(&suite, text).unwrap();
    let output = evaluate(&suite, &["--events"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains("clock"), "{}", said(&output));
}

#[test]
fn json_is_one_object_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    calm(folder.path());
    let suite = folder.path().join("suite.toml");
    let text = format!(
        "[[clip]]\nfile = \"calm.mp4\"\nseconds_per_picture = 60\n{PARKING}[[clip.expect]]\n\
         rule = \"illegal_parking\"\nafter_picture = 3\n"
    );
    std::fs::write(&suite, text).unwrap();
    let output = evaluate(&suite, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["holds"], false);
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/EVALUATE.md");
    let document = std::fs::read_to_string(document).unwrap();
    let (_, documented) = document.split_once("## JSON").unwrap();
    for key in keys(&whole) {
        assert!(documented.contains(&key), "{key} stands in no document");
    }
    let clip = &whole["clips"][0];
    assert_eq!(
        (&clip["clip"], &clip["outcome"]),
        (&"calm".into(), &"fails".into())
    );
    let expectation = &clip["expectations"][0];
    assert_eq!(expectation["raised"]["after_s"], 120.0);
    assert_eq!(expectation["outcome"], "missed");
    // Twenty pictures, a minute each.
    assert_eq!(clip["seconds"], 1200.0, "{clip}");
    let rule = &whole["rules"]["illegal_parking"];
    assert_eq!(
        (&rule["expected"], &rule["recall"]),
        (&1.into(), &0.0.into())
    );
    assert_eq!(rule["false_alarms_per_camera_hour"], 0.0);
    assert!(
        (rule["false_alarms_per_camera_hour_at_most"]
            .as_f64()
            .unwrap()
            - 8.987)
            .abs()
            < 0.01
    );
}

/// Every key of a value, at any depth; a rule's kind is one that is data.
fn keys(value: &Value) -> Vec<String> {
    let within = |inner: &Value| keys(inner);
    match value {
        Value::Object(object) => {
            let own = object.keys().filter(|key| *key != "illegal_parking");
            let inner = object.values().flat_map(within);
            own.cloned().chain(inner).collect()
        }
        Value::Array(list) => list.iter().flat_map(within).collect(),
        _ => Vec::new(),
    }
}

fn suites() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/evaluation/suites")
}

fn lent() -> bool {
    let there =
        |name: &str| std::env::var_os(name).is_some_and(|folder| Path::new(&folder).is_dir());
    let lent = there("VONG_DEMO_CLIPS") && there("VONG_MODELS_MIRROR");
    if !lent {
        println!("skipped: VONG_DEMO_CLIPS or VONG_MODELS_MIRROR names no folder");
    }
    lent
}

fn holds(suite: &str) {
    if lent() {
        let output = evaluate(&suites().join(suite), &["--skip-missing"]);
        println!("{}", said(&output));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
}

#[test]
fn what_the_suite_of_streets_expects_is_told() {
    holds("streets.toml");
}

#[test]
fn what_the_suite_of_mountains_expects_is_told() {
    holds("mountains.toml");
}

/// Reversed traffic, goods on a pavement, night, lamps, fog, a low sun, a plume over a hill.
#[test]
fn what_the_suite_of_made_clips_expects_is_told() {
    if !lent() {
        return;
    }
    let clips = tempfile::tempdir().unwrap();
    let made = Command::new(suites().join("make-clips.sh"))
        .arg(clips.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let folder = clips.path().display().to_string();
    let output = evaluate(&suites().join("made.toml"), &["--folder", &folder]);
    println!("{}", said(&output));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn the_suites_of_the_repository_and_of_the_document_are_read_without_any_clip() {
    let files = std::fs::read_dir(suites())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|end| end == "toml"))
        .collect();
    assert!(files.len() >= 4, "{files:?}");
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/EVALUATE.md");
    let document = std::fs::read_to_string(document).unwrap();
    let (_, example) = document.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("copied.toml");
    std::fs::write(&copied, example).unwrap();
    for file in files.iter().chain([&copied]) {
        let output = evaluate(file, &["--list"]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}: {}",
            file.display(),
            said(&output)
        );
    }
}
