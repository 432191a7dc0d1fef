//! `merge_decisions`: every incident that was weighed for a report, and what became of it.

use sea_orm::entity::prelude::*;

/// One row of `merge_decisions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_decisions")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The report.
    pub witness_id: String,
    /// The incident the report went to.
    pub incident_id: String,
    /// The incident that was weighed; none where nothing came into question.
    pub candidate_id: Option<String>,
    /// `linked`, `suggested`, `recurrence` or `weighed`.
    pub verdict: String,
    /// How likely the two were one, 0 to 1.
    pub probability: Option<f64>,
    /// JSON of the merging's `Score`: the prior and every finding with its bits.
    pub score: Option<String>,
    /// The name of the model that weighed.
    pub model: String,
    /// When, microseconds UTC.
    pub decided_at: i64,
    /// What people said of it: `accepted` or `declined`; `moot` where events overtook the question.
    pub answer: Option<String>,
    /// Who: a user name.
    pub answered_by: Option<String>,
    /// When.
    pub answered_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
