//! Incidents: in a list, in full, and what a decision looks like.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::camera::CameraRef;
use super::casework::UrgencyWord;
use super::citizen::{CitizenReportView, CitizenRows};
use super::evidence::EvidenceView;
use super::merging::{Merging, MergingRows};
use super::orders::AgentClockView;
use super::place::{FixView, NormBoxView, PlaceView};
use super::seal::SealView;
use super::words::{
    CameraPhase, ClockSourceWord, ClockTrustWord, IncidentKind, IncidentState, RejectReasonWord,
    SeverityWord,
};
use super::{json, time, word};
use crate::export::SealStanding;
use crate::incident::crossing::{Crossing, Seen};
use crate::incident::history::Row;
use crate::review::urgency_of;
use crate::store::entity::{derived_copy, event, evidence, incident};
use crate::store::{StoreError, StoredPiece};

/// A decision without a reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// A rejection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// Why.
    pub reason: RejectReasonWord,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// From when to when, by wall clock. Open while `end` is `null`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Interval)]
pub struct IntervalView {
    /// The first moment.
    pub start: Timestamp,
    /// The last moment, once known.
    pub end: Option<Timestamp>,
}

impl IntervalView {
    pub(super) fn new(
        start: i64,
        end: Option<i64>,
        table: &'static str,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            start: time(start, table, "occurred_start")?,
            end: end
                .map(|end| time(end, table, "occurred_end"))
                .transpose()?,
        })
    }
}

/// A page of incidents.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentPage {
    /// Newest first.
    pub items: Vec<IncidentSummary>,
    /// Ask with this for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// An incident in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IncidentSummary {
    /// Its id.
    pub id: Uuid,
    /// A short number for people to say aloud.
    pub number: i64,
    /// What family of event.
    pub kind: IncidentKind,
    /// Which of the family.
    #[schema(example = "illegal_parking")]
    pub detail: String,
    /// The highest of its events.
    pub severity: SeverityWord,
    /// The highest of its events, 0 to 1.
    pub confidence: f64,
    /// What people decided.
    pub state: IncidentState,
    /// What the cameras say; `null` where none speaks of it.
    pub camera_phase: Option<CameraPhase>,
    /// The camera of its first event.
    pub camera: CameraRef,
    /// The zone.
    pub zone: Option<String>,
    /// Where, as well as the camera can tell.
    pub place: Option<PlaceView>,
    /// From when to when.
    pub occurred: IntervalView,
    /// When the server opened it.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// What a decision names. Grows with each decision and each event that joins; not when its
    /// events are revised or their evidence comes: `updated_at` tells that.
    pub version: i64,
    /// The most objects seen at once.
    pub count: Option<i64>,
    /// How many events were merged into it; without any no camera speaks of it, and `camera` names none.
    pub event_count: i64,
    /// How many citizens' reports belong to it.
    pub citizen_count: u32,
    /// How many report revisions it was made of.
    pub report_count: i64,
    /// What stands beside the state: a reason, an outcome, a day.
    pub state_detail: Option<String>,
    /// How urgent it is.
    pub urgency: UrgencyWord,
    /// The unit that answers for it; absent before it is routed.
    pub lead_unit: Option<String>,
    /// When the stage ends that ends first.
    pub due_at: Option<Timestamp>,
    /// Which stage that is.
    pub due_stage: Option<String>,
    /// Who holds it, while they do.
    pub claimed_by: Option<String>,
    /// Until when it is set aside.
    pub shelved_until: Option<Timestamp>,
    /// A still that can be shown, with boxes drawn in where there is one.
    pub still: Option<Uuid>,
    /// A clip that can be played.
    pub clip: Option<Uuid>,
}

