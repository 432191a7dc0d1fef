//! A rule that has hours: outside of them it sees nothing, and what it has open ends.

use super::event::{EventChange, HeldBack, Observation, Rule};
use crate::config::Schedule;
use crate::time::StreamTime;

/// A rule with its hours.
pub(super) struct Scheduled {
    schedule: Schedule,
    rule: Box<dyn Rule>,
    hours: Hours,
}

/// Whether it looked at the last picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hours {
    Open,
    Closed,
}

impl Scheduled {
    pub(super) fn new(schedule: Schedule, rule: Box<dyn Rule>) -> Self {
        Self {
            schedule,
            rule,
            hours: Hours::Closed,
        }
    }
}

impl Rule for Scheduled {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        if self.schedule.is_open(observation.wall) {
            self.hours = Hours::Open;
            return self.rule.observe(observation);
        }
        self.end(observation.at)
    }

    fn held_back(&mut self) -> Vec<HeldBack> {
        self.rule.held_back()
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        match std::mem::replace(&mut self.hours, Hours::Closed) {
            Hours::Open => self.rule.end(at),
            Hours::Closed => Vec::new(),
        }
    }
}
