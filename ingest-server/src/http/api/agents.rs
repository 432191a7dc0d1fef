//! Agents and whether they are there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::v1::{AgentId, KeyId};
use jiff::Timestamp;

use crate::agents::{self, RevokeKeyError};
use crate::changes::Change;
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, PathOf};
use crate::http::scope;
use crate::http::views::{AgentList, AgentView, KeyList, KeyView};
use crate::store;

/// Every agent that ever enrolled and has a camera within the caller's scope.
#[utoipa::path(
    get, path = "/api/v1/agents", tag = "cameras", operation_id = "listAgents",
    responses(
        (status = 200, body = AgentList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
) -> Result<Json<AgentList>, ApiError> {
    let mut rows = store::agents(&state.store).await?;
    if let Some(seen) = scope::agents(&state, &session).await? {
        rows.retain(|row| seen.contains(&row.id));
    }
    let conditions = store::conditions(&state.store).await?;
    let items = rows
        .into_iter()
        .map(|row| {
            let condition = conditions.iter().find(|said| said.agent == row.id);
            AgentView::new(row, condition)
        })
        .collect::<Result<_, _>>()?;
    Ok(Json(AgentList { items }))
}

/// The keys of an agent with their dates, oldest first.
#[utoipa::path(
    get, path = "/api/v1/agents/{agent}/keys", tag = "cameras", operation_id = "listAgentKeys",
    params(("agent" = String, Path, description = "The agent's name")),
    responses(
        (status = 200, body = KeyList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn keys(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<AgentId>,
) -> Result<Json<KeyList>, ApiError> {
    scope::agent(&state, &session, &agent).await?;
    if store::agent(&state.store, &agent).await?.is_none() {
        return Err(ApiError::NotFound);
    }
    let keys = store::keys_of_agent(&state.store, &agent).await?;
    let items = keys.into_iter().map(KeyView::from).collect();
    Ok(Json(KeyList { items }))
}

/// Shut an agent out, now: its keys, password and upload token are void, and it is disconnected from
/// the embedded broker.
#[utoipa::path(
    post, path = "/api/v1/agents/{agent}/revoke", tag = "cameras", operation_id = "revokeAgent",
    params(("agent" = String, Path, description = "The agent's name")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No enrolled agent has this name", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn revoke(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<AgentId>,
) -> Result<StatusCode, ApiError> {
    scope::agent(&state, &session, &agent).await?;
    if !agents::revoke(&state.store, &agent).await? {
        return Err(ApiError::NotFound);
    }
    state.changes.announce(Change::Agent { agent });
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke one key of an agent, now.
#[utoipa::path(
    post, path = "/api/v1/agents/{agent}/keys/{key}/revoke", tag = "cameras", operation_id = "revokeAgentKey",
    params(
        ("agent" = String, Path, description = "The agent's name"),
        ("key" = String, Path, description = "The key's id: 16 hexadecimal digits"),
    ),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The agent has no such key", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn revoke_key(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((agent, key)): PathOf<(AgentId, KeyId)>,
) -> Result<StatusCode, ApiError> {
    scope::agent(&state, &session, &agent).await?;
    agents::revoke_key(&state.store, &agent, &key, Timestamp::now())
        .await
        .map_err(|error| match error {
            RevokeKeyError::NoSuchKey { .. } => ApiError::NotFound,
            RevokeKeyError::Store(error) => error.into(),
        })?;
    state.changes.announce(Change::Agent { agent });
    Ok(StatusCode::NO_CONTENT)
}
