//! Incidents: what each stored report does to them, and the decisions of people.
//!
//! What is decided, and why, stands in `incident::{intake, merge, facts, lifecycle}`; here it is
//! read and written, always within the caller's transaction.

use contract::v1::{AutoReport, EventId, Phase};
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::cameras::word;
use super::entity::{counter, event, incident};
use super::incident_facts::{interval, sum_up, unword};
use super::incident_history::append_history;
use super::reports::json;
use super::{Access, StoreError, Tx};
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::incident::history::CAMERA_ACTOR;
use crate::incident::intake::{Decision, Placed, decide};
use crate::incident::lifecycle::{RejectReason, State};
use crate::incident::merge::{Candidate, MergeKey};

/// The counter that numbers incidents.
const NUMBERS: &str = "incident";
/// Most open incidents that are weighed for one event. One camera's zone has one open incident of
/// a kind, and at most a few that were rejected while the camera insists.
const MAX_CANDIDATES: u64 = 16;

/// What a stored report did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What was decided, and why.
    pub decision: Decision,
    /// To be announced once the transaction is committed.
    pub change: Change,
}

/// Lets a report that was just stored act on the incidents. Call it once for each new
/// `(event_id, revision)`, after the event's row was written, in the same transaction.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn apply_report(
    tx: &Tx,
    report: &AutoReport,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let event_id = report.event_id.to_string();
    let row = event::Entity::find_by_id(event_id.as_str())
        .one(tx.conn())
        .await?
        .ok_or(StoreError::Unreadable {
            table: "events",
            column: "event_id",
        })?;
    let placed = placed(&row)?;
    let candidates = match placed {
        Some(_) => Vec::new(),
        None => candidates(tx, report).await?,
    };
    let decision = decide(report, placed, &candidates);
    let id = match decision {
        Decision::Late { incident } | Decision::Revise { incident } => incident,
        Decision::Link { incident } => {
            place_event(tx, &event_id, incident).await?;
            grow_version(tx, incident).await?;
            let done = Happening {
                action: "link",
                to: None,
                reason: Some(LINK_REASON),
            };
            remember(tx, incident, done, now).await?;
            incident
        }
        Decision::Open { reason } => {
            let id = open(tx, report, now).await?;
            place_event(tx, &event_id, id).await?;
            let to = Some(State::New.as_str());
            let done = Happening {
                action: "open",
                to,
                reason: Some(reason.as_str()),
            };
            remember(tx, id, done, now).await?;
            id
        }
    };
    let version = sum_up(tx, id, now).await?;
    Ok(Applied {
        decision,
        change: Change::Incident { id, version },
    })
}

/// Why an event was linked: the only reason there is until merging scores.
const LINK_REASON: &str = "same_zone_and_kind_while_open";

fn placed(row: &event::Model) -> Result<Option<Placed>, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "events",
        column,
    };
    row.incident_id
        .as_deref()
        .map(|incident| {
            Ok(Placed {
                incident: incident.parse().map_err(|_| unreadable("incident_id"))?,
                revision: u32::try_from(row.revision).map_err(|_| unreadable("revision"))?,
            })
        })
        .transpose()
}

/// The incidents that might take the event: the open ones, and the newest that its camera cleared,
/// which tells a recurrence from a first time. The cost does not grow with history.
async fn candidates(tx: &Tx, report: &AutoReport) -> Result<Vec<Candidate>, StoreError> {
    use incident::Column;
    let zone = match &report.zone {
        Some(zone) => Column::Zone.eq(zone.as_str()),
        None => Column::Zone.is_null(),
    };
    let alike = incident::Entity::find()
        .filter(Column::Agent.eq(report.agent.as_str()))
        .filter(Column::Camera.eq(report.camera.as_str()))
        .filter(Column::Kind.eq(report.kind.as_str()))
        .filter(Column::Detail.eq(report.detail.as_str()))
        .filter(zone)
        .order_by_desc(Column::Number);
    let cleared = word(&Phase::Cleared);
    let open_phases = [word(&Phase::Raised), word(&Phase::Updated)];
    let mut rows = alike
        .clone()
        .filter(Column::CameraPhase.is_in(open_phases))
        .limit(MAX_CANDIDATES)
        .all(tx.conn())
        .await?;
    rows.extend(
        alike
            .filter(Column::CameraPhase.eq(cleared))
            .limit(1)
            .all(tx.conn())
            .await?,
    );
    let key = MergeKey::of(report);
    rows.iter().map(|row| candidate(row, &key)).collect()
}

/// A row that the query found by the key.
fn candidate(row: &incident::Model, key: &MergeKey) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        id: incident_id(row)?,
        key: key.clone(),
        state: state_of(row)?,
        camera_phase: unword(&row.camera_phase, "incidents", "camera_phase")?,
        occurred: interval(row.occurred_start, row.occurred_end, "incidents")?,
    })
}

