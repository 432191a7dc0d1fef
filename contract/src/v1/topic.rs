//! MQTT topics as values: built and parsed here and nowhere else.

use std::fmt;
use std::str::FromStr;

use super::ids::{AgentId, CameraId, IdError, UnitId};

/// Every topic of version 1 lies below this.
pub const TOPIC_ROOT: &str = "vong/v1";

/// One topic of the contract. DESIGN §4 has the table of who publishes what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Agent → server: reports.
    Reports(AgentId),
    /// Server → agent: acks.
    Acks(AgentId),
    /// Agent → all, retained: liveness.
    AgentStatus(AgentId),
    /// Agent → all, retained: state of one camera.
    CameraStatus(AgentId, CameraId),
    /// Whoever turns a camera → agent, retained: where it looks.
    CameraPose(AgentId, CameraId),
    /// Server → agent, retained: desired state.
    Desired(AgentId),
    /// Server → agent: commands.
    Commands(AgentId),
    /// Agent → server: answers to commands.
    Answers(AgentId),
    /// Server → unit: incidents.
    UnitIncidents(UnitId),
    /// Unit → server: acks.
    UnitAcks(UnitId),
    /// Traffic-signal controller → agents, retained. The controller's name follows the slug rule.
    Signal(UnitId),
}

/// Why a string is not a topic of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It does not match any topic of version 1.
    #[error("not a topic of {TOPIC_ROOT}")]
    Unknown,
    /// A level that must be an id is not one.
    #[error("a level of the topic is not an id")]
    Id(#[source] IdError),
}

impl Topic {
    /// The filter that receives every agent's reports.
    pub const ALL_REPORTS: &'static str = "vong/v1/agents/+/reports";
    /// The filter that receives every agent's answers to commands.
    pub const ALL_ANSWERS: &'static str = "vong/v1/agents/+/answers";
    /// The filter that receives every unit's acks.
    pub const ALL_UNIT_ACKS: &'static str = "vong/v1/units/+/acks";
    /// The filter that receives every agent's liveness.
    pub const ALL_AGENT_STATUS: &'static str = "vong/v1/agents/+/status";
    /// The filter that receives every camera's state.
    pub const ALL_CAMERA_STATUS: &'static str = "vong/v1/agents/+/cameras/+/status";

    /// The agent whose branch the topic lies in, if any.
    #[must_use]
    pub const fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::Reports(agent)
            | Self::Acks(agent)
            | Self::AgentStatus(agent)
            | Self::CameraStatus(agent, _)
            | Self::CameraPose(agent, _)
            | Self::Desired(agent)
            | Self::Commands(agent)
            | Self::Answers(agent) => Some(agent),
            Self::UnitIncidents(_) | Self::UnitAcks(_) | Self::Signal(_) => None,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reports(agent) => write!(f, "{TOPIC_ROOT}/agents/{agent}/reports"),
            Self::Acks(agent) => write!(f, "{TOPIC_ROOT}/agents/{agent}/acks"),
            Self::AgentStatus(agent) => write!(f, "{TOPIC_ROOT}/agents/{agent}/status"),
            Self::CameraStatus(agent, camera) => {
                write!(f, "{TOPIC_ROOT}/agents/{agent}/cameras/{camera}/status")
            }
            Self::CameraPose(agent, camera) => {
                write!(f, "{TOPIC_ROOT}/agents/{agent}/cameras/{camera}/pose")
            }
            Self::Desired(agent) => write!(f, "{TOPIC_ROOT}/agents/{agent}/desired"),
            Self::Commands(agent) => write!(f, "{TOPIC_ROOT}/agents/{agent}/commands"),
            Self::Answers(agent) => write!(f, "{TOPIC_ROOT}/agents/{agent}/answers"),
            Self::UnitIncidents(unit) => write!(f, "{TOPIC_ROOT}/units/{unit}/incidents"),
            Self::UnitAcks(unit) => write!(f, "{TOPIC_ROOT}/units/{unit}/acks"),
            Self::Signal(controller) => write!(f, "{TOPIC_ROOT}/signals/{controller}/state"),
        }
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let rest = text
            .strip_prefix(TOPIC_ROOT)
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or(TopicError::Unknown)?;
        let levels: Vec<&str> = rest.split('/').collect();
        match levels.as_slice() {
            ["agents", agent, leaf] => {
                let agent: AgentId = agent.parse().map_err(TopicError::Id)?;
                match *leaf {
                    "reports" => Ok(Self::Reports(agent)),
                    "acks" => Ok(Self::Acks(agent)),
                    "status" => Ok(Self::AgentStatus(agent)),
                    "desired" => Ok(Self::Desired(agent)),
                    "commands" => Ok(Self::Commands(agent)),
                    "answers" => Ok(Self::Answers(agent)),
                    _ => Err(TopicError::Unknown),
                }
            }
            ["agents", agent, "cameras", camera, "status"] => Ok(Self::CameraStatus(
                agent.parse().map_err(TopicError::Id)?,
                camera.parse().map_err(TopicError::Id)?,
            )),
            ["agents", agent, "cameras", camera, "pose"] => Ok(Self::CameraPose(
                agent.parse().map_err(TopicError::Id)?,
                camera.parse().map_err(TopicError::Id)?,
            )),
            ["units", unit, leaf] => {
                let unit: UnitId = unit.parse().map_err(TopicError::Id)?;
                match *leaf {
                    "incidents" => Ok(Self::UnitIncidents(unit)),
                    "acks" => Ok(Self::UnitAcks(unit)),
                    _ => Err(TopicError::Unknown),
                }
            }
            ["signals", controller, "state"] => {
                controller.parse().map(Self::Signal).map_err(TopicError::Id)
            }
            _ => Err(TopicError::Unknown),
        }
    }
}
