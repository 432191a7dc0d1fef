//! The wall clock of events over a clock that is set: what began before keeps its time line, what
//! begins afterwards gets the new one. So no event ends before it began. Pure.

use std::collections::HashMap;

use contract::v1::{EventId, Phase};
use jiff::SignedDuration;

use crate::time::ClockAnchor;

/// The time lines of one camera's events.
#[derive(Debug, Default)]
pub struct EventTimes {
    /// The connection's anchor, and by how much the agent's clock had been set in all when it was
    /// first seen.
    connection: Option<(ClockAnchor, SignedDuration)>,
    open: HashMap<EventId, ClockAnchor>,
}

impl EventTimes {
    /// The connection's clock now. `anchor` was made when the connection began; `set_by` is by how
    /// much the agent's clock was set in all since the agent started.
    pub fn now(&mut self, anchor: ClockAnchor, set_by: SignedDuration) -> ClockAnchor {
        let (_, set_before) = match self.connection {
            Some(known) if known.0 == anchor => known,
            _ => *self.connection.insert((anchor, set_by)),
        };
        let since = set_by.saturating_sub(set_before);
        ClockAnchor {
            wall: anchor.wall.checked_add(since).unwrap_or(anchor.wall),
            ..anchor
        }
    }

    /// The clock by which a change of an event is told.
    pub fn of(&mut self, event: EventId, phase: Phase, now: ClockAnchor) -> ClockAnchor {
        match phase {
            Phase::Raised => {
                self.open.insert(event, now);
                now
            }
            Phase::Updated => self.open.get(&event).copied().unwrap_or(now),
            Phase::Cleared => self.open.remove(&event).unwrap_or(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::time::StreamTime;

    fn anchor() -> ClockAnchor {
        ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    proptest! {
        /// However the clock is set meanwhile: an event's times follow the stream, and a new event
        /// is told by the clock as it is.
        #[test]
        fn no_event_ends_before_it_began(steps in prop::collection::vec(-3_600_i64..3_600, 0..20)) {
            let mut times = EventTimes::default();
            let mut set_by = SignedDuration::ZERO;
            times.now(anchor(), set_by);
            let event = EventId::new();
            let began = times.of(event, Phase::Raised, anchor()).wall_at(StreamTime::ZERO);
            let mut last = began;
            for (second, step) in (1_u32..).zip(&steps) {
                set_by += SignedDuration::from_secs(*step);
                let at = StreamTime::from_secs_f64(f64::from(second));
                let now = times.now(anchor(), set_by);
                prop_assert_eq!(now.wall_at(at), anchor().wall_at(at) + set_by);
                let told = times.of(event, Phase::Updated, now).wall_at(at);
                prop_assert!(told > last);
                last = told;
                let new = EventId::new();
                prop_assert_eq!(times.of(new, Phase::Raised, now).wall_at(at), now.wall_at(at));
            }
            let at = StreamTime::from_secs_f64(100.0);
            let now = times.now(anchor(), set_by);
            prop_assert!(times.of(event, Phase::Cleared, now).wall_at(at) > last);
        }
    }

    #[test]
    fn a_new_connection_begins_at_the_clock_as_it_is() {
        let mut times = EventTimes::default();
        let hour = SignedDuration::from_hours(1);
        times.now(anchor(), SignedDuration::ZERO);
        let set = times.now(anchor(), hour);
        assert_eq!(set.wall, anchor().wall + hour);
        let next = ClockAnchor {
            wall: set.wall,
            ..anchor()
        };
        assert_eq!(times.now(next, hour), next);
    }
}
