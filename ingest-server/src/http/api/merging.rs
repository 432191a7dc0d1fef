//! Merging by people: merge, split, undo, and answers to suggestions.

use std::collections::BTreeSet;

use axum::Json;

use crate::http::answers::VerbAnswers;
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, OnIncident};
use crate::http::said::Said;
use crate::http::views::{
    IncidentDetail, MergeRequest, SplitRequest, SuggestionRequest, UndoMergeRequest,
};
use crate::incident::IncidentId;
use crate::review::MergingVerb;

/// Most reports that leave at once.
const MAX_REPORTS: usize = 200;

/// "It is the same as that one": its reports move there, and it stands inside that one until this is undone.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/merge", tag = "incidents",
    operation_id = "mergeIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = MergeRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn merge(
    on: OnIncident,
    JsonBody(request): JsonBody<MergeRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let verb = MergingVerb::Merge {
        into: IncidentId::from_uuid(request.into),
    };
    on.merging(verb, request.version, request.note).await
}

/// "These reports are of something else": they open an incident of their own.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/split", tag = "incidents",
    operation_id = "splitIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = SplitRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn split(
    on: OnIncident,
    JsonBody(request): JsonBody<SplitRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    if !(1..=MAX_REPORTS).contains(&request.reports.len()) {
        return Err(ApiError::Invalid(Said::out_of_range(
            "reports",
            1,
            MAX_REPORTS,
        )));
    }
    let reports: BTreeSet<String> = request.reports.into_iter().collect();
    let verb = MergingVerb::Split { reports };
    on.merging(verb, request.version, request.note).await
}

/// "That merge or split was wrong": the reports go back; what happened since is kept, or the undo is refused with the reason.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/undo-merge", tag = "incidents",
    operation_id = "undoMerge",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = UndoMergeRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn undo(
    on: OnIncident,
    JsonBody(request): JsonBody<UndoMergeRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let verb = MergingVerb::Undo {
        step: request.step.to_string(),
    };
    on.merging(verb, request.version, request.note).await
}

/// "The suggestion is right": this incident is merged into the one it names.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/accept-suggestion", tag = "incidents",
    operation_id = "acceptSuggestion",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = SuggestionRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn accept(
    on: OnIncident,
    JsonBody(request): JsonBody<SuggestionRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let verb = MergingVerb::Accept {
        suggestion: request.suggestion.to_string(),
    };
    on.merging(verb, request.version, request.note).await
}

/// "The suggestion is wrong": it is not asked again, and the weights learn from it.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/decline-suggestion", tag = "incidents",
    operation_id = "declineSuggestion",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = SuggestionRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn decline(
    on: OnIncident,
    JsonBody(request): JsonBody<SuggestionRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let verb = MergingVerb::Decline {
        suggestion: request.suggestion.to_string(),
    };
    on.merging(verb, request.version, request.note).await
}
