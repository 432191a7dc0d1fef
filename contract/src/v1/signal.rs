//! What a traffic-signal controller says of its signals. Retained: an agent that comes learns it at once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::UnitId;

/// What the lamps of one signal show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Stop.
    Red,
    /// Red and amber: green is about to come.
    RedAmber,
    /// Amber: red is about to come.
    Amber,
    /// Go.
    Green,
    /// Amber flashes: nobody is stopped.
    FlashingAmber,
    /// No lamp is lit.
    Off,
}

/// One signal of a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalGroup {
    /// What it shows.
    pub aspect: Aspect,
    /// Since when, by the controller's clock.
    pub since: Timestamp,
}

/// The state of all signals of one controller. It is said anew at each change, and before it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControllerState {
    /// The controller.
    pub controller: UnitId,
    /// When it was so, by the controller's clock.
    pub at: Timestamp,
    /// After this nobody knows what the signals show, unless it is said again.
    pub expires_at: Timestamp,
    /// Its signals by name; names have 1 to 64 bytes. At most 64.
    pub groups: BTreeMap<String, SignalGroup>,
}

/// Most bytes of one controller's state.
pub const MAX_CONTROLLER_STATE_BYTES: usize = 16 * 1024;
