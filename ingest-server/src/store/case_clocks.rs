//! The clocks of incidents, when each must be looked at next, and who looks.

use casework::clock::{Running, opened};
use casework::deadline::{Stage, Track};
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, DatabaseBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::access::insert_all;
use super::cases::json;
use super::entity::{case_clock, incident};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

const CLOCKS: &str = "case_clocks";

/// When an incident must be looked at, and which of its stages ends first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// When something happens by itself.
    pub look_at: Option<Timestamp>,
    /// The stage that ends first, and when.
    pub due: Option<(Stage, Timestamp)>,
}

/// The clocks of an incident. One that has none yet gets them as of its opening; one that is older than its clocks,
/// as of now.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn clocks_of(
    on: &impl Access,
    row: &incident::Model,
    now: Timestamp,
) -> Result<Vec<Running>, StoreError> {
    use case_clock::Column;
    let rows = case_clock::Entity::find()
        .filter(Column::IncidentId.eq(&row.id))
        .order_by_asc(Column::Round)
        .order_by_asc(Column::Began)
        .order_by_asc(Column::Stage)
        .all(on.conn())
        .await?;
    if !rows.is_empty() {
        return rows.into_iter().map(running).collect();
    }
    let since = match row.clock_at {
        Some(0) => now,
        _ => moment(row.created_at, "incidents", "created_at")?,
    };
    Ok(opened(since))
}

fn moment(
    microsecond: i64,
    table: &'static str,
    column: &'static str,
) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microsecond).map_err(|_| StoreError::Unreadable { table, column })
}

pub(super) fn running(row: case_clock::Model) -> Result<Running, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: CLOCKS,
        column,
    };
    let some = |at: Option<i64>, column| at.map(|at| moment(at, CLOCKS, column)).transpose();
    Ok(Running {
        track: Track {
            stage: Stage::from_word(&row.stage).ok_or_else(|| unreadable("stage"))?,
            began: moment(row.began, CLOCKS, "began")?,
            done: some(row.done, "done")?,
            pauses: serde_json::from_str(&row.pauses).map_err(|_| unreadable("pauses"))?,
        },
        round: u32::try_from(row.round).map_err(|_| unreadable("round"))?,
        warned: some(row.warned_at, "warned_at")?,
        missed: some(row.missed_at, "missed_at")?,
    })
}

/// Writes the clocks of an incident over those that were there, and when it must be looked at.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_clocks(
    tx: &Tx,
    id: IncidentId,
    clocks: &[Running],
    timing: Timing,
) -> Result<(), StoreError> {
    use incident::Column;
    let text = id.to_string();
    case_clock::Entity::delete_many()
        .filter(case_clock::Column::IncidentId.eq(&text))
        .exec(tx.conn())
        .await?;
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    let rows = clocks.iter().map(|clock| case_clock::Model {
        incident_id: text.clone(),
        stage: clock.track.stage.as_str().to_owned(),
        round: i64::from(clock.round),
        began: clock.track.began.as_microsecond(),
        done: micros(clock.track.done),
        pauses: json(&clock.track.pauses),
        warned_at: micros(clock.warned),
        missed_at: micros(clock.missed),
    });
    insert_all(tx, rows.collect()).await?;
    let (stage, due) = timing.due.unzip();
    incident::Entity::update_many()
        .col_expr(Column::ClockAt, Expr::value(micros(timing.look_at)))
        .col_expr(Column::DueAt, Expr::value(micros(due)))
        .col_expr(Column::DueStage, Expr::value(stage.map(Stage::as_str)))
        .filter(Column::Id.eq(text))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Takes up the incidents that must be looked at, those that wait longest first, and holds them until `until`: a
/// server that dies meanwhile leaves them to the others. None that another server holds.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn claim_due(
    tx: &Tx,
    now: Timestamp,
    until: Timestamp,
    most: u64,
) -> Result<Vec<incident::Model>, StoreError> {
    use incident::Column;
    let mut search = incident::Entity::find()
        .filter(Column::ClockAt.lte(now.as_microsecond()))
        .order_by_asc(Column::ClockAt)
        .limit(most);
    if sea_orm::ConnectionTrait::get_database_backend(tx.conn()) == DatabaseBackend::Postgres {
        search = search.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = search.all(tx.conn()).await?;
    // What is older than its clocks keeps its mark until it has some.
    let held: Vec<&String> = rows
        .iter()
        .filter(|row| row.clock_at != Some(0))
        .map(|row| &row.id)
        .collect();
    incident::Entity::update_many()
        .col_expr(Column::ClockAt, Expr::value(until.as_microsecond()))
        .filter(Column::Id.is_in(held))
        .exec(tx.conn())
        .await?;
    Ok(rows)
}

/// Has an incident looked at soon.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn wake(tx: &Tx, id: IncidentId, now: Timestamp) -> Result<(), StoreError> {
    use incident::Column;
    incident::Entity::update_many()
        .col_expr(Column::ClockAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// How many incidents wait to be looked at.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn waiting_clocks(on: &impl Access, now: Timestamp) -> Result<u64, StoreError> {
    use sea_orm::PaginatorTrait as _;
    Ok(incident::Entity::find()
        .filter(incident::Column::ClockAt.lte(now.as_microsecond()))
        .count(on.conn())
        .await?)
}
