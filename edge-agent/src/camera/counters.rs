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
    /// By reason, in the order of [`Dropped::ALL`].
    dropped: [AtomicU64; Dropped::ALL.len()],
    reconnects: AtomicU64,
    last_picture: Mutex<Option<Timestamp>>,
}

/// Why a picture that was due was never analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// A newer one came before the analysis had taken it.
    Newer,
    /// A newer one came while it waited for its turn at the model.
    Turn,
    /// The gate fetched it from the past, and the rules had gone on meanwhile.
    Late,
    /// Its connection ended before anybody had looked at it.
    Ended,
    /// The agent stops, or the connection does.
    Stopping,
    /// What the decoder made of it is no picture.
    Unusable,
    /// The model failed.
    Model,
}

impl Dropped {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Newer,
        Self::Turn,
        Self::Late,
        Self::Ended,
        Self::Stopping,
        Self::Unusable,
        Self::Model,
    ];

    /// The label of the metric.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Newer => "newer",
            Self::Turn => "turn",
            Self::Late => "late",
            Self::Ended => "ended",
            Self::Stopping => "stopping",
            Self::Unusable => "unusable",
            Self::Model => "model",
        }
    }
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
    pub fn dropped(&self, why: Dropped) {
        let counted = Dropped::ALL.iter().zip(&self.dropped);
        for (_, count) in counted.filter(|(reason, _)| **reason == why) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many pictures that were due were never analysed, by reason.
    pub fn drops(&self) -> impl Iterator<Item = (Dropped, u64)> + '_ {
        let counted = Dropped::ALL.into_iter().zip(&self.dropped);
        counted.map(|(reason, count)| (reason, count.load(Ordering::Relaxed)))
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
            dropped: self.drops().map(|(_, count)| count).sum(),
            reconnects: self.reconnects.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_counted_by_reason_and_add_up() {
        let counters = Counters::default();
        for (times, reason) in Dropped::ALL.into_iter().enumerate() {
            for _ in 0..=times {
                counters.dropped(reason);
            }
        }
        let counted: Vec<u64> = counters.drops().map(|(_, count)| count).collect();
        assert_eq!(counted, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(counters.snapshot().dropped, 28);
        let words: std::collections::BTreeSet<&str> = Dropped::ALL.map(Dropped::word).into();
        assert_eq!(
            words.len(),
            Dropped::ALL.len(),
            "each has a label of its own"
        );
    }
}
