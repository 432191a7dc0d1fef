//! `incidents`: what operators work on: one or more events merged.

use sea_orm::entity::prelude::*;

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
    /// What people decided: `new`, `acknowledged`, `confirmed` or `rejected`.
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
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
    /// How many of its events are not cleared.
    pub open_events: i64,
    /// How many of its events are in their first phase.
    pub raised_events: i64,
    /// The incident it was merged into; then it is left as it stood, and a merge can be undone.
    pub inside: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
