//! A stretch of a camera's encoded pictures, and what is missing of what was asked for.

use std::sync::Arc;
use std::time::Duration;

use super::access_unit::{AccessUnit, StreamInfo};
use super::ring::Epoch;
use crate::time::{ClockAnchor, StreamTime};

/// Why a part of a passage is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It was held once; the ring's limits let it go.
    Evicted,
    /// It lies before the connection's first keyframe.
    BeforeConnection,
    /// It has not come, or the connection ended before it did.
    NotReceived,
}

/// A part of the asked time that the passage does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// How much.
    pub missing: Duration,
    /// Why.
    pub because: Absence,
}

/// Encoded pictures of one connection that decode without anything before them. What the camera
/// shows before the first keyframe and sends after it (the leading pictures of an open GOP) is left
/// out: it hangs on pictures that are not here.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The connection.
    pub epoch: Epoch,
    /// What it carries.
    pub info: StreamInfo,
    /// Its wall clock.
    pub anchor: ClockAnchor,
    /// What was asked for: from
    pub from: StreamTime,
    /// to.
    pub to: StreamTime,
    /// In decode order, the first a keyframe; never empty.
    pub units: Vec<Arc<AccessUnit>>,
    /// What is missing at the beginning.
    pub head: Option<Gap>,
    /// What is missing at the end.
    pub tail: Option<Gap>,
}

/// Why there is no passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassageError {
    /// The ring holds nothing of that connection any more.
    #[error("the packet ring no longer holds that connection; enlarge camera.ring")]
    ConnectionNotHeld,
    /// The ring holds the connection, but no picture of that time.
    #[error("the packet ring holds no picture of that time; enlarge camera.ring")]
    NothingHeld,
}

impl Passage {
    /// Whether everything asked for is there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.head.is_none() && self.tail.is_none()
    }
}
