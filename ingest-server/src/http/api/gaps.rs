//! What agents had to let go.

use axum::Json;
use axum::extract::State;

use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::CurrentUser;
use crate::http::scope;
use crate::http::views::GapReportList;
use crate::store;

/// Gap reports that are shown: those that came last.
const SHOWN: u64 = 200;

/// The newest gap report of each agent's outbox: everything it ever let go.
#[utoipa::path(
    get, path = "/api/v1/gap-reports", tag = "cameras", operation_id = "listGapReports",
    responses(
        (status = 200, body = GapReportList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
) -> Result<Json<GapReportList>, ApiError> {
    let mut rows = store::newest_gaps(&state.store, SHOWN).await?;
    if let Some(seen) = scope::agents(&state, &session).await? {
        rows.retain(|row| seen.contains(&row.agent));
    }
    let items = rows
        .into_iter()
        .map(TryInto::try_into)
        .collect::<Result<_, _>>()?;
    Ok(Json(GapReportList { items }))
}
