//! Tells units: notices become deliveries, deliveries are sent until they are taken, acknowledged or
//! given up, and what is not acknowledged in time is told to others.
//!
//! Any number of servers share the work: a notice is expanded in one transaction, a delivery is held by
//! a lease while it is sent, and what became of an attempt is written only while the lease holds. So a
//! server that dies leaves nothing to clean; at worst a message goes out twice, under one name.
//!
//! Who must be told what is the crate `notice`'s to say; rows are `store`'s; words are the catalogue's.
//! What does not belong here: HTTP routes, rights of people, the broker's rights.

mod bundle;
mod cap_ack;
mod courier;
mod directory;
mod email;
mod expand;
mod fault;
mod letter;
mod overdue;
mod phrases;
mod post;
mod reach;
mod webhook;

use std::sync::Arc;

use contract::v1::{DeliveryId, SecretKey, UnitAck, sign};
use jiff::Timestamp;
use notice::Targets;
use notice::cap::AckFault;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

pub use self::courier::Dispatcher;
pub use self::directory::{Directory, DirectoryError};
#[cfg(test)]
pub(crate) use self::expand::Found;
pub use self::letter::Feed;
pub use self::overdue::{Listing, Overdue, overdue_in};
pub use self::webhook::{SIGNATURE_HEADER, signature};

use crate::changes::{Change, ChangeBus};
use crate::evidence::EvidenceStore;
use crate::office::Offices;
use crate::store::{self, Acknowledged, Acknowledging, Delivery, Store, StoreError};
use crate::telemetry::ACKNOWLEDGEMENTS;

/// What signs the right to acknowledge a message: a topic that no broker carries.
const TOKEN_TOPIC: &str = "dispatch/token";

/// What the rest of the server asks of dispatch. Cheap to clone.
#[derive(Clone)]
pub struct Dispatch(Arc<Inner>);

struct Inner {
    store: Store,
    changes: ChangeBus,
    evidence: EvidenceStore,
    offices: Offices,
    key: Arc<SecretKey>,
    public_url: Url,
    directory: Directory,
}

