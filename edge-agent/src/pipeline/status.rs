//! A camera's status: said on every change, and every thirty seconds with its counters.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{
    AgentId, CameraCounters, CameraId, CameraState, CameraStatus, GateStatus, PoseStatus,
    WakeReason,
};
use jiff::Timestamp;
use tokio::sync::watch;

use super::load::Load;
use crate::camera::{CameraHealth, Cause, Counters, GateHandle, GateReport, Waking};
use crate::config::Poses;
use crate::outbox::StatusBoard;
use crate::pose::{PoseHandle, PoseState};
use crate::telemetry::metric;

/// How often the counters are said although nothing changed.
const EVERY: Duration = Duration::from_secs(30);

/// Puts one camera's status up on the board.
pub(super) struct StatusReporter {
    pub(super) agent: AgentId,
    pub(super) camera: CameraId,
    pub(super) name: String,
    pub(super) counters: Arc<Counters>,
    pub(super) gate: GateHandle,
    pub(super) board: Arc<StatusBoard>,
    /// Where it may look.
    pub(super) poses: Poses,
    /// Where it looks.
    pub(super) pose: PoseHandle,
}

/// How soon a camera that turned says so.
const POSE_EVERY: Duration = Duration::from_secs(1);

impl StatusReporter {
    /// Works until the camera's supervisor is gone.
    pub(super) async fn run(self, mut health: watch::Receiver<CameraHealth>) {
        let (mut counted, mut load) = (self.counters.snapshot(), Load::default());
        loop {
            let now = *health.borrow_and_update();
            self.say(now);
            tokio::select! {
                changed = health.changed() => if changed.is_err() { break },
                () = self.turned() => {}
                () = tokio::time::sleep(EVERY) => {
                    let counts = self.counters.snapshot();
                    load = self.tell_load(load, Load::of(&counted, &counts, load), &counts);
                    counted = counts;
                }
            }
        }
        // The last word may have come with the end.
        let last = *health.borrow();
        self.say(last);
    }

    /// Ends when the camera's pose is another than now; never for one that does not turn.
    async fn turned(&self) {
        if self.poses.is_fixed() {
            return std::future::pending().await;
        }
        let before = self.pose.at(Timestamp::now());
        while self.pose.at(Timestamp::now()) == before {
            tokio::time::sleep(POSE_EVERY).await;
        }
    }

    /// One line when it begins, one when it is over.
    fn tell_load(&self, before: Load, load: Load, counts: &CameraCounters) -> Load {
        match (before, load) {
            (Load::KeepsUp, Load::Overloaded) => tracing::warn!(
                camera.id = %self.camera,
                analysed = counts.analysed,
                dropped = counts.dropped,
                "the model does not keep up with this camera; pictures are dropped, newest win"
            ),
            (Load::Overloaded, Load::KeepsUp) => {
                tracing::info!(camera.id = %self.camera, "the model keeps up with this camera again");
            }
            _ => {}
        }
        load
    }

    fn say(&self, health: CameraHealth) {
        let counters = self.counters.snapshot();
        let camera = self.camera.to_string();
        let up = if health.state == CameraState::Running {
            1.0
        } else {
            0.0
        };
        metrics::gauge!(metric::CAMERA_UP, "camera" => camera.clone()).set(up);
        for (reason, dropped) in self.counters.drops() {
            metrics::counter!(
                metric::FRAMES_DROPPED, "camera" => camera.clone(), "reason" => reason.word()
            )
            .absolute(dropped);
        }
        let gate = self.gate.report();
        metrics::gauge!(metric::AWAKE_SHARE, "camera" => camera).set(gate.awake_share());
        let turns = !self.poses.is_fixed();
        let pose = turns.then(|| self.pose.at(Timestamp::now()));
        self.board.set(CameraStatus {
            agent: self.agent.clone(),
            camera: self.camera.clone(),
            name: Some(self.name.clone()),
            state: health.state,
            reason: health.reason,
            since: health.since,
            last_picture: self.counters.last_picture(),
            pose: pose
                .and_then(PoseState::pose)
                .and_then(|pose| self.poses.name(pose))
                .map(str::to_owned),
            pose_state: pose.map(pose_status),
            gate: Some(gate_status(&gate)),
            counters,
        });
    }
}

const fn pose_status(state: PoseState) -> PoseStatus {
    match state {
        PoseState::At(_) => PoseStatus::Standing,
        PoseState::Turning => PoseStatus::Turning,
        PoseState::Unknown => PoseStatus::Unknown,
    }
}

const fn gate_status(gate: &GateReport) -> GateStatus {
    GateStatus {
        awake: match gate.waking {
            Some(waking) => Some(wake_reason(waking)),
            None => None,
        },
        awake_s: gate.awake.as_secs(),
        watched_s: gate.watched.as_secs(),
    }
}

const fn wake_reason(waking: Waking) -> WakeReason {
    match waking {
        Waking::Off => WakeReason::Off,
        Waking::Learning => WakeReason::Learning,
        Waking::Change => WakeReason::Change,
        Waking::WholePicture => WakeReason::WholePicture,
        Waking::KeyframesTooRare => WakeReason::KeyframesTooRare,
        Waking::Attention(Cause::Event) => WakeReason::Event,
        Waking::Attention(Cause::Track) => WakeReason::Track,
        Waking::Attention(Cause::Hit) => WakeReason::Hit,
    }
}
