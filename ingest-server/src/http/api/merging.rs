//! Merging by people: merge, split, undo, and answers to suggestions.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use uuid::Uuid;

use super::incidents::in_full;
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, PathOf};
use crate::http::views::{
    IncidentDetail, MergeRequest, SplitRequest, SuggestionRequest, UndoMergeRequest,
};
use crate::incident::IncidentId;
use crate::people::Account;
use crate::review::{Merging, MergingVerb, Note};

/// Most reports that leave at once.
const MAX_REPORTS: usize = 200;

/// "It is the same as that one": its reports move there, and it stands inside that one until this is undone.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/merge", tag = "incidents",
    operation_id = "mergeIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = MergeRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_version`, `merge_refused`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn merge(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<MergeRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let wish = Wish {
        id,
        version: request.version,
        note: request.note,
        verb: MergingVerb::Merge {
            into: IncidentId::from_uuid(request.into),
        },
    };
    wish.carry_out(&state, &session.account).await
}

/// "These reports are of something else": they open an incident of their own.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/split", tag = "incidents",
    operation_id = "splitIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = SplitRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_version`, `merge_refused`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn split(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<SplitRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    if !(1..=MAX_REPORTS).contains(&request.reports.len()) {
        return Err(ApiError::InvalidRequest(format!(
            "reports must name 1 to {MAX_REPORTS} reports"
        )));
    }
    let reports: BTreeSet<String> = request.reports.into_iter().collect();
    let wish = Wish {
        id,
        version: request.version,
        note: request.note,
        verb: MergingVerb::Split { reports },
    };
    wish.carry_out(&state, &session.account).await
}

/// "That merge or split was wrong": the reports go back; what happened since is kept, or the undo is refused with the reason.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/undo-merge", tag = "incidents",
    operation_id = "undoMerge",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = UndoMergeRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_version`, `merge_refused`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn undo(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<UndoMergeRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let wish = Wish {
        id,
        version: request.version,
        note: request.note,
        verb: MergingVerb::Undo {
            step: request.step.to_string(),
        },
    };
    wish.carry_out(&state, &session.account).await
}

/// "The suggestion is right": this incident is merged into the one it names.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/accept-suggestion", tag = "incidents",
    operation_id = "acceptSuggestion",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = SuggestionRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_version`, `merge_refused`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn accept(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<SuggestionRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let wish = Wish {
        id,
        version: request.version,
        note: request.note,
        verb: MergingVerb::Accept {
            suggestion: request.suggestion.to_string(),
        },
    };
    wish.carry_out(&state, &session.account).await
}

/// "The suggestion is wrong": it is not asked again, and the weights learn from it.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/decline-suggestion", tag = "incidents",
    operation_id = "declineSuggestion",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = SuggestionRequest,
    responses(
        (status = 200, body = IncidentDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale_version`, `merge_refused`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn decline(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<SuggestionRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let wish = Wish {
        id,
        version: request.version,
        note: request.note,
        verb: MergingVerb::Decline {
            suggestion: request.suggestion.to_string(),
        },
    };
    wish.carry_out(&state, &session.account).await
}

struct Wish {
    id: Uuid,
    version: i64,
    note: Option<String>,
    verb: MergingVerb,
}

impl Wish {
    async fn carry_out(
        self,
        state: &AppState,
        who: &Account,
    ) -> Result<Json<IncidentDetail>, ApiError> {
        let incident = IncidentId::from_uuid(self.id);
        let merging = Merging {
            incident,
            version: self.version,
            verb: self.verb,
            note: Note::new(self.note.as_deref().unwrap_or_default())?,
        };
        merging
            .carry_out(
                &state.store,
                &state.changes,
                &state.merging,
                who,
                Timestamp::now(),
            )
            .await?;
        Ok(Json(in_full(state, incident).await?))
    }
}
