//! `custody`: what happened to each piece of evidence, chained. Appended, never changed.

use sea_orm::entity::prelude::*;

/// One row of `custody`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custody")]
pub struct Model {
    /// The event or command that the piece belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// The piece.
    #[sea_orm(primary_key, auto_increment = false)]
    pub evidence_id: String,
    /// Counts from 1 within the piece.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When, microseconds UTC.
    pub at: i64,
    /// A user name, or who acted of agents and server.
    pub actor: String,
    /// `custody::Act` as a word.
    pub act: String,
    /// `viewing` or `redacted`, where it is about a copy.
    pub copy_kind: Option<String>,
    /// `custody::Detail` as JSON.
    pub detail: String,
    /// The hash of the row before.
    pub prev_hash: String,
    /// The hash of this row.
    pub hash: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
