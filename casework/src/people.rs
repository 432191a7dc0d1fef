//! Who acts on an incident: a person in a role, a citizen, a camera, a timer.
//!
//! What does not belong here: passwords, sessions, which routes a role may call.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::unit::UnitId;

/// What a person is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Follows their own report.
    Citizen,
    /// Works the live queue.
    Operator,
    /// Answers for a shift: defers, overrules, hands over.
    ShiftLead,
    /// Acts for a unit.
    AgencyHandler,
    /// Approves or sends back what their unit answers.
    AgencyLeader,
    /// Acts for a traffic police unit, and may see violation files.
    TrafficPolice,
    /// Acts for a forest protection unit, and may acknowledge fire alerts.
    ForestUnit,
    /// Sets the installation up, and may do what a shift lead may.
    Administrator,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// Every role, in the order of a form.
    pub const ALL: [Self; 9] = [
        Self::Citizen,
        Self::Operator,
        Self::ShiftLead,
        Self::AgencyHandler,
        Self::AgencyLeader,
        Self::TrafficPolice,
        Self::ForestUnit,
        Self::Administrator,
        Self::Auditor,
    ];

    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Operator => "operator",
            Self::ShiftLead => "shift_lead",
            Self::AgencyHandler => "agency_handler",
            Self::AgencyLeader => "agency_leader",
            Self::TrafficPolice => "traffic_police",
            Self::ForestUnit => "forest_unit",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// Does the role sit at the centre, and so see and decide for the whole of its scope?
    #[must_use]
    pub const fn is_centre(self) -> bool {
        matches!(self, Self::Operator | Self::ShiftLead | Self::Administrator)
    }

    /// Does the role act for a unit, and for that unit alone?
    #[must_use]
    pub const fn is_unit(self) -> bool {
        matches!(
            self,
            Self::AgencyHandler | Self::AgencyLeader | Self::TrafficPolice | Self::ForestUnit
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// A person, as far as a decision needs to know them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Person {
    /// Their account's name: who did it, in the history.
    pub name: String,
    /// What they are here for.
    pub role: Role,
    /// The unit they act for; only roles of units have one.
    pub unit: Option<UnitId>,
}

/// Who wants a change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A camera's report. It says what it sees, never what is decided.
    Camera,
    /// A timer of the server.
    Timer,
    /// The citizen whose report this is, known by their code.
    Reporter,
    /// Somebody with an account.
    Person(Person),
}

impl Actor {
    /// The name in the history. No account's name holds a slash.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Camera => "camera",
            Self::Timer => "server/timer",
            Self::Reporter => "citizen/reporter",
            Self::Person(person) => &person.name,
        }
    }
}
