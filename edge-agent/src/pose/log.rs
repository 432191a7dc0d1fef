//! What was heard of a camera's pose, and what follows for a moment. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::PoseState;

/// What was heard lately: a picture is never judged later than that many changes.
const MOST_SPANS: usize = 64;

/// Looks at one camera, one after the other.
#[derive(Debug)]
pub(super) struct PoseLog {
    settle: SignedDuration,
    max_age: SignedDuration,
    spans: VecDeque<Span>,
}

/// Looks that said the same.
#[derive(Debug, Clone, Copy)]
struct Span {
    state: PoseState,
    first: Timestamp,
    last: Timestamp,
}

impl PoseLog {
    /// A camera is believed to stand after it stood for `settle`; nothing is believed longer than `max_age`.
    pub(super) fn new(settle: Duration, max_age: Duration) -> Self {
        let signed = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        Self {
            settle: signed(settle),
            max_age: signed(max_age),
            spans: VecDeque::new(),
        }
    }

    /// Takes one look. One that comes out of order says nothing new.
    pub(super) fn tell(&mut self, at: Timestamp, state: PoseState) {
        if let Some(last) = self.spans.back_mut() {
            if at < last.last {
                return;
            }
            let fresh = at.duration_since(last.last) <= self.max_age;
            if last.state == state && fresh {
                last.last = at;
                return;
            }
        }
        if self.spans.len() == MOST_SPANS {
            self.spans.pop_front();
        }
        self.spans.push_back(Span {
            state,
            first: at,
            last: at,
        });
    }

    /// Where it stood at a moment.
    pub(super) fn at(&self, wall: Timestamp) -> PoseState {
        let after = self.spans.partition_point(|span| span.first <= wall);
        let Some(index) = after.checked_sub(1) else {
            return PoseState::Unknown;
        };
        let Some(span) = self.spans.get(index) else {
            return PoseState::Unknown;
        };
        if wall > span.last {
            let old = wall.duration_since(span.last) > self.max_age;
            match self.spans.get(after) {
                _ if old => return PoseState::Unknown,
                // It was seen before and after, and not in one state.
                Some(next) if next.state != span.state => {
                    return between(span.state, next.state);
                }
                _ => {}
            }
        }
        let came = index > 0;
        match span.state {
            PoseState::At(_) if came && wall.duration_since(span.first) < self.settle => {
                PoseState::Turning
            }
            state => state,
        }
    }
}

const fn between(before: PoseState, after: PoseState) -> PoseState {
    match (before, after) {
        (PoseState::Unknown, _) | (_, PoseState::Unknown) => PoseState::Unknown,
        _ => PoseState::Turning,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::PoseId;

    const NORTH: PoseState = PoseState::At(PoseId(0));
    const EAST: PoseState = PoseState::At(PoseId(1));

    fn at(second: f64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis((second * 1e3) as i64)
    }

    fn log(told: &[(f64, PoseState)]) -> PoseLog {
        let mut log = PoseLog::new(Duration::from_secs(2), Duration::from_secs(10));
        for (second, state) in told {
            log.tell(at(*second), *state);
        }
        log
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let turned = log(&[
            (1.0, NORTH),
            (2.0, NORTH),
            (3.0, PoseState::Turning),
            (4.0, PoseState::Turning),
            (5.0, EAST),
            (20.0, EAST),
        ]);
        for (second, expected, why) in [
            (0.5, PoseState::Unknown, "before anybody looked"),
            (1.0, NORTH, "it stood when it was first seen"),
            (2.0, NORTH, "seen"),
            (2.5, PoseState::Turning, "between two looks that differ"),
            (4.5, PoseState::Turning, "seen turning, then standing"),
            (5.5, PoseState::Turning, "it shakes for a while"),
            (14.0, EAST, "settled"),
            (15.5, PoseState::Unknown, "nobody looked for too long"),
            (
                20.5,
                PoseState::Turning,
                "a pose that is heard of anew settles anew",
            ),
            (22.5, EAST, "settled again"),
            (31.0, PoseState::Unknown, "heard too long ago"),
        ] {
            assert_eq!(turned.at(at(second)), expected, "{why} ({second} s)");
        }
    }

    #[test]
    fn a_look_that_failed_leaves_no_pose_behind() {
        let failed = log(&[(1.0, NORTH), (2.0, PoseState::Unknown), (3.0, NORTH)]);
        assert_eq!(failed.at(at(1.5)), PoseState::Unknown);
        assert_eq!(failed.at(at(2.5)), PoseState::Unknown);
        assert_eq!(failed.at(at(5.5)), NORTH);
    }

    proptest! {
        /// A pose is told only of moments that lie near a look which said so, and never of a moment between
        /// two looks that differ.
        #[test]
        fn a_pose_is_only_told_where_it_was_seen(told in prop::collection::vec((0.0_f64..60.0, 0_u8..4), 0..40), second in 0.0_f64..80.0) {
            let mut told = told;
            told.sort_by(|a, b| a.0.total_cmp(&b.0));
            let state = |word| match word { 0 => NORTH, 1 => EAST, 2 => PoseState::Turning, _ => PoseState::Unknown };
            let told: Vec<(f64, PoseState)> = told.into_iter().map(|(at, word)| (at, state(word))).collect();
            let said = log(&told).at(at(second));
            if let PoseState::At(_) = said {
                let before = told.iter().rev().find(|(when, _)| at(*when) <= at(second));
                prop_assert!(before.is_some_and(|(when, state)| *state == said && second - when <= 10.001));
                let after = told.iter().find(|(when, _)| at(*when) > at(second));
                let soon = after.filter(|(when, _)| before.is_some_and(|(before, _)| when - before <= 10.0));
                prop_assert!(soon.is_none_or(|(_, state)| *state == said));
            }
        }
    }
}
