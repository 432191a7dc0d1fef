//! The desk: the one task that writes reports. It owns the book and files each revision, in order.
//!
//! Everything that happens to an event comes here as a [`Paper`]; what leaves is on disk. Where the
//! disk refuses, the desk waits and tries again: papers queue up, then the cameras' analysis waits,
//! then pictures are dropped and counted. Events are not.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bundle::ChainHead;
use contract::v1::{
    AgentId, AutoReport, CameraId, Clock, EventId, EvidenceId, EvidenceKind, SecretKey,
    UnavailableReason,
};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::seal::Sealer;
use crate::evidence::EvidenceFault;
use crate::geometry::PictureSize;
use crate::outbox::{Depth, Filing, Store, StoreError, Upload};
use crate::report::journal::{self, Entry, Reading, Recovery};
use crate::report::{CameraFacts, Message, Outcome, Promise, ReportBook, Sighting};
use crate::rule::{EventChange, Moments};
use crate::telemetry::{chain, metric, phase_word};
use crate::time::ClockAnchor;

/// How long the desk waits before it tries a failed write again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// The evidence that a raised event promises, beside a crop of each track.
const PROMISED: [EvidenceKind; 10] = [
    EvidenceKind::Preview,
    EvidenceKind::Still,
    EvidenceKind::StillOverlay,
    EvidenceKind::StillBefore,
    EvidenceKind::StillBeforeOverlay,
    EvidenceKind::StillAfter,
    EvidenceKind::StillAfterOverlay,
    EvidenceKind::Clip,
    EvidenceKind::Manifest,
    EvidenceKind::ManifestSignature,
];
/// Most crops of one event: a herd is proven by a few heads.
const MOST_CROPS: usize = 3;

/// What the desk must put on record.
#[derive(Debug)]
pub(super) enum Paper {
    /// A rule spoke.
    Change(Box<ChangePaper>),
    /// Evidence of one event exists, or never will.
    Settled {
        event: EventId,
        /// Pieces that the first revision could not promise.
        added: Vec<Promise>,
        outcomes: Vec<(EvidenceId, Outcome)>,
    },
    /// Evidence that existed had to go.
    LetGo {
        uploads: Vec<Upload>,
        reason: UnavailableReason,
    },
}

/// A rule's change and what the report says beside it.
#[derive(Debug)]
pub(super) struct ChangePaper {
    pub(super) change: EventChange,
    pub(super) clock: ClockAnchor,
    pub(super) known: Clock,
    pub(super) size: PictureSize,
    pub(super) camera: Arc<CameraFacts>,
    pub(super) promised: Vec<Promise>,
    /// When the picture that decided a raised event had arrived.
    pub(super) arrived: Option<Timestamp>,
}

/// What a passage over a line promises beside: the picture that shows it on the line. The usual picture
/// from before shows it before the line, the deciding one beyond it.
const ON_THE_LINE: [EvidenceKind; 2] =
    [EvidenceKind::StillBefore, EvidenceKind::StillBeforeOverlay];

/// One promise of each kind, those of a passage's moments, and a crop of each of `tracks`, as far as
/// [`MOST_CROPS`], with new ids.
pub(super) fn promises(tracks: usize, moments: Option<Moments>) -> Vec<Promise> {
    let on_the_line: &[EvidenceKind] = match moments {
        Some(_) => &ON_THE_LINE,
        None => &[],
    };
    let crops = std::iter::repeat_n(EvidenceKind::Crop, tracks.min(MOST_CROPS));
    let promise = |kind| Promise {
        id: EvidenceId::new(),
        kind,
    };
    let kinds = PROMISED.iter().chain(on_the_line).copied();
    kinds.chain(crops).map(promise).collect()
}

/// What earlier runs left in the event log, and whom to ask about its cameras.
pub(super) struct Past<'a> {
    pub(super) told: Reading,
    pub(super) cameras: &'a HashMap<CameraId, Arc<CameraFacts>>,
}

/// The desk.
pub(super) struct Desk {
    book: ReportBook,
    last_seen: HashMap<EventId, Timestamp>,
    key: Arc<SecretKey>,
    sealer: Sealer,
    store: Arc<Store>,
}