/// An incident in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentDetail {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: IncidentSummary,
    /// Why it was rejected.
    pub rejected_reason: Option<RejectReasonWord>,
    /// Where the bearings of its cameras cross, where they do.
    pub fix: Option<FixView>,
    /// Its events, oldest first.
    pub events: Vec<EventView>,
    /// The evidence of its events.
    pub evidence: Vec<EvidenceView>,
    /// The seals of its events, in the order of the events.
    pub seals: Vec<SealView>,
    /// How its reports came together, and what is suggested.
    pub merging: Merging,
    /// What citizens told of it, oldest first; at most 200. Who they are stands elsewhere.
    pub citizen_reports: Vec<CitizenReportView>,
    /// Who did what, oldest first.
    pub history: Vec<HistoryView>,
}

impl IncidentDetail {
    /// Covers what people read on number plates, for whoever may not unmask.
    pub(in crate::http) fn mask_plates(&mut self) {
        for plate in self.seals.iter_mut().filter_map(|seal| seal.plate.as_mut()) {
            *plate = masked(plate);
        }
        let typed = self
            .history
            .iter_mut()
            .filter(|entry| entry.action == "plate");
        for note in typed.filter_map(|entry| entry.note.as_mut()) {
            *note = masked(note);
        }
        for report in &mut self.citizen_reports {
            if let Some(plate) = report.attributes.get_mut("plate") {
                *plate = serde_json::Value::Null;
            }
        }
    }
}

/// A plate of which the series stays, so that people can say which they mean, and no vehicle is told.
fn masked(plate: &str) -> String {
    plate
        .chars()
        .enumerate()
        .map(|(at, c)| {
            if at >= 3 && c.is_alphanumeric() {
                '•'
            } else {
                c
            }
        })
        .collect()
}

/// One event of an incident, as its highest revision tells it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentEvent)]
pub struct EventView {
    /// Its id.
    pub event_id: Uuid,
    /// The revision.
    pub revision: i64,
    /// Where it stands.
    pub phase: CameraPhase,
    /// How sure the rule is, 0 to 1.
    pub confidence: f64,
    /// From when to when.
    pub occurred: IntervalView,
    /// The tracks that took part.
    pub tracks: Vec<TrackView>,
    /// The model that saw it.
    pub model: Option<ModelView>,
    /// The rule's name and version.
    #[schema(example = "stray_cattle/1")]
    pub rule_version: String,
    /// How far the times can be trusted.
    pub clock: ClockView,
    /// How those who took part moved; absent where nobody could tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moving: Option<MovingView>,
}

/// How those who took part in an event moved when it was last told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Moving)]
pub struct MovingView {
    /// How fast each was over the ground. No meter that an authority verified.
    pub speeds: Vec<SpeedView>,
    /// Which way they went together.
    #[serde(default)]
    pub heading: Option<HeadingView>,
}

/// How fast a track was over the ground.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TrackSpeed)]
pub struct SpeedView {
    /// The track's number.
    pub track: u64,
    /// Kilometres an hour.
    pub kmh: f32,
    /// One standard deviation.
    pub uncertainty_kmh: f32,
}

/// Which way something moves, in degrees clockwise.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = Heading)]
pub enum HeadingView {
    /// Over the ground.
    Ground {
        /// From true north.
        degrees: f64,
        /// One standard deviation.
        uncertainty_deg: f64,
    },
    /// In the picture.
    Picture {
        /// From its upper edge.
        degrees: f64,
        /// One standard deviation.
        uncertainty_deg: f64,
    },
}

/// A track in brief.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Track)]
pub struct TrackView {
    /// Its number within its camera and agent run.
    pub id: u64,
    /// The class the model gave it.
    pub class: String,
    /// The best score, 0 to 1.
    pub score: f32,
    /// Where it was, oldest first.
    pub boxes: Vec<NormBoxView>,
}

