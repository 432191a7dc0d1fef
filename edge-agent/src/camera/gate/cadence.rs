//! How often a camera sends keyframes. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::StreamTime;

/// Intervals remembered: a changed setting of the camera is known after as many.
const REMEMBERED: usize = 4;
/// Intervals that must be known before the cadence is.
const LEAST: usize = 2;

/// The last intervals between keyframes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cadence {
    last: Option<StreamTime>,
    intervals: VecDeque<Duration>,
}

impl Cadence {
    /// A keyframe came.
    pub(crate) fn keyframe(&mut self, at: StreamTime) {
        if let Some(last) = self.last.replace(at)
            && at > last
        {
            if self.intervals.len() == REMEMBERED {
                self.intervals.pop_front();
            }
            self.intervals.push_back(at.since(last));
        }
    }

    /// The longest of the last intervals, once some are known.
    pub(crate) fn longest(&self) -> Option<Duration> {
        let known = self.intervals.len() >= LEAST;
        known
            .then(|| self.intervals.iter().max().copied())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_a_change_of_the_interval_both_ways() {
        let mut cadence = Cadence::default();
        let mut at = StreamTime::ZERO;
        let mut after = |cadence: &mut Cadence, seconds: &[u64]| {
            for seconds in seconds {
                at = at + Duration::from_secs(*seconds);
                cadence.keyframe(at);
            }
            cadence.longest().map(|longest| longest.as_secs())
        };
        assert_eq!(after(&mut cadence, &[2, 2]), None, "one interval is none");
        assert_eq!(after(&mut cadence, &[2]), Some(2));
        assert_eq!(after(&mut cadence, &[10]), Some(10), "longer: at once");
        assert_eq!(after(&mut cadence, &[1, 1, 1]), Some(10));
        assert_eq!(
            after(&mut cadence, &[1]),
            Some(1),
            "shorter: once it is sure"
        );
    }
}
