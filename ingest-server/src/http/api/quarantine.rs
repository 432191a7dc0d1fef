//! Messages that could not be taken in.

use axum::Json;
use axum::extract::State;

use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::CurrentUser;
use crate::http::views::QuarantineList;
use crate::store;

/// Messages that are shown: the newest.
const SHOWN: u64 = 200;

/// The newest messages in quarantine, for administrators.
#[utoipa::path(
    get, path = "/api/v1/quarantine", tag = "administration", operation_id = "listQuarantine",
    responses(
        (status = 200, body = QuarantineList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    _user: CurrentUser,
) -> Result<Json<QuarantineList>, ApiError> {
    let rows = store::quarantined(&state.store, SHOWN).await?;
    let items = rows
        .into_iter()
        .map(TryInto::try_into)
        .collect::<Result<_, _>>()?;
    Ok(Json(QuarantineList { items }))
}
