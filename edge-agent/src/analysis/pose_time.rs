//! The time that a camera spent in one pose. Pure.
//!
//! What happens in a pose while the camera looks elsewhere nobody knows: it is neither there nor gone. So rules
//! and tracks of a pose count the time in which it was seen, and a visit begins where the last one ended.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::StreamTime;

/// Visits remembered. A change that began before the oldest is told as if it began with that.
const MOST_VISITS: usize = 1024;

/// One pose's time line beside the stream's.
#[derive(Debug, Clone, Default)]
pub(super) struct PoseTime {
    visits: VecDeque<Visit>,
    newest: Option<StreamTime>,
}

/// From a moment of the pose's time on, the stream is that many nanoseconds ahead of it.
#[derive(Debug, Clone, Copy)]
struct Visit {
    from: StreamTime,
    ahead: i64,
}

/// Whether a picture follows another of the same visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The camera looked elsewhere before.
    Anew,
    /// It looked here all the while.
    StillHere,
}

impl PoseTime {
    /// The pose's time at a moment of the stream. A visit begins `gap` after the last picture of the one
    /// before, or sooner where the camera was away for less.
    pub(super) fn enter(&mut self, at: StreamTime, gap: Duration, arrival: Arrival) -> StreamTime {
        let ahead = self.visits.back().map_or(0, |visit| visit.ahead);
        let as_before = StreamTime::from_nanos(at.as_nanos().saturating_sub(ahead));
        let here = match (arrival, self.newest) {
            (Arrival::Anew, Some(newest)) => {
                let here = (newest + gap).min(as_before);
                self.begin(here, at);
                here
            }
            (Arrival::Anew, None) => {
                self.begin(at, at);
                at
            }
            (Arrival::StillHere, _) => as_before,
        };
        self.newest = Some(here);
        here
    }

    /// The pose's time now, without a picture.
    pub(super) fn newest(&self) -> Option<StreamTime> {
        self.newest
    }

    fn begin(&mut self, from: StreamTime, at: StreamTime) {
        if self.visits.len() == MOST_VISITS {
            self.visits.pop_front();
        }
        self.visits.push_back(Visit {
            from,
            ahead: at.as_nanos().saturating_sub(from.as_nanos()),
        });
    }

    /// The stream's time at a moment of the pose's.
    pub(super) fn outside(&self, here: StreamTime) -> StreamTime {
        let after = self.visits.partition_point(|visit| visit.from <= here);
        let visit = self.visits.get(after.saturating_sub(1));
        StreamTime::from_nanos(
            here.as_nanos()
                .saturating_add(visit.map_or(0, |visit| visit.ahead)),
        )
    }

    /// The pose's time at a moment of the stream that led to what is seen now: what began before the camera came
    /// here began, as far as anybody saw, when it came.
    pub(super) fn since(&self, at: StreamTime) -> StreamTime {
        let Some(visit) = self.visits.back() else {
            return at;
        };
        let here = at.as_nanos().saturating_sub(visit.ahead);
        StreamTime::from_nanos(here).max(visit.from)
    }

    /// The pose's time at a moment of the stream that lies in one of its visits.
    pub(super) fn inside(&self, at: StreamTime) -> StreamTime {
        let begun = |visit: &Visit| visit.from.as_nanos().saturating_add(visit.ahead);
        let after = self
            .visits
            .partition_point(|visit| begun(visit) <= at.as_nanos());
        let visit = self.visits.get(after.saturating_sub(1));
        StreamTime::from_nanos(
            at.as_nanos()
                .saturating_sub(visit.map_or(0, |visit| visit.ahead)),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: f64) -> StreamTime {
        StreamTime::from_secs_f64(second)
    }

    const GAP: Duration = Duration::from_secs(1);

    #[test]
    fn time_away_does_not_count() {
        let mut time = PoseTime::default();
        for (second, arrival, expected) in [
            (10.0, Arrival::Anew, 10.0),
            (15.0, Arrival::StillHere, 15.0),
            (100.0, Arrival::Anew, 16.0),
            (103.0, Arrival::StillHere, 19.0),
            (103.5, Arrival::Anew, 19.5),
        ] {
            assert_eq!(time.enter(at(second), GAP, arrival), at(expected));
        }
        assert_eq!(time.outside(at(12.0)), at(12.0));
        assert_eq!(time.outside(at(17.0)), at(101.0));
        assert_eq!(time.inside(at(101.0)), at(17.0));
    }

    #[test]
    fn what_began_before_the_camera_came_began_when_it_came() {
        let mut time = PoseTime::default();
        assert_eq!(time.since(at(7.0)), at(7.0), "it was never here");
        for (second, arrival) in [
            (10.0, Arrival::Anew),
            (15.0, Arrival::StillHere),
            (100.0, Arrival::Anew),
            (103.0, Arrival::StillHere),
        ] {
            time.enter(at(second), GAP, arrival);
        }
        for (stream, here) in [(102.0, 18.0), (100.0, 16.0), (60.0, 16.0), (12.0, 16.0)] {
            assert_eq!(time.since(at(stream)), at(here), "{stream}");
        }
    }

    proptest! {
        /// The pose's time never goes back, and leads back to the pictures it came from.
        #[test]
        fn both_ways(steps in prop::collection::vec((1_u32..5_000, any::<bool>()), 1..60)) {
            let mut time = PoseTime::default();
            let (mut now, mut before) = (StreamTime::ZERO, None);
            let mut seen = Vec::new();
            for (index, (step, anew)) in steps.iter().enumerate() {
                now = now + Duration::from_millis(u64::from(*step));
                let arrival = if *anew || index == 0 { Arrival::Anew } else { Arrival::StillHere };
                let here = time.enter(now, GAP, arrival);
                prop_assert!(before.is_none_or(|before| before < here));
                before = Some(here);
                seen.push((now, here));
            }
            for (outside, here) in seen {
                prop_assert_eq!(time.outside(here), outside);
                prop_assert_eq!(time.inside(outside), here);
            }
        }
    }
}
