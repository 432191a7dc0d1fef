//! `case_clocks`: when each stage of an incident began, stood still and was done.

use sea_orm::entity::prelude::*;

/// One row of `case_clocks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_clocks")]
pub struct Model {
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: String,
    /// `casework::deadline::Stage` as a word.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    /// How often the incident had been reopened when the stage began.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round: i64,
    /// When it began, microseconds UTC.
    pub began: i64,
    /// When it was done.
    pub done: Option<i64>,
    /// JSON list of `casework::deadline::Pause`.
    pub pauses: String,
    /// When somebody was warned.
    pub warned_at: Option<i64>,
    /// When somebody was told that it is overdue.
    pub missed_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
