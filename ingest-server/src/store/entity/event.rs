//! `events`: one row an event: the facts of its highest revision, whatever the order of arrival.

use sea_orm::entity::prelude::*;

/// One row of `events`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// The event (`EventId`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// The agent that speaks of it; fixed by the first revision that came.
    pub agent: String,
    /// The camera that saw it.
    pub camera: String,
    /// The zone.
    pub zone: Option<String>,
    /// `Kind` on the wire.
    pub kind: String,
    /// Which of the kind.
    pub detail: String,
    /// `Phase` on the wire.
    pub phase: String,
    /// 0 to 1.
    pub confidence: f64,
    /// `Severity` on the wire.
    pub severity: String,
    /// JSON of the contract's `Place`.
    pub place: Option<String>,
    /// First moment, microseconds UTC.
    pub occurred_start: i64,
    /// Last moment.
    pub occurred_end: Option<i64>,
    /// The most objects seen at once.
    pub count: Option<i64>,
    /// The highest revision stored: the facts of this row are its.
    pub revision: i64,
    /// How many revisions are stored.
    pub report_count: i64,
    /// JSON of the contract's `Clock`.
    pub clock: String,
    /// The camera's name for people, as that revision said it.
    pub camera_name: Option<String>,
    /// JSON of the contract's `TrackBrief` list.
    pub tracks: String,
    /// JSON of the contract's `ModelRef`.
    pub model: Option<String>,
    /// The rule's name and version.
    pub rule_version: String,
    /// JSON of how those who took part moved: the contract's `speeds` and `heading`; none where neither was told.
    pub moving: Option<String>,
    /// The incident it was merged into; the merge sets it once.
    pub incident_id: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
