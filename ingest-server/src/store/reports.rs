//! Messages as they came, the reports parsed from them, and the events they tell of.

use contract::v1::{AutoReport, EventId, ReportId};
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::Serialize;

use super::cameras::word;
use super::entity::{event as event_table, message as message_table, report as report_table};
use super::{Access, StoreError, Tx};

/// A verified message and what was parsed from it.
#[derive(Debug, Clone)]
pub struct VerifiedReport<'a> {
    /// The topic it came on.
    pub topic: &'a str,
    /// The exact payload bytes.
    pub payload: &'a [u8],
    /// SHA-256 of the payload, hexadecimal.
    pub sha256: &'a str,
    /// The signature property.
    pub signature: &'a str,
    /// What was parsed.
    pub report: &'a AutoReport,
    /// When it was received.
    pub received: Timestamp,
}

/// What became of a report that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is new.
    New,
    /// The very same bytes are stored already.
    Duplicate,
    /// Its `(event_id, revision)`, or its event, is stored with other bytes or another agent.
    Conflict,
}

/// Stores a message, its report and its event. Order-free: whatever the order in which the
/// revisions of an event come, the rows end up the same.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_report(tx: &Tx, verified: &VerifiedReport<'_>) -> Result<Inserted, StoreError> {
    let report = verified.report;
    let key = (report.event_id.to_string(), i64::from(report.revision));
    if let Some(known) = report_table::Entity::find_by_id(key).one(tx.conn()).await? {
        let same = known.sha256 == verified.sha256 && known.agent == report.agent.as_str();
        return Ok(if same {
            Inserted::Duplicate
        } else {
            Inserted::Conflict
        });
    }
    if !upsert_event(tx, report).await? {
        return Ok(Inserted::Conflict);
    }
    let message_id = ReportId::new().to_string();
    message_table::Entity::insert(message_row(verified, &message_id))
        .exec_without_returning(tx.conn())
        .await?;
    report_table::Entity::insert(report_row(verified, message_id))
        .exec_without_returning(tx.conn())
        .await?;
    Ok(Inserted::New)
}

/// False where the event is another agent's.
async fn upsert_event(tx: &Tx, report: &AutoReport) -> Result<bool, StoreError> {
    use event_table::{Column, Entity};
    let fresh = Entity::insert(event_row(report))
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    if matches!(fresh, sea_orm::TryInsertResult::Inserted(1)) {
        return Ok(true);
    }
    let event_id = report.event_id.to_string();
    let known = Entity::find_by_id(event_id.as_str())
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or(StoreError::Unreadable {
            table: "events",
            column: "event_id",
        })?;
    if known.agent != report.agent.as_str() || known.camera != report.camera.as_str() {
        return Ok(false);
    }
    let counted = known.report_count + 1;
    let update = Entity::update_many().filter(Column::EventId.eq(event_id));
    let update = if i64::from(report.revision) > known.revision {
        update.set(event_table::ActiveModel {
            report_count: Set(counted),
            incident_id: Set(known.incident_id),
            event_id: NotSet,
            ..event_row(report)
        })
    } else {
        update.col_expr(Column::ReportCount, Expr::value(counted))
    };
    update.exec(tx.conn()).await?;
    Ok(true)
}

fn event_row(report: &AutoReport) -> event_table::ActiveModel {
    event_table::ActiveModel {
        event_id: Set(report.event_id.to_string()),
        agent: Set(report.agent.to_string()),
        camera: Set(report.camera.to_string()),
        zone: Set(report.zone.as_ref().map(ToString::to_string)),
        kind: Set(report.kind.as_str().to_owned()),
        detail: Set(report.detail.clone()),
        phase: Set(word(&report.phase)),
        confidence: Set(f64::from(report.confidence)),
        severity: Set(word(&report.severity)),
        place: Set(report.place.as_ref().map(json)),
        occurred_start: Set(report.occurred.start.as_microsecond()),
        occurred_end: Set(report.occurred.end.map(Timestamp::as_microsecond)),
        count: Set(report.count.map(i64::from)),
        revision: Set(i64::from(report.revision)),
        report_count: Set(1),
        clock: Set(json(&report.clock)),
        camera_name: Set(report.camera_name.clone()),
        tracks: Set(json(&report.tracks)),
        model: Set(report.model.as_ref().map(json)),
        rule_version: Set(report.rule_version.clone()),
        incident_id: Set(None),
    }
}

fn message_row(verified: &VerifiedReport<'_>, id: &str) -> message_table::ActiveModel {
    message_table::ActiveModel {
        id: Set(id.to_owned()),
        agent: Set(verified.report.agent.to_string()),
        topic: Set(verified.topic.to_owned()),
        payload: Set(verified.payload.to_vec()),
        signature: Set(verified.signature.to_owned()),
        received_at: Set(verified.received.as_microsecond()),
        sha256: Set(verified.sha256.to_owned()),
    }
}

fn report_row(verified: &VerifiedReport<'_>, message_id: String) -> report_table::ActiveModel {
    let report = verified.report;
    report_table::ActiveModel {
        event_id: Set(report.event_id.to_string()),
        revision: Set(i64::from(report.revision)),
        message_id: Set(message_id),
        sha256: Set(verified.sha256.to_owned()),
        agent: Set(report.agent.to_string()),
        camera: Set(report.camera.to_string()),
        kind: Set(report.kind.as_str().to_owned()),
        detail: Set(report.detail.clone()),
        phase: Set(word(&report.phase)),
        confidence: Set(f64::from(report.confidence)),
        severity: Set(word(&report.severity)),
        zone: Set(report.zone.as_ref().map(ToString::to_string)),
        occurred_start: Set(report.occurred.start.as_microsecond()),
        occurred_end: Set(report.occurred.end.map(Timestamp::as_microsecond)),
        clock: Set(json(&report.clock)),
        place: Set(report.place.as_ref().map(json)),
        tracks: Set(json(&report.tracks)),
        model: Set(report.model.as_ref().map(json)),
        rule_version: Set(report.rule_version.clone()),
        count: Set(report.count.map(i64::from)),
        received_at: Set(verified.received.as_microsecond()),
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
