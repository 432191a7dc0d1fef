//! A mailbox of one picture: the newest wins, what it replaces is counted.
//!
//! The decoder puts, one analyser takes. When the analyser is busy the picture that waits is
//! replaced, so analysis is always about now; the end of a connection is never lost. Only what a
//! quiet camera's gate fetches from the past is put in turn: there the decoder waits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::counters::{Counters, Dropped};
use super::frame::Frame;
use super::gated::Regard;
use super::ring::Epoch;
use crate::time::{ClockAnchor, StreamTime};

/// How often who waits for its turn looks whether it is to stop.
const LOOK_FOR_STOP: Duration = Duration::from_millis(50);

/// A picture that was due, with what its time means.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The connection it belongs to; stream times compare only within one.
    pub epoch: Epoch,
    /// The connection's wall clock.
    pub anchor: ClockAnchor,
    /// The picture.
    pub frame: Frame,
    /// How to regard it.
    pub regard: Regard,
}

impl Picture {
    fn may_replace(&self, older: &Self) -> bool {
        let is_usual = |picture: &Self| picture.regard == Regard::InTurn;
        self.epoch == older.epoch && is_usual(self) && is_usual(older)
    }
}

/// What the mailbox hands over.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// A picture to analyse.
    Picture(Picture),
    /// A connection ended: nobody looks any more, so open events of this epoch end at `at`.
    Ended {
        /// The connection that ended.
        epoch: Epoch,
        /// Its last moment.
        at: StreamTime,
        /// Its wall clock.
        anchor: ClockAnchor,
    },
}

/// The mailbox. One camera puts, one consumer takes; clones share it.
#[derive(Debug, Clone)]
pub struct FrameMailbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    slots: Mutex<Slots>,
    filled: Notify,
    /// A picture was taken out.
    taken: Condvar,
    counters: Arc<Counters>,
}

/// Never longer than three: a picture, the end of its connection, a picture of the next one.
#[derive(Debug, Default)]
struct Slots {
    waiting: VecDeque<Delivery>,
    closed: bool,
}

