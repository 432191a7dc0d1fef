//! What the server wants of this agent: from the wire to the disk, before anybody acts on it.
//!
//! Only the server's own signature counts. A command is taken once: its number must be above the
//! last one taken from that server, and its time must not be over; one that comes again is given
//! its answer again. Desired state is taken where its version is above the one on disk. What does
//! not belong here: carrying anything out (`pipeline`).

use std::sync::Arc;

use contract::v1::{
    AgentId, CloudEventError, Command, Desired, EventType, KeyId, MAX_COMMAND_BYTES,
    MAX_DESIRED_BYTES, PublicKey, SignatureError, Signed, Topic, decode, key_id, verify,
};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::store::{Store, StoreError};
use crate::telemetry::{chain, metric};

/// Who waits for whom between the wire and whoever carries orders out.
#[derive(Debug, Default)]
pub struct OrderBells {
    /// A command or desired state was taken.
    pub taken: Notify,
    /// A command was answered, or must be answered again.
    pub answered: Notify,
}

/// What the server wants, as it comes in.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// This agent.
    pub agent: AgentId,
    /// The key whose orders count.
    pub server_key: PublicKey,
    /// Where they are kept.
    pub store: Arc<Store>,
    /// Who is told.
    pub bells: Arc<OrderBells>,
}

/// Why a message on an order topic was dropped.
#[derive(Debug, thiserror::Error)]
pub enum OrderFault {
    /// It came on a topic that was not subscribed to.
    #[error("it came on another topic")]
    Topic,
    /// Larger than any order.
    #[error("it has {0} bytes, which is too many")]
    TooLarge(usize),
    /// It carries no signature.
    #[error("it is not signed")]
    Unsigned,
    /// It was not signed by the server this agent enrolled with, or was changed on its way.
    #[error("its signature does not hold")]
    Signature(#[source] SignatureError),
    /// It is signed, but is no order.
    #[error("it is not an order")]
    Malformed(#[source] CloudEventError),
    /// A command whose number is not above the last one taken.
    #[error("its number {found} is not above {last}, the last one taken")]
    Replayed {
        /// Its number.
        found: u64,
        /// The last one taken.
        last: u64,
    },
    /// A command whose time is over.
    #[error("it expired at {0}")]
    Expired(Timestamp),
    /// Desired state of a lower version than the one at hand.
    #[error("its version {found} is below {have}, the one at hand")]
    Old {
        /// Its version.
        found: u64,
        /// The version at hand.
        have: u64,
    },
}

impl OrderFault {
    /// The label of the metric.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::TooLarge(_) => "too_large",
            Self::Unsigned => "unsigned",
            Self::Signature(_) => "signature",
            Self::Malformed(_) => "malformed",
            Self::Replayed { .. } => "replayed",
            Self::Expired(_) => "expired",
            Self::Old { .. } => "old",
        }
    }
}

/// What the disk knows of the server's commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ledger {
    /// The number of the last command taken; 0 before the first.
    pub(super) last_sequence: u64,
    /// Whether the command at hand was taken before.
    pub(super) known: Known,
}

/// Whether a command was taken before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Known {
    #[default]
    No,
    Yes,
}

/// What to do with a command that is the server's own.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Take,
    AnswerAgain,
}

/// A repeated command is answered again, whatever its age: the first answer may not have arrived.
fn judge(command: &Command, ledger: Ledger, now: Timestamp) -> Result<Verdict, OrderFault> {
    if ledger.known == Known::Yes {
        return Ok(Verdict::AnswerAgain);
    }
    if command.expires_at <= now {
        return Err(OrderFault::Expired(command.expires_at));
    }
    if command.sequence <= ledger.last_sequence {
        return Err(OrderFault::Replayed {
            found: command.sequence,
            last: ledger.last_sequence,
        });
    }
    Ok(Verdict::Take)
}

impl Inbox {
    /// The topics that orders come on.
    pub(super) fn topics(&self) -> [String; 2] {
        [
            Topic::Commands(self.agent.clone()).to_string(),
            Topic::Desired(self.agent.clone()).to_string(),
        ]
    }

