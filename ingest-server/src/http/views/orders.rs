//! Commands and desired state, as the contract writes them; the schemas give them their place in the
//! OpenAPI document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{ClockReferenceWord, ClockTrustWord, CommandStateWord};
use super::{json, time, word};
use crate::http::views::EvidenceView;
use crate::store::entity::{agent_condition, command, derived_copy, evidence};
use crate::store::{StoreError, StoredDesired};

/// What is wanted of an agent, and what it made of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DesiredState)]
pub struct DesiredView {
    /// The version; 0 where nothing was wanted yet. A change names the version it was made from.
    pub version: u64,
    /// What is wanted.
    #[serde(flatten)]
    #[schema(inline)]
    pub state: DesiredBody,
    /// The account that changed it last.
    pub changed_by: Option<String>,
    /// When.
    pub changed_at: Option<Timestamp>,
    /// What the agent made of the version that it knows; `null` before it said.
    pub applied: Option<AppliedView>,
}

/// What is wanted of an agent; what is left out stays as the agent is configured.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DesiredBody {
    /// Forest-fire danger level, 1 to 5.
    #[schema(minimum = 1, maximum = 5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger_level: Option<u8>,
    /// Per camera.
    #[serde(default)]
    pub cameras: BTreeMap<String, CameraDesiredView>,
}

/// A change of what is wanted of an agent.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DesiredRequest {
    /// The version it was made from; 0 for the first.
    pub version: u64,
    /// What is wanted from now on; it replaces everything that was wanted before.
    #[serde(flatten)]
    #[schema(inline)]
    pub state: DesiredBody,
}

/// What is wanted of a camera.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CameraDesired)]
pub struct CameraDesiredView {
    /// Whether its rules run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// All its zones: corners in fractions of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<BTreeMap<String, Vec<[f32; 2]>>>,
    /// All its masks: corners in fractions of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masks: Option<Vec<Vec<[f32; 2]>>>,
    /// All its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<BTreeMap<String, LineDesiredView>>,
    /// Where heads of its configured traffic signals lie, by the signal; those that are not named stay as configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lamps: Option<BTreeMap<String, LampDesiredView>>,
    /// Changed parameters of rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleChangeView>,
    /// Rules that raise nothing for a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub muted: Vec<MuteView>,
}

/// A line that things cross, in fractions of the picture.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LineDesired)]
pub struct LineDesiredView {
    /// Its two ends.
    pub points: Vec<[f32; 2]>,
    /// A point beyond it: who crosses towards it goes forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub towards: Option<[f32; 2]>,
}

/// A signal head in the picture: corners in fractions of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LampDesired)]
pub struct LampDesiredView {
    /// The head, all its lenses.
    pub lamp: Vec<[f32; 2]>,
    /// The red lens, where it is told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red: Option<Vec<[f32; 2]>>,
    /// The amber lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amber: Option<Vec<[f32; 2]>>,
    /// The green lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub green: Option<Vec<[f32; 2]>>,
    /// How strong a colour must be to be lit, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub lit_from: Option<f32>,
}

/// Changed parameters of a rule.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleChange)]
pub struct RuleChangeView {
    /// The rule's kind.
    #[schema(example = "illegal_parking")]
    pub rule: String,
    /// The zone it looks at; absent for the whole picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Parameters as the agent's configuration names them: a boolean, a number, a text or a list
    /// of texts each.
    pub parameters: BTreeMap<String, Value>,
}

/// A rule that raises nothing for a time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Mute)]
pub struct MuteView {
    /// The rule's kind.
    #[schema(example = "illegal_parking")]
    pub rule: String,
    /// The zone it looks at; absent for the whole picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Until when.
    pub until: Timestamp,
}

/// What an agent made of the desired state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Applied)]
pub struct AppliedView {
    /// The version it took up.
    pub version: u64,
    /// What it did not take; the rest applies.
    #[serde(default)]
    pub refused: Vec<RefusedKeyView>,
    /// What takes effect at its next start.
    #[serde(default)]
    pub needs_restart: Vec<String>,
}

