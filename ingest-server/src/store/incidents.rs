//! Incidents: found and touched. What reports do to them is `filing`'s, what people do `cases`'s.

use contract::v1::EventId;
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::access::insert_all;
use super::entity::{event, incident};
use super::{Access, StoreError, Tx};
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::incident::intake::Placed;
use crate::incident::told::Told;

/// Where an event is placed, as its row says.
pub(super) fn placed(row: &event::Model) -> Result<Option<Placed>, StoreError> {
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

/// One incident that is to be changed: on PostgreSQL nobody else changes it until the transaction ends. Whoever takes
/// several takes them in the order of their ids.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn take_incident(tx: &Tx, id: IncidentId) -> Result<Option<incident::Model>, StoreError> {
    Ok(incident::Entity::find_by_id(id.to_string())
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// Writes an incident that was just opened.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_incident(tx: &Tx, row: incident::Model) -> Result<(), StoreError> {
    insert_all(tx, vec![row]).await
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

/// What citizens say of it, as a row says it.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn told_of_row(row: &incident::Model) -> Result<Option<Told>, StoreError> {
    let read = |text: &String| {
        serde_json::from_str(text).map_err(|_| StoreError::Unreadable {
            table: "incidents",
            column: "told",
        })
    };
    row.told.as_ref().map(read).transpose()
}