impl Desk {
    /// Sets the desk up. Events that only the event log knows are put on record first, then all
    /// that the last run left open are closed.
    pub(super) async fn open(
        agent: AgentId,
        key: Arc<SecretKey>,
        store: Arc<Store>,
        past: Past<'_>,
    ) -> Result<Self, StoreError> {
        let sealer = Sealer::open(Arc::clone(&store), &agent).await?;
        let mut desk = Self {
            book: ReportBook::new(agent),
            last_seen: HashMap::new(),
            key,
            sealer,
            store,
        };
        let found = desk.store.check_evidence(Depth::Lengths).await?;
        for file in &found.orphans {
            tracing::warn!(file, "removed an evidence file that no report names");
        }
        desk.store.remove_unnamed(&found.orphans);
        for event in desk.store.unsettled_events().await? {
            tracing::info!(
                event.id = %event.report.event_id,
                "closing an event that the last run left open"
            );
            desk.last_seen
                .insert(event.report.event_id, event.last_seen);
            desk.book.adopt(event.report);
        }
        desk.recover(past).await?;
        desk.close_all().await;
        desk.give_up(found.faulty).await?;
        Ok(desk)
    }

    /// Says of evidence that is lost or damaged on this disk that it is.
    async fn give_up(&mut self, faulty: Vec<(Upload, EvidenceFault)>) -> Result<(), StoreError> {
        for (upload, fault) in faulty {
            tracing::error!(
                event.id = %upload.event_id,
                evidence.id = %upload.evidence_id,
                file = upload.file,
                error = %chain(&fault),
                "an evidence file is not what its report says; `edge-agent check --store` reads all of them"
            );
            if fault.is_final() {
                self.store.give_up(&upload).await?;
                self.let_go(&[upload], UnavailableReason::Damaged).await;
            }
        }
        Ok(())
    }

    /// Takes up what the event log tells and the disk does not.
    async fn recover(&mut self, past: Past<'_>) -> Result<(), StoreError> {
        if past.told.unreadable > 0 {
            tracing::warn!(
                lines = past.told.unreadable,
                "left out lines of the event log that cannot be read"
            );
        }
        let ever_filed = self.store.filed_events().await?;
        let Recovery { unfiled, filed } =
            journal::compare(past.told.entries, self.store.id(), &ever_filed);
        for told in &filed {
            if let Some(seen) = self.last_seen.get_mut(&told.event_id) {
                *seen = told.at.max(*seen);
                self.book.catch_up(told);
            }
        }
        for told in &unfiled {
            self.put_on_record(told, past.cameras).await;
        }
        Ok(())
    }

    async fn put_on_record(&mut self, told: &Entry, cameras: &HashMap<CameraId, Arc<CameraFacts>>) {
        tracing::info!(
            event.id = %told.event_id,
            camera.id = %told.camera,
            "recovering an event from the event log: the last run saw it and did not file it"
        );
        let camera = match cameras.get(&told.camera) {
            Some(facts) => CameraFacts::clone(facts),
            None => CameraFacts::only_id(told.camera.clone()),
        };
        match self.book.recover(told, &camera, &promises(0, None)) {
            Ok(report) => {
                self.last_seen.insert(told.event_id, told.at);
                self.file(report).await;
                metrics::counter!(metric::EVENTS_RECOVERED).increment(1);
            }
            Err(error) => {
                metrics::counter!(metric::REPORTS_INVALID).increment(1);
                tracing::error!(
                    event.id = %told.event_id,
                    error = %chain(&error),
                    "a line of the event log makes no report; was the file changed by hand?"
                );
            }
        }
    }

    /// Works until every sender is gone, then closes what is still open.
    pub(super) async fn run(mut self, mut papers: mpsc::Receiver<Paper>) {
        while let Some(paper) = papers.recv().await {
            match paper {
                Paper::Change(paper) => self.change(&paper).await,
                Paper::Settled {
                    event,
                    added,
                    outcomes,
                } => {
                    self.book.promise(event, &added);
                    self.settle(event, &outcomes).await;
                }
                Paper::LetGo { uploads, reason } => self.let_go(&uploads, reason).await,
            }
        }
        self.close_all().await;
    }

