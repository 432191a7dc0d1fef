//! `merge_witnesses`: what each report says, as far as merging goes, and the incident it belongs to.

use sea_orm::entity::prelude::*;

/// One row of `merge_witnesses`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_witnesses")]
pub struct Model {
    /// The report: an event's id, or a submission's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The incident it belongs to.
    pub incident_id: String,
    /// `camera`, `citizen`, `phone` or `staff`.
    pub source: String,
    /// JSON of the merging's `Witness`.
    pub witness: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
