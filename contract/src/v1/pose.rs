//! A [`CameraPose`]: where a camera looks, as whoever turns it says. Retained; said again at least as often as
//! the agent's configuration asks for, since what is old is not believed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::CameraId;
use super::limits::MAX_WORD_BYTES;
use super::status::PoseStatus;

/// Where one camera looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraPose {
    /// The camera; the one that the topic names.
    pub camera: CameraId,
    /// Whether it stands.
    pub state: PoseStatus,
    /// The pose it stands in, by its name in the agent's configuration; absent where it does not stand. 1 to 64
    /// bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
    /// When that was so.
    pub at: Timestamp,
}

impl CameraPose {
    /// Whether a pose is named exactly where one is stood in.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match (&self.state, &self.pose) {
            (PoseStatus::Standing, Some(pose)) => (1..=MAX_WORD_BYTES).contains(&pose.len()),
            (PoseStatus::Standing, None) => false,
            (PoseStatus::Turning | PoseStatus::Unknown, pose) => pose.is_none(),
        }
    }
}
