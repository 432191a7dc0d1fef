//! The second half of the outbox: one message to one target, with its own life, held by a lease while a
//! server is at it.
//!
//! What became of an attempt is written only where the lease is still this server's, so that a server
//! that was slow and thought dead overwrites nothing. The life itself is `notice::delivery`'s.
//!
//! What does not belong here: who is told, sending.

use contract::v1::{DeliveryId, UnitId};
use jiff::{SignedDuration, Timestamp};
use notice::delivery::{Attempted, Overtaken, Verdict};
use notice::facts::Facts;
use notice::{Cause, Failure, State, Thread, Word};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseBackend, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, UpdateMany,
};

use super::access::insert_all;
use super::entity::delivery::{Column, Entity, Model};
use super::entity::notice as notice_table;
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

/// Most earlier messages that one names.
const MOST_REFERENCES: usize = 16;
/// After how long a message asks again whether the one before it is through.
const TURN: SignedDuration = SignedDuration::from_millis(500);

/// One message as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its name.
    pub id: DeliveryId,
    /// The incident.
    pub incident: IncidentId,
    /// The target.
    pub target: String,
    /// The target's unit.
    pub unit: UnitId,
    /// Counts the target's messages about the incident from 1.
    pub seq: i64,
    /// What it is to those before it.
    pub word: Word,
    /// Why it was made.
    pub cause: Cause,
    /// The incident as it stood then.
    pub facts: Facts,
    /// The messages whose place it takes, oldest first.
    pub refers_to: Vec<DeliveryId>,
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
    /// When the other side first took it.
    pub sent_at: Option<Timestamp>,
    /// Until when it must be acknowledged.
    pub ack_due_at: Option<Timestamp>,
    /// When, by whom, and with which words it was.
    pub ack: Option<Acknowledged>,
    /// When others were told that it was not acknowledged.
    pub escalated_at: Option<Timestamp>,
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What else was said.
    pub note: Option<String>,
}

/// A message to be made.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    /// The incident.
    pub incident: IncidentId,
    /// The target.
    pub target: &'a str,
    /// Its unit.
    pub unit: &'a UnitId,
    /// What it is to those before it.
    pub word: Word,
    /// Why.
    pub cause: &'a Cause,
    /// The incident as it stands.
    pub facts: &'a Facts,
    /// Until when it must be acknowledged.
    pub ack_due_at: Option<Timestamp>,
}

/// What a target was told of an incident.
#[derive(Debug, Clone)]
pub struct ThreadSoFar {
    /// As far as it may have heard it.
    pub thread: Thread,
    rows: Vec<Model>,
}

/// Reads what a target was told of an incident.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn thread_of(
    tx: &Tx,
    incident: IncidentId,
    target: &str,
) -> Result<ThreadSoFar, StoreError> {
    let rows = Entity::find()
        .filter(Column::IncidentId.eq(incident.to_string()))
        .filter(Column::Target.eq(target))
        .order_by_asc(Column::Seq)
        .all(tx.conn())
        .await?;
    // What was never begun was never heard.
    let heard = rows.iter().rev().find(|row| row.attempts > 0);
    let thread = match heard {
        None => Thread::Silent,
        Some(row) => Thread::Told(word_of(row)?),
    };
    Ok(ThreadSoFar { thread, rows })
}

/// Writes a message, due at once; what waits in the same thread is superseded, and an acknowledgement
/// that is awaited is awaited of this one, no later than of the one before.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn insert_delivery(
    tx: &Tx,
    so_far: &ThreadSoFar,
    new: &NewDelivery<'_>,
    now: Timestamp,
) -> Result<DeliveryId, StoreError> {
    supersede_waiting(tx, new).await?;
    let awaited = so_far
        .rows
        .iter()
        .filter(|row| row.acked_at.is_none() && row.escalated_at.is_none())
        .filter_map(|row| row.ack_due_at)
        .min();
    let ack_due_at = new.ack_due_at.map(Timestamp::as_microsecond);
    let id = DeliveryId::new();
    let row = Model {
        id: id.to_string(),
        incident_id: new.incident.to_string(),
        target: new.target.to_owned(),
        seq: so_far.rows.last().map_or(1, |row| row.seq + 1),
        unit: new.unit.to_string(),
        word: new.word.as_str().to_owned(),
        cause: new.cause.as_str().to_owned(),
        about: new.cause.about(),
        facts: json(new.facts, "facts")?,
        refers_to: json(&so_far.references(), "refers_to")?,
        state: State::Queued.as_str().to_owned(),
        attempts: 0,
        failure: None,
        made_at: now.as_microsecond(),
        due_at: Some(now.as_microsecond()),
        sent_at: None,
        ack_due_at: ack_due_at.map(|due| awaited.map_or(due, |awaited| due.min(awaited))),
        acked_at: None,
        acked_by: None,
        ack_note: None,
        escalated_at: None,
    };
    insert_all(tx, vec![row]).await?;
    Ok(id)
}

