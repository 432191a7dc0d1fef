//! Commands with their answers, and desired state.

use contract::v1::{
    AgentId, AgentStatus, Answer, AnswerOutcome, Command, CommandId, Desired, Evidence,
};
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entity::{agent_condition, command, desired};
use super::evidence::insert_sealed;
use super::{Access, StoreError, Tx};

/// What became of an answer that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFiled {
    /// It is the command's answer from now on.
    New,
    /// It was here already.
    Duplicate,
    /// This agent was given no such command, or gave it another answer before.
    Foreign,
}

/// Desired state as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDesired {
    /// Whose it is.
    pub agent: AgentId,
    /// The state, its version in it.
    pub state: Desired,
    /// The account that changed it last.
    pub account: String,
    /// When.
    pub changed_at: Timestamp,
}

/// What became of a change of desired state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DesiredFiled {
    /// It is the state from now on, under this version.
    New(u64),
    /// It was made from another version than the one at hand.
    Stale {
        /// The version at hand; 0 where nothing was wanted yet.
        current: u64,
    },
}

/// The number of the newest command of an agent; 0 before the first. On the writer's transaction,
/// so that no two commands get one number.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn last_sequence(tx: &Tx, agent: &AgentId) -> Result<u64, StoreError> {
    let newest = command::Entity::find()
        .filter(command::Column::Agent.eq(agent.as_str()))
        .order_by_desc(command::Column::Sequence)
        .one(tx.conn())
        .await?;
    Ok(newest.map_or(0, |row| row.sequence.unsigned_abs()))
}

/// Keeps a new command.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_command(tx: &Tx, agent: &AgentId, given: &Command) -> Result<(), StoreError> {
    let row = command::ActiveModel {
        id: Set(given.id.to_string()),
        agent: Set(agent.to_string()),
        sequence: Set(whole(given.sequence)),
        account: Set(given.by.clone()),
        action: Set(text(&given.action, "commands", "action")?),
        issued_at: Set(given.issued_at.as_microsecond()),
        expires_at: Set(given.expires_at.as_microsecond()),
        sent_at: Set(None),
        answered_at: Set(None),
        answer: Set(None),
        answer_sha256: Set(None),
    };
    command::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// One command.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn command(
    on: &impl Access,
    id: CommandId,
) -> Result<Option<command::Model>, StoreError> {
    Ok(command::Entity::find_by_id(id.to_string())
        .one(on.conn())
        .await?)
}

/// The newest commands of an agent, newest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn commands_of_agent(
    on: &impl Access,
    agent: &AgentId,
    most: u64,
) -> Result<Vec<command::Model>, StoreError> {
    Ok(command::Entity::find()
        .filter(command::Column::Agent.eq(agent.as_str()))
        .order_by_desc(command::Column::Sequence)
        .limit(most)
        .all(on.conn())
        .await?)
}

/// Commands that can still be carried out, have no answer, and were not sent since `before`, in the
/// order in which they were given.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn commands_to_send(
    on: &impl Access,
    now: Timestamp,
    before: Timestamp,
) -> Result<Vec<(AgentId, Command)>, StoreError> {
    let not_lately = Condition::any()
        .add(command::Column::SentAt.is_null())
        .add(command::Column::SentAt.lt(before.as_microsecond()));
    let rows = command::Entity::find()
        .filter(command::Column::AnsweredAt.is_null())
        .filter(command::Column::ExpiresAt.gt(now.as_microsecond()))
        .filter(not_lately)
        .order_by_asc(command::Column::Sequence)
        .all(on.conn())
        .await?;
    rows.into_iter().map(given).collect()
}

/// Commands whose time ran out without an answer between two moments.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn commands_expired(
    on: &impl Access,
    after: Timestamp,
    until: Timestamp,
) -> Result<Vec<(AgentId, CommandId)>, StoreError> {
    let rows = command::Entity::find()
        .filter(command::Column::AnsweredAt.is_null())
        .filter(command::Column::ExpiresAt.gt(after.as_microsecond()))
        .filter(command::Column::ExpiresAt.lte(until.as_microsecond()))
        .all(on.conn())
        .await?;
    rows.into_iter()
        .map(|row| given(row).map(|(agent, command)| (agent, command.id)))
        .collect()
}

/// Notes that a command was handed to the broker.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn command_sent(tx: &Tx, id: CommandId, at: Timestamp) -> Result<(), StoreError> {
    command::Entity::update_many()
        .col_expr(command::Column::SentAt, Expr::value(at.as_microsecond()))
        .filter(command::Column::Id.eq(id.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Keeps an agent's answer, and lets it upload what the answer seals. The first answer counts.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn file_answer(
    tx: &Tx,
    agent: &AgentId,
    answer: &Answer,
    sha256: &str,
    received: Timestamp,
) -> Result<AnswerFiled, StoreError> {
    let known = command::Entity::find_by_id(answer.command.to_string())
        .one(tx.conn())
        .await?;
    match known {
        Some(row) if row.agent == agent.as_str() && row.sequence == whole(answer.sequence) => {
            match row.answer_sha256 {
                Some(kept) if kept == sha256 => return Ok(AnswerFiled::Duplicate),
                Some(_) => return Ok(AnswerFiled::Foreign),
                None => {}
            }
        }
        _ => return Ok(AnswerFiled::Foreign),
    }
    command::Entity::update_many()
        .col_expr(
            command::Column::AnsweredAt,
            Expr::value(received.as_microsecond()),
        )
        .col_expr(
            command::Column::Answer,
            Expr::value(text(answer, "commands", "answer")?),
        )
        .col_expr(command::Column::AnswerSha256, Expr::value(sha256))
        .filter(command::Column::Id.eq(answer.command.to_string()))
        .exec(tx.conn())
        .await?;
    if let AnswerOutcome::Done { evidence, .. } = &answer.outcome {
        for entry in evidence {
            if matches!(entry, Evidence::Sealed { .. }) {
                insert_sealed(tx, answer.command, agent, entry).await?;
            }
        }
    }
    Ok(AnswerFiled::New)
}

/// What is wanted of one agent.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn desired_of_agent(
    on: &impl Access,
    agent: &AgentId,
) -> Result<Option<StoredDesired>, StoreError> {
    let row = desired::Entity::find_by_id(agent.as_str())
        .one(on.conn())
        .await?;
    row.map(stored_desired).transpose()
}

