//! `sessions`: who is logged in.

use sea_orm::entity::prelude::*;

/// One row of `sessions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// SHA-256 of the cookie's token, hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    /// Whose session.
    pub account_id: String,
    /// The token that unsafe requests repeat in a header.
    pub csrf_token: String,
    /// When it began, microseconds UTC.
    pub created_at: i64,
    /// When it was last used, microseconds UTC.
    pub last_seen_at: i64,
    /// Until when it is good.
    pub expires_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