impl ThreadSoFar {
    /// The messages since the last that was heard, oldest first: none of them got through, and a new one takes the
    /// place of all.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn unheard(&self) -> Result<Vec<(Cause, Facts)>, StoreError> {
        let heard = [State::Sent, State::Acknowledged].map(State::as_str);
        let after = self
            .rows
            .iter()
            .rposition(|row| heard.contains(&row.state.as_str()))
            .map_or(0, |last| last + 1);
        let unheard = self.rows.iter().skip(after);
        unheard
            .map(|row| {
                let facts = serde_json::from_str(&row.facts).map_err(|_| unreadable("facts"))?;
                Ok((cause_of(row)?, facts))
            })
            .collect()
    }

    /// What a message refers to: all that may have been heard since the last cancellation, and that.
    fn references(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for row in self.rows.iter().rev().filter(|row| row.attempts > 0) {
            if row.word == Word::Cancel.as_str() || found.len() == MOST_REFERENCES {
                break;
            }
            found.push(row.id.clone());
        }
        found.reverse();
        found
    }
}

async fn supersede_waiting(tx: &Tx, new: &NewDelivery<'_>) -> Result<(), StoreError> {
    let of_thread = || {
        Entity::update_many()
            .filter(Column::IncidentId.eq(new.incident.to_string()))
            .filter(Column::Target.eq(new.target))
    };
    of_thread()
        .col_expr(Column::State, Expr::value(State::Superseded.as_str()))
        .col_expr(Column::DueAt, Expr::value(None::<i64>))
        .filter(Column::State.eq(State::Queued.as_str()))
        .exec(tx.conn())
        .await?;
    // What was sent is not sent again: the new one says more.
    of_thread()
        .col_expr(Column::DueAt, Expr::value(None::<i64>))
        .filter(Column::State.eq(State::Sent.as_str()))
        .exec(tx.conn())
        .await?;
    of_thread()
        .col_expr(Column::AckDueAt, Expr::value(None::<i64>))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Lets go of what waits for a target about an incident and was never begun.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn withdraw_waiting(
    tx: &Tx,
    incident: IncidentId,
    target: &str,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Superseded.as_str()))
        .col_expr(Column::DueAt, Expr::value(None::<i64>))
        .col_expr(Column::AckDueAt, Expr::value(None::<i64>))
        .filter(Column::IncidentId.eq(incident.to_string()))
        .filter(Column::Target.eq(target))
        .filter(Column::State.eq(State::Queued.as_str()))
        .filter(Column::Attempts.eq(0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Lets go of what waits for targets of these units about an incident and was never begun.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn withdraw_from_units(
    tx: &Tx,
    incident: IncidentId,
    units: &[String],
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Superseded.as_str()))
        .col_expr(Column::DueAt, Expr::value(None::<i64>))
        .col_expr(Column::AckDueAt, Expr::value(None::<i64>))
        .filter(Column::IncidentId.eq(incident.to_string()))
        .filter(Column::Unit.is_in(units))
        .filter(Column::State.eq(State::Queued.as_str()))
        .filter(Column::Attempts.eq(0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueWork {
    /// Notices that are to become deliveries.
    pub notices: bool,
    /// Deliveries that are to be sent.
    pub deliveries: bool,
    /// Deliveries that were not acknowledged in time.
    pub unacknowledged: bool,
}

/// Looks whether there is anything to do, without holding anybody up.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn due_work(on: &impl Access, now: Timestamp) -> Result<DueWork, StoreError> {
    let now = now.as_microsecond();
    let notice = notice_table::Entity::find()
        .filter(notice_table::Column::DueAt.lte(now))
        .one(on.conn());
    let delivery = Entity::find().filter(Column::DueAt.lte(now)).one(on.conn());
    let late = Entity::find()
        .filter(Column::AckDueAt.lte(now))
        .filter(Column::EscalatedAt.is_null())
        .filter(Column::State.is_in(unacknowledged()))
        .one(on.conn());
    Ok(DueWork {
        notices: notice.await?.is_some(),
        deliveries: delivery.await?.is_some(),
        unacknowledged: late.await?.is_some(),
    })
}

/// The states in which an acknowledgement is still awaited.
fn unacknowledged() -> [&'static str; 4] {
    [State::Queued, State::Sending, State::Sent, State::Dead].map(State::as_str)
}

/// Takes up the message that is due longest, until `until`; none of the targets that are `busy`. One
/// whose predecessor is under way is put off, and none is taken up then: ask again.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn claim_delivery(
    tx: &Tx,
    busy: &[String],
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Delivery>, StoreError> {
    let mut search = Entity::find()
        .filter(Column::DueAt.lte(now.as_microsecond()))
        .filter(Column::State.is_in([
            State::Queued.as_str(),
            State::Sending.as_str(),
            State::Sent.as_str(),
        ]))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(1);
    if !busy.is_empty() {
        search = search.filter(Column::Target.is_not_in(busy.iter().map(String::as_str)));
    }
    if tx.conn().get_database_backend() == DatabaseBackend::Postgres {
        search = search.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let Some(mut row) = search.one(tx.conn()).await? else {
        return Ok(None);
    };
    if holds_back(tx, &row, now).await? {
        let later = now.saturating_add(TURN).unwrap_or(now);
        set_due(tx, &row.id, later).await?;
        return Ok(None);
    }
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
    delivery_of(row).map(Some)
}

/// Whether an earlier message of the thread is under way: a verdict never overtakes its alarm.
async fn holds_back(tx: &Tx, row: &Model, now: Timestamp) -> Result<bool, StoreError> {
    let earlier = Entity::find()
        .filter(Column::IncidentId.eq(row.incident_id.as_str()))
        .filter(Column::Target.eq(row.target.as_str()))
        .filter(Column::Seq.lt(row.seq))
        .filter(Column::State.eq(State::Sending.as_str()))
        .filter(Column::DueAt.gt(now.as_microsecond()))
        .count(tx.conn())
        .await?;
    Ok(earlier > 0)
}

async fn set_due(tx: &Tx, id: &str, due: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(due.as_microsecond()))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Writes that the other side took a message; it is sent again at `again`. False where the lease was
/// lost, or the message was acknowledged meanwhile.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn delivery_sent(
    tx: &Tx,
    delivery: &Delivery,
    again: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let first = delivery.sent_at.unwrap_or(now);
    let newest = is_newest(tx, delivery).await?;
    let again = again.filter(|_| newest);
    let changed = held(delivery)
        .col_expr(Column::State, Expr::value(State::Sent.as_str()))
        .col_expr(Column::SentAt, Expr::value(first.as_microsecond()))
        .col_expr(Column::Failure, Expr::value(None::<String>))
        .col_expr(
            Column::DueAt,
            Expr::value(again.map(Timestamp::as_microsecond)),
        )
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What the decision about a failed attempt needs to know.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn attempted(tx: &Tx, delivery: &Delivery) -> Result<Attempted, StoreError> {
    Ok(Attempted {
        made_at: delivery.made_at,
        attempts: delivery.attempts,
        overtaken: if is_newest(tx, delivery).await? {
            Overtaken::No
        } else {
            Overtaken::Yes
        },
    })
}

async fn is_newest(tx: &Tx, delivery: &Delivery) -> Result<bool, StoreError> {
    let later = Entity::find()
        .filter(Column::IncidentId.eq(delivery.incident.to_string()))
        .filter(Column::Target.eq(delivery.target.as_str()))
        .filter(Column::Seq.gt(delivery.seq))
        .count(tx.conn())
        .await?;
    Ok(later == 0)
}

/// Writes why an attempt failed, and what becomes of the message. A dead letter whose acknowledgement
/// is awaited is escalated at once. False where the lease was lost.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn delivery_failed(
    tx: &Tx,
    delivery: &Delivery,
    failure: Failure,
    verdict: Verdict,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let state = State::Sending
        .after(verdict.step())
        .unwrap_or(State::Dead)
        .as_str();
    let due = match verdict {
        Verdict::Again(at) => Some(at.as_microsecond()),
        Verdict::Dead | Verdict::Superseded => None,
    };
    let mut change = held(delivery)
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Failure, Expr::value(failure.as_str()))
        .col_expr(Column::DueAt, Expr::value(due));
    if verdict == Verdict::Dead && delivery.ack_due_at.is_some() {
        change = change.col_expr(Column::AckDueAt, Expr::value(now.as_microsecond()));
    }
    Ok(change.exec(tx.conn()).await?.rows_affected == 1)
}

/// The row, as long as this server holds its lease.
fn held(delivery: &Delivery) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(delivery.id.to_string()))
        .filter(Column::State.eq(State::Sending.as_str()))
        .filter(Column::Attempts.eq(i64::from(delivery.attempts)))
}

