//! Cameras and agents.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::orders::{AgentClockView, agent_clock};
use super::place::PlaceView;
use super::words::{CameraReason, CameraStateWord, ClockTrustWord, LivenessWord, PoseStateWord};
use super::{json, time, word};
use crate::store::StoreError;
use crate::store::entity::{agent, agent_condition, camera};

/// Which camera.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CameraRef {
    /// Its agent.
    pub agent: String,
    /// Its id within the agent.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
}

/// Every camera that is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct CameraList {
    /// By agent and id.
    pub items: Vec<CameraView>,
}

/// A camera and how it does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Camera)]
pub struct CameraView {
    /// Its agent.
    pub agent: String,
    /// Its id within the agent.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// What its supervisor is doing; `null` where it never said. Believe it only while the agent
    /// is online.
    pub state: Option<CameraStateWord>,
    /// Why it is not running.
    pub reason: Option<CameraReason>,
    /// Since when it is in this state.
    pub since: Option<Timestamp>,
    /// When the last access unit came.
    pub last_picture: Option<Timestamp>,
    /// The pose it was last told of; `null` for a fixed camera.
    pub pose: Option<String>,
    /// Whether it stands in that pose; `null` for a fixed camera.
    pub pose_state: Option<PoseStateWord>,
    /// Where it, or what it sees, is.
    pub place: Option<PlaceView>,
    /// What it did since its agent started.
    pub counters: Option<CameraCountersView>,
    /// Whether its agent is there.
    pub agent_liveness: LivenessWord,
}

/// What a camera did since its agent started.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = CameraCounters)]
pub struct CameraCountersView {
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

/// What is shown of the stored status; the rest has its own columns.
#[derive(Deserialize)]
struct StoredStatus {
    counters: CameraCountersView,
    #[serde(default)]
    pose: Option<String>,
    #[serde(default)]
    pose_state: Option<String>,
}

impl CameraList {
    /// Rows of cameras, with the liveness of their agents.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(cameras: Vec<camera::Model>, agents: &[agent::Model]) -> Result<Self, StoreError> {
        let liveness = agents
            .iter()
            .map(|agent| {
                Ok((
                    agent.id.as_str(),
                    word(&agent.liveness, "agents", "liveness")?,
                ))
            })
            .collect::<Result<HashMap<&str, LivenessWord>, StoreError>>()?;
        let items = cameras
            .into_iter()
            .map(|row| {
                let online = liveness.get(row.agent.as_str()).copied();
                CameraView::new(row, online.unwrap_or(LivenessWord::Offline))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { items })
    }
}

impl CameraView {
    fn new(row: camera::Model, agent_liveness: LivenessWord) -> Result<Self, StoreError> {
        const TABLE: &str = "cameras";
        let status: Option<StoredStatus> = row
            .status
            .as_deref()
            .map(|text| json(text, TABLE, "status"))
            .transpose()?;
        let (counters, pose, pose_state) = match status {
            Some(status) => (Some(status.counters), status.pose, status.pose_state),
            None => (None, None, None),
        };
        let pose_state = pose_state
            .map(|text| word(&text, TABLE, "status"))
            .transpose()?;
        Ok(Self {
            pose,
            pose_state,
            state: row
                .state
                .as_deref()
                .map(|text| word(text, TABLE, "state"))
                .transpose()?,
            reason: row
                .reason
                .as_deref()
                .map(|text| word(text, TABLE, "reason"))
                .transpose()?,
            since: row.since.map(|at| time(at, TABLE, "since")).transpose()?,
            last_picture: row
                .last_picture
                .map(|at| time(at, TABLE, "last_picture"))
                .transpose()?,
            place: row
                .place
                .as_deref()
                .map(|text| json(text, TABLE, "place"))
                .transpose()?,
            counters,
            agent: row.agent,
            id: row.id,
            name: row.name,
            agent_liveness,
        })
    }
}

/// Every agent that ever enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentList {
    /// By name.
    pub items: Vec<AgentView>,
}

/// An agent and how it does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
pub struct AgentView {
    /// Its name.
    pub id: String,
    /// Whether it is there.
    pub liveness: LivenessWord,
    /// Since when.
    pub since: Timestamp,
    /// The program's version.
    pub version: String,
    /// When it enrolled last.
    pub enrolled_at: Timestamp,
    /// Since when it may do nothing.
    pub revoked_at: Option<Timestamp>,
    /// Its clock against true time; `null` when unknown.
    pub clock: Option<AgentClockView>,
    /// What it thinks of its clock.
    pub clock_trust: ClockTrustWord,
    /// The version of the desired state that it applied; `null` before the first.
    pub desired_applied: Option<u64>,
}

/// Of what an agent applied, a list shows the version alone.
#[derive(Deserialize)]
struct AppliedVersion {
    version: u64,
}

impl AgentView {
    /// An agent, and what it last said of itself.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(
        row: agent::Model,
        condition: Option<&agent_condition::Model>,
    ) -> Result<Self, StoreError> {
        const TABLE: &str = "agents";
        let (clock, clock_trust) = agent_clock(condition)?;
        let applied: Option<AppliedVersion> = condition
            .and_then(|condition| condition.applied.as_deref())
            .map(|text| json(text, "agent_conditions", "applied"))
            .transpose()?;
        Ok(Self {
            liveness: word(&row.liveness, TABLE, "liveness")?,
            since: time(row.since, TABLE, "since")?,
            enrolled_at: time(row.enrolled_at, TABLE, "enrolled_at")?,
            revoked_at: row
                .revoked_at
                .map(|at| time(at, TABLE, "revoked_at"))
                .transpose()?,
            id: row.id,
            version: row.version,
            clock,
            clock_trust,
            desired_applied: applied.map(|applied| applied.version),
        })
    }
}
