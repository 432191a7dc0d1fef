//! How long changes may keep a gate open in which the analysis never sees anything. Pure.
//!
//! Rain on the lens, a flag, a tower that turns all day: none is an event, and no threshold tells
//! them all from one. So a gate that stood open in vain for too long stops waking for changes, for
//! ever longer, until the analysis sees something again; meanwhile each change is shown to the
//! detector, so what a rule may count still wakes it.

use std::time::Duration;

use crate::time::StreamTime;

/// So long may it stand open in vain,
const PATIENCE: Duration = Duration::from_secs(30);
/// regained at one part in so many of the time in which it is shut.
const REGAINED: u32 = 10;
/// How long it wakes for no change, at first and at most.
const DEAF: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(600));

/// What is left of a gate's patience.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    spent: Duration,
    counted: Option<StreamTime>,
    deaf_until: Option<StreamTime>,
    next: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            spent: Duration::ZERO,
            counted: None,
            deaf_until: None,
            next: DEAF.0,
        }
    }
}

impl Patience {
    /// It stood open until now for no more than a change; whether that was too long.
    pub(crate) fn is_lost(&mut self, now: StreamTime) -> bool {
        let passed = self.passed(now);
        self.spent += passed;
        if self.spent < PATIENCE {
            return false;
        }
        self.spent = Duration::ZERO;
        self.deaf_until = Some(now + self.next);
        self.next = (self.next * 2).min(DEAF.1);
        true
    }

    /// It was shut, or open for a better reason, until now.
    pub(crate) fn regain(&mut self, now: StreamTime) {
        let passed = self.passed(now);
        self.spent = self.spent.saturating_sub(passed / REGAINED);
    }

    /// The analysis saw something.
    pub(crate) const fn restore(&mut self) {
        self.spent = Duration::ZERO;
        self.deaf_until = None;
        self.next = DEAF.0;
    }

    /// Whether changes do not wake it now.
    pub(crate) fn is_deaf(&self, now: StreamTime) -> bool {
        self.deaf_until.is_some_and(|until| now < until)
    }

    fn passed(&mut self, now: StreamTime) -> Duration {
        let before = self.counted.replace(now);
        before.map_or(Duration::ZERO, |before| now.since(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> StreamTime {
        StreamTime::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn it_is_lost_after_half_a_minute_and_then_for_ever_longer() {
        let mut patience = Patience::default();
        let lost = |patience: &mut Patience, from: u64| {
            (from..).step_by(2).find(|now| patience.is_lost(at(*now)))
        };
        assert_eq!(lost(&mut patience, 0), Some(30));
        assert!(patience.is_deaf(at(89)) && !patience.is_deaf(at(90)));
        patience.regain(at(90));
        let second = lost(&mut patience, 92).unwrap();
        assert!(patience.is_deaf(at(second + 119)) && !patience.is_deaf(at(second + 120)));
        patience.restore();
        assert!(!patience.is_deaf(at(second + 1)));
    }

    #[test]
    fn rare_changes_cost_none() {
        let mut patience = Patience::default();
        for hour in 0..100 {
            let now = hour * 3600;
            patience.regain(at(now));
            assert!(!patience.is_lost(at(now + 6)));
            assert!(!patience.is_lost(at(now + 12)));
        }
    }
}
