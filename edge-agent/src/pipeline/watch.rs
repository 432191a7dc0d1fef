//! One camera's analysis: pictures in, papers for the desk out. A thread of its own, since the
//! model, the event log and the encoders all make it wait.

use std::sync::Arc;

use contract::v1::{CameraId, Clock, Phase};
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::clocks::WatchClocks;
use super::desk::{ChangePaper, Paper, promises};
use super::event_log::EventLog;
use super::exhibits::{Exhibits, Scene};
use super::facts::PosedFacts;
use super::health::{HealthWatch, TICK};
use crate::analysis::{Gaze, Look, Plan, PosedAnalysis, Remembered, TrackMemory};
use crate::camera::{
    Cause, Counters, Delivery, Dropped, Epoch, Frame, FrameMailbox, GateHandle, Picture, Regard,
    Signal,
};
use crate::config::RuleMode;
use crate::detect::{Classifier, DetectError, Detection, Request, Seat};
use crate::geometry::PictureSize;
use crate::pose::{PoseHandle, PoseState};
use crate::report::{Promise, Sighting};
use crate::rule::{EventChange, HeldBack};
use crate::signal::SignalWatch;
use crate::telemetry::{chain, metric, phase_word};
use crate::time::{ClockAnchor, StreamTime};
use crate::verify::{self, FireVerifier, Verdict};

/// What one camera's analysis needs.
pub(super) struct Watch {
    pub(super) facts: PosedFacts,
    /// Where it stands.
    pub(super) pose: PoseHandle,
    /// Where the last picture was of.
    pub(super) standing: Option<PoseState>,
    pub(super) frames: FrameMailbox,
    pub(super) counters: Arc<Counters>,
    /// Is told what keeps the camera's pictures coming.
    pub(super) gate: GateHandle,
    /// Its place at the model that all cameras share.
    pub(super) seat: Seat,
    /// Which parts of a picture it is shown beside the whole.
    pub(super) gaze: Gaze,
    /// Reads its traffic signals.
    pub(super) signals: SignalWatch,
    /// Looks again at what burns, where a rule asks for it and there is one.
    pub(super) verifier: Option<FireVerifier>,
    pub(super) analysis: PosedAnalysis,
    pub(super) event_log: Arc<EventLog>,
    /// When full, this thread waits, and the mailbox drops pictures: events are never dropped.
    pub(super) desk: mpsc::Sender<Paper>,
    pub(super) exhibits: Exhibits,
    /// What a verifier is made of, where the agent has it: a plan may want one.
    pub(super) classifier: Option<Classifier>,
    /// What the analysis is to be; the newest counts.
    pub(super) plan: watch::Receiver<Arc<Plan>>,
    /// When a mute of the plan ends.
    pub(super) mute_ends: Option<Timestamp>,
    pub(super) memory: TrackMemory,
    pub(super) clocks: WatchClocks,
    pub(super) health: HealthWatch,
    /// Whether the last picture could not be looked at without a model.
    pub(super) unseen: Failing,
    /// The last picture that was analysed.
    pub(super) analysed: Option<(Epoch, StreamTime)>,
}

/// The weakest detection that a rule run again may count: what a model says below it is noise that
/// would fill the memory.
const WORTH_REMEMBERING: f32 = 0.2;

/// The connection that a change belongs to.
#[derive(Clone, Copy)]
struct Moment {
    epoch: Epoch,
    clock: ClockAnchor,
    size: PictureSize,
}

impl Watch {
    /// Works until the camera's mailbox is closed and empty. Blocks.
    pub(super) fn run(mut self, runtime: &Handle) {
        let mut failing = Failing::No;
        let mut unverified = Failing::No;
        let mut size = PictureSize {
            width: 1,
            height: 1,
        };
        loop {
            let frames = self.frames.clone();
            let next = async { timeout(TICK, frames.next()).await };
            let Ok(delivery) = runtime.block_on(next) else {
                self.look_after(size, None, runtime);
                continue;
            };
            let Some(delivery) = delivery else { break };
            match delivery {
                Delivery::Picture(picture) => {
                    size = picture.frame.size;
                    failing = self.look(picture, failing, &mut unverified, runtime);
                }
                Delivery::Ended { epoch, at, anchor } => {
                    let moment = Moment {
                        epoch,
                        clock: self.clocks.now(anchor),
                        size,
                    };
                    self.verifier.iter_mut().for_each(FireVerifier::forget);
                    self.gaze.end();
                    self.signals.end();
                    let changes = self.analysis.end(at);
                    for change in changes {
                        self.record(change, moment, None, runtime);
                    }
                }
            }
        }
        for change in self.health.end() {
            self.record_health(change, size, None, runtime);
        }
    }

