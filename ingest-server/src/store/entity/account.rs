//! `accounts`: the people who log in.

use sea_orm::entity::prelude::*;

/// One row of `accounts`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The log-in name; unique.
    pub username: String,
    /// The name that others see.
    pub display_name: String,
    /// `casework::people::Role` as a word.
    pub role: String,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// Since when log-in is refused.
    pub disabled_at: Option<i64>,
    /// When it was made, microseconds UTC.
    pub created_at: i64,
    /// When it changed last, microseconds UTC.
    pub updated_at: i64,
    /// The unit they act for.
    pub unit: Option<String>,
    /// JSON of `people::Scope`; everywhere and everything where absent.
    pub scope: Option<String>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
