//! Evidence over HTTP: resumable, stills before clips, one file at a time, in small pieces.
//!
//! A file is uploaded only after a report that names its hash was stored, because the server takes
//! no other. After a crash on either side the upload goes on where the server says it stopped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::v1::EvidenceId;
use reqwest::{RequestBuilder, Response, StatusCode};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;
use zeroize::Zeroizing;

use super::backoff::Backoff;
use super::record::Upload;
use super::store::{Store, StoreError};
use crate::evidence::EvidenceFileError;
use crate::telemetry::{chain, metric};

/// Bytes of one request: small, so that a report on the same weak link never waits long.
const CHUNK: usize = 256 * 1024;
/// How soon and how rarely a failed upload is tried again.
const RETRY: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_secs(60),
};
/// Files considered at once; the rest wait for those.
const LOOK_AHEAD: u32 = 256;
/// How often the outbox is looked at without a hint.
const IDLE: Duration = Duration::from_secs(30);

const OFFSET: &str = "Upload-Offset";
const COMPLETE: &str = "Upload-Complete";

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
    /// Files that had to be given up, so that their reports can say so. When full, the uploader
    /// waits: it has nothing more urgent to do.
    pub given_up: mpsc::Sender<Upload>,
}

/// Why an upload did not get through.
#[derive(Debug, thiserror::Error)]
enum UploadError {
    #[error("the server does not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("the server does not know the hash yet")]
    NotYetKnown,
    #[error("the server refuses the upload token; enrol anew with `edge-agent enroll --again`")]
    Unauthorized,
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the server's answer lacks a readable {OFFSET}")]
    Protocol,
    #[error("the server has other bytes up to here")]
    Conflict,
    #[error("the server received other bytes than the report names")]
    HashMismatch,
    #[error("the file cannot be read")]
    File(#[source] EvidenceFileError),
    #[error("reading the file panicked")]
    Reader(#[source] tokio::task::JoinError),
    #[error("the server's address cannot carry an upload")]
    Address(#[source] url::ParseError),
}

impl UploadError {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::NotYetKnown => "not_yet_known",
            Self::Unauthorized => "unauthorized",
            Self::Status(_) => "status",
            Self::Protocol => "protocol",
            Self::Conflict => "conflict",
            Self::HashMismatch => "hash_mismatch",
            Self::File(_) | Self::Reader(_) => "file",
            Self::Address(_) => "address",
        }
    }
}

/// How far the server has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    At(u64),
    Complete,
}

#[derive(Debug, Clone, Copy)]
struct Retry {
    failures: u32,
    due: Instant,
}

