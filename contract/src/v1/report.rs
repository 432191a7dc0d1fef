//! An [`AutoReport`]: one revision of one event that a camera's rule saw. Its ranges and lengths are
//! checked in `validity.rs`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::ids::{AgentId, CameraId, EventId, EvidenceId, ZoneId};
use super::place::{Heading, Place};

/// What family of event this is; `AutoReport::detail` says which of the family.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Smoke or flame.
    FireSmoke,
    /// Goods, stalls, vehicles or people occupy a pavement.
    Encroachment,
    /// A traffic rule was broken; the detail says which.
    TrafficViolation,
    /// Cattle on the carriageway.
    StrayCattle,
    /// The camera does not see.
    CameraHealth,
}

impl Kind {
    /// Every kind, in the order of the wire's documentation.
    pub const ALL: [Self; 5] = [
        Self::FireSmoke,
        Self::Encroachment,
        Self::TrafficViolation,
        Self::StrayCattle,
        Self::CameraHealth,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FireSmoke => "fire_smoke",
            Self::Encroachment => "encroachment",
            Self::TrafficViolation => "traffic_violation",
            Self::StrayCattle => "stray_cattle",
            Self::CameraHealth => "camera_health",
        }
    }
}

/// Where an event stands in its life, as the camera sees it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It began.
    Raised,
    /// It goes on, or more is known of it.
    Updated,
    /// It is over.
    Cleared,
}

/// How much it matters if nobody looks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Can wait for days.
    Low,
    /// Should be seen today.
    Medium,
    /// Should be seen now.
    High,
    /// Lives or forest are at risk.
    Critical,
}

/// From when to when, by wall clock. Open while `end` is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The first moment.
    pub start: Timestamp,
    /// The last moment, once known; not before `start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

/// Whose clock the times come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The camera's own, from its RTCP sender reports.
    Camera,
    /// The agent's, at arrival.
    Agent,
}

/// What an agent compares its own clock with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockReference {
    /// The machine's chronyd.
    Chrony,
    /// The machine's systemd-timesyncd.
    Timesyncd,
    /// The agent's own exchange with a time server.
    Sntp,
}

/// What is known of an agent's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentClock {
    /// What it was compared with.
    pub reference: ClockReference,
    /// The agent's clock minus true time in milliseconds, at the last comparison.
    pub offset_ms: i64,
    /// By how much the offset may be wrong, either way, in milliseconds; at least 1.
    pub uncertainty_ms: u64,
}

/// What to think of the times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    /// Nobody compared the clock with another: neither good nor bad.
    #[default]
    Unknown,
    /// Compared, and within the agent's bound.
    Trusted,
    /// The agent's clock is off by more than its bound.
    AgentOff,
    /// The camera's clock is off by more than the agent's bound.
    CameraOff,
    /// The agent's clock was set while the event went on, or shortly before.
    Stepped,
}

impl ClockTrust {
    /// Whether nobody compared the clock with another.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The word on the wire, and the label of the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Trusted => "trusted",
            Self::AgentOff => "agent_off",
            Self::CameraOff => "camera_off",
            Self::Stepped => "stepped",
        }
    }
}

/// How far the times can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Whose clock.
    pub source: ClockSource,
    /// The camera's clock minus the agent's in milliseconds; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
    /// The agent's clock against true time; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentClock>,
    /// What to think of the times; absent when unknown.
    #[serde(default, skip_serializing_if = "ClockTrust::is_unknown")]
    pub trust: ClockTrust,
}

/// A box in fractions of the picture: origin top left, all of it inside 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NormBox {
    /// Left edge, 0 to 1.
    pub x: f32,
    /// Top edge, 0 to 1.
    pub y: f32,
    /// Width, 0 to 1.
    pub w: f32,
    /// Height, 0 to 1.
    pub h: f32,
}