    async fn change(&mut self, paper: &ChangePaper) {
        let ChangePaper {
            change,
            clock,
            known,
            size,
            camera,
            promised,
            arrived,
        } = paper;
        let sighting = Sighting {
            change,
            clock: *clock,
            known: *known,
            size: *size,
            camera,
            promised,
        };
        match self.book.change(&sighting) {
            Ok(report) => {
                self.last_seen
                    .insert(report.event_id, clock.wall_at(change.at));
                self.file(report).await;
                if let Some(arrived) = arrived {
                    note_decision(change.event_id, *arrived);
                }
            }
            Err(error) => {
                metrics::counter!(metric::REPORTS_INVALID).increment(1);
                tracing::error!(
                    event.id = %change.event_id,
                    camera.id = %camera.id,
                    error = %chain(&error),
                    "a rule's change makes no report; this is a fault of the agent"
                );
            }
        }
    }

    async fn settle(&mut self, event: EventId, outcomes: &[(EvidenceId, Outcome)]) {
        if let Some(report) = self.book.settle(event, outcomes) {
            self.file(report).await;
        }
    }

    async fn let_go(&mut self, uploads: &[Upload], reason: UnavailableReason) {
        for upload in uploads {
            let event = upload.event_id;
            if !self.book.holds(event) {
                match self.store.event(event).await {
                    Ok(Some(known)) => {
                        self.last_seen.insert(event, known.last_seen);
                        self.book.adopt(known.report);
                    }
                    Ok(None) => continue,
                    Err(error) => {
                        tracing::error!(event.id = %event, error = %chain(&error), "cannot read an event whose evidence had to go");
                        continue;
                    }
                }
            }
            let outcome = Outcome::Unavailable(reason);
            self.settle(event, &[(upload.evidence_id, outcome)]).await;
        }
    }

    /// Closes every event: nobody watches any more.
    async fn close_all(&mut self) {
        for event in self.book.events() {
            let end = self.last_seen.get(&event).copied().unwrap_or_default();
            if let Some(report) = self
                .book
                .close(event, end, UnavailableReason::AgentRestarted)
            {
                self.file(report).await;
            }
        }
    }

    /// Seals the event where its last part is settled, signs the revision and keeps it, however long
    /// the disk takes.
    async fn file(&mut self, report: AutoReport) {
        let event = report.event_id;
        let last_seen = self
            .last_seen
            .get(&event)
            .copied()
            .unwrap_or(report.occurred.start);
        let (report, head) = self.sealed(report, last_seen).await;
        let message = match Message::new(&report, &self.key, Timestamp::now()) {
            Ok(message) => message,
            Err(error) => {
                metrics::counter!(metric::REPORTS_INVALID).increment(1);
                tracing::error!(event.id = %event, error = %chain(&error), "a report cannot be encoded; this is a fault of the agent");
                return;
            }
        };
        let filing = Filing {
            message: &message,
            report: &report,
            last_seen,
            sealed: head.as_ref(),
        };
        self.keep(&filing).await;
        if let Some(head) = head {
            self.sealer.filed(event, head);
        }
        if !self.book.holds(event) {
            self.last_seen.remove(&event);
        }
    }

    /// The revision with its seal, where it is due, and where the chain of manifests stands then.
    async fn sealed(
        &mut self,
        report: AutoReport,
        last_seen: Timestamp,
    ) -> (AutoReport, Option<ChainHead>) {
        if !ReportBook::awaits_seal(&report) {
            return (report, None);
        }
        let seal = self.sealer.seal(&self.key, &report, last_seen).await;
        (self.book.seal(report, &seal.outcomes), seal.head)
    }

    async fn keep(&self, filing: &Filing<'_>) {
        let report = filing.report;
        while let Err(error) = self.store.file(filing).await {
            metrics::counter!(metric::OUTBOX_FAILED).increment(1);
            tracing::error!(
                event.id = %report.event_id,
                error = %chain(&error),
                "a report cannot be kept; trying again until it can"
            );
            tokio::time::sleep(RETRY_EVERY).await;
        }
        metrics::counter!(metric::REPORTS_FILED, "phase" => phase_word(report.phase)).increment(1);
        tracing::info!(
            event.id = %report.event_id,
            report.revision = report.revision,
            report.phase = phase_word(report.phase),
            report.detail = report.detail,
            camera.id = %report.camera,
            "report filed"
        );
    }
}

/// How long an event took from the arrival of the picture that decided it to the outbox.
fn note_decision(event: EventId, arrived: Timestamp) {
    let took = Timestamp::now().duration_since(arrived).as_secs_f64();
    metrics::histogram!(metric::DECISION).record(took);
    tracing::debug!(event.id = %event, picture.arrived = %arrived, "event is in the outbox");
}

#[cfg(test)]
mod seal_tests;
#[cfg(test)]
mod tests;
