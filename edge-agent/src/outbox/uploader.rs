//! Evidence over HTTP: resumable, the most urgent first, a few files at a time, in small pieces.
//!
//! A file is uploaded only after a report that names its hash was stored, because the server takes
//! no other. After a crash on either side the upload goes on where the server says it stopped. A
//! file goes up piece by piece, and each piece is chosen anew: a preview that becomes ready goes
//! between two pieces of a clip, and all of them give way to reports. What does not belong here: the
//! words of one request (`request`), how fast (`pace`).

mod pace;
mod request;

use std::collections::HashMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract::v1::EvidenceId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;
use zeroize::Zeroizing;

use self::pace::Pace;
use self::request::{Progress, UploadError};
use super::backoff::Backoff;
use super::link::BrokerLink;
use super::record::Upload;
use super::store::{Store, StoreError};
use crate::telemetry::{chain, metric};

/// How soon and how rarely a failed upload is tried again.
const RETRY: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_secs(60),
};
/// How often the outbox is looked at without a hint.
const IDLE: Duration = Duration::from_secs(30);
/// A piece waits so long at most for reports that were not sent yet.
const HEAD_START: Duration = Duration::from_secs(3);
/// How often it looks whether they were.
const HEAD_START_STEP: Duration = Duration::from_millis(50);

/// What evidence may take of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// Most bytes a second, all uploads together; as many as the link takes when absent.
    pub bytes_per_s: Option<NonZeroU64>,
    /// Files at the same time.
    pub at_once: NonZeroUsize,
}

/// Sends evidence files to the server.
pub struct Uploader {
    /// The agent's HTTP client.
    pub client: reqwest::Client,
    /// The server's address.
    pub server: Url,
    /// The bearer token.
    pub token: Zeroizing<String>,
    /// The outbox.
    pub store: Arc<Store>,
    /// What evidence may take of the link.
    pub limits: UploadLimits,
    /// Whether reports can go, to which evidence gives way.
    pub broker: Arc<BrokerLink>,
    /// Files that had to be given up, so that their reports can say so. When full, the uploader
    /// waits: it has nothing more urgent to do.
    pub given_up: mpsc::Sender<Upload>,
}

/// How one file stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// How far the server has come; unknown at first and after a failure.
    offset: Option<u64>,
    failures: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waits,
    OnItsWay,
    /// Failed, and tried again then.
    Due(Instant),
}

type Standings = HashMap<EvidenceId, Standing>;

