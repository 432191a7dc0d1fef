//! How an agent changes its key.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use contract::v1::{NEW_SIGNATURE_HEADER, SIGNATURE_PROPERTY, Signed};
use jiff::Timestamp;

use crate::agents::{Rotation, RotationError, rotate};
use crate::changes::Change;
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::AgentUpload;
use crate::http::views::{KeyRotationAnswerView, KeyRotationRequestView};

/// Change an agent's key. The exact body is signed with the present key and with the new one, under
/// this path as the topic; asked again with the same key, the answer is the same.
#[utoipa::path(
    post, path = "/api/v1/key-rotations", tag = "agents", operation_id = "rotateKey",
    params(
        ("vong-signature" = String, Header, description = "`KEYID:BASE64` by the present key"),
        ("vong-signature-new" = String, Header, description = "`KEYID:BASE64` by the new key"),
    ),
    request_body = KeyRotationRequestView,
    responses(
        (status = 200, body = KeyRotationAnswerView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`upload_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`key_rotation_refused`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`enrolment_key_in_use`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("agent" = []))
)]
pub(in crate::http) async fn rotate_key(
    State(state): State<AppState>,
    AgentUpload(agent): AgentUpload,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<KeyRotationAnswerView>, ApiError> {
    let rotation = Rotation {
        agent: &agent,
        body: &body,
        present: &signature(&headers, SIGNATURE_PROPERTY)?,
        new: &signature(&headers, NEW_SIGNATURE_HEADER)?,
    };
    let answer = rotate(&state.store, &rotation, Timestamp::now())
        .await
        .map_err(|error| match error {
            RotationError::NotSigned | RotationError::OtherAgent => {
                tracing::warn!(agent.id = %agent, "a change of key was refused: {error}");
                ApiError::KeyRotationRefused
            }
            RotationError::Unreadable(cause) => ApiError::InvalidRequest(cause.to_string()),
            RotationError::KeyInUse => ApiError::EnrolmentKeyInUse,
            RotationError::Store(error) => ApiError::internal(error),
        })?;
    state.changes.announce(Change::Agent { agent });
    Ok(Json(answer.into()))
}

fn signature(headers: &HeaderMap, name: &str) -> Result<Signed, ApiError> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok())
        .ok_or(ApiError::KeyRotationRefused)
}
