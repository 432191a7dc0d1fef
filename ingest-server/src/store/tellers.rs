//! By what signal controllers, and those who turn cameras, are known at the broker.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::entity::teller_credential::{ActiveModel, Column, Entity, Model};
use super::{Access, StoreError, Tx};

/// Lets a teller in with this password; one that it had before is good no more.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn let_teller_in(
    tx: &Tx,
    teller: &str,
    (mqtt_password_hash, mosquitto_hash): (String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = ActiveModel {
        name: Set(teller.to_owned()),
        mqtt_password_hash: Set(mqtt_password_hash),
        mosquitto_hash: Set(mosquitto_hash),
        made_at: Set(now.as_microsecond()),
        revoked_at: Set(None),
    };
    Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Name)
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

/// Shuts a teller out. False where it was not in.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn shut_teller_out(tx: &Tx, teller: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Name.eq(teller))
        .filter(Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What a teller is known by.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn teller_credential(
    on: &impl Access,
    teller: &str,
) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(teller).one(on.conn()).await?)
}

/// What every teller is known by.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn teller_credentials(on: &impl Access) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .order_by_asc(Column::Name)
        .all(on.conn())
        .await?)
}
