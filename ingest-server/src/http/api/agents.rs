//! Agents and whether they are there.

use axum::Json;
use axum::extract::State;

use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::CurrentUser;
use crate::http::views::{AgentList, AgentView};
use crate::store;

/// Every agent that ever enrolled.
#[utoipa::path(
    get, path = "/api/v1/agents", tag = "cameras", operation_id = "listAgents",
    responses(
        (status = 200, body = AgentList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    _user: CurrentUser,
) -> Result<Json<AgentList>, ApiError> {
    let rows = store::agents(&state.store).await?;
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
