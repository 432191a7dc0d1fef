//! `letters`: the list of a month to one target, and what became of it.

use sea_orm::entity::prelude::*;

/// One row of `letters`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letters")]
pub struct Model {
    /// A UUID version 7: the letter's name everywhere.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The target, by its name in the file of targets; one letter to each of a month.
    pub target: String,
    /// The target's unit when the letter was made.
    pub unit: String,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// JSON list of what stands in it.
    pub items: String,
    /// `queued`, `sending`, `sent` or `dead`.
    pub state: String,
    /// How often it was begun; also tells two holders of one lease apart.
    pub attempts: i64,
    /// Why the last attempt failed, as a word.
    pub failure: Option<String>,
    /// When it was made, microseconds UTC.
    pub made_at: i64,
    /// From when it may be taken up; empty where nothing is to be done by itself.
    pub due_at: Option<i64>,
    /// When the other side took it.
    pub sent_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
