//! A recording through the stages of one camera, lock-step: each picture through model, verifier,
//! tracker and rules before the next one is read. The stages are those of `pipeline`; only the queues
//! between them are missing, so nothing is dropped and the same recording says the same each time.
//!
//! What does not belong here: what is made of it (`cmd/replay` prints it, `cmd/evaluate` scores it).

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::analysis::{Gaze, Look, PosedAnalysis, Step};
use crate::camera::{
    CameraError, Cause, FileError, ForeignFile, Frame, GatePolicy, GateReport, GatedFile,
    GatedItem, PictureError, PictureFolder, Regard, Timing,
};
use crate::config::{CameraConfig, Manifest, PoseId, RuleConfig, RuleKind, RuleOrigin};
use crate::detect::{Classifier, DetectError, Detection, Detector, Request, Seat};
use crate::motion::MotionError;
use crate::pose::PoseHandle;
use crate::rule::{CameraHealth, EventChange, HealthSigns, Verdict as Condition};
use crate::signal::{SignalBoard, SignalReading, SignalWatch};
use crate::time::StreamTime;
use crate::track::TrackerOptions;
use crate::verify::{self, FireVerifier, Verdict};

/// No other camera waits.
const NO_HURRY: Duration = Duration::from_secs(1);

/// Why a recording cannot be taken further.
#[derive(Debug, thiserror::Error)]
pub enum LockstepError {
    /// The recording breaks.
    #[error("the recording breaks")]
    Recording(#[from] FileError),
    /// A picture of the folder cannot be used.
    #[error("the recording breaks")]
    Picture(#[from] PictureError),
    /// The model, or the verifier, fails.
    #[error("a picture cannot be analysed")]
    Detect(#[from] DetectError),
    /// Its motion cannot be seen.
    #[error("the motion in a picture cannot be seen")]
    Motion(#[from] MotionError),
}

/// What is replayed.
pub enum Recording {
    /// A video file, through the activity gate.
    File(Box<GatedFile>),
    /// A video file in a codec that no camera sends here, every picture of it: there are no access
    /// units to gate.
    Foreign(Box<ForeignFile>),
    /// A folder of pictures; there is nothing to gate.
    Pictures(PictureFolder),
}

impl Recording {
    /// Opens a video file whose pictures are analysed `fps` times a second. `wall` is the wall clock of its
    /// first picture.
    ///
    /// # Errors
    /// [`FileError`] where the file is missing, or holds no video that can be decoded.
    pub fn open(
        file: &Path,
        timing: Timing,
        wall: Timestamp,
        fps: f64,
        gate: GatePolicy,
    ) -> Result<Self, FileError> {
        let refused = match GatedFile::open(file, timing, wall, fps, gate) {
            Ok(video) => return Ok(Self::File(Box::new(video))),
            Err(error) => error,
        };
        let is_foreign = matches!(
            &refused,
            FileError::Read {
                source: CameraError::UnsupportedCodec { .. },
                ..
            }
        );
        if !is_foreign {
            return Err(refused);
        }
        let video = ForeignFile::open(file, timing, wall, fps)?;
        Ok(Self::Foreign(Box::new(video)))
    }

    fn next_due(&mut self) -> Result<Option<GatedItem>, LockstepError> {
        let in_turn = |frame| GatedItem {
            frame,
            regard: Regard::InTurn,
        };
        Ok(match self {
            Self::File(file) => file.next_due()?,
            Self::Foreign(file) => file.next_due()?.map(in_turn),
            Self::Pictures(pictures) => pictures.next_due()?.map(in_turn),
        })
    }

    fn hold(&mut self, at: StreamTime, cause: Cause) {
        if let Self::File(file) = self {
            file.hold(at, cause);
        }
    }
}

/// A picture that went through all stages.
#[derive(Debug)]
pub struct Analysed {
    /// The picture.
    pub frame: Frame,
    /// Its number among the decoded ones, from 1.
    pub number: u64,
    /// What the model saw.
    pub detections: Vec<Detection>,
    /// What the verifier said of that.
    pub verdicts: Vec<Verdict>,
    /// What the camera's traffic signals show.
    pub signals: Vec<SignalReading>,
    /// What followed from it.
    pub step: Step,
}

/// One recording on its way through the stages of one camera.
pub struct Lockstep {
    source: Recording,
    detector: Detector,
    seat: Seat,
    verifier: Option<FireVerifier>,
    analysis: PosedAnalysis,
    pose: PoseHandle,
    gaze: Gaze,
    signals: SignalWatch,
    /// None where the configuration does not ask for it: a recording is watched for what is in it.
    health: Option<CameraHealth>,
    analysed: u64,
    looks: u64,
}

impl Lockstep {
    /// A recording as this camera, whose model the detector runs; the classifier is asked where the
    /// camera's rules want a second look.
    #[must_use]
    pub fn new(
        camera: &CameraConfig,
        detector: Detector,
        classifier: Option<Classifier>,
        source: Recording,
    ) -> Self {
        let tracking = TrackerOptions::of(detector.manifest());
        let wanted = classifier.filter(|_| verify::wanted(camera));
        Self {
            source,
            seat: detector.seat(NO_HURRY),
            verifier: wanted.map(FireVerifier::new),
            analysis: PosedAnalysis::new(camera, &tracking),
            pose: PoseHandle::of(&camera.poses),
            gaze: Gaze::of(camera, detector.manifest()),
            signals: SignalWatch::of(camera, SignalBoard::default()),
            health: asked_for(camera),
            detector,
            analysed: 0,
            looks: 0,
        }
    }

    /// The recording is all of one pose of the camera.
    #[must_use]
    pub fn in_pose(mut self, pose: PoseId) -> Self {
        self.pose = PoseHandle::always(pose);
        self
    }

    /// Takes the recording to its next picture that the rules see; nothing at its end.
    ///
    /// # Errors
    /// [`LockstepError`] where the recording or a model fails.
    pub fn next_analysed(&mut self) -> Result<Option<Analysed>, LockstepError> {
        while let Some(item) = self.source.next_due()? {
            if let Some(analysed) = self.take(item)? {
                return Ok(Some(analysed));
            }
        }
        Ok(None)
    }

    /// The recording is over: what the rules still have open is closed.
    pub fn end(&mut self) -> Vec<EventChange> {
        let newest = self.newest();
        let mut changes = self.analysis.end(newest);
        let health = self.health.iter_mut();
        changes.extend(health.flat_map(|health| health.end(newest)));
        changes
    }

    /// The latest moment so far.
    #[must_use]
    pub fn newest(&self) -> StreamTime {
        let newest = match &self.source {
            Recording::File(file) => file.newest(),
            Recording::Foreign(file) => file.newest(),
            Recording::Pictures(pictures) => pictures.newest(),
        };
        newest.unwrap_or_default()
    }

    /// Access units so far.
    #[must_use]
    pub const fn received(&self) -> u64 {
        match &self.source {
            Recording::File(file) => file.received(),
            Recording::Foreign(file) => file.read(),
            Recording::Pictures(pictures) => pictures.read(),
        }
    }

    /// Pictures decoded so far; those decoded twice count twice.
    #[must_use]
    pub const fn decoded(&self) -> u64 {
        match &self.source {
            Recording::File(file) => file.decoded(),
            Recording::Foreign(file) => file.read(),
            Recording::Pictures(pictures) => pictures.read(),
        }
    }

    /// Pictures that the model was shown.
    #[must_use]
    pub const fn analysed(&self) -> u64 {
        self.analysed
    }

    /// Windows of pictures that the model was shown.
    #[must_use]
    pub const fn looks(&self) -> u64 {
        self.looks
    }

    /// How the gate stood; nothing where there is none.
    #[must_use]
    pub fn gate_report(&self) -> Option<GateReport> {
        match &self.source {
            Recording::File(file) => Some(file.report()),
            Recording::Foreign(_) | Recording::Pictures(_) => None,
        }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Manifest {
        self.detector.manifest()
    }

    /// The verifier's name, where one is asked.
    #[must_use]
    pub fn verifier(&self) -> Option<&str> {
        self.verifier.as_ref().map(FireVerifier::name)
    }

    /// None where it was only glanced at, and comes again after what lies before it.
    fn take(&mut self, item: GatedItem) -> Result<Option<Analysed>, LockstepError> {
        let GatedItem { frame, regard } = item;
        self.analysed += 1;
        let detections = self.see(&frame)?;
        let glanced = match regard {
            Regard::Glance => {
                let state = self.pose.at(frame.wall);
                self.analysis.glance(frame.size, &detections, state)
            }
            Regard::InTurn | Regard::Recalled => None,
        };
        if let Some(cause) = glanced {
            self.source.hold(frame.pts, cause);
            return Ok(None);
        }
        let analysed = self.judge(frame, detections)?;
        if let Some(cause) = analysed.step.holds {
            self.source.hold(analysed.frame.pts, cause);
        }
        Ok(Some(analysed))
    }

    /// Shows a picture, and its parts where the camera is to look closely, to the model.
    fn see(&mut self, frame: &Frame) -> Result<Vec<Detection>, LockstepError> {
        let (windows, failed) = self.gaze.windows(frame);
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.looks += windows.len() as u64;
        let request = Request {
            frame: frame.clone(),
            windows: windows.clone(),
        };
        let seen = self.seat.look(windows.len(), move || request)?;
        Ok(self.gaze.together(frame.size, &windows, seen.windows))
    }

    /// What the camera that took this picture is like.
    fn look_after(&mut self, frame: &Frame) -> Vec<EventChange> {
        let Some(health) = &mut self.health else {
            return Vec::new();
        };
        let (width, _) = frame.size.as_f32();
        let shown = self.analysis.view(frame.pts);
        health.observe(&HealthSigns {
            wall: Some(frame.wall),
            stream: Condition::Good,
            picture: shown.as_ref().map(|signs| (signs, width)),
            ..HealthSigns::new(frame.pts)
        })
    }

    fn judge(
        &mut self,
        frame: Frame,
        detections: Vec<Detection>,
    ) -> Result<Analysed, LockstepError> {
        let verdicts = match &mut self.verifier {
            Some(verifier) => verifier.look(&frame, &detections)?,
            None => Vec::new(),
        };
        let state = self.pose.at(frame.wall);
        self.analysis.watch_view(&frame, state)?;
        let pose = state.pose().unwrap_or_default();
        let signals = self.signals.look(&frame, pose, frame.wall);
        let look = Look {
            detections: &detections,
            verdicts: &verdicts,
            signals: &signals,
            wall: Some(frame.wall),
            ..Look::new(frame.pts, frame.size)
        };
        let mut step = self.analysis.step(&look, state);
        step.changes.extend(self.look_after(&frame));
        self.gaze.learn(frame.size, &step.tracks);
        Ok(Analysed {
            number: self.decoded(),
            frame,
            detections,
            verdicts,
            signals,
            step,
        })
    }
}

/// The health of the camera, where somebody wrote that it is to be watched.
fn asked_for(camera: &CameraConfig) -> Option<CameraHealth> {
    let written = |rule: &RuleConfig| {
        matches!(rule.kind, RuleKind::CameraHealth(_)) && rule.origin == RuleOrigin::Written
    };
    let asked = camera.rules.iter().any(written);
    asked.then(|| CameraHealth::of(camera)).flatten()
}
