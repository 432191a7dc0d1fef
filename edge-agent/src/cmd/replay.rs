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
use crate::analysis::{CameraAnalysis, Gaze, Look, Step};
use crate::camera::{Cause, Frame, GatePolicy, GatedFile, GatedItem, Regard, Timing};
use crate::config::{CameraConfig, Config, GateMode};
use crate::detect::{Detection, Detector, Request, Seat};
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
    /// Decode only what the camera's activity gate lets through, as `run` does.
    #[arg(long, value_enum, value_name = "MODE", num_args = 0..=1, require_equals = true,
          default_value = "off", default_missing_value = "auto")]
    gate: Gate,
    /// Also print what was detected and tracked in each analysed picture.
    #[arg(long)]
    detections: bool,
}

/// The gate of a replay. Off, every picture is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Gate {
    Auto,
    Keyframes,
    Off,
}

impl From<Gate> for GateMode {
    fn from(gate: Gate) -> Self {
        match gate {
            Gate::Auto => Self::Auto,
            Gate::Keyframes => Self::Keyframes,
            Gate::Off => Self::Off,
        }
    }
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
    let gate = GatePolicy {
        mode: args.gate.into(),
        ..GatePolicy::of(camera)
    };
    let fps = camera.analyse_fps;
    let source = GatedFile::open(&args.clip, timing, Timestamp::now(), fps, gate)?;
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

/// No other camera waits.
const NO_HURRY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Events,
    Detections,
}

struct Replay<W> {
    detector: Detector,
    seat: Seat,
    verifier: Option<FireVerifier>,
    analysis: CameraAnalysis,
    gaze: Gaze,
    places: u64,
    detail: Detail,
    printed: W,
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
        let gaze = Gaze::of(camera, detector.manifest());
        Self {
            seat: detector.seat(NO_HURRY),
            detector,
            verifier,
            analysis,
            gaze,
            places: 0,
            detail,
            printed,
            frames_analysed: 0,
            events: 0,
            held_back: 0,
        }
    }

    fn run(mut self, mut source: GatedFile) -> anyhow::Result<()> {
        let began = Instant::now();
        while let Some(item) = source.next_due()? {
            self.item(&item, &mut source)?;
        }
        let newest = source.newest().unwrap_or_default();
        for change in self.analysis.end(newest) {
            self.change(&change)?;
        }
        let summary = json!({
            "media_s": rounded(newest.as_secs_f64()),
            "units_received": source.received(),
            "frames_decoded": source.decoded(),
            "frames_analysed": self.frames_analysed,
            "looks": self.places,
            "events": self.events,
            "held_back": self.held_back,
            "awake_share": rounded(source.report().awake_share()),
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

    /// Shows a picture, and its parts where the camera is to look closely, to the model.
    fn see(&mut self, frame: &Frame) -> anyhow::Result<Vec<Detection>> {
        let (windows, failed) = self.gaze.windows(frame);
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.places += windows.len() as u64;
        let request = Request {
            frame: frame.clone(),
            windows: windows.clone(),
        };
        let seen = self.seat.look(windows.len(), move || request)?;
        Ok(self.gaze.together(frame.size, &windows, seen.windows))
    }

    fn item(&mut self, item: &GatedItem, source: &mut GatedFile) -> anyhow::Result<()> {
        let GatedItem { frame, regard } = item;
        self.frames_analysed += 1;
        let detections = self.see(frame)?;
        let glanced = match regard {
            Regard::Glance => self.analysis.glance(frame.size, &detections),
            Regard::InTurn | Regard::Recalled => None,
        };
        let holds = match glanced {
            // It comes again, after what lies before it.
            Some(cause) => Some(cause),
            None => self.frame(frame, source.decoded(), &detections)?,
        };
        if let Some(cause) = holds {
            source.hold(frame.pts, cause);
        }
        Ok(())
    }

    /// What keeps the gate open after this picture.
    fn frame(
        &mut self,
        frame: &Frame,
        number: u64,
        detections: &[Detection],
    ) -> anyhow::Result<Option<Cause>> {
        let verdicts = match &mut self.verifier {
            Some(verifier) => verifier.look(frame, detections)?,
            None => Vec::new(),
        };
        let step = self.analysis.step(&Look {
            at: frame.pts,
            size: frame.size,
            detections,
            verdicts: &verdicts,
        });
        self.gaze.learn(frame.size, &step.tracks);
        if self.detail == Detail::Detections {
            let line = picture(frame.pts, number, detections, &verdicts, &step);
            self.print(&line)?;
        }
        for held_back in &step.held_back {
            self.held_back += 1;
            let line = nearly(held_back);
            self.print(&line)?;
        }
        for change in &step.changes {
            self.change(change)?;
        }
        Ok(step.holds)
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
