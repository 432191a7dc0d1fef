//! `citizen_errands`: cameras that were asked for what they hold of a report's time.

use sea_orm::entity::prelude::*;

/// One row of `citizen_errands`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citizen_errands")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The report.
    pub report_id: String,
    /// The camera's agent.
    pub agent: String,
    /// The camera.
    pub camera: String,
    /// From the report's place to the camera, metres.
    pub distance_m: f64,
    /// When it was wanted, microseconds UTC.
    pub wanted_at: i64,
    /// The command that asks; none until it was given.
    pub command_id: Option<String>,
    /// Why no command was given.
    pub refused: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
