//! `incidents`: what operators work on: one or more events merged.

use casework::lifecycle::{OpenedBy, State};
use casework::routing::Source;
use jiff::Timestamp;
use sea_orm::entity::prelude::*;

use crate::incident::IncidentId;

/// What stands for an urgency that nobody has set and no policy been asked for: as good as normal.
pub const UNSET: &str = "unset";

/// One row of `incidents`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incidents")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// A short number for people to say aloud; unique, counts from 1.
    pub number: i64,
    /// `Kind` on the wire.
    pub kind: String,
    /// Which of the kind.
    pub detail: String,
    /// The highest severity of its events.
    pub severity: String,
    /// The highest confidence of its events, 0 to 1.
    pub confidence: f64,
    /// What people decided: the word of a `casework::lifecycle::State`.
    pub state: String,
    /// What the camera says: `raised`, `updated` or `cleared` (all its events are).
    pub camera_phase: String,
    /// The agent of its first event.
    pub agent: String,
    /// The camera of its first event.
    pub camera: String,
    /// That camera's name for people.
    pub camera_name: Option<String>,
    /// The zone of its first event.
    pub zone: Option<String>,
    /// JSON of the contract's `Place`.
    pub place: Option<String>,
    /// First moment of its events, microseconds UTC.
    pub occurred_start: i64,
    /// Last moment, once every event has ended.
    pub occurred_end: Option<i64>,
    /// When the incident was opened, microseconds UTC.
    pub created_at: i64,
    /// When it last changed, microseconds UTC.
    pub updated_at: i64,
    /// Grows by one with each decision and each event that joins; a verb on an older version is refused.
    pub version: i64,
    /// The most objects seen at once.
    pub count: Option<i64>,
    /// How many events were merged into it.
    pub event_count: i64,
    /// How many report revisions it was made of.
    pub report_count: i64,
    /// Why it was rejected; the same as `state_detail` then, for the release before that column.
    pub rejected_reason: Option<String>,
    /// How many of its events are not cleared.
    pub open_events: i64,
    /// How many of its events are in their first phase.
    pub raised_events: i64,
    /// The incident it was merged into; then it is left as it stood, and a merge can be undone.
    pub inside: Option<String>,
    /// What stands beside the state: a reason, an outcome, a day.
    pub state_detail: Option<String>,
    /// Whose word opened it: `camera` or `reporter`.
    pub opened_by: String,
    /// By what way it came first: `camera`, `citizen`, `staff`, `open311`.
    pub source: String,
    /// The unit that answers for it, once it is routed.
    pub lead_unit: Option<String>,
    /// JSON list of the units that help.
    pub supporting: String,
    /// When the answer that stands was published, microseconds UTC.
    pub published_at: Option<i64>,
    /// How often it was reopened.
    pub reopened: i64,
    /// The unit that a citizen complains of: it never sees the incident.
    pub complained_of: Option<String>,
    /// `normal` or `urgent`; [`UNSET`] until the policy was asked.
    pub urgency: String,
    /// Who holds it; meaningless after `claimed_until`.
    pub claimed_by: Option<String>,
    /// When the claim ends, microseconds UTC.
    pub claimed_until: Option<i64>,
    /// Who set it aside.
    pub shelved_by: Option<String>,
    /// Until when it is set aside, microseconds UTC.
    pub shelved_until: Option<i64>,
    /// Why, in their own words.
    pub shelved_why: Option<String>,
    /// The day of review that was told, `YYYY-MM-DD`.
    pub review_told: Option<String>,
    /// When a server must look at it again, microseconds UTC; also for how long one holds it to do so. 0 where it
    /// is older than its clocks. None where nothing happens by itself.
    pub clock_at: Option<i64>,
    /// When the stage ends that ends first, microseconds UTC.
    pub due_at: Option<i64>,
    /// Which stage that is.
    pub due_stage: Option<String>,
    /// JSON of what citizens say of it together; none where no citizen does.
    pub told: Option<String>,
}

impl Model {
    /// An incident that was just opened and of which nothing is known yet: whoever opens it fills in what it is,
    /// gives it a number, and sums its events up.
    #[must_use]
    pub fn opened(id: IncidentId, by: OpenedBy, source: Source, now: Timestamp) -> Self {
        let now = now.as_microsecond();
        Self {
            id: id.to_string(),
            number: 0,
            kind: String::new(),
            detail: String::new(),
            severity: String::new(),
            confidence: 0.0,
            state: State::New.as_str().to_owned(),
            camera_phase: String::new(),
            agent: String::new(),
            camera: String::new(),
            camera_name: None,
            zone: None,
            place: None,
            occurred_start: now,
            occurred_end: None,
            created_at: now,
            updated_at: now,
            version: 1,
            count: None,
            event_count: 0,
            report_count: 0,
            rejected_reason: None,
            open_events: 0,
            raised_events: 0,
            inside: None,
            state_detail: None,
            opened_by: by.as_str().to_owned(),
            source: source.as_str().to_owned(),
            lead_unit: None,
            supporting: "[]".to_owned(),
            published_at: None,
            reopened: 0,
            complained_of: None,
            urgency: UNSET.to_owned(),
            claimed_by: None,
            claimed_until: None,
            shelved_by: None,
            shelved_until: None,
            shelved_why: None,
            review_told: None,
            clock_at: Some(now),
            due_at: None,
            due_stage: None,
            told: None,
        }
    }
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
