//! A camera's status: said on every change, and every thirty seconds with its counters.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{AgentId, CameraId, CameraState, CameraStatus};
use tokio::sync::watch;

use crate::camera::{CameraHealth, Counters};
use crate::outbox::StatusBoard;
use crate::telemetry::metric;

/// How often the counters are said although nothing changed.
const EVERY: Duration = Duration::from_secs(30);

/// Puts one camera's status up on the board.
pub(super) struct StatusReporter {
    pub(super) agent: AgentId,
    pub(super) camera: CameraId,
    pub(super) name: String,
    pub(super) counters: Arc<Counters>,
    pub(super) board: Arc<StatusBoard>,
}

impl StatusReporter {
    /// Works until the camera's supervisor is gone.
    pub(super) async fn run(self, mut health: watch::Receiver<CameraHealth>) {
        loop {
            let now = *health.borrow_and_update();
            self.say(now);
            tokio::select! {
                changed = health.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        // The last word may have come with the end.
        let last = *health.borrow();
        self.say(last);
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
        metrics::counter!(metric::FRAMES_DROPPED, "camera" => camera).absolute(counters.dropped);
        self.board.set(CameraStatus {
            agent: self.agent.clone(),
            camera: self.camera.clone(),
            name: Some(self.name.clone()),
            state: health.state,
            reason: health.reason,
            since: health.since,
            last_picture: self.counters.last_picture(),
            pose: None,
            counters,
        });
    }
}
