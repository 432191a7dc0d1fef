//! `releases`: which events' bundles left the house. A release is never taken back.

use sea_orm::entity::prelude::*;

/// One row of `releases`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "releases")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// Who released it: a user name.
    pub released_by: String,
    /// When, microseconds UTC.
    pub released_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
