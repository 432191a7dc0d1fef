//! The corpus of the fuzz targets, as ordinary tests: bytes from outside never stop the agent.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../fuzz/bodies.rs"]
#[expect(
    unreachable_pub,
    reason = "the fuzz targets call it as a module of their own crates"
)]
mod bodies;

/// Files of a target's corpus.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let files = std::fs::read_dir(folder.join(target)).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()))
        .collect()
}

/// Runs each file as it is, cut short, and with single bytes set to what numbers break at.
fn run(target: &str) {
    let files = corpus(target);
    assert!(files.len() >= 5, "{target}: {} files", files.len());
    for (name, bytes) in files {
        let begun = Instant::now();
        bodies::run(target, &bytes);
        let step = (bytes.len() / 64).max(1);
        for at in (0..bytes.len()).step_by(step) {
            bodies::run(target, &bytes[..at]);
            for value in [0x00, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                bodies::run(target, &changed);
            }
        }
        let taken = begun.elapsed();
        assert!(taken < Duration::from_secs(60), "{name}: {taken:?}");
    }
}

#[test]
fn picture_headers_are_read_without_harm() {
    run("picture_header");
}

#[test]
fn clips_are_cut_without_harm() {
    run("clip");
}

#[test]
fn tracking_files_are_read_and_followed_without_harm() {
    run("mot");
}

#[test]
fn configurations_are_read_without_harm() {
    run("config");
}

#[test]
fn what_a_model_says_is_read_without_harm() {
    run("model_answer");
}
