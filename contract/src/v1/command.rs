//! What the server asks an agent to do once, and what the agent answers.
//!
//! A [`Command`] is signed, numbered and expiring: the agent drops one that is not the server's,
//! whose time is over, or whose number is not above the last one it took. An [`Answer`] is signed
//! by the agent, sent until the server's [`Ack`](super::Ack) names its bytes, and the same for
//! ever: a command that comes again gets the answer it got.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desired::{
    CameraDesired, Parameters, RuleRef, check_danger_level, check_parameters, check_rule,
};
use super::evidence::Evidence;
use super::field_fault::{FieldFault, FieldProblem};
use super::ids::{CameraId, CommandId, ZoneId};
use super::limits::{MAX_CLIP_SECONDS, MAX_SIMULATED_SECONDS};
use super::polygon::Corners;
use super::report::{Interval, NormBox};

/// One command to one agent, signed with the server's key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// Its id, which the answer repeats.
    pub id: CommandId,
    /// Its number among the commands of this agent; grows.
    pub sequence: u64,
    /// When it was given.
    pub issued_at: Timestamp,
    /// When it is too late to carry it out.
    pub expires_at: Timestamp,
    /// The account that gave it.
    pub by: String,
    /// What to do.
    pub action: Action,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// A still of now.
    Snapshot {
        /// The camera.
        camera: CameraId,
    },
    /// A clip of the last seconds, from the buffer.
    Clip {
        /// The camera.
        camera: CameraId,
        /// How far back, 1 to 600; the buffer may hold less, and the clip then begins later.
        #[schemars(range(min = 1, max = 600))]
        seconds: u32,
    },
    /// What a rule would have raised with other parameters, over the tracks the agent remembers.
    Simulate {
        /// The camera.
        camera: CameraId,
        /// The rule, which must be configured.
        #[serde(flatten)]
        rule: RuleRef,
        /// The parameters that differ from what the rule has now.
        #[serde(default)]
        parameters: Parameters,
        /// The danger level to suppose; absent for the present one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 5))]
        danger_level: Option<u8>,
        /// All zones to suppose; absent for the present ones. Agents before this field ignore it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zones: Option<BTreeMap<ZoneId, Corners>>,
        /// All masks to suppose; absent for the present ones. What was tracked when there was no such
        /// mask is left out by its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        masks: Option<Vec<Corners>>,
        /// How far back, 1 to 21600; the agent may remember less, and says so.
        #[schemars(range(min = 1, max = 21600))]
        seconds: u32,
    },
}

impl Action {
    /// The word on the wire, and the label of the metric.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Snapshot { .. } => "snapshot",
            Self::Clip { .. } => "clip",
            Self::Simulate { .. } => "simulate",
        }
    }

    /// The camera it is about.
    #[must_use]
    pub const fn camera(&self) -> &CameraId {
        match self {
            Self::Snapshot { camera }
            | Self::Clip { camera, .. }
            | Self::Simulate { camera, .. } => camera,
        }
    }

    /// Checks what the type system cannot.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn validate(&self) -> Result<(), Vec<FieldFault>> {
        let mut faults = Vec::new();
        let (seconds, most) = match self {
            Self::Snapshot { .. } => (1, 1),
            Self::Clip { seconds, .. } => (*seconds, MAX_CLIP_SECONDS),
            Self::Simulate {
                rule,
                parameters,
                danger_level,
                zones,
                masks,
                seconds,
                ..
            } => {
                let view = CameraDesired {
                    zones: zones.clone(),
                    masks: masks.clone(),
                    ..CameraDesired::default()
                };
                view.check("action", &mut faults);
                check_rule(rule, "action", &mut faults);
                check_parameters(parameters, "action.parameters", &mut faults);
                check_danger_level(*danger_level, "action.danger_level", &mut faults);
                (*seconds, MAX_SIMULATED_SECONDS)
            }
        };
        if !(1..=most).contains(&seconds) {
            faults.push(FieldFault::new("action.seconds", FieldProblem::OutOfRange));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

/// What became of a command, signed with the agent's key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The command's id.
    pub command: CommandId,
    /// The command's number.
    pub sequence: u64,
    /// When the agent was done with it.
    pub answered_at: Timestamp,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: AnswerOutcome,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AnswerOutcome {
    /// It was carried out.
    Done {
        /// What was made, sealed: uploaded as the evidence of reports is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
        /// What was counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        simulation: Option<Simulation>,
    },
    /// It cannot be carried out as it is; giving it again changes nothing.
    Refused {
        /// Why.
        reason: CommandRefusal,
        /// A sentence for a person.
        message: String,
    },
    /// It could have been carried out, and was not; giving it again may help.
    Failed {
        /// A sentence for a person.
        message: String,
    },
}

/// Why an agent does not carry out a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandRefusal {
    /// It has no such camera.
    UnknownCamera,
    /// The camera has no such rule.
    UnknownRule,
    /// A parameter is out of range, or the rule has none of that name.
    Invalid,
    /// The camera is not connected, or has sent nothing yet.
    NoPicture,
    /// The buffer holds nothing of that time.
    NotHeld,
    /// The disk is full.
    DiskFull,
    /// Too many commands are under way.
    Busy,
    /// The command is of a kind that this agent does not know.
    Unsupported,
}

impl CommandRefusal {
    /// The word on the wire, and the label of the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownCamera => "unknown_camera",
            Self::UnknownRule => "unknown_rule",
            Self::Invalid => "invalid",
            Self::NoPicture => "no_picture",
            Self::NotHeld => "not_held",
            Self::DiskFull => "disk_full",
            Self::Busy => "busy",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What a rule would have raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// The time over which the agent remembers tracks, within what was asked for.
    pub over: Interval,
    /// Pictures in that time.
    pub pictures: u64,
    /// Events that the rule would have raised.
    pub events: u32,
    /// Events that it would have raised as it is now, over the same pictures.
    pub events_as_it_is: u32,
    /// When those events would have been, oldest first; at most 64.
    pub intervals: Vec<Interval>,
    /// What the rule would nearly have raised, and why not, oldest first; at most 64. Few rules hold
    /// anything back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_back: Vec<Candidate>,
}

/// Something that a rule took notice of and did not raise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// From its first sighting to the picture that decided.
    pub seen: Interval,
    /// Why it was not raised, e.g. `weak` or `known_source`; at most 64 bytes.
    pub reason: String,
    /// What it looks like, e.g. `smoke`.
    pub class: String,
    /// The mean score, 0 to 1.
    pub confidence: f32,
    /// Where in the picture.
    pub bbox: NormBox,
}
