//! Merges and splits by people: carried out, remembered, undone.
//!
//! What moves and what is refused stands in `merge::casebook`; here its plans become rows, within
//! the caller's transaction. After each, the incidents that lost or gained reports are summed up
//! anew from what they have now, so that a merge that is undone leaves the rows as they were.

use std::collections::{BTreeMap, BTreeSet};

use casework::lifecycle::{OpenedBy, State};
use casework::routing::Source;
use jiff::Timestamp;
use merge::Model;
use merge::casebook::{Decided, Plan, Side, Step, Undone, Verb};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::access::{MAX_ROWS, insert_all};
use super::cases::state_of;
use super::citizen_reports::told_of_incident;
use super::entity::{event, incident, merge_step, merge_witness};
use super::filing::next_number;
use super::incident_facts::{events_of, put_sum, put_told};
use super::incidents::{find_incident, incident_id, insert_incident};
use super::merging::{column, declined_by_split, renew_profile};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;
use crate::incident::facts::Sum;

/// A merge or split, as stored.
#[derive(Debug, Clone)]
pub struct MergeStep {
    /// The row.
    pub row: merge_step::Model,
    /// What it was, in the words of merging.
    pub step: Step<IncidentId, String>,
}

/// A merge or split that is to be carried out.
#[derive(Debug, Clone, Copy)]
pub struct NewStep<'a> {
    /// Which of the two.
    pub verb: Verb,
    /// The incident that reports leave.
    pub from: IncidentId,
    /// Who does it: a user name.
    pub actor: &'a str,
    /// When.
    pub now: Timestamp,
}

const fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Merge => "merge",
        Verb::Split => "split",
    }
}

/// An incident with its reports, as far as moving them goes. On PostgreSQL it is held until the
/// transaction ends.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn side_of(
    tx: &Tx,
    row: &incident::Model,
) -> Result<Side<IncidentId, String>, StoreError> {
    use merge_witness::Column;
    let id = incident_id(row)?;
    let witnesses = merge_witness::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::IncidentId.eq(&row.id))
        .lock_exclusive()
        .into_tuple::<String>()
        .all(tx.conn())
        .await?;
    let decided = match state_of(row)? {
        State::New | State::Eligible | State::Acknowledged => Decided::Not,
        _ => Decided::Yes,
    };
    Ok(Side {
        id,
        inside: inside_of(row)?,
        witnesses: witnesses.into_iter().collect(),
        decided,
    })
}

fn inside_of(row: &incident::Model) -> Result<Option<IncidentId>, StoreError> {
    row.inside
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| StoreError::Unreadable {
            table: "incidents",
            column: "inside",
        })
}

/// Writes a plan down and remembers it; returns the step's id.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn carry_out_step(
    tx: &Tx,
    model: &Model,
    new: NewStep<'_>,
    plan: &Plan<IncidentId, String>,
) -> Result<String, StoreError> {
    carry_out(tx, model, new.from, plan, new.now).await?;
    if new.verb == Verb::Split {
        declined_by_split(tx, &plan.moves, new.from, new.actor, new.now).await?;
    }
    let row = merge_step::Model {
        id: Uuid::now_v7().to_string(),
        verb: word(new.verb).to_owned(),
        from_incident: new.from.to_string(),
        to_incident: plan.to.to_string(),
        moved: column(&plan.moves),
        actor: new.actor.to_owned(),
        at: new.now.as_microsecond(),
        undone_by: None,
        undone_at: None,
    };
    let id = row.id.clone();
    insert_all(tx, vec![row]).await?;
    Ok(id)
}

