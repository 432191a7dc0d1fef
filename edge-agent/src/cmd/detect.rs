//! `detect`: one model over picture files, and what it sees as NDJSON.
//!
//! A picture becomes an I420 frame and goes through the detector of `run`: same one-pass
//! preprocessing, same decoding, same suppression. `milliseconds` is all of that, without reading
//! and decoding the file.

use std::io::{self, BufRead as _, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::shelf::Shelf;
use super::{is_closed_pipe, rounded};
use crate::analysis::Gaze;
use crate::camera::{PictureError, read_picture};
use crate::config::{Manifest, ModelConfig};
use crate::detect::{Detection, Detector, Request};

/// Which model, which pictures.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model, by its name in the configuration or the catalogue. Default: the starter.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Weakest detection that is printed, instead of the model's own threshold.
    #[arg(long, value_name = "0..1", value_parser = share)]
    score_threshold: Option<f32>,
    /// IoU over which the weaker of two boxes of a class is dropped, instead of the model's own.
    #[arg(long, value_name = "0..1", value_parser = share)]
    nms_iou: Option<f32>,
    /// Print all classes in the model's own words, not in ours.
    #[arg(long)]
    own_classes: bool,
    /// Closer looks at small objects in each picture, as a camera's `small_objects`.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=16))]
    small_objects: u8,
    /// Threads of one inference, instead of the configuration's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: Option<u8>,
    /// JPEG or PNG files, or folders of them; `-` reads a list, one path a line.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
}

/// No camera waits.
const NO_HURRY: Duration = Duration::from_secs(1);

/// Looks at the pictures. One that cannot be read is a line too, and the exit status is 1 at the end.
///
/// # Errors
/// Where the configuration or the model cannot be used.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::open(config)?;
    let model = args.applied_to(shelf.model(args.model.as_deref())?);
    let mut detect = shelf.detect.clone();
    detect.threads = args.threads.map_or(detect.threads, usize::from);
    let detector = Detector::start(&model, &detect)?;
    let printed = BufWriter::new(io::stdout().lock());
    match look_at_all(&detector, args, printed) {
        // Whoever closed the pipe has read enough.
        Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
        Ok(0) => Ok(ExitCode::SUCCESS),
        Ok(_) => Ok(ExitCode::FAILURE),
        Err(error) => Err(error),
    }
}

fn share(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "give a number from 0 to 1")?;
    match (0.0..=1.0).contains(&number) {
        true => Ok(number),
        false => Err("give a number from 0 to 1".to_owned()),
    }
}

impl Args {
    fn applied_to(&self, model: &ModelConfig) -> ModelConfig {
        let mut model = model.clone();
        let thresholds = &mut model.manifest.thresholds;
        thresholds.score = self.score_threshold.unwrap_or(thresholds.score);
        thresholds.nms_iou = self.nms_iou.unwrap_or(thresholds.nms_iou);
        if self.own_classes {
            model.manifest = Manifest::in_own_words(model.manifest);
        }
        model
    }
}

/// Returns how many pictures could not be looked at.
fn look_at_all(detector: &Detector, args: &Args, mut printed: impl Write) -> anyhow::Result<u64> {
    let mut failed = 0;
    for image in &args.images {
        for file in files_of(image)? {
            let line = match look(detector, &file, args.small_objects)? {
                Ok(line) => line,
                Err(error) => {
                    failed += 1;
                    let error = format!("{:#}", anyhow::Error::from(error));
                    json!({ "image": file, "error": error })
                }
            };
            serde_json::to_writer(&mut printed, &line).map_err(io::Error::from)?;
            printed.write_all(b"\n")?;
        }
    }
    printed.flush()?;
    Ok(failed)
}

/// The outer error ends the run, the inner one only this picture.
fn look(
    detector: &Detector,
    file: &Path,
    closer: u8,
) -> anyhow::Result<Result<Value, PictureError>> {
    let frame = match read_picture(file) {
        Ok(frame) => frame,
        Err(error) => return Ok(Err(error)),
    };
    let began = Instant::now();
    let mut gaze = Gaze::new(usize::from(closer), detector.manifest());
    let (windows, failed) = gaze.windows(&frame);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let request = Request {
        frame: frame.clone(),
        windows: windows.clone(),
    };
    let looked = detector
        .seat(NO_HURRY)
        .look(windows.len(), move || request)?;
    let detections = gaze.together(frame.size, &windows, looked.windows);
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    Ok(Ok(json!({
        "image": file,
        "width": frame.size.width,
        "height": frame.size.height,
        "model": detector.manifest().name,
        "milliseconds": rounded(milliseconds),
        "detections": detections.iter().map(seen).collect::<Vec<_>>(),
    })))
}

fn seen(detection: &Detection) -> Value {
    let bbox = &detection.bbox;
    let corners = [bbox.x, bbox.y, bbox.x + bbox.w, bbox.y + bbox.h];
    // Four digits: a scoreboard ranks by score.
    let score = (f64::from(detection.score) * 1e4).round() / 1e4;
    json!({
        "class": &*detection.class,
        "score": score,
        "box": corners.map(|side| rounded(f64::from(side))),
    })
}

/// The pictures that an argument means: itself, those of a folder and the folders in it, or a list.
fn files_of(image: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if image == Path::new("-") {
        let lines = io::stdin().lock().lines();
        let files = lines.map(|line| line.map(PathBuf::from));
        let files: Vec<PathBuf> = files
            .collect::<io::Result<_>>()
            .context("cannot read the list")?;
        return Ok(files
            .into_iter()
            .filter(|file| !file.as_os_str().is_empty())
            .collect());
    }
    if !image.is_dir() {
        return Ok(vec![image.to_owned()]);
    }
    let mut found = Vec::new();
    let entries = std::fs::read_dir(image);
    let entries = entries.with_context(|| format!("cannot read {}", image.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_of(&path)?);
        } else if is_picture(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_picture(file: &Path) -> bool {
    let end = file.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    end.is_some_and(|end| end == "jpg" || end == "jpeg" || end == "png")
}
