//! What the agent knows of its own clock, for whoever writes a report or a status.

use std::time::Duration;

use contract::v1::{AgentClock, Clock, ClockSource, ClockTrust};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::config::ClockConfig;

/// Less than this between two looks is a clock being steered, not set.
const LEAST_STEP: SignedDuration = SignedDuration::from_millis(500);
/// Without a comparison, a clock that was set is doubted for so long.
const DOUBT: Duration = Duration::from_secs(3_600);

/// The agent's clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// By how much; forward is positive.
    pub by: SignedDuration,
}

/// Compares the wall clock's walk with that of a clock that nobody can set. Pure.
#[derive(Debug, Default)]
pub struct StepWatch {
    last: Option<(Duration, Timestamp)>,
}

impl StepWatch {
    /// Takes both clocks, read at one moment; `since_start` never goes back.
    pub fn look(&mut self, since_start: Duration, wall: Timestamp) -> Option<Step> {
        let last = self.last.replace((since_start, wall))?;
        let walked = SignedDuration::try_from(since_start.saturating_sub(last.0)).ok()?;
        let by = wall.duration_since(last.1).saturating_sub(walked);
        (by.abs() >= LEAST_STEP).then_some(Step { by })
    }
}

/// What is known of the agent's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockState {
    /// The last comparison; `None` while unknown.
    pub agent: Option<AgentClock>,
    /// When that was, since the agent started.
    pub compared_at: Option<Duration>,
    /// By how much the clock was set in all since the agent started.
    pub set_by: SignedDuration,
    /// When it was last set, since the agent started.
    pub set_at: Option<Duration>,
}

impl ClockState {
    /// What to think of the agent's clock, `now` after the agent started.
    #[must_use]
    pub fn trust(&self, config: &ClockConfig, now: Duration) -> ClockTrust {
        let compared_since = self.set_at.is_none_or(|set| self.compared_at > Some(set));
        if !compared_since
            && self
                .set_at
                .is_some_and(|set| now.saturating_sub(set) < DOUBT)
        {
            return ClockTrust::Stepped;
        }
        let Some(clock) = self.agent.filter(|_| compared_since) else {
            return ClockTrust::Unknown;
        };
        let bound = u64::try_from(config.max_offset.as_millis()).unwrap_or(u64::MAX);
        let offset = clock.offset_ms.unsigned_abs();
        if offset > bound {
            ClockTrust::AgentOff
        } else if offset.saturating_add(clock.uncertainty_ms) <= bound {
            ClockTrust::Trusted
        } else {
            // Neither shown to be right nor to be wrong.
            ClockTrust::Unknown
        }
    }

    /// What a report says of its times, where the camera's clock is ahead by that much.
    #[must_use]
    pub fn of_report(
        &self,
        config: &ClockConfig,
        now: Duration,
        camera_ahead_ms: Option<i64>,
    ) -> Clock {
        let agent = self.trust(config, now);
        let trust = match agent {
            ClockTrust::Trusted | ClockTrust::Unknown if camera_is_off(config, camera_ahead_ms) => {
                ClockTrust::CameraOff
            }
            other => other,
        };
        Clock {
            // Times are the agent's, at arrival; the camera's are compared with them.
            source: ClockSource::Agent,
            offset_ms: camera_ahead_ms,
            agent: self.agent,
            trust,
        }
    }
}

/// Whether a camera's clock is off by more than the bound.
#[must_use]
pub fn camera_is_off(config: &ClockConfig, camera_ahead_ms: Option<i64>) -> bool {
    camera_ahead_ms.is_some_and(|ahead| {
        u128::from(ahead.unsigned_abs()) > config.camera_max_offset.as_millis()
    })
}

/// Where the agent's clock is told; changes only, so a slow reader sees the latest.
#[derive(Debug)]
pub struct ClockBoard {
    started: std::time::Instant,
    state: watch::Sender<ClockState>,
}

impl Default for ClockBoard {
    fn default() -> Self {
        Self {
            started: std::time::Instant::now(),
            state: watch::Sender::default(),
        }
    }
}

impl ClockBoard {
    /// What is known now.
    #[must_use]
    pub fn state(&self) -> ClockState {
        *self.state.borrow()
    }

