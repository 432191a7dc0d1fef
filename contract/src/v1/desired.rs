//! What the server wants an agent to be: versioned and retained, so that an agent that was away
//! learns it on return; and what the agent made of it.
//!
//! Desired state lies over the agent's own configuration: what it does not name stays as
//! configured, and taking a part away again brings the configured one back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field_fault::{FieldFault, FieldProblem};
use super::ids::{CameraId, ZoneId};
use super::limits::{
    MAX_CORNERS, MAX_DESIRED_CAMERAS, MAX_PARAMETER_ITEMS, MAX_PARAMETERS, MAX_RULES_PER_CAMERA,
    MAX_SHAPES_PER_CAMERA, MAX_WORD_BYTES,
};
use super::polygon::{Corners, check_polygon};

/// The wanted state of one agent, signed with the server's key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Desired {
    /// Grows with every change; an agent ignores a version that is not above the one it has.
    pub version: u64,
    /// Forest-fire danger level, 1 (unlikely) to 5 (extreme); absent when none is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub danger_level: Option<u8>,
    /// Per camera, what differs from its own configuration; at most 256.
    #[serde(default)]
    pub cameras: BTreeMap<CameraId, CameraDesired>,
}

/// The wanted state of one camera.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraDesired {
    /// Whether its rules run; absent leaves them running. A camera whose rules do not run is still
    /// received, so that a snapshot or clip can be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// All zones of the camera; absent leaves the configured ones. At most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<BTreeMap<ZoneId, Corners>>,
    /// All masks of the camera, in which nothing is seen; absent leaves the configured ones. At
    /// most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masks: Option<Vec<Corners>>,
    /// All lines of the camera; absent leaves the configured ones. At most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<BTreeMap<ZoneId, LineDesired>>,
    /// Where the heads of configured traffic signals lie in the picture, by the signal's id; signals that are not named
    /// stay as configured. At most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lamps: Option<BTreeMap<ZoneId, LampDesired>>,
    /// Changed parameters of configured rules, each rule once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleChange>,
    /// Rules that raise nothing for a time, e.g. during planned works.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub muted: Vec<Mute>,
}

/// A line that things cross, in fractions of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineDesired {
    /// Its two ends.
    pub points: [[f32; 2]; 2],
    /// A point beyond it: who crosses towards it goes forward. Absent where both ways are alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub towards: Option<[f32; 2]>,
}

/// A signal head in the picture; corners in fractions of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LampDesired {
    /// The head, all its lenses.
    pub lamp: Corners,
    /// The red lens, where it is told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red: Option<Corners>,
    /// The amber lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amber: Option<Corners>,
    /// The green lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub green: Option<Corners>,
    /// How strong a colour must be to be lit, 0 to 1; absent for the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub lit_from: Option<f32>,
}

/// A rule of a camera, by its kind and zone as the agent's configuration writes them.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct RuleRef {
    /// The rule's kind, e.g. `illegal_parking`.
    #[schemars(regex(pattern = r"^[a-z0-9_]{1,64}$"))]
    pub rule: String,
    /// The zone it looks at; absent for the whole picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
}

/// Parameters of one rule, named as the agent's configuration names them.
pub type Parameters = BTreeMap<String, Parameter>;

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Parameter {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
    /// A list of words.
    Words(Vec<String>),
}

/// What differs from a rule's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleChange {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleRef,
    /// The parameters that differ.
    pub parameters: Parameters,
}

/// A rule that raises nothing for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mute {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleRef,
    /// Until when; every mute ends, so that no camera is blind because somebody forgot.
    pub until: Timestamp,
}

/// What an agent made of the desired state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// The version it took up.
    pub version: u64,
    /// What it did not take, with the reason; the rest applies. At most 16, the first ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedKey>,
    /// Keys that take effect at its next start. Agents of version 0.1 apply every key at once, and
    /// leave this empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs_restart: Vec<String>,
}

/// A part of the desired state that an agent did not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedKey {
    /// The key's path, e.g. `cameras.cam-1.rules.illegal_parking@kerb.dwell_s`.
    pub key: String,
    /// What is wrong and what to do, a sentence for a person; at most 256 bytes.
    pub reason: String,
}

impl std::fmt::Display for RuleRef {
    /// `illegal_parking@kerb`, or `fire_smoke` for a rule over the whole picture.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.zone {
            Some(zone) => write!(f, "{}@{zone}", self.rule),
            None => f.write_str(&self.rule),
        }
    }
}

