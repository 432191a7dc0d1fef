//! Keeps one camera running: connects, watches, explains, waits, connects again.
//!
//! Each camera is its own task; what happens to it, a panic included, stays with it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::v1::{CameraId, CameraState, CameraStatusReason};
use jiff::Timestamp;
use metrics::counter;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::address::CarrierChoice;
use super::backoff::Backoff;
use super::connection::{Connection, ConnectionEnded, Delivered};
use super::counters::Counters;
use super::fault::CameraError;
use super::gate::GateHandle;
use super::mailbox::FrameMailbox;
use super::ring::Epoch;
use super::shared_ring::SharedRing;
use super::source::CameraSource;
use crate::clock::CameraClock;

/// More than a connection ever begins: one a change of the picture's size.
const EPOCHS_OF_A_CONNECTION: u64 = 1 << 20;

/// How a camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraHealth {
    /// What its supervisor is doing.
    pub state: CameraState,
    /// Why it is not running.
    pub reason: Option<CameraStatusReason>,
    /// Since when.
    pub since: Timestamp,
}

/// A camera under supervision.
#[derive(Debug)]
pub struct Camera {
    /// Its id.
    pub id: CameraId,
    /// Its encoded pictures.
    pub ring: SharedRing,
    /// Its pictures that are due for analysis.
    pub frames: FrameMailbox,
    /// What it did; the analysing stage counts its own part in here.
    pub counters: Arc<Counters>,
    /// What is known of its clock.
    pub clock: Arc<CameraClock>,
    /// The other end of its activity gate.
    pub gate: GateHandle,
    /// How it is; changes only, so a slow reader sees the latest.
    pub health: watch::Receiver<CameraHealth>,
    /// Ends after the token given to [`supervise`] is cancelled.
    pub task: JoinHandle<()>,
}

/// Starts supervising a camera, until `stop` is cancelled. Needs a Tokio runtime.
#[must_use]
pub fn supervise(source: CameraSource, stop: CancellationToken) -> Camera {
    let counters = Arc::new(Counters::default());
    let ring = SharedRing::new(source.ring);
    let frames = FrameMailbox::new(counters.clone());
    let clock = Arc::new(CameraClock::default());
    let gate = GateHandle::default();
    let connecting = CameraHealth {
        state: CameraState::Connecting,
        reason: None,
        since: Timestamp::now(),
    };
    let (health_tx, health) = watch::channel(connecting);
    let outputs = Outputs {
        source: Arc::new(source),
        ring: ring.clone(),
        frames: frames.clone(),
        counters: counters.clone(),
        clock: Arc::clone(&clock),
        gate: gate.clone(),
        health: Arc::new(health_tx),
    };
    let id = outputs.source.id.clone();
    let task = tokio::spawn(run(outputs, stop));
    Camera {
        id,
        ring,
        frames,
        counters,
        clock,
        gate,
        health,
        task,
    }
}

/// Where one camera's connections put what they get.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    pub(crate) source: Arc<CameraSource>,
    pub(crate) ring: SharedRing,
    pub(crate) frames: FrameMailbox,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Arc<CameraClock>,
    pub(crate) gate: GateHandle,
    pub(crate) health: Arc<watch::Sender<CameraHealth>>,
}

async fn run(outputs: Outputs, stop: CancellationToken) {
    let mut backoff = Backoff::default();
    let mut epoch = Epoch(1);
    let mut carriers = CarrierChoice::new(outputs.source.address.transport);
    while !stop.is_cancelled() {
        let begun = Instant::now();
        let connection =
            Connection::run_once(outputs.clone(), epoch, carriers.next(), stop.clone());
        let (error, delivered) = match isolated(connection).await {
            Ok(ended) => {
                epoch = Epoch(ended.epoch.0 + 1);
                (ended.error, ended.delivered)
            }
            Err(error) => {
                // Which epochs the panicking connection used is not known; none is used twice.
                epoch = Epoch(epoch.0 + EPOCHS_OF_A_CONNECTION);
                (Some(error), Delivered::Nothing)
            }
        };
        let Some(error) = error else { break };
        let held = match delivered {
            Delivered::Units => begun.elapsed(),
            Delivered::Nothing => Duration::ZERO,
        };
        let wait = match carriers.falls_back(&error) {
            true => {
                outputs.fell_back(&error);
                Duration::ZERO
            }
            false => {
                let wait = backoff.next(held, rand::random());
                outputs.failed(&error, wait);
                wait
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => outputs.counters.reconnected(),
        }
    }
    outputs.set(CameraState::Stopped, None);
    outputs.ring.close();
    outputs.frames.close();
}

/// Runs one connection in a task of its own, so that a panic in it becomes a reason and a restart.
async fn isolated(
    connection: impl Future<Output = ConnectionEnded> + Send + 'static,
) -> Result<ConnectionEnded, CameraError> {
    let mut task = AbortOnDrop(tokio::spawn(connection));
    (&mut task.0)
        .await
        .map_err(|join| match join.try_into_panic() {
            Ok(panic) => CameraError::Panicked(panic_text(panic.as_ref())),
            Err(_) => CameraError::Panicked("its task was cancelled".to_owned()),
        })
}

/// A connection must not outlive its supervisor's wait for it.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

impl Outputs {
    pub(crate) fn set(&self, state: CameraState, reason: Option<CameraStatusReason>) {
        self.health.send_if_modified(|health| {
            let changed = (health.state, health.reason) != (state, reason);
            if changed {
                *health = CameraHealth {
                    state,
                    reason,
                    since: Timestamp::now(),
                };
            }
            changed
        });
    }

    /// UDP brings nothing: said once, since from now on TCP is taken.
    fn fell_back(&self, error: &CameraError) {
        counter!("vong_camera_udp_fallbacks_total", "camera" => self.source.id.to_string())
            .increment(1);
        tracing::warn!(
            camera.id = %self.source.id,
            camera.name = self.source.name,
            stream = self.source.duty.stream(),
            cause = %error,
            "UDP does not reach this camera: TCP from now on"
        );
    }

    fn failed(&self, error: &CameraError, wait: Duration) {
        let reason = error.reason();
        self.set(CameraState::Retrying, Some(reason));
        counter!("vong_camera_failures_total",
            "camera" => self.source.id.to_string(),
            "stream" => self.source.duty.stream(),
            "reason" => reason.as_str())
        .increment(1);
        tracing::warn!(
            camera.id = %self.source.id,
            camera.name = self.source.name,
            camera.url = %self.source.address.url,
            stream = self.source.duty.stream(),
            reason = reason.as_str(),
            cause = error.source().map(tracing::field::display),
            retry_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "camera lost: {error}. {}",
            error.remedy(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_reason() {
        let error = isolated(async { panic!("index {} of nothing", 3) })
            .await
            .err()
            .unwrap();
        assert_eq!(error.reason(), CameraStatusReason::Failed);
        assert!(error.to_string().contains("index 3 of nothing"), "{error}");
    }
}
