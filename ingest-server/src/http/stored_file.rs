//! The bytes of a citizen's file: encoded anew when it came, so that it is what its media type says.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::AppState;
use super::error::ApiError;
use crate::store;
use crate::store::entity::citizen_file;

/// A file of this very report.
///
/// # Errors
/// [`ApiError::NotFound`] where it is another's.
pub(super) async fn of_report(
    state: &AppState,
    report: &str,
    file: Uuid,
) -> Result<Response, ApiError> {
    let row = row_of_report(state, report, file).await?;
    let original = (row.object_key.as_str(), row.bytes.unsigned_abs());
    bytes(state, original, &row.mime).await
}

/// The row of a file of this very report.
///
/// # Errors
/// [`ApiError::NotFound`] where it is another's.
pub(super) async fn row_of_report(
    state: &AppState,
    report: &str,
    file: Uuid,
) -> Result<citizen_file::Model, ApiError> {
    let row = store::citizen_file(&state.store, &file.to_string()).await?;
    let row = row.filter(|row| row.report_id == report);
    row.ok_or(ApiError::NotFound)
}

/// The bytes of a file or of a copy of it.
///
/// # Errors
/// [`ApiError::Internal`].
pub(super) async fn bytes(
    state: &AppState,
    (object_key, length): (&str, u64),
    mime: &str,
) -> Result<Response, ApiError> {
    let bytes = state.evidence.read(object_key, 0..length).await;
    let body = Body::from_stream(bytes.map_err(ApiError::internal)?);
    let mime = match mime {
        "image/jpeg" => "image/jpeg",
        "video/mp4" => "video/mp4",
        _ => "application/octet-stream",
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    Ok(response)
}
