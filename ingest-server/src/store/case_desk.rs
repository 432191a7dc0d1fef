//! Who holds an incident, whether it is set aside, how urgent it is; and why it went where it went.

use casework::desk::{Claim, Shelf};
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};

use super::entity::{case_route, incident};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

/// Who holds the incident; also a claim that has ended by itself.
#[must_use]
pub fn claim_of(row: &incident::Model) -> Option<Claim> {
    Some(Claim {
        by: row.claimed_by.clone()?,
        until: Timestamp::from_microsecond(row.claimed_until?).ok()?,
    })
}

/// How the incident is set aside; also where the time is over and nobody has looked yet.
#[must_use]
pub fn shelf_of(row: &incident::Model) -> Option<Shelf> {
    Some(Shelf {
        by: row.shelved_by.clone()?,
        until: Timestamp::from_microsecond(row.shelved_until?).ok()?,
        why: row.shelved_why.clone().unwrap_or_default(),
    })
}

/// Writes who holds an incident. It is no decision: the version stays.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_claim(
    tx: &Tx,
    id: IncidentId,
    claim: Option<&Claim>,
    now: Timestamp,
) -> Result<(), StoreError> {
    use incident::Column;
    let until = claim.map(|claim| claim.until.as_microsecond());
    incident::Entity::update_many()
        .col_expr(
            Column::ClaimedBy,
            Expr::value(claim.map(|claim| claim.by.as_str())),
        )
        .col_expr(Column::ClaimedUntil, Expr::value(until))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Writes how an incident is set aside. It is no decision: the version stays.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_shelf(
    tx: &Tx,
    id: IncidentId,
    shelf: Option<&Shelf>,
    now: Timestamp,
) -> Result<(), StoreError> {
    use incident::Column;
    let until = shelf.map(|shelf| shelf.until.as_microsecond());
    incident::Entity::update_many()
        .col_expr(
            Column::ShelvedBy,
            Expr::value(shelf.map(|shelf| shelf.by.as_str())),
        )
        .col_expr(Column::ShelvedUntil, Expr::value(until))
        .col_expr(
            Column::ShelvedWhy,
            Expr::value(shelf.map(|shelf| shelf.why.as_str())),
        )
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// One fact of an incident that people set beside its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseFact<'a> {
    /// How urgent it is, as a word.
    Urgency(&'a str),
    /// The unit that is complained of.
    ComplainedOf(Option<&'a str>),
    /// The day of review that was told.
    ReviewTold(&'a str),
}

/// Writes a fact. The version stays.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_case_fact(
    tx: &Tx,
    id: IncidentId,
    fact: CaseFact<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    use incident::Column;
    let (column, value) = match fact {
        CaseFact::Urgency(word) => (Column::Urgency, Expr::value(word)),
        CaseFact::ComplainedOf(unit) => (Column::ComplainedOf, Expr::value(unit)),
        CaseFact::ReviewTold(day) => (Column::ReviewTold, Expr::value(day)),
    };
    incident::Entity::update_many()
        .col_expr(column, value)
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Keeps why an incident went where it went.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_route(tx: &Tx, row: case_route::Model) -> Result<(), StoreError> {
    case_route::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Why an incident went where it went the last time that rules were asked.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn route_of(
    on: &impl Access,
    id: IncidentId,
) -> Result<Option<case_route::Model>, StoreError> {
    use case_route::Column;
    Ok(case_route::Entity::find()
        .filter(Column::IncidentId.eq(id.to_string()))
        .order_by_desc(Column::Version)
        .one(on.conn())
        .await?)
}
