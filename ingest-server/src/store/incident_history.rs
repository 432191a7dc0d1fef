//! The chained history of an incident: append and read, never change.

use jiff::Timestamp;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::entity::incident_history::{ActiveModel, Column, Entity, Model};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;
use crate::incident::history::{GENESIS, Row, hash};

/// What is to be remembered; number, time and hashes are given by the store.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// A user name, or the camera.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The state before, where the state changed.
    pub from: Option<String>,
    /// The state after, where the state changed.
    pub to: Option<String>,
    /// Why, as a word.
    pub reason: Option<String>,
    /// Why, in the person's own words.
    pub note: Option<String>,
}

/// Appends a row to the chain.
///
/// # Errors
/// [`StoreError::Query`]; also where another server appended at the same moment, and then nothing
/// of the transaction stands.
pub async fn append_history(
    tx: &Tx,
    incident: IncidentId,
    entry: HistoryEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    let last = Entity::find()
        .filter(Column::IncidentId.eq(incident.to_string()))
        .order_by_desc(Column::Seq)
        .one(tx.conn())
        .await?;
    let (seq, previous) = last.map_or((1, GENESIS.to_owned()), |row| (row.seq + 1, row.hash));
    let row = Row {
        seq,
        at: now,
        actor: entry.actor,
        action: entry.action,
        from: entry.from,
        to: entry.to,
        reason: entry.reason,
        note: entry.note,
    };
    let row = ActiveModel {
        incident_id: Set(incident.to_string()),
        seq: Set(seq),
        at: Set(now.as_microsecond()),
        hash: Set(hash(incident, &previous, &row)),
        prev_hash: Set(previous),
        actor: Set(row.actor),
        action: Set(row.action),
        from_state: Set(row.from),
        to_state: Set(row.to),
        reason: Set(row.reason),
        note: Set(row.note),
    };
    Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The rows of an incident's history with their hashes, oldest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn history_of_incident(
    on: &impl Access,
    incident: IncidentId,
) -> Result<Vec<(Row, String)>, StoreError> {
    let rows = Entity::find()
        .filter(Column::IncidentId.eq(incident.to_string()))
        .order_by_asc(Column::Seq)
        .all(on.conn())
        .await?;
    rows.into_iter().map(row_of).collect()
}

fn row_of(row: Model) -> Result<(Row, String), StoreError> {
    let at = Timestamp::from_microsecond(row.at).map_err(|_| StoreError::Unreadable {
        table: "incident_history",
        column: "at",
    })?;
    let read = Row {
        seq: row.seq,
        at,
        actor: row.actor,
        action: row.action,
        from: row.from_state,
        to: row.to_state,
        reason: row.reason,
        note: row.note,
    };
    Ok((read, row.hash))
}
