//! When to try again: doubling, with jitter, up to a ceiling.

use std::time::Duration;

/// A doubling delay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    /// The delay after the first failure.
    pub(super) first: Duration,
    /// The longest delay before jitter.
    pub(super) most: Duration,
}

impl Backoff {
    /// The delay after `failures` failures (1 or more), spread over ±20 % by `jitter`, a number
    /// from 0 to 1: agents that lost one broker together must not come back together.
    pub(super) fn delay(&self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let plain = self.first.saturating_mul(1 << doublings).min(self.most);
        plain.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_ceiling_and_never_overflows() {
        let backoff = Backoff {
            first: Duration::from_secs(2),
            most: Duration::from_secs(60),
        };
        let plain: Vec<u64> = [1, 2, 3, 6, 7, u32::MAX]
            .map(|failures| backoff.delay(failures, 0.5).as_secs())
            .to_vec();
        assert_eq!(plain, [2, 4, 8, 60, 60, 60]);
        assert_eq!(backoff.delay(1, 0.0), Duration::from_millis(1600));
        assert_eq!(backoff.delay(1, 1.0), Duration::from_millis(2400));
    }
}
