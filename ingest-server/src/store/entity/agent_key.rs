//! `agent_keys`: public keys with their dates; never deleted, since old reports are verified with them.

use sea_orm::entity::prelude::*;

/// One row of `agent_keys`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_keys")]
pub struct Model {
    /// Short name of the key (`KeyId`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// Whose it is.
    pub agent: String,
    /// Ed25519 public key, base64.
    pub public_key: String,
    /// From when it may sign, microseconds UTC.
    pub valid_from: i64,
    /// Since when it may not; a rotation writes a moment that is yet to come.
    pub revoked_at: Option<i64>,
    /// Why it ends: `rotation` or `revocation`.
    pub ending: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
