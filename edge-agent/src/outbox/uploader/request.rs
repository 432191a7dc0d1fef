//! The words of one request: how far is the server, and here is what follows.

use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, StatusCode};
use url::Url;

use super::Uploader;
use crate::evidence::EvidenceFileError;
use crate::outbox::record::Upload;

const OFFSET: &str = "Upload-Offset";
const COMPLETE: &str = "Upload-Complete";

/// Why an upload did not get through.
#[derive(Debug, thiserror::Error)]
pub(super) enum UploadError {
    #[error("the server does not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("the server does not know the hash yet")]
    NotYetKnown,
    #[error("the server refuses the upload token; enrol anew with `edge-agent enroll --again`")]
    Unauthorized,
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the server's answer lacks a readable {OFFSET}, or it takes nothing")]
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
    /// The label of the metric.
    pub(super) const fn as_str(&self) -> &'static str {
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
pub(super) enum Progress {
    At(u64),
    Complete,
}

impl Uploader {
    /// Asks how far the server has come.
    pub(super) async fn progress_of(&self, upload: &Upload) -> Result<Progress, UploadError> {
        let url = self.address(upload)?;
        progress(&self.ask(self.client.head(url)).await?)
    }

    /// Sends what follows `offset`, and says how far the server has come then.
    pub(super) async fn append(
        &self,
        upload: &Upload,
        offset: u64,
        piece: Vec<u8>,
    ) -> Result<Progress, UploadError> {
        let url = self.address(upload)?;
        let request = self
            .client
            .patch(url)
            .header(OFFSET, offset)
            .header(CONTENT_TYPE, "application/offset+octet-stream")
            .body(piece);
        progress(&self.ask(request).await?)
    }

    /// Reads at most so many bytes from `offset` on.
    pub(super) async fn read_piece(
        &self,
        upload: &Upload,
        offset: u64,
        most: usize,
    ) -> Result<Vec<u8>, UploadError> {
        let (files, name) = (self.store.files().clone(), upload.file.clone());
        let read = move || files.read(&name)?.read_at(offset, most);
        let piece = tokio::task::spawn_blocking(read)
            .await
            .map_err(UploadError::Reader)?
            .map_err(UploadError::File)?;
        if piece.is_empty() {
            // The server wants more than there is.
            return Err(UploadError::HashMismatch);
        }
        Ok(piece)
    }

    /// Whether the file is still what its report says. A key that is missing, or a disk that fails,
    /// may come back, so that only what is certain counts.
    pub(super) async fn is_intact(&self, upload: &Upload) -> bool {
        let (files, upload) = (self.store.files().clone(), upload.clone());
        let check = move || files.verify(&upload.file, upload.bytes, &upload.sha256);
        let checked = tokio::task::spawn_blocking(check).await;
        !matches!(checked, Ok(Err(fault)) if fault.is_final())
    }

    fn address(&self, upload: &Upload) -> Result<Url, UploadError> {
        let path = format!("/api/v1/uploads/{}", upload.sha256);
        self.server.join(&path).map_err(UploadError::Address)
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