/// Writes an acknowledgement of a message, of `unit` where one is named; those before it in its thread
/// count as acknowledged with it. The incident, where anything changed.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn acknowledge_delivery(
    tx: &Tx,
    id: DeliveryId,
    unit: Option<&UnitId>,
    ack: &Acknowledged,
) -> Result<Acknowledging, StoreError> {
    let row = Entity::find_by_id(id.to_string()).one(tx.conn()).await?;
    let Some(row) = row.filter(|row| unit.is_none_or(|unit| row.unit == unit.as_str())) else {
        return Ok(Acknowledging::Unknown);
    };
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Acknowledged.as_str()))
        .col_expr(Column::AckedAt, Expr::value(ack.at.as_microsecond()))
        .col_expr(Column::AckedBy, Expr::value(ack.by.as_str()))
        .col_expr(Column::AckNote, Expr::value(ack.note.clone()))
        .col_expr(Column::DueAt, Expr::value(None::<i64>))
        .filter(Column::IncidentId.eq(row.incident_id.as_str()))
        .filter(Column::Target.eq(row.target.as_str()))
        .filter(Column::Seq.lte(row.seq))
        .filter(Column::State.is_in(unacknowledged()))
        .exec(tx.conn())
        .await?;
    if changed.rows_affected == 0 {
        return Ok(Acknowledging::Before);
    }
    let incident = row
        .incident_id
        .parse()
        .map_err(|_| unreadable("incident_id"))?;
    Ok(Acknowledging::Now {
        incident,
        target: row.target,
    })
}

