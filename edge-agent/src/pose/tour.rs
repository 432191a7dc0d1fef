//! A camera that goes round by the clock. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::PoseState;
use crate::config::{PoseId, TimedPoses};

/// Stops, one after the other, for ever.
#[derive(Debug)]
pub(super) struct Tour {
    stops: Vec<(PoseId, Duration)>,
    since: Timestamp,
    turn: Duration,
    slack: Duration,
}

impl Tour {
    pub(super) fn of(timed: &TimedPoses) -> Self {
        Self {
            stops: timed.tour.clone(),
            since: timed.since,
            turn: timed.turn,
            slack: timed.slack,
        }
    }

    /// Where the camera stands: in the first part of a stop it is on its way, and within the slack of a change
    /// nobody knows on which side of it the camera's clock is.
    pub(super) fn at(&self, wall: Timestamp) -> PoseState {
        let round: Duration = self.stops.iter().map(|(_, lasts)| *lasts).sum();
        let Ok(round) = i128::try_from(round.as_nanos()) else {
            return PoseState::Unknown;
        };
        if round == 0 {
            return PoseState::Unknown;
        }
        if let [(only, _)] = self.stops.as_slice() {
            return PoseState::At(*only);
        }
        let into = wall.duration_since(self.since).as_nanos().rem_euclid(round);
        let mut into = Duration::from_nanos(u64::try_from(into).unwrap_or_default());
        for (pose, lasts) in &self.stops {
            if into < *lasts {
                let arrived = into >= self.turn + self.slack;
                let leaves = into + self.slack >= *lasts;
                return match arrived && !leaves {
                    true => PoseState::At(*pose),
                    false => PoseState::Turning,
                };
            }
            into -= *lasts;
        }
        PoseState::Unknown
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_tour_goes_by_the_clock() {
        let tour = Tour {
            stops: vec![
                (PoseId(0), Duration::from_secs(60)),
                (PoseId(2), Duration::from_secs(30)),
            ],
            since: "2026-01-01T00:00:00+07:00".parse().unwrap(),
            turn: Duration::from_secs(5),
            slack: Duration::from_secs(1),
        };
        for (second, expected) in [
            (0.0, PoseState::Turning),
            (5.9, PoseState::Turning),
            (6.0, PoseState::At(PoseId(0))),
            (58.9, PoseState::At(PoseId(0))),
            (59.0, PoseState::Turning),
            (60.0, PoseState::Turning),
            (66.0, PoseState::At(PoseId(2))),
            (89.5, PoseState::Turning),
            (90.0 * 960.0 + 30.0, PoseState::At(PoseId(0))),
            (-20.0, PoseState::At(PoseId(2))),
        ] {
            let at = tour.since + SignedDuration::from_millis((second * 1e3) as i64);
            assert_eq!(tour.at(at), expected, "{second} s");
        }
    }
}