    /// Takes one message. What is not the server's is dropped, counted and logged.
    ///
    /// # Errors
    /// [`StoreError`] where the disk does not take it; the broker must say it again then.
    pub(super) async fn take(
        &self,
        topic: &[u8],
        payload: &[u8],
        signature: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let [commands, desired] = self.topics();
        // An empty retained message clears the topic: there is no wish any more to be learnt.
        if topic == desired.as_bytes() && payload.is_empty() {
            return Ok(());
        }
        let taken = if topic == commands.as_bytes() {
            match self.read::<Command>(&commands, payload, signature, MAX_COMMAND_BYTES) {
                Ok(command) => self.command(&command, now).await?,
                Err(fault) => Err(fault),
            }
        } else if topic == desired.as_bytes() {
            match self.read::<Desired>(&desired, payload, signature, MAX_DESIRED_BYTES) {
                Ok(desired) => self.desired(&desired).await?,
                Err(fault) => Err(fault),
            }
        } else {
            Err(OrderFault::Topic)
        };
        if let Err(fault) = taken {
            metrics::counter!(metric::ORDERS_DROPPED, "reason" => fault.as_str()).increment(1);
            tracing::warn!(
                reason = fault.as_str(),
                "dropped an order: {}",
                chain(&fault)
            );
        }
        Ok(())
    }

    /// Whose orders these are, by its key.
    #[must_use]
    pub fn issuer(&self) -> KeyId {
        key_id(&self.server_key)
    }

    fn read<T: Order>(
        &self,
        topic: &str,
        payload: &[u8],
        signature: Option<&str>,
        most: usize,
    ) -> Result<T, OrderFault> {
        if payload.len() > most {
            return Err(OrderFault::TooLarge(payload.len()));
        }
        let signed: Signed = signature
            .ok_or(OrderFault::Unsigned)?
            .parse()
            .map_err(OrderFault::Signature)?;
        verify(&self.server_key, topic, payload, &signed).map_err(OrderFault::Signature)?;
        decode::<T>(payload, T::TYPE)
            .map(|event| event.data)
            .map_err(OrderFault::Malformed)
    }

    async fn command(
        &self,
        command: &Command,
        now: Timestamp,
    ) -> Result<Result<(), OrderFault>, StoreError> {
        let issuer = self.issuer();
        let ledger = self.store.ledger(&issuer, command.id).await?;
        match judge(command, ledger, now) {
            Ok(Verdict::Take) => {
                self.store.keep_command(&issuer, command).await?;
                tracing::info!(
                    command.id = %command.id,
                    command.action = command.action.as_str(),
                    by = command.by,
                    "command taken"
                );
                self.bells.taken.notify_one();
            }
            Ok(Verdict::AnswerAgain) => {
                self.store.answer_again(command.id).await?;
                self.bells.answered.notify_one();
            }
            Err(fault) => return Ok(Err(fault)),
        }
        Ok(Ok(()))
    }

    async fn desired(&self, desired: &Desired) -> Result<Result<(), OrderFault>, StoreError> {
        let issuer = self.issuer();
        let have = self.store.desired(&issuer).await?.map(|kept| kept.version);
        match have {
            // The retained message comes at every connection.
            Some(have) if have == desired.version => Ok(Ok(())),
            Some(have) if have > desired.version => Ok(Err(OrderFault::Old {
                found: desired.version,
                have,
            })),
            _ => {
                self.store.keep_desired(&issuer, desired).await?;
                tracing::info!(desired.version = desired.version, "desired state taken");
                self.bells.taken.notify_one();
                Ok(Ok(()))
            }
        }
    }
}

/// What an order topic carries.
trait Order: serde::de::DeserializeOwned {
    const TYPE: EventType;
}

impl Order for Command {
    const TYPE: EventType = EventType::Command;
}

impl Order for Desired {
    const TYPE: EventType = EventType::Desired;
}

#[cfg(test)]
mod tests;
