//! `replay`: a recording through the stages of one camera, lock-step, and what they say as NDJSON.
//!
//! The stages are those of `run`: same decoder, sampler, detector, tracker and rules. Only the
//! queues between them are missing, so nothing is dropped and a replay says the same each time.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{cpu_seconds, is_closed_pipe, memory_mib, rounded};
use crate::analysis::{CameraAnalysis, Look, Step};
use crate::camera::{DecoderOptions, FileItem, FileSource, Frame, Sampler, Timing};
use crate::config::{CameraConfig, Config};
use crate::detect::{Detection, Detector};
use crate::geometry::PixelBox;
use crate::rule::{EventChange, HeldBack};
use crate::time::StreamTime;
use crate::track::TrackerOptions;
use crate::verify::{self, FireVerifier, Verdict};

/// Which recording, as which camera.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The camera whose model, rate, zones and rules are used, by its id.
    #[arg(long, value_name = "ID")]
    camera: String,
    /// The recording.
    clip: PathBuf,
    /// Time-lapse: the seconds from one picture to the next, whatever the file says.
    #[arg(long, value_name = "S")]
    seconds_per_picture: Option<f64>,
    /// Also print what was detected and tracked in each analysed picture.
    #[arg(long)]
    detections: bool,
}

/// Replays a recording.
///
/// # Errors
/// Where the configuration, the model or the recording cannot be used.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let camera = config
        .camera(&args.camera)
        .with_context(|| no_such_camera(&config, &args.camera))?;
    let timing = timing(args.seconds_per_picture)?;
    let model = config
        .model_of(camera)
        .context("the camera's model is not configured")?;
    let detector = Detector::start(model, &config.detect)?;
    let verifier = match verify::wanted(camera) {
        true => verify::start(&config)?.map(FireVerifier::new),
        false => None,
    };
    let source = FileSource::open(
        &args.clip,
        timing,
        Timestamp::now(),
        DecoderOptions::default(),
    )?;
    let detail = if args.detections {
        Detail::Detections
    } else {
        Detail::Events
    };
    let printed = BufWriter::new(io::stdout().lock());
    match Replay::new(camera, detector, verifier, detail, printed).run(source) {
        // Whoever closed the pipe has read enough.
        Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
        other => other.map(|()| ExitCode::SUCCESS),
    }
}

fn no_such_camera(config: &Config, id: &str) -> String {
    let known: Vec<String> = config
        .cameras
        .iter()
        .map(|camera| camera.id.to_string())
        .collect();
    format!(
        "no camera {id:?} in the configuration; known: {}",
        known.join(", ")
    )
}

