//! `enrolment_tokens`: one-time tokens that let an agent in.

use sea_orm::entity::prelude::*;

/// One row of `enrolment_tokens`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_tokens")]
pub struct Model {
    /// SHA-256 of the token, hexadecimal; the token itself is shown once and kept nowhere.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// The name the agent will have.
    pub agent: String,
    /// When it was made, microseconds UTC.
    pub created_at: i64,
    /// Until when it is good.
    pub expires_at: i64,
    /// When it was used; it is good once.
    pub used_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
