//! Whether memory is flat: judged by a rule, from samples of processes that are left to run.

use serde::Serialize;

/// Of the samples, so many of a hundred come before a program has warmed up: its caches, its pools,
/// what its allocator keeps for later.
const WARM_UP_PERCENT: usize = 33;
/// So much of its usual size may a program be larger at the end than after its warm-up.
const ALLOWED_PERCENT: f64 = 10.0;
/// And so much always, in MiB: an allocator gives back in pieces of some MiB.
const ALLOWED_MIB: f64 = 8.0;

/// How a program's memory went.
#[derive(Debug, Clone, Serialize)]
pub struct Growth {
    /// `server` or `agent`.
    pub program: &'static str,
    /// Half of the samples after the warm-up are not larger, MiB.
    pub median_mib: f64,
    /// By how much the straight line through them (least squares) rises from first to last, MiB.
    pub rise_mib: f64,
    /// How much it may rise, MiB.
    pub allowed_mib: f64,
    /// Over so many seconds.
    pub seconds: f64,
}

impl Growth {
    /// Judges samples of `(seconds, MiB)`, oldest first; none where there are too few.
    #[must_use]
    pub fn of(program: &'static str, samples: &[(f64, f64)]) -> Option<Self> {
        let samples = samples.get(samples.len() * WARM_UP_PERCENT / 100..)?;
        let (first, last) = (samples.first()?.0, samples.last()?.0);
        let mut sizes: Vec<f64> = samples.iter().map(|(_, mib)| *mib).collect();
        sizes.sort_by(f64::total_cmp);
        let median_mib = *sizes.get(sizes.len() / 2)?;
        Some(Self {
            program,
            median_mib,
            rise_mib: slope(samples)? * (last - first),
            allowed_mib: ALLOWED_MIB.max(median_mib * ALLOWED_PERCENT / 100.0),
            seconds: last - first,
        })
    }

    /// Whether memory is flat.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.rise_mib <= self.allowed_mib
    }
}

/// The slope of the straight line with the least squares of differences; none below two moments.
fn slope(samples: &[(f64, f64)]) -> Option<f64> {
    let mean = |of: fn(&(f64, f64)) -> f64| {
        let (mut sum, mut count) = (0.0, 0.0);
        for sample in samples {
            sum += of(sample);
            count += 1.0;
        }
        sum / count
    };
    let (x_mean, y_mean) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let (mut with, mut of) = (0.0, 0.0);
    for (x, y) in samples {
        with += (x - x_mean) * (y - y_mean);
        of += (x - x_mean) * (x - x_mean);
    }
    (of > 0.0).then_some(with / of)
}

impl std::fmt::Display for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "memory of the {}: {:.0} MiB, {:+.1} MiB in {:.0} s (allowed {:+.1}): {}",
            self.program,
            self.median_mib,
            self.rise_mib,
            self.seconds,
            self.allowed_mib,
            if self.is_flat() { "flat" } else { "GROWS" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(mib: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..300)
            .map(f64::from)
            .map(|second| (second, mib(second)))
            .collect()
    }

    #[test]
    fn a_leak_is_told_from_warming_up_and_from_noise() {
        let flat = |mib: &dyn Fn(f64) -> f64| Growth::of("agent", &samples(mib)).unwrap().is_flat();
        assert!(flat(&|_| 100.0));
        assert!(
            flat(&|second| 40.0 + (second * 3.0).min(60.0)),
            "warming up"
        );
        assert!(flat(&|second| 100.0 + 20.0 * (second / 5.0).sin()), "noise");
        assert!(!flat(&|second| 100.0 + 0.2 * second), "40 MiB in 200 s");
        assert!(flat(&|second| 20.0 + 0.02 * second), "4 MiB are no leak");
    }

    #[test]
    fn too_few_samples_are_no_verdict() {
        assert!(Growth::of("agent", &[]).is_none());
        assert!(Growth::of("agent", &[(0.0, 1.0)]).is_none());
    }
}
