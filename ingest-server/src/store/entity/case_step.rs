//! `case_steps`: the steps that people took, with what they changed, so that one is taken back exactly.

use sea_orm::entity::prelude::*;

/// One row of `case_steps`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_steps")]
pub struct Model {
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: String,
    /// The incident's version after the step.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// What was done.
    pub action: String,
    /// Who: a name as in the history.
    pub actor: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// JSON of the case and its clocks before.
    pub before: String,
    /// JSON of the case after.
    pub after: String,
    /// When it was taken back.
    pub undone_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
