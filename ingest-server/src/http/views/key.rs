//! An agent's keys with their dates, and how it changes them.

use contract::v1::{KeyRotationAnswer, key_id};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::{AgentKey, Ending};

/// What an agent sends to change its key.
#[derive(Deserialize, ToSchema)]
#[schema(as = KeyRotationRequest)]
pub struct KeyRotationRequestView {
    /// The agent.
    #[expect(dead_code, reason = "the exact bytes are read, as the contract says")]
    agent: String,
    /// The new public key: base64 of 32 bytes.
    #[schema(min_length = 44, max_length = 44)]
    #[expect(dead_code, reason = "the exact bytes are read, as the contract says")]
    public_key: String,
    /// The agent's clock; for the record only.
    #[expect(dead_code, reason = "the exact bytes are read, as the contract says")]
    requested_at: Timestamp,
}

/// What the server made of it.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyRotationAnswer)]
pub struct KeyRotationAnswerView {
    /// The agent.
    pub agent: String,
    /// The new key's id.
    pub key_id: String,
    /// From when it signs.
    pub valid_from: Timestamp,
    /// Until when the old key may still sign.
    pub old_key_until: Timestamp,
}

impl From<KeyRotationAnswer> for KeyRotationAnswerView {
    fn from(answer: KeyRotationAnswer) -> Self {
        Self {
            agent: answer.agent.to_string(),
            key_id: answer.key_id.to_string(),
            valid_from: answer.valid_from,
            old_key_until: answer.old_key_until,
        }
    }
}

/// The keys of an agent, oldest first.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    /// The keys.
    pub items: Vec<KeyView>,
}

/// A key of an agent.
#[derive(Serialize, ToSchema)]
#[schema(as = AgentKey)]
pub struct KeyView {
    /// Its id: 16 hexadecimal digits.
    pub key_id: String,
    /// Base64 of 32 bytes.
    pub public_key: String,
    /// From when it signs.
    pub valid_from: Timestamp,
    /// When it ends, or ended; absent while no end is known.
    pub ends_at: Option<Timestamp>,
    /// Why it ends.
    pub ending: Option<KeyEnding>,
}

/// Why a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyEnding {
    /// Its agent changed to another one: what it signed before stays good.
    Rotation,
    /// It is not trusted: nothing that comes in with it is taken any more.
    Revocation,
}

impl From<AgentKey> for KeyView {
    fn from(key: AgentKey) -> Self {
        Self {
            key_id: key_id(&key.public_key).to_string(),
            public_key: key.public_key.to_string(),
            valid_from: key.valid_from,
            ends_at: key.ends_at,
            ending: key.ending.map(|ending| match ending {
                Ending::Rotation => KeyEnding::Rotation,
                Ending::Revocation => KeyEnding::Revocation,
            }),
        }
    }
}
