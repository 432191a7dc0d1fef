//! `notices`: what happened that somebody may have to be told: the first half of the outbox.

use sea_orm::entity::prelude::*;

/// One row of `notices`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notices")]
pub struct Model {
    /// A UUID version 7, so that their order is that of their making.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The incident.
    pub incident_id: String,
    /// What happened, as a word.
    pub cause: String,
    /// What the word is about: a unit, an event, a number, a target.
    pub about: Option<String>,
    /// Who made it happen: a user name, or the camera.
    pub actor: String,
    /// When, microseconds UTC.
    pub made_at: i64,
    /// From when deliveries are to be made of it; empty once they are.
    pub due_at: Option<i64>,
    /// What makes it one and the same, unique; empty where it may come again.
    pub once: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