    /// Time since the agent started, by a clock that nobody can set.
    #[must_use]
    pub fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    /// Changes what is known.
    pub fn change(&self, change: impl FnOnce(&mut ClockState)) {
        self.state.send_if_modified(|state| {
            let before = *state;
            change(state);
            *state != before
        });
    }
}

#[cfg(test)]
mod tests {
    use contract::v1::ClockReference;
    use proptest::prelude::*;

    use super::*;

    fn config() -> ClockConfig {
        ClockConfig {
            ntp_server: None,
            max_offset: Duration::from_millis(500),
            camera_max_offset: Duration::from_secs(2),
            check_every: Duration::from_secs(64),
        }
    }

    fn known(offset_ms: i64, uncertainty_ms: u64) -> ClockState {
        ClockState {
            agent: Some(AgentClock {
                reference: ClockReference::Sntp,
                offset_ms,
                uncertainty_ms,
            }),
            compared_at: Some(Duration::from_secs(10)),
            ..ClockState::default()
        }
    }

    #[test]
    fn what_is_not_known_is_unknown_and_what_is_wrong_is_named() {
        let now = Duration::from_secs(20);
        let set = |state: ClockState, at: u64| ClockState {
            set_by: SignedDuration::from_hours(1),
            set_at: Some(Duration::from_secs(at)),
            ..state
        };
        for (state, wanted) in [
            (ClockState::default(), ClockTrust::Unknown),
            (known(0, 20), ClockTrust::Trusted),
            (known(-480, 20), ClockTrust::Trusted),
            (known(-490, 20), ClockTrust::Unknown),
            (known(0, 501), ClockTrust::Unknown),
            (known(501, 1), ClockTrust::AgentOff),
            (known(i64::MIN, u64::MAX), ClockTrust::AgentOff),
            (set(known(0, 20), 15), ClockTrust::Stepped),
            (set(known(0, 20), 5), ClockTrust::Trusted),
            (set(ClockState::default(), 5), ClockTrust::Stepped),
        ] {
            assert_eq!(state.trust(&config(), now), wanted, "{state:?}");
        }
        let later = Duration::from_secs(4_000);
        assert_eq!(
            set(known(0, 20), 15).trust(&config(), later),
            ClockTrust::Unknown
        );
    }

    #[test]
    fn a_report_says_the_worst_of_both_clocks() {
        let now = Duration::from_secs(20);
        for (state, camera, wanted) in [
            (known(0, 1), None, ClockTrust::Trusted),
            (known(0, 1), Some(-2_000), ClockTrust::Trusted),
            (known(0, 1), Some(-2_001), ClockTrust::CameraOff),
            (
                ClockState::default(),
                Some(3_600_000),
                ClockTrust::CameraOff,
            ),
            (known(900, 1), Some(3_600_000), ClockTrust::AgentOff),
            (ClockState::default(), None, ClockTrust::Unknown),
        ] {
            let clock = state.of_report(&config(), now, camera);
            assert_eq!((clock.trust, clock.offset_ms), (wanted, camera));
            assert_eq!(clock.agent, state.agent, "never a made-up zero");
        }
    }

    proptest! {
        /// A clock that is only steered never counts as set; one that is set always does, by as much.
        #[test]
        fn a_step_is_seen_and_steering_is_not(
            ppm in -500_i64..500, seconds in 1_u64..120, by_ms in prop_oneof![-3_600_000_i64..-600, 600_i64..3_600_000],
        ) {
            let mut watch = StepWatch::default();
            let start = Timestamp::from_second(1_800_000_000).unwrap();
            let mut set = SignedDuration::ZERO;
            for second in 0..=seconds * 2 {
                if second == seconds {
                    set = SignedDuration::from_millis(by_ms);
                }
                let steered = i64::try_from(second).unwrap() * (1_000_000 + ppm);
                let wall = start + SignedDuration::from_micros(steered) + set;
                let step = watch.look(Duration::from_secs(second), wall);
                match step {
                    Some(step) => {
                        prop_assert_eq!(second, seconds);
                        prop_assert!((step.by.as_millis() - i128::from(by_ms)).abs() <= 1);
                    }
                    None => prop_assert!(second != seconds),
                }
            }
        }
    }
}
