//! What the agent says of itself beside being there.

use contract::v1::{AgentClock, Applied, ClockTrust};
use tokio::sync::watch;

/// What the agent says of itself. Newest wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) applied: Option<Applied>,
    pub(super) clock: Option<AgentClock>,
    pub(super) trust: ClockTrust,
}

/// Where the agent's own condition is put up.
#[derive(Debug, Default)]
pub struct AgentBoard(watch::Sender<Condition>);

impl AgentBoard {
    /// Puts up what was made of the desired state.
    pub fn applied(&self, applied: Applied) {
        self.0
            .send_modify(|condition| condition.applied = Some(applied));
    }

    /// Puts up what is known of the agent's clock. An offset that wanders a little is no news.
    pub fn clock(&self, clock: Option<AgentClock>, trust: ClockTrust) {
        self.0.send_if_modified(|condition| {
            let moved = match (condition.clock, clock) {
                (Some(before), Some(now)) => {
                    before.reference != now.reference
                        || before.offset_ms.abs_diff(now.offset_ms) > NEWS_MS
                }
                (None, None) => false,
                _ => true,
            };
            if !moved && condition.trust == trust {
                return false;
            }
            (condition.clock, condition.trust) = (clock, trust);
            true
        });
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Condition> {
        self.0.subscribe()
    }
}

/// A change of the offset that is worth a message.
const NEWS_MS: u64 = 50;