/// Which model.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Model)]
pub struct ModelView {
    /// Its name in the catalogue.
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

/// How far times can be trusted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Clock)]
pub struct ClockView {
    /// Whose clock.
    pub source: ClockSourceWord,
    /// The camera's clock minus the agent's in milliseconds; `null` when unknown.
    #[serde(default)]
    pub offset_ms: Option<i64>,
    /// The agent's clock against true time; `null` when unknown.
    #[serde(default)]
    pub agent: Option<AgentClockView>,
    /// What to think of the times.
    #[serde(default = "unknown")]
    pub trust: ClockTrustWord,
}

const fn unknown() -> ClockTrustWord {
    ClockTrustWord::Unknown
}

/// One thing that happened to an incident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub struct HistoryView {
    /// When.
    pub at: Timestamp,
    /// Who: a user name, or `camera`.
    pub actor: String,
    /// What: `open`, `link`, `clear`, `resume`; a step's action; `undo`; `claim` (from another's hands), `shelve`,
    /// `unshelve`, `pause`, `go_on`, `set_urgency`, `complaint`, `call_due`, `call_made`, `deadline_warned`,
    /// `deadline_missed`, `review_due`; `merge`, `take_in`, `split`, `split_off`, `undo_merge`.
    pub action: String,
    /// The state before, where it changed.
    pub from: Option<IncidentState>,
    /// The state after, where it changed.
    pub to: Option<IncidentState>,
    /// Why, as a word.
    pub reason: Option<String>,
    /// Why, in the person's own words.
    pub note: Option<String>,
}

const INCIDENTS: &str = "incidents";

/// A page of these rows; the next one begins before `next`.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn page(
    rows: Vec<incident::Model>,
    next: Option<i64>,
    pieces: &[StoredPiece],
) -> Result<IncidentPage, StoreError> {
    let items = rows
        .into_iter()
        .map(|row| summary(row, pieces))
        .collect::<Result<_, _>>()?;
    Ok(IncidentPage {
        items,
        next_cursor: next.map(|number| number.to_string()),
    })
}

/// An incident as a list shows it. `pieces` may hold other incidents' as well.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn summary(
    row: incident::Model,
    pieces: &[StoredPiece],
) -> Result<IncidentSummary, StoreError> {
    let mine = |kind: &str| {
        pieces
            .iter()
            .find(|piece| piece.incident_id == row.id && piece.kind == kind)
            .and_then(|piece| piece.id.parse().ok())
    };
    let now = Timestamp::now().as_microsecond();
    let citizen_count = crate::store::told_of_row(&row)?.map_or(0, |told| told.reports);
    Ok(IncidentSummary {
        urgency: urgency_of(&row).into(),
        due_at: row
            .due_at
            .map(|at| time(at, INCIDENTS, "due_at"))
            .transpose()?,
        claimed_by: row
            .claimed_by
            .filter(|_| row.claimed_until.is_some_and(|until| now < until)),
        shelved_until: row
            .shelved_until
            .filter(|until| now < *until)
            .map(|at| time(at, INCIDENTS, "shelved_until"))
            .transpose()?,
        state_detail: row.state_detail,
        lead_unit: row.lead_unit,
        due_stage: row.due_stage,
        still: mine("still_overlay")
            .or_else(|| mine("still"))
            .or_else(|| mine("preview")),
        clip: mine("clip"),
        id: uuid(&row.id, INCIDENTS, "id")?,
        number: row.number,
        kind: word(&row.kind, INCIDENTS, "kind")?,
        severity: word(&row.severity, INCIDENTS, "severity")?,
        confidence: round(row.confidence),
        state: word(&row.state, INCIDENTS, "state")?,
        camera_phase: (row.event_count > 0)
            .then(|| word(&row.camera_phase, INCIDENTS, "camera_phase"))
            .transpose()?,
        place: row
            .place
            .as_deref()
            .map(|text| json(text, INCIDENTS, "place"))
            .transpose()?,
        occurred: IntervalView::new(row.occurred_start, row.occurred_end, INCIDENTS)?,
        created_at: time(row.created_at, INCIDENTS, "created_at")?,
        updated_at: time(row.updated_at, INCIDENTS, "updated_at")?,
        camera: CameraRef {
            agent: row.agent,
            id: row.camera,
            name: row.camera_name,
        },
        detail: row.detail,
        zone: row.zone,
        version: row.version,
        count: row.count,
        citizen_count,
        event_count: row.event_count,
        report_count: row.report_count,
    })
}

