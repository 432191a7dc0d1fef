//! `evidence`: every piece of evidence that a report named, and where it stands.

use sea_orm::entity::prelude::*;

/// One row of `evidence`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    /// The event it proves.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// Its id (`EvidenceId`), unique within the event: ids are minted by agents, so one agent's id must never touch another's row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The agent that promised it, and the only one that may upload it.
    pub agent: String,
    /// `EvidenceKind` on the wire.
    pub kind: String,
    /// `pending`, `sealed` (promised with its hash), `stored` (verified here) or `unavailable`.
    pub state: String,
    /// The highest revision that spoke of it; a lower one changes nothing.
    pub revision: i64,
    /// Media type, once sealed.
    pub mime: Option<String>,
    /// Length, once sealed.
    pub bytes: Option<i64>,
    /// SHA-256 of the bytes, hexadecimal, once sealed.
    pub sha256: Option<String>,
    /// `UnavailableReason`, where it will never exist.
    pub reason: Option<String>,
    /// Its key in the object store, once stored.
    pub object_key: Option<String>,
    /// When it was stored, microseconds UTC.
    pub stored_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
