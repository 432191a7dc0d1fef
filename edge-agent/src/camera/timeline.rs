//! A stream's timestamps to one connection's stream time, which never jumps back. Pure.

use std::time::Duration;

use super::pace::Pace;
use crate::time::StreamTime;

/// Further back than any reordering of pictures reaches.
const REORDERING: i64 = 2_000_000_000;
/// Timestamps count 90,000 ticks a second in 32 bits (RTP) or 33 (MPEG-TS), then begin anew.
const WRAPS: [i64; 2] = [(1 << 32) * 100_000 / 9, (1 << 33) * 100_000 / 9];
/// A wrap is known by what follows it: no further ahead than this.
const WRAP_GAP: i64 = 10_000_000_000;
/// Time between pictures where nothing better is known.
const USUAL_STEP: i64 = 40_000_000;

/// What to do when timestamps leap forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaps {
    /// Keep them: a recording may have a hole.
    Keep,
    /// Close those longer than this: a live stream cannot be ahead of its own arrival.
    Close(Duration),
}

/// Maps the units of one connection, in decode order.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    leaps: Leaps,
    /// Added to running time.
    offset: Option<i64>,
    newest: i64,
    mended: u64,
    /// Of a live stream: how the camera's clock runs beside the agent's.
    pace: Pace,
}

impl Timeline {
    pub(crate) fn new(leaps: Leaps) -> Self {
        Self {
            leaps,
            offset: None,
            newest: 0,
            mended: 0,
            pace: Pace::default(),
        }
    }

    /// How often timestamps leapt and time went on where it stood. Timestamps that begin anew, as those
    /// of RTP do twice a day, do not count.
    pub(crate) const fn mended(&self) -> u64 {
        self.mended
    }

    /// When the unit is shown that says `raw` in nanoseconds, or nothing, and came at `arrival` by a
    /// clock that only goes forward. A live stream begins at zero and keeps the agent's pace; a
    /// recording begins where it says (but not before zero) and keeps its own, whenever it is read.
    /// Where timestamps begin anew they go on, pictures reordered across that moment included; any
    /// other leap back beyond reordering (a camera whose clock was set, a looped file) goes on where
    /// time stood.
    pub(crate) fn map(&mut self, raw: Option<i64>, arrival: Duration) -> StreamTime {
        let stamp = self.continuous(raw);
        let correction = match self.leaps {
            Leaps::Close(_) => self.pace.correction(stamp, arrival),
            Leaps::Keep => 0,
        };
        StreamTime::from_nanos(stamp.saturating_add(correction))
    }

    /// The stamp on a line without leaps, at the camera's own pace.
    fn continuous(&mut self, raw: Option<i64>) -> i64 {
        let Some(raw) = raw else {
            self.newest += USUAL_STEP;
            return self.newest;
        };
        let first = match self.leaps {
            Leaps::Close(_) => raw.saturating_neg(),
            Leaps::Keep => raw.saturating_neg().max(0),
        };
        let offset = match self.offset {
            None => first,
            Some(offset) => self.offset_of(raw, offset),
        };
        self.offset = Some(offset);
        let stamp = raw.saturating_add(offset);
        self.newest = self.newest.max(stamp);
        stamp
    }

    /// What to add to `raw`, after it was `offset` for the unit before.
    fn offset_of(&mut self, raw: i64, offset: i64) -> i64 {
        let newest = self.newest;
        let ahead = |offset: i64| raw.saturating_add(offset).saturating_sub(newest);
        let follows = |offset: &i64| (-REORDERING..=WRAP_GAP).contains(&ahead(*offset));
        let wrapped = || {
            let around = |wrap| [offset.saturating_add(wrap), offset.saturating_sub(wrap)];
            WRAPS.into_iter().flat_map(around).find(follows)
        };
        if follows(&offset) {
            return offset;
        }
        if let Some(offset) = wrapped() {
            return offset;
        }
        if ahead(offset) < -REORDERING || self.is_leap(ahead(offset)) {
            self.mended += 1;
            return (self.newest + USUAL_STEP).saturating_sub(raw);
        }
        offset
    }

    fn is_leap(&self, ahead: i64) -> bool {
        match self.leaps {
            Leaps::Keep => false,
            Leaps::Close(limit) => {
                i128::from(ahead) > i128::try_from(limit.as_nanos()).unwrap_or(i128::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units come later than they say, so that the agent's clock asks for nothing.
    fn arrivals() -> impl Iterator<Item = Duration> {
        (0..).map(Duration::from_secs)
    }

    fn seconds(timeline: &mut Timeline, raw: &[Option<i64>]) -> Vec<f64> {
        raw.iter()
            .map(|ms| ms.map(|ms| ms * 1_000_000))
            .zip(arrivals())
            .map(|(raw, arrival)| timeline.map(raw, arrival).as_secs_f64())
            .collect()
    }

    #[test]
    fn a_live_stream_begins_at_zero_and_keeps_reordering() {
        let mut timeline = Timeline::new(Leaps::Close(Duration::from_secs(30)));
        let times = seconds(
            &mut timeline,
            &[Some(5_000), Some(5_120), Some(5_040), Some(5_080)],
        );
        assert_eq!(times, [0.0, 0.12, 0.04, 0.08]);
    }

    #[test]
    fn a_leap_back_or_no_stamp_goes_on() {
        let mut timeline = Timeline::new(Leaps::Keep);
        let times = seconds(
            &mut timeline,
            &[Some(9_000), Some(9_040), None, Some(100), Some(140)],
        );
        assert_eq!(times, [9.0, 9.04, 9.08, 9.12, 9.16]);
        let mut before_zero = Timeline::new(Leaps::Keep);
        assert_eq!(
            seconds(&mut before_zero, &[Some(-80), Some(-40)]),
            [0.0, 0.04]
        );
    }

    #[test]
    fn leaps_forward_are_kept_or_closed() {
        let stamps = [Some(0), Some(40), Some(600_000), Some(600_040)];
        let mut recording = Timeline::new(Leaps::Keep);
        assert_eq!(seconds(&mut recording, &stamps), [0.0, 0.04, 600.0, 600.04]);
        let mut live = Timeline::new(Leaps::Close(Duration::from_secs(30)));
        assert_eq!(seconds(&mut live, &stamps), [0.0, 0.04, 0.08, 0.12]);
        assert_eq!((recording.mended(), live.mended()), (0, 1));
    }

    #[test]
    fn timestamps_that_begin_anew_go_on_with_pictures_reordered_across() {
        // Decode order of a camera with B-frames, in ticks before and after the wrap.
        let sent: [i64; 8] = [-10_800, 0, -7_200, -3_600, 10_800, 3_600, 7_200, 14_400];
        for bits in [32, 33] {
            for leaps in [Leaps::Keep, Leaps::Close(Duration::from_secs(30))] {
                let mut timeline = Timeline::new(leaps);
                let raw = sent.map(|ticks| ticks.rem_euclid(1 << bits) * 100_000 / 9);
                let mut arrivals = arrivals();
                let shown = raw.map(|raw| {
                    let arrival = arrivals.next().unwrap();
                    timeline.map(Some(raw), arrival).as_nanos()
                });
                for (at, ticks) in shown.iter().zip(sent) {
                    let (got, expected) = (at - shown[0], (ticks - sent[0]) * 100_000 / 9);
                    assert!(
                        (got - expected).abs() <= 2,
                        "{bits} bits, {leaps:?}: {ticks}"
                    );
                }
                assert_eq!(timeline.mended(), 0);
            }
        }
    }
}
