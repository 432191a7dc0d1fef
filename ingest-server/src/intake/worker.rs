//! Deliveries → rows, in three steps that run side by side: the next batch is checked while this
//! one is written and the one before is answered.
//!
//! Each batch is one transaction, and there is one writer. The steps hand over by channels of one
//! batch: who is ahead waits, the queue of deliveries grows, and the broker holds the rest back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::v1::{
    AgentId, Answer, AutoReport, EventId, GapReport, RefusalReason, SecretKey, UnitAck, UnitId,
};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::admit::Refusal;
use super::answer::Answered;
use super::consumer::{Delivery, Publisher};
use super::prepare::{Item, Keys, Work, keys, prepare};
use super::status::Status;
use super::tell::{Committed, Done, GapNews, Teller};
use super::{Health, RetainedLiveness, Writable};
use crate::changes::{Change, ChangeBus};
use crate::store::{
    self, Acknowledged, Acknowledging, AnswerFiled, CameraFacts, Filed, GapStored, Quarantined,
    Store, StoreError, Tx, VerifiedGap, VerifiedReport,
};
use crate::telemetry::{BATCH_SIZE, COMMIT_SECONDS, DATABASE_RETRIES};

/// Most messages in one transaction.
const MAX_BATCH: usize = 1024;
/// How long the first message of a batch waits for company. A disk's flush takes longer.
const LINGER: Duration = Duration::from_millis(2);
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LAST_BACK_OFF: Duration = Duration::from_secs(5);
/// How often the database refuses a message for what it holds before it is put aside: it must not
/// hold up all others for ever. A disk that is full, or a database that is away or locked, refuses
/// everything, and is waited for.
const FAILURES_BEFORE_QUARANTINE: u32 = 5;
const QUARANTINE_KEEPS: u64 = 10_000;
/// Most bytes of a payload that quarantine keeps.
const QUARANTINE_HEAD: usize = contract::v1::MAX_REPORT_BYTES;

/// See the module.
pub(super) struct Worker {
    pub(super) store: Store,
    pub(super) merging: Arc<merge::Model>,
    pub(super) changes: ChangeBus,
    pub(super) key: Arc<SecretKey>,
    pub(super) retained: RetainedLiveness,
    pub(super) publisher: Publisher,
    pub(super) health: Arc<watch::Sender<Health>>,
}

impl Worker {
    /// Runs until `stop`; what was taken from the queue by then is finished.
    pub(super) async fn run(self, deliveries: mpsc::Receiver<Delivery>, stop: CancellationToken) {
        // Bounded to one batch each: a full channel makes the step before it wait.
        let (checked, to_write) = mpsc::channel(1);
        let (committed, to_tell) = mpsc::channel(1);
        let database = Database {
            store: self.store,
            health: self.health,
        };
        let gather = Gather {
            database: database.clone(),
            retained: self.retained,
            deliveries,
            checked,
        };
        let writer = Writer {
            database,
            merging: self.merging,
            committed,
        };
        let teller = Teller {
            changes: self.changes,
            key: self.key,
            publisher: self.publisher,
        };
        let gathering = tokio::spawn(gather.run(stop.clone()));
        let writing = tokio::spawn(writer.run(to_write, stop));
        let telling = tokio::spawn(teller.run(to_tell));
        // The consumer lives as long as its receiver, which must outlive the last answer.
        let deliveries = gathering.await;
        for (name, step) in [("writer", writing), ("teller", telling)] {
            if let Err(error) = step.await {
                tracing::error!(task.name = name, error = %error, "intake ended badly");
            }
        }
        drop(deliveries);
    }
}

/// The database, and what is known of its health.
#[derive(Clone)]
struct Database {
    store: Store,
    health: Arc<watch::Sender<Health>>,
}

impl Database {
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

/// The first step: batches are formed and checked.
struct Gather {
    database: Database,
    retained: RetainedLiveness,
    deliveries: mpsc::Receiver<Delivery>,
    checked: mpsc::Sender<Vec<Item>>,
}

impl Gather {
    async fn run(mut self, stop: CancellationToken) -> mpsc::Receiver<Delivery> {
        while let Some(batch) = next_batch(&mut self.deliveries, &stop).await {
            let Some(keys) = self.keys(&batch, &stop).await else {
                break;
            };
            let items = prepare(batch, keys, self.retained).await;
            if self.checked.send(items).await.is_err() {
                break;
            }
        }
        self.deliveries
    }

