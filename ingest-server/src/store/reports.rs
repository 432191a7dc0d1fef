//! Messages as they came, the reports parsed from them, and the events they tell of.

use contract::v1::{AutoReport, EventId, Heading, ReportId, TrackSpeed};
use jiff::Timestamp;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::Serialize;

use super::cameras::word;
use super::entity::{event as event_table, message as message_table, report as report_table};
use super::filing::VerifiedReport;
use super::{Access, StoreError};

/// A new event as its first report tells it.
pub(super) fn event_row(report: &AutoReport) -> event_table::Model {
    event_table::Model {
        event_id: report.event_id.to_string(),
        agent: report.agent.to_string(),
        camera: report.camera.to_string(),
        zone: report.zone.as_ref().map(ToString::to_string),
        kind: report.kind.as_str().to_owned(),
        detail: report.detail.clone(),
        phase: word(&report.phase),
        confidence: f64::from(report.confidence),
        severity: word(&report.severity),
        place: report.place.as_ref().map(json),
        occurred_start: report.occurred.start.as_microsecond(),
        occurred_end: report.occurred.end.map(Timestamp::as_microsecond),
        count: report.count.map(i64::from),
        revision: i64::from(report.revision),
        report_count: 1,
        clock: json(&report.clock),
        camera_name: report.camera_name.clone(),
        tracks: json(&report.tracks),
        model: report.model.as_ref().map(json),
        rule_version: report.rule_version.clone(),
        moving: moving(report),
        incident_id: None,
    }
}

/// How those who took part moved, where that was told.
fn moving(report: &AutoReport) -> Option<String> {
    #[derive(Serialize)]
    struct Moving<'a> {
        speeds: &'a [TrackSpeed],
        heading: Option<Heading>,
    }
    let told = !report.speeds.is_empty() || report.heading.is_some();
    told.then(|| {
        json(&Moving {
            speeds: &report.speeds,
            heading: report.heading,
        })
    })
}

pub(super) fn message_row(verified: &VerifiedReport<'_>) -> message_table::Model {
    message_table::Model {
        id: ReportId::new().to_string(),
        agent: verified.report.agent.to_string(),
        topic: verified.topic.to_owned(),
        payload: verified.payload.to_vec(),
        signature: verified.signature.to_owned(),
        received_at: verified.received.as_microsecond(),
        sha256: verified.sha256.to_owned(),
    }
}

pub(super) fn report_row(verified: &VerifiedReport<'_>, message_id: String) -> report_table::Model {
    let report = verified.report;
    report_table::Model {
        event_id: report.event_id.to_string(),
        revision: i64::from(report.revision),
        message_id,
        sha256: verified.sha256.to_owned(),
        agent: report.agent.to_string(),
        camera: report.camera.to_string(),
        kind: report.kind.as_str().to_owned(),
        detail: report.detail.clone(),
        phase: word(&report.phase),
        confidence: f64::from(report.confidence),
        severity: word(&report.severity),
        zone: report.zone.as_ref().map(ToString::to_string),
        occurred_start: report.occurred.start.as_microsecond(),
        occurred_end: report.occurred.end.map(Timestamp::as_microsecond),
        clock: json(&report.clock),
        place: report.place.as_ref().map(json),
        tracks: json(&report.tracks),
        model: report.model.as_ref().map(json),
        rule_version: report.rule_version.clone(),
        count: report.count.map(i64::from),
        received_at: verified.received.as_microsecond(),
    }
}

/// One event.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn event(
    on: &impl Access,
    id: &EventId,
) -> Result<Option<event_table::Model>, StoreError> {
    Ok(event_table::Entity::find_by_id(id.to_string())
        .one(on.conn())
        .await?)
}

/// The stored revisions of an event, lowest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn reports_of_event(
    on: &impl Access,
    id: &EventId,
) -> Result<Vec<report_table::Model>, StoreError> {
    Ok(report_table::Entity::find()
        .filter(report_table::Column::EventId.eq(id.to_string()))
        .order_by_asc(report_table::Column::Revision)
        .all(on.conn())
        .await?)
}

/// One message, byte for byte as it came.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn message(
    on: &impl Access,
    id: &str,
) -> Result<Option<message_table::Model>, StoreError> {
    Ok(message_table::Entity::find_by_id(id).one(on.conn()).await?)
}

/// The contract's JSON of a value of the contract, for a text column.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    // The contract's types hold no map with other keys than text, so that this cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
