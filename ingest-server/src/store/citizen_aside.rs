//! What stands beside citizens' reports: sealed contacts, errands to cameras, updates of other systems, and
//! what changed of their incidents.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::access::{MAX_ROWS, Statements, insert_all};
use super::entity::{
    citizen_contact, citizen_errand, citizen_report, citizen_update, merge_witness,
};
use super::{Access, StoreError, Tx};

/// Keeps a sealed contact.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_contact(tx: &Tx, row: citizen_contact::Model) -> Result<(), StoreError> {
    use citizen_contact::Column;
    let key = [Column::ReportId];
    Statements::write(tx, move |statements| {
        statements.upsert(vec![row], &key, &[Column::KeyId, Column::Sealed]);
    })
    .await
}

/// A report's sealed contact.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn contact_of_report(
    on: &impl Access,
    report: &str,
) -> Result<Option<citizen_contact::Model>, StoreError> {
    Ok(citizen_contact::Entity::find_by_id(report)
        .one(on.conn())
        .await?)
}

/// Contacts that are sealed under another key than this one.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn contacts_not_under(
    on: &impl Access,
    key_id: &str,
    most: u64,
) -> Result<Vec<citizen_contact::Model>, StoreError> {
    Ok(citizen_contact::Entity::find()
        .filter(citizen_contact::Column::KeyId.ne(key_id))
        .order_by_asc(citizen_contact::Column::ReportId)
        .limit(most)
        .all(on.conn())
        .await?)
}

/// Writes down that a camera is to be asked.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_errand(tx: &Tx, row: citizen_errand::Model) -> Result<(), StoreError> {
    insert_all(tx, vec![row]).await
}

/// Errands of which nothing came yet, wanted since a moment, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn open_errands(
    on: &impl Access,
    since: Timestamp,
    most: u64,
) -> Result<Vec<citizen_errand::Model>, StoreError> {
    use citizen_errand::Column;
    Ok(citizen_errand::Entity::find()
        .filter(Column::CommandId.is_null())
        .filter(Column::Refused.is_null())
        .filter(Column::WantedAt.gte(since.as_microsecond()))
        .order_by_asc(Column::WantedAt)
        .limit(most)
        .all(on.conn())
        .await?)
}

/// The command that asked a camera last, where that was since a moment.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn asked_lately(
    on: &impl Access,
    agent: &str,
    camera: &str,
    since: Timestamp,
) -> Result<Option<String>, StoreError> {
    use citizen_errand::Column;
    let row = citizen_errand::Entity::find()
        .filter(Column::Agent.eq(agent))
        .filter(Column::Camera.eq(camera))
        .filter(Column::WantedAt.gte(since.as_microsecond()))
        .filter(Column::CommandId.is_not_null())
        .order_by_desc(Column::WantedAt)
        .one(on.conn())
        .await?;
    Ok(row.and_then(|row| row.command_id))
}

/// Writes down what became of an errand.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn errand_done(
    tx: &Tx,
    id: &str,
    outcome: Result<&str, &'static str>,
) -> Result<(), StoreError> {
    use citizen_errand::Column;
    citizen_errand::Entity::update_many()
        .col_expr(Column::CommandId, Expr::value(outcome.ok()))
        .col_expr(Column::Refused, Expr::value(outcome.err()))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The errands of reports.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn errands_of_reports(
    on: &impl Access,
    reports: &[String],
) -> Result<Vec<citizen_errand::Model>, StoreError> {
    let mut errands = Vec::new();
    for some in reports.chunks(MAX_ROWS) {
        let rows = citizen_errand::Entity::find()
            .filter(citizen_errand::Column::ReportId.is_in(some))
            .order_by_asc(citizen_errand::Column::ReportId)
            .order_by_asc(citizen_errand::Column::DistanceM)
            .all(on.conn())
            .await?;
        errands.extend(rows);
    }
    Ok(errands)
}

/// Keeps another system's update. False where it is known already.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_update(tx: &Tx, row: citizen_update::Model) -> Result<bool, StoreError> {
    use citizen_update::Column;
    let known = citizen_update::Entity::find()
        .filter(Column::Client.eq(&row.client))
        .filter(Column::UpdateId.eq(&row.update_id))
        .one(tx.conn())
        .await?;
    if known.is_some() {
        return Ok(false);
    }
    insert_all(tx, vec![row]).await?;
    Ok(true)
}