    /// The keys that a batch names; gives up only at `stop`.
    async fn keys(&self, batch: &[Delivery], stop: &CancellationToken) -> Option<Keys> {
        let mut back_off = FIRST_BACK_OFF;
        while !stop.is_cancelled() {
            match keys(&self.database.store, batch).await {
                Ok(keys) => return Some(keys),
                Err(error) => self.database.note_failure(&error),
            }
            pause(&mut back_off, stop).await;
        }
        None
    }
}

/// The second step: batches are committed.
struct Writer {
    database: Database,
    merging: Arc<merge::Model>,
    committed: mpsc::Sender<Committed>,
}

impl Writer {
    async fn run(self, mut batches: mpsc::Receiver<Vec<Item>>, stop: CancellationToken) {
        while let Some(items) = batches.recv().await {
            self.finish(items, &stop).await;
        }
    }

    /// Commits a batch, whole if the database takes it, else message by message. Gives up only at
    /// `stop`: then nothing was acknowledged, and everything comes again.
    async fn finish(&self, items: Vec<Item>, stop: &CancellationToken) {
        match self.attempt(&items).await {
            Ok(done) => return self.hand_over(items, done).await,
            Err(error) => self.database.note_failure(&error),
        }
        for item in items {
            self.finish_one(item, stop).await;
        }
    }

    async fn finish_one(&self, mut item: Item, stop: &CancellationToken) {
        let mut back_off = FIRST_BACK_OFF;
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.attempt(std::slice::from_ref(&item)).await {
                Ok(done) => return self.hand_over(vec![item], done).await,
                Err(error) => {
                    failures += u32::from(error.blames_the_content());
                    self.database.note_failure(&error);
                }
            }
            if failures == FAILURES_BEFORE_QUARANTINE {
                item.work.put_aside(&item.delivery.topic);
            }
            pause(&mut back_off, stop).await;
        }
    }

    async fn attempt(&self, items: &[Item]) -> Result<Vec<Done>, StoreError> {
        let started = Instant::now();
        let tx = self.database.store.begin().await?;
        let done = write(&tx, &self.merging, items).await?;
        tx.commit().await?;
        metrics::histogram!(COMMIT_SECONDS).record(started.elapsed().as_secs_f64());
        metrics::histogram!(BATCH_SIZE).record(u32::try_from(items.len()).unwrap_or(u32::MAX));
        Ok(done)
    }

    async fn hand_over(&self, items: Vec<Item>, done: Vec<Done>) {
        self.database.set_writable(Writable::Yes);
        let told = items.into_iter().map(|item| item.delivery).zip(done);
        // The teller ends after this step, so that somebody always listens.
        drop(self.committed.send(told.collect()).await);
    }
}

async fn pause(back_off: &mut Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(*back_off) => {}
    }
    *back_off = (*back_off * 2).min(LAST_BACK_OFF);
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

/// Writes a batch: its reports together, the rest one by one.
async fn write(tx: &Tx, merging: &merge::Model, items: &[Item]) -> Result<Vec<Done>, StoreError> {
    let signatures: Vec<String> = items.iter().map(signature).collect();
    let verified: Vec<VerifiedReport<'_>> = items
        .iter()
        .zip(&signatures)
        .filter_map(|(item, signature)| verified(item, signature))
        .collect();
    let mut filed = store::file_reports(tx, merging, &verified)
        .await?
        .into_iter();
    let mut done = Vec::with_capacity(items.len());
    let mut refused = false;
    for item in items {
        done.push(match &item.work {
            Work::Report(report) => match filed.next() {
                Some(filed) => {
                    refused |= filed == Filed::Conflict;
                    told(tx, item, report, filed).await?
                }
                None => Done::Nothing,
            },
            Work::Gap(gap) => {
                let written = write_gap(tx, item, gap).await?;
                refused |= matches!(&written, Done::Report { refusal, .. } if refusal.is_some());
                written
            }
            Work::RefuseReport { agent, refusal } => {
                refused = true;
                refuse(tx, item, refusal).await?;
                refused_report(item, agent, None, refusal)
            }
            Work::Answer { agent, answer } => {
                let filed = write_answer(tx, item, agent, answer).await?;
                refused |= matches!(
                    filed,
                    Done::Report {
                        refusal: Some(_),
                        ..
                    }
                );
                filed
            }
            Work::UnitAck { unit, ack } => write_unit_ack(tx, item, unit, ack).await?,
            Work::Status(status) => write_status(tx, item, status).await?,
            Work::RefuseStatus(refusal) => {
                refused = true;
                refuse(tx, item, refusal).await?;
                Done::Status {
                    outcome: refusal.reason.as_str(),
                    change: Some(Change::Quarantine),
                }
            }
            Work::Ignore => Done::Nothing,
        });
    }
    if refused {
        store::trim_quarantine(tx, QUARANTINE_KEEPS).await?;
    }
    Ok(done)
}

fn signature(item: &Item) -> String {
    let signed = item.delivery.signature.readable();
    signed.map(ToString::to_string).unwrap_or_default()
}

