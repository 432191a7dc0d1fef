//! Which reports are on their way, and when each is due again. Pure: times are passed in.
//!
//! MQTT's own acknowledgement says only that the broker took a message. Until the server's ack
//! comes, a report stays in the window and is sent again, later and later. A few reports that the
//! server never answers must not stop the rest, so one that was sent often leaves its place to
//! another and is sent on at the longest interval.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::record::Urgency;

/// Reports that may wait for their first answers at once. Mosquitto takes 20 unacknowledged
/// messages of a client by default.
const PLACES: usize = 16;
/// Places that only urgent reports may take, so that they need not wait for others' answers.
const KEPT_FOR_URGENT: usize = 4;
/// Reports held at most, those that have given up their place included.
const MOST_HELD: usize = 4 * PLACES;
/// Sent this often without an answer, a report gives up its place.
const PATIENCE: u32 = 6;
/// How soon and how rarely an unanswered report is sent again.
const RESEND: Backoff = Backoff {
    first: Duration::from_secs(2),
    most: Duration::from_secs(60),
};

/// A server that answers after so long a silence was away: what waits is sent to it at once.
const SILENCE: Duration = Duration::from_secs(5);
/// While the server is silent, its oldest report asks for it: sent again at the latest after this
/// long. So a server that returns is noticed within seconds, and a weak link carries one report
/// meanwhile, not all.
const PROBE: Duration = Duration::from_secs(8);

/// The reports on their way, by their place in the order of creation.
#[derive(Debug, Default)]
pub(super) struct Window {
    held: BTreeMap<i64, Sent>,
    heard: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    times: u32,
    at: Instant,
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
    /// How many more reports of this urgency may be taken from the disk now.
    pub(super) fn room(&self, urgency: Urgency) -> usize {
        let patient = self
            .held
            .values()
            .filter(|sent| sent.times < PATIENCE)
            .count();
        let places = match urgency {
            Urgency::Urgent => PLACES,
            Urgency::Normal => PLACES - KEPT_FOR_URGENT,
        };
        places
            .saturating_sub(patient)
            .min(MOST_HELD.saturating_sub(self.held.len()))
    }

    /// The reports that are held, in order of creation.
    pub(super) fn held(&self) -> Vec<i64> {
        self.held.keys().copied().collect()
    }

    /// Takes note that a report was sent, and says when it is due again.
    pub(super) fn sent(&mut self, seq: i64, now: Instant, jitter: f64) -> Attempt {
        let sent = self.held.entry(seq).or_insert(Sent {
            times: 0,
            at: now,
            due: now,
        });
        (sent.times, sent.at) = (sent.times + 1, now);
        sent.due = now + RESEND.delay(sent.times, jitter);
        if sent.times == 1 {
            Attempt::First
        } else {
            Attempt::Again
        }
    }

    /// The server's voice was heard. Where it had been silent, whatever waits for a later try is due
    /// now: the server is back.
    pub(super) fn heard_server(&mut self, now: Instant) {
        let silent = self
            .heard
            .is_none_or(|heard| now.saturating_duration_since(heard) >= SILENCE);
        self.heard = Some(now);
        if silent {
            for sent in self.held.values_mut().filter(|sent| sent.times > 1) {
                sent.due = sent.due.min(now);
            }
        }
    }

    /// The server answered, or the report is gone.
    pub(super) fn answered(&mut self, seq: i64) {
        self.held.remove(&seq);
    }

    /// Reports that are due again, in order of creation.
    pub(super) fn due(&self, now: Instant) -> Vec<i64> {
        self.moments()
            .filter(|(_, due)| *due <= now)
            .map(|(seq, _)| seq)
            .collect()
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.moments().map(|(_, due)| due).min()
    }

    /// When each report is due. The oldest probes, unless the server spoke since it was sent: then it
    /// is this report that the server does not answer, and not the server that is away.
    fn moments(&self) -> impl Iterator<Item = (i64, Instant)> {
        self.held.iter().enumerate().map(|(place, (seq, sent))| {
            let probes = place == 0 && self.heard.is_none_or(|heard| heard < sent.at);
            let due = if probes {
                sent.due.min(sent.at + PROBE)
            } else {
                sent.due
            };
            (*seq, due)
        })
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
            // The server answers others all the time, not this one.
            (0..wait).for_each(|second| window.heard_server(now + Duration::from_secs(second)));
            let due = now + Duration::from_secs(wait);
            assert!(window.due(due - Duration::from_millis(1)).is_empty());
            assert_eq!(window.due(due), [1]);
            assert_eq!(window.next_due(), Some(due));
            now = due;
            assert_eq!(window.sent(1, now, 0.5), Attempt::Again);
        }
        window.answered(1);
        assert_eq!(window.next_due(), None);
        assert_eq!(window.room(Urgency::Urgent), PLACES);
    }

    #[test]
    fn the_oldest_report_asks_for_a_silent_server() {
        let (mut window, mut now) = (Window::default(), Instant::now());
        for wait in [2, 4, 8, 8, 8, 8] {
            window.sent(1, now, 0.5);
            window.sent(2, now, 0.5);
            now += Duration::from_secs(wait);
            assert_eq!(window.next_due(), Some(now));
        }
        assert_eq!(window.due(now), [1], "the others wait");
        window.heard_server(now);
        assert_eq!(window.due(now), [1, 2], "and follow when it is back");
    }

    #[test]
    fn reports_that_nobody_answers_do_not_stop_the_rest() {
        let (mut window, now) = (Window::default(), Instant::now());
        for seq in 0..16 {
            window.sent(seq, now, 0.5);
        }
        assert_eq!(window.room(Urgency::Urgent), 0);
        for _ in 1..PATIENCE {
            (0..16).for_each(|seq| {
                window.sent(seq, now, 0.5);
            });
        }
        assert_eq!(window.room(Urgency::Urgent), PLACES);
        for seq in 16..64 {
            for _ in 0..PATIENCE {
                window.sent(seq, now, 0.5);
            }
        }
        assert_eq!(window.room(Urgency::Urgent), 0, "what is held is bounded");
    }

    #[test]
    fn some_places_are_for_the_urgent_alone() {
        let (mut window, now) = (Window::default(), Instant::now());
        for seq in 0..12 {
            window.sent(seq, now, 0.5);
        }
        assert_eq!(window.room(Urgency::Normal), 0);
        assert_eq!(window.room(Urgency::Urgent), KEPT_FOR_URGENT);
        assert_eq!(window.held(), (0..12).collect::<Vec<i64>>());
    }

    #[test]
    fn a_server_that_returns_gets_at_once_what_waited_for_it() {
        let (mut window, start) = (Window::default(), Instant::now());
        for seq in [1, 2] {
            for _ in 0..5 {
                window.sent(seq, start, 0.5);
            }
        }
        window.sent(3, start, 0.5);
        let later = start + Duration::from_secs(1);
        assert!(window.due(later).is_empty());
        window.heard_server(later);
        assert_eq!(window.due(later), [1, 2], "the third was sent just now");
        for seq in [1, 2] {
            window.sent(seq, later, 0.5);
        }
        let soon = later + Duration::from_secs(1);
        window.heard_server(soon);
        assert!(
            !window.due(soon).contains(&1),
            "a server that talks all the time is not pestered"
        );
    }
}
