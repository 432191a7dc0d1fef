//! Somebody who speaks of one incident.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use uuid::Uuid;

use super::{CurrentUser, PathOf};
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::scope;
use crate::incident::IncidentId;
use crate::login::LiveSession;

/// Somebody who may call this route, and the incident that the path names as `{id}`, which they may
/// know of.
pub(crate) struct OnIncident {
    /// The server.
    pub(crate) state: AppState,
    /// Who.
    pub(crate) session: LiveSession,
    /// Which one.
    pub(crate) id: IncidentId,
}

impl OnIncident {
    /// The three of them.
    pub(crate) fn into_parts(self) -> (AppState, LiveSession, IncidentId) {
        (self.state, self.session, self.id)
    }
}

#[derive(Deserialize)]
struct Named {
    id: Uuid,
}

impl FromRequestParts<AppState> for OnIncident {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let CurrentUser(session) = CurrentUser::from_request_parts(parts, state).await?;
        let PathOf(Named { id }) = PathOf::from_request_parts(parts, state).await?;
        let id = IncidentId::from_uuid(id);
        scope::incident(state, &session, id).await?;
        Ok(Self {
            state: state.clone(),
            session,
            id,
        })
    }
}
