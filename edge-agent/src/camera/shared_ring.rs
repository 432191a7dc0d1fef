//! The ring between the camera that fills it and the stages that cut from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::access_unit::{AccessUnit, StreamInfo};
use super::passage::{Passage, PassageError};
use super::ring::{Epoch, Kept, PacketRing, RingLimits};
use crate::time::{ClockAnchor, StreamTime};

/// How a wait for a moment of the stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The ring has it.
    Yes,
    /// The connection ended before it came.
    ConnectionEnded,
}

/// A [`PacketRing`] shared by one camera and its readers; clones share it.
#[derive(Debug, Clone)]
pub struct SharedRing {
    ring: Arc<Mutex<PacketRing>>,
    progress: Arc<watch::Sender<Progress>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    epoch: Option<Epoch>,
    newest: Option<StreamTime>,
    ended: bool,
}

impl SharedRing {
    /// An empty ring.
    #[must_use]
    pub fn new(limits: RingLimits) -> Self {
        let progress = watch::Sender::new(Progress::default());
        Self {
            ring: Arc::new(Mutex::new(PacketRing::new(limits))),
            progress: Arc::new(progress),
        }
    }

    /// Begins a connection; see [`PacketRing::begin`].
    pub fn begin(&self, epoch: Epoch, info: StreamInfo, anchor: ClockAnchor) {
        self.lock().begin(epoch, info, anchor);
        let begun = Progress {
            epoch: Some(epoch),
            newest: None,
            ended: false,
        };
        self.progress.send_replace(begun);
    }

    /// Adds a unit; see [`PacketRing::push`].
    pub fn push(&self, unit: Arc<AccessUnit>) -> Kept {
        let pts = unit.pts;
        let kept = self.lock().push(unit);
        self.progress
            .send_modify(|progress| progress.newest = progress.newest.max(Some(pts)));
        kept
    }

    /// Says that the current connection ended: nobody waits for more of it.
    pub fn end(&self) {
        self.progress.send_modify(|progress| progress.ended = true);
    }

    /// Cuts a passage; see [`PacketRing::passage`].
    ///
    /// # Errors
    /// As [`PacketRing::passage`].
    pub fn passage(
        &self,
        epoch: Epoch,
        from: StreamTime,
        to: StreamTime,
    ) -> Result<Passage, PassageError> {
        self.lock().passage(epoch, from, to)
    }

    /// The newest moment that is held, and its connection; see [`PacketRing::newest`].
    #[must_use]
    pub fn newest(&self) -> Option<(Epoch, StreamTime)> {
        self.lock().newest()
    }

    /// Waits until a picture at or after `at` of that connection came, or will never come.
    pub async fn reached(&self, epoch: Epoch, at: StreamTime) -> Reached {
        let mut progress = self.progress.subscribe();
        let arrived = progress
            .wait_for(|p| p.epoch > Some(epoch) || (p.epoch == Some(epoch) && p.settles(at)))
            .await;
        match arrived {
            Ok(p) if p.epoch == Some(epoch) && p.newest >= Some(at) => Reached::Yes,
            _ => Reached::ConnectionEnded,
        }
    }

    fn lock(&self) -> MutexGuard<'_, PacketRing> {
        // Arithmetic alone happens under the lock; a poisoned ring is still whole.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn settles(&self, at: StreamTime) -> bool {
        self.ended || self.newest >= Some(at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::camera::ring_fixture::{ANCHOR, info, unit};

    fn ring() -> SharedRing {
        SharedRing::new(RingLimits {
            span: Duration::from_secs(10),
            bytes: 1 << 20,
        })
    }

    #[tokio::test]
    async fn a_moment_is_awaited() {
        let ring = ring();
        ring.begin(Epoch(1), info(), ANCHOR);
        let waiter = tokio::spawn({
            let ring = ring.clone();
            async move { ring.reached(Epoch(1), StreamTime::from_secs_f64(2.0)).await }
        });
        for second in 0..3 {
            tokio::task::yield_now().await;
            ring.push(unit(f64::from(second), true, 10));
        }
        assert_eq!(waiter.await.unwrap(), Reached::Yes);
    }

    #[tokio::test]
    async fn the_end_of_a_connection_ends_the_wait() {
        let ring = ring();
        ring.begin(Epoch(1), info(), ANCHOR);
        ring.push(unit(1.0, true, 10));
        ring.end();
        let late = StreamTime::from_secs_f64(9.0);
        assert_eq!(ring.reached(Epoch(1), late).await, Reached::ConnectionEnded);
        ring.begin(Epoch(2), info(), ANCHOR);
        assert_eq!(ring.reached(Epoch(1), late).await, Reached::ConnectionEnded);
    }
}
