//! Two kinds of time that must never mix: the stream's own (PTS) and the wall clock.
//!
//! Rules, tracks and clips count in [`StreamTime`]; only reports and logs speak of the wall clock.
//! What does not belong here: reading a clock. Callers pass times in.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;

/// A moment in one camera connection's own time: nanoseconds on the PTS line, never going back.
///
/// Two stream times compare only within one connection (one [`ClockAnchor`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StreamTime(i64);

impl StreamTime {
    /// The zero of the stream.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds on the PTS line.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From seconds on the PTS line.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, which is what is wanted"
        )]
        Self((seconds * 1e9).round() as i64)
    }

    /// Nanoseconds on the PTS line.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Seconds on the PTS line.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a stream shorter than 100 days keeps microseconds"
        )]
        let nanos = self.0 as f64;
        nanos / 1e9
    }

    /// Time since `earlier`; zero where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for StreamTime {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for StreamTime {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for StreamTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.as_secs_f64())
    }
}

/// Ties one connection's stream time to the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockAnchor {
    /// A moment of the stream,
    pub stream: StreamTime,
    /// and the wall clock at that moment.
    pub wall: Timestamp,
}

impl ClockAnchor {
    /// The wall clock at a moment of the stream. Saturates at the ends of the calendar.
    #[must_use]
    pub fn wall_at(&self, at: StreamTime) -> Timestamp {
        let delta = jiff::SignedDuration::from_nanos(at.0.saturating_sub(self.stream.0));
        self.wall.checked_add(delta).unwrap_or(self.wall)
    }

    /// The moment of the stream at a wall clock. Saturates at the ends of the line.
    #[must_use]
    pub fn stream_at(&self, wall: Timestamp) -> StreamTime {
        let delta = wall.duration_since(self.wall).as_nanos();
        let nanos = i128::from(self.stream.0) + delta;
        let ends = (i128::from(i64::MIN), i128::from(i64::MAX));
        StreamTime(i64::try_from(nanos.clamp(ends.0, ends.1)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_follows_stream_in_both_directions() {
        let wall = Timestamp::from_second(1_000).unwrap();
        let anchor = ClockAnchor {
            stream: StreamTime::from_secs_f64(5.0),
            wall,
        };
        assert_eq!(
            anchor
                .wall_at(StreamTime::from_secs_f64(6.5))
                .as_millisecond(),
            1_001_500
        );
        assert_eq!(anchor.wall_at(StreamTime::ZERO).as_millisecond(), 995_000);
        for seconds in [-3.0, 0.0, 5.0, 6.5] {
            let at = StreamTime::from_secs_f64(seconds);
            assert_eq!(anchor.stream_at(anchor.wall_at(at)), at);
        }
    }

    #[test]
    fn since_never_goes_negative() {
        assert_eq!(
            StreamTime::ZERO.since(StreamTime::from_secs_f64(1.0)),
            Duration::ZERO
        );
    }
}
