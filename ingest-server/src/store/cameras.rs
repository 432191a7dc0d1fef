//! Cameras: what their status says, and what their reports tell in passing.

use contract::v1::{AgentId, CameraId, CameraStatus};
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, InsertMany, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::camera::{Column, Entity, Model};
use super::reports::json;
use super::{Access, StoreError, Tx};

/// A camera's status in the words of the columns.
#[derive(Debug, Clone)]
pub struct CameraFacts<'a> {
    /// The status as it was accepted.
    pub status: &'a CameraStatus,
    /// The time in its envelope: an older one never replaces a newer one.
    pub said_at: Timestamp,
    /// When it was received.
    pub received: Timestamp,
}

/// A camera of which nothing is known but that it is there.
pub(super) fn unheard(agent: String, id: String, now: i64) -> Model {
    Model {
        agent,
        id,
        name: None,
        place: None,
        status: None,
        state: None,
        reason: None,
        since: None,
        last_picture: None,
        status_at: 0,
        updated_at: now,
    }
}

/// Makes sure that the camera has a row, and holds it until the transaction ends.
async fn hold(tx: &Tx, agent: &AgentId, camera: &CameraId, now: i64) -> Result<Model, StoreError> {
    let row = unheard(agent.to_string(), camera.to_string(), now);
    InsertMany::many([row])
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    Entity::find_by_id((agent.to_string(), camera.to_string()))
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or(StoreError::Unreadable {
            table: "cameras",
            column: "id",
        })
}

/// Writes a camera's status. False where a newer one is known already.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_camera_status(tx: &Tx, facts: &CameraFacts<'_>) -> Result<bool, StoreError> {
    let status = facts.status;
    let now = facts.received.as_microsecond();
    let row = hold(tx, &status.agent, &status.camera, now).await?;
    let said_at = facts.said_at.as_microsecond();
    if said_at < row.status_at {
        return Ok(false);
    }
    let changed = Entity::update_many()
        .col_expr(Column::Name, Expr::value(status.name.clone().or(row.name)))
        .col_expr(Column::Status, Expr::value(json(status)))
        .col_expr(Column::State, Expr::value(word(&status.state)))
        .col_expr(
            Column::Reason,
            Expr::value(status.reason.map(contract::v1::CameraStatusReason::as_str)),
        )
        .col_expr(Column::Since, Expr::value(status.since.as_microsecond()))
        .col_expr(
            Column::LastPicture,
            Expr::value(status.last_picture.map(Timestamp::as_microsecond)),
        )
        .col_expr(Column::StatusAt, Expr::value(said_at))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(
            Condition::all()
                .add(Column::Agent.eq(status.agent.as_str()))
                .add(Column::Id.eq(status.camera.as_str())),
        )
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Every camera, by agent and name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cameras(on: &impl Access) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .order_by_asc(Column::Agent)
        .order_by_asc(Column::Id)
        .all(on.conn())
        .await?)
}

/// One camera.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn camera(
    on: &impl Access,
    agent: &AgentId,
    camera: &CameraId,
) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id((agent.to_string(), camera.to_string()))
        .one(on.conn())
        .await?)
}

/// The word on the wire of a plain enum of the contract.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    json(value).trim_matches('"').to_owned()
}