/// Why a message was not brought back into the queue, or not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// There is no such message.
    #[error("no such delivery")]
    NotFound,
    /// It waits, is acknowledged, or a later one took its place.
    #[error("the delivery is {0} and cannot be replayed")]
    NotReplayable(&'static str),
    /// What a unit's system sent back is no acknowledgement.
    #[error("no acknowledgement")]
    Ack(#[source] AckFault),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Dispatch {
    /// Dispatch of this server.
    #[must_use]
    pub fn new(
        (store, changes, evidence, offices): (Store, ChangeBus, EvidenceStore, Offices),
        key: Arc<SecretKey>,
        public_url: Url,
        directory: Directory,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            changes,
            evidence,
            offices,
            key,
            public_url,
            directory,
        }))
    }

    /// Who is told what.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.0.directory.config.targets
    }

    /// The right to acknowledge one message and to fetch what it names: derived from the server's key,
    /// so that it is kept nowhere.
    #[must_use]
    pub fn token_of(&self, id: DeliveryId) -> String {
        let signed = sign(&self.0.key, TOKEN_TOPIC, id.to_string().as_bytes());
        hex::encode(Sha256::digest(signed.to_string()))
    }

    /// Whether `token` is the message's.
    #[must_use]
    pub fn token_fits(&self, id: DeliveryId, token: &str) -> bool {
        self.token_of(id).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// Whether `token` is that of the reader of a feed.
    #[must_use]
    pub fn feed_token_fits(&self, target: &str, token: &str) -> bool {
        let secret = self.0.directory.config.secrets.get(target);
        secret.is_some_and(|secret| secret.reveal().as_bytes().ct_eq(token.as_bytes()).into())
    }

    /// Takes an acknowledgement of whoever holds the message's token, or of an operator who heard it by
    /// phone. False where it was acknowledged before.
    ///
    /// # Errors
    /// [`DispatchError::NotFound`], [`DispatchError::Store`].
    pub async fn acknowledge(
        &self,
        said: &UnitAck,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, DispatchError> {
        let ack = Acknowledged {
            at: now,
            by: by.to_owned(),
            note: said.note.clone(),
        };
        let tx = self.0.store.begin().await?;
        let done = store::acknowledge_delivery(&tx, said.delivery, None, &ack).await?;
        tx.commit().await?;
        match done {
            Acknowledging::Unknown => Err(DispatchError::NotFound),
            Acknowledging::Before => Ok(false),
            Acknowledging::Now { incident, .. } => {
                metrics::counter!(ACKNOWLEDGEMENTS, "way" => "http").increment(1);
                self.announce(incident).await?;
                Ok(true)
            }
        }
    }

    /// Sends a dead letter, or a message that was sent and not acknowledged, again.
    ///
    /// # Errors
    /// [`DispatchError`].
    pub async fn replay(&self, id: DeliveryId, now: Timestamp) -> Result<Delivery, DispatchError> {
        let tx = self.0.store.begin().await?;
        let delivery = store::delivery(&tx, id).await?;
        let delivery = delivery.ok_or(DispatchError::NotFound)?;
        if !store::replay_delivery(&tx, id, now).await? {
            return Err(DispatchError::NotReplayable(delivery.state.as_str()));
        }
        tx.commit().await?;
        self.announce(delivery.incident).await?;
        Ok(delivery)
    }

    /// Sends a monthly list again that is a dead letter, or that was sent and did not reach whom it should.
    ///
    /// # Errors
    /// [`DispatchError::NotFound`], [`DispatchError::NotReplayable`], [`DispatchError::Store`].
    pub async fn replay_letter(
        &self,
        id: DeliveryId,
        now: Timestamp,
    ) -> Result<store::Letter, DispatchError> {
        let tx = self.0.store.begin().await?;
        let letter = store::letter(&tx, id).await?;
        let letter = letter.ok_or(DispatchError::NotFound)?;
        if !store::replay_letter(&tx, id, now).await? {
            return Err(DispatchError::NotReplayable(letter.state.as_str()));
        }
        let queued = store::letter(&tx, id).await?;
        tx.commit().await?;
        queued.ok_or(DispatchError::NotFound)
    }

    /// Whoever looks at the incident reads its deliveries again.
    async fn announce(&self, id: crate::incident::IncidentId) -> Result<(), StoreError> {
        if let Some(row) = store::find_incident(&self.0.store, id).await? {
            let version = row.version;
            self.0.changes.announce(Change::Incident { id, version });
        }
        Ok(())
    }

    /// A message of a feed as Common Alerting Protocol; its acknowledgement with `Part::Ack`, where it
    /// came.
    ///
    /// # Errors
    /// [`DispatchError::NotFound`] where the target is no feed, or has no such message.
    pub async fn cap_message(
        &self,
        target: &str,
        id: DeliveryId,
        part: CapPart,
    ) -> Result<String, DispatchError> {
        let delivery = store::delivery(&self.0.store, id).await?;
        let delivery = delivery
            .filter(|delivery| delivery.target == target)
            .ok_or(DispatchError::NotFound)?;
        let all = store::deliveries_of_incident(&self.0.store, delivery.incident).await?;
        let written = match part {
            CapPart::Message => self.letter(&delivery, &all).and_then(|letter| letter.cap()),
            CapPart::Ack => self
                .letter(&delivery, &all)
                .and_then(|letter| letter.cap_ack()),
        };
        written.ok_or(DispatchError::NotFound)
    }

    /// The newest messages of a target as an Atom feed.
    ///
    /// # Errors
    /// [`DispatchError::NotFound`] where the target is no feed.
    pub async fn feed(&self, target: &str, now: Timestamp) -> Result<String, DispatchError> {
        let found = self.targets().get(target);
        let found = found.filter(|target| matches!(target.channel, notice::Channel::CapFeed(_)));
        let Some(target) = found else {
            return Err(DispatchError::NotFound);
        };
        let name = target.name.as_str();
        let told = store::deliveries_of_target(&self.0.store, name, letter::FEED_LENGTH).await?;
        let cap = self.targets().cap.as_ref().ok_or(DispatchError::NotFound)?;
        let feed = Feed {
            target,
            cap,
            base: &self.0.public_url,
        };
        Ok(feed.write(&told, now))
    }
}

/// Which of a message's two Common Alerting Protocol forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapPart {
    /// The message itself.
    Message,
    /// What the unit answered.
    Ack,
}
