//! Which reports are on their way, and when each is due again. Pure: times are passed in.
//!
//! MQTT's own acknowledgement says only that the broker took a message. Until the server's ack
//! comes, a report stays in the window and is sent again, later and later. A few reports that the
//! server never answers must not stop the rest, so one that was sent often leaves its place to
//! another and is sent on at the longest interval.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::backoff::Backoff;

/// Reports that may wait for their first answers at once. Mosquitto takes 20 unacknowledged
/// messages of a client by default.
const PLACES: usize = 16;
/// Reports held at most, those that have given up their place included.
const MOST_HELD: usize = 4 * PLACES;
/// Sent this often without an answer, a report gives up its place.
const PATIENCE: u32 = 6;
/// How soon and how rarely an unanswered report is sent again.
const RESEND: Backoff = Backoff {
    first: Duration::from_secs(2),
    most: Duration::from_secs(60),
};

/// The reports on their way, by their place in the order of creation.
#[derive(Debug, Default)]
pub(super) struct Window {
    held: BTreeMap<i64, Sent>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    times: u32,
    due: Instant,
}

/// Whether a report leaves for the first time on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    First,
    Again,
}

impl Attempt {
    /// The label of the metric.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Again => "again",
        }
    }
}

impl Window {
    /// How many more reports may be taken from the disk now.
    pub(super) fn room(&self) -> usize {
        let patient = self
            .held
            .values()
            .filter(|sent| sent.times < PATIENCE)
            .count();
        PLACES
            .saturating_sub(patient)
            .min(MOST_HELD.saturating_sub(self.held.len()))
    }

    /// The last report taken; the next ones come after it.
    pub(super) fn last(&self) -> Option<i64> {
        self.held.keys().next_back().copied()
    }

    /// Takes note that a report was sent, and says when it is due again.
    pub(super) fn sent(&mut self, seq: i64, now: Instant, jitter: f64) -> Attempt {
        let sent = self.held.entry(seq).or_insert(Sent { times: 0, due: now });
        sent.times += 1;
        sent.due = now + RESEND.delay(sent.times, jitter);
        if sent.times == 1 {
            Attempt::First
        } else {
            Attempt::Again
        }
    }

    /// The server answered, or the report is gone.
    pub(super) fn answered(&mut self, seq: i64) {
        self.held.remove(&seq);
    }

    /// Reports that are due again, in order of creation.
    pub(super) fn due(&self, now: Instant) -> Vec<i64> {
        self.held
            .iter()
            .filter(|(_, sent)| sent.due <= now)
            .map(|(seq, _)| *seq)
            .collect()
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.held.values().map(|sent| sent.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unanswered_report_is_due_later_and_later() {
        let (mut window, mut now) = (Window::default(), Instant::now());
        assert_eq!(window.sent(1, now, 0.5), Attempt::First);
        for wait in [2, 4, 8, 16, 32, 60, 60] {
            let due = now + Duration::from_secs(wait);
            assert!(window.due(due - Duration::from_millis(1)).is_empty());
            assert_eq!(window.due(due), [1]);
            assert_eq!(window.next_due(), Some(due));
            now = due;
            assert_eq!(window.sent(1, now, 0.5), Attempt::Again);
        }
        window.answered(1);
        assert_eq!((window.next_due(), window.room()), (None, PLACES));
    }

    #[test]
    fn reports_that_nobody_answers_do_not_stop_the_rest() {
        let (mut window, now) = (Window::default(), Instant::now());
        for seq in 0..16 {
            window.sent(seq, now, 0.5);
        }
        assert_eq!(window.room(), 0);
        for _ in 1..PATIENCE {
            (0..16).for_each(|seq| {
                window.sent(seq, now, 0.5);
            });
        }
        assert_eq!(window.room(), PLACES);
        for seq in 16..64 {
            for _ in 0..PATIENCE {
                window.sent(seq, now, 0.5);
            }
        }
        assert_eq!(window.room(), 0, "what is held is bounded");
    }
}
