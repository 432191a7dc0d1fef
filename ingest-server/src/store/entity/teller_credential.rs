//! `teller_credentials`: by what tellers are known at the broker.

use sea_orm::entity::prelude::*;

/// One row of `teller_credentials`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "teller_credentials")]
pub struct Model {
    /// The teller (`broker::Teller`), which is its user name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// SHA-256 of its password, hexadecimal.
    pub mqtt_password_hash: String,
    /// The same password as Mosquitto's password file holds it.
    pub mosquitto_hash: String,
    /// When it was made, microseconds UTC.
    pub made_at: i64,
    /// When it was shut out.
    pub revoked_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