    /// Looks after the camera's health; `shown` is the picture that was looked at just now.
    fn look_after(&mut self, size: PictureSize, shown: Option<(&Frame, Moment)>, runtime: &Handle) {
        let plan = Arc::clone(&self.plan.borrow());
        let signs = shown.and_then(|(frame, _)| self.analysis.view(frame.pts));
        let (width, _) = size.as_f32();
        let clocks = self.clocks.verdicts();
        let signs = signs.as_ref().map(|signs| (signs, width));
        for change in self.health.look(&plan, clocks, signs) {
            self.record_health(change, size, shown, runtime);
        }
    }

    /// Puts a change of the camera's health on record. Its times are of a line of its own; its
    /// evidence, where there is a picture, is of the stream's.
    fn record_health(
        &self,
        change: EventChange,
        size: PictureSize,
        shown: Option<(&Frame, Moment)>,
        runtime: &Handle,
    ) {
        let moment = Moment {
            epoch: shown.map_or(Epoch(0), |(_, moment)| moment.epoch),
            clock: self.health.clock(),
            size,
        };
        let promised = match (change.phase, shown) {
            (Phase::Raised, Some(_)) => promises(0, None),
            _ => Vec::new(),
        };
        let filed = self.file(change.clone(), moment, promised.clone());
        if let (Some(_), Some((frame, moment))) = (filed, shown)
            && !promised.is_empty()
        {
            let scene = Scene {
                change: EventChange {
                    began: frame.pts,
                    at: frame.pts,
                    ..change
                },
                epoch: moment.epoch,
                clock: moment.clock,
                size: moment.size,
                promised,
            };
            self.exhibits.collect(scene, frame, runtime);
        }
    }

    fn look(
        &mut self,
        picture: Picture,
        failing: Failing,
        unverified: &mut Failing,
        runtime: &Handle,
    ) -> Failing {
        let Picture {
            epoch,
            anchor,
            regard,
            ..
        } = picture;
        let pts = picture.frame.pts;
        if self.analysed.is_some_and(|last| last >= (epoch, pts)) {
            // The gate fetched it from the past, too late: rules cannot go back.
            self.counters.dropped(Dropped::Late);
            return failing;
        }
        let state = self.pose.at(self.clocks.now(anchor).wall_at(pts));
        self.note_pose(state);
        if state.pose().is_none() {
            // What comes next is a new visit, though it be to the same pose.
            let _ = self.analysis.arrive(pts, state);
            self.abstain(state);
            self.look_after(picture.frame.size, None, runtime);
            return failing;
        }
        let size = picture.frame.size;
        let (frame, detections) = match self.see(picture) {
            Ok(seen) => seen,
            Err(error) => {
                let camera = self.camera().to_string();
                metrics::counter!(metric::ANALYSIS_FAILED, "camera" => camera).increment(1);
                // One line an outage, not five a second.
                if failing == Failing::No {
                    tracing::error!(
                        camera.id = %self.camera(),
                        error = %chain(&error),
                        "this camera's pictures cannot be analysed; watching on"
                    );
                }
                self.counters.dropped(Dropped::Model);
                self.look_after(size, None, runtime);
                return Failing::Yes;
            }
        };
        self.counters.analysed();
        // The model may have looked at a newer picture.
        let state = self.pose.at(self.clocks.now(anchor).wall_at(frame.pts));
        self.note_pose(state);
        if regard == Regard::Glance
            && let Some(cause) = self.analysis.glance(frame.size, &detections, state)
        {
            self.hold_gate(epoch, frame.pts, cause);
            return Failing::No;
        }
        self.analysed = Some((epoch, frame.pts));
        let moment = Moment {
            epoch,
            clock: self.clocks.now(anchor),
            size: frame.size,
        };
        self.follow(frame.pts, moment, runtime);
        let verdicts = self.second_look(&frame, &detections, unverified);
        self.watch_view(&frame, state);
        let pose = state.pose().unwrap_or_default();
        // By the picture's own time: a word that came since says nothing of what it shows.
        let shown = moment.clock.wall_at(frame.pts);
        let signals = self.signals.look(&frame, pose, shown);
        let look = Look {
            detections: &detections,
            verdicts: &verdicts,
            signals: &signals,
            wall: Some(shown),
            ..Look::new(frame.pts, frame.size)
        };
        let step = self.analysis.step(&look, state);
        let Some(pose) = state.pose() else {
            self.abstain(state);
            return Failing::No;
        };
        if let Some(cause) = step.holds {
            self.hold_gate(epoch, frame.pts, cause);
        }
        self.exhibits.observe(&frame, &step.tracks);
        self.gaze.learn(frame.size, &step.tracks);
        for held_back in &step.held_back {
            self.list(held_back);
        }
        // Before anything waits for the disk: whoever asks for a simulation now asks about this too.
        let mut detections = detections;
        detections.retain(|seen| seen.score >= WORTH_REMEMBERING);
        self.memory.keep(Remembered {
            epoch,
            anchor: moment.clock,
            at: frame.pts,
            size: frame.size,
            pose,
            tracks: step.tracks,
            detections,
            verdicts,
            scene: self.analysis.view(frame.pts),
            signals,
        });
        for change in step.changes {
            self.record(change, moment, Some(&frame), runtime);
        }
        self.look_after(frame.size, Some((&frame, moment)), runtime);
        Failing::No
    }

