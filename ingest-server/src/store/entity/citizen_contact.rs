//! `citizen_contacts`: whom to call back, sealed under a key that is not in the database.

use sea_orm::entity::prelude::*;

/// One row of `citizen_contacts`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citizen_contacts")]
pub struct Model {
    /// The report.
    #[sea_orm(primary_key, auto_increment = false)]
    pub report_id: String,
    /// The key under which it is sealed.
    pub key_id: String,
    /// Nonce and sealed JSON, base64.
    pub sealed: String,
    /// When it came, microseconds UTC.
    pub created_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