/// One track that took part in the event, in brief.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackBrief {
    /// The track's number within its camera and agent run.
    pub id: u64,
    /// The class the model gave it, e.g. `cow`; 1 to 64 bytes.
    pub class: String,
    /// The best score the model gave it, 0 to 1.
    pub score: f32,
    /// Where it was, oldest first; at most 16 boxes, the last is the newest.
    pub boxes: Vec<NormBox>,
}

/// How fast a track moved over the ground.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackSpeed {
    /// The track's number.
    pub track: u64,
    /// Kilometres an hour; 0 or more.
    #[schemars(range(min = 0.0))]
    pub kmh: f32,
    /// One standard deviation, in kilometres an hour; more than 0.
    #[schemars(range(min = 0.0))]
    pub uncertainty_kmh: f32,
}

/// Which model saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelRef {
    /// Its name in the catalogue; 1 to 64 bytes.
    pub name: String,
    /// SHA-256 of its file, 64 lower-case hexadecimal digits.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
}

/// One of the three moments that a red-light file must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// When, by the report's clock.
    pub at: Timestamp,
    /// The still that shows it; absent where none exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<EvidenceId>,
}

/// The three moments of a red-light violation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedLightMoments {
    /// The vehicle stands or drives before the stop line while the lamp is red.
    pub before: Moment,
    /// The vehicle is on the line.
    pub crossing: Moment,
    /// The vehicle is beyond the line, and the lamp is still red.
    pub after: Moment,
}

/// What a decision rests on: fixed when the event is raised, the same in every later revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Basis {
    /// The time of the picture that decided.
    pub decided_at: Timestamp,
    /// SHA-256 of the configuration in force, 64 lower-case hexadecimal digits.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub config_version: String,
    /// SHA-256 of the zone's corners, where the rule has a zone; 64 lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub zone_version: Option<String>,
    /// The version of the camera's calibration; absent where it has none. At most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_version: Option<String>,
    /// The code of the offence that the operator of this site *proposes* for such events, as the
    /// configuration says it; at most 64 bytes. Whether it is one is for the authority to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_offence: Option<String>,
    /// The three moments; only a red-light violation has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_light: Option<RedLightMoments>,
}

/// One revision of one event. `(event_id, revision)` is the idempotency key everywhere.
///
/// Unknown fields are accepted, so that a newer agent can speak to an older server; the exact bytes
/// are what is signed and stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutoReport {
    /// The event.
    pub event_id: EventId,
    /// Counts from 1; a higher revision replaces a lower one, in whatever order they arrive.
    #[schemars(range(min = 1))]
    pub revision: u32,
    /// Where the event stands.
    pub phase: Phase,
    /// The family of event.
    pub kind: Kind,
    /// Which of the family, e.g. `illegal_parking`; at most 64 bytes.
    pub detail: String,
    /// How sure the rule is, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f32,
    /// How much it matters.
    pub severity: Severity,
    /// From when to when.
    pub occurred: Interval,
    /// How far those times can be trusted.
    pub clock: Clock,
    /// Where, as well as the camera can tell; absent when it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The agent that speaks.
    pub agent: AgentId,
    /// The camera that saw it.
    pub camera: CameraId,
    /// The camera's name for people; at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera_name: Option<String>,
    /// The pose the camera was in; absent for a fixed camera; 1 to 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
    /// The zone it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// The tracks that took part; at most 64.
    #[serde(default)]
    pub tracks: Vec<TrackBrief>,
    /// How fast they moved when the event was last told, where the camera is calibrated; at most 64. Not
    /// measured for a fine: no meter that an authority verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speeds: Vec<TrackSpeed>,
    /// Which way those who took part went when it was last told, taken together: the heading of a herd. Absent where
    /// they stood, or went apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<Heading>,
    /// The most objects seen at once (a herd is counted once).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The model, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// The rule's name and version, e.g. `stray_cattle/1`; 1 to 64 bytes.
    pub rule_version: String,
    /// What the decision rests on; absent from agents that do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// What proves it; at most 32 entries, each id once.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}
