//! `citizen_updates`: what other systems told of reports, by servicerequestupdates.

use sea_orm::entity::prelude::*;

/// One row of `citizen_updates`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citizen_updates")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The report.
    pub report_id: String,
    /// Whose update.
    pub client: String,
    /// What they call it.
    pub update_id: String,
    /// When, microseconds UTC, as they say.
    pub at: i64,
    /// mySociety's extended status.
    pub status: String,
    /// What is told.
    pub description: String,
    /// A picture.
    pub media_url: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
