//! How an agent becomes known: `POST /api/v1/enrolments` with a one-time token; and how it changes its
//! key: `POST /api/v1/key-rotations`, signed with the old key and the new. The private half of a key
//! never leaves the device.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::AgentId;
use super::signature::{KeyId, PublicKey};

/// What an agent sends once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EnrolmentRequest {
    /// The one-time token that an administrator made.
    pub token: String,
    /// The public half of the key the agent made.
    pub public_key: PublicKey,
    /// The program's version.
    pub version: String,
}

/// What the server answers once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnrolmentAnswer {
    /// The name under which the token was made.
    pub agent: AgentId,
    /// The server's public key; the agent drops acks, desired state and commands of any other.
    pub server_public_key: PublicKey,
    /// Where the broker is, e.g. `mqtt://10.0.0.5:1883`.
    pub mqtt_url: String,
    /// The password of MQTT user `{agent}`, made for this agent, shown once.
    pub mqtt_password: String,
    /// The bearer token for evidence uploads, made for this agent, shown once.
    pub upload_token: String,
}

/// Where an agent changes its key. It is also the topic of both signatures.
pub const KEY_ROTATION_PATH: &str = "/api/v1/key-rotations";
/// The HTTP header that carries the new key's signature over the request: proof that the agent
/// holds its private half. The old key's stands in a header named as the MQTT property is.
pub const NEW_SIGNATURE_HEADER: &str = "vong-signature-new";

/// What an agent sends to change its key, with its upload token and two signatures over these
/// exact bytes. Asked again with the same key, the answer is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRotationRequest {
    /// The agent.
    pub agent: AgentId,
    /// The new public key.
    pub public_key: PublicKey,
    /// The agent's clock; for the record only, since it may be wrong.
    pub requested_at: Timestamp,
}

/// What the server made of the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRotationAnswer {
    /// The agent.
    pub agent: AgentId,
    /// The new key's id.
    pub key_id: KeyId,
    /// From when the new key signs, by the server's clock.
    pub valid_from: Timestamp,
    /// Until when the old key may still sign: what the agent signs before it is restarted, and what
    /// waits at the broker.
    pub old_key_until: Timestamp,
}
