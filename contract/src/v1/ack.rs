//! What the server answers to a report: stored, or refused with the reason.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::EventId;

/// Why a report was refused. A refused report is in quarantine; sending it again changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Over the size limit.
    TooLarge,
    /// No signature came with it.
    Unsigned,
    /// The key is unknown to the server, or not this agent's.
    UnknownKey,
    /// The key was revoked.
    RevokedKey,
    /// The signature does not fit the bytes.
    BadSignature,
    /// Not an envelope of a known type, or its data does not parse.
    Malformed,
    /// It parses, but a field is out of range.
    Invalid,
    /// It speaks for another agent.
    WrongAgent,
    /// The same `(event_id, revision)` was stored with other bytes.
    Conflict,
}

impl RefusalReason {
    /// The word on the wire, and the label of the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unsigned => "unsigned",
            Self::UnknownKey => "unknown_key",
            Self::RevokedKey => "revoked_key",
            Self::BadSignature => "bad_signature",
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::WrongAgent => "wrong_agent",
            Self::Conflict => "conflict",
        }
    }
}

/// What became of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AckOutcome {
    /// Committed. The agent may forget it.
    Stored,
    /// Quarantined. The agent keeps it aside for a person and stops sending it.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// A sentence for a person.
        message: String,
    },
}

/// The server's answer to one report message, signed with the server's key.
///
/// `event_id` and `revision` are absent where the payload could not be read; `sha256` of the exact
/// payload bytes always tells which message is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ack {
    /// The event, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The revision, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// SHA-256 of the exact payload bytes that are answered, 64 lower-case hexadecimal digits.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: AckOutcome,
}
