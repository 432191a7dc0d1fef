//! What the server wants an agent to be: versioned and retained, so that an agent that was away
//! learns it on return. The agent reports the version it applied.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::CameraId;

/// The wanted state of one agent, signed with the server's key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Desired {
    /// Grows with every change; an agent ignores a version that is not above the one it has.
    pub version: u64,
    /// Forest-fire danger level, 1 (unlikely) to 5 (extreme); absent when none is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub danger_level: Option<u8>,
    /// Per camera, what differs from its own configuration.
    #[serde(default)]
    pub cameras: BTreeMap<CameraId, CameraDesired>,
}

/// The wanted state of one camera.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraDesired {
    /// Muted rules by name, e.g. during planned works.
    #[serde(default)]
    pub muted_rules: Vec<String>,
}
