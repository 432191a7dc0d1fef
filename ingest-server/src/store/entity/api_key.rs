//! `api_keys`: keys with which programs act for an account.

use sea_orm::entity::prelude::*;

/// One row of `api_keys`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// For whom it acts.
    pub account_id: String,
    /// What it is for, in people's words.
    pub name: String,
    /// SHA-256 of the key, hexadecimal; unique.
    pub hash: String,
    /// JSON list of the words of `people::Right`.
    pub rights: String,
    /// JSON of `people::Scope`.
    pub scope: String,
    /// When it was made, microseconds UTC.
    pub created_at: i64,
    /// Until when it is good.
    pub expires_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
