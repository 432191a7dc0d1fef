//! `commands`: what people asked agents to do once, and what came of it.

use sea_orm::entity::prelude::*;

/// One row of `commands`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commands")]
pub struct Model {
    /// `CommandId`, a UUID version 7. Evidence that the answer seals has it as its event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The agent it is for.
    pub agent: String,
    /// Its number among this agent's commands; grows. Unique with the agent.
    pub sequence: i64,
    /// The account that gave it.
    pub account: String,
    /// `Action`, the contract's JSON.
    pub action: String,
    /// When it was given, microseconds UTC.
    pub issued_at: i64,
    /// When it is too late to carry it out, microseconds UTC.
    pub expires_at: i64,
    /// When it was last handed to the broker, microseconds UTC.
    pub sent_at: Option<i64>,
    /// When its answer came, microseconds UTC.
    pub answered_at: Option<i64>,
    /// `Answer`, the contract's JSON, once it came.
    pub answer: Option<String>,
    /// SHA-256 of the answer's exact bytes, hexadecimal.
    pub answer_sha256: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
