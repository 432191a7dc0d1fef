//! A camera's clock runs faster or slower than the agent's, and its first unit comes late: what to add
//! to its timestamps so that stream time stands where the agent's clock stands. Distances between
//! pictures stay the camera's own but for that, so pictures that are sent out of order stay in order.
//! Pure.

use std::collections::VecDeque;
use std::time::Duration;

/// How long units are looked at together. One is late by its way and its burst, never early: of
/// several, the quickest says how the two clocks stand.
const WINDOW_US: i64 = 20_000_000;
/// How fast a camera is followed that counts fewer pictures than it sends: time must go on.
const FASTEST_DIVISOR: i64 = 2;
/// A unit that came before its time was shown earlier than thought: time is held back by a tenth,
/// which leaves B-pictures where they are,
const BACK_DIVISOR: i64 = 10;
/// unless it is further ahead than any camera keeps pictures to begin with: then its clock runs wild.
const FAR_AHEAD_US: i64 = 15_000_000;

/// Further back than any reordering of pictures reaches.
const REORDERING_US: i64 = 3_000_000;

/// What one connection has learnt of the two clocks. Microseconds throughout; a unit's lateness
/// is its arrival minus its timestamp, both counted from the first unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    origin: Option<i64>,
    /// The lateness of the quickest unit: in this window, and in the one before.
    quickest: Option<i64>,
    before: Option<i64>,
    window_began: i64,
    /// What was added at the newest timestamps so far, in order. A picture that comes after one that
    /// is shown later gets what lies between, as if it had come in its place.
    line: VecDeque<Knot>,
    /// What was added when the window began, and shall be when it ends.
    from: i64,
    aim: i64,
}

#[derive(Debug, Clone, Copy)]
struct Knot {
    stamp: i64,
    added: i64,
}

impl Pace {
    /// What to add to the nanoseconds `stamp` of the unit that came at `arrival`, each counted from
    /// any fixed moment.
    pub(crate) fn correction(&mut self, stamp: i64, arrival: Duration) -> i64 {
        let arrival = i64::try_from(arrival.as_micros()).unwrap_or(i64::MAX);
        let stamp = stamp / 1_000;
        let raw = arrival.saturating_sub(stamp);
        let late = raw.saturating_sub(*self.origin.get_or_insert(raw));
        self.aim = self.aim.min(late);
        let added = self.added(stamp);
        let quickest = self.quickest.map_or(late, |known| known.min(late));
        self.quickest = Some(quickest);
        if arrival.saturating_sub(self.window_began) >= WINDOW_US {
            self.close_window(quickest, arrival);
        }
        added.saturating_mul(1_000)
    }

    /// What is added at `stamp`, which goes on the line where it is the newest.
    fn added(&mut self, stamp: i64) -> i64 {
        let Some(newest) = self.line.back().copied() else {
            self.line.push_back(Knot { stamp, added: 0 });
            return 0;
        };
        let passed = stamp.saturating_sub(newest.stamp);
        if passed <= 0 {
            return self.between(stamp);
        }
        let added = newest.added.saturating_add(self.step(newest.added, passed));
        self.line.push_back(Knot { stamp, added });
        let oldest = stamp.saturating_sub(REORDERING_US);
        while self.line.len() > 2 && self.line[1].stamp < oldest {
            self.line.pop_front();
        }
        added
    }

    fn between(&self, stamp: i64) -> i64 {
        let after = self.line.partition_point(|knot| knot.stamp < stamp);
        let right = self.line[after.min(self.line.len() - 1)];
        let left = self.line[after.saturating_sub(1)];
        if stamp <= left.stamp {
            return left.added;
        }
        let share = stamp.saturating_sub(left.stamp);
        let rise = right.added.saturating_sub(left.added);
        left.added + rise.saturating_mul(share) / (right.stamp - left.stamp).max(1)
    }

    /// How far towards the aim in so much of the stream's time.
    fn step(&self, added: i64, passed: i64) -> i64 {
        let fastest = passed / FASTEST_DIVISOR;
        let left = self.aim.saturating_sub(added);
        let step = if left < -FAR_AHEAD_US {
            fastest
        } else if left < 0 {
            passed / BACK_DIVISOR
        } else {
            let whole = self.aim.saturating_sub(self.from);
            (whole.saturating_mul(passed) / WINDOW_US).clamp(0, passed)
        };
        left.clamp(-step, step)
    }

