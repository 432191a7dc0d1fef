//! `manifests`: the seal of each event, as it came with its signature.

use sea_orm::entity::prelude::*;

/// One row of `manifests`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manifests")]
pub struct Model {
    /// The event it seals; an event is sealed once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// The agent that sealed it.
    pub agent: String,
    /// The agent's chain: the id of its outbox. Empty where the manifest cannot be read.
    pub chain: String,
    /// Its place in the chain, from 1; 0 where the manifest cannot be read.
    pub sequence: i64,
    /// SHA-256 of the manifest before, hexadecimal.
    pub previous: Option<String>,
    /// SHA-256 of its exact bytes, hexadecimal.
    pub sha256: String,
    /// The key that the signature names.
    pub key_id: String,
    /// `good`, or why it seals nothing: `unreadable`, `key_unknown`, `key_not_valid`,
    /// `signature_wrong`, `other_event`.
    pub verdict: String,
    /// When manifest and signature were both here, microseconds UTC.
    pub received_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