impl FrameMailbox {
    /// An empty mailbox that counts its drops in `counters`.
    #[must_use]
    pub fn new(counters: Arc<Counters>) -> Self {
        let shared = Shared {
            slots: Mutex::default(),
            filled: Notify::new(),
            taken: Condvar::new(),
            counters,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Puts a picture. One of the same connection that still waits is dropped and counted.
    pub fn put(&self, picture: Picture) {
        let mut slots = self.slots();
        if matches!(slots.waiting.back(), Some(Delivery::Picture(_))) {
            slots.waiting.pop_back();
            self.shared.counters.dropped(Dropped::Newer);
        }
        slots.waiting.push_back(Delivery::Picture(picture));
        drop(slots);
        self.shared.filled.notify_one();
    }

    /// Puts a picture once the one that waits was taken. After `patience` it replaces it all the
    /// same, and is given up where `stop` is set. Blocks.
    pub(crate) fn put_in_turn(&self, picture: Picture, patience: Duration, stop: &AtomicBool) {
        let until = Instant::now() + patience;
        let mut slots = self.slots();
        while matches!(slots.waiting.back(), Some(Delivery::Picture(_))) && Instant::now() < until {
            if stop.load(Ordering::Relaxed) {
                self.shared.counters.dropped(Dropped::Stopping);
                return;
            }
            let waited = self.shared.taken.wait_timeout(slots, LOOK_FOR_STOP);
            slots = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(slots);
        self.put(picture);
    }

    /// Says that a connection ended. Never dropped; where an earlier end still waits, the analyser
    /// never saw this connection, and its picture goes with it.
    pub fn end(&self, epoch: Epoch, at: StreamTime, anchor: ClockAnchor) {
        let mut slots = self.slots();
        let earlier = slots
            .waiting
            .iter()
            .position(|d| matches!(d, Delivery::Ended { .. }));
        if let Some(earlier) = earlier {
            for _ in slots.waiting.drain(earlier + 1..) {
                self.shared.counters.dropped(Dropped::Ended);
            }
        } else {
            slots
                .waiting
                .push_back(Delivery::Ended { epoch, at, anchor });
        }
        drop(slots);
        self.shared.filled.notify_one();
    }

    /// No more will come; what waits is still handed over.
    pub fn close(&self) {
        self.slots().closed = true;
        self.shared.filled.notify_one();
    }

    /// The newest picture of the same connection: `taken`, which was handed over before, or one that
    /// came after it; then `taken` is dropped and counted. What was fetched from the past, and a
    /// glance, stay.
    #[must_use]
    pub fn freshest(&self, taken: Picture) -> Picture {
        let mut slots = self.slots();
        // What lies in front came right after what was taken: no end lies between them.
        match slots.waiting.pop_front() {
            Some(Delivery::Picture(newer)) if newer.may_replace(&taken) => {
                self.shared.counters.dropped(Dropped::Turn);
                self.shared.taken.notify_one();
                newer
            }
            Some(other) => {
                slots.waiting.push_front(other);
                taken
            }
            None => taken,
        }
    }

    /// Waits for the next delivery; `None` once closed and empty. Cancel safe.
    pub async fn next(&self) -> Option<Delivery> {
        loop {
            let filled = self.shared.filled.notified();
            {
                let mut slots = self.slots();
                if let Some(delivery) = slots.waiting.pop_front() {
                    self.shared.taken.notify_one();
                    return Some(delivery);
                }
                if slots.closed {
                    return None;
                }
            }
            filled.await;
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Every critical section leaves the slots whole, so a poisoned lock is still good.
        self.shared
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::camera::frame::{ColorMatrix, ColorRange, PixelFormat};
    use crate::geometry::PictureSize;

    const ANCHOR: ClockAnchor = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
    };

    fn picture(epoch: u64, at: f64) -> Picture {
        let frame = Frame {
            pts: StreamTime::from_secs_f64(at),
            wall: Timestamp::UNIX_EPOCH,
            size: PictureSize {
                width: 2,
                height: 2,
            },
            format: PixelFormat::I420,
            range: ColorRange::Limited,
            matrix: ColorMatrix::Bt601,
            planes: Vec::new(),
        };
        Picture {
            epoch: Epoch(epoch),
            anchor: ANCHOR,
            frame,
            regard: Regard::InTurn,
        }
    }

    async fn drained(mailbox: &FrameMailbox) -> Vec<String> {
        mailbox.close();
        let mut seen = Vec::new();
        while let Some(delivery) = mailbox.next().await {
            seen.push(match delivery {
                Delivery::Picture(p) => format!("{}@{}", p.epoch.0, p.frame.pts.as_secs_f64()),
                Delivery::Ended { epoch, .. } => format!("end {}", epoch.0),
            });
        }
        seen
    }

    #[tokio::test]
    async fn the_newest_wins_and_the_rest_is_counted() {
        let counters = Arc::new(Counters::default());
        let mailbox = FrameMailbox::new(counters.clone());
        for at in [1.0, 2.0, 3.0] {
            mailbox.put(picture(1, at));
        }
        assert_eq!(drained(&mailbox).await, ["1@3"]);
        assert_eq!(counters.snapshot().dropped, 2);
    }

    #[tokio::test]
    async fn an_end_is_never_lost_and_the_mailbox_stays_small() {
        let counters = Arc::new(Counters::default());
        let mailbox = FrameMailbox::new(counters.clone());
        for epoch in 1..100 {
            mailbox.put(picture(epoch, 1.0));
            mailbox.end(Epoch(epoch), StreamTime::from_secs_f64(2.0), ANCHOR);
            assert!(mailbox.slots().waiting.len() <= 3);
        }
        mailbox.put(picture(100, 1.0));
        assert_eq!(drained(&mailbox).await, ["1@1", "end 1", "100@1"]);
        assert_eq!(counters.snapshot().dropped, 98);
    }

    #[tokio::test]
    async fn the_freshest_picture_is_of_the_same_connection() {
        let counters = Arc::new(Counters::default());
        let mailbox = FrameMailbox::new(counters.clone());
        let at = |picture: Picture| picture.frame.pts.as_secs_f64();
        assert_eq!(at(mailbox.freshest(picture(1, 1.0))), 1.0, "nothing newer");
        mailbox.put(picture(1, 2.0));
        assert_eq!(at(mailbox.freshest(picture(1, 1.0))), 2.0);
        assert_eq!(counters.snapshot().dropped, 1);
        let recalled = Picture {
            regard: Regard::Recalled,
            ..picture(1, 2.0)
        };
        mailbox.put(picture(1, 2.5));
        assert_eq!(at(mailbox.freshest(recalled)), 2.0, "fetched from the past");
        assert_eq!(at(mailbox.freshest(picture(1, 2.0))), 2.5);
        mailbox.end(Epoch(1), StreamTime::from_secs_f64(3.0), ANCHOR);
        mailbox.put(picture(2, 0.5));
        assert_eq!(
            at(mailbox.freshest(picture(1, 2.0))),
            2.0,
            "an end lies between"
        );
        assert_eq!(drained(&mailbox).await, ["end 1", "2@0.5"]);
        assert_eq!(counters.snapshot().dropped, 2);
    }

    #[tokio::test]
    async fn what_is_put_in_turn_waits_and_nothing_is_lost() {
        let counters = Arc::new(Counters::default());
        let mailbox = FrameMailbox::new(counters.clone());
        let decoder = std::thread::spawn({
            let mailbox = mailbox.clone();
            move || {
                let stop = AtomicBool::new(false);
                for at in 0..20 {
                    let patience = Duration::from_secs(60);
                    mailbox.put_in_turn(picture(1, f64::from(at)), patience, &stop);
                }
                stop.store(true, Ordering::Relaxed);
                mailbox.put(picture(2, 0.0));
                mailbox.put_in_turn(picture(2, 1.0), Duration::from_secs(60), &stop);
            }
        });
        for at in 0..19 {
            let Some(Delivery::Picture(next)) = mailbox.next().await else {
                panic!("closed");
            };
            assert_eq!(next.frame.pts, StreamTime::from_secs_f64(f64::from(at)));
        }
        decoder.join().unwrap();
        // The twentieth was replaced by who does not wait, and the last gave up.
        assert_eq!(drained(&mailbox).await, ["2@0"]);
        assert_eq!(counters.snapshot().dropped, 2);
    }

    #[tokio::test]
    async fn a_waiting_consumer_wakes() {
        let mailbox = FrameMailbox::new(Arc::new(Counters::default()));
        let consumer = tokio::spawn({
            let mailbox = mailbox.clone();
            async move { mailbox.next().await }
        });
        tokio::task::yield_now().await;
        mailbox.put(picture(1, 1.0));
        assert!(matches!(
            consumer.await.unwrap(),
            Some(Delivery::Picture(_))
        ));
    }
}
