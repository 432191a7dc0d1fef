//! What agents say of themselves and their cameras. Retained: a newcomer learns it at once.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desired::Applied;
use super::ids::{AgentId, CameraId};
use super::report::{AgentClock, ClockTrust};

/// Whether an agent is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// It is connected.
    Online,
    /// It said good-bye, or its last will spoke for it.
    Offline,
}

/// Liveness of one agent; the last will is this with `offline`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentStatus {
    /// The agent.
    pub agent: AgentId,
    /// Whether it is there.
    pub liveness: Liveness,
    /// The program's version.
    pub version: String,
    /// Since when; of the start of the process for a last will.
    pub since: Timestamp,
    /// What it made of the desired state; absent while it has none, and in a last will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    /// Its clock against true time; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<AgentClock>,
    /// What it thinks of its clock; absent when unknown.
    #[serde(default, skip_serializing_if = "ClockTrust::is_unknown")]
    pub clock_trust: ClockTrust,
}

/// What a camera's supervisor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// The first connection is under way.
    Connecting,
    /// Pictures arrive and are analysed.
    Running,
    /// Waiting to try again; the reason says why.
    Retrying,
    /// Stopped on purpose.
    Stopped,
}

/// Why a camera is not running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraStatusReason {
    /// No connection could be made.
    Unreachable,
    /// User or password was refused.
    Unauthorized,
    /// The camera knows the user and does not let them see this stream.
    Forbidden,
    /// The camera's certificate is not trusted.
    Untrusted,
    /// The camera already serves as many as it can.
    Busy,
    /// The stream's path is unknown to the camera.
    NotFound,
    /// The stream's codec is not supported.
    UnsupportedCodec,
    /// Connected, but nothing came for too long.
    Stalled,
    /// Connected, but nothing comes over UDP.
    UdpBlocked,
    /// Pictures come, but none that decoding can begin with.
    NoKeyframe,
    /// The pictures are of no size, or larger than the agent handles.
    PictureSize,
    /// The camera ended the stream.
    EndOfStream,
    /// The stream cannot be decoded.
    Undecodable,
    /// The camera is watched; its main stream, from which evidence is cut, is away.
    MainStreamLost,
    /// Anything else; the agent's log has the cause.
    Failed,
}

impl CameraStatusReason {
    /// The word on the wire, and the label of the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Untrusted => "untrusted",
            Self::Busy => "busy",
            Self::NotFound => "not_found",
            Self::UnsupportedCodec => "unsupported_codec",
            Self::Stalled => "stalled",
            Self::UdpBlocked => "udp_blocked",
            Self::NoKeyframe => "no_keyframe",
            Self::PictureSize => "picture_size",
            Self::EndOfStream => "end_of_stream",
            Self::Undecodable => "undecodable",
            Self::MainStreamLost => "main_stream_lost",
            Self::Failed => "failed",
        }
    }
}

/// What a camera did since the agent started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraCounters {
    /// Access units received.
    pub received: u64,
    /// Pictures decoded.
    pub decoded: u64,
    /// Pictures analysed by a model.
    pub analysed: u64,
    /// Pictures dropped because the model was busy.
    pub dropped: u64,
    /// Times the connection was made again.
    pub reconnects: u64,
}

/// Why all pictures of a camera are decoded that its analysis needs, not only keyframes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WakeReason {
    /// The configuration says so.
    Off,
    /// The connection is young.
    Learning,
    /// Something changed in a part of the picture.
    Change,
    /// The whole picture changed.
    WholePicture,
    /// Keyframes come too rarely for the shortest event that a rule must not miss.
    KeyframesTooRare,
    /// An event is open.
    Event,
    /// Something that a rule may count is tracked.
    Track,
    /// Something that a rule may count is seen.
    Hit,
}

/// How a camera's activity gate stands, and stood since the agent started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateStatus {
    /// Why it is open; absent while keyframes are enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awake: Option<WakeReason>,
    /// Seconds of the stream in which it was open,
    pub awake_s: u64,
    /// of so many.
    pub watched_s: u64,
}

/// Where a camera that turns stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoseStatus {
    /// In the pose that is named.
    Standing,
    /// On its way; its rules abstain.
    Turning,
    /// Nobody says where it looks; its rules abstain.
    Unknown,
}

/// The state of one camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraStatus {
    /// The agent.
    pub agent: AgentId,
    /// The camera.
    pub camera: CameraId,
    /// The camera's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What its supervisor is doing.
    pub state: CameraState,
    /// Why it is not running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CameraStatusReason>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When the last access unit came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_picture: Option<Timestamp>,
    /// The pose; absent for a fixed camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
    /// Whether a camera that turns stands in that pose; absent for a fixed camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose_state: Option<PoseStatus>,
    /// Its activity gate; absent where the agent does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateStatus>,
    /// What it did.
    pub counters: CameraCounters,
}
