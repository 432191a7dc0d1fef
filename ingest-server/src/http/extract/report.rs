//! A citizen's report as it is sent: JSON, or JSON in the part `report` of a form with files beside it.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::http::AppState;
use crate::http::error::{ApiError, FieldProblemView};
use crate::reception::SentFile;

/// Most bytes of the words of a report.
const MAX_WORDS: usize = 64 * 1024;
/// Most parts of a form.
const MAX_PARTS: usize = 40;
/// The part that holds the words.
const WORDS: &str = "report";

/// A report as it was sent.
#[derive(Debug)]
pub(crate) struct ReportBody {
    /// What it says.
    pub(crate) words: Value,
    /// What came with it, in the order of the form.
    pub(crate) files: Vec<SentFile>,
    /// SHA-256 of all of it.
    pub(crate) sha256: String,
}

impl FromRequest<AppState> for ReportBody {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let turn = state.report_places.clone().try_acquire_owned();
        let _turn = turn.map_err(|_| ApiError::Unavailable)?;
        if kind.starts_with("multipart/form-data") {
            return of_form(request, state).await;
        }
        if !kind.starts_with("application/json") {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| ApiError::BodyTooLarge)?;
        Ok(Self {
            words: words(&bytes)?,
            files: Vec::new(),
            sha256: hex::encode(Sha256::digest(&bytes)),
        })
    }
}

async fn of_form(request: Request, state: &AppState) -> Result<ReportBody, ApiError> {
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|rejection| ApiError::InvalidRequest(rejection.body_text()))?;
    let (mut said, mut files, mut digest) = (None, Vec::new(), Sha256::new());
    let (mut parts, mut room) = (0, room(state));
    while let Some(mut part) = form.next_field().await.map_err(broken)? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(ApiError::BodyTooLarge);
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(some) = part.chunk().await.map_err(broken)? {
            room = room.checked_sub(some.len()).ok_or(ApiError::BodyTooLarge)?;
            bytes.extend_from_slice(&some);
        }
        let bytes = Bytes::from(bytes);
        digest.update(name.as_bytes());
        digest.update([0]);
        digest.update(Sha256::digest(&bytes));
        if name == WORDS {
            said = Some(words(&bytes)?);
        } else if !bytes.is_empty() {
            // A form with nothing chosen sends an empty file.
            let field = format!("files[{}]", files.len());
            files.push(SentFile { field, bytes });
        }
    }
    let missing = || ApiError::InvalidFields(vec![FieldProblemView::unreadable(WORDS.to_owned())]);
    Ok(ReportBody {
        words: said.ok_or_else(missing)?,
        files,
        sha256: hex::encode(digest.finalize()),
    })
}

/// Most bytes that all parts have together: every picture at its largest, and one film.
fn room(state: &AppState) -> usize {
    let config = &state.reception.config;
    let pictures = config.max_files.saturating_mul(config.max_picture_bytes);
    let film = if config.max_files > 0 {
        config.max_video_bytes
    } else {
        0
    };
    MAX_WORDS + pictures + film
}

fn broken(error: axum::extract::multipart::MultipartError) -> ApiError {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::BodyTooLarge
    } else {
        ApiError::InvalidRequest(error.body_text())
    }
}

fn words(bytes: &[u8]) -> Result<Value, ApiError> {
    if bytes.len() > MAX_WORDS {
        return Err(ApiError::BodyTooLarge);
    }
    serde_json::from_slice(bytes).map_err(|error| ApiError::InvalidRequest(error.to_string()))
}
