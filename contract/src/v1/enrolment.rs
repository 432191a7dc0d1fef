//! How an agent becomes known: `POST /api/v1/enrolments` with a one-time token. The private half
//! of the key never leaves the device.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::AgentId;
use super::signature::PublicKey;

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
