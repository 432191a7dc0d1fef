//! `merge_steps`: merges and splits by people, which can be undone.

use sea_orm::entity::prelude::*;

/// One row of `merge_steps`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_steps")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `merge` or `split`.
    pub verb: String,
    /// The incident that the reports left.
    pub from_incident: String,
    /// The incident they moved to.
    pub to_incident: String,
    /// JSON list of the reports that moved.
    pub moved: String,
    /// Who did it: a user name.
    pub actor: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