/// A part of the desired state that an agent did not take.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RefusedKey)]
pub struct RefusedKeyView {
    /// The key's path.
    #[schema(example = "cameras.cam-1.rules.illegal_parking@kerb.dwell_s")]
    pub key: String,
    /// Why, and what to do, in a sentence (English).
    pub reason: String,
}

/// What is known of an agent's clock.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AgentClock)]
pub struct AgentClockView {
    /// What it was compared with.
    pub reference: ClockReferenceWord,
    /// The agent's clock minus true time in milliseconds.
    pub offset_ms: i64,
    /// By how much that may be wrong, in milliseconds.
    pub uncertainty_ms: u64,
}

impl DesiredView {
    /// What is stored, and what the agent said.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(
        stored: Option<StoredDesired>,
        condition: Option<&agent_condition::Model>,
    ) -> Result<Self, StoreError> {
        let unreadable = |_| StoreError::Unreadable {
            table: "desired",
            column: "state",
        };
        let applied = condition
            .and_then(|condition| condition.applied.as_deref())
            .map(|text| json(text, "agent_conditions", "applied"))
            .transpose()?;
        let Some(stored) = stored else {
            return Ok(Self {
                version: 0,
                state: DesiredBody::default(),
                changed_by: None,
                changed_at: None,
                applied,
            });
        };
        let state = serde_json::to_value(&stored.state).map_err(unreadable)?;
        Ok(Self {
            version: stored.state.version,
            state: serde_json::from_value(state).map_err(unreadable)?,
            changed_by: Some(stored.account),
            changed_at: Some(stored.changed_at),
            applied,
        })
    }
}

/// What an agent is asked to do once.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CommandRequest {
    /// What to do.
    pub action: ActionView,
    /// For how many seconds it may be carried out, 5 to 86400; 60 where absent.
    #[schema(minimum = 5, maximum = 86400)]
    pub lifetime_s: Option<u64>,
}

/// What to do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = CommandAction)]
pub enum ActionView {
    /// A still of now.
    Snapshot {
        /// The camera.
        camera: String,
    },
    /// A clip of the last seconds.
    Clip {
        /// The camera.
        camera: String,
        /// How far back, 1 to 600.
        #[schema(minimum = 1, maximum = 600)]
        seconds: u32,
    },
    /// What a rule would have raised with other parameters.
    Simulate {
        /// The camera.
        camera: String,
        /// The rule's kind.
        rule: String,
        /// The zone it looks at; absent for the whole picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// The parameters that differ.
        #[serde(default)]
        parameters: BTreeMap<String, Value>,
        /// The danger level to suppose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 1, maximum = 5)]
        danger_level: Option<u8>,
        /// All zones to suppose, corners in fractions of the picture; absent for the present ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zones: Option<BTreeMap<String, Vec<[f32; 2]>>>,
        /// All masks to suppose; absent for the present ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        masks: Option<Vec<Vec<[f32; 2]>>>,
        /// How far back, 1 to 21600.
        #[schema(minimum = 1, maximum = 21600)]
        seconds: u32,
    },
}

/// The newest commands of an agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommandList {
    /// Newest first.
    pub items: Vec<CommandView>,
}

/// A command and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Command)]
pub struct CommandView {
    /// Its id.
    pub id: Uuid,
    /// The agent it is for.
    pub agent: String,
    /// The account that gave it.
    pub by: String,
    /// What to do.
    pub action: ActionView,
    /// Where it stands.
    pub state: CommandStateWord,
    /// When it was given.
    pub issued_at: Timestamp,
    /// When it is too late to carry it out.
    pub expires_at: Timestamp,
    /// When it was last handed to the broker.
    pub sent_at: Option<Timestamp>,
    /// When its answer came.
    pub answered_at: Option<Timestamp>,
    /// With `refused`: why, as a word.
    #[schema(example = "no_picture")]
    pub reason: Option<String>,
    /// With `refused` and `failed`: why, in a sentence (English).
    pub message: Option<String>,
    /// What was made.
    pub evidence: Vec<EvidenceView>,
    /// What a simulation counted.
    pub simulation: Option<SimulationView>,
}

