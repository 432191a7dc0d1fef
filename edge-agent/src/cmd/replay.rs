//! `replay`: a recording through the stages of one camera, lock-step, and what they say as NDJSON.
//!
//! The stages are those of `run` ([`crate::lockstep`]); a replay says the same each time.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use contract::v1::Phase;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{cpu_seconds, is_closed_pipe, memory_mib, rounded};
use crate::camera::{GatePolicy, Timing};
use crate::config::{CameraConfig, Config, GateMode, PoseId, PoseSource, RuleMode};
use crate::detect::{Detection, Detector};
use crate::geometry::PixelBox;
use crate::lockstep::{Analysed, Lockstep, Recording};
use crate::rule::{EventChange, HeldBack, TrackSpeed};
use crate::verify;

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
    /// The pose in which a camera that turns made all of it, by its name.
    #[arg(long, value_name = "NAME")]
    pose: Option<String>,
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
    let classifier = match verify::wanted(camera) {
        true => verify::start(&config)?,
        false => None,
    };
    let gate = GatePolicy {
        mode: args.gate.into(),
        ..GatePolicy::of(camera)
    };
    let fps = camera.analyse_fps;
    let source = Recording::open(&args.clip, timing, Timestamp::now(), fps, gate)?;
    let detail = if args.detections {
        Detail::Detections
    } else {
        Detail::Events
    };
    let printed = BufWriter::new(io::stdout().lock());
    let pose = pose(camera, args.pose.as_deref())?;
    let steps = Lockstep::new(camera, detector, classifier, source);
    let steps = match pose {
        Some(pose) => steps.in_pose(pose),
        None => steps,
    };
    match Replay::new(steps, detail, printed).run() {
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

/// The pose that was named; none where the camera's own clock tells it.
fn pose(camera: &CameraConfig, named: Option<&str>) -> anyhow::Result<Option<PoseId>> {
    let known = || {
        let names = camera.poses.named.iter().map(|pose| pose.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    match (named, &camera.poses.source) {
        (Some(name), _) => {
            let found = camera.poses.find(name);
            let none = || {
                format!(
                    "camera {} has no pose {name:?}; known: {}",
                    camera.id,
                    known()
                )
            };
            found.with_context(none).map(Some)
        }
        (None, PoseSource::Onvif(_) | PoseSource::Mqtt) => anyhow::bail!(
            "camera {} turns, and a recording does not say where it looked; say it with --pose, one of: {}",
            camera.id,
            known()
        ),
        (None, PoseSource::Fixed | PoseSource::Timed(_)) => Ok(None),
    }
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
    steps: Lockstep,
    detail: Detail,
    printed: W,
    events: u64,
    held_back: u64,
}

impl<W: io::Write> Replay<W> {
    const fn new(steps: Lockstep, detail: Detail, printed: W) -> Self {
        Self {
            steps,
            detail,
            printed,
            events: 0,
            held_back: 0,
        }
    }

    fn run(mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while let Some(analysed) = self.steps.next_analysed()? {
            self.analysed(&analysed)?;
        }
        for change in self.steps.end() {
            self.change(&change)?;
        }
        let steps = &self.steps;
        let summary = json!({
            "media_s": rounded(steps.newest().as_secs_f64()),
            "units_received": steps.received(),
            "frames_decoded": steps.decoded(),
            "frames_analysed": steps.analysed(),
            "looks": steps.looks(),
            "events": self.events,
            "held_back": self.held_back,
            "awake_share": steps.gate_report().map(|gate| rounded(gate.awake_share())),
            "model": steps.model().name,
            "verifier": steps.verifier(),
            "cpu_s": cpu_seconds(),
            "memory_most_mib": memory_mib("VmHWM"),
            "wall_s": rounded(began.elapsed().as_secs_f64()),
        });
        self.print(&json!({ "summary": summary }))?;
        self.printed.flush()?;
        Ok(())
    }

    fn analysed(&mut self, analysed: &Analysed) -> anyhow::Result<()> {
        let step = &analysed.step;
        if self.detail == Detail::Detections {
            self.print(&picture(analysed))?;
        }
        for held_back in &step.held_back {
            self.held_back += 1;
            self.print(&nearly(held_back))?;
        }
        for change in &step.changes {
            self.change(change)?;
        }
        Ok(())
    }

    fn change(&mut self, change: &EventChange) -> anyhow::Result<()> {
        let raised = change.phase == Phase::Raised;
        self.events += u64::from(raised && change.mode == RuleMode::Live);
        self.print(&event(change))
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
    let moments = change.moments.map(|moments| {
        [moments.before, moments.crossing, moments.after].map(|at| rounded(at.as_secs_f64()))
    });
    let mut event = json!({
        "t": rounded(change.at.as_secs_f64()),
        "kind": change.kind,
        "detail": change.detail,
        "phase": change.phase,
        "mode": change.mode.word(),
        "event_id": change.event_id,
        "confidence": rounded(f64::from(change.confidence)),
        "zone": change.zone,
        "boxes": boxes,
    });
    if let Some(moments) = moments {
        event["moments"] = json!(moments);
    }
    if let Some(place) = change.place {
        event["place"] = json!(place);
    }
    if !change.speeds.is_empty() {
        let speed = |speed: &TrackSpeed| {
            json!({
                "track": speed.track.0,
                "kmh": rounded(speed.kmh),
                "uncertainty_kmh": rounded(speed.sigma_kmh),
            })
        };
        let speeds: Vec<_> = change.speeds.iter().map(speed).collect();
        event["speeds"] = json!(speeds);
    }
    if let Some(heading) = change.heading {
        event["heading"] = json!(heading);
    }
    event
}

/// A candidate that was not told, and why.
fn nearly(held_back: &HeldBack) -> Value {
    json!({
        "t": rounded(held_back.at.as_secs_f64()),
        "held_back": held_back.reason.word(),
        "mode": held_back.mode.word(),
        "detail": held_back.detail,
        "class": &*held_back.class,
        "confidence": rounded(f64::from(held_back.confidence)),
        "since": rounded(held_back.since.as_secs_f64()),
        "zone": held_back.zone,
        "box": corners(&held_back.bbox),
    })
}

fn picture(analysed: &Analysed) -> Value {
    let at = analysed.frame.pts;
    let burning = |found: &Detection| {
        let mut verdicts = analysed.verdicts.iter();
        let verdict = verdicts.find(|said| said.bbox == found.bbox)?;
        Some(rounded(f64::from(verdict.burning)))
    };
    let detections: Vec<_> = analysed
        .detections
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
    let tracks = analysed.step.tracks.iter();
    let seen = tracks.filter(|track| track.life.is_believed() && track.last_seen == at);
    let tracks: Vec<_> = seen
        .map(|track| json!({"id": track.id.0, "class": &*track.class, "box": corners(&track.bbox)}))
        .collect();
    let mut picture = json!({
        "t": rounded(at.as_secs_f64()),
        "frame": analysed.number,
        "detections": detections,
        "tracks": tracks,
    });
    if !analysed.signals.is_empty() {
        let signals = analysed.signals.iter();
        let signals: Vec<_> = signals
            .map(|reading| {
                json!({
                    "signal": reading.signal,
                    "state": reading.state.word(),
                    "since": rounded(reading.since.as_secs_f64()),
                })
            })
            .collect();
        picture["signals"] = json!(signals);
    }
    picture
}

fn corners(bbox: &PixelBox) -> [f64; 4] {
    [bbox.x, bbox.y, bbox.w, bbox.h].map(|side| rounded(f64::from(side)))
}
