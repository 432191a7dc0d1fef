//! Deliveries → what is to be done with them, before the database sees it: on every core at once.
//!
//! Checking a signature costs more than anything else that intake does, so a batch is cut into as
//! many parts as there are cores. The keys' dates are read anew with each batch: a key that another
//! process revoked a moment ago verifies nothing more. Each signature is checked strictly and by
//! itself: the batch equation of Ed25519 accepts signatures that the strict one refuses.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;

use contract::v1::{
    AgentId, Answer, AutoReport, GapReport, KeyId, RefusalReason, Topic, UnitAck, UnitId,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::RetainedLiveness;
use super::admit::{Admitted, Refusal, SigningKey, admit};
use super::command_answer::admit_answer;
use super::consumer::{Delivery, Retained};
use super::status::{Status, agent_status, camera_status};
use super::unit_ack::admit_unit_ack;
use crate::store::{self, Store, StoreError};

/// Fewer messages than this are not worth another core.
const LEAST_PART: usize = 8;

/// A delivery and what was made of it.
pub(super) struct Item {
    pub(super) delivery: Delivery,
    pub(super) sha256: String,
    pub(super) received: Timestamp,
    pub(super) work: Work,
}

/// What is to be done with a delivery.
pub(super) enum Work {
    Report(Box<AutoReport>),
    Gap(Box<GapReport>),
    RefuseReport {
        agent: AgentId,
        refusal: Refusal,
    },
    Answer {
        agent: AgentId,
        answer: Box<Answer>,
    },
    UnitAck {
        unit: UnitId,
        ack: UnitAck,
    },
    Status(Box<Status>),
    RefuseStatus(Refusal),
    /// Nothing to write: a retained liveness that is known to be stale, a foreign topic.
    Ignore,
}

impl Work {
    /// Refuses what the database will not store.
    pub(super) fn put_aside(&mut self, topic: &str) {
        let refusal = Refusal::new(RefusalReason::Invalid, "the database refuses to store it");
        *self = match topic.parse() {
            Ok(Topic::Reports(agent) | Topic::Answers(agent)) => {
                Self::RefuseReport { agent, refusal }
            }
            _ => Self::RefuseStatus(refusal),
        };
    }
}

/// The keys that a batch names, as the database knows them now.
pub(super) type Keys = HashMap<KeyId, SigningKey>;

/// Reads the keys that the deliveries name.
pub(super) async fn keys(store: &Store, deliveries: &[Delivery]) -> Result<Keys, StoreError> {
    let named = deliveries
        .iter()
        .filter_map(|delivery| delivery.signature.readable())
        .map(|signed| signed.key_id.clone());
    let keys = store::agent_keys(store, named).await?;
    Ok(keys
        .into_iter()
        .map(|(id, key)| (id, SigningKey::from(key)))
        .collect())
}

/// Checks and reads every delivery; the items come in the order of the deliveries.
pub(super) async fn prepare(
    deliveries: Vec<Delivery>,
    keys: Keys,
    retained: RetainedLiveness,
) -> Vec<Item> {
    let received = Timestamp::now();
    let keys = Arc::new(keys);
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let part = deliveries.len().div_ceil(cores).max(LEAST_PART);
    let total = deliveries.len();
    let mut parts = Vec::with_capacity(cores);
    let mut deliveries = deliveries.into_iter().peekable();
    while deliveries.peek().is_some() {
        let some: Vec<Delivery> = deliveries.by_ref().take(part).collect();
        let keys = Arc::clone(&keys);
        parts.push(tokio::task::spawn_blocking(move || {
            some.into_iter()
                .map(|delivery| item(delivery, &keys, received, retained))
                .collect::<Vec<_>>()
        }));
    }
    let mut items = Vec::with_capacity(total);
    for part in parts {
        match part.await {
            Ok(some) => items.extend(some),
            // What was not acknowledged comes again; a message that ends the check ends it again.
            Err(error) => {
                tracing::error!(error = %error, "a part of a batch could not be checked; it comes again");
            }
        }
    }
    items
}

fn item(delivery: Delivery, keys: &Keys, received: Timestamp, retained: RetainedLiveness) -> Item {
    let key = delivery
        .signature
        .readable()
        .and_then(|signed| keys.get(&signed.key_id));
    Item {
        sha256: hex::encode(Sha256::digest(&delivery.payload)),
        received,
        work: work(&delivery, key, received, retained),
        delivery,
    }
}

fn work(
    delivery: &Delivery,
    key: Option<&SigningKey>,
    now: Timestamp,
    retained: RetainedLiveness,
) -> Work {
    let status = |status: Result<Status, Refusal>| match status {
        Ok(status) => Work::Status(Box::new(status)),
        // The broker still holds what an agent said under a key that it has changed since.
        Err(Refusal {
            reason: RefusalReason::RevokedKey,
            ..
        }) if delivery.retained == Retained::Yes => Work::Ignore,
        Err(refusal) => Work::RefuseStatus(refusal),
    };
    match delivery.topic.parse() {
        Ok(Topic::Reports(agent)) => {
            let signed = delivery.signature.readable();
            match admit(&agent, &delivery.topic, &delivery.payload, signed, key, now) {
                Ok(Admitted::Report(report)) => Work::Report(report),
                Ok(Admitted::Gap(gap)) => Work::Gap(gap),
                Err(refusal) => Work::RefuseReport { agent, refusal },
            }
        }
        Ok(Topic::Answers(agent)) => {
            let signed = delivery.signature.readable();
            let (topic, payload) = (&delivery.topic, &delivery.payload);
            match admit_answer(&agent, topic, payload, signed, key, now) {
                Ok(answer) => Work::Answer {
                    agent,
                    answer: Box::new(answer),
                },
                Err(refusal) => Work::RefuseReport { agent, refusal },
            }
        }
        Ok(Topic::UnitAcks(unit)) => match admit_unit_ack(&delivery.payload) {
            Ok(ack) => Work::UnitAck { unit, ack },
            Err(refusal) => Work::RefuseStatus(refusal),
        },
        Ok(Topic::AgentStatus(agent)) => {
            let stale = retained == RetainedLiveness::Stale && delivery.retained == Retained::Yes;
            // An empty payload clears a retained message.
            if stale || delivery.payload.is_empty() {
                return Work::Ignore;
            }
            status(agent_status(&agent, delivery, key, now))
        }
        Ok(Topic::CameraStatus(_, _)) if delivery.payload.is_empty() => Work::Ignore,
        Ok(Topic::CameraStatus(agent, camera)) => {
            status(camera_status(&agent, &camera, delivery, key, now))
        }
        _ => Work::Ignore,
    }
}
