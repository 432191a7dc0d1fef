//! A rule that runs beside the live ones and tells nobody: what it says is marked, so that it is counted
//! and written down, and never reported.

use super::event::{EventChange, HeldBack, Observation, Rule};
use crate::config::RuleMode;
use crate::time::StreamTime;

/// A rule in `mode = "shadow"`.
pub(super) struct Shadow(pub(super) Box<dyn Rule>);

impl Rule for Shadow {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        marked(self.0.observe(observation))
    }

    fn held_back(&mut self) -> Vec<HeldBack> {
        let mut held_back = self.0.held_back();
        for one in &mut held_back {
            one.mode = RuleMode::Shadow;
        }
        held_back
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        marked(self.0.end(at))
    }
}

fn marked(mut changes: Vec<EventChange>) -> Vec<EventChange> {
    for change in &mut changes {
        change.mode = RuleMode::Shadow;
    }
    changes
}
