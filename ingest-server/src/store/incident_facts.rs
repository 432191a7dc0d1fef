//! An incident's own facts in its row: read, written, and its events where they must be asked anew.
//!
//! What the sum is stands in `incident::facts`.

use contract::v1::{Interval, Place, Severity};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, QueryFilter as _, QuerySelect as _,
};
use serde::de::DeserializeOwned;

use super::cameras::word;
use super::entity::{event, incident};
use super::incidents::told_of_row;
use super::reports::json;
use super::{Access as _, StoreError, Tx};
use crate::incident::IncidentId;
use crate::incident::facts::{EventFacts, IncidentFacts, Sum, Tally};
use crate::incident::told::Told;

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
            confidence: narrow(self.confidence),
            occurred: interval(self.occurred_start, self.occurred_end, "events")?,
            place: place(self.place.as_deref()).map_err(|_| unreadable("place"))?,
            camera_name: self.camera_name.clone(),
            count: self.count.and_then(|count| u32::try_from(count).ok()),
        })
    }
}

/// Every event of an incident, as stored.
pub(super) async fn events_of(tx: &Tx, id: IncidentId) -> Result<Vec<EventFacts>, StoreError> {
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
        ])
        .filter(Event::IncidentId.eq(id.to_string()))
        .into_model::<EventColumns>()
        .all(tx.conn())
        .await?;
    columns.iter().map(EventColumns::facts).collect()
}

/// What matters of an event to its incident.
pub(super) fn facts_of_event(row: &event::Model) -> Result<EventFacts, StoreError> {
    let columns = EventColumns {
        event_id: row.event_id.clone(),
        revision: row.revision,
        phase: row.phase.clone(),
        severity: row.severity.clone(),
        confidence: row.confidence,
        occurred_start: row.occurred_start,
        occurred_end: row.occurred_end,
        place: row.place.clone(),
        camera_name: row.camera_name.clone(),
        count: row.count,
    };
    columns.facts()
}

/// The sum that an incident's row holds.
pub(super) fn sum_of_row(row: &incident::Model) -> Result<Sum, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "incidents",
        column,
    };
    let counted = |number: i64, column| u32::try_from(number).map_err(|_| unreadable(column));
    Ok(Sum {
        facts: IncidentFacts {
            camera_phase: unword(&row.camera_phase, "incidents", "camera_phase")?,
            severity: unword(&row.severity, "incidents", "severity")?,
            confidence: narrow(row.confidence),
            occurred: interval(row.occurred_start, row.occurred_end, "incidents")?,
            place: place(row.place.as_deref()).map_err(|_| unreadable("place"))?,
            camera_name: row.camera_name.clone(),
            count: row.count.and_then(|count| u32::try_from(count).ok()),
        },
        tally: Tally {
            events: counted(row.event_count, "event_count")?,
            raised: counted(row.raised_events, "raised_events")?,
            open: counted(row.open_events, "open_events")?,
        },
    })
}

/// Writes a sum into an incident's row.
pub(super) fn put_sum(row: &mut incident::Model, sum: &Sum) {
    let facts = &sum.facts;
    row.camera_phase = word(&facts.camera_phase);
    row.severity = word(&facts.severity);
    row.confidence = f64::from(facts.confidence);
    row.occurred_start = facts.occurred.start.as_microsecond();
    row.occurred_end = facts.occurred.end.map(Timestamp::as_microsecond);
    row.place = facts.place.as_ref().map(json);
    row.camera_name.clone_from(&facts.camera_name);
    row.count = facts.count.map(i64::from);
    row.event_count = i64::from(sum.tally.events);
    row.raised_events = i64::from(sum.tally.raised);
    row.open_events = i64::from(sum.tally.open);
    // What citizens say stands beside; a text that does not read says nothing.
    if let Ok(Some(told)) = told_of_row(row) {
        add_told(row, &told);
    }
}

/// Writes what citizens say into an incident's row, beside what its cameras say.
pub(super) fn put_told(row: &mut incident::Model, told: Option<&Told>) {
    row.told = told.map(json);
    let Some(told) = told else { return };
    if row.event_count == 0 {
        row.severity = word(&told.severity);
        row.occurred_start = told.start;
        row.place = told.place.as_ref().map(json);
    } else {
        add_told(row, told);
    }
}

/// The graver of both, the earlier of both, and a place where no camera names one.
fn add_told(row: &mut incident::Model, told: &Told) {
    let severity = unword(&row.severity, "incidents", "severity");
    if severity.is_ok_and(|known: Severity| known < told.severity) {
        row.severity = word(&told.severity);
    }
    row.occurred_start = row.occurred_start.min(told.start);
    if row.place.is_none() {
        row.place = told.place.as_ref().map(json);
    }
}

fn place(text: Option<&str>) -> Result<Option<Place>, serde_json::Error> {
    text.map(serde_json::from_str).transpose()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it was an f32 before it was stored"
)]
const fn narrow(stored: f64) -> f32 {
    stored as f32
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
