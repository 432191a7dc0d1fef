//! Resumable uploads of evidence. Only what a sealed revision of this agent promised by its hash
//! may come.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::evidence::{UploadError, UploadStatus};
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{AgentUpload, PathOf};
use crate::http::said::Said;
use crate::store::Stored;

const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// How much of the promised bytes is here.
#[utoipa::path(
    head, path = "/api/v1/uploads/{sha256}", tag = "agents", operation_id = "uploadStatus",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, 64 lower-case hexadecimal digits")),
    responses(
        (status = 200, headers(
            ("Upload-Offset" = u64, description = "Bytes that are here"),
            ("Upload-Length" = u64, description = "Bytes that were promised"),
            ("Upload-Complete" = String, description = "`?1` once all are here and verified, else `?0`"),
        )),
        (status = 401, description = "`upload_token_invalid`"),
        (status = 404, description = "No sealed revision of this agent names the hash; try again after its report's ack"),
    ),
    security(("agent" = []))
)]
pub(in crate::http) async fn status(
    State(state): State<AppState>,
    AgentUpload(agent): AgentUpload,
    PathOf(sha256): PathOf<String>,
) -> Result<(StatusCode, HeaderMap), ApiError> {
    let progress = state
        .evidence
        .upload_status(&agent, &sha256)
        .await
        .map_err(told)?;
    Ok((StatusCode::OK, headers_of(progress)))
}

/// Append bytes from `Upload-Offset` on. When all are here their hash is checked; where it is
/// another, the bytes are deleted.
#[utoipa::path(
    patch, path = "/api/v1/uploads/{sha256}", tag = "agents", operation_id = "uploadAppend",
    params(
        ("sha256" = String, Path, description = "SHA-256 of the bytes, 64 lower-case hexadecimal digits"),
        ("Upload-Offset" = u64, Header, description = "Where the body's first byte belongs"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 204, headers(
            ("Upload-Offset" = u64, description = "Bytes that are here now"),
            ("Upload-Length" = u64, description = "Bytes that were promised"),
            ("Upload-Complete" = String, description = "`?1` once all are here and verified, else `?0`"),
        )),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`upload_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`upload_offset_mismatch`", body = Problem, content_type = "application/problem+json", headers(("Upload-Offset" = u64))),
        (status = 413, description = "More bytes than were promised", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The promised media type is not taken in", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`upload_hash_mismatch`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`disk_full`; what came is kept", body = Problem, content_type = "application/problem+json"),
    ),
    security(("agent" = []))
)]
pub(in crate::http) async fn append(
    State(state): State<AppState>,
    AgentUpload(agent): AgentUpload,
    PathOf(sha256): PathOf<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), ApiError> {
    let offset = offset_of(&headers)?;
    let bytes = body.into_data_stream();
    let progress = state
        .evidence
        .append(&agent, &sha256, offset, bytes)
        .await
        .map_err(told)?;
    Ok((StatusCode::NO_CONTENT, headers_of(progress)))
}

fn offset_of(headers: &HeaderMap) -> Result<u64, ApiError> {
    headers
        .get(OFFSET)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| ApiError::Invalid(Said::new("no_offset")))
}

fn headers_of(progress: UploadStatus) -> HeaderMap {
    let complete = match progress.stored {
        Stored::Yes => "?1",
        Stored::No => "?0",
    };
    HeaderMap::from_iter([
        (OFFSET, HeaderValue::from(progress.offset)),
        (LENGTH, HeaderValue::from(progress.length)),
        (COMPLETE, HeaderValue::from_static(complete)),
    ])
}

fn told(error: UploadError) -> ApiError {
    match error {
        UploadError::Unknown => ApiError::NotFound,
        UploadError::WrongOffset { offset } => ApiError::UploadOffsetMismatch { offset },
        UploadError::TooLong => ApiError::BodyTooLarge,
        UploadError::MediaType => ApiError::UnsupportedMediaType,
        UploadError::HashMismatch => ApiError::UploadHashMismatch,
        UploadError::Interrupted => ApiError::Timeout,
        UploadError::DiskFull => ApiError::DiskFull,
        UploadError::File(_) | UploadError::Object(_) | UploadError::Store(_) => {
            ApiError::internal(error)
        }
    }
}