/// The updates of reports, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn updates_of_reports(
    on: &impl Access,
    reports: &[String],
) -> Result<Vec<citizen_update::Model>, StoreError> {
    let mut updates = Vec::new();
    for some in reports.chunks(MAX_ROWS) {
        let rows = citizen_update::Entity::find()
            .filter(citizen_update::Column::ReportId.is_in(some))
            .order_by_asc(citizen_update::Column::At)
            .all(on.conn())
            .await?;
        updates.extend(rows);
    }
    Ok(updates)
}

/// A change of an incident's state, for whoever follows a report of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The incident.
    pub incident: String,
    /// The row's number in the incident's history.
    pub seq: i64,
    /// When, microseconds UTC.
    pub at: i64,
    /// The state after.
    pub state: String,
    /// What stands beside it.
    pub detail: Option<String>,
    /// What whoever took the step wrote. Not every step's words are for the public.
    pub note: Option<String>,
}

/// The changes of state of incidents within a time, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn state_changes(
    on: &impl Access,
    incidents: &[String],
    from: i64,
    to: i64,
) -> Result<Vec<StateChange>, StoreError> {
    use super::entity::incident_history::{Column, Entity};
    let mut changes = Vec::new();
    for some in incidents.chunks(MAX_ROWS) {
        let rows = Entity::find()
            .filter(Column::IncidentId.is_in(some))
            .filter(Column::At.between(from, to))
            .filter(Column::ToState.is_not_null())
            .filter(
                sea_orm::Condition::any()
                    .add(Column::FromState.is_null())
                    .add(Expr::col(Column::FromState).ne(Expr::col(Column::ToState))),
            )
            .order_by_asc(Column::At)
            .all(on.conn())
            .await?;
        changes.extend(rows.into_iter().filter_map(|row| {
            Some(StateChange {
                incident: row.incident_id,
                seq: row.seq,
                at: row.at,
                state: row.to_state?,
                detail: row.reason,
                note: row.note,
            })
        }));
    }
    Ok(changes)
}

/// Incidents that changed within a time, and the citizens' reports that belong to them.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn reports_of_changed_incidents(
    on: &impl Access,
    from: i64,
    to: i64,
    most: u64,
) -> Result<Vec<citizen_report::Model>, StoreError> {
    use super::entity::incident_history;
    use sea_orm::QueryTrait as _;
    let changed = incident_history::Entity::find()
        .select_only()
        .column(incident_history::Column::IncidentId)
        .filter(incident_history::Column::At.between(from, to))
        .filter(incident_history::Column::ToState.is_not_null())
        .into_query();
    let theirs = merge_witness::Entity::find()
        .select_only()
        .column(merge_witness::Column::Id)
        .filter(merge_witness::Column::Source.ne("camera"))
        .filter(merge_witness::Column::IncidentId.in_subquery(changed))
        .into_query();
    let updated = citizen_update::Entity::find()
        .select_only()
        .column(citizen_update::Column::ReportId)
        .filter(citizen_update::Column::At.between(from, to))
        .into_query();
    Ok(citizen_report::Entity::find()
        .filter(
            sea_orm::Condition::any()
                .add(citizen_report::Column::Id.in_subquery(theirs))
                .add(citizen_report::Column::Id.in_subquery(updated)),
        )
        .order_by_desc(citizen_report::Column::ReceivedAt)
        .limit(most)
        .all(on.conn())
        .await?)
}
