//! What people read about incidents: pages of them, their events, their evidence.

use contract::v1::EvidenceId;
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, FromQueryResult, JoinType, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
};

use super::entity::{event, evidence, incident};
use super::{Access, StoreError};
use crate::incident::IncidentId;

/// What of the shelf a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnShelf {
    /// Whatever stands on it or not.
    Any,
    /// What is set aside at this moment is left out.
    Hidden(Timestamp),
    /// Only what is set aside at this moment.
    Only(Timestamp),
}

/// Which incidents to list.
#[derive(Debug, Clone)]
pub struct IncidentFilter {
    /// The states, in the store's words; empty for all.
    pub states: Vec<&'static str>,
    /// What is set aside.
    pub shelf: OnShelf,
    /// Only those with a lower number.
    pub before: Option<i64>,
    /// At most this many.
    pub limit: u64,
    /// Only those that one of these units leads or supports.
    pub units: Option<Vec<String>>,
    /// Only kinds, or `kind/detail`, that each of these lists names; an empty list names all.
    pub kinds: Vec<Vec<String>>,
}

impl IncidentFilter {
    /// Every incident, newest first, at most this many.
    #[must_use]
    pub const fn newest(limit: u64) -> Self {
        Self {
            states: Vec::new(),
            shelf: OnShelf::Any,
            before: None,
            limit,
            units: None,
            kinds: Vec::new(),
        }
    }
}

/// Incidents, newest first.
///
/// Asked state by state (or kind by kind), each along an index whose order is the answer's, so that
/// no more rows are read than arms times the limit, however many incidents there are.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn incidents(
    on: &impl Access,
    filter: &IncidentFilter,
) -> Result<Vec<incident::Model>, StoreError> {
    let mut found = Vec::new();
    for arm in arms(filter) {
        found.extend(arm.all(on.conn()).await?);
    }
    found.sort_unstable_by_key(|row: &incident::Model| std::cmp::Reverse(row.number));
    found.dedup_by_key(|row| row.number);
    found.truncate(usize::try_from(filter.limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// The queries that together answer.
fn arms(filter: &IncidentFilter) -> Vec<Select<incident::Entity>> {
    use incident::Column;
    let until = Column::ShelvedUntil;
    let mut all = incident::Entity::find()
        .filter(Column::Inside.is_null())
        .limit(filter.limit);
    all = match filter.shelf {
        OnShelf::Any => all,
        OnShelf::Hidden(now) => all.filter(
            Condition::any()
                .add(until.is_null())
                .add(until.lte(now.as_microsecond())),
        ),
        OnShelf::Only(now) => all.filter(until.gt(now.as_microsecond())),
    };
    if let Some(units) = &filter.units {
        all = all.filter(of_units(units));
    }
    let mut narrow = filter.kinds.iter().filter(|kinds| !kinds.is_empty());
    if let Some(first) = narrow.next() {
        for kinds in narrow {
            all = all.filter(of_kinds(kinds));
        }
        if !filter.states.is_empty() {
            all = all.filter(Column::State.is_in(filter.states.iter().copied()));
        }
        let one = |own: &String| {
            let kind = own.split_once('/').map_or(own.as_str(), |(kind, _)| kind);
            let found = along(all.clone(), (Column::Kind, kind), filter.before);
            match own.split_once('/') {
                Some((_, detail)) => found.filter(Column::Detail.eq(detail)),
                None => found,
            }
        };
        return first.iter().map(one).collect();
    }
    if filter.states.is_empty() {
        if let Some(before) = filter.before {
            all = all.filter(Column::Number.lt(before));
        }
        return vec![all.order_by_desc(Column::Number)];
    }
    let one = |state: &&str| along(all.clone(), (Column::State, state), filter.before);
    filter.states.iter().map(one).collect()
}

/// Those with this value, newest first, along the index of the column and the number. As bounds and not as
/// an equation: by an equation PostgreSQL may walk all numbers instead, and read whatever has another value.
fn along(
    all: Select<incident::Entity>,
    (column, value): (incident::Column, &str),
    before: Option<i64>,
) -> Select<incident::Entity> {
    let number = incident::Column::Number;
    let here = [
        Expr::col((incident::Entity, column)),
        Expr::col((incident::Entity, number)),
    ];
    let end = [Expr::val(value), Expr::val(before.unwrap_or(i64::MAX))];
    all.filter(column.gte(value))
        .filter(Expr::tuple(here).lt(Expr::tuple(end)))
        .order_by_desc(column)
        .order_by_desc(number)
}

fn of_kinds(kinds: &[String]) -> Condition {
    use incident::Column;
    let one = |kind: &String| match kind.split_once('/') {
        None => Condition::all().add(Column::Kind.eq(kind)),
        Some((kind, detail)) => Condition::all()
            .add(Column::Kind.eq(kind))
            .add(Column::Detail.eq(detail)),
    };
    kinds.iter().map(one).fold(Condition::any(), Condition::add)
}

/// Those that units lead or support; the units that support are a JSON list of plain words.
fn of_units(units: &[String]) -> Condition {
    use incident::Column;
    let supports = |unit: &String| Column::Supporting.contains(format!("\"{unit}\""));
    units
        .iter()
        .map(supports)
        .fold(Condition::any(), Condition::add)
        .add(Column::LeadUnit.is_in(units))
}

/// Incidents of which a stage is overdue, those that wait longest first; of these units alone where any is named.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn overdue(
    on: &impl Access,
    now: Timestamp,
    units: &[String],
    limit: u64,
) -> Result<Vec<incident::Model>, StoreError> {
    use incident::Column;
    let mut query = incident::Entity::find()
        .filter(Column::DueAt.lte(now.as_microsecond()))
        .filter(Column::Inside.is_null())
        .order_by_asc(Column::DueAt)
        .limit(limit);
    if !units.is_empty() {
        query = query.filter(Column::LeadUnit.is_in(units));
    }
    Ok(query.all(on.conn()).await?)
}

/// How many incidents of each unit are overdue; none for the common tray.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn overdue_by_unit(
    on: &impl Access,
    now: Timestamp,
) -> Result<Vec<(Option<String>, i64)>, StoreError> {
    use incident::Column;
    Ok(incident::Entity::find()
        .select_only()
        .column(Column::LeadUnit)
        .column_as(Column::Id.count(), "count")
        .filter(Column::DueAt.lte(now.as_microsecond()))
        .filter(Column::Inside.is_null())
        .group_by(Column::LeadUnit)
        .order_by_asc(Column::LeadUnit)
        .into_tuple()
        .all(on.conn())
        .await?)
}

/// Incidents that began since a moment, newest first: the past on which rules are rehearsed.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn incidents_since(
    on: &impl Access,
    since: Timestamp,
    limit: u64,
) -> Result<Vec<incident::Model>, StoreError> {
    use incident::Column;
    Ok(incident::Entity::find()
        .filter(Column::CreatedAt.gte(since.as_microsecond()))
        .filter(Column::Inside.is_null())
        .order_by_desc(Column::Number)
        .limit(limit)
        .all(on.conn())
        .await?)
}

