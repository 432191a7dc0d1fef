//! Messages that could not be taken in. Bounded: anybody who holds a password can fill it, so the
//! same bytes are one row that counts, and the oldest rows go.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::entity::quarantine::{ActiveModel, Column, Entity, Model};
use super::{Access, StoreError, Tx};

/// A message for quarantine.
#[derive(Debug, Clone)]
pub struct Quarantined<'a> {
    /// The topic it came on.
    pub topic: &'a str,
    /// `RefusalReason` on the wire.
    pub reason: &'a str,
    /// A sentence for a person.
    pub message: &'a str,
    /// Its first bytes.
    pub head: &'a [u8],
    /// SHA-256 of the whole payload, hexadecimal.
    pub sha256: &'a str,
    /// Length of the whole payload.
    pub bytes: usize,
    /// When it was received.
    pub received: Timestamp,
}

/// Keeps a message aside.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_in_quarantine(tx: &Tx, message: &Quarantined<'_>) -> Result<(), StoreError> {
    let row = ActiveModel {
        id: Set(Uuid::now_v7().to_string()),
        received_at: Set(message.received.as_microsecond()),
        topic: Set(message.topic.to_owned()),
        reason: Set(message.reason.to_owned()),
        message: Set(message.message.to_owned()),
        payload: Set(message.head.to_vec()),
        sha256: Set(message.sha256.to_owned()),
        bytes: Set(i64::try_from(message.bytes).unwrap_or(i64::MAX)),
        count: Set(1),
    };
    Entity::insert(row)
        .on_conflict(
            OnConflict::columns([Column::Sha256, Column::Topic, Column::Reason])
                .update_column(Column::ReceivedAt)
                .value(Column::Count, Expr::col((Entity, Column::Count)).add(1))
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The newest messages in quarantine.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn quarantined(on: &impl Access, limit: u64) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .order_by_desc(Column::ReceivedAt)
        .limit(limit)
        .all(on.conn())
        .await?)
}

/// Lets the oldest messages go until at most `keep` are left; says how many went.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn trim_quarantine(tx: &Tx, keep: u64) -> Result<u64, StoreError> {
    let newest_to_go = Entity::find()
        .order_by_desc(Column::ReceivedAt)
        .offset(keep)
        .limit(1)
        .one(tx.conn())
        .await?;
    let Some(row) = newest_to_go else {
        return Ok(0);
    };
    let gone = Entity::delete_many()
        .filter(Column::ReceivedAt.lte(row.received_at))
        .exec(tx.conn())
        .await?;
    Ok(gone.rows_affected)
}