fn timing(seconds_per_picture: Option<f64>) -> anyhow::Result<Timing> {
    let Some(seconds) = seconds_per_picture else {
        return Ok(Timing::AsRecorded);
    };
    let period = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|period| !period.is_zero());
    period
        .map(Timing::PerPicture)
        .with_context(|| format!("--seconds-per-picture {seconds}: give more than 0"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Events,
    Detections,
}

struct Replay<W> {
    detector: Detector,
    verifier: Option<FireVerifier>,
    sampler: Sampler,
    analysis: CameraAnalysis,
    detail: Detail,
    printed: W,
    frames_decoded: u64,
    frames_analysed: u64,
    events: u64,
    held_back: u64,
}

impl<W: io::Write> Replay<W> {
    fn new(
        camera: &CameraConfig,
        detector: Detector,
        verifier: Option<FireVerifier>,
        detail: Detail,
        printed: W,
    ) -> Self {
        let tracking = TrackerOptions::of(detector.manifest());
        let analysis = CameraAnalysis::new(camera, tracking);
        Self {
            detector,
            verifier,
            sampler: Sampler::new(camera.analyse_fps),
            analysis,
            detail,
            printed,
            frames_decoded: 0,
            frames_analysed: 0,
            events: 0,
            held_back: 0,
        }
    }

    fn run(mut self, source: FileSource) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut newest = StreamTime::ZERO;
        for item in source {
            if let FileItem::Frame(frame) = item? {
                newest = newest.max(frame.pts);
                self.frame(&frame)?;
            }
        }
        for change in self.analysis.end(newest) {
            self.change(&change)?;
        }
        let summary = json!({
            "media_s": rounded(newest.as_secs_f64()),
            "frames_decoded": self.frames_decoded,
            "frames_analysed": self.frames_analysed,
            "events": self.events,
            "held_back": self.held_back,
            "model": self.detector.manifest().name,
            "verifier": self.verifier.as_ref().map(FireVerifier::name),
            "cpu_s": cpu_seconds(),
            "memory_most_mib": memory_mib("VmHWM"),
            "wall_s": rounded(began.elapsed().as_secs_f64()),
        });
        self.print(&json!({ "summary": summary }))?;
        self.printed.flush()?;
        Ok(())
    }

    fn frame(&mut self, frame: &Frame) -> anyhow::Result<()> {
        self.frames_decoded += 1;
        if !self.sampler.wants(frame.pts) {
            return Ok(());
        }
        self.frames_analysed += 1;
        let detections = self.detector.detect(frame)?;
        let verdicts = match &mut self.verifier {
            Some(verifier) => verifier.look(frame, &detections)?,
            None => Vec::new(),
        };
        let step = self.analysis.step(&Look {
            at: frame.pts,
            size: frame.size,
            detections: &detections,
            verdicts: &verdicts,
        });
        if self.detail == Detail::Detections {
            let line = picture(
                frame.pts,
                self.frames_decoded,
                &detections,
                &verdicts,
                &step,
            );
            self.print(&line)?;
        }
        for held_back in &step.held_back {
            self.held_back += 1;
            let line = nearly(held_back);
            self.print(&line)?;
        }
        step.changes
            .iter()
            .try_for_each(|change| self.change(change))
    }

    fn change(&mut self, change: &EventChange) -> anyhow::Result<()> {
        self.events += u64::from(change.phase == contract::v1::Phase::Raised);
        let line = event(change);
        self.print(&line)
    }

    fn print(&mut self, line: &Value) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.printed, line).map_err(io::Error::from)?;
        self.printed.write_all(b"\n")?;
        Ok(())
    }
}

fn event(change: &EventChange) -> Value {
    let boxes: Vec<_> = change
        .tracks
        .iter()
        .map(|track| corners(&track.bbox))
        .collect();
    json!({
        "t": rounded(change.at.as_secs_f64()),
        "kind": change.kind,
        "detail": change.detail,
        "phase": change.phase,
        "event_id": change.event_id,
        "confidence": rounded(f64::from(change.confidence)),
        "zone": change.zone,
        "boxes": boxes,
    })
}

/// A candidate that was not told, and why.
fn nearly(held_back: &HeldBack) -> Value {
    json!({
        "t": rounded(held_back.at.as_secs_f64()),
        "held_back": held_back.reason.word(),
        "detail": held_back.detail,
        "class": &*held_back.class,
        "confidence": rounded(f64::from(held_back.confidence)),
        "since": rounded(held_back.since.as_secs_f64()),
        "zone": held_back.zone,
        "box": corners(&held_back.bbox),
    })
}

/// `frame` counts decoded pictures from 1.
fn picture(
    at: StreamTime,
    frame: u64,
    detections: &[Detection],
    verdicts: &[Verdict],
    step: &Step,
) -> Value {
    let burning = |found: &Detection| {
        let verdict = verdicts.iter().find(|said| said.bbox == found.bbox)?;
        Some(rounded(f64::from(verdict.burning)))
    };
    let detections: Vec<_> = detections
        .iter()
        .map(|found| {
            json!({
                "class": &*found.class,
                "score": rounded(f64::from(found.score)),
                "burning": burning(found),
                "box": corners(&found.bbox),
            })
        })
        .collect();
    let seen = step
        .tracks
        .iter()
        .filter(|track| track.life.is_believed() && track.last_seen == at);
    let tracks: Vec<_> = seen
        .map(|track| json!({"id": track.id.0, "class": &*track.class, "box": corners(&track.bbox)}))
        .collect();
    json!({
        "t": rounded(at.as_secs_f64()),
        "frame": frame,
        "detections": detections,
        "tracks": tracks,
    })
}

fn corners(bbox: &PixelBox) -> [f64; 4] {
    [bbox.x, bbox.y, bbox.w, bbox.h].map(|side| rounded(f64::from(side)))
}
