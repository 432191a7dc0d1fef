//! Telephone calls about urgent incidents: asked for by time, made by people.

use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::entity::case_call;
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

/// A call that somebody is asked to make.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// About which incident.
    pub incident: IncidentId,
    /// How often it was reopened.
    pub round: u32,
    /// Which rung of the call tree, from 0.
    pub rung: usize,
    /// Whom.
    pub contact: String,
    /// Since when.
    pub due: Timestamp,
}

/// What came of a call.
#[derive(Debug, Clone)]
pub struct CallMade<'a> {
    /// Who called: a user name.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// What came of it, as a word.
    pub outcome: &'a str,
    /// Who was reached.
    pub reached: Option<&'a str>,
    /// What was said.
    pub note: Option<&'a str>,
}

/// Asks for a call.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_call(tx: &Tx, call: NewCall) -> Result<(), StoreError> {
    let row = case_call::Model {
        id: Uuid::now_v7().to_string(),
        incident_id: call.incident.to_string(),
        round: i64::from(call.round),
        rung: i64::try_from(call.rung).unwrap_or(i64::MAX),
        contact: call.contact,
        due_at: call.due.as_microsecond(),
        called_at: None,
        called_by: None,
        outcome: None,
        reached: None,
        note: None,
    };
    case_call::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The calls about an incident, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn calls_of(
    on: &impl Access,
    incident: IncidentId,
) -> Result<Vec<case_call::Model>, StoreError> {
    use case_call::Column;
    Ok(case_call::Entity::find()
        .filter(Column::IncidentId.eq(incident.to_string()))
        .order_by_asc(Column::Id)
        .all(on.conn())
        .await?)
}

/// Writes what came of a call of this incident that nobody has made yet. False where there is none such.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_call(
    tx: &Tx,
    incident: IncidentId,
    call: Uuid,
    made: CallMade<'_>,
) -> Result<bool, StoreError> {
    use case_call::Column;
    let changed = case_call::Entity::update_many()
        .col_expr(Column::CalledAt, Expr::value(made.at.as_microsecond()))
        .col_expr(Column::CalledBy, Expr::value(made.by))
        .col_expr(Column::Outcome, Expr::value(made.outcome))
        .col_expr(Column::Reached, Expr::value(made.reached))
        .col_expr(Column::Note, Expr::value(made.note))
        .filter(Column::Id.eq(call.to_string()))
        .filter(Column::IncidentId.eq(incident.to_string()))
        .filter(Column::Outcome.is_null())
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}
