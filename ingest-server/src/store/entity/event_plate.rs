//! `event_plates`: the number plate of an event's vehicle, as a person read it.

use sea_orm::entity::prelude::*;

/// One row of `event_plates`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_plates")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// The plate; the newest that was typed. Earlier ones stand in the incident's history.
    pub plate: String,
    /// Who typed it: a user name.
    pub typed_by: String,
    /// When, microseconds UTC.
    pub typed_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
