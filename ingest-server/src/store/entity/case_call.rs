//! `case_calls`: whom to telephone about an urgent incident, and what came of it.

use sea_orm::entity::prelude::*;

/// One row of `case_calls`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_calls")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The incident.
    pub incident_id: String,
    /// How often the incident had been reopened.
    pub round: i64,
    /// Which rung of the call tree, from 0.
    pub rung: i64,
    /// Whom to call, as the call tree names them.
    pub contact: String,
    /// When the call was due, microseconds UTC.
    pub due_at: i64,
    /// When somebody called.
    pub called_at: Option<i64>,
    /// Who called: a user name.
    pub called_by: Option<String>,
    /// `reached`, `no_answer`, `wrong_number`, `refused`.
    pub outcome: Option<String>,
    /// Who was reached.
    pub reached: Option<String>,
    /// What was said, in the caller's words.
    pub note: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