/// An incident in full.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn detail(
    row: incident::Model,
    events: Vec<event::Model>,
    (evidence, copies): (Vec<evidence::Model>, Vec<derived_copy::Model>),
    history: Vec<(Row, String)>,
    seals: Vec<SealStanding>,
    (merging, citizens): (MergingRows, CitizenRows),
) -> Result<IncidentDetail, StoreError> {
    let merging = merging.view(&row)?;
    let incident = row.id.clone();
    let place = format!("/api/v1/incidents/{incident}");
    let pieces: Vec<StoredPiece> = evidence
        .iter()
        .filter(|piece| piece.state == "stored")
        .map(|piece| StoredPiece {
            incident_id: incident.clone(),
            id: piece.id.clone(),
            kind: piece.kind.clone(),
        })
        .collect();
    Ok(IncidentDetail {
        rejected_reason: row
            .rejected_reason
            .as_deref()
            .map(|text| word(text, INCIDENTS, "rejected_reason"))
            .transpose()?,
        summary: summary(row, &pieces)?,
        fix: fix_of(&events)?,
        merging,
        citizen_reports: citizens.views()?,
        events: events
            .into_iter()
            .map(event_view)
            .collect::<Result<_, _>>()?,
        evidence: evidence
            .into_iter()
            .map(|piece| EvidenceView::new(&place, piece, &copies))
            .collect::<Result<_, _>>()?,
        seals: seals
            .into_iter()
            .map(|standing| SealView::new(&incident, standing))
            .collect::<Result<_, _>>()?,
        history: history
            .into_iter()
            .map(|(row, _)| history_view(row))
            .collect::<Result<_, _>>()?,
    })
}

/// Where the bearings of these events cross.
fn fix_of(events: &[event::Model]) -> Result<Option<FixView>, StoreError> {
    const TABLE: &str = "events";
    let mut seen = Vec::new();
    for event in events {
        let place = event.place.as_deref();
        let place = place.map(|text| json(text, TABLE, "place")).transpose()?;
        let Some(contract::v1::Place::Bearing(bearing)) = place else {
            continue;
        };
        let event_id = event.event_id.parse();
        seen.push(Seen {
            start: time(event.occurred_start, TABLE, "occurred_start")?,
            event_id: event_id.map_err(|_| StoreError::Unreadable {
                table: TABLE,
                column: "event_id",
            })?,
            bearing,
        });
    }
    Ok(Crossing::of(seen).map(|crossing| FixView::new(&crossing)))
}

fn event_view(row: event::Model) -> Result<EventView, StoreError> {
    const TABLE: &str = "events";
    Ok(EventView {
        event_id: uuid(&row.event_id, TABLE, "event_id")?,
        revision: row.revision,
        phase: word(&row.phase, TABLE, "phase")?,
        confidence: round(row.confidence),
        occurred: IntervalView::new(row.occurred_start, row.occurred_end, TABLE)?,
        tracks: json(&row.tracks, TABLE, "tracks")?,
        model: row
            .model
            .as_deref()
            .map(|text| json(text, TABLE, "model"))
            .transpose()?,
        rule_version: row.rule_version,
        clock: json(&row.clock, TABLE, "clock")?,
        moving: row
            .moving
            .as_deref()
            .map(|text| json(text, TABLE, "moving"))
            .transpose()?,
    })
}

fn history_view(row: Row) -> Result<HistoryView, StoreError> {
    const TABLE: &str = "incident_history";
    let state = |text: Option<String>, column| {
        text.as_deref()
            .map(|text| word(text, TABLE, column))
            .transpose()
    };
    Ok(HistoryView {
        at: row.at,
        actor: row.actor,
        action: row.action,
        from: state(row.from, "from_state")?,
        to: state(row.to, "to_state")?,
        reason: row.reason,
        note: row.note,
    })
}

/// What was 0.9 as an `f32` is 0.8999999761581421 as an `f64`; four digits are what a score has.
fn round(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}

pub(super) fn uuid(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|_| StoreError::Unreadable { table, column })
}
