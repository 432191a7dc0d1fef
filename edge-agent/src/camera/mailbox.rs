//! A mailbox of one picture: the newest wins, what it replaces is counted.
//!
//! The decoder puts, one analyser takes. When the analyser is busy the picture that waits is
//! replaced, so analysis is always about now; the end of a connection is never lost.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::counters::Counters;
use super::frame::Frame;
use super::ring::Epoch;
use crate::time::{ClockAnchor, StreamTime};

/// A picture that was due, with what its time means.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The connection it belongs to; stream times compare only within one.
    pub epoch: Epoch,
    /// The connection's wall clock.
    pub anchor: ClockAnchor,
    /// The picture.
    pub frame: Frame,
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
            self.shared.counters.dropped();
        }
        slots.waiting.push_back(Delivery::Picture(picture));
        drop(slots);
        self.shared.filled.notify_one();
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
                self.shared.counters.dropped();
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
    /// came after it; then `taken` is dropped and counted.
    #[must_use]
    pub fn freshest(&self, taken: Picture) -> Picture {
        let mut slots = self.slots();
        // What lies in front came right after what was taken: no end lies between them.
        match slots.waiting.pop_front() {
            Some(Delivery::Picture(newer)) if newer.epoch == taken.epoch => {
                self.shared.counters.dropped();
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
        mailbox.end(Epoch(1), StreamTime::from_secs_f64(3.0), ANCHOR);
        mailbox.put(picture(2, 0.5));
        assert_eq!(
            at(mailbox.freshest(picture(1, 2.0))),
            2.0,
            "an end lies between"
        );
        assert_eq!(drained(&mailbox).await, ["end 1", "2@0.5"]);
        assert_eq!(counters.snapshot().dropped, 1);
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
