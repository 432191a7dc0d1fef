//! `messages`: every accepted report message, byte for byte as it came. What was signed can be verified for ever.

use sea_orm::entity::prelude::*;

/// One row of `messages`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The agent whose key verified it.
    pub agent: String,
    /// The topic it came on; part of what is signed.
    pub topic: String,
    /// The exact payload bytes.
    pub payload: Vec<u8>,
    /// The signature property, `KEYID:BASE64`.
    pub signature: String,
    /// When it was received, microseconds UTC.
    pub received_at: i64,
    /// SHA-256 of the payload, hexadecimal.
    pub sha256: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
