//! A clock that is wrong for a while: reported like anything else that keeps a camera from being
//! believed. One for the camera's clock, and at one camera of the agent one for the agent's.

use std::time::Duration;

use contract::v1::{EventId, Kind, Phase, Severity};

use super::event::EventChange;
use crate::config::RuleMode;
use crate::time::StreamTime;

/// A clock that is set right within this time was not worth a report.
const CONFIRM: Duration = Duration::from_secs(10);

/// Which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoseClock {
    /// The camera's.
    Camera,
    /// The agent's: the times of all its cameras are in doubt.
    Agent,
}

/// What is known of it at one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockVerdict {
    /// It is off by more than its bound.
    Wrong,
    /// It is within its bound.
    Right,
    /// Nobody knows: what was known before stands.
    Unknown,
}

/// The state of one clock.
#[derive(Debug)]
pub struct ClockWrong {
    whose: WhoseClock,
    since: Option<StreamTime>,
    open: Option<(EventId, StreamTime)>,
}

impl ClockWrong {
    /// A clock that nobody has doubted yet.
    #[must_use]
    pub const fn new(whose: WhoseClock) -> Self {
        Self {
            whose,
            since: None,
            open: None,
        }
    }

    /// Takes what is known at a picture.
    pub fn observe(&mut self, at: StreamTime, verdict: ClockVerdict) -> Option<EventChange> {
        match (verdict, self.open) {
            (ClockVerdict::Wrong, None) => {
                let since = *self.since.get_or_insert(at);
                if at.since(since) < CONFIRM {
                    return None;
                }
                let event = EventId::new();
                self.open = Some((event, since));
                Some(self.change(event, since, at, Phase::Raised))
            }
            (ClockVerdict::Right, _) => {
                self.since = None;
                self.end(at)
            }
            (ClockVerdict::Wrong | ClockVerdict::Unknown, _) => None,
        }
    }

    /// The connection ended: closes what is open.
    pub fn end(&mut self, at: StreamTime) -> Option<EventChange> {
        self.since = None;
        let (event, began) = self.open.take()?;
        Some(self.change(event, began, at, Phase::Cleared))
    }

    fn change(
        &self,
        event_id: EventId,
        began: StreamTime,
        at: StreamTime,
        phase: Phase,
    ) -> EventChange {
        let (detail, severity) = match self.whose {
            WhoseClock::Camera => ("camera_clock", Severity::Medium),
            WhoseClock::Agent => ("agent_clock", Severity::High),
        };
        EventChange {
            event_id,
            phase,
            kind: Kind::CameraHealth,
            detail,
            rule_version: "clock_wrong/1",
            confidence: 1.0,
            severity,
            zone: None,
            began,
            at,
            tracks: Vec::new(),
            count: 0,
            moments: None,
            mode: RuleMode::Live,
            pose: None,
            place: None,
            speeds: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u32) -> StreamTime {
        StreamTime::from_secs_f64(f64::from(second))
    }

    #[test]
    fn a_clock_that_stays_wrong_is_raised_once_and_cleared_when_it_is_right() {
        use ClockVerdict::{Right, Unknown, Wrong};
        let mut clock = ClockWrong::new(WhoseClock::Camera);
        let mut said = Vec::new();
        for (second, verdict) in [
            (0, Wrong),
            (5, Wrong),
            (6, Right),
            (7, Wrong),
            (16, Wrong),
            (17, Wrong),
            (18, Unknown),
            (30, Wrong),
            (31, Right),
            (32, Unknown),
            (40, Right),
        ] {
            said.extend(
                clock
                    .observe(at(second), verdict)
                    .map(|c| (second, c.phase, c.began)),
            );
        }
        assert_eq!(
            said,
            [(17, Phase::Raised, at(7)), (31, Phase::Cleared, at(7))]
        );
    }

    #[test]
    fn the_end_of_a_connection_closes_it() {
        let mut clock = ClockWrong::new(WhoseClock::Agent);
        assert!(clock.end(at(1)).is_none());
        clock.observe(at(2), ClockVerdict::Wrong);
        let raised = clock.observe(at(12), ClockVerdict::Wrong).unwrap();
        let cleared = clock.end(at(13)).unwrap();
        assert_eq!(
            (cleared.event_id, cleared.phase),
            (raised.event_id, Phase::Cleared)
        );
    }
}
