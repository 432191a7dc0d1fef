//! The ring between the camera that fills it and the stages that cut from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::access_unit::{AccessUnit, StreamInfo};
use super::passage::{Passage, PassageError};
use super::ring::{Epoch, Kept, PacketRing, RingLimits, Tie};
use crate::time::{ClockAnchor, StreamTime};

/// How a wait for a moment of the stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The ring has it, and every picture shown before it.
    Yes,
    /// The connection ended before it came, and no later one was there at that moment.
    ConnectionEnded,
}

/// How much later than its moment a picture of a new connection may come.
const LATENESS: Duration = Duration::from_secs(2);

/// A [`PacketRing`] shared by one camera and its readers; clones share it.
#[derive(Debug, Clone)]
pub struct SharedRing {
    ring: Arc<Mutex<PacketRing>>,
    progress: Arc<watch::Sender<Progress>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    epoch: Option<Epoch>,
    anchor: Option<ClockAnchor>,
    newest: Option<StreamTime>,
    /// Up to here no picture is missing: one that was shown later came after it, and since then one
    /// that is shown still later. Cameras send what lies between two such pictures in between.
    settled: Option<StreamTime>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Connected,
    /// The connection ended; another may begin.
    Ended,
    /// None will.
    Closed,
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
            anchor: Some(anchor),
            ..Progress::default()
        };
        self.progress.send_replace(begun);
    }

    /// Adds a unit; see [`PacketRing::push`].
    pub fn push(&self, unit: Arc<AccessUnit>) -> Kept {
        let pts = unit.pts;
        let kept = self.lock().push(unit);
        self.progress.send_modify(|progress| {
            if Some(pts) > progress.newest {
                progress.settled = progress.newest.replace(pts);
            }
        });
        kept
    }

    /// Says that the current connection ended: nobody waits for more of it.
    pub fn end(&self) {
        self.progress
            .send_modify(|progress| progress.stage = Stage::Ended);
    }

    /// Says that no connection will follow: nobody waits any more.
    pub fn close(&self) {
        self.progress
            .send_modify(|progress| progress.stage = Stage::Closed);
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

    /// What ties a connection's time to clocks; see [`PacketRing::tie`].
    #[must_use]
    pub fn tie(&self, epoch: Epoch) -> Option<Tie> {
        self.lock().tie(epoch)
    }

    /// When a moment's unit had arrived; see [`PacketRing::arrival`].
    #[must_use]
    pub fn arrival(&self, epoch: Epoch, at: StreamTime) -> Option<Timestamp> {
        self.lock().arrival(epoch, at)
    }

    /// Those of all connections that are held, the newest first.
    #[must_use]
    pub fn ties(&self) -> Vec<(Epoch, Tie)> {
        self.lock().ties()
    }

    /// Whether a connection feeds it now.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let progress = *self.progress.borrow();
        progress.stage == Stage::Connected && progress.newest.is_some()
    }

    /// The newest moment that is held, and its connection; see [`PacketRing::newest`].
    #[must_use]
    pub fn newest(&self) -> Option<(Epoch, StreamTime)> {
        self.lock().newest()
    }

    /// Cuts a passage in as many parts as the camera was connected; see [`PacketRing::passages`].
    ///
    /// # Errors
    /// As [`PacketRing::passages`].
    pub fn passages(
        &self,
        epoch: Epoch,
        from: StreamTime,
        to: StreamTime,
    ) -> Result<Vec<Passage>, PassageError> {
        self.lock().passages(epoch, from, to)
    }

    /// Waits until that connection has shown everything up to `at`, or it ended and a later one
    /// has, or none will in time.
    pub async fn reached(&self, epoch: Epoch, at: StreamTime) -> Reached {
        let mut progress = self.progress.subscribe();
        let settled = progress.wait_for(|p| p.is_over(epoch) || p.has_settled(epoch, at));
        let Ok(now) = settled.await.map(|now| *now) else {
            return Reached::ConnectionEnded;
        };
        if now.has_settled(epoch, at) {
            return Reached::Yes;
        }
        let held = self.lock().end_of(epoch);
        let Some((anchor, end)) = held else {
            return Reached::ConnectionEnded;
        };
        if end >= at {
            return Reached::Yes;
        }
        let wall = anchor.wall_at(at);
        let later = progress.wait_for(|p| {
            let resumed = p.epoch > Some(epoch) && p.settled >= p.anchor.map(|a| a.stream_at(wall));
            resumed || p.stage == Stage::Closed
        });
        match tokio::time::timeout(at.since(end) + LATENESS, later).await {
            Ok(Ok(p)) if p.stage != Stage::Closed => Reached::Yes,
            _ => Reached::ConnectionEnded,
        }
    }

    fn lock(&self) -> MutexGuard<'_, PacketRing> {
        // Arithmetic alone happens under the lock; a poisoned ring is still whole.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn is_over(&self, epoch: Epoch) -> bool {
        self.epoch > Some(epoch) || self.stage != Stage::Connected
    }

    fn has_settled(&self, epoch: Epoch, at: StreamTime) -> bool {
        self.epoch == Some(epoch) && self.settled >= Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::ring_fixture::{ANCHOR, info, unit};

    fn ring() -> SharedRing {
        SharedRing::new(RingLimits {
            span: Duration::from_secs(60),
            bytes: 1 << 20,
        })
    }

    fn secs(seconds: f64) -> StreamTime {
        StreamTime::from_secs_f64(seconds)
    }

    fn anchored(wall_s: i64) -> ClockAnchor {
        ClockAnchor {
            stream: StreamTime::ZERO,
            wall: jiff::Timestamp::from_second(wall_s).unwrap(),
        }
    }

    async fn is_waiting(wait: &tokio::task::JoinHandle<Reached>) -> bool {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        !wait.is_finished()
    }

    fn wait_for(ring: &SharedRing, at: f64) -> tokio::task::JoinHandle<Reached> {
        let ring = ring.clone();
        tokio::spawn(async move { ring.reached(Epoch(1), secs(at)).await })
    }

    #[tokio::test]
    async fn a_moment_is_there_when_nothing_before_it_can_still_come() {
        let ring = ring();
        ring.begin(Epoch(1), info(), ANCHOR);
        let wait = wait_for(&ring, 2.5);
        // Decode order of a camera with B-frames: 3 s is there before 1 s and 2 s are.
        for second in [0.0, 3.0, 1.0, 2.0] {
            assert!(is_waiting(&wait).await, "{second}");
            ring.push(unit(second, second == 0.0, 10));
        }
        assert!(is_waiting(&wait).await);
        ring.push(unit(6.0, false, 10));
        assert_eq!(wait.await.unwrap(), Reached::Yes);
    }

    #[tokio::test]
    async fn the_end_of_a_connection_ends_the_wait_when_its_time_has_passed() {
        let ring = ring();
        ring.begin(Epoch(1), info(), ANCHOR);
        ring.push(unit(1.0, true, 10));
        ring.end();
        assert_eq!(ring.reached(Epoch(1), secs(1.0)).await, Reached::Yes);
        let begun = tokio::time::Instant::now();
        assert_eq!(
            ring.reached(Epoch(1), secs(1.3)).await,
            Reached::ConnectionEnded
        );
        assert!(begun.elapsed() >= LATENESS + Duration::from_millis(300));
    }

    #[tokio::test]
    async fn a_camera_that_comes_back_in_time_is_waited_for() {
        let ring = ring();
        ring.begin(Epoch(1), info(), anchored(1000));
        ring.push(unit(1.0, true, 10));
        ring.end();
        let wait = wait_for(&ring, 9.0);
        assert!(is_waiting(&wait).await);
        ring.begin(Epoch(2), info(), anchored(1004));
        for second in [0.0, 4.0, 5.0] {
            ring.push(unit(second, true, 10));
            assert!(is_waiting(&wait).await, "{second}");
        }
        ring.push(unit(6.0, true, 10));
        assert_eq!(wait.await.unwrap(), Reached::Yes);
        let parts = ring.passages(Epoch(1), secs(0.0), secs(9.0)).unwrap();
        let parts: Vec<_> = parts.iter().map(|p| (p.epoch.0, p.units.len())).collect();
        assert_eq!(parts, [(1, 1), (2, 3)]);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_camera_that_was_stopped() {
        let ring = ring();
        ring.begin(Epoch(1), info(), ANCHOR);
        ring.push(unit(1.0, true, 10));
        ring.end();
        let wait = wait_for(&ring, 9.0);
        assert!(is_waiting(&wait).await);
        let begun = tokio::time::Instant::now();
        ring.close();
        assert_eq!(wait.await.unwrap(), Reached::ConnectionEnded);
        assert!(begun.elapsed() < LATENESS);
    }
}
