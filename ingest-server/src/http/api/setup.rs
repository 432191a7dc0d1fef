//! The documents by which incidents are worked: read, set, rehearsed.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::casework::note;
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody};
use crate::http::said::Said;
use crate::http::views::{
    AreasView, PolicyView, RehearsalRequest, RehearsalView, SetAreasRequest, SetPolicyRequest,
    SetupAnswer,
};
use crate::incident::IncidentId;
use crate::review::setup::{Setting, rehearse_policy, set_areas, set_policy, unknown_areas};
use crate::store::{self, SetupKind};

/// Most days that a rehearsal goes back.
const MOST_DAYS: u32 = 366;

/// The policy in force: units, rules, limits, calendar, call trees, times of the desk.
#[utoipa::path(
    get, path = "/api/v1/setup/policy", tag = "casework", operation_id = "getPolicy",
    responses(
        (status = 200, body = PolicyView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn policy(
    State(state): State<AppState>,
    _user: CurrentUser,
) -> Result<Json<PolicyView>, ApiError> {
    let office = state.offices.in_force(&state.store).await?;
    Ok(Json(PolicyView {
        version: office.policy_version,
        policy: office.policy.to_json().map_err(ApiError::internal)?,
    }))
}

/// Sets the policy whole, for the steps that are taken from then on.
#[utoipa::path(
    put, path = "/api/v1/setup/policy", tag = "casework", operation_id = "setPolicy",
    request_body = SetPolicyRequest,
    responses(
        (status = 200, body = SetupAnswer),
        (status = 400, description = "`invalid_request`; `detail` names the key", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`, `not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_document`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn put_policy(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    JsonBody(request): JsonBody<SetPolicyRequest>,
) -> Result<Json<SetupAnswer>, ApiError> {
    let setting = setting(request.version, request.note.as_deref())?;
    let who = session.account.username.as_str();
    set_policy(&state.store, who, setting, request.policy).await?;
    answer(&state).await
}

/// What a policy would have done with the incidents of the last days. Nothing changes.
#[utoipa::path(
    post, path = "/api/v1/setup/policy/rehearsals", tag = "casework",
    operation_id = "rehearsePolicy",
    request_body = RehearsalRequest,
    responses(
        (status = 200, body = RehearsalView),
        (status = 400, description = "`invalid_request`; `detail` names the key", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`, `not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn rehearse(
    State(state): State<AppState>,
    _user: CurrentUser,
    JsonBody(request): JsonBody<RehearsalRequest>,
) -> Result<Json<RehearsalView>, ApiError> {
    if !(1..=MOST_DAYS).contains(&request.days) {
        return Err(ApiError::Invalid(Said::out_of_range("days", 1, MOST_DAYS)));
    }
    let now = Timestamp::now();
    let (found, _) = rehearse_policy(
        &state.store,
        &state.offices,
        request.policy,
        request.days,
        now,
    )
    .await?;
    let numbers = store::incident_numbers(
        &state.store,
        &found
            .moved
            .iter()
            .map(|moved| moved.incident.to_string())
            .collect(),
    )
    .await?;
    let number = |id: IncidentId| numbers.get(&id.to_string()).copied().unwrap_or(0);
    Ok(Json(RehearsalView::new(found, number)))
}

/// The map of areas in force: `GeoJSON` as it was imported, with every version of every area.
#[utoipa::path(
    get, path = "/api/v1/setup/areas", tag = "casework", operation_id = "getAreas",
    responses(
        (status = 200, body = AreasView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn areas(
    State(state): State<AppState>,
    _user: CurrentUser,
) -> Result<Json<AreasView>, ApiError> {
    let document = store::setup_document(&state.store, SetupKind::Areas).await?;
    Ok(Json(match document {
        None => AreasView {
            version: 0,
            areas: serde_json::json!({ "type": "FeatureCollection", "features": [] }),
        },
        Some(document) => AreasView {
            version: document.version,
            areas: serde_json::from_str(&document.body).map_err(ApiError::internal)?,
        },
    }))
}

/// Sets the map of areas: a `GeoJSON` `FeatureCollection` of polygons with `id`, `name`, `from`, and where they are known
/// `until` and `aliases`.
#[utoipa::path(
    put, path = "/api/v1/setup/areas", tag = "casework", operation_id = "setAreas",
    request_body = SetAreasRequest,
    responses(
        (status = 200, body = SetupAnswer),
        (status = 400, description = "`invalid_request`; `detail` names the feature and the property", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`, `not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_document`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn put_areas(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    JsonBody(request): JsonBody<SetAreasRequest>,
) -> Result<Json<SetupAnswer>, ApiError> {
    let setting = setting(request.version, request.note.as_deref())?;
    let who = session.account.username.as_str();
    set_areas(&state.store, who, setting, request.areas.to_string()).await?;
    answer(&state).await
}

fn setting(version: i64, text: Option<&str>) -> Result<Setting, ApiError> {
    Ok(Setting {
        version,
        note: note(text)?,
        at: Timestamp::now(),
    })
}

/// Where both documents stand, and what in them does not fit together.
async fn answer(state: &AppState) -> Result<Json<SetupAnswer>, ApiError> {
    let office = state.offices.in_force(&state.store).await?;
    Ok(Json(SetupAnswer {
        policy_version: office.policy_version,
        areas_version: office.areas_version,
        unknown_areas: unknown_areas(&office.policy, &office.atlas)
            .into_iter()
            .collect(),
    }))
}
