//! `evidence`: every piece of evidence that a report named, and where it stands.

use sea_orm::entity::prelude::*;

/// One row of `evidence`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    /// The event it proves, or the command it answers; `owner` says which.
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
    /// `event` or `command`.
    pub owner: String,
    /// When the camera saw what it shows, microseconds UTC.
    pub shown_start: Option<i64>,
    /// Until when; a picture has only a start.
    pub shown_end: Option<i64>,
    /// Which part of a clip it is, from 1, where the camera was away in between.
    pub part_number: Option<i64>,
    /// How many parts there are.
    pub part_of: Option<i64>,
    /// The track that a crop shows.
    pub track: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
