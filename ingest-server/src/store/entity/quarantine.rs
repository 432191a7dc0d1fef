//! `quarantine`: messages that could not be taken in, for an administrator to look at; bounded.

use sea_orm::entity::prelude::*;

/// One row of `quarantine`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantine")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// When it last came, microseconds UTC.
    pub received_at: i64,
    /// The topic it came on.
    pub topic: String,
    /// `RefusalReason` on the wire.
    pub reason: String,
    /// A sentence for a person.
    pub message: String,
    /// Its first bytes, at most the report limit.
    pub payload: Vec<u8>,
    /// SHA-256 of the whole payload, hexadecimal.
    pub sha256: String,
    /// Length of the whole payload.
    pub bytes: i64,
    /// How often it came: the same bytes on the same topic for the same reason are one row.
    pub count: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
