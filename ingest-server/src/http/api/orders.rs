//! Commands and desired state of agents.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::v1::{AgentId, CommandId, Desired};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::AppState;
use crate::http::error::{ApiError, FieldProblemView, Problem};
use crate::http::extract::{CurrentUser, JsonBody, PathOf, QueryOf};
use crate::http::said::Said;
use crate::http::scope;
use crate::http::views::{
    CommandList, CommandRequest, CommandView, DesiredRequest, DesiredView, EvidenceView,
};
use crate::login::LiveSession;
use crate::orders::DEFAULT_LIFETIME;
use crate::people::{Right, audit};
use crate::store::{self, EvidenceOwner};

/// Commands listed where the client names no number.
const DEFAULT_LIMIT: u64 = 20;
/// Most commands listed.
const MAX_LIMIT: u64 = 200;

/// What is wanted of an agent, and what it made of it.
#[utoipa::path(
    get, path = "/api/v1/agents/{agent}/desired", tag = "orders", operation_id = "getDesired",
    params(("agent" = String, Path, description = "The agent")),
    responses(
        (status = 200, body = DesiredView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn desired(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<AgentId>,
) -> Result<Json<DesiredView>, ApiError> {
    scope::agent(&state, &session, &agent).await?;
    Ok(Json(desired_view(&state, &agent).await?))
}

/// Replaces what is wanted of an agent.
#[utoipa::path(
    put, path = "/api/v1/agents/{agent}/desired", tag = "orders", operation_id = "putDesired",
    params(("agent" = String, Path, description = "The agent")),
    request_body = DesiredRequest,
    responses(
        (status = 200, body = DesiredView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_desired`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn put_desired(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<AgentId>,
    JsonBody(body): JsonBody<Value>,
) -> Result<Json<DesiredView>, ApiError> {
    scope::agent(&state, &session, &agent).await?;
    let wanted: Desired = read(body)?;
    let user = &session.account.username;
    let version = state
        .orders
        .desire(&agent, wanted, user.as_str(), Timestamp::now())
        .await?;
    audit::changed_desired(user, &agent, version);
    Ok(Json(desired_view(&state, &agent).await?))
}

/// Gives a command to an agent.
#[utoipa::path(
    post, path = "/api/v1/agents/{agent}/commands", tag = "orders", operation_id = "giveCommand",
    params(("agent" = String, Path, description = "The agent")),
    request_body = CommandRequest,
    responses(
        (status = 201, body = CommandView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn give(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<AgentId>,
    JsonBody(body): JsonBody<Value>,
) -> Result<(StatusCode, Json<CommandView>), ApiError> {
    scope::agent(&state, &session, &agent).await?;
    let given: Given = read(body)?;
    scope::camera(&state, &session, (&agent, given.action.camera())).await?;
    let user = &session.account.username;
    let word = given.action.as_str();
    let lifetime = given
        .lifetime_s
        .map_or(DEFAULT_LIFETIME, Duration::from_secs);
    let now = Timestamp::now();
    let id = state
        .orders
        .command(&agent, given.action, user.as_str(), lifetime, now)
        .await?;
    audit::commanded(user, &agent, id, word);
    Ok((
        StatusCode::CREATED,
        Json(command_view(&state, &session, id).await?),
    ))
}

/// How many commands to list.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CommandQuery {
    /// Most of them: 1 to 200, 20 where absent.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// The newest commands of an agent.
#[utoipa::path(
    get, path = "/api/v1/agents/{agent}/commands", tag = "orders", operation_id = "listCommands",
    params(("agent" = String, Path, description = "The agent"), CommandQuery),
    responses(
        (status = 200, body = CommandList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(agent): PathOf<AgentId>,
    QueryOf(query): QueryOf<CommandQuery>,
) -> Result<Json<CommandList>, ApiError> {
    scope::agent(&state, &session, &agent).await?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::Invalid(Said::out_of_range("limit", 1, MAX_LIMIT)));
    }
    let now = Timestamp::now();
    let mut items = Vec::new();
    for row in store::commands_of_agent(&state.store, &agent, limit).await? {
        let evidence = store::evidence_of(&state.store, owner_of(&row.id)?).await?;
        let copies = store::copies_of(&state.store, [row.id.clone()]).await?;
        let view = CommandView::new(row, (evidence, copies), now)?;
        items.push(shown_to(&session, view));
    }
    Ok(Json(CommandList { items }))
}

/// One command and what came of it.
#[utoipa::path(
    get, path = "/api/v1/commands/{id}", tag = "orders", operation_id = "getCommand",
    params(("id" = Uuid, Path, description = "The command")),
    responses(
        (status = 200, body = CommandView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn get(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
) -> Result<Json<CommandView>, ApiError> {
    let id = CommandId::from_uuid(id);
    scope::command(&state, &session, id).await?;
    Ok(Json(command_view(&state, &session, id).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    action: contract::v1::Action,
    #[serde(default)]
    lifetime_s: Option<u64>,
}

/// Reads a body as the contract's type; what does not parse is told by its field.
pub(super) fn read<T: DeserializeOwned>(body: Value) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let field = error.path().to_string();
        ApiError::InvalidFields(vec![FieldProblemView::unreadable(field)])
    })
}

async fn desired_view(state: &AppState, agent: &AgentId) -> Result<DesiredView, ApiError> {
    if store::agent(&state.store, agent).await?.is_none() {
        return Err(ApiError::NotFound);
    }
    let stored = store::desired_of_agent(&state.store, agent).await?;
    let condition = store::condition_of_agent(&state.store, agent).await?;
    Ok(DesiredView::new(stored, condition.as_ref())?)
}

async fn command_view(
    state: &AppState,
    session: &LiveSession,
    id: CommandId,
) -> Result<CommandView, ApiError> {
    let row = store::command(&state.store, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let evidence = store::evidence_of(&state.store, EvidenceOwner::Command(id)).await?;
    let copies = store::copies_of(&state.store, [row.id.clone()]).await?;
    let view = CommandView::new(row, (evidence, copies), Timestamp::now())?;
    Ok(shown_to(session, view))
}

fn shown_to(session: &LiveSession, mut view: CommandView) -> CommandView {
    if session.may(Right::Unmask) {
        view.evidence.iter_mut().for_each(EvidenceView::for_review);
    }
    view
}

fn owner_of(command: &str) -> Result<EvidenceOwner, store::StoreError> {
    let id = command.parse().map_err(|_| store::StoreError::Unreadable {
        table: "commands",
        column: "id",
    })?;
    Ok(EvidenceOwner::Command(id))
}
