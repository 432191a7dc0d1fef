//! `case_routes`: why an incident went where it went.

use sea_orm::entity::prelude::*;

/// One row of `case_routes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_routes")]
pub struct Model {
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: String,
    /// The incident's version after it was routed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// When, microseconds UTC.
    pub at: i64,
    /// The policy by which it was routed; 0 is the shipped one.
    pub policy_version: i64,
    /// The areas by which it was routed; 0 is none.
    pub areas_version: i64,
    /// JSON: where it went, and what was found of every rule before.
    pub explanation: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