/// What became of an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledging {
    /// It is written.
    Now {
        /// The incident.
        incident: IncidentId,
        /// The target.
        target: String,
    },
    /// It was written before, or the message is superseded.
    Before,
    /// There is no such message of this unit.
    Unknown,
}

/// Takes up messages whose acknowledgement did not come in time; each once.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn claim_unacknowledged(tx: &Tx, now: Timestamp) -> Result<Vec<Delivery>, StoreError> {
    let mut search = Entity::find()
        .filter(Column::AckDueAt.lte(now.as_microsecond()))
        .filter(Column::EscalatedAt.is_null())
        .filter(Column::State.is_in(unacknowledged()))
        .order_by_asc(Column::AckDueAt)
        .limit(64);
    if tx.conn().get_database_backend() == DatabaseBackend::Postgres {
        search = search.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = search.all(tx.conn()).await?;
    for row in &rows {
        Entity::update_many()
            .col_expr(Column::EscalatedAt, Expr::value(now.as_microsecond()))
            .filter(Column::Id.eq(row.id.as_str()))
            .exec(tx.conn())
            .await?;
    }
    rows.into_iter().map(delivery_of).collect()
}

/// Puts a dead letter, or what was sent without an answer, back into the queue. False where it stands
/// otherwise.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn replay_delivery(tx: &Tx, id: DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
    let from = State::ALL
        .into_iter()
        .filter(|state| state.after(notice::delivery::Step::Replay).is_some())
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

