//! The desk: the one task that writes reports. It owns the book and files each revision, in order.
//!
//! Everything that happens to an event comes here as a [`Paper`]; what leaves is on disk. Where the
//! disk refuses, the desk waits and tries again: papers queue up, then the cameras' analysis waits,
//! then pictures are dropped and counted. Events are not.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{AgentId, AutoReport, EventId, EvidenceId, SecretKey, UnavailableReason};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::geometry::PictureSize;
use crate::outbox::{Filing, Store, StoreError, Upload};
use crate::report::{CameraFacts, Message, Outcome, Promise, ReportBook, Sighting};
use crate::rule::EventChange;
use crate::telemetry::{chain, metric, phase_word};
use crate::time::ClockAnchor;

/// How long the desk waits before it tries a failed write again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// What the desk must put on record.
#[derive(Debug)]
pub(super) enum Paper {
    /// A rule spoke.
    Change(Box<ChangePaper>),
    /// Evidence of one event exists, or never will.
    Settled {
        event: EventId,
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
    pub(super) size: PictureSize,
    pub(super) camera: Arc<CameraFacts>,
    pub(super) promised: Vec<Promise>,
}

/// The desk.
pub(super) struct Desk {
    book: ReportBook,
    last_seen: HashMap<EventId, Timestamp>,
    key: SecretKey,
    store: Arc<Store>,
}

impl Desk {
    /// Sets the desk up; events that the last run left open are closed first.
    pub(super) async fn open(
        agent: AgentId,
        key: SecretKey,
        store: Arc<Store>,
    ) -> Result<Self, StoreError> {
        let mut desk = Self {
            book: ReportBook::new(agent),
            last_seen: HashMap::new(),
            key,
            store,
        };
        for file in desk.store.remove_orphans().await? {
            tracing::warn!(file, "removed an evidence file that no report names");
        }
        for event in desk.store.unsettled_events().await? {
            tracing::info!(
                event.id = %event.report.event_id,
                "closing an event that the last run left open"
            );
            desk.last_seen
                .insert(event.report.event_id, event.last_seen);
            desk.book.adopt(event.report);
        }
        desk.close_all().await;
        Ok(desk)
    }

    /// Works until every sender is gone, then closes what is still open.
    pub(super) async fn run(mut self, mut papers: mpsc::Receiver<Paper>) {
        while let Some(paper) = papers.recv().await {
            match paper {
                Paper::Change(paper) => self.change(&paper).await,
                Paper::Settled { event, outcomes } => self.settle(event, &outcomes).await,
                Paper::LetGo { uploads, reason } => self.let_go(&uploads, reason).await,
            }
        }
        self.close_all().await;
    }

    async fn change(&mut self, paper: &ChangePaper) {
        let ChangePaper {
            change,
            clock,
            size,
            camera,
            promised,
        } = paper;
        let sighting = Sighting {
            change,
            clock: *clock,
            size: *size,
            camera,
            promised,
        };
        match self.book.change(&sighting) {
            Ok(report) => {
                self.last_seen
                    .insert(report.event_id, clock.wall_at(change.at));
                self.file(&report).await;
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
            self.file(&report).await;
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
                self.file(&report).await;
            }
        }
    }

    /// Signs one revision and keeps it, however long the disk takes.
    async fn file(&mut self, report: &AutoReport) {
        let event = report.event_id;
        let last_seen = self
            .last_seen
            .get(&event)
            .copied()
            .unwrap_or(report.occurred.start);
        let message = match Message::new(report, &self.key, Timestamp::now()) {
            Ok(message) => message,
            Err(error) => {
                metrics::counter!(metric::REPORTS_INVALID).increment(1);
                tracing::error!(event.id = %event, error = %chain(&error), "a report cannot be encoded; this is a fault of the agent");
                return;
            }
        };
        let filing = Filing {
            message: &message,
            report,
            last_seen,
        };
        while let Err(error) = self.store.file(&filing).await {
            metrics::counter!(metric::OUTBOX_FAILED).increment(1);
            tracing::error!(
                event.id = %event,
                error = %chain(&error),
                "a report cannot be kept; trying again until it can"
            );
            tokio::time::sleep(RETRY_EVERY).await;
        }
        metrics::counter!(metric::REPORTS_FILED, "phase" => phase_word(report.phase)).increment(1);
        tracing::info!(
            event.id = %event,
            report.revision = report.revision,
            report.phase = phase_word(report.phase),
            report.detail = report.detail,
            camera.id = %report.camera,
            "report filed"
        );
        if !self.book.holds(event) {
            self.last_seen.remove(&event);
        }
    }
}

#[cfg(test)]
mod tests;
