//! One writer that turns deliveries into rows: many messages a transaction, answers after it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::v1::{AgentId, AutoReport, EventId, RefusalReason, SecretKey, Topic};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::admit::{Refusal, SigningKey, admit};
use super::answer::{Answered, answer};
use super::consumer::{Delivery, Publisher, Retained};
use super::status::{Status, agent_status, camera_status};
use super::{Health, RetainedLiveness, Writable};
use crate::changes::{Change, ChangeBus};
use crate::store::{
    self, CameraFacts, Inserted, Quarantined, Store, StoreError, Tx, VerifiedReport,
};
use crate::telemetry::{BATCH_SIZE, COMMIT_SECONDS, DATABASE_RETRIES, REPORTS, STATUSES};

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;
/// How long the first message of a batch waits for company. A disk's flush takes longer.
const LINGER: Duration = Duration::from_millis(2);
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LAST_BACK_OFF: Duration = Duration::from_secs(5);
/// How often a message fails alone, while the database answers, before it is put aside: it must not
/// hold up all others for ever.
const FAILURES_BEFORE_QUARANTINE: u32 = 5;
const QUARANTINE_KEEPS: u64 = 10_000;
/// Most bytes of a payload that quarantine keeps.
const QUARANTINE_HEAD: usize = contract::v1::MAX_REPORT_BYTES;

/// See the module.
pub(super) struct Worker {
    pub(super) store: Store,
    pub(super) changes: ChangeBus,
    pub(super) key: Arc<SecretKey>,
    pub(super) retained: RetainedLiveness,
    pub(super) publisher: Publisher,
    pub(super) health: Arc<watch::Sender<Health>>,
}

/// A delivery and what was made of it before the database saw it.
struct Item {
    delivery: Delivery,
    sha256: String,
    received: Timestamp,
    work: Work,
}

/// What is to be done with a delivery.
enum Work {
    Report(Box<AutoReport>),
    RefuseReport {
        agent: AgentId,
        refusal: Refusal,
    },
    Status(Box<Status>),
    RefuseStatus(Refusal),
    /// Nothing to write: a retained liveness that is known to be stale, a foreign topic.
    Ignore,
}

/// What was done with a delivery, told after the commit.
enum Done {
    Report {
        answered: Answered,
        refusal: Option<Refusal>,
        outcome: &'static str,
        change: Option<Change>,
    },
    Status {
        outcome: &'static str,
        change: Option<Change>,
    },
    Nothing,
}

impl Worker {
    /// Runs until `stop`; what was taken from the queue by then is finished.
    pub(super) async fn run(
        self,
        mut deliveries: mpsc::Receiver<Delivery>,
        stop: CancellationToken,
    ) {
        while let Some(batch) = next_batch(&mut deliveries, &stop).await {
            self.finish(batch, &stop).await;
        }
    }

    /// Commits a batch, whole if the database takes it, else message by message. Gives up only at
    /// `stop`: then nothing was acknowledged, and everything comes again.
    async fn finish(&self, batch: Vec<Delivery>, stop: &CancellationToken) {
        match self.attempt(&batch).await {
            Ok(()) => return self.set_writable(Writable::Yes),
            Err(error) => self.note_failure(&error),
        }
        for delivery in batch {
            self.finish_one(delivery, stop).await;
        }
    }

