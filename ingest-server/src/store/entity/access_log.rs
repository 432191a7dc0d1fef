//! `access_log`: who saw what is masked or private, and who changed whose rights. Append-only, chained.

use sea_orm::entity::prelude::*;

/// One row of `access_log`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "access_log")]
pub struct Model {
    /// Counts from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When, microseconds UTC.
    pub at: i64,
    /// The account's name, or `console` for a command on the server's machine.
    pub actor: String,
    /// The key with which a program asked.
    pub key: Option<String>,
    /// What was done, in the words of `people::access`.
    pub act: String,
    /// What it was about.
    pub subject: String,
    /// For which purpose.
    pub purpose: Option<String>,
    /// What changed, in words.
    pub note: Option<String>,
    /// The hash of the entry before.
    pub prev_hash: String,
    /// The hash of this one.
    pub hash: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
