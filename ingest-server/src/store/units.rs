//! By what units are known at the broker.

use contract::v1::UnitId;
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::entity::unit_credential::{ActiveModel, Column, Entity, Model};
use super::{Access, StoreError, Tx};

/// Lets a unit in with this password; one that it had before is good no more.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn let_unit_in(
    tx: &Tx,
    unit: &UnitId,
    (mqtt_password_hash, mosquitto_hash): (String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = ActiveModel {
        unit: Set(unit.to_string()),
        mqtt_password_hash: Set(mqtt_password_hash),
        mosquitto_hash: Set(mosquitto_hash),
        made_at: Set(now.as_microsecond()),
        revoked_at: Set(None),
    };
    Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Unit)
                .update_columns([
                    Column::MqttPasswordHash,
                    Column::MosquittoHash,
                    Column::MadeAt,
                    Column::RevokedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Shuts a unit out. False where it was not in.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn shut_unit_out(tx: &Tx, unit: &UnitId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Unit.eq(unit.as_str()))
        .filter(Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What a unit is known by.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn unit_credential(on: &impl Access, unit: &UnitId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(unit.as_str()).one(on.conn()).await?)
}

/// What every unit is known by.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn unit_credentials(on: &impl Access) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .order_by_asc(Column::Unit)
        .all(on.conn())
        .await?)
}
