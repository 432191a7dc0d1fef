//! The bytes of evidence, for people who are logged in; every access is written down.
//!
//! A piece is found through its incident alone: an id of another incident names nothing here.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Range;
use contract::v1::{CommandId, EventId, EvidenceId};
use std::ops::Bound;
use uuid::Uuid;

use super::AppState;
use super::error::{ApiError, Problem};
use super::extract::{CurrentUser, PathOf};
use crate::evidence::ALLOWED_MEDIA_TYPES;
use crate::incident::IncidentId;
use crate::people::audit;
use crate::store::entity::evidence;
use crate::store::{self, StoreError};

/// The bytes of a stored piece of evidence. One range per request.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/evidence/{evidence_id}", tag = "incidents",
    operation_id = "getEvidence",
    params(
        ("id" = Uuid, Path, description = "The incident"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
        ("Range" = Option<String>, Header, description = "e.g. `bytes=0-1023`"),
    ),
    responses(
        (status = 200, description = "All bytes", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 206, description = "The range", headers(("Content-Range" = String)), content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such piece of this incident, or its bytes are not here", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((incident, piece)): PathOf<(Uuid, Uuid)>,
    method: Method,
    range: Option<TypedHeader<Range>>,
) -> Result<Response, ApiError> {
    let incident = IncidentId::from_uuid(incident);
    let piece = EvidenceId::from_uuid(piece);
    let row = store::evidence_piece_of_incident(&state.store, incident, piece)
        .await?
        .ok_or(ApiError::NotFound)?;
    let Some(object_key) = row.object_key.clone() else {
        return Err(ApiError::NotFound);
    };
    let part = Part::of(range.map(|TypedHeader(range)| range), length_of(&row)?)?;
    audit::saw_evidence(&session.account.username, incident, piece);
    bytes_of(&state, &row, &object_key, part, &method).await
}

/// The bytes of what a command brought. One range per request.
#[utoipa::path(
    get, path = "/api/v1/commands/{id}/evidence/{evidence_id}", tag = "orders",
    operation_id = "getCommandEvidence",
    params(
        ("id" = Uuid, Path, description = "The command"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
        ("Range" = Option<String>, Header, description = "e.g. `bytes=0-1023`"),
    ),
    responses(
        (status = 200, description = "All bytes", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 206, description = "The range", headers(("Content-Range" = String)), content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such piece of this command, or its bytes are not here", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(super) async fn get_of_command(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((command, piece)): PathOf<(Uuid, Uuid)>,
    method: Method,
    range: Option<TypedHeader<Range>>,
) -> Result<Response, ApiError> {
    let command = CommandId::from_uuid(command);
    let piece = EvidenceId::from_uuid(piece);
    store::command(&state.store, command)
        .await?
        .ok_or(ApiError::NotFound)?;
    let event = EventId::from_uuid(command.as_uuid());
    let row = store::evidence_piece(&state.store, &event, &piece)
        .await?
        .ok_or(ApiError::NotFound)?;
    let Some(object_key) = row.object_key.clone() else {
        return Err(ApiError::NotFound);
    };
    let part = Part::of(range.map(|TypedHeader(range)| range), length_of(&row)?)?;
    audit::saw_answer(&session.account.username, command, piece);
    bytes_of(&state, &row, &object_key, part, &method).await
}

fn length_of(row: &evidence::Model) -> Result<u64, StoreError> {
    row.bytes
        .and_then(|bytes| u64::try_from(bytes).ok())
        .ok_or(StoreError::Unreadable {
            table: "evidence",
            column: "bytes",
        })
}

async fn bytes_of(
    state: &AppState,
    row: &evidence::Model,
    object_key: &str,
    part: Part,
    method: &Method,
) -> Result<Response, ApiError> {
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        let bytes = state.evidence.read(object_key, part.start..part.end).await;
        Body::from_stream(bytes.map_err(ApiError::internal)?)
    };
    let mut response = (part.status(), body).into_response();
    let headers = response.headers_mut();
    let mime = row
        .mime
        .as_deref()
        .and_then(|mime| ALLOWED_MEDIA_TYPES.into_iter().find(|shown| *shown == mime));
    let mime = mime.unwrap_or_else(|| {
        headers.insert(
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        );
        "application/octet-stream"
    });
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Evidence never changes, but whoever logs out must not find it in a shared cache.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    headers.insert(
        header::CONTENT_LENGTH,
        HeaderValue::from(part.end - part.start),
    );
    if let Some(range) = part.content_range()
        && let Ok(value) = HeaderValue::from_str(&range)
    {
        headers.insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// Which bytes of the whole are sent: `start..end` of `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u64,
    end: u64,
    length: u64,
    asked: Asked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Whole,
    Range,
}

impl Part {
    /// Several ranges at once are answered with the whole, as RFC 9110 §14.2 allows.
    fn of(range: Option<Range>, length: u64) -> Result<Self, ApiError> {
        let whole = Self {
            start: 0,
            end: length,
            length,
            asked: Asked::Whole,
        };
        let Some(range) = range else { return Ok(whole) };
        let mut ranges = range.satisfiable_ranges(length);
        let Some(first) = ranges.next() else {
            return Err(ApiError::RangeNotSatisfiable { length });
        };
        if ranges.next().is_some() {
            return Ok(whole);
        }
        let start = match first.0 {
            Bound::Included(start) => start,
            Bound::Excluded(start) => start + 1,
            Bound::Unbounded => 0,
        };
        let end = match first.1 {
            Bound::Included(last) => last.saturating_add(1).min(length),
            Bound::Excluded(end) => end.min(length),
            Bound::Unbounded => length,
        };
        if start >= end {
            return Err(ApiError::RangeNotSatisfiable { length });
        }
        Ok(Self {
            start,
            end,
            length,
            asked: Asked::Range,
        })
    }

    const fn status(self) -> StatusCode {
        match self.asked {
            Asked::Whole => StatusCode::OK,
            Asked::Range => StatusCode::PARTIAL_CONTENT,
        }
    }

    fn content_range(self) -> Option<String> {
        match self.asked {
            Asked::Whole => None,
            Asked::Range => Some(format!(
                "bytes {}-{}/{}",
                self.start,
                self.end - 1,
                self.length
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum_extra::headers::{Header as _, HeaderValue};

    use super::*;

    fn part(range: &'static str, length: u64) -> Result<(u64, u64), u16> {
        let value = HeaderValue::from_static(range);
        let range = Range::decode(&mut [&value].into_iter()).ok();
        Part::of(range, length)
            .map(|part| (part.start, part.end))
            .map_err(|error| error.status().as_u16())
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        #[rustfmt::skip]
        let table = [
            ("bytes=0-0",      100, Ok((0, 1))),
            ("bytes=0-",       100, Ok((0, 100))),
            ("bytes=10-19",    100, Ok((10, 20))),
            ("bytes=99-",      100, Ok((99, 100))),
            ("bytes=50-999",   100, Ok((50, 100))),
            ("bytes=-10",      100, Ok((90, 100))),
            ("bytes=100-",     100, Err(416)),
            ("bytes=200-300",  100, Err(416)),
            ("bytes=0-1,5-6",  100, Ok((0, 100))),
            ("lines=0-1",      100, Ok((0, 100))),
        ];
        for (range, length, expected) in table {
            assert_eq!(part(range, length), expected, "{range}");
        }
    }
}