/// One message.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn delivery(on: &impl Access, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let row = Entity::find_by_id(id.to_string()).one(on.conn()).await?;
    row.map(delivery_of).transpose()
}

/// The messages about an incident, oldest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn deliveries_of_incident(
    on: &impl Access,
    incident: IncidentId,
) -> Result<Vec<Delivery>, StoreError> {
    let rows = Entity::find()
        .filter(Column::IncidentId.eq(incident.to_string()))
        .order_by_asc(Column::Id)
        .all(on.conn())
        .await?;
    rows.into_iter().map(delivery_of).collect()
}

/// The newest messages in a state, newest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn deliveries_in_state(
    on: &impl Access,
    state: State,
    most: u64,
) -> Result<Vec<Delivery>, StoreError> {
    let rows = Entity::find()
        .filter(Column::State.eq(state.as_str()))
        .order_by_desc(Column::MadeAt)
        .limit(most)
        .all(on.conn())
        .await?;
    rows.into_iter().map(delivery_of).collect()
}

/// The newest messages that a target was told or is being told, newest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn deliveries_of_target(
    on: &impl Access,
    target: &str,
    most: u64,
) -> Result<Vec<Delivery>, StoreError> {
    let told = Condition::any()
        .add(Column::SentAt.is_not_null())
        .add(Column::AckedAt.is_not_null());
    let rows = Entity::find()
        .filter(Column::Target.eq(target))
        .filter(told)
        .order_by_desc(Column::MadeAt)
        .limit(most)
        .all(on.conn())
        .await?;
    rows.into_iter().map(delivery_of).collect()
}

/// How many messages stand in a state.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn count_deliveries(on: &impl Access, state: State) -> Result<u64, StoreError> {
    let of_state = Entity::find().filter(Column::State.eq(state.as_str()));
    Ok(of_state.count(on.conn()).await?)
}

fn delivery_of(row: Model) -> Result<Delivery, StoreError> {
    let time = |at: Option<i64>, column| {
        at.map(Timestamp::from_microsecond)
            .transpose()
            .map_err(|_| unreadable(column))
    };
    let ack = match (time(row.acked_at, "acked_at")?, row.acked_by.clone()) {
        (Some(at), Some(by)) => Some(Acknowledged {
            at,
            by,
            note: row.ack_note.clone(),
        }),
        _ => None,
    };
    Ok(Delivery {
        id: row.id.parse().map_err(|_| unreadable("id"))?,
        incident: row
            .incident_id
            .parse()
            .map_err(|_| unreadable("incident_id"))?,
        unit: row.unit.parse().map_err(|_| unreadable("unit"))?,
        seq: row.seq,
        word: word_of(&row)?,
        cause: cause_of(&row)?,
        facts: serde_json::from_str(&row.facts).map_err(|_| unreadable("facts"))?,
        refers_to: serde_json::from_str(&row.refers_to).map_err(|_| unreadable("refers_to"))?,
        state: State::from_word(&row.state).ok_or_else(|| unreadable("state"))?,
        attempts: u32::try_from(row.attempts).map_err(|_| unreadable("attempts"))?,
        failure: row.failure,
        made_at: Timestamp::from_microsecond(row.made_at).map_err(|_| unreadable("made_at"))?,
        due_at: time(row.due_at, "due_at")?,
        sent_at: time(row.sent_at, "sent_at")?,
        ack_due_at: time(row.ack_due_at, "ack_due_at")?,
        escalated_at: time(row.escalated_at, "escalated_at")?,
        target: row.target,
        ack,
    })
}

fn cause_of(row: &Model) -> Result<Cause, StoreError> {
    Cause::from_words(&row.cause, row.about.as_deref()).map_err(|_| unreadable("cause"))
}

fn word_of(row: &Model) -> Result<Word, StoreError> {
    Word::from_word(&row.word).ok_or_else(|| unreadable("word"))
}

fn json<T: serde::Serialize>(value: &T, column: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| unreadable(column))
}

const fn unreadable(column: &'static str) -> StoreError {
    StoreError::Unreadable {
        table: "deliveries",
        column,
    }
}