    /// What was learnt of another view says nothing of this one.
    fn note_pose(&mut self, state: PoseState) {
        if self.standing.is_some_and(|before| before != state) {
            self.gaze.end();
            self.signals.end();
            self.verifier.iter_mut().for_each(FireVerifier::forget);
        }
        self.standing = Some(state);
    }

    /// A picture that no rule is asked about, because nobody knows what it shows.
    fn abstain(&self, state: PoseState) {
        let reason = match state {
            PoseState::Unknown => "unknown",
            PoseState::Turning | PoseState::At(_) => "turning",
        };
        metrics::counter!(
            metric::ABSTAINED, "camera" => self.camera().to_string(), "reason" => reason
        )
        .increment(1);
    }

    /// Shows a picture to the model.
    fn see(&mut self, picture: Picture) -> Result<(Frame, Vec<Detection>), DetectError> {
        if self.gaze.places() == 1 {
            // When the model has time for this camera, it looks at the newest picture there is by
            // then.
            let frames = self.frames.clone();
            let take = move || Request::whole(frames.freshest(picture).frame);
            let seen = self.seat.look(1, take)?;
            return Ok((seen.frame, seen.windows.into_iter().flatten().collect()));
        }
        // Its parts were chosen for this picture, so it is this one that is looked at.
        let frame = picture.frame;
        let (windows, failed) = self.gaze.windows(&frame);
        if let Some(error) = failed {
            metrics::counter!(metric::MOTION_FAILED, "camera" => self.camera().to_string())
                .increment(1);
            tracing::warn!(
                camera.id = %self.camera(),
                error = %chain(&error),
                "no motion is seen in a picture; tracks alone say where to look closely"
            );
        }
        let request = Request {
            frame,
            windows: windows.clone(),
        };
        let seen = self.seat.look(windows.len(), move || request)?;
        let together = self.gaze.together(seen.frame.size, &windows, seen.windows);
        Ok((seen.frame, together))
    }

    /// Looks at a picture without a model, for the rules that want it.
    fn watch_view(&mut self, frame: &Frame, state: PoseState) {
        let before = self.unseen;
        let Err(error) = self.analysis.watch_view(frame, state) else {
            self.unseen = Failing::No;
            return;
        };
        self.unseen = Failing::Yes;
        metrics::counter!(metric::MOTION_FAILED, "camera" => self.camera().to_string())
            .increment(1);
        if before == Failing::No {
            tracing::warn!(
                camera.id = %self.camera(),
                error = %chain(&error),
                "the view cannot be watched; what stands in it goes unseen"
            );
        }
    }

    fn hold_gate(&self, epoch: Epoch, at: StreamTime, cause: Cause) {
        self.gate.hold(Signal { epoch, at, cause });
    }

    /// What the fire verifier says of this picture. Where it fails, the detector's word stands: a
    /// fire that is told for nothing harms less than one that is not told.
    fn second_look(
        &mut self,
        frame: &Frame,
        detections: &[Detection],
        unverified: &mut Failing,
    ) -> Vec<Verdict> {
        let Some(verifier) = &mut self.verifier else {
            return Vec::new();
        };
        match verifier.look(frame, detections) {
            Ok(verdicts) => {
                *unverified = Failing::No;
                verdicts
            }
            Err(error) => {
                let camera = self.camera().to_string();
                metrics::counter!(metric::VERIFY_FAILED, "camera" => camera).increment(1);
                if *unverified == Failing::No {
                    tracing::error!(
                        camera.id = %self.facts.camera(),
                        error = %chain(&error),
                        "the fire verifier fails; the detector's word stands"
                    );
                }
                *unverified = Failing::Yes;
                Vec::new()
            }
        }
    }

