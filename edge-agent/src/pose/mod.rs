//! Where a camera that turns stands at a moment: in a pose, on its way, or nobody knows.
//!
//! ```text
//! the clock            ─► Tour ──┐
//! the camera, by ONVIF ─► PoseLog ├─► PoseHandle ─► gate, analysis, status
//! whoever turns it     ─► PoseLog ┘
//! ```
//! What is not known is not guessed: between two looks that differ the camera turns, and what was heard too
//! long ago is unknown. What does not belong here: what a pose shows (`config`, `scene`), turning a camera.

mod log;
mod onvif;
mod tour;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::config::{PoseId, PoseSource, Poses};
use log::PoseLog;
pub use onvif::{OnvifError, OnvifWatch, probe};
use tour::Tour;

/// Where a camera stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoseState {
    /// In a pose.
    At(PoseId),
    /// On its way to another.
    Turning,
    /// Nobody says, or it stands where no pose is.
    Unknown,
}

impl PoseState {
    /// The pose, where it stands in one.
    #[must_use]
    pub const fn pose(self) -> Option<PoseId> {
        match self {
            Self::At(pose) => Some(pose),
            Self::Turning | Self::Unknown => None,
        }
    }
}

/// Knows where one camera stands; clones share it.
#[derive(Debug, Clone)]
pub struct PoseHandle(Arc<Teller>);

#[derive(Debug)]
enum Teller {
    Fixed,
    Timed(Tour),
    Told(Mutex<PoseLog>),
}

impl PoseHandle {
    /// Of a camera that nobody has said anything of yet.
    #[must_use]
    pub fn of(poses: &Poses) -> Self {
        Self(Arc::new(match &poses.source {
            PoseSource::Fixed => Teller::Fixed,
            PoseSource::Timed(timed) => Teller::Timed(Tour::of(timed)),
            PoseSource::Onvif(_) | PoseSource::Mqtt => {
                Teller::Told(Mutex::new(PoseLog::new(poses.settle, poses.max_age)))
            }
        }))
    }

    /// Of a camera that stands in one pose all the while: a recording of it.
    #[must_use]
    pub fn always(pose: PoseId) -> Self {
        let mut log = PoseLog::new(std::time::Duration::ZERO, std::time::Duration::MAX);
        log.tell(Timestamp::MIN, PoseState::At(pose));
        Self(Arc::new(Teller::Told(Mutex::new(log))))
    }

    /// Where it stood at a moment of the wall clock.
    #[must_use]
    pub fn at(&self, wall: Timestamp) -> PoseState {
        match &*self.0 {
            Teller::Fixed => PoseState::At(PoseId::default()),
            Teller::Timed(tour) => tour.at(wall),
            Teller::Told(log) => log.lock().unwrap_or_else(PoisonError::into_inner).at(wall),
        }
    }

    /// Somebody looked where it stands. A tour needs nobody.
    pub fn tell(&self, wall: Timestamp, state: PoseState) {
        if let Teller::Told(log) = &*self.0 {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.tell(wall, state);
        }
    }
}
