//! What people decided about an incident, as rows: the case beside its state, and the steps that can be taken back.
//!
//! What may be decided stands in `casework::lifecycle`; here it is read and written, always within the caller's
//! transaction.

use casework::clock::Running;
use casework::lifecycle::{Case, OpenedBy, RejectReason, State, Taken};
use casework::unit::UnitId;
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use serde::{Deserialize, Serialize};

use super::entity::{case_step, incident};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

const INCIDENTS: &str = "incidents";
const STEPS: &str = "case_steps";

const fn unreadable(table: &'static str, column: &'static str) -> StoreError {
    StoreError::Unreadable { table, column }
}

/// A case as the rows of steps hold it.
#[derive(Debug, Serialize, Deserialize)]
struct CaseRecord {
    state: String,
    detail: Option<String>,
    opened_by: String,
    lead: Option<UnitId>,
    supporting: Vec<UnitId>,
    published_at: Option<Timestamp>,
    reopened: u32,
}

impl From<&Case> for CaseRecord {
    fn from(case: &Case) -> Self {
        Self {
            state: case.state.as_str().to_owned(),
            detail: case.state.detail(),
            opened_by: case.opened_by.as_str().to_owned(),
            lead: case.lead.clone(),
            supporting: case.supporting.iter().cloned().collect(),
            published_at: case.published_at,
            reopened: case.reopened,
        }
    }
}

impl CaseRecord {
    fn case(self, table: &'static str) -> Result<Case, StoreError> {
        Ok(Case {
            state: State::from_words(&self.state, self.detail.as_deref())
                .map_err(|_| unreadable(table, "state"))?,
            opened_by: OpenedBy::from_word(&self.opened_by)
                .ok_or(unreadable(table, "opened_by"))?,
            lead: self.lead,
            supporting: self.supporting.into_iter().collect(),
            published_at: self.published_at,
            reopened: self.reopened,
        })
    }
}

/// The case before a step, and its clocks.
#[derive(Debug, Serialize, Deserialize)]
struct Before {
    case: CaseRecord,
    clocks: Vec<Running>,
}

/// What people decided, as a row says it.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn state_of(row: &incident::Model) -> Result<State, StoreError> {
    State::from_words(&row.state, row.state_detail.as_deref())
        .map_err(|_| unreadable(INCIDENTS, "state"))
}

/// The case of an incident.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn case_of(row: &incident::Model) -> Result<Case, StoreError> {
    let unit = |text: &str| UnitId::new(text).map_err(|_| unreadable(INCIDENTS, "lead_unit"));
    Ok(Case {
        state: state_of(row)?,
        opened_by: OpenedBy::from_word(&row.opened_by).ok_or(unreadable(INCIDENTS, "opened_by"))?,
        lead: row.lead_unit.as_deref().map(unit).transpose()?,
        supporting: serde_json::from_str(&row.supporting)
            .map_err(|_| unreadable(INCIDENTS, "supporting"))?,
        published_at: row
            .published_at
            .map(Timestamp::from_microsecond)
            .transpose()
            .map_err(|_| unreadable(INCIDENTS, "published_at"))?,
        reopened: u32::try_from(row.reopened).map_err(|_| unreadable(INCIDENTS, "reopened"))?,
    })
}

/// Writes a case, where the incident still stands at `version`; it then stands at the next. False where it has
/// moved on.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_case(
    tx: &Tx,
    id: IncidentId,
    version: i64,
    case: &Case,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use incident::Column;
    let rejected = match case.state {
        State::Rejected(reason) => Some(RejectReason::as_str(reason)),
        _ => None,
    };
    let published = case.published_at.map(Timestamp::as_microsecond);
    let changed = incident::Entity::update_many()
        .col_expr(Column::State, Expr::value(case.state.as_str()))
        .col_expr(Column::StateDetail, Expr::value(case.state.detail()))
        .col_expr(Column::RejectedReason, Expr::value(rejected))
        .col_expr(
            Column::LeadUnit,
            Expr::value(case.lead.as_ref().map(UnitId::as_str)),
        )
        .col_expr(Column::Supporting, Expr::value(json(&case.supporting)))
        .col_expr(Column::PublishedAt, Expr::value(published))
        .col_expr(Column::Reopened, Expr::value(i64::from(case.reopened)))
        .col_expr(Column::Version, Expr::value(version + 1))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Remembers a step, with what it takes to take it back. `version` is the incident's after it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_step(
    tx: &Tx,
    id: IncidentId,
    version: i64,
    action: &str,
    taken: &Taken,
    clocks_before: &[Running],
) -> Result<(), StoreError> {
    let before = Before {
        case: CaseRecord::from(&taken.before),
        clocks: clocks_before.to_vec(),
    };
    let row = case_step::Model {
        incident_id: id.to_string(),
        version,
        action: action.to_owned(),
        actor: taken.by.clone(),
        at: taken.at.as_microsecond(),
        before: json(&before),
        after: json(&CaseRecord::from(&taken.after)),
        undone_at: None,
    };
    case_step::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// A step that can be taken back.
#[derive(Debug, Clone)]
pub struct StoredStep {
    /// The incident's version after it.
    pub version: i64,
    /// What was done.
    pub action: String,
    /// The step.
    pub taken: Taken,
    /// The clocks before it.
    pub clocks_before: Vec<Running>,
}

/// The newest step that was not taken back.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn last_step(on: &impl Access, id: IncidentId) -> Result<Option<StoredStep>, StoreError> {
    use case_step::Column;
    let row = case_step::Entity::find()
        .filter(Column::IncidentId.eq(id.to_string()))
        .filter(Column::UndoneAt.is_null())
        .order_by_desc(Column::Version)
        .one(on.conn())
        .await?;
    row.map(stored_step).transpose()
}

fn stored_step(row: case_step::Model) -> Result<StoredStep, StoreError> {
    let before: Before =
        serde_json::from_str(&row.before).map_err(|_| unreadable(STEPS, "before"))?;
    let after: CaseRecord =
        serde_json::from_str(&row.after).map_err(|_| unreadable(STEPS, "after"))?;
    Ok(StoredStep {
        version: row.version,
        action: row.action,
        taken: Taken {
            before: before.case.case(STEPS)?,
            after: after.case(STEPS)?,
            by: row.actor,
            at: Timestamp::from_microsecond(row.at).map_err(|_| unreadable(STEPS, "at"))?,
        },
        clocks_before: before.clocks,
    })
}

/// Notes that a step was taken back.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn mark_undone(
    tx: &Tx,
    id: IncidentId,
    version: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    use case_step::Column;
    case_step::Entity::update_many()
        .col_expr(Column::UndoneAt, Expr::value(now.as_microsecond()))
        .filter(Column::IncidentId.eq(id.to_string()))
        .filter(Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Words, times and lists of them: this cannot fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
