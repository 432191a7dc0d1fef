//! `incident_history`: who did what to an incident, when and why; rows are chained by hash and never change.

use sea_orm::entity::prelude::*;

/// One row of `incident_history`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_history")]
pub struct Model {
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: String,
    /// Counts the incident's rows from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When, microseconds UTC.
    pub at: i64,
    /// Who: an account's user name, or `system`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The state before; empty at the start.
    pub from_state: Option<String>,
    /// The state after; empty where the state did not change.
    pub to_state: Option<String>,
    /// Why, as a word.
    pub reason: Option<String>,
    /// Why, in a person's words.
    pub note: Option<String>,
    /// The `hash` of the incident's row before this one; 64 zeros at the start.
    pub prev_hash: String,
    /// SHA-256 over the fields above, hexadecimal.
    pub hash: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
