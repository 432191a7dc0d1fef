//! Cameras and how they do.

use axum::Json;
use axum::extract::State;

use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::CurrentUser;
use crate::http::scope::Sight;
use crate::http::views::CameraList;
use crate::store;

/// Every camera that is known and within the caller's scope, with its state.
#[utoipa::path(
    get, path = "/api/v1/cameras", tag = "cameras", operation_id = "listCameras",
    responses(
        (status = 200, body = CameraList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
) -> Result<Json<CameraList>, ApiError> {
    let sight = Sight::of(&state, &session).await?;
    let mut cameras = Vec::new();
    for row in store::cameras(&state.store).await? {
        if sight.has_camera(&row)? {
            cameras.push(row);
        }
    }
    let agents = store::agents(&state.store).await?;
    Ok(Json(CameraList::new(cameras, &agents)?))
}