    async fn finish_one(&self, delivery: Delivery, stop: &CancellationToken) {
        let one = [delivery];
        let mut back_off = FIRST_BACK_OFF;
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.attempt(&one).await {
                Ok(()) => return self.set_writable(Writable::Yes),
                Err(error) => self.note_failure(&error),
            }
            failures += u32::from(self.store.ping().await.is_ok());
            let [delivery] = &one;
            if failures >= FAILURES_BEFORE_QUARANTINE && self.put_aside(delivery).await.is_ok() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(back_off) => {}
            }
            back_off = (back_off * 2).min(LAST_BACK_OFF);
        }
    }

    async fn attempt(&self, batch: &[Delivery]) -> Result<(), StoreError> {
        let started = Instant::now();
        let received = Timestamp::now();
        let mut items = Vec::with_capacity(batch.len());
        for delivery in batch {
            items.push(self.prepare(delivery, received).await?);
        }
        let done = self.write(&items).await?;
        metrics::histogram!(COMMIT_SECONDS).record(started.elapsed().as_secs_f64());
        metrics::histogram!(BATCH_SIZE).record(u32::try_from(items.len()).unwrap_or(u32::MAX));
        self.tell(items, done).await;
        Ok(())
    }

    async fn prepare(&self, delivery: &Delivery, received: Timestamp) -> Result<Item, StoreError> {
        let key = match delivery.signature.readable() {
            Some(signed) => store::agent_key(&self.store, &signed.key_id).await?,
            None => None,
        };
        let key = key.map(SigningKey::from);
        Ok(Item {
            sha256: hex::encode(Sha256::digest(&delivery.payload)),
            received,
            work: self.work(delivery, key.as_ref(), received),
            delivery: delivery.clone(),
        })
    }

    fn work(&self, delivery: &Delivery, key: Option<&SigningKey>, now: Timestamp) -> Work {
        let status = |status: Result<Status, Refusal>| match status {
            Ok(status) => Work::Status(Box::new(status)),
            Err(refusal) => Work::RefuseStatus(refusal),
        };
        match delivery.topic.parse() {
            Ok(Topic::Reports(agent)) => {
                let signed = delivery.signature.readable();
                match admit(&agent, &delivery.topic, &delivery.payload, signed, key, now) {
                    Ok(admitted) => Work::Report(Box::new(admitted.report)),
                    Err(refusal) => Work::RefuseReport { agent, refusal },
                }
            }
            Ok(Topic::AgentStatus(agent)) => {
                let stale =
                    self.retained == RetainedLiveness::Stale && delivery.retained == Retained::Yes;
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

    async fn write(&self, items: &[Item]) -> Result<Vec<Done>, StoreError> {
        let tx = self.store.begin().await?;
        let mut done = Vec::with_capacity(items.len());
        for item in items {
            done.push(write_item(&tx, item).await?);
        }
        if items
            .iter()
            .any(|item| matches!(item.work, Work::RefuseReport { .. } | Work::RefuseStatus(_)))
        {
            store::trim_quarantine(&tx, QUARANTINE_KEEPS).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// After the commit: who watches is told, the agent is answered, and the broker last.
    async fn tell(&self, items: Vec<Item>, done: Vec<Done>) {
        let mut told: Vec<Change> = Vec::new();
        for (item, done) in items.into_iter().zip(done) {
            let change = match done {
                Done::Report {
                    answered,
                    refusal,
                    outcome,
                    change,
                } => {
                    metrics::counter!(REPORTS, "outcome" => outcome).increment(1);
                    self.answer(answered, refusal.as_ref()).await;
                    change
                }
                Done::Status { outcome, change } => {
                    metrics::counter!(STATUSES, "outcome" => outcome).increment(1);
                    change
                }
                Done::Nothing => None,
            };
            self.publisher.acknowledge(&item.delivery).await;
            told.extend(change.filter(|change| !told.contains(change)));
        }
        for change in told {
            self.changes.announce(change);
        }
    }

    async fn answer(&self, answered: Answered, refusal: Option<&Refusal>) {
        if let Some(refusal) = refusal {
            tracing::warn!(
                agent.id = %answered.agent,
                reason = refusal.reason.as_str(),
                "report refused and put in quarantine: {}", refusal.message
            );
        }
        match answer(&self.key, answered, refusal, Timestamp::now()) {
            Ok(answer) => self.publisher.publish(answer).await,
            Err(error) => tracing::error!(error = %error, "an ack could not be written"),
        }
    }

    /// Quarantines a message that the database refuses while it takes others.
    async fn put_aside(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let mut item = self.prepare(delivery, Timestamp::now()).await?;
        let refusal = Refusal::new(RefusalReason::Invalid, "the database refuses to store it");
        item.work = match delivery.topic.parse() {
            Ok(Topic::Reports(agent)) => Work::RefuseReport { agent, refusal },
            _ => Work::RefuseStatus(refusal),
        };
        let items = vec![item];
        let done = self.write(&items).await?;
        self.tell(items, done).await;
        self.set_writable(Writable::Yes);
        Ok(())
    }

    fn note_failure(&self, error: &StoreError) {
        metrics::counter!(DATABASE_RETRIES).increment(1);
        tracing::error!(
            error = %super::admit::with_source(error),
            "the database did not take what came in; nothing is acknowledged, trying again"
        );
        self.set_writable(Writable::No);
    }

    fn set_writable(&self, writable: Writable) {
        self.health.send_if_modified(|health| {
            let changed = health.database != writable;
            health.database = writable;
            changed
        });
    }
}

/// The next messages, or none at the end. Waits for the first, and a moment for more.
async fn next_batch(
    deliveries: &mut mpsc::Receiver<Delivery>,
    stop: &CancellationToken,
) -> Option<Vec<Delivery>> {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    tokio::select! {
        biased;
        () = stop.cancelled() => return None,
        first = deliveries.recv() => batch.push(first?),
    }
    let deadline = tokio::time::Instant::now() + LINGER;
    while batch.len() < MAX_BATCH {
        let room = MAX_BATCH - batch.len();
        let more = deliveries.recv_many(&mut batch, room);
        match tokio::time::timeout_at(deadline, more).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
    }
    Some(batch)
}

async fn write_item(tx: &Tx, item: &Item) -> Result<Done, StoreError> {
    match &item.work {
        Work::Report(report) => write_report(tx, item, report).await,
        Work::RefuseReport { agent, refusal } => {
            refuse(tx, item, refusal).await?;
            Ok(refused(item, agent, None, refusal))
        }
        Work::Status(status) => write_status(tx, item, status).await,
        Work::RefuseStatus(refusal) => {
            refuse(tx, item, refusal).await?;
            Ok(Done::Status {
                outcome: refusal.reason.as_str(),
                change: Some(Change::Quarantine),
            })
        }
        Work::Ignore => Ok(Done::Nothing),
    }
}

async fn write_report(tx: &Tx, item: &Item, report: &AutoReport) -> Result<Done, StoreError> {
    let signature = item
        .delivery
        .signature
        .readable()
        .map(ToString::to_string)
        .unwrap_or_default();
    let verified = VerifiedReport {
        topic: &item.delivery.topic,
        payload: &item.delivery.payload,
        sha256: &item.sha256,
        signature: &signature,
        report,
        received: item.received,
    };
    let key = Some((report.event_id, report.revision));
    let answered = || Answered {
        agent: report.agent.clone(),
        sha256: item.sha256.clone(),
        key,
    };
    match store::insert_report(tx, &verified).await? {
        Inserted::New => {
            store::note_camera_of_report(tx, report, item.received).await?;
            store::apply_evidence(tx, report).await?;
            let applied = store::apply_report(tx, report, item.received).await?;
            let change = Some(applied.change);
            Ok(Done::Report {
                answered: answered(),
                refusal: None,
                outcome: "stored",
                change,
            })
        }
        Inserted::Duplicate => Ok(Done::Report {
            answered: answered(),
            refusal: None,
            outcome: "duplicate",
            change: None,
        }),
        Inserted::Conflict => {
            let message = format!(
                "revision {} of event {} is stored with other content",
                report.revision, report.event_id
            );
            let refusal = Refusal::new(RefusalReason::Conflict, message);
            refuse(tx, item, &refusal).await?;
            Ok(refused(item, &report.agent, key, &refusal))
        }
    }
}

fn refused(item: &Item, agent: &AgentId, key: Option<(EventId, u32)>, refusal: &Refusal) -> Done {
    Done::Report {
        answered: Answered {
            agent: agent.clone(),
            sha256: item.sha256.clone(),
            key,
        },
        outcome: refusal.reason.as_str(),
        refusal: Some(refusal.clone()),
        change: Some(Change::Quarantine),
    }
}

async fn write_status(tx: &Tx, item: &Item, status: &Status) -> Result<Done, StoreError> {
    let (written, change) = match status {
        Status::Agent(status) => {
            let change = Change::Agent {
                agent: status.agent.clone(),
            };
            (
                store::set_agent_status(tx, status, item.received).await?,
                change,
            )
        }
        Status::Camera { status, said_at } => {
            let facts = CameraFacts {
                status,
                said_at: *said_at,
                received: item.received,
            };
            let change = Change::Camera {
                agent: status.agent.clone(),
                camera: status.camera.clone(),
            };
            (store::set_camera_status(tx, &facts).await?, change)
        }
    };
    let outcome = if written { "stored" } else { "stale" };
    Ok(Done::Status {
        outcome,
        change: written.then_some(change),
    })
}

async fn refuse(tx: &Tx, item: &Item, refusal: &Refusal) -> Result<(), StoreError> {
    let payload = &item.delivery.payload;
    let message = Quarantined {
        topic: &item.delivery.topic,
        reason: refusal.reason.as_str(),
        message: &refusal.message,
        head: payload.get(..QUARANTINE_HEAD).unwrap_or(payload),
        sha256: &item.sha256,
        bytes: payload.len(),
        received: item.received,
    };
    store::put_in_quarantine(tx, &message).await
}
