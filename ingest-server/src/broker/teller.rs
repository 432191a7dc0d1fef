//! Who tells agents one thing over the broker: traffic-signal controllers, and whoever turns cameras.

use std::fmt;
use std::str::FromStr;

use contract::v1::{AgentId, CameraId, IdError, TOPIC_ROOT, Topic, UnitId};

/// Somebody with one topic to publish on, and nothing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Teller {
    /// A traffic-signal controller: what its signals show.
    Signal(UnitId),
    /// Whoever turns cameras of an agent: where this one looks, or any of them where none is named.
    Pose(AgentId, Option<CameraId>),
}

/// Why a text names no teller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TellerError {
    /// It has another form.
    #[error("write signal.CONTROLLER, pose.AGENT or pose.AGENT.CAMERA")]
    Form,
    /// One of its names is none.
    #[error("write signal.CONTROLLER, pose.AGENT or pose.AGENT.CAMERA")]
    Id(#[source] IdError),
}

impl Teller {
    /// Whether it may publish on `topic`.
    #[must_use]
    pub(super) fn may_publish(&self, topic: &Topic) -> bool {
        match (self, topic) {
            (Self::Signal(own), Topic::Signal(controller)) => own == controller,
            (Self::Pose(own, any), Topic::CameraPose(agent, camera)) => {
                own == agent && any.as_ref().is_none_or(|one| one == camera)
            }
            _ => false,
        }
    }

    /// Its rights as lines of Mosquitto's `acl_file`.
    #[must_use]
    pub fn acl(&self) -> String {
        let topic = match self {
            Self::Signal(controller) => Topic::Signal(controller.clone()).to_string(),
            Self::Pose(agent, Some(camera)) => {
                Topic::CameraPose(agent.clone(), camera.clone()).to_string()
            }
            // The topic builder takes ids only.
            Self::Pose(agent, None) => format!("{TOPIC_ROOT}/agents/{agent}/cameras/+/pose"),
        };
        format!("\nuser {self}\ntopic write {topic}\n")
    }
}

/// Its user name and its MQTT client id: no agent's name holds a dot.
impl fmt::Display for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(controller) => write!(f, "signal.{controller}"),
            Self::Pose(agent, None) => write!(f, "pose.{agent}"),
            Self::Pose(agent, Some(camera)) => write!(f, "pose.{agent}.{camera}"),
        }
    }
}

impl FromStr for Teller {
    type Err = TellerError;

    fn from_str(text: &str) -> Result<Self, TellerError> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["signal", controller] => {
                let controller = controller.parse().map_err(TellerError::Id)?;
                Ok(Self::Signal(controller))
            }
            ["pose", agent] => Ok(Self::Pose(agent.parse().map_err(TellerError::Id)?, None)),
            ["pose", agent, camera] => Ok(Self::Pose(
                agent.parse().map_err(TellerError::Id)?,
                Some(camera.parse().map_err(TellerError::Id)?),
            )),
            _ => Err(TellerError::Form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_told_and_of_whom() {
        for name in ["signal.nga-tu-1", "pose.hue-01", "pose.hue-01.thap-canh"] {
            let teller: Teller = name.parse().unwrap();
            assert_eq!(teller.to_string(), name);
        }
        for bad in [
            "",
            "signal",
            "signal.",
            "signal.A",
            "signal.a.b",
            "pose.",
            "pose.hue-01.",
            "pose.hue-01.+",
            "pose.a.b.c",
            "unit.kiem-lam",
            "hue-01",
        ] {
            assert!(bad.parse::<Teller>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn mosquitto_is_told_the_same() {
        for (name, topic) in [
            ("signal.nga-tu-1", "vong/v1/signals/nga-tu-1/state"),
            ("pose.hue-01", "vong/v1/agents/hue-01/cameras/+/pose"),
            (
                "pose.hue-01.cam-1",
                "vong/v1/agents/hue-01/cameras/cam-1/pose",
            ),
        ] {
            let teller: Teller = name.parse().unwrap();
            let lines = format!("\nuser {name}\ntopic write {topic}\n");
            assert_eq!(teller.acl(), lines);
        }
    }
}
