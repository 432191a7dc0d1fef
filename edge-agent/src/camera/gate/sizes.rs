//! Sizes of predicted access units against the camera's own running baseline. Pure.
//!
//! What moves costs bits: under a variable bit rate a passing car is plain to see in the sizes;
//! under a constant one with noise it hardly is (measured). So this is a hint to look, never a
//! decision.

use std::collections::VecDeque;

use super::super::unit_kind::UnitKind;

/// Sizes remembered of each kind: five seconds of a usual camera.
const REMEMBERED: usize = 128;
/// Sizes that must be known before any is unusual.
const LEAST: usize = 32;
/// Of the last so many units
const WINDOW: u32 = 6;
/// so many must be unusual.
const UNUSUAL: u32 = 3;
/// How many deviations above the median is unusual; a deviation is 1.4826 × the median absolute
/// deviation, which is a normal distribution's standard deviation.
const DEVIATIONS: f64 = 6.0;
/// And how many times the median.
const TIMES: f64 = 1.5;

/// Baselines of one stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sizes {
    reference: Baseline,
    disposable: Baseline,
    /// One bit a predicted unit, the newest lowest: whether it was unusual.
    recent: u32,
}

#[derive(Debug, Clone, Default)]
struct Baseline {
    sizes: VecDeque<u32>,
}

impl Sizes {
    /// Takes the next unit; whether the last ones were unusually large.
    pub(crate) fn is_unusual(&mut self, kind: UnitKind, bytes: usize) -> bool {
        let baseline = match kind {
            UnitKind::Keyframe => return false,
            UnitKind::Reference => &mut self.reference,
            UnitKind::Disposable => &mut self.disposable,
        };
        let unusual = baseline.exceeded_by(bytes);
        baseline.push(bytes);
        self.recent = (self.recent << 1 | u32::from(unusual)) & ((1 << WINDOW) - 1);
        self.recent.count_ones() >= UNUSUAL
    }
}

impl Baseline {
    fn exceeded_by(&self, bytes: usize) -> bool {
        if self.sizes.len() < LEAST {
            return false;
        }
        let mut sizes: Vec<u32> = self.sizes.iter().copied().collect();
        let median = median(&mut sizes);
        let mut deviations: Vec<u32> = sizes.iter().map(|size| size.abs_diff(median)).collect();
        let deviation = f64::from(self::median(&mut deviations)) * 1.4826;
        let (median, bytes) = (f64::from(median), f64::from(saturated(bytes)));
        bytes > median + DEVIATIONS * deviation && bytes > TIMES * median
    }

    fn push(&mut self, bytes: usize) {
        if self.sizes.len() == REMEMBERED {
            self.sizes.pop_front();
        }
        self.sizes.push_back(saturated(bytes));
    }
}

fn saturated(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn median(values: &mut [u32]) -> u32 {
    let middle = values.len() / 2;
    match values.is_empty() {
        true => 0,
        false => *values.select_nth_unstable(middle).1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(sizes: &mut Sizes, kind: UnitKind, bytes: impl IntoIterator<Item = usize>) -> bool {
        let mut seen = false;
        for bytes in bytes {
            seen |= sizes.is_unusual(kind, bytes);
        }
        seen
    }

    #[test]
    fn larger_units_are_a_hint_and_large_keyframes_are_none() {
        let mut sizes = Sizes::default();
        let usual = |i: usize| 1_000 + i * 37 % 100;
        assert!(!fed(&mut sizes, UnitKind::Reference, (0..200).map(usual)));
        assert!(!fed(&mut sizes, UnitKind::Keyframe, [90_000; 6]));
        assert!(!fed(&mut sizes, UnitKind::Reference, [3_000, 3_000]), "two");
        assert!(fed(&mut sizes, UnitKind::Reference, [3_000]), "the third");
    }

    #[test]
    fn each_kind_has_its_own_baseline_and_a_new_level_becomes_usual() {
        let mut sizes = Sizes::default();
        for _ in 0..100 {
            assert!(!sizes.is_unusual(UnitKind::Reference, 5_000));
            assert!(!sizes.is_unusual(UnitKind::Disposable, 400));
        }
        assert!(fed(&mut sizes, UnitKind::Disposable, [2_000; 3]));
        fed(&mut sizes, UnitKind::Disposable, [2_000; REMEMBERED]);
        assert!(!fed(&mut sizes, UnitKind::Disposable, [2_000; 50]));
    }
}