/// What a rule would have raised.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Simulation)]
pub struct SimulationView {
    /// The time over which the agent remembers tracks.
    pub over: SpanView,
    /// Pictures in that time.
    pub pictures: u64,
    /// Events with the parameters that were asked for.
    pub events: u32,
    /// Events with the parameters that the rule has now.
    pub events_as_it_is: u32,
    /// When the former would have been, oldest first; at most 64.
    pub intervals: Vec<SpanView>,
    /// What the rule would nearly have raised, and why not, oldest first; at most 64. Few rules hold anything back.
    #[serde(default)]
    pub held_back: Vec<CandidateView>,
}

/// Something that a rule took notice of and would not have raised.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Candidate)]
pub struct CandidateView {
    /// From its first sighting to the picture that decided.
    pub seen: SpanView,
    /// Why it would not have been raised, as a word.
    #[schema(example = "weak")]
    pub reason: String,
    /// What it looks like.
    #[schema(example = "smoke")]
    pub class: String,
    /// The mean score, 0 to 1.
    pub confidence: f32,
}

/// From when to when.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Span)]
pub struct SpanView {
    /// From.
    pub start: Timestamp,
    /// To; absent where it was not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

/// The parts of an answer that are shown.
#[derive(Deserialize)]
struct StoredAnswer {
    outcome: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    simulation: Option<SimulationView>,
}

impl CommandView {
    /// A command's row with the evidence that its answer sealed.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(
        row: command::Model,
        (evidence, copies): (Vec<evidence::Model>, Vec<derived_copy::Model>),
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        const TABLE: &str = "commands";
        let answer: Option<StoredAnswer> = row
            .answer
            .as_deref()
            .map(|text| json(text, TABLE, "answer"))
            .transpose()?;
        let expires_at = time(row.expires_at, TABLE, "expires_at")?;
        let state = match &answer {
            Some(answer) => word(&answer.outcome, TABLE, "answer")?,
            None if expires_at <= now => CommandStateWord::Expired,
            None if row.sent_at.is_some() => CommandStateWord::Sent,
            None => CommandStateWord::Queued,
        };
        let (reason, message, simulation) = answer.map_or((None, None, None), |answer| {
            (answer.reason, answer.message, answer.simulation)
        });
        let place = format!("/api/v1/commands/{}", row.id);
        Ok(Self {
            id: row.id.parse().map_err(|_| StoreError::Unreadable {
                table: TABLE,
                column: "id",
            })?,
            state,
            action: json(&row.action, TABLE, "action")?,
            issued_at: time(row.issued_at, TABLE, "issued_at")?,
            expires_at,
            sent_at: row
                .sent_at
                .map(|at| time(at, TABLE, "sent_at"))
                .transpose()?,
            answered_at: row
                .answered_at
                .map(|at| time(at, TABLE, "answered_at"))
                .transpose()?,
            reason,
            message,
            evidence: evidence
                .into_iter()
                .map(|piece| EvidenceView::new(&place, piece, &copies))
                .collect::<Result<_, _>>()?,
            simulation,
            agent: row.agent,
            by: row.account,
        })
    }
}

/// The clock of an agent, from its condition.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn agent_clock(
    condition: Option<&agent_condition::Model>,
) -> Result<(Option<AgentClockView>, ClockTrustWord), StoreError> {
    const TABLE: &str = "agent_conditions";
    let Some(condition) = condition else {
        return Ok((None, ClockTrustWord::Unknown));
    };
    let clock = condition
        .clock
        .as_deref()
        .map(|text| json(text, TABLE, "clock"))
        .transpose()?;
    Ok((clock, word(&condition.clock_trust, TABLE, "clock_trust")?))
}