    fn close_window(&mut self, quickest: i64, arrival: i64) {
        let trend = self
            .before
            .map_or(0, |before| quickest.saturating_sub(before));
        self.before = Some(quickest);
        self.quickest = None;
        self.window_began = arrival;
        self.from = self.line.back().map_or(0, |knot| knot.added);
        // Where the clocks will stand at the window's end if they go on as they went.
        self.aim = quickest.saturating_add(trend);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Presentation times and arrivals, both by the agent's clock in µs, in decode order: two
    /// B-pictures behind each P-picture, 25 a second. `late` is each unit's delay.
    fn sent(late: &[i64]) -> Vec<(i64, i64)> {
        let (mut newest, mut arrival) = (0, 0);
        let unit = |(decoded, late): (i64, &i64)| {
            let shown = match decoded % 3 {
                1 => decoded + 2,
                _ => decoded - 1,
            };
            let shown = shown.max(0) * 40_000;
            newest = newest.max(shown);
            arrival = arrival.max(newest + late);
            (shown, arrival)
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

    fn is_in_order(units: &[(i64, i64)], told: &[i64]) -> bool {
        let mut by_showing: Vec<_> = units.iter().map(|unit| unit.0).zip(told).collect();
        by_showing.sort_by_key(|(shown, _)| *shown);
        by_showing.is_sorted_by_key(|(_, told)| **told)
    }

    proptest! {
        #[test]
        fn a_clock_that_drifts_is_followed_and_the_order_stays(
            late in prop::collection::vec(0_i64..150_000, 6_000),
            per_million in -5_000_i64..5_000,
        ) {
            let units = sent(&late);
            let told = followed(&units, per_million);
            prop_assert!(is_in_order(&units, &told));
            for ((shown, _), told) in units.iter().zip(&told) {
                prop_assert!((shown - told).abs() < 500_000, "{shown} was told as {told}");
            }
        }
    }

    #[test]
    fn time_is_held_back_evenly_whatever_the_order_of_sending() {
        let late: Vec<i64> = (0..500)
            .map(|n| if n == 0 { 400_000 } else { 10_000 })
            .collect();
        let units = sent(&late);
        let mut by_showing: Vec<_> = units
            .iter()
            .map(|unit| unit.0)
            .zip(followed(&units, 0))
            .collect();
        by_showing.sort_unstable();
        // Past the last picture only those are there that others refer to.
        let steps: Vec<i64> = by_showing[..490]
            .windows(2)
            .map(|pair| pair[1].1 - pair[0].1)
            .collect();
        assert!(
            steps.iter().all(|step| (36_000..=40_000).contains(step)),
            "{steps:?}"
        );
    }

    #[test]
    fn even_pictures_on_time_stay_as_they_are() {
        let units = sent(&[0; 3_000]);
        assert_eq!(
            followed(&units, 0),
            units.iter().map(|unit| unit.0).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_first_picture_that_came_late_does_not_put_the_rest_into_the_future() {
        let late: Vec<i64> = (0..500)
            .map(|n| if n == 0 { 400_000 } else { 10_000 })
            .collect();
        let units = sent(&late);
        let told = followed(&units, 0);
        assert!(is_in_order(&units, &told));
        // Stream time is the agent's, counted from the arrival of the first unit.
        let after_four_seconds = units.iter().zip(&told).skip(110);
        for ((shown, _), told) in after_four_seconds {
            assert_eq!(*told, shown - 390_000);
        }
    }

    #[test]
    fn a_camera_that_sends_what_it_kept_is_where_it_was() {
        // Ten seconds of pictures come at once.
        let late: Vec<i64> = (0..6_000)
            .map(|n| (10_000_000 - n * 40_000).max(0))
            .collect();
        let units = sent(&late);
        let told = followed(&units, 0);
        assert!(is_in_order(&units, &told));
        let off = units[5_999].0 - 10_000_000 - told[5_999];
        assert!(off.abs() < 80_000, "{off} µs off");
    }

    #[test]
    fn a_camera_that_counts_the_wrong_rate_is_followed() {
        // 15 pictures a second counted as 25, and 25 counted as 20.
        for (counted, real, lag) in [(40_000, 66_667, 25_000_000), (50_000, 40_000, 16_000_000)] {
            let mut pace = Pace::default();
            let told: Vec<i64> = (0..20_000)
                .map(|n| {
                    let arrival = Duration::from_micros(u64::try_from(n * real).unwrap());
                    let stamp = n * counted * 1_000;
                    (stamp + pace.correction(stamp, arrival)) / 1_000
                })
                .collect();
            assert!(told.is_sorted());
            let off = told[19_999] - 19_999 * real;
            assert!(off.abs() < lag, "{off} µs off");
        }
    }
}
