//! The bytes of evidence and of its copies, for people who are logged in; every access is written
//! down before a byte leaves.
//!
//! A piece is found through its incident or its command alone: an id of another names nothing here.

mod part;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Range;
use contract::v1::{CommandId, EvidenceId};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::part::Part;
use super::AppState;
use super::error::{ApiError, Problem};
use super::extract::{CurrentUser, PathOf, QueryOf};
use super::views::CopyWord;
use crate::custody::{Act, Detail};
use crate::evidence::ALLOWED_MEDIA_TYPES;
use crate::incident::IncidentId;
use crate::login::LiveSession;
use crate::people::audit;
use crate::store::entity::evidence;
use crate::store::{self, CopyKind, CustodyEntry, EvidenceOwner, StoreError};

/// For how long a person's looks at one piece are one look: a player asks for many ranges.
const ONE_LOOK: SignedDuration = SignedDuration::from_mins(10);

/// Which bytes of a piece.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CopyQuery {
    /// A copy instead of the original.
    #[serde(default)]
    copy: Option<CopyWord>,
}

/// The bytes of a stored piece of evidence, or of a copy of it. One range per request.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/evidence/{evidence_id}", tag = "incidents",
    operation_id = "getEvidence",
    params(
        ("id" = Uuid, Path, description = "The incident"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
        CopyQuery,
        ("Range" = Option<String>, Header, description = "e.g. `bytes=0-1023`"),
    ),
    responses(
        (status = 200, description = "All bytes", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 206, description = "The range", headers(("Content-Range" = String)), content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such piece of this incident, or its bytes or this copy are not here", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((incident, piece)): PathOf<(Uuid, Uuid)>,
    QueryOf(query): QueryOf<CopyQuery>,
    method: Method,
    range: Option<TypedHeader<Range>>,
) -> Result<Response, ApiError> {
    let incident = IncidentId::from_uuid(incident);
    let id = EvidenceId::from_uuid(piece);
    let piece = store::evidence_piece_of_incident(&state.store, incident, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let asked = Asked::new(method, range, query.copy);
    let response = serve(&state, &session, &piece, asked).await?;
    audit::saw_evidence(&session.account.username, incident, id);
    Ok(response)
}

/// The bytes of what a command brought, or of a copy of it. One range per request.
#[utoipa::path(
    get, path = "/api/v1/commands/{id}/evidence/{evidence_id}", tag = "orders",
    operation_id = "getCommandEvidence",
    params(
        ("id" = Uuid, Path, description = "The command"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
        CopyQuery,
        ("Range" = Option<String>, Header, description = "e.g. `bytes=0-1023`"),
    ),
    responses(
        (status = 200, description = "All bytes", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 206, description = "The range", headers(("Content-Range" = String)), content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such piece of this command, or its bytes or this copy are not here", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(super) async fn get_of_command(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((command, piece)): PathOf<(Uuid, Uuid)>,
    QueryOf(query): QueryOf<CopyQuery>,
    method: Method,
    range: Option<TypedHeader<Range>>,
) -> Result<Response, ApiError> {
    let command = CommandId::from_uuid(command);
    let id = EvidenceId::from_uuid(piece);
    let piece = store::evidence_piece(&state.store, EvidenceOwner::Command(command), id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let asked = Asked::new(method, range, query.copy);
    let response = serve(&state, &session, &piece, asked).await?;
    audit::saw_answer(&session.account.username, command, id);
    Ok(response)
}

/// What of a piece a request wants.
struct Asked {
    method: Method,
    range: Option<Range>,
    copy: Option<CopyKind>,
}

impl Asked {
    fn new(method: Method, range: Option<TypedHeader<Range>>, copy: Option<CopyWord>) -> Self {
        Self {
            method,
            range: range.map(|TypedHeader(range)| range),
            copy: copy.map(CopyKind::from),
        }
    }
}

/// Stored bytes, the original's or a copy's.
struct Stored {
    object_key: String,
    mime: Option<String>,
    length: u64,
    sha256: Option<String>,
}

async fn serve(
    state: &AppState,
    session: &LiveSession,
    piece: &evidence::Model,
    asked: Asked,
) -> Result<Response, ApiError> {
    let stored = find(state, piece, asked.copy).await?;
    let part = Part::of(asked.range, stored.length)?;
    if asked.method != Method::HEAD {
        write_down(state, session, piece, asked.copy, &stored).await?;
    }
    bytes_of(state, &stored, part, &asked.method).await
}

async fn find(
    state: &AppState,
    piece: &evidence::Model,
    copy: Option<CopyKind>,
) -> Result<Stored, ApiError> {
    let (table, object_key, mime, bytes, sha256) = match copy {
        None => {
            let row = piece.clone();
            ("evidence", row.object_key, row.mime, row.bytes, row.sha256)
        }
        Some(kind) => {
            let row = store::derived_copy(&state.store, piece, kind)
                .await?
                .ok_or(ApiError::NotFound)?;
            let table = "derived_copies";
            (table, row.object_key, row.mime, row.bytes, row.sha256)
        }
    };
    let length = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    Ok(Stored {
        object_key: object_key.ok_or(ApiError::NotFound)?,
        mime,
        length: length.ok_or(StoreError::Unreadable {
            table,
            column: "bytes",
        })?,
        sha256,
    })
}

/// Once for all ranges of one look.
async fn write_down(
    state: &AppState,
    session: &LiveSession,
    piece: &evidence::Model,
    copy: Option<CopyKind>,
    stored: &Stored,
) -> Result<(), ApiError> {
    let now = Timestamp::now();
    let who = session.account.username.as_str();
    let since = now - ONE_LOOK;
    if store::saw_lately(&state.store, piece, who, copy, since).await? {
        return Ok(());
    }
    let entry = CustodyEntry {
        actor: who.to_owned(),
        act: Act::Viewed,
        copy,
        detail: Detail {
            sha256: stored.sha256.clone(),
            ..Detail::default()
        },
    };
    let tx = state.store.begin().await?;
    // Another range of the same look may have come first.
    if !store::saw_lately(&tx, piece, who, copy, since).await? {
        store::append_custody(&tx, piece, entry, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn bytes_of(
    state: &AppState,
    stored: &Stored,
    part: Part,
    method: &Method,
) -> Result<Response, ApiError> {
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        let bytes = state
            .evidence
            .read(&stored.object_key, part.start..part.end)
            .await;
        Body::from_stream(bytes.map_err(ApiError::internal)?)
    };
    let mut response = (part.status(), body).into_response();
    let headers = response.headers_mut();
    let mime = stored
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
