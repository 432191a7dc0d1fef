//! `reports`: the parsed facts of one revision of one event.

use sea_orm::entity::prelude::*;

/// One row of `reports`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reports")]
pub struct Model {
    /// The event; with `revision` the idempotency key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// Counts from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    /// The message it was parsed from.
    pub message_id: String,
    /// SHA-256 of that message's payload: tells a duplicate from a conflict.
    pub sha256: String,
    /// The agent that spoke.
    pub agent: String,
    /// The camera that saw it.
    pub camera: String,
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
    /// The zone.
    pub zone: Option<String>,
    /// First moment, microseconds UTC.
    pub occurred_start: i64,
    /// Last moment.
    pub occurred_end: Option<i64>,
    /// JSON of the contract's `Clock`.
    pub clock: String,
    /// JSON of the contract's `Place`.
    pub place: Option<String>,
    /// JSON of the contract's `TrackBrief` list.
    pub tracks: String,
    /// JSON of the contract's `ModelRef`.
    pub model: Option<String>,
    /// The rule's name and version.
    pub rule_version: String,
    /// The most objects seen at once.
    pub count: Option<i64>,
    /// When it was received, microseconds UTC.
    pub received_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