/// What is wanted of every agent whose state changed since a moment.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn desired_since(
    on: &impl Access,
    since: Timestamp,
) -> Result<Vec<StoredDesired>, StoreError> {
    let rows = desired::Entity::find()
        .filter(desired::Column::ChangedAt.gte(since.as_microsecond()))
        .all(on.conn())
        .await?;
    rows.into_iter().map(stored_desired).collect()
}

/// Replaces what is wanted of an agent, where `based_on` is the version at hand. The new version is
/// above it, and above any that the agent says it applied: a database restored from an old copy
/// must not be ignored.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn replace_desired(
    tx: &Tx,
    agent: &AgentId,
    based_on: u64,
    mut state: Desired,
    account: &str,
    now: Timestamp,
) -> Result<DesiredFiled, StoreError> {
    let current = desired_of_agent(tx, agent)
        .await?
        .map_or(0, |stored| stored.state.version);
    if current != based_on {
        return Ok(DesiredFiled::Stale { current });
    }
    let applied = condition_of_agent(tx, agent)
        .await?
        .and_then(|condition| condition.applied)
        .map(|applied| read::<contract::v1::Applied>(&applied, "agent_conditions", "applied"))
        .transpose()?
        .map_or(0, |applied| applied.version);
    state.version = current.max(applied) + 1;
    let version = state.version;
    let row = desired::ActiveModel {
        agent: Set(agent.to_string()),
        version: Set(whole(version)),
        state: Set(text(&state, "desired", "state")?),
        account: Set(account.to_owned()),
        changed_at: Set(now.as_microsecond()),
    };
    use desired::Column;
    desired::Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Agent)
                .update_columns([
                    Column::Version,
                    Column::State,
                    Column::Account,
                    Column::ChangedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(DesiredFiled::New(version))
}

/// What an agent last said of its desired state and clock.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn condition_of_agent(
    on: &impl Access,
    agent: &AgentId,
) -> Result<Option<agent_condition::Model>, StoreError> {
    Ok(agent_condition::Entity::find_by_id(agent.as_str())
        .one(on.conn())
        .await?)
}

/// What all agents last said of their desired state and clock.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn conditions(on: &impl Access) -> Result<Vec<agent_condition::Model>, StoreError> {
    Ok(agent_condition::Entity::find().all(on.conn()).await?)
}

/// Writes what an agent says of its desired state and clock. A last will says nothing of either.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_agent_condition(tx: &Tx, status: &AgentStatus) -> Result<(), StoreError> {
    use agent_condition::Column;
    let json = |applied| text(applied, "agent_conditions", "applied");
    let clock = |clock| text(clock, "agent_conditions", "clock");
    let row = agent_condition::ActiveModel {
        agent: Set(status.agent.to_string()),
        applied: Set(status.applied.as_ref().map(json).transpose()?),
        clock: Set(status.clock.as_ref().map(clock).transpose()?),
        clock_trust: Set(status.clock_trust.as_str().to_owned()),
    };
    let mut columns = vec![Column::Clock, Column::ClockTrust];
    if status.applied.is_some() {
        columns.push(Column::Applied);
    }
    agent_condition::Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Agent)
                .update_columns(columns)
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn given(row: command::Model) -> Result<(AgentId, Command), StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "commands",
        column,
    };
    let time = |at, column| Timestamp::from_microsecond(at).map_err(|_| unreadable(column));
    let agent = row.agent.parse().map_err(|_| unreadable("agent"))?;
    let command = Command {
        id: row.id.parse().map_err(|_| unreadable("id"))?,
        sequence: row.sequence.unsigned_abs(),
        issued_at: time(row.issued_at, "issued_at")?,
        expires_at: time(row.expires_at, "expires_at")?,
        by: row.account,
        action: read(&row.action, "commands", "action")?,
    };
    Ok((agent, command))
}

fn stored_desired(row: desired::Model) -> Result<StoredDesired, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "desired",
        column,
    };
    Ok(StoredDesired {
        agent: row.agent.parse().map_err(|_| unreadable("agent"))?,
        state: read(&row.state, "desired", "state")?,
        account: row.account,
        changed_at: Timestamp::from_microsecond(row.changed_at)
            .map_err(|_| unreadable("changed_at"))?,
    })
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn text<T: Serialize>(
    value: &T,
    table: &'static str,
    column: &'static str,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Unreadable { table, column })
}

fn read<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { table, column })
}
