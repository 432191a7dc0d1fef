//! The access log: append and read, never change.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::entity::access_log::{Column, Entity, Model};
use super::entity::counter;
use super::{Access, StoreError, Tx};
use crate::chain::GENESIS;
use crate::people::access::{AccessEntry, Accessed, Purpose, hash};

/// The counter that numbers entries.
const NUMBERS: &str = "access_log";

/// What is to be remembered; number and hashes are given by the store.
#[derive(Debug, Clone)]
pub struct NewAccess {
    /// The account's name, or `console`.
    pub actor: String,
    /// The id of the key with which a program asked.
    pub key: Option<String>,
    /// What was done.
    pub act: Accessed,
    /// What it was about: a path of the API, or an account's name.
    pub subject: String,
    /// For which purpose.
    pub purpose: Option<Purpose>,
    /// What changed, in words.
    pub note: Option<String>,
}

/// Appends an entry. Whoever appends at the same time waits.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn note_access(tx: &Tx, new: NewAccess, now: Timestamp) -> Result<(), StoreError> {
    let seq = next(tx).await?;
    let before = Entity::find_by_id(seq - 1).one(tx.conn()).await?;
    let previous = before.map_or_else(|| GENESIS.to_owned(), |row| row.hash);
    let entry = AccessEntry {
        seq,
        at: now,
        actor: new.actor,
        key: new.key,
        act: new.act.as_str().to_owned(),
        subject: new.subject,
        purpose: new.purpose.map(|purpose| purpose.as_str().to_owned()),
        note: new.note,
    };
    let row = Model {
        seq,
        at: now.as_microsecond(),
        hash: hash(&previous, &entry),
        prev_hash: previous,
        actor: entry.actor,
        key: entry.key,
        act: entry.act,
        subject: entry.subject,
        purpose: entry.purpose,
        note: entry.note,
    };
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The counter's row is held until the transaction ends: no number is given twice, and none is left out.
async fn next(tx: &Tx) -> Result<i64, StoreError> {
    use counter::{ActiveModel, Column, Entity};
    let first = ActiveModel {
        name: Set(NUMBERS.to_owned()),
        value: Set(1),
    };
    let up = OnConflict::column(Column::Name)
        .value(Column::Value, Expr::col((Entity, Column::Value)).add(1))
        .to_owned();
    Entity::insert(first)
        .on_conflict(up)
        .exec_without_returning(tx.conn())
        .await?;
    let row = Entity::find_by_id(NUMBERS).one(tx.conn()).await?;
    row.map(|row| row.value).ok_or(StoreError::Unreadable {
        table: "counters",
        column: "value",
    })
}

/// Entries with their stored hashes, newest first: those before `before`, at most `limit`.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn accesses(
    on: &impl Access,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<(AccessEntry, String)>, StoreError> {
    let mut query = Entity::find().order_by_desc(Column::Seq).limit(limit);
    if let Some(before) = before {
        query = query.filter(Column::Seq.lt(before));
    }
    let rows = query.all(on.conn()).await?;
    rows.into_iter().map(entry_of).collect()
}

/// The hash of the entry before `seq`, for whoever verifies a part of the log.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn access_hash_before(on: &impl Access, seq: i64) -> Result<String, StoreError> {
    let row = Entity::find_by_id(seq - 1).one(on.conn()).await?;
    Ok(row.map_or_else(|| GENESIS.to_owned(), |row| row.hash))
}

fn entry_of(row: Model) -> Result<(AccessEntry, String), StoreError> {
    let at = Timestamp::from_microsecond(row.at).map_err(|_| StoreError::Unreadable {
        table: "access_log",
        column: "at",
    })?;
    let entry = AccessEntry {
        seq: row.seq,
        at,
        actor: row.actor,
        key: row.key,
        act: row.act,
        subject: row.subject,
        purpose: row.purpose,
        note: row.note,
    };
    Ok((entry, row.hash))
}
