//! What people want of agents: commands, carried out once, and desired state, which lasts.
//!
//! [`Orders`] writes them down, numbered; [`Courier`] signs them and hands them to the broker until
//! they are answered. What does not belong here: who may (that is `http`), what comes back (that is
//! `intake`), carrying anything out (that is the agent).

mod courier;

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{
    Action, AgentId, CloudEvent, Command, CommandId, Desired, EventType, FieldFault, FieldProblem,
    MAX_COMMAND_BYTES, MAX_DESIRED_BYTES, encode,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

pub use self::courier::Courier;

use crate::changes::{Change, ChangeBus};
use crate::store::{self, DesiredFiled, Store, StoreError};

/// How long a command may be carried out where nobody says otherwise.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);
/// Shortest and longest time for which a command may be carried out.
pub const LIFETIMES: std::ops::RangeInclusive<u64> = 5..=86_400;
const SOURCE: &str = "/server";

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No such agent, or it was revoked.
    #[error("no such agent")]
    NoSuchAgent,
    /// Fields that will not do.
    #[error("fields will not do")]
    Fields(Vec<FieldFault>),
    /// Desired state made from another version than the one at hand.
    #[error("the desired state stands at version {current}")]
    Stale {
        /// The version at hand.
        current: u64,
    },
    /// The database failed.
    #[error("the order could not be written down")]
    Store(#[from] StoreError),
}

/// Writes orders down. Cheap to clone.
#[derive(Clone)]
pub struct Orders {
    store: Store,
    changes: ChangeBus,
    /// Rings when there is something to deliver.
    bell: Arc<Notify>,
}

impl Orders {
    /// Orders of this server.
    #[must_use]
    pub fn new(store: Store, changes: ChangeBus) -> Self {
        Self {
            store,
            changes,
            bell: Arc::default(),
        }
    }

    /// Gives a command to an agent, to be carried out within `lifetime`.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn command(
        &self,
        agent: &AgentId,
        action: Action,
        by: &str,
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<CommandId, OrderError> {
        let mut faults = action.validate().err().unwrap_or_default();
        if !LIFETIMES.contains(&lifetime.as_secs()) {
            faults.push(fault("lifetime_s", FieldProblem::OutOfRange));
        }
        if !faults.is_empty() {
            return Err(OrderError::Fields(faults));
        }
        let tx = self.store.begin().await?;
        self.welcome(&tx, agent).await?;
        // Above the last one and above any that a lost database may have given: agents ignore
        // numbers that do not grow.
        let now_ms = now.as_millisecond().unsigned_abs();
        let sequence = (store::last_sequence(&tx, agent).await? + 1).max(now_ms);
        let command = Command {
            id: CommandId::new(),
            sequence,
            issued_at: now,
            expires_at: now
                .checked_add(SignedDuration::try_from(lifetime).unwrap_or_default())
                .unwrap_or(now),
            by: by.to_owned(),
            action,
        };
        if envelope_of(&command).len() > MAX_COMMAND_BYTES {
            return Err(OrderError::Fields(vec![fault(
                "action",
                FieldProblem::TooMany,
            )]));
        }
        store::insert_command(&tx, agent, &command).await?;
        tx.commit().await?;
        self.changes.announce(Change::Command {
            agent: agent.clone(),
            id: command.id,
        });
        self.bell.notify_one();
        Ok(command.id)
    }

    /// Replaces what is wanted of an agent; `state.version` names the version it was made from.
    /// Returns the new version.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn desire(
        &self,
        agent: &AgentId,
        state: Desired,
        by: &str,
        now: Timestamp,
    ) -> Result<u64, OrderError> {
        let mut faults = state.validate().err().unwrap_or_default();
        for (id, camera) in &state.cameras {
            for (index, mute) in camera.muted.iter().enumerate() {
                if mute.until <= now {
                    let field = format!("cameras.{id}.muted[{index}].until");
                    faults.push(fault(field, FieldProblem::Past));
                }
            }
        }
        if wish_of(&state, now).len() > MAX_DESIRED_BYTES {
            faults.push(fault("cameras", FieldProblem::TooMany));
        }
        if !faults.is_empty() {
            return Err(OrderError::Fields(faults));
        }
        let tx = self.store.begin().await?;
        self.welcome(&tx, agent).await?;
        let based_on = state.version;
        let version = match store::replace_desired(&tx, agent, based_on, state, by, now).await? {
            DesiredFiled::New(version) => version,
            DesiredFiled::Stale { current } => return Err(OrderError::Stale { current }),
        };
        tx.commit().await?;
        self.changes.announce(Change::Agent {
            agent: agent.clone(),
        });
        self.bell.notify_one();
        Ok(version)
    }

    async fn welcome(&self, tx: &store::Tx, agent: &AgentId) -> Result<(), OrderError> {
        match store::agent(tx, agent).await? {
            Some(row) if row.revoked_at.is_none() => Ok(()),
            _ => Err(OrderError::NoSuchAgent),
        }
    }
}

fn fault(field: impl Into<String>, problem: FieldProblem) -> FieldFault {
    FieldFault {
        field: field.into(),
        problem,
    }
}

/// A command's exact bytes: the same whenever it is sent.
fn envelope_of(command: &Command) -> Vec<u8> {
    let id = command.id.to_string();
    let at = command.issued_at;
    encode(&CloudEvent::new(
        EventType::Command,
        id,
        SOURCE.to_owned(),
        at,
        command,
    ))
    .unwrap_or_default()
}

/// Desired state's exact bytes.
fn wish_of(state: &Desired, changed_at: Timestamp) -> Vec<u8> {
    let id = format!("desired/{}", state.version);
    encode(&CloudEvent::new(
        EventType::Desired,
        id,
        SOURCE.to_owned(),
        changed_at,
        state,
    ))
    .unwrap_or_default()
}
