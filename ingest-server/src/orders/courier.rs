//! Hands orders to the broker: desired state retained, commands with an expiry, both signed.
//!
//! What the broker lost comes again: all desired state at every connection, and every command that
//! is neither answered nor expired every few seconds. Agents take each once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{AgentId, SecretKey, Topic, sign};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Orders, envelope_of, wish_of};
use crate::changes::Change;
use crate::intake::{Connected, Health, Outlet, Parcel, Shelf};
use crate::store::{self, StoreError};
use crate::telemetry::{COMMANDS_EXPIRED, ORDERS_SENT};

/// How often unanswered commands are looked at, without anything new.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How soon a command without an answer is sent again.
const RESEND_AFTER: Duration = Duration::from_secs(15);

/// Delivers orders.
pub struct Courier {
    /// What there is to deliver.
    pub orders: Orders,
    /// Signs.
    pub key: Arc<SecretKey>,
    /// The way out.
    pub outlet: Outlet,
    /// Whether there is one.
    pub health: watch::Receiver<Health>,
}

/// Another server's clock may be behind this one's by as much, and its changes are found all the
/// same.
const OVERLAP: Duration = Duration::from_secs(60);

/// What was delivered on this connection.
#[derive(Default)]
struct Delivered {
    /// The newest change of desired state that was published; all of it comes first.
    until: Option<Timestamp>,
    versions: HashMap<AgentId, u64>,
}

impl Courier {
    /// Works until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut looked_at = Timestamp::now();
        let mut connection: Option<Delivered> = None;
        loop {
            let connected = self.health.borrow_and_update().broker == Connected::Yes;
            let now = Timestamp::now();
            if connected {
                let delivered = connection.get_or_insert_default();
                match self.deliver(delivered, looked_at, now).await {
                    Ok(()) => looked_at = now,
                    Err(error) => {
                        tracing::error!(error = %error, "orders could not be read; trying again");
                    }
                }
            } else {
                connection = None;
            }
            tokio::select! {
                () = self.orders.bell.notified() => {}
                changed = self.health.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn deliver(
        &self,
        delivered: &mut Delivered,
        looked_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.deliver_wishes(delivered).await?;
        self.deliver_commands(now).await?;
        for (agent, id) in store::commands_expired(&self.orders.store, looked_at, now).await? {
            metrics::counter!(COMMANDS_EXPIRED).increment(1);
            tracing::warn!(agent.id = %agent, command.id = %id, "a command expired without an answer; is its agent online?");
            self.orders.changes.announce(Change::Command { agent, id });
        }
        Ok(())
    }

    async fn deliver_wishes(&self, delivered: &mut Delivered) -> Result<(), StoreError> {
        let overlap = SignedDuration::try_from(OVERLAP).unwrap_or_default();
        let since = delivered
            .until
            .map_or(Timestamp::UNIX_EPOCH, |until| until - overlap);
        for wish in store::desired_since(&self.orders.store, since).await? {
            let version = wish.state.version;
            if delivered.versions.insert(wish.agent.clone(), version) == Some(version) {
                continue;
            }
            delivered.until = delivered.until.max(Some(wish.changed_at));
            let topic = Topic::Desired(wish.agent).to_string();
            let payload = wish_of(&wish.state, wish.changed_at);
            self.hand_over(topic, payload, Shelf::Retained, "desired")
                .await;
        }
        Ok(())
    }

    async fn deliver_commands(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = now - SignedDuration::try_from(RESEND_AFTER).unwrap_or_default();
        let commands = store::commands_to_send(&self.orders.store, now, before).await?;
        for (agent, command) in commands {
            let left = command.expires_at.duration_since(now).as_secs().max(1);
            let expiry = Duration::from_secs(left.unsigned_abs());
            let topic = Topic::Commands(agent.clone()).to_string();
            let payload = envelope_of(&command);
            self.hand_over(topic, payload, Shelf::Expiring(expiry), "command")
                .await;
            let tx = self.orders.store.begin().await?;
            store::command_sent(&tx, command.id, now).await?;
            tx.commit().await?;
            self.orders.changes.announce(Change::Command {
                agent,
                id: command.id,
            });
        }
        Ok(())
    }

    async fn hand_over(&self, topic: String, payload: Vec<u8>, shelf: Shelf, what: &'static str) {
        metrics::counter!(ORDERS_SENT, "what" => what).increment(1);
        let signature = sign(&self.key, &topic, &payload);
        self.outlet
            .send(Parcel {
                topic,
                payload,
                signature,
                shelf,
            })
            .await;
    }
}