impl Uploader {
    /// Uploads whatever is ready until `stop`. A file that is half sent stays so and is resumed.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = Arc::new(self).serve() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn serve(self: Arc<Self>) {
        let pace = Arc::new(Mutex::new(Pace::new(self.limits.bytes_per_s)));
        let mut standings = Standings::new();
        // Tasks of their own, which go on while this loop asks the outbox: it has one connection, and
        // a piece that was next for it and not polled would hold it against everybody. They end with
        // this loop.
        let mut pieces = JoinSet::new();
        loop {
            let room = self.limits.at_once.get().saturating_sub(pieces.len());
            let wait = match self.choose(&mut standings, room).await {
                Ok((chosen, wait)) => {
                    for (upload, offset) in chosen {
                        let (uploader, pace) = (Arc::clone(&self), Arc::clone(&pace));
                        pieces
                            .spawn(async move { uploader.send_piece(upload, offset, &pace).await });
                    }
                    wait
                }
                Err(error) => self.cannot_read(&error),
            };
            tokio::select! {
                Some(Ok((upload, outcome))) = pieces.join_next() => {
                    if let Err(error) = self.settle(&upload, outcome, &mut standings).await {
                        self.cannot_read(&error);
                    }
                }
                () = self.store.upload_ready() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn cannot_read(&self, error: &StoreError) -> Duration {
        metrics::counter!(metric::OUTBOX_FAILED).increment(1);
        tracing::error!(error = %chain(error), "cannot read the outbox; trying again");
        Duration::from_secs(1)
    }

    /// The most urgent files that are due, at most `room`, and how long nothing else is.
    async fn choose(
        &self,
        standings: &mut Standings,
        room: usize,
    ) -> Result<(Vec<(Upload, Option<u64>)>, Duration), StoreError> {
        let now = Instant::now();
        let mut wait = IDLE;
        let mut busy = Vec::new();
        for (id, standing) in standings.iter() {
            match standing.state {
                State::OnItsWay => busy.push(*id),
                State::Due(due) if due > now => {
                    busy.push(*id);
                    wait = wait.min(due - now);
                }
                State::Due(_) | State::Waits => {}
            }
        }
        if room == 0 {
            return Ok((Vec::new(), wait));
        }
        let ready = self.store.ready_uploads(&busy, room).await?;
        if ready.is_empty() {
            // What was let go meanwhile is not remembered.
            standings.retain(|id, _| busy.contains(id));
        }
        let mut chosen = Vec::with_capacity(ready.len());
        for upload in ready {
            let standing = standings.entry(upload.evidence_id).or_insert(Standing {
                offset: None,
                failures: 0,
                state: State::Waits,
            });
            standing.state = State::OnItsWay;
            chosen.push((upload, standing.offset));
        }
        Ok((chosen, wait))
    }

    async fn send_piece(
        &self,
        upload: Upload,
        offset: Option<u64>,
        pace: &Mutex<Pace>,
    ) -> (Upload, Result<Progress, UploadError>) {
        let outcome = self.try_piece(&upload, offset, pace).await;
        if matches!(outcome, Err(UploadError::Unreachable(_))) {
            locked(pace).failed();
        }
        (upload, outcome)
    }

    async fn try_piece(
        &self,
        upload: &Upload,
        offset: Option<u64>,
        pace: &Mutex<Pace>,
    ) -> Result<Progress, UploadError> {
        self.let_reports_go().await;
        let offset = match offset {
            Some(offset) => offset,
            None => match self.progress_of(upload).await? {
                Progress::At(offset) => offset,
                Progress::Complete => return Ok(Progress::Complete),
            },
        };
        let most = locked(pace).piece();
        let piece = self.read_piece(upload, offset, most).await?;
        let wait = locked(pace).book(piece.len(), Instant::now());
        tokio::time::sleep(wait).await;
        let began = Instant::now();
        let sent = piece.len() as u64;
        let progress = self.append(upload, offset, piece).await?;
        locked(pace).took(began.elapsed());
        metrics::counter!(metric::UPLOAD_BYTES).increment(sent);
        match progress {
            // A server that takes nothing would be asked for ever.
            Progress::At(reached) if reached <= offset => Err(UploadError::Protocol),
            progress => Ok(progress),
        }
    }

    /// Reports go first, where they can go. Not for ever: they may come without end.
    async fn let_reports_go(&self) {
        let until = Instant::now() + HEAD_START;
        while self.broker.is_up()
            && Instant::now() < until
            && matches!(self.store.tally().await, Ok(tally) if tally.queued > 0)
        {
            tokio::time::sleep(HEAD_START_STEP).await;
        }
    }

    async fn settle(
        &self,
        upload: &Upload,
        outcome: Result<Progress, UploadError>,
        standings: &mut Standings,
    ) -> Result<(), StoreError> {
        match outcome {
            Ok(Progress::At(offset)) => {
                let standing = Standing {
                    offset: Some(offset),
                    failures: 0,
                    state: State::Waits,
                };
                standings.insert(upload.evidence_id, standing);
                Ok(())
            }
            Ok(Progress::Complete) => {
                standings.remove(&upload.evidence_id);
                metrics::counter!(metric::UPLOADS, "outcome" => "complete").increment(1);
                tracing::info!(
                    event.id = %upload.event_id,
                    evidence.id = %upload.evidence_id,
                    bytes = upload.bytes,
                    "evidence delivered"
                );
                self.store.uploaded(upload).await
            }
            Err(error) => self.failed(upload, &error, standings).await,
        }
    }

    async fn failed(
        &self,
        upload: &Upload,
        error: &UploadError,
        standings: &mut Standings,
    ) -> Result<(), StoreError> {
        metrics::counter!(metric::UPLOADS, "outcome" => error.as_str()).increment(1);
        let suspicious = matches!(error, UploadError::File(_) | UploadError::HashMismatch);
        if suspicious && !self.is_intact(upload).await {
            standings.remove(&upload.evidence_id);
            tracing::error!(
                event.id = %upload.event_id,
                evidence.id = %upload.evidence_id,
                file = upload.file,
                "an evidence file is gone or was changed on this disk; giving it up"
            );
            self.store.give_up(upload).await?;
            // Nobody listens any more only at a stop; the next start finds the row gone.
            let _ = self.given_up.send(upload.clone()).await;
            return Ok(());
        }
        let failures = standings
            .get(&upload.evidence_id)
            .map_or(1, |standing| standing.failures + 1);
        let wait = RETRY.delay(failures, rand::random());
        let standing = Standing {
            offset: None,
            failures,
            state: State::Due(Instant::now() + wait),
        };
        standings.insert(upload.evidence_id, standing);
        tracing::warn!(
            event.id = %upload.event_id,
            evidence.id = %upload.evidence_id,
            error = %chain(error),
            retry_ms = wait.as_millis(),
            "an upload did not get through; it will go on where it stopped"
        );
        Ok(())
    }
}

fn locked(pace: &Mutex<Pace>) -> std::sync::MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
