//! A camera's clock runs faster or slower than the agent's: what to add to its timestamps so that
//! stream time keeps up with the agent's clock. Distances between pictures stay the camera's own but
//! for that, so pictures that are sent out of order stay in order. Pure.

use std::time::Duration;

/// How long units are looked at together. One is late by its way and its burst, never early: of
/// several, the quickest says how the two clocks stand.
const WINDOW_US: i64 = 20_000_000;
/// A camera that counts 15 pictures a second as 25 is that much too slow. Followed no faster, since
/// time must go on.
const FASTEST_DIVISOR: i64 = 2;

/// What one connection has learnt of the two clocks. Microseconds throughout.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    /// Arrival minus timestamp of the quickest unit: in this window, in the one before, in the first.
    quickest: Option<i64>,
    before: Option<i64>,
    first: Option<i64>,
    window_began: i64,
    last_arrival: i64,
    added: i64,
    /// What `added` was when the window began, and shall be when it ends.
    from: i64,
    aim: i64,
}

impl Pace {
    /// What to add to the nanoseconds `stamp` of the unit that came at `arrival`, both counted from
    /// the connection's first unit or any other fixed moment.
    pub(crate) fn correction(&mut self, stamp: i64, arrival: Duration) -> i64 {
        let arrival = i64::try_from(arrival.as_micros()).unwrap_or(i64::MAX);
        self.slew(arrival);
        let late = arrival.saturating_sub(stamp / 1_000);
        let quickest = self.quickest.map_or(late, |known| known.min(late));
        self.quickest = Some(quickest);
        if arrival.saturating_sub(self.window_began) >= WINDOW_US {
            self.close_window(quickest, arrival);
        }
        self.added.saturating_mul(1_000)
    }

    fn slew(&mut self, arrival: i64) {
        let whole = self.aim.saturating_sub(self.from);
        let elapsed = arrival.saturating_sub(self.last_arrival).max(0);
        self.last_arrival = arrival;
        let even = whole.saturating_abs().saturating_mul(elapsed) / WINDOW_US;
        let step = even.min(elapsed / FASTEST_DIVISOR);
        let left = self.aim.saturating_sub(self.added);
        self.added = self.added.saturating_add(left.clamp(-step, step));
    }

    fn close_window(&mut self, quickest: i64, arrival: i64) {
        let first = *self.first.get_or_insert(quickest);
        let trend = self.before.map_or(0, |before| quickest - before);
        self.before = Some(quickest);
        self.quickest = None;
        self.window_began = arrival;
        self.from = self.added;
        // Where the clocks will stand at the window's end if they go on as they went.
        self.aim = quickest - first + trend;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Presentation times and arrivals, both by the agent's clock in µs, in decode order: two
    /// B-pictures before each P-picture, 25 a second. `late` is each unit's delay.
    fn sent(late: &[i64]) -> Vec<(i64, i64)> {
        let unit = |(decoded, late): (i64, &i64)| {
            let shown = match decoded % 3 {
                1 => decoded + 2,
                _ => decoded - 1,
            };
            (shown.max(0) * 40_000, decoded * 40_000 + late)
        };
        (0_i64..).zip(late).map(unit).collect()
    }

    fn followed(units: &[(i64, i64)], per_million: i64) -> Vec<i64> {
        let mut pace = Pace::default();
        let stamped = |shown: i64| shown * 1_000 + shown * per_million / 1_000;
        let at = |arrival: i64| Duration::from_micros(u64::try_from(arrival).unwrap());
        units
            .iter()
            .map(|(shown, arrival)| {
                let stamp = stamped(*shown);
                (stamp + pace.correction(stamp, at(*arrival))) / 1_000
            })
            .collect()
    }

    proptest! {
        #[test]
        fn a_clock_that_drifts_is_followed_and_the_order_stays(
            late in prop::collection::vec(0_i64..150_000, 6_000),
            per_million in -5_000_i64..5_000,
        ) {
            let units = sent(&late);
            let told = followed(&units, per_million);
            let mut by_showing: Vec<_> = units.iter().map(|unit| unit.0).zip(&told).collect();
            by_showing.sort_by_key(|(shown, _)| *shown);
            for pair in by_showing.windows(2).filter(|pair| pair[0].0 < pair[1].0) {
                prop_assert!(pair[0].1 < pair[1].1, "{pair:?}");
            }
            for ((shown, _), told) in units.iter().zip(&told) {
                prop_assert!((shown - told).abs() < 250_000, "{shown} was told as {told}");
            }
        }
    }

    #[test]
    fn a_burst_at_the_beginning_moves_nothing() {
        // Ten seconds of pictures came at once, as from a camera that sends its buffer first.
        let late: Vec<i64> = (0..3_000)
            .map(|n| (10_000_000 - n * 40_000).max(0))
            .collect();
        let units = sent(&late);
        let told = followed(&units, 0);
        assert!(units.iter().zip(&told).all(|(unit, told)| unit.0 == *told));
    }

    #[test]
    fn a_camera_that_counts_the_wrong_rate_is_followed() {
        // 15 pictures a second, counted as 25.
        let told = {
            let mut pace = Pace::default();
            let stamp = |n: u64| i64::try_from(n).unwrap() * 40_000_000;
            let at = |n: u64| Duration::from_micros(n * 66_667);
            (0..6_000_u64)
                .map(|n| stamp(n) + pace.correction(stamp(n), at(n)))
                .collect::<Vec<_>>()
        };
        assert!(told.is_sorted());
        let end = told[5_999] / 1_000_000 - 5_999 * 66_667 / 1_000;
        // What had gone wrong by the end of the first window, by which it is judged, stays.
        assert!(
            end.abs() < 12_000,
            "{end} ms off after {} s",
            5_999 * 66 / 1_000
        );
    }
}