    /// Takes up a new plan, and the end of a mute.
    fn follow(&mut self, at: StreamTime, moment: Moment, runtime: &Handle) {
        let now = Timestamp::now();
        let mute_ended = self.mute_ends.is_some_and(|end| end <= now);
        // A sender that is gone means a stop.
        if !mute_ended && !self.plan.has_changed().unwrap_or(false) {
            return;
        }
        let plan = Arc::clone(&self.plan.borrow_and_update());
        self.gate.set_shortest_event(plan.camera.shortest_event());
        self.mute_ends = plan.next_end(now);
        self.exhibits.camera = Arc::new(plan.camera.clone());
        self.signals.follow(&plan.camera);
        self.facts = PosedFacts::of(self.facts.general(), &plan.version, &plan.camera);
        self.verifier = match verify::wanted(&plan.camera) {
            true => self
                .verifier
                .take()
                .or_else(|| self.classifier.clone().map(FireVerifier::new)),
            false => None,
        };
        for change in self.analysis.follow(&plan, now, at) {
            self.record(change, moment, None, runtime);
        }
    }

    /// What a rule nearly said is listed in the log and counted, so that thresholds can be judged.
    fn list(&self, held_back: &HeldBack) {
        metrics::counter!(
            metric::HELD_BACK,
            "camera" => self.camera().to_string(),
            "rule" => held_back.detail,
            "reason" => held_back.reason.word(),
            "mode" => held_back.mode.word()
        )
        .increment(1);
        tracing::info!(
            camera.id = %self.camera(),
            rule = held_back.detail,
            reason = held_back.reason.word(),
            mode = held_back.mode.word(),
            class = &*held_back.class,
            confidence = held_back.confidence,
            bbox = ?held_back.bbox,
            "a candidate was held back"
        );
    }

    /// Puts a change on record: the event log first, then the desk, then its evidence.
    fn record(
        &self,
        change: EventChange,
        moment: Moment,
        deciding: Option<&Frame>,
        runtime: &Handle,
    ) {
        let raised = deciding.filter(|_| change.phase == Phase::Raised);
        let tracks = change.tracks.len();
        let promised = raised
            .map(|_| promises(tracks, change.moments))
            .unwrap_or_default();
        let Some(clock) = self.file(change.clone(), moment, promised.clone()) else {
            return;
        };
        if let Some(frame) = raised {
            let scene = Scene {
                change,
                epoch: moment.epoch,
                clock,
                size: moment.size,
                promised,
            };
            self.exhibits.collect(scene, frame, runtime);
        }
    }

    /// Files a change: the event log first, then the desk. Returns the clock it was told by; none
    /// where nobody is told, or the desk is closed.
    fn file(
        &self,
        mut change: EventChange,
        moment: Moment,
        promised: Vec<Promise>,
    ) -> Option<ClockAnchor> {
        if self.exhibits.camera.mode == RuleMode::Shadow {
            change.mode = RuleMode::Shadow;
        }
        let moment = Moment {
            clock: self.clocks.of(change.event_id, change.phase, moment.clock),
            ..moment
        };
        let known = self.clocks.known();
        self.witness(&change, moment, known);
        if change.mode == RuleMode::Shadow {
            // Counted and written down; nobody is told, and no evidence is kept.
            return None;
        }
        let event = change.event_id;
        let camera = Arc::clone(self.facts.at(change.pose));
        let arrived = match change.phase {
            Phase::Raised => self.exhibits.footage.arrival(moment.epoch, change.at),
            Phase::Updated | Phase::Cleared => None,
        };
        let paper = ChangePaper {
            change,
            clock: moment.clock,
            known,
            size: moment.size,
            camera,
            promised,
            arrived,
        };
        if self
            .desk
            .blocking_send(Paper::Change(Box::new(paper)))
            .is_err()
        {
            tracing::warn!(event.id = %event, "the desk is closed; the next start takes this change up from the event log");
            return None;
        }
        Some(moment.clock)
    }

    fn witness(&self, change: &EventChange, moment: Moment, known: Clock) {
        let name = match change.mode {
            RuleMode::Live => metric::EVENT_CHANGES,
            RuleMode::Shadow => metric::SHADOW_CHANGES,
        };
        metrics::counter!(
            name,
            "camera" => self.camera().to_string(),
            "kind" => change.kind.as_str(),
            "phase" => phase_word(change.phase)
        )
        .increment(1);
        let sighting = Sighting {
            change,
            clock: moment.clock,
            known,
            size: moment.size,
            camera: self.facts.at(change.pose),
            promised: &[],
        };
        if let Err(error) = self.event_log.append(&sighting) {
            metrics::counter!(metric::EVENT_LOG_FAILED).increment(1);
            tracing::error!(
                camera.id = %self.camera(),
                event.id = %change.event_id,
                error = %chain(&error),
                "cannot write the event log (`[agent] event_log`); is its disk full?"
            );
        }
    }

    fn camera(&self) -> &CameraId {
        self.facts.camera()
    }
}

/// Whether the last picture could not be analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failing {
    Yes,
    No,
}
