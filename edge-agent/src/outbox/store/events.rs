//! What a restart must know of events: which were filed, which can still change.

use std::collections::HashSet;

use contract::v1::{AutoReport, EventId, Evidence, Phase};
use jiff::Timestamp;

use super::{Store, StoreError, Tx};
use crate::outbox::record::OpenEvent;

/// Filed event ids that are remembered, the newest; about 5 MiB with their index. It is a number
/// and no age: an event must not be filed again however long the agent was off.
pub const FILED_EVENTS_KEPT: u64 = 40_000;

impl Store {
    /// The events that ever had a revision here: the newest [`FILED_EVENTS_KEPT`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn filed_events(&self) -> Result<HashSet<EventId>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT event_id FROM filed")
            .fetch_all(&self.pool)
            .await?;
        // Written by this file and nobody else, so the ids always parse.
        Ok(rows.iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// Events that were neither cleared nor settled when the last run ended.
    ///
    /// # Errors
    /// [`StoreError::Row`] where one cannot be read.
    pub async fn unsettled_events(&self) -> Result<Vec<OpenEvent>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT report, last_seen FROM events WHERE unsettled = 1 ORDER BY event_id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|(report, last_seen)| open_event(report, *last_seen))
            .collect()
    }

    /// The last revision of one event, where its evidence is still here.
    ///
    /// # Errors
    /// [`StoreError::Row`] where it cannot be read.
    pub async fn event(&self, event: EventId) -> Result<Option<OpenEvent>, StoreError> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT report, last_seen FROM events WHERE event_id = ?")
                .bind(event.to_string())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|(report, last_seen)| open_event(&report, last_seen))
            .transpose()
    }
}

/// Keeps what a restart needs of the event.
pub(super) async fn keep_event(
    tx: &mut Tx,
    report: &AutoReport,
    last_seen: Timestamp,
) -> Result<(), StoreError> {
    let pending = report
        .evidence
        .iter()
        .any(|entry| matches!(entry, Evidence::Pending { .. }));
    let unsettled = report.phase != Phase::Cleared || pending;
    let event_id = report.event_id.to_string();
    sqlx::query(
        "INSERT INTO events (event_id, last_seen, unsettled, report) VALUES (?, ?, ?, ?) \
         ON CONFLICT (event_id) DO UPDATE SET last_seen = excluded.last_seen, \
         unsettled = excluded.unsettled, report = excluded.report",
    )
    .bind(&event_id)
    .bind(last_seen.as_millisecond())
    .bind(unsettled)
    .bind(serde_json::to_string(report).map_err(StoreError::Row)?)
    .execute(&mut **tx)
    .await?;
    forget_if_finished(tx, &event_id).await
}

/// Remembers that the event was filed, and forgets the oldest beyond the bound.
pub(super) async fn remember_filed(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO filed (event_id) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(event.to_string())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM filed WHERE seq <= (SELECT MAX(seq) FROM filed) - ?")
        .bind(i64::try_from(FILED_EVENTS_KEPT).unwrap_or(i64::MAX))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An event's state is needed while it can change, and while its evidence may have to be let go.
pub(super) async fn forget_if_finished(tx: &mut Tx, event_id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM events WHERE event_id = ?1 AND unsettled = 0 \
         AND NOT EXISTS (SELECT 1 FROM uploads WHERE event_id = ?1)",
    )
    .bind(event_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn open_event(report: &str, last_seen: i64) -> Result<OpenEvent, StoreError> {
    Ok(OpenEvent {
        report: serde_json::from_str(report).map_err(StoreError::Row)?,
        last_seen: Timestamp::from_millisecond(last_seen).unwrap_or_default(),
    })
}