fn verified<'a>(item: &'a Item, signature: &'a str) -> Option<VerifiedReport<'a>> {
    let Work::Report(report) = &item.work else {
        return None;
    };
    Some(VerifiedReport {
        topic: &item.delivery.topic,
        payload: &item.delivery.payload,
        sha256: &item.sha256,
        signature,
        report,
        received: item.received,
    })
}

async fn told(tx: &Tx, item: &Item, report: &AutoReport, filed: Filed) -> Result<Done, StoreError> {
    let key = Some((report.event_id, report.revision));
    let stored = |outcome, change| Done::Report {
        answered: Answered {
            agent: report.agent.clone(),
            sha256: item.sha256.clone(),
            key,
        },
        refusal: None,
        outcome,
        change,
    };
    match filed {
        Filed::New(applied) => Ok(stored("stored", Some(applied.change))),
        Filed::Duplicate => Ok(stored("duplicate", None)),
        Filed::Conflict => {
            let message = format!(
                "revision {} of event {} is stored with other content",
                report.revision, report.event_id
            );
            let refusal = Refusal::new(RefusalReason::Conflict, message);
            refuse(tx, item, &refusal).await?;
            Ok(refused_report(item, &report.agent, key, &refusal))
        }
    }
}

async fn write_gap(tx: &Tx, item: &Item, gap: &GapReport) -> Result<Done, StoreError> {
    let signature = signature(item);
    let verified = VerifiedGap {
        gap,
        payload: &item.delivery.payload,
        signature: &signature,
        sha256: &item.sha256,
        received: item.received,
    };
    let stored = store::insert_gap(tx, &verified).await?;
    if stored == GapStored::Conflict {
        let message = format!(
            "gap report {} of outbox {} is stored with other content",
            gap.revision, gap.outbox
        );
        let refusal = Refusal::new(RefusalReason::Conflict, message);
        refuse(tx, item, &refusal).await?;
        return Ok(refused_report(item, &gap.agent, None, &refusal));
    }
    let change = Change::Agent {
        agent: gap.agent.clone(),
    };
    Ok(Done::Gap {
        answered: Answered {
            agent: gap.agent.clone(),
            sha256: item.sha256.clone(),
            key: None,
        },
        news: (stored == GapStored::New).then(|| GapNews {
            outbox: gap.outbox.clone(),
            things: gap.losses.iter().map(|loss| loss.count).sum(),
            change,
        }),
    })
}

fn refused_report(
    item: &Item,
    agent: &AgentId,
    key: Option<(EventId, u32)>,
    refusal: &Refusal,
) -> Done {
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

async fn write_unit_ack(
    tx: &Tx,
    item: &Item,
    unit: &UnitId,
    said: &UnitAck,
) -> Result<Done, StoreError> {
    let ack = Acknowledged {
        at: item.received,
        by: said.by.clone().unwrap_or_else(|| unit.to_string()),
        note: said.note.clone(),
    };
    let done = store::acknowledge_delivery(tx, said.delivery, Some(unit), &ack).await?;
    let change = match &done {
        Acknowledging::Now { incident, .. } => {
            store::find_incident(tx, *incident)
                .await?
                .map(|row| Change::Incident {
                    id: *incident,
                    version: row.version,
                })
        }
        Acknowledging::Before | Acknowledging::Unknown => None,
    };
    Ok(Done::UnitAck {
        unit: unit.clone(),
        said: said.delivery,
        done,
        change,
    })
}

async fn write_answer(
    tx: &Tx,
    item: &Item,
    agent: &AgentId,
    answer: &Answer,
) -> Result<Done, StoreError> {
    let filed = store::file_answer(tx, agent, answer, &item.sha256, item.received).await?;
    let stored = |outcome, change| Done::Report {
        answered: Answered {
            agent: agent.clone(),
            sha256: item.sha256.clone(),
            key: None,
        },
        refusal: None,
        outcome,
        change,
    };
    match filed {
        AnswerFiled::New => {
            let change = Change::Command {
                agent: agent.clone(),
                id: answer.command,
            };
            Ok(stored("answer", Some(change)))
        }
        AnswerFiled::Duplicate => Ok(stored("duplicate", None)),
        AnswerFiled::Foreign => {
            let message = format!(
                "command {} was not given to this agent, or has another answer",
                answer.command
            );
            let refusal = Refusal::new(RefusalReason::Conflict, message);
            refuse(tx, item, &refusal).await?;
            Ok(refused_report(item, agent, None, &refusal))
        }
    }
}

async fn write_status(tx: &Tx, item: &Item, status: &Status) -> Result<Done, StoreError> {
    let (written, change) = match status {
        Status::Agent(status) => {
            let change = Change::Agent {
                agent: status.agent.clone(),
            };
            store::set_agent_condition(tx, status).await?;
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
