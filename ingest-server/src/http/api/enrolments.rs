//! How an agent becomes known.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::v1::EnrolmentRequest;

use crate::agents::EnrolError;
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{JsonBody, Peer};
use crate::http::views::{EnrolmentAnswerView, EnrolmentRequestView};
use crate::people::audit;

/// Enrol an agent with a one-time token.
#[utoipa::path(
    post, path = "/api/v1/enrolments", tag = "agents", operation_id = "enrol",
    request_body = EnrolmentRequestView,
    responses(
        (status = 201, body = EnrolmentAnswerView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`enrolment_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`enrolment_key_in_use`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn enrol(
    State(state): State<AppState>,
    peer: Peer,
    JsonBody(view): JsonBody<EnrolmentRequestView>,
) -> Result<(StatusCode, Json<EnrolmentAnswerView>), ApiError> {
    let request = EnrolmentRequest::try_from(view)
        .map_err(|error| ApiError::InvalidRequest(format!("public_key: {error}")))?;
    let answer = state
        .enrolment
        .enrol(&request)
        .await
        .map_err(|error| match error {
            EnrolError::InvalidToken => {
                tracing::warn!(target: audit::TARGET, { peer.ip = %peer.ip }, "enrolment refused");
                ApiError::EnrolmentTokenInvalid
            }
            EnrolError::KeyOfAnotherAgent => ApiError::EnrolmentKeyInUse,
            EnrolError::Random(_) | EnrolError::Store(_) => ApiError::internal(error),
        })?;
    Ok((StatusCode::CREATED, Json(answer.into())))
}
