//! `gap_reports`: what agents said that their outboxes let go; every one that came.

use sea_orm::entity::prelude::*;

/// One row of `gap_reports`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gap_reports")]
pub struct Model {
    /// The agent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent: String,
    /// The outbox that counts, by its own name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub outbox: String,
    /// Grows with every gap report of the outbox; the newest counts all that the others did.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    /// When it came, microseconds UTC.
    pub received_at: i64,
    /// `GapLoss[]` as JSON.
    pub losses: String,
    /// The exact bytes that were signed.
    pub payload: Vec<u8>,
    /// Their signature as it came.
    pub signature: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
