//! Bundles: the plate that a person reads, the release, the download; and an agent's chain.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bundle::{Piece, Plate, check_links};
use bytes::Bytes;
use contract::v1::{AgentId, EventId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::evidence::ObjectError;
use crate::export::{self, Export};
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, OnIncident, PathOf, QueryOf};
use crate::http::piece::Holder;
use crate::http::said::Said;
use crate::http::scope;
use crate::http::views::{ChainView, IncidentDetail, PurposeWord};
use crate::people::access::{Accessed, Purpose};
use crate::people::audit;
use crate::store;

use super::incidents::in_full;

/// Which event's bundle.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct BundleQuery {
    /// The event; needed where the incident has several sealed ones.
    #[serde(default)]
    event_id: Option<Uuid>,
    /// Why it is taken out, originals and all: `violation` where absent. It is written down.
    #[serde(default)]
    purpose: Option<PurposeWord>,
}

/// What a person read on the vehicle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PlateRequest {
    /// The event; needed where the incident has several sealed ones.
    #[serde(default)]
    event_id: Option<Uuid>,
    /// The plate: 2 to 16 letters, digits, dashes, dots and spaces, at least one digit.
    #[schema(example = "75A-123.45")]
    plate: String,
}

/// What is to be released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ReleaseRequest {
    /// The event; needed where the incident has several sealed ones.
    #[serde(default)]
    event_id: Option<Uuid>,
}

/// The sealed bundle of one event: a ZIP file that stands by itself. Until it is released, it says
/// that it is not.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/bundle", tag = "incidents", operation_id = "getBundle",
    params(("id" = Uuid, Path, description = "The incident"), BundleQuery),
    responses(
        (status = 200, description = "The bundle", content((Vec<u8> = "application/zip"))),
        (status = 400, description = "Several events are sealed, and none is named", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bundle_incomplete` with the missing fields, `bundle_unavailable` with the reason", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn get(
    on: OnIncident,
    QueryOf(query): QueryOf<BundleQuery>,
) -> Result<Response, ApiError> {
    let OnIncident {
        state,
        session,
        id: incident,
    } = on;
    let event = query.event_id.map(EventId::from_uuid);
    let export = export::bundle(&state.store, &state.evidence, &state.key, incident, event).await?;
    let purpose = query.purpose.map_or(Purpose::Violation, Purpose::from);
    let path = format!(
        "{}/bundle?event_id={}",
        Holder::Incident(incident).path(),
        export.event
    );
    let access = session.access(Accessed::Exported, path, Some(purpose));
    export::note_export(&state.store, &export, access, Timestamp::now()).await?;
    audit::sealed(&session.account.username, incident, export.event, "export");
    Ok(answer(state, export))
}

/// The bundle as a download.
pub(super) fn answer(state: AppState, export: Export) -> Response {
    let name = format!("vong-{}-{}.zip", export.number, export.event);
    let length = export.bundle.len();
    let mut response = Response::new(body(state, export));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/zip"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// The bundle, piece after piece; its evidence is read while it is sent.
fn body(state: AppState, export: Export) -> Body {
    let Export {
        bundle, objects, ..
    } = export;
    let pieces = stream::iter(bundle.into_pieces()).then(move |piece| {
        let state = state.clone();
        let object_key = match &piece {
            Piece::Evidence { id, .. } => objects.get(id).cloned().unwrap_or_default(),
            Piece::Bytes(_) => String::new(),
        };
        async move {
            match piece {
                Piece::Bytes(bytes) => {
                    let one = stream::once(async { Ok::<_, ObjectError>(Bytes::from(bytes)) });
                    Ok(one.boxed())
                }
                Piece::Evidence { bytes, .. } => state.evidence.read(&object_key, 0..bytes).await,
            }
        }
    });
    Body::from_stream(pieces.try_flatten())
}

/// Writes the number plate that a person read on the event's vehicle.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/plate", tag = "incidents", operation_id = "typePlate",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = PlateRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bundle_released`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn type_plate(
    on: OnIncident,
    JsonBody(request): JsonBody<PlateRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let plate: Plate = request
        .plate
        .parse()
        .map_err(|_: bundle::PlateError| ApiError::Invalid(Said::new("no_plate")))?;
    let which = (on.id, request.event_id.map(EventId::from_uuid));
    let now = Timestamp::now();
    export::type_plate(
        &on.state.store,
        &on.state.changes,
        &on.session.account,
        which,
        &plate,
        now,
    )
    .await?;
    Ok(Json(in_full(&on).await?))
}

/// Releases the bundle of an event; never taken back.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/release", tag = "incidents", operation_id = "releaseBundle",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = ReleaseRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bundle_incomplete` with the missing fields, `bundle_unavailable`, `bundle_released`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn release(
    on: OnIncident,
    JsonBody(request): JsonBody<ReleaseRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let state = &on.state;
    export::release(
        &state.store,
        &state.evidence,
        &state.changes,
        &state.key,
        &on.session.account,
        (on.id, request.event_id.map(EventId::from_uuid)),
        Timestamp::now(),
    )
    .await?;
    Ok(Json(in_full(&on).await?))
}

/// An agent's chains of manifests, and what is wrong in them.
#[utoipa::path(
    get, path = "/api/v1/agents/{agent}/chain", tag = "cameras", operation_id = "getAgentChain",
    params(("agent" = String, Path, description = "The agent")),
    responses(
        (status = 200, body = ChainView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn chain(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<String>,
) -> Result<Json<ChainView>, ApiError> {
    let agent: AgentId = agent.parse().map_err(|_| ApiError::NotFound)?;
    scope::agent(&state, &session, &agent).await?;
    if store::agent(&state.store, &agent).await?.is_none() {
        return Err(ApiError::NotFound);
    }
    let links = store::links_of_agent(&state.store, &agent).await?;
    let faults = check_links(&links);
    Ok(Json(ChainView::new(&links, faults)))
}
