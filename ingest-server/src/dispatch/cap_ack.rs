//! Acknowledgements that come back as Common Alerting Protocol messages: who may send them, and which messages they
//! are about.
//!
//! What does not belong here: reading one (the crate `notice`), HTTP.

use std::collections::BTreeSet;

use contract::v1::DeliveryId;
use jiff::Timestamp;
use notice::cap::{Reference, read_ack};
use subtle::ConstantTimeEq as _;

use super::webhook::signature;
use super::{Dispatch, DispatchError};
use crate::store::{self, Acknowledged, Acknowledging, Delivery, StoreError, Tx};
use crate::telemetry::ACKNOWLEDGEMENTS;

/// How far the clock of whoever signs may be off.
const MOST_SECONDS_OFF: u64 = 300;

impl Dispatch {
    /// Whether `signed` (`t=SECONDS,v1=HEX`) is that of the target over this body, not long ago.
    #[must_use]
    pub fn signature_fits(&self, target: &str, signed: &str, body: &[u8], now: Timestamp) -> bool {
        let seconds = signed
            .strip_prefix("t=")
            .and_then(|rest| rest.split_once(','))
            .and_then(|(seconds, _)| seconds.parse::<i64>().ok());
        let Some(at) = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) else {
            return false;
        };
        let Some(secret) = self.0.directory.config.secrets.get(target) else {
            return false;
        };
        let expected = signature(secret.reveal(), at, body);
        now.as_second().abs_diff(at.as_second()) <= MOST_SECONDS_OFF
            && expected.as_bytes().ct_eq(signed.as_bytes()).into()
    }

    /// Takes an acknowledgement of the target's system: the messages that it names and that went to this target, each
    /// with whether this is the first acknowledgement of it.
    ///
    /// # Errors
    /// [`DispatchError::Ack`] where it is none; [`DispatchError::NotFound`] where the target takes no alerts or none of
    /// the messages went to it. Then nothing is acknowledged.
    pub async fn take_cap_ack(
        &self,
        target: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<(DeliveryId, bool)>, DispatchError> {
        let speaks = self.targets().get(target);
        let speaks = speaks.is_some_and(|target| target.channel.speaks_cap());
        let cap = self.targets().cap.as_ref().filter(|_| speaks);
        let cap = cap.ok_or(DispatchError::NotFound)?;
        let said = read_ack(body, cap).map_err(DispatchError::Ack)?;
        let ack = Acknowledged {
            at: now,
            by: said.sender,
            note: said.note,
        };
        let tx = self.0.store.begin().await?;
        let (mut taken, mut changed) = (Vec::new(), BTreeSet::new());
        for delivery in told(&tx, target, &said.references).await? {
            let done = store::acknowledge_delivery(&tx, delivery.id, None, &ack).await?;
            let first = matches!(done, Acknowledging::Now { .. });
            taken.push((delivery.id, first));
            if first {
                changed.insert(delivery.incident);
            }
        }
        if taken.is_empty() {
            return Err(DispatchError::NotFound);
        }
        tx.commit().await?;
        for incident in changed {
            metrics::counter!(ACKNOWLEDGEMENTS, "way" => "cap").increment(1);
            self.announce(incident).await?;
        }
        Ok(taken)
    }
}

/// The messages of a target that an acknowledgement names, each once: name and time must be the message's.
async fn told(
    tx: &Tx,
    target: &str,
    references: &[Reference],
) -> Result<Vec<Delivery>, StoreError> {
    let mut found: Vec<Delivery> = Vec::new();
    for reference in references {
        let Ok(id) = reference.identifier.parse::<DeliveryId>() else {
            continue;
        };
        if found.iter().any(|delivery| delivery.id == id) {
            continue;
        }
        let named = store::delivery(tx, id).await?;
        found.extend(named.filter(|delivery| {
            delivery.target == target && delivery.made_at.as_second() == reference.sent.as_second()
        }));
    }
    Ok(found)
}
