//! `agents`: every agent that ever enrolled.

use sea_orm::entity::prelude::*;

/// One row of `agents`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    /// The agent's name (`AgentId`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// When it enrolled last, microseconds UTC.
    pub enrolled_at: i64,
    /// Since when it may do nothing; empty while it is welcome.
    pub revoked_at: Option<i64>,
    /// SHA-256 of its MQTT password, hexadecimal. The password is 256 random bits, so a slow hash would add nothing.
    pub mqtt_password_hash: String,
    /// The same password as Mosquitto's password file holds it; empty where it was never kept.
    pub mosquitto_hash: Option<String>,
    /// SHA-256 of its bearer token for uploads, hexadecimal; unique.
    pub upload_token_hash: String,
    /// The program's version, as enrolment or its last status said.
    pub version: String,
    /// `online` or `offline`, as its status or last will said.
    pub liveness: String,
    /// Since when, microseconds UTC.
    pub since: i64,
    /// When the status was received, microseconds UTC; 0 before the first.
    pub status_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
