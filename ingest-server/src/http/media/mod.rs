//! The bytes of evidence and of its copies, for people who are logged in; every access is written
//! down before a byte leaves.

mod masking;
mod part;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Range;
use contract::v1::CommandId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::masking::Look;
use self::part::Part;
use super::AppState;
use super::answers::BytesAnswers;
use super::error::ApiError;
use super::extract::{CurrentUser, OnIncident, PathOf, QueryOf};
use super::piece::{Holder, PieceName};
use super::scope;
use super::views::{CopyWord, PurposeWord};
use crate::custody::{Act, Detail};
use crate::evidence::ALLOWED_MEDIA_TYPES;
use crate::login::LiveSession;
use crate::people::access::{Accessed, Purpose};
use crate::store::entity::evidence;
use crate::store::{self, CopyKind, CustodyEntry, StoreError};

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
    /// Why pictures and clips are to be seen as the camera made them. Needs the right to unmask, and is
    /// written down. Without it everybody gets the redacted copy.
    #[serde(default)]
    purpose: Option<PurposeWord>,
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
    responses(BytesAnswers),
    security(("session" = []), ("key" = []))
)]
pub(super) async fn get(
    on: OnIncident,
    PathOf(name): PathOf<PieceName>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let holder = Holder::Incident(on.id);
    answer(&on.state, &on.session, (holder, name.evidence_id), asked).await
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
    responses(BytesAnswers),
    security(("session" = []), ("key" = []))
)]
pub(super) async fn get_of_command(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((command, piece)): PathOf<(Uuid, Uuid)>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let command = CommandId::from_uuid(command);
    scope::command(&state, &session, command).await?;
    let holder = Holder::Command(command);
    answer(&state, &session, (holder, piece), asked).await
}

/// What of a piece a request wants.
pub(super) struct Asked {
    method: Method,
    range: Option<Range>,
    copy: Option<CopyKind>,
    purpose: Option<Purpose>,
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let QueryOf(query) = QueryOf::<CopyQuery>::from_request_parts(parts, state).await?;
        let range = Option::<TypedHeader<Range>>::from_request_parts(parts, state).await;
        Ok(Self {
            method: parts.method.clone(),
            range: range
                .map_err(|error| ApiError::InvalidRequest(error.to_string()))?
                .map(|TypedHeader(range)| range),
            copy: query.copy.map(CopyKind::from),
            purpose: query.purpose.map(Purpose::from),
        })
    }
}

/// Stored bytes, the original's or a copy's.
struct Stored {
    object_key: String,
    mime: Option<String>,
    length: u64,
    sha256: Option<String>,
}

async fn answer(
    state: &AppState,
    session: &LiveSession,
    (holder, id): (Holder, Uuid),
    asked: Asked,
) -> Result<Response, ApiError> {
    let piece = holder.piece(state, id).await?;
    let look = masking::look(
        state,
        session,
        (holder, &piece),
        (asked.copy, asked.purpose),
    )
    .await?;
    let stored = find(state, &piece, look.copy).await?;
    let part = Part::of(asked.range, stored.length)?;
    if asked.method != Method::HEAD {
        write_down(state, session, (holder, &piece), look, &stored).await?;
    }
    let response = bytes_of(state, &stored, part, &asked.method).await?;
    holder.seen(&session.account.username, id);
    Ok(response)
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
    (holder, piece): (Holder, &evidence::Model),
    look: Look,
    stored: &Stored,
) -> Result<(), ApiError> {
    let now = Timestamp::now();
    let who = session.account.username.as_str();
    let since = now - ONE_LOOK;
    let Look { copy, purpose } = look;
    let reason = purpose.map(Purpose::as_str);
    let same = (copy, reason);
    if store::saw_lately(&state.store, piece, who, same, since).await? {
        return Ok(());
    }
    let entry = CustodyEntry {
        actor: who.to_owned(),
        act: Act::Viewed,
        copy,
        detail: Detail {
            sha256: stored.sha256.clone(),
            reason: reason.map(str::to_owned),
            ..Detail::default()
        },
    };
    let tx = state.store.begin().await?;
    // Another range of the same look may have come first.
    if !store::saw_lately(&tx, piece, who, same, since).await? {
        store::append_custody(&tx, piece, entry, now).await?;
        if purpose.is_some() {
            let path = format!("{}/evidence/{}", holder.path(), piece.id);
            store::note_access(&tx, session.access(Accessed::Unmasked, path, purpose), now).await?;
        }
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