/// The events of an incident, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn events_of_incident(
    on: &impl Access,
    id: IncidentId,
) -> Result<Vec<event::Model>, StoreError> {
    Ok(event::Entity::find()
        .filter(event::Column::IncidentId.eq(id.to_string()))
        .order_by_asc(event::Column::OccurredStart)
        .order_by_asc(event::Column::EventId)
        .all(on.conn())
        .await?)
}

/// The evidence of an incident's events, in the order of the events.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_of_incident(
    on: &impl Access,
    id: IncidentId,
) -> Result<Vec<evidence::Model>, StoreError> {
    Ok(evidence::Entity::find()
        .join(JoinType::InnerJoin, to_event())
        .filter(event::Column::IncidentId.eq(id.to_string()))
        .order_by_asc(event::Column::OccurredStart)
        .order_by_asc(evidence::Column::EventId)
        .order_by_asc(evidence::Column::Id)
        .all(on.conn())
        .await?)
}

/// One piece of evidence of this very incident; `None` where it belongs to another.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_piece_of_incident(
    on: &impl Access,
    incident: IncidentId,
    piece: EvidenceId,
) -> Result<Option<evidence::Model>, StoreError> {
    Ok(evidence::Entity::find()
        .join(JoinType::InnerJoin, to_event())
        .filter(event::Column::IncidentId.eq(incident.to_string()))
        .filter(evidence::Column::Id.eq(piece.to_string()))
        .one(on.conn())
        .await?)
}

/// A stored still or clip of an incident.
#[derive(Debug, Clone, FromQueryResult)]
pub struct StoredPiece {
    /// The incident.
    pub incident_id: String,
    /// The piece.
    pub id: String,
    /// `EvidenceKind` on the wire.
    pub kind: String,
}

/// What can be shown of these incidents, the oldest event's first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn stored_pieces(
    on: &impl Access,
    incidents: impl IntoIterator<Item = String>,
) -> Result<Vec<StoredPiece>, StoreError> {
    Ok(evidence::Entity::find()
        .select_only()
        .column_as(event::Column::IncidentId, "incident_id")
        .column_as(evidence::Column::Id, "id")
        .column_as(evidence::Column::Kind, "kind")
        .join(JoinType::InnerJoin, to_event())
        .filter(event::Column::IncidentId.is_in(incidents))
        .filter(evidence::Column::State.eq("stored"))
        .order_by_asc(event::Column::OccurredStart)
        .order_by_asc(evidence::Column::EventId)
        .order_by_asc(evidence::Column::Id)
        .into_model::<StoredPiece>()
        .all(on.conn())
        .await?)
}

fn to_event() -> sea_orm::RelationDef {
    evidence::Entity::belongs_to(event::Entity)
        .from(evidence::Column::EventId)
        .to(event::Column::EventId)
        .into()
}
