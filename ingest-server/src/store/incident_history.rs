//! The chained history of an incident: append and read, never change.

use std::collections::HashMap;

use jiff::Timestamp;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::access::{MAX_ROWS, insert_all};
use super::entity::incident_history::{Column, Entity, Model};
use super::{Access, StoreError, Tx};
use crate::chain::GENESIS;
use crate::incident::IncidentId;
use crate::incident::history::{Row, hash};

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

/// Where a chain ends: the last row's number and hash.
type End = (i64, String);

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
    append_histories(tx, vec![(incident, vec![(entry, now)])]).await
}

/// Appends rows to the chains of several incidents, each named once.
///
/// # Errors
/// As [`append_history`].
pub(super) async fn append_histories(
    tx: &Tx,
    happened: Vec<(IncidentId, Vec<(HistoryEntry, Timestamp)>)>,
) -> Result<(), StoreError> {
    let mut ends = ends(tx, happened.iter().map(|(incident, _)| *incident)).await?;
    let mut rows = Vec::with_capacity(happened.len());
    for (incident, entries) in happened {
        let mut end = ends.remove(&incident.to_string());
        for (entry, at) in entries {
            let row = chained(incident, end.take(), entry, at);
            end = Some((row.seq, row.hash.clone()));
            rows.push(row);
        }
    }
    insert_all(tx, rows).await
}

/// Where the chains of these incidents end; one without a row is left out.
async fn ends(
    tx: &Tx,
    incidents: impl Iterator<Item = IncidentId>,
) -> Result<HashMap<String, End>, StoreError> {
    let incidents: Vec<String> = incidents.map(|incident| incident.to_string()).collect();
    let mut found: HashMap<String, End> = HashMap::new();
    for some in incidents.chunks(MAX_ROWS) {
        let last = Entity::find()
            .select_only()
            .column(Column::IncidentId)
            .column_as(Column::Seq.max(), "last")
            .filter(Column::IncidentId.is_in(some))
            .group_by(Column::IncidentId)
            .into_tuple::<(String, i64)>()
            .all(tx.conn())
            .await?;
        let mut here = Condition::any();
        for (incident, seq) in &last {
            here = here.add(
                Condition::all()
                    .add(Column::IncidentId.eq(incident))
                    .add(Column::Seq.eq(*seq)),
            );
        }
        if last.is_empty() {
            continue;
        }
        let rows = Entity::find().filter(here).all(tx.conn()).await?;
        found.extend(
            rows.into_iter()
                .map(|row| (row.incident_id, (row.seq, row.hash))),
        );
    }
    Ok(found)
}

fn chained(incident: IncidentId, end: Option<End>, entry: HistoryEntry, at: Timestamp) -> Model {
    let (seq, previous) = end.map_or((1, GENESIS.to_owned()), |(seq, hash)| (seq + 1, hash));
    let row = Row {
        seq,
        at,
        actor: entry.actor,
        action: entry.action,
        from: entry.from,
        to: entry.to,
        reason: entry.reason,
        note: entry.note,
    };
    Model {
        incident_id: incident.to_string(),
        seq,
        at: at.as_microsecond(),
        hash: hash(incident, &previous, &row),
        prev_hash: previous,
        actor: row.actor,
        action: row.action,
        from_state: row.from,
        to_state: row.to,
        reason: row.reason,
        note: row.note,
    }
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