/// Writes the plan of an undo down.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn undo_step(
    tx: &Tx,
    model: &Model,
    step: &MergeStep,
    plan: &Plan<IncidentId, String>,
    who: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    use merge_step::Column;
    carry_out(tx, model, step.step.to, plan, now).await?;
    merge_step::Entity::update_many()
        .col_expr(Column::UndoneBy, Expr::value(who))
        .col_expr(Column::UndoneAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(&step.row.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn carry_out(
    tx: &Tx,
    model: &Model,
    from: IncidentId,
    plan: &Plan<IncidentId, String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let moves: Vec<&String> = plan.moves.iter().collect();
    for some in moves.chunks(MAX_ROWS) {
        let to = plan.to.to_string();
        merge_witness::Entity::update_many()
            .col_expr(merge_witness::Column::IncidentId, Expr::value(&to))
            .filter(merge_witness::Column::Id.is_in(some.iter().copied()))
            .exec(tx.conn())
            .await?;
        event::Entity::update_many()
            .col_expr(event::Column::IncidentId, Expr::value(&to))
            .filter(event::Column::EventId.is_in(some.iter().copied()))
            .exec(tx.conn())
            .await?;
    }
    for id in [from, plan.to] {
        sum_up(tx, id, plan, now).await?;
        renew_profile(tx, model, id).await?;
    }
    Ok(())
}

/// Brings an incident's row up to date with the reports it has now. One that has none is left as it
/// stood.
async fn sum_up(
    tx: &Tx,
    id: IncidentId,
    plan: &Plan<IncidentId, String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(mut row) = find_incident(tx, id).await? else {
        return Ok(());
    };
    let told = told_of_incident(tx, id).await?;
    if let Some(sum) = Sum::of(&events_of(tx, id).await?) {
        put_told(&mut row, told.as_ref());
        put_sum(&mut row, &sum);
        row.report_count = report_count(tx, id).await?;
    } else if told.is_some() {
        no_events(&mut row);
        put_told(&mut row, told.as_ref());
    }
    if let Some((_, inside)) = plan.retire.filter(|(retired, _)| *retired == id) {
        row.inside = Some(inside.to_string());
    }
    if plan.revive == Some(id) {
        row.inside = None;
    }
    row.version += 1;
    row.updated_at = now.as_microsecond();
    incident::Entity::update(row.into_active_model().reset_all())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// No camera speaks of it any more: for merging it goes on until people close it.
fn no_events(row: &mut incident::Model) {
    (row.event_count, row.open_events, row.raised_events) = (0, 0, 0);
    (row.report_count, row.confidence, row.count) = (0, 0.0, None);
    row.camera_phase = "raised".to_owned();
    row.occurred_end = None;
}

async fn report_count(tx: &Tx, id: IncidentId) -> Result<i64, StoreError> {
    let counts = event::Entity::find()
        .select_only()
        .column(event::Column::ReportCount)
        .filter(event::Column::IncidentId.eq(id.to_string()))
        .into_tuple::<i64>()
        .all(tx.conn())
        .await?;
    Ok(counts.into_iter().sum())
}

/// Opens an empty incident beside another, to take some of its reports: it begins as the other's
/// kind and camera, and as nobody's decision.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn open_beside(
    tx: &Tx,
    other: &incident::Model,
    first: Option<&event::Model>,
    now: Timestamp,
) -> Result<IncidentId, StoreError> {
    let id = IncidentId::new();
    let of = |own: &String, its: Option<&String>| its.unwrap_or(own).clone();
    let by = OpenedBy::from_word(&other.opened_by).unwrap_or(OpenedBy::Camera);
    let row = incident::Model {
        number: next_number(tx).await?,
        kind: of(&other.kind, first.map(|event| &event.kind)),
        detail: of(&other.detail, first.map(|event| &event.detail)),
        agent: of(&other.agent, first.map(|event| &event.agent)),
        camera: of(&other.camera, first.map(|event| &event.camera)),
        zone: first.map_or_else(|| other.zone.clone(), |event| event.zone.clone()),
        severity: other.severity.clone(),
        confidence: other.confidence,
        camera_phase: other.camera_phase.clone(),
        camera_name: other.camera_name.clone(),
        place: other.place.clone(),
        occurred_start: other.occurred_start,
        occurred_end: other.occurred_end,
        count: other.count,
        source: other.source.clone(),
        complained_of: other.complained_of.clone(),
        urgency: other.urgency.clone(),
        ..incident::Model::opened(id, by, Source::Camera, now)
    };
    insert_incident(tx, row).await?;
    Ok(id)
}

/// The merges and splits that an incident took part in, newest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn steps_of_incident(
    on: &impl Access,
    incident: IncidentId,
) -> Result<Vec<MergeStep>, StoreError> {
    use merge_step::Column;
    let id = incident.to_string();
    let rows = merge_step::Entity::find()
        .filter(
            Condition::any()
                .add(Column::FromIncident.eq(&id))
                .add(Column::ToIncident.eq(&id)),
        )
        .order_by_desc(Column::Id)
        .all(on.conn())
        .await?;
    rows.into_iter().map(read).collect()
}

/// One merge or split.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn step(on: &impl Access, id: &str) -> Result<Option<MergeStep>, StoreError> {
    let row = merge_step::Entity::find_by_id(id).one(on.conn()).await?;
    row.map(read).transpose()
}

fn read(row: merge_step::Model) -> Result<MergeStep, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "merge_steps",
        column,
    };
    let moved: BTreeSet<String> =
        serde_json::from_str(&row.moved).map_err(|_| unreadable("moved"))?;
    let step = Step {
        verb: match row.verb.as_str() {
            "merge" => Verb::Merge,
            "split" => Verb::Split,
            _ => return Err(unreadable("verb")),
        },
        from: row
            .from_incident
            .parse()
            .map_err(|_| unreadable("from_incident"))?,
        to: row
            .to_incident
            .parse()
            .map_err(|_| unreadable("to_incident"))?,
        moved,
        undone: match row.undone_at {
            Some(_) => Undone::Yes,
            None => Undone::Not,
        },
    };
    Ok(MergeStep { row, step })
}

/// The numbers by which people know these incidents.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn incident_numbers(
    on: &impl Access,
    incidents: &BTreeSet<String>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    use incident::Column;
    let ids: Vec<&String> = incidents.iter().collect();
    let mut numbers = BTreeMap::new();
    for some in ids.chunks(MAX_ROWS) {
        let rows = incident::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Number])
            .filter(Column::Id.is_in(some.iter().copied()))
            .into_tuple::<(String, i64)>()
            .all(on.conn())
            .await?;
        numbers.extend(rows);
    }
    Ok(numbers)
}
