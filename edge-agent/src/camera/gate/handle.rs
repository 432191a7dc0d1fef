//! The gate's other end: the analysis says what it sees, the status reads how the gate stands.
//!
//! Signals of the analysis are taken before the next access unit. There are never more than a few:
//! of each kind the newest counts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::reason::{Cause, Waking};
use crate::camera::ring::Epoch;
use crate::pose::PoseState;
use crate::time::StreamTime;

/// The other end of a camera's gate; clones share it, and it outlives connections.
#[derive(Debug, Clone, Default)]
pub struct GateHandle {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    held: Option<Signal>,
    shortest_event: Option<Option<Duration>>,
    pose: Option<PoseState>,
    next_due: Option<StreamTime>,
    report: GateReport,
}

/// What the analysis saw in one picture that keeps a gate open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// The picture's connection.
    pub epoch: Epoch,
    /// The picture's time.
    pub at: StreamTime,
    /// What it was.
    pub cause: Cause,
}

/// How a gate stands, and stood since the agent started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GateReport {
    /// Why it is open; nothing while it is shut, or no connection stands.
    pub waking: Option<Waking>,
    /// Stream time in which it was open,
    pub awake: Duration,
    /// of so much.
    pub watched: Duration,
}

impl GateReport {
    /// The share of the time in which the gate was open, 0 to 1; 0 before anything was watched.
    #[must_use]
    pub fn awake_share(&self) -> f64 {
        match self.watched.is_zero() {
            true => 0.0,
            false => self.awake.as_secs_f64() / self.watched.as_secs_f64(),
        }
    }
}

impl GateHandle {
    /// The analysis saw something that keeps the gate open, or wakes it.
    pub fn hold(&self, signal: Signal) {
        self.lock().held = Some(signal);
    }

    /// The rules are others now; see [`super::GatePolicy::shortest_event`].
    pub fn set_shortest_event(&self, shortest: Option<Duration>) {
        self.lock().shortest_event = Some(shortest);
    }

    /// Where the camera stands, if it is one that turns.
    pub fn set_pose(&self, state: PoseState) {
        self.lock().pose = Some(state);
    }

    /// Where the camera stands, where anybody ever said it.
    pub(crate) fn pose(&self) -> Option<PoseState> {
        self.lock().pose
    }

    /// How the gate stands.
    #[must_use]
    pub fn report(&self) -> GateReport {
        self.lock().report
    }

    /// What the analysis saw since the last call, if it was in that connection.
    pub(crate) fn take_signal(&self, epoch: Epoch) -> Option<Signal> {
        let signal = self.lock().held.take();
        signal.filter(|signal| signal.epoch == epoch)
    }

    /// From when on the next picture is due while the gate is open; none where that is not known.
    pub(crate) fn set_next_due(&self, next_due: Option<StreamTime>) {
        self.lock().next_due = next_due;
    }

    /// Whether nobody waits for the predicted picture of that time: the gate is shut and nothing was seen
    /// that will open it, or it is open and the picture is only there for later ones to be predicted from.
    pub(crate) fn can_wait(&self, pts: StreamTime) -> bool {
        let shared = self.lock();
        match shared.report.waking {
            None => shared.held.is_none(),
            Some(_) => shared.next_due.is_some_and(|due| pts < due),
        }
    }

    /// The rules' shortest event, where it was ever said.
    pub(crate) fn shortest_event(&self) -> Option<Option<Duration>> {
        self.lock().shortest_event
    }

    /// Counts the time from one unit to the next; whether the gate woke in between.
    pub(crate) fn note(&self, waking: Option<Waking>, passed: Duration) -> Transition {
        let mut shared = self.lock();
        let before = shared.report.waking;
        shared.report.watched += passed;
        if before.is_some() {
            shared.report.awake += passed;
        }
        shared.report.waking = waking;
        match (before, waking) {
            (None, Some(waking)) => Transition::Woke(waking),
            _ => Transition::None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every critical section leaves it whole, so a poisoned lock is still good.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a gate opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    Woke(Waking),
    None,
}
