//! The agent behind a bearer token for uploads.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use contract::v1::AgentId;

use crate::agents;
use crate::http::AppState;
use crate::http::error::ApiError;

/// The agent whose upload token came with the request.
#[derive(Debug, Clone)]
pub(crate) struct AgentUpload(pub(crate) AgentId);

impl FromRequestParts<AppState> for AgentUpload {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(ApiError::UploadTokenInvalid)?;
        agents::agent_of_upload_token(&state.store, token.trim())
            .await?
            .map(Self)
            .ok_or(ApiError::UploadTokenInvalid)
    }
}
