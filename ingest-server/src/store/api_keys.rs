//! Keys for programs. Keys come as SHA-256, never as themselves.

use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::entity::api_key::{Column, Entity, Model};
use super::reports::json;
use super::{Access, StoreError, Tx};
use crate::people::api_key::ApiKey;

/// Keeps a new key of an account.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_api_key(
    tx: &Tx,
    account: Uuid,
    key: &ApiKey,
    hash: &str,
) -> Result<(), StoreError> {
    let row = Model {
        id: key.id.to_string(),
        account_id: account.to_string(),
        name: key.name.clone(),
        hash: hash.to_owned(),
        rights: json(&key.rights),
        scope: json(&key.scope),
        created_at: key.created_at.as_microsecond(),
        expires_at: key.expires_at.as_microsecond(),
        revoked_at: None,
        last_used_at: None,
    };
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The key with this hash, good or not, and its account's id.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn api_key(on: &impl Access, hash: &str) -> Result<Option<(String, ApiKey)>, StoreError> {
    let row = Entity::find()
        .filter(Column::Hash.eq(hash))
        .one(on.conn())
        .await?;
    row.map(|row| Ok((row.account_id.clone(), key_of(row)?)))
        .transpose()
}

/// Every key with its account's id, newest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn api_keys(on: &impl Access) -> Result<Vec<(String, ApiKey)>, StoreError> {
    let rows = Entity::find()
        .order_by_desc(Column::Id)
        .all(on.conn())
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.account_id.clone(), key_of(row)?)))
        .collect()
}

/// Writes down that a key was used.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn touch_api_key(tx: &Tx, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Revokes a key. False where there is none, or it was revoked before.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn revoke_api_key(tx: &Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let changed = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

fn key_of(row: Model) -> Result<ApiKey, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "api_keys",
        column,
    };
    let time = |at, column| Timestamp::from_microsecond(at).map_err(|_| unreadable(column));
    Ok(ApiKey {
        id: row.id.parse().map_err(|_| unreadable("id"))?,
        name: row.name,
        rights: serde_json::from_str(&row.rights).map_err(|_| unreadable("rights"))?,
        scope: serde_json::from_str(&row.scope).map_err(|_| unreadable("scope"))?,
        created_at: time(row.created_at, "created_at")?,
        expires_at: time(row.expires_at, "expires_at")?,
        revoked_at: row
            .revoked_at
            .map(|at| time(at, "revoked_at"))
            .transpose()?,
        last_used_at: row
            .last_used_at
            .map(|at| time(at, "last_used_at"))
            .transpose()?,
    })
}
