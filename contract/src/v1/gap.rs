//! What an agent's outbox had to let go: the gap report.
//!
//! It goes over the reports topic, signed and acked as a report is. Counts are cumulative, so that
//! the newest one of an outbox says everything the older ones said.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::AgentId;
use super::report::Severity;

/// Most entries of one gap report: every thing in every severity.
pub const MAX_GAP_LOSSES: usize = 16;

/// What a full outbox can let go.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LostThing {
    /// An `updated` revision that a later one of the same event replaces.
    Update,
    /// All revisions of one event that were not accepted yet.
    Event,
    /// A refused report that was kept for a person; the server has it in quarantine.
    DeadLetter,
    /// An evidence file.
    Evidence,
}

impl LostThing {
    /// The same word as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Event => "event",
            Self::DeadLetter => "dead_letter",
            Self::Evidence => "evidence",
        }
    }
}

/// How many of one thing in one severity went, since the outbox was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GapLoss {
    /// What went.
    pub what: LostThing,
    /// The severity of the events it belonged to.
    pub severity: Severity,
    /// How many so far, at least 1.
    #[schemars(range(min = 1))]
    pub count: u64,
    /// When the first one went, by the agent's clock.
    pub first: Timestamp,
    /// When the last one went, by the agent's clock.
    pub last: Timestamp,
}

/// Everything that one outbox ever let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GapReport {
    /// The agent.
    pub agent: AgentId,
    /// The outbox that counts, by the name it gave itself: one that is made anew begins at nothing.
    #[schemars(regex(pattern = r"^[0-9a-f]{16}$"))]
    pub outbox: String,
    /// Grows with every gap report of this outbox; the first is 1.
    #[schemars(range(min = 1))]
    pub revision: u32,
    /// What went, at least one entry and at most [`MAX_GAP_LOSSES`].
    #[schemars(length(min = 1, max = 16))]
    pub losses: Vec<GapLoss>,
}

/// Why a gap report means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GapFault {
    /// The outbox's name is not 16 lower-case hexadecimal digits.
    #[error("the outbox's name is not 16 lower-case hexadecimal digits")]
    Outbox,
    /// Revisions begin at 1.
    #[error("revision 0; the first one is 1")]
    Revision,
    /// No loss, or more entries than there are things.
    #[error("{0} losses; 1 to {MAX_GAP_LOSSES} are allowed")]
    Losses(usize),
    /// An entry that counts nothing.
    #[error("a loss with count 0")]
    Count,
}

impl GapReport {
    /// Checks what JSON Schema checks.
    ///
    /// # Errors
    /// [`GapFault`], the first that applies.
    pub fn validate(&self) -> Result<(), GapFault> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if self.outbox.len() != 16 || !self.outbox.bytes().all(is_hex) {
            return Err(GapFault::Outbox);
        }
        if self.revision == 0 {
            return Err(GapFault::Revision);
        }
        if !(1..=MAX_GAP_LOSSES).contains(&self.losses.len()) {
            return Err(GapFault::Losses(self.losses.len()));
        }
        if self.losses.iter().any(|loss| loss.count == 0) {
            return Err(GapFault::Count);
        }
        Ok(())
    }
}
