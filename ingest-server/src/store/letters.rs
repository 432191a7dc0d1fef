//! Monthly lists to targets: made once each, held by a lease while one is sent.
//!
//! What does not belong here: what stands in a list (`casework`), how it reads and goes out (dispatch).

use casework::overdue::Month;
use contract::v1::{DeliveryId, UnitId, UnitOverdue};
use jiff::Timestamp;
use notice::delivery::Step;
use notice::{Failure, State};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TryInsertResult,
};

use super::entity::letter::{Column, Entity, Model};
use super::{Access, StoreError, Tx};

/// One letter as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its name.
    pub id: DeliveryId,
    /// The target.
    pub target: String,
    /// The target's unit.
    pub unit: UnitId,
    /// The month.
    pub month: Month,
    /// What stands in it.
    pub items: Vec<UnitOverdue>,
    /// Where it stands.
    pub state: State,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed, as a word.
    pub failure: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When something is to be done next.
    pub due_at: Option<Timestamp>,
    /// When the other side took it.
    pub sent_at: Option<Timestamp>,
}

/// A letter to be made.
#[derive(Debug, Clone)]
pub struct NewLetter<'a> {
    /// The target.
    pub target: &'a str,
    /// Its unit.
    pub unit: &'a UnitId,
    /// The month.
    pub month: Month,
    /// What stands in it.
    pub items: &'a [UnitOverdue],
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterOutcome {
    /// The other side took it.
    Sent,
    /// It did not, and is asked again then.
    Again(Failure, Timestamp),
    /// It did not, and is not asked again.
    Dead(Failure),
}

/// Whether the letter of a month to a target was made.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn letter_is_made(
    on: &impl Access,
    target: &str,
    month: Month,
) -> Result<bool, StoreError> {
    let of_month = Entity::find()
        .filter(Column::Target.eq(target))
        .filter(Column::Month.eq(month.to_string()));
    Ok(of_month.count(on.conn()).await? > 0)
}

/// Writes a letter, due at once. False where another server has written the one of that month.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn insert_letter(
    tx: &Tx,
    new: &NewLetter<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = Model {
        id: DeliveryId::new().to_string(),
        target: new.target.to_owned(),
        unit: new.unit.to_string(),
        month: new.month.to_string(),
        items: serde_json::to_string(new.items).map_err(|_| unreadable("items"))?,
        state: State::Queued.as_str().to_owned(),
        attempts: 0,
        failure: None,
        made_at: now.as_microsecond(),
        due_at: Some(now.as_microsecond()),
        sent_at: None,
    };
    let written = Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([Column::Target, Column::Month])
        .exec_without_returning(tx.conn())
        .await?;
    Ok(matches!(written, TryInsertResult::Inserted(1)))
}

/// Takes up the letter that is due longest, until `until`.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn claim_letter(
    tx: &Tx,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Letter>, StoreError> {
    let mut search = Entity::find()
        .filter(Column::DueAt.lte(now.as_microsecond()))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(1);
    if tx.conn().get_database_backend() == DatabaseBackend::Postgres {
        search = search.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let Some(mut row) = search.one(tx.conn()).await? else {
        return Ok(None);
    };
    row.attempts += 1;
    row.state = State::Sending.as_str().to_owned();
    row.due_at = Some(until.as_microsecond());
    Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state.as_str()))
        .col_expr(Column::Attempts, Expr::value(row.attempts))
        .col_expr(Column::DueAt, Expr::value(row.due_at))
        .filter(Column::Id.eq(&row.id))
        .exec(tx.conn())
        .await?;
    letter_of(row).map(Some)
}

/// Writes what became of an attempt. False where the lease was lost.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn letter_tried(
    tx: &Tx,
    letter: &Letter,
    outcome: LetterOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, failure, due, sent) = match outcome {
        LetterOutcome::Sent => (State::Sent, None, None, Some(now)),
        LetterOutcome::Again(failure, at) => (State::Queued, Some(failure), Some(at), None),
        LetterOutcome::Dead(failure) => (State::Dead, Some(failure), None, None),
    };
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::Failure, Expr::value(failure.map(Failure::as_str)))
        .col_expr(Column::DueAt, Expr::value(micros(due)))
        .col_expr(Column::SentAt, Expr::value(micros(sent)))
        .filter(Column::Id.eq(letter.id.to_string()))
        .filter(Column::State.eq(State::Sending.as_str()))
        .filter(Column::Attempts.eq(i64::from(letter.attempts)))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Puts a dead letter, or one that was sent and did not reach whom it should, back into the queue.
/// False where it stands otherwise, or there is none.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn replay_letter(tx: &Tx, id: DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
    let from = State::ALL
        .into_iter()
        .filter(|state| state.after(Step::Replay).is_some())
        .map(State::as_str);
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Queued.as_str()))
        .col_expr(Column::DueAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::State.is_in(from))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// One letter.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn letter(on: &impl Access, id: DeliveryId) -> Result<Option<Letter>, StoreError> {
    let row = Entity::find_by_id(id.to_string()).one(on.conn()).await?;
    row.map(letter_of).transpose()
}

/// The newest letters, newest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn letters(on: &impl Access, most: u64) -> Result<Vec<Letter>, StoreError> {
    let rows = Entity::find()
        .order_by_desc(Column::Id)
        .limit(most)
        .all(on.conn())
        .await?;
    rows.into_iter().map(letter_of).collect()
}

fn letter_of(row: Model) -> Result<Letter, StoreError> {
    let time = |at: i64, column| Timestamp::from_microsecond(at).map_err(|_| unreadable(column));
    Ok(Letter {
        id: row.id.parse().map_err(|_| unreadable("id"))?,
        unit: row.unit.parse().map_err(|_| unreadable("unit"))?,
        month: row.month.parse().map_err(|_| unreadable("month"))?,
        items: serde_json::from_str(&row.items).map_err(|_| unreadable("items"))?,
        state: State::from_word(&row.state).ok_or_else(|| unreadable("state"))?,
        attempts: u32::try_from(row.attempts).map_err(|_| unreadable("attempts"))?,
        failure: row.failure,
        made_at: time(row.made_at, "made_at")?,
        due_at: row.due_at.map(|at| time(at, "due_at")).transpose()?,
        sent_at: row.sent_at.map(|at| time(at, "sent_at")).transpose()?,
        target: row.target,
    })
}

const fn unreadable(column: &'static str) -> StoreError {
    StoreError::Unreadable {
        table: "letters",
        column,
    }
}
