//! `derived_copies`: copies made of evidence, and those that wait to be made: the queue itself.

use sea_orm::entity::prelude::*;

/// One row of `derived_copies`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "derived_copies")]
pub struct Model {
    /// The event or command whose evidence it copies.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// The piece.
    #[sea_orm(primary_key, auto_increment = false)]
    pub evidence_id: String,
    /// `viewing` or `redacted`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// `queued`, `making`, `made`, `not_needed` (a browser plays the original) or `failed`.
    pub state: String,
    /// SHA-256 of the original it is derived from.
    pub source_sha256: String,
    /// How often it was begun.
    pub attempts: i64,
    /// From when it may be begun, microseconds UTC; while `making`, from when its maker counts as
    /// dead.
    pub due_at: i64,
    /// Why it failed, as a word.
    pub reason: Option<String>,
    /// The programs that made it, with version and model.
    pub program: Option<String>,
    /// How, as a word.
    pub method: Option<String>,
    /// Whether the reported vehicle stayed as it is: `kept`, `none`; redacted copies only.
    pub offender: Option<String>,
    /// Media type of the copy.
    pub mime: Option<String>,
    /// Its length.
    pub bytes: Option<i64>,
    /// SHA-256 of its bytes.
    pub sha256: Option<String>,
    /// Its key in the object store.
    pub object_key: Option<String>,
    /// When it was made, microseconds UTC.
    pub made_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
