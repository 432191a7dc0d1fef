//! How long to wait before the next connection. Pure: randomness and durations come in.

use std::time::Duration;

/// First wait.
const FIRST: Duration = Duration::from_secs(1);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// A connection that held this long was good: the next wait is the first again.
const STABLE: Duration = Duration::from_secs(60);

/// Exponential back-off from 1 s to 60 s, with jitter, reset after a stable minute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait before the next try. `held` is how long the connection delivered pictures (zero
    /// where it never did); `jitter` is uniform in 0 to 1 and spreads cameras that failed together.
    ///
    /// The wait is within 50 % to 100 % of its step, so never longer than 60 s.
    pub(crate) fn next(&mut self, held: Duration, jitter: f64) -> Duration {
        if held >= STABLE {
            self.failures = 0;
        }
        let step = FIRST.saturating_mul(1 << self.failures.min(6)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        step.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_minute() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..9)
            .map(|_| backoff.next(Duration::ZERO, 1.0).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_stable_minute_resets_and_less_does_not() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.next(Duration::ZERO, 1.0);
        }
        assert_eq!(
            backoff.next(Duration::from_secs(59), 1.0),
            Duration::from_secs(32)
        );
        assert_eq!(
            backoff.next(Duration::from_secs(60), 1.0),
            Duration::from_secs(1)
        );
    }

    #[test]
    fn jitter_halves_at_most_and_nonsense_is_clamped() {
        assert_eq!(
            Backoff::default().next(Duration::ZERO, 0.0),
            Duration::from_millis(500)
        );
        assert_eq!(
            Backoff::default().next(Duration::ZERO, 7.0),
            Duration::from_secs(1)
        );
        assert_eq!(
            Backoff::default().next(Duration::ZERO, -7.0),
            Duration::from_millis(500)
        );
    }
}
