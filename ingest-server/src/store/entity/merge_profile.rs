//! `merge_profiles`: what an incident's witnesses say together; an incident that stands inside another has none.

use sea_orm::entity::prelude::*;

/// One row of `merge_profiles`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_profiles")]
pub struct Model {
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: String,
    /// JSON of the merging's `Profile`.
    pub profile: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