async fn open(tx: &Tx, report: &AutoReport, now: Timestamp) -> Result<IncidentId, StoreError> {
    let id = IncidentId::new();
    let row = incident::ActiveModel {
        id: Set(id.to_string()),
        number: Set(next_number(tx).await?),
        kind: Set(report.kind.as_str().to_owned()),
        detail: Set(report.detail.clone()),
        severity: Set(word(&report.severity)),
        confidence: Set(f64::from(report.confidence)),
        state: Set(State::New.as_str().to_owned()),
        camera_phase: Set(word(&report.phase)),
        agent: Set(report.agent.to_string()),
        camera: Set(report.camera.to_string()),
        camera_name: Set(report.camera_name.clone()),
        zone: Set(report.zone.as_ref().map(ToString::to_string)),
        place: Set(report.place.as_ref().map(json)),
        occurred_start: Set(report.occurred.start.as_microsecond()),
        occurred_end: Set(None),
        created_at: Set(now.as_microsecond()),
        updated_at: Set(now.as_microsecond()),
        version: Set(1),
        count: Set(report.count.map(i64::from)),
        event_count: Set(0),
        report_count: Set(0),
        rejected_reason: Set(None),
    };
    incident::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(id)
}

/// Short numbers for people. On PostgreSQL the row is held until the transaction ends, so that two
/// servers never give one number twice and a transaction that fails leaves no gap.
async fn next_number(tx: &Tx) -> Result<i64, StoreError> {
    use counter::{ActiveModel, Column, Entity};
    Entity::insert(ActiveModel {
        name: Set(NUMBERS.to_owned()),
        value: Set(1),
    })
    .on_conflict(
        OnConflict::column(Column::Name)
            .value(Column::Value, Expr::col((Entity, Column::Value)).add(1))
            .to_owned(),
    )
    .exec_without_returning(tx.conn())
    .await?;
    let row = Entity::find_by_id(NUMBERS).one(tx.conn()).await?;
    row.map(|row| row.value).ok_or(StoreError::Unreadable {
        table: "counters",
        column: "value",
    })
}

async fn place_event(tx: &Tx, event_id: &str, incident: IncidentId) -> Result<(), StoreError> {
    event::Entity::update_many()
        .col_expr(event::Column::IncidentId, Expr::value(incident.to_string()))
        .filter(event::Column::EventId.eq(event_id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn grow_version(tx: &Tx, id: IncidentId) -> Result<(), StoreError> {
    use incident::Column;
    incident::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// One thing a camera did to an incident.
pub(super) struct Happening {
    pub(super) action: &'static str,
    pub(super) to: Option<&'static str>,
    pub(super) reason: Option<&'static str>,
}

pub(super) async fn remember(
    tx: &Tx,
    id: IncidentId,
    done: Happening,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = super::HistoryEntry {
        actor: CAMERA_ACTOR.to_owned(),
        action: done.action.to_owned(),
        from: None,
        to: done.to.map(str::to_owned),
        reason: done.reason.map(str::to_owned),
        note: None,
    };
    append_history(tx, id, entry, now).await
}

/// Marks the incident of an event as changed, e.g. because its evidence came. `None` where the
/// event is unknown. The change is to be announced once the transaction is committed.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn touch_incident_of_event(
    tx: &Tx,
    event: EventId,
    now: Timestamp,
) -> Result<Option<Change>, StoreError> {
    use incident::Column;
    let row = event::Entity::find_by_id(event.to_string())
        .one(tx.conn())
        .await?;
    let Some(placed) = row.as_ref().map(placed).transpose()?.flatten() else {
        return Ok(None);
    };
    incident::Entity::update_many()
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(placed.incident.to_string()))
        .exec(tx.conn())
        .await?;
    let row = find_incident(tx, placed.incident).await?;
    Ok(row.map(|row| Change::Incident {
        id: placed.incident,
        version: row.version,
    }))
}

/// One incident.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn find_incident(
    on: &impl Access,
    id: IncidentId,
) -> Result<Option<incident::Model>, StoreError> {
    Ok(incident::Entity::find_by_id(id.to_string())
        .one(on.conn())
        .await?)
}

/// Writes a decision of people, where the incident still stands at `version`. False where it has
/// moved on.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_decision(
    tx: &Tx,
    id: IncidentId,
    version: i64,
    state: State,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use incident::Column;
    let reason = state.rejected_reason().map(RejectReason::as_str);
    let changed = incident::Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::RejectedReason, Expr::value(reason))
        .col_expr(Column::Version, Expr::value(version + 1))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The id of a row.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn incident_id(row: &incident::Model) -> Result<IncidentId, StoreError> {
    row.id.parse().map_err(|_| StoreError::Unreadable {
        table: "incidents",
        column: "id",
    })
}

/// What people decided, as a row says it.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn state_of(row: &incident::Model) -> Result<State, StoreError> {
    State::from_words(&row.state, row.rejected_reason.as_deref()).map_err(|_| {
        StoreError::Unreadable {
            table: "incidents",
            column: "state",
        }
    })
}
