//! What there is to tell of an incident, read from its rows.

use contract::v1::{AutoReport, EventId, EventType, Phase, decode};
use notice::Family;
use notice::facts::{Course, Facts, Review};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::entity::{incident, message, report};
use super::incident_facts::sum_of_row;
use super::incidents::{find_incident, told_of_row};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

/// Most incidents that one may lie in, one within the other.
const MOST_INSIDE: usize = 16;

/// An incident and what is to be told of it.
#[derive(Debug, Clone)]
pub struct ToTell {
    /// The incident.
    pub incident: IncidentId,
    /// What is told.
    pub facts: Facts,
    /// The unit that a report complains of: neither it nor one below it is told anything.
    pub complained_of: Option<String>,
}

/// Which incident is meant where one was merged into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// That very one, as it was left.
    Itself,
    /// The one that has its reports now.
    Home,
}

/// What is to be told of an incident. None where it is gone, or is of a kind that no unit is told of.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn to_tell(
    tx: &Tx,
    incident: IncidentId,
    meant: Meant,
) -> Result<Option<ToTell>, StoreError> {
    let mut id = incident;
    for _ in 0..MOST_INSIDE {
        let Some(row) = find_incident(tx, id).await? else {
            return Ok(None);
        };
        match (meant, &row.inside) {
            (Meant::Home, Some(home)) => {
                id = home.parse().map_err(|_| StoreError::Unreadable {
                    table: "incidents",
                    column: "inside",
                })?;
            }
            _ => {
                let facts = facts_of(&row)?;
                return Ok(facts.map(|facts| ToTell {
                    incident: id,
                    facts,
                    complained_of: row.complained_of,
                }));
            }
        }
    }
    Ok(None)
}

fn facts_of(row: &incident::Model) -> Result<Option<Facts>, StoreError> {
    let Some(kind) = Family::from_word(&row.kind) else {
        return Ok(None);
    };
    let sum = sum_of_row(row)?;
    let told = told_of_row(row)?;
    // A name that no target can have concerns none.
    let lead = row.lead_unit.as_deref().and_then(|unit| unit.parse().ok());
    let facts = sum.facts;
    Ok(Some(Facts {
        incident: row.id.clone(),
        number: row.number,
        kind,
        detail: row.detail.clone(),
        severity: facts.severity,
        // It was an f32: its decimals beyond are noise.
        confidence: (row.confidence * 10_000.0).round() / 10_000.0,
        review: review_of(&row.state),
        rejected_reason: row.rejected_reason.clone(),
        course: match facts.camera_phase {
            Phase::Raised | Phase::Updated => Course::Open,
            Phase::Cleared => Course::Over,
        },
        place: facts.place,
        camera: facts.camera_name.unwrap_or_else(|| row.camera.clone()),
        begun: facts.occurred.start,
        ended: facts.occurred.end,
        events: sum.tally.events,
        reports: told.map_or(0, |told| told.reports),
        lead,
        bundle: None,
        besides: Vec::new(),
    }))
}

/// What people made of an incident, from its state's word: whatever comes after a confirmation is
/// confirmed.
fn review_of(state: &str) -> Review {
    match state {
        "new" | "eligible" | "acknowledged" => Review::Unconfirmed,
        "rejected" | "not_eligible" => Review::Rejected,
        _ => Review::Confirmed,
    }
}

/// The offence that the rule of an event's newest report proposes.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn proposed_offence(
    on: &impl Access,
    event: &EventId,
) -> Result<Option<String>, StoreError> {
    let newest = report::Entity::find()
        .filter(report::Column::EventId.eq(event.to_string()))
        .order_by_desc(report::Column::Revision)
        .one(on.conn())
        .await?;
    let Some(newest) = newest else {
        return Ok(None);
    };
    let message = message::Entity::find_by_id(newest.message_id)
        .one(on.conn())
        .await?;
    // It was read when it came in.
    let report = message.and_then(|row| {
        decode::<AutoReport>(&row.payload, EventType::Report)
            .ok()
            .map(|event| event.data)
    });
    Ok(report
        .and_then(|report| report.basis)
        .and_then(|basis| basis.proposed_offence))
}
