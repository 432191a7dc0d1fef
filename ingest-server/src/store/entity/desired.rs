//! `desired`: the wanted state of each agent that anything was wanted of.

use sea_orm::entity::prelude::*;

/// One row of `desired`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "desired")]
pub struct Model {
    /// The agent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent: String,
    /// Grows with every change.
    pub version: i64,
    /// `Desired`, the contract's JSON.
    pub state: String,
    /// The account that changed it last.
    pub account: String,
    /// When, microseconds UTC.
    pub changed_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
