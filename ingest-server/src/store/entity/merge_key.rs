//! `merge_keys`: the blocks in which an incident comes into question.

use sea_orm::entity::prelude::*;

/// One row of `merge_keys`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_keys")]
pub struct Model {
    /// A cell, a plate or a camera, as the merging writes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: String,
    /// Until when it comes into question, microseconds UTC; the greatest number while it goes on.
    pub until: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
