//! `cameras`: what is known of each camera, from its status and its reports.

use sea_orm::entity::prelude::*;

/// One row of `cameras`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cameras")]
pub struct Model {
    /// The agent it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent: String,
    /// The camera's name within its agent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// JSON of the contract's `Place`, from the newest report that had one.
    pub place: Option<String>,
    /// JSON of the contract's `CameraStatus`, exactly as it was last accepted.
    pub status: Option<String>,
    /// `CameraState` of that status.
    pub state: Option<String>,
    /// `CameraStatusReason` of that status.
    pub reason: Option<String>,
    /// Since when it is in that state, microseconds UTC.
    pub since: Option<i64>,
    /// When its last access unit came, microseconds UTC.
    pub last_picture: Option<i64>,
    /// The time in the status's envelope: an older one never replaces a newer one. 0 before the first.
    pub status_at: i64,
    /// When this row changed, microseconds UTC.
    pub updated_at: i64,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
