//! After the commit: who watches is told, the agent is answered, and the broker last.

use std::sync::Arc;

use contract::v1::{DeliveryId, SecretKey, UnitId};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::admit::Refusal;
use super::answer::{Answer, Answered, answer};
use super::consumer::{Delivery, Publisher};
use crate::changes::{Change, ChangeBus};
use crate::store::Acknowledging;
use crate::telemetry::{ACKNOWLEDGEMENTS, GAP_REPORTS, REPORTS, STATUSES};

/// What was done with a delivery.
pub(super) enum Done {
    Report {
        answered: Answered,
        refusal: Option<Refusal>,
        outcome: &'static str,
        change: Option<Change>,
    },
    /// A gap report is stored; `news` where it had not been.
    Gap {
        answered: Answered,
        news: Option<GapNews>,
    },
    Status {
        outcome: &'static str,
        change: Option<Change>,
    },
    /// A unit acknowledged a message, or one that it was not sent.
    UnitAck {
        unit: UnitId,
        said: DeliveryId,
        done: Acknowledging,
        change: Option<Change>,
    },
    Nothing,
}

/// What a gap report tells that was not known.
pub(super) struct GapNews {
    pub(super) outbox: String,
    pub(super) things: u64,
    pub(super) change: Change,
}

impl GapNews {
    fn tell(self, about: &Answered) -> Change {
        tracing::warn!(
            agent.id = %about.agent,
            outbox = self.outbox,
            things = self.things,
            "an agent's outbox was full and let something go"
        );
        self.change
    }
}

/// A committed batch.
pub(super) type Committed = Vec<(Delivery, Done)>;

/// See the module.
pub(super) struct Teller {
    pub(super) changes: ChangeBus,
    pub(super) key: Arc<SecretKey>,
    pub(super) publisher: Publisher,
}

impl Teller {
    /// Tells of every batch until the last one.
    pub(super) async fn run(self, mut committed: mpsc::Receiver<Committed>) {
        while let Some(batch) = committed.recv().await {
            self.tell(batch).await;
        }
    }

    async fn tell(&self, batch: Committed) {
        let mut told: Vec<Change> = Vec::new();
        let mut answered = Vec::with_capacity(batch.len());
        let mut deliveries = Vec::with_capacity(batch.len());
        for (delivery, done) in batch {
            deliveries.push(delivery);
            let change = match done {
                Done::Report {
                    answered: about,
                    refusal,
                    outcome,
                    change,
                } => {
                    metrics::counter!(REPORTS, "outcome" => outcome).increment(1);
                    answered.push((about, refusal));
                    change
                }
                Done::Gap {
                    answered: about,
                    news,
                } => {
                    let outcome = if news.is_some() {
                        "stored"
                    } else {
                        "duplicate"
                    };
                    metrics::counter!(GAP_REPORTS, "outcome" => outcome).increment(1);
                    let change = news.map(|news| news.tell(&about));
                    answered.push((about, None));
                    change
                }
                Done::Status { outcome, change } => {
                    metrics::counter!(STATUSES, "outcome" => outcome).increment(1);
                    change
                }
                Done::UnitAck {
                    unit,
                    said,
                    done,
                    change,
                } => {
                    note_unit_ack(&unit, said, &done);
                    change
                }
                Done::Nothing => None,
            };
            told.extend(change);
        }
        for change in once_each(told) {
            self.changes.announce(change);
        }
        for answer in self.signed(answered).await {
            self.publisher.publish(answer).await;
        }
        for delivery in &deliveries {
            self.publisher.acknowledge(delivery).await;
        }
    }

    /// Signing hundreds of answers takes milliseconds, which belong on a thread of their own.
    async fn signed(&self, answered: Vec<(Answered, Option<Refusal>)>) -> Vec<Answer> {
        let key = Arc::clone(&self.key);
        let sign = move || {
            answered
                .into_iter()
                .filter_map(|(about, refusal)| written(&key, about, refusal.as_ref()))
                .collect()
        };
        tokio::task::spawn_blocking(sign)
            .await
            .unwrap_or_else(|error| {
                tracing::error!(error = %error, "the acks of a batch could not be written");
                Vec::new()
            })
    }
}

fn note_unit_ack(unit: &UnitId, said: DeliveryId, done: &Acknowledging) {
    let way = match done {
        Acknowledging::Now { .. } => "mqtt",
        Acknowledging::Before => return,
        Acknowledging::Unknown => {
            tracing::warn!(
                unit.id = %unit,
                delivery.id = %said,
                "a unit acknowledged a message that it was not sent"
            );
            "refused"
        }
    };
    metrics::counter!(ACKNOWLEDGEMENTS, "way" => way).increment(1);
}

fn written(key: &SecretKey, about: Answered, refusal: Option<&Refusal>) -> Option<Answer> {
    if let Some(refusal) = refusal {
        tracing::warn!(
            agent.id = %about.agent,
            reason = refusal.reason.as_str(),
            "report refused and put in quarantine: {}", refusal.message
        );
    }
    match answer(key, about, refusal, Timestamp::now()) {
        Ok(answer) => Some(answer),
        Err(error) => {
            tracing::error!(error = %error, "an ack could not be written");
            None
        }
    }
}

/// The last change of each thing, in order: of several versions of one incident only the newest
/// matters.
fn once_each(changes: Vec<Change>) -> Vec<Change> {
    let mut seen = std::collections::HashSet::new();
    let mut last: Vec<Change> = changes
        .into_iter()
        .rev()
        .filter(|change| seen.insert(change.subject()))
        .collect();
    last.reverse();
    last
}
