//! Stages that were not done in time, across incidents: what lists of a month are made of.
//!
//! Asked in three parts, each along an index: what became overdue within the time, and what was before and is not done,
//! or was done since. What does not belong here: which of them belong into a list (`casework::overdue`).

use std::collections::HashMap;

use casework::clock::Running;
use jiff::Timestamp;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _};

use super::access::MAX_ROWS;
use super::case_clocks::running;
use super::entity::{case_clock, incident};
use super::{Access, StoreError};

/// A stage that somebody was told is overdue, and its incident.
#[derive(Debug, Clone)]
pub struct Lapsed {
    /// The incident.
    pub incident: incident::Model,
    /// The stage on its clock.
    pub clock: Running,
}

/// The stages that became overdue within the time, or before it and were not done when it began; of incidents that these
/// units answer for, where any is named, and that stand in no other. The oldest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn lapsed(
    on: &impl Access,
    units: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Lapsed>, StoreError> {
    use case_clock::Column;
    let (from, to) = (from.as_microsecond(), to.as_microsecond());
    let before = || Condition::all().add(Column::MissedAt.lt(from));
    let mut clocks = Vec::new();
    for part in [
        Condition::all()
            .add(Column::MissedAt.gte(from))
            .add(Column::MissedAt.lt(to)),
        before().add(Column::Done.is_null()),
        before().add(Column::Done.gte(from)),
    ] {
        let found = case_clock::Entity::find().filter(part).all(on.conn());
        clocks.extend(found.await?);
    }
    clocks.sort_by(|a, b| (a.missed_at, &a.incident_id).cmp(&(b.missed_at, &b.incident_id)));
    let incidents = incidents_of(on, &clocks, units).await?;
    let incidents: HashMap<&str, &incident::Model> =
        incidents.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut found = Vec::new();
    for clock in clocks {
        let Some(incident) = incidents.get(clock.incident_id.as_str()).copied() else {
            continue;
        };
        found.push(Lapsed {
            incident: incident.clone(),
            clock: running(clock)?,
        });
    }
    Ok(found)
}

async fn incidents_of(
    on: &impl Access,
    clocks: &[case_clock::Model],
    units: &[String],
) -> Result<Vec<incident::Model>, StoreError> {
    use incident::Column;
    let mut ids: Vec<&str> = clocks.iter().map(|row| row.incident_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::new();
    for some in ids.chunks(MAX_ROWS) {
        let mut search = incident::Entity::find()
            .filter(Column::Id.is_in(some.iter().copied()))
            .filter(Column::Inside.is_null())
            .filter(Column::LeadUnit.is_not_null());
        if !units.is_empty() {
            search = search.filter(Column::LeadUnit.is_in(units));
        }
        found.extend(search.all(on.conn()).await?);
    }
    Ok(found)
}