impl Uploader {
    /// Uploads whatever is ready until `stop`. A file that is half sent stays so and is resumed.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = self.serve() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn serve(&self) {
        let mut retries: HashMap<EvidenceId, Retry> = HashMap::new();
        loop {
            let wait = match self.step(&mut retries).await {
                Ok(None) => continue,
                Ok(Some(wait)) => wait,
                Err(error) => {
                    metrics::counter!(metric::OUTBOX_FAILED).increment(1);
                    tracing::error!(error = %chain(&error), "cannot read the outbox; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = self.store.upload_ready() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends the most urgent file that is due; `Some(wait)` where none is.
    async fn step(
        &self,
        retries: &mut HashMap<EvidenceId, Retry>,
    ) -> Result<Option<Duration>, StoreError> {
        let uploads = self.store.ready_uploads(LOOK_AHEAD).await?;
        retries.retain(|id, _| uploads.iter().any(|upload| upload.evidence_id == *id));
        let now = Instant::now();
        let is_due = |upload: &&Upload| {
            retries
                .get(&upload.evidence_id)
                .is_none_or(|retry| retry.due <= now)
        };
        let Some(upload) = uploads.iter().find(is_due) else {
            let next = retries
                .values()
                .map(|retry| retry.due.saturating_duration_since(now))
                .min();
            return Ok(Some(next.unwrap_or(IDLE)));
        };
        match self.upload(upload).await {
            Ok(()) => {
                metrics::counter!(metric::UPLOADS, "outcome" => "complete").increment(1);
                tracing::info!(
                    event.id = %upload.event_id,
                    evidence.id = %upload.evidence_id,
                    bytes = upload.bytes,
                    "evidence delivered"
                );
                self.store.uploaded(upload).await?;
            }
            Err(error) => self.failed(upload, &error, retries).await?,
        }
        Ok(None)
    }

    async fn failed(
        &self,
        upload: &Upload,
        error: &UploadError,
        retries: &mut HashMap<EvidenceId, Retry>,
    ) -> Result<(), StoreError> {
        metrics::counter!(metric::UPLOADS, "outcome" => error.as_str()).increment(1);
        let suspicious = matches!(error, UploadError::File(_) | UploadError::HashMismatch);
        if suspicious && !self.is_intact(upload).await {
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
        let failures = retries
            .get(&upload.evidence_id)
            .map_or(1, |retry| retry.failures + 1);
        let wait = RETRY.delay(failures, rand::random());
        retries.insert(
            upload.evidence_id,
            Retry {
                failures,
                due: Instant::now() + wait,
            },
        );
        tracing::warn!(
            event.id = %upload.event_id,
            evidence.id = %upload.evidence_id,
            error = %chain(error),
            retry_ms = wait.as_millis(),
            "an upload did not get through; it will go on where it stopped"
        );
        Ok(())
    }

    async fn upload(&self, upload: &Upload) -> Result<(), UploadError> {
        let path = format!("/api/v1/uploads/{}", upload.sha256);
        let url = self.server.join(&path).map_err(UploadError::Address)?;
        let mut progress = progress(&self.ask(self.client.head(url.clone())).await?)?;
        let files = self.store.files().clone();
        let name = upload.file.clone();
        let mut file = blocking(move || files.read(&name)).await?;
        loop {
            let Progress::At(offset) = progress else {
                return Ok(());
            };
            let chunk;
            (file, chunk) = blocking(move || {
                let chunk = file.read_at(offset, CHUNK)?;
                Ok((file, chunk))
            })
            .await?;
            if chunk.is_empty() {
                // The server wants more than there is.
                return Err(UploadError::HashMismatch);
            }
            let sent = chunk.len() as u64;
            let request = self
                .client
                .patch(url.clone())
                .header(OFFSET, offset)
                .header(
                    reqwest::header::CONTENT_TYPE,
                    "application/offset+octet-stream",
                )
                .body(chunk);
            progress = self::progress(&self.ask(request).await?)?;
            metrics::counter!(metric::UPLOAD_BYTES).increment(sent);
        }
    }

    async fn is_intact(&self, upload: &Upload) -> bool {
        let files = self.store.files().clone();
        let upload = upload.clone();
        let check = move || files.verify(&upload.file, upload.bytes, &upload.sha256);
        let checked = tokio::task::spawn_blocking(check).await;
        // A key that is missing, or a disk that fails, may come back.
        !matches!(checked, Ok(Err(fault)) if fault.is_final())
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, UploadError> {
        let response = request
            .bearer_auth(self.token.as_str())
            .send()
            .await
            .map_err(UploadError::Unreachable)?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::NOT_FOUND => Err(UploadError::NotYetKnown),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(UploadError::Unauthorized),
            StatusCode::CONFLICT => Err(UploadError::Conflict),
            StatusCode::UNPROCESSABLE_ENTITY => Err(UploadError::HashMismatch),
            status => Err(UploadError::Status(status)),
        }
    }
}

fn progress(response: &Response) -> Result<Progress, UploadError> {
    let header = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if header(COMPLETE) == Some("?1") {
        return Ok(Progress::Complete);
    }
    let offset = header(OFFSET).and_then(|text| text.parse().ok());
    offset.map(Progress::At).ok_or(UploadError::Protocol)
}

/// Reads a file off the runtime's threads.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, EvidenceFileError> + Send + 'static,
) -> Result<T, UploadError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(UploadError::Reader)?
        .map_err(UploadError::File)
}

#[cfg(test)]
mod tests;
