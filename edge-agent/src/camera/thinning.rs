//! Which access units an awake decoder is spared: those that nothing refers to (`nal_ref_idc` 0) and
//! that the analysis would not look at anyway. Pure.
//!
//! The analysis takes the first picture of each period (see `sampler`). A disposable unit is left
//! out where its period has, or is about to get, a picture that is decoded in any case; so each
//! period still gives a picture, though it may be a later one of it.

use std::collections::VecDeque;
use std::time::Duration;

use super::sampler::EARLY;
use super::unit_kind::UnitKind;
use crate::time::StreamTime;

/// Reference pictures whose distances are remembered: more than a second of any camera.
const REMEMBERED: usize = 32;
/// Reference pictures among which a period looks for its own.
const RECENT: usize = 4;
/// Distances that must be known before any is trusted.
const LEAST: usize = 8;

/// Leaves out what the analysis does not need.
#[derive(Debug, Clone)]
pub(crate) struct Thinning {
    period: Duration,
    origin: Option<StreamTime>,
    /// The last few; where pictures are reordered, the one before the newest counts too.
    references: VecDeque<StreamTime>,
    distances: VecDeque<Duration>,
}

/// Whether a unit is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thinned {
    Decode,
    LeaveOut,
}

impl Thinning {
    /// For an analysis of `fps` pictures a second. A rate that is not positive leaves out nothing.
    pub(crate) fn new(fps: f64) -> Self {
        let period = match fps.is_finite() && fps > 0.0 {
            true => Duration::try_from_secs_f64(1.0 / fps).unwrap_or(Duration::ZERO),
            false => Duration::ZERO,
        };
        Self {
            period,
            origin: None,
            references: VecDeque::new(),
            distances: VecDeque::new(),
        }
    }

    /// Whether to decode the next unit, in decode order.
    pub(crate) fn unit(&mut self, pts: StreamTime, kind: UnitKind) -> Thinned {
        let origin = *self.origin.get_or_insert(pts);
        if kind != UnitKind::Disposable {
            self.note_reference(pts);
            return Thinned::Decode;
        }
        let (Some(&reference), Some(longest)) = (self.references.back(), self.longest()) else {
            return Thinned::Decode;
        };
        if self.period.is_zero() {
            return Thinned::Decode;
        }
        // The sampler's own grid, its tolerance included.
        let early = self.period / EARLY;
        let elapsed = (pts.since(origin) + early).as_nanos();
        let before = (elapsed / self.period.as_nanos()) * self.period.as_nanos();
        let before = Duration::from_nanos(u64::try_from(before).unwrap_or(u64::MAX));
        let begins = origin + before - early;
        let ends = begins + self.period;
        let has_one = |reference: &StreamTime| (begins..ends).contains(reference);
        let gets_one = reference < begins && reference + longest < ends;
        match self.references.iter().any(has_one) || gets_one {
            true => Thinned::LeaveOut,
            false => Thinned::Decode,
        }
    }

    fn note_reference(&mut self, pts: StreamTime) {
        if let Some(&before) = self.references.back() {
            if self.distances.len() == REMEMBERED {
                self.distances.pop_front();
            }
            // Where time goes back (a restart at a keyframe) there is no distance to learn.
            if pts > before {
                self.distances.push_back(pts.since(before));
            }
        }
        if self.references.len() == RECENT {
            self.references.pop_front();
        }
        self.references.push_back(pts);
    }

    fn longest(&self) -> Option<Duration> {
        let known = self.distances.len() >= LEAST;
        known
            .then(|| self.distances.iter().max().copied())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sampler::Sampler;
    use super::*;

    /// Decode order of one mini GOP of `length` pictures: the reference picture, then the others.
    fn stream(pictures: usize, length: usize) -> Vec<(usize, UnitKind)> {
        let mut units = vec![(0, UnitKind::Keyframe)];
        for end in (length..pictures).step_by(length) {
            units.push((end, UnitKind::Reference));
            units.extend((end + 1 - length..end).map(|at| (at, UnitKind::Disposable)));
        }
        units
    }

    fn at(picture: usize, fps: f64) -> StreamTime {
        StreamTime::from_secs_f64(picture as f64 / fps)
    }

    fn thinned(fps: f64, analysed: f64, units: &[(usize, UnitKind)]) -> Vec<StreamTime> {
        let mut thinning = Thinning::new(analysed);
        let kept = units
            .iter()
            .filter(|(picture, kind)| thinning.unit(at(*picture, fps), *kind) == Thinned::Decode);
        let mut kept: Vec<_> = kept.map(|(picture, _)| at(*picture, fps)).collect();
        kept.sort_unstable();
        kept
    }

    #[test]
    fn two_of_three_pictures_are_spared_and_the_rate_stays() {
        let units = stream(1_000, 3);
        let kept = thinned(25.0, 5.0, &units);
        assert!(kept.len() < 400, "{} of {}", kept.len(), units.len());
        let mut sampler = Sampler::new(5.0);
        let analysed = kept.iter().filter(|pts| sampler.wants(**pts)).count();
        assert!((198..=201).contains(&analysed), "{analysed}");
    }

    #[test]
    fn nothing_is_left_out_where_each_picture_is_wanted() {
        let units = stream(300, 3);
        assert_eq!(thinned(25.0, 0.0, &units).len(), units.len());
        assert_eq!(
            thinned(5.0, 5.0, &stream(300, 2)).len(),
            stream(300, 2).len()
        );
    }

    proptest! {
        /// Each period from which the whole stream gives a picture still gives one.
        #[test]
        fn no_period_loses_its_picture(
            fps in 8.0..60.0_f64, analysed in 1.0..15.0_f64, length in 2..8_usize,
        ) {
            let units = stream(600, length);
            let mut all: Vec<_> = units.iter().map(|(picture, _)| at(*picture, fps)).collect();
            all.sort_unstable();
            let count = |times: &[StreamTime]| {
                let mut sampler = Sampler::new(analysed);
                times.iter().filter(|pts| sampler.wants(**pts)).count()
            };
            let (whole, thin) = (count(&all), count(&thinned(fps, analysed, &units)));
            prop_assert!(thin + 1 >= whole, "{} of {}", thin, whole);
        }
    }
}
