//! What a camera did since the agent started: shared counters, snapshot for its status.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::v1::CameraCounters;
use jiff::Timestamp;

/// One camera's counters, written by every stage that handles its pictures.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    decoded: AtomicU64,
    analysed: AtomicU64,
    dropped: AtomicU64,
    reconnects: AtomicU64,
    last_picture: Mutex<Option<Timestamp>>,
}

impl Counters {
    /// An access unit came.
    pub fn received(&self, arrival: Timestamp) {
        self.received.fetch_add(1, Ordering::Relaxed);
        *self
            .last_picture
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(arrival);
    }

    /// So many pictures were decoded.
    pub fn decoded(&self, pictures: u64) {
        self.decoded.fetch_add(pictures, Ordering::Relaxed);
    }

    /// A model looked at a picture.
    pub fn analysed(&self) {
        self.analysed.fetch_add(1, Ordering::Relaxed);
    }

    /// A picture that was due was never analysed.
    pub fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection is made again.
    pub fn reconnected(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }

    /// When the last access unit came, by the agent's wall clock.
    #[must_use]
    pub fn last_picture(&self) -> Option<Timestamp> {
        *self
            .last_picture
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// All counts now.
    #[must_use]
    pub fn snapshot(&self) -> CameraCounters {
        CameraCounters {
            received: self.received.load(Ordering::Relaxed),
            decoded: self.decoded.load(Ordering::Relaxed),
            analysed: self.analysed.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            reconnects: self.reconnects.load(Ordering::Relaxed),
        }
    }
}
