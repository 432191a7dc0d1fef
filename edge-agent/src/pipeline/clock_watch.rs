//! Looks at the clocks: every second whether somebody set one, and now and then how far off it is.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::ClockTrust;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::clock::{CameraClock, ClockBoard, Compared, StepWatch, compare};
use crate::config::ClockConfig;
use crate::outbox::AgentBoard;
use crate::telemetry::metric;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A comparison is believed for so many times the interval between two.
const BELIEVED_FOR: u32 = 3;

/// Watches the agent's clock.
pub(super) struct ClockWatch {
    pub(super) config: ClockConfig,
    pub(super) board: Arc<ClockBoard>,
    pub(super) cameras: Vec<Arc<CameraClock>>,
    pub(super) status: Arc<AgentBoard>,
}

impl ClockWatch {
    /// Works until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut steps = StepWatch::default();
        let mut due = Duration::ZERO;
        let mut said = ClockTrust::Unknown;
        loop {
            let now = self.board.since_start();
            if let Some(step) = steps.look(now, Timestamp::now()) {
                metrics::counter!(metric::CLOCK_STEPS).increment(1);
                tracing::warn!(
                    by_s = step.by.as_secs_f64(),
                    "the machine's clock was set; times are doubted until it is compared again"
                );
                self.cameras.iter().for_each(|camera| camera.forget());
                self.board.change(|state| {
                    state.set_by = state.set_by.saturating_add(step.by);
                    state.set_at = Some(now);
                });
                due = now;
            }
            if now >= due {
                self.compare().await;
                due = now + self.config.check_every;
            }
            self.tell(&mut said);
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn compare(&self) {
        let compared = compare(&self.config).await;
        let now = self.board.since_start();
        self.board.change(|state| match compared {
            Compared::Known(clock) => {
                state.agent = Some(clock);
                state.compared_at = Some(now);
            }
            Compared::Unknown => {
                let believed = self.config.check_every * BELIEVED_FOR;
                if state
                    .compared_at
                    .is_none_or(|at| now.saturating_sub(at) > believed)
                {
                    state.agent = None;
                }
            }
        });
    }

    fn tell(&self, said: &mut ClockTrust) {
        let state = self.board.state();
        let trust = state.trust(&self.config, self.board.since_start());
        self.status.clock(state.agent, trust);
        if let Some(clock) = state.agent {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a gauge of milliseconds below 2⁵³"
            )]
            metrics::gauge!(metric::CLOCK_OFFSET).set(clock.offset_ms as f64 / 1e3);
        }
        let trusted = if trust == ClockTrust::Trusted {
            1.0
        } else {
            0.0
        };
        metrics::gauge!(metric::CLOCK_TRUSTED).set(trusted);
        if trust == ClockTrust::AgentOff && *said != trust {
            tracing::warn!(
                offset_ms = state.agent.map(|clock| clock.offset_ms),
                "the machine's clock is wrong; set it, e.g. with chronyd or systemd-timesyncd"
            );
        }
        *said = trust;
    }
}
