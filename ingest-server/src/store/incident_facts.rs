//! An incident's own facts in its row: the sum of its events, written anew with each report.
//!
//! What the sum is stands in `incident::facts`. The cost is that of the incident's own events.

use contract::v1::{Interval, Phase};
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, QueryFilter as _, QuerySelect as _,
};
use serde::de::DeserializeOwned;

use super::cameras::word;
use super::entity::{event, incident};
use super::incidents::{Happening, find_incident, remember};
use super::reports::json;
use super::{Access as _, StoreError, Tx};
use crate::incident::IncidentId;
use crate::incident::facts::{EventFacts, IncidentFacts};

/// The columns of an event that its incident sums up.
#[derive(FromQueryResult)]
struct EventColumns {
    event_id: String,
    revision: i64,
    phase: String,
    severity: String,
    confidence: f64,
    occurred_start: i64,
    occurred_end: Option<i64>,
    place: Option<String>,
    camera_name: Option<String>,
    count: Option<i64>,
    report_count: i64,
}

impl EventColumns {
    fn facts(&self) -> Result<EventFacts, StoreError> {
        let unreadable = |column| StoreError::Unreadable {
            table: "events",
            column,
        };
        Ok(EventFacts {
            event_id: self.event_id.parse().map_err(|_| unreadable("event_id"))?,
            revision: u32::try_from(self.revision).map_err(|_| unreadable("revision"))?,
            phase: unword(&self.phase, "events", "phase")?,
            severity: unword(&self.severity, "events", "severity")?,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it was an f32 before it was stored"
            )]
            confidence: self.confidence as f32,
            occurred: interval(self.occurred_start, self.occurred_end, "events")?,
            place: self
                .place
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|_| unreadable("place"))?,
            camera_name: self.camera_name.clone(),
            count: self.count.and_then(|count| u32::try_from(count).ok()),
        })
    }
}

/// Sums the events up into the incident's row and returns its version.
pub(super) async fn sum_up(tx: &Tx, id: IncidentId, now: Timestamp) -> Result<i64, StoreError> {
    use event::Column as Event;
    let columns = event::Entity::find()
        .select_only()
        .columns([
            Event::EventId,
            Event::Revision,
            Event::Phase,
            Event::Severity,
            Event::Confidence,
            Event::OccurredStart,
            Event::OccurredEnd,
            Event::Place,
            Event::CameraName,
            Event::Count,
            Event::ReportCount,
        ])
        .filter(Event::IncidentId.eq(id.to_string()))
        .into_model::<EventColumns>()
        .all(tx.conn())
        .await?;
    let facts = columns
        .iter()
        .map(EventColumns::facts)
        .collect::<Result<Vec<_>, _>>()?;
    let row = find_incident(tx, id).await?.ok_or(StoreError::Unreadable {
        table: "events",
        column: "incident_id",
    })?;
    let Some(sum) = IncidentFacts::sum(&facts) else {
        return Ok(row.version);
    };
    let reports: i64 = columns.iter().map(|event| event.report_count).sum();
    write_sum(tx, id, &sum, (columns.len(), reports), now).await?;
    remember_phase(tx, id, &row.camera_phase, sum.camera_phase, now).await?;
    Ok(row.version)
}

async fn write_sum(
    tx: &Tx,
    id: IncidentId,
    sum: &IncidentFacts,
    (events, reports): (usize, i64),
    now: Timestamp,
) -> Result<(), StoreError> {
    use incident::Column;
    incident::Entity::update_many()
        .col_expr(Column::CameraPhase, Expr::value(word(&sum.camera_phase)))
        .col_expr(Column::Severity, Expr::value(word(&sum.severity)))
        .col_expr(Column::Confidence, Expr::value(f64::from(sum.confidence)))
        .col_expr(
            Column::OccurredStart,
            Expr::value(sum.occurred.start.as_microsecond()),
        )
        .col_expr(
            Column::OccurredEnd,
            Expr::value(sum.occurred.end.map(Timestamp::as_microsecond)),
        )
        .col_expr(Column::Place, Expr::value(sum.place.as_ref().map(json)))
        .col_expr(Column::CameraName, Expr::value(sum.camera_name.clone()))
        .col_expr(Column::Count, Expr::value(sum.count.map(i64::from)))
        .col_expr(
            Column::EventCount,
            Expr::value(i64::try_from(events).unwrap_or(i64::MAX)),
        )
        .col_expr(Column::ReportCount, Expr::value(reports))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn remember_phase(
    tx: &Tx,
    id: IncidentId,
    before: &str,
    after: Phase,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before: Phase = unword(before, "incidents", "camera_phase")?;
    let action = match (before, after) {
        (Phase::Raised | Phase::Updated, Phase::Cleared) => "clear",
        (Phase::Cleared, Phase::Raised | Phase::Updated) => "resume",
        _ => return Ok(()),
    };
    remember(
        tx,
        id,
        Happening {
            action,
            to: None,
            reason: None,
        },
        now,
    )
    .await
}

pub(super) fn interval(
    start: i64,
    end: Option<i64>,
    table: &'static str,
) -> Result<Interval, StoreError> {
    let time = |microsecond, column| {
        Timestamp::from_microsecond(microsecond)
            .map_err(|_| StoreError::Unreadable { table, column })
    };
    Ok(Interval {
        start: time(start, "occurred_start")?,
        end: end.map(|end| time(end, "occurred_end")).transpose()?,
    })
}

/// Reads a plain enum of the contract from its word on the wire.
pub(super) fn unword<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|_| StoreError::Unreadable { table, column })
}