impl Desired {
    /// Checks what the type system cannot. Whether a rule or parameter exists is for the agent to
    /// say, which alone knows its configuration.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn validate(&self) -> Result<(), Vec<FieldFault>> {
        let mut faults = Vec::new();
        check_danger_level(self.danger_level, "danger_level", &mut faults);
        if self.cameras.len() > MAX_DESIRED_CAMERAS {
            faults.push(FieldFault::new("cameras", FieldProblem::TooMany));
        }
        for (id, camera) in &self.cameras {
            camera.check(&format!("cameras.{id}"), &mut faults);
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

impl CameraDesired {
    pub(super) fn check(&self, path: &str, faults: &mut Vec<FieldFault>) {
        let zones = self.zones.iter().flatten();
        for (id, corners) in zones {
            check_corners(corners, format!("{path}.zones.{id}"), faults);
        }
        for (index, corners) in self.masks.iter().flatten().enumerate() {
            check_corners(corners, format!("{path}.masks[{index}]"), faults);
        }
        for (id, line) in self.lines.iter().flatten() {
            let inside = |point: &[f32; 2]| point.iter().all(|part| (0.0..=1.0).contains(part));
            if !line.points.iter().chain(&line.towards).all(inside) {
                let field = format!("{path}.lines.{id}");
                faults.push(FieldFault::new(field, FieldProblem::OutsidePicture));
            }
        }
        for (id, lamp) in self.lamps.iter().flatten() {
            let field = format!("{path}.lamps.{id}");
            let lenses = [&lamp.red, &lamp.amber, &lamp.green].into_iter().flatten();
            for corners in lenses.chain([&lamp.lamp]) {
                check_corners(corners, field.clone(), faults);
            }
            if lamp
                .lit_from
                .is_some_and(|least| !(0.0..=1.0).contains(&least))
            {
                let field = format!("{field}.lit_from");
                faults.push(FieldFault::new(field, FieldProblem::OutOfRange));
            }
        }
        let counts = [
            (
                "lines",
                self.lines.as_ref().map_or(0, BTreeMap::len),
                MAX_SHAPES_PER_CAMERA,
            ),
            (
                "lamps",
                self.lamps.as_ref().map_or(0, BTreeMap::len),
                MAX_SHAPES_PER_CAMERA,
            ),
            (
                "zones",
                self.zones.as_ref().map_or(0, BTreeMap::len),
                MAX_SHAPES_PER_CAMERA,
            ),
            (
                "masks",
                self.masks.as_ref().map_or(0, Vec::len),
                MAX_SHAPES_PER_CAMERA,
            ),
            ("rules", self.rules.len(), MAX_RULES_PER_CAMERA),
            ("muted", self.muted.len(), MAX_RULES_PER_CAMERA),
        ];
        for (field, count, most) in counts {
            if count > most {
                faults.push(FieldFault::new(
                    format!("{path}.{field}"),
                    FieldProblem::TooMany,
                ));
            }
        }
        for (index, change) in self.rules.iter().enumerate() {
            let path = format!("{path}.rules[{index}]");
            check_rule(&change.rule, &path, faults);
            check_parameters(&change.parameters, &format!("{path}.parameters"), faults);
            if self.rules.iter().take(index).any(|r| r.rule == change.rule) {
                faults.push(FieldFault::new(path, FieldProblem::Duplicate));
            }
        }
        for (index, mute) in self.muted.iter().enumerate() {
            let path = format!("{path}.muted[{index}]");
            check_rule(&mute.rule, &path, faults);
            if self.muted.iter().take(index).any(|m| m.rule == mute.rule) {
                faults.push(FieldFault::new(path, FieldProblem::Duplicate));
            }
        }
    }
}

pub(super) fn check_danger_level(level: Option<u8>, field: &str, faults: &mut Vec<FieldFault>) {
    if level.is_some_and(|level| !(1..=5).contains(&level)) {
        faults.push(FieldFault::new(field, FieldProblem::OutOfRange));
    }
}

pub(super) fn check_rule(rule: &RuleRef, path: &str, faults: &mut Vec<FieldFault>) {
    if !is_key(&rule.rule) {
        faults.push(FieldFault::new(
            format!("{path}.rule"),
            FieldProblem::BadName,
        ));
    }
}

pub(super) fn check_parameters(parameters: &Parameters, path: &str, faults: &mut Vec<FieldFault>) {
    if parameters.len() > MAX_PARAMETERS {
        faults.push(FieldFault::new(path, FieldProblem::TooMany));
    }
    for (name, value) in parameters {
        if !is_key(name) {
            faults.push(FieldFault::new(path, FieldProblem::BadName));
            continue;
        }
        let problem = match value {
            Parameter::Number(number) if !number.is_finite() => Some(FieldProblem::OutOfRange),
            Parameter::Word(word) if word.len() > MAX_WORD_BYTES => Some(FieldProblem::TooMany),
            Parameter::Words(words)
                if words.len() > MAX_PARAMETER_ITEMS
                    || words.iter().any(|word| word.len() > MAX_WORD_BYTES) =>
            {
                Some(FieldProblem::TooMany)
            }
            _ => None,
        };
        faults.extend(problem.map(|problem| FieldFault::new(format!("{path}.{name}"), problem)));
    }
}

fn check_corners(corners: &[[f32; 2]], field: String, faults: &mut Vec<FieldFault>) {
    if corners.len() > MAX_CORNERS {
        faults.push(FieldFault::new(field, FieldProblem::TooMany));
    } else if let Err(error) = check_polygon(corners) {
        faults.push(FieldFault::new(field, error.into()));
    }
}

/// Names of rules and parameters as configuration files write them.
fn is_key(name: &str) -> bool {
    (1..=MAX_WORD_BYTES).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
