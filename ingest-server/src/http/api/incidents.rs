//! Incidents: a page, one in full, and the operator's verbs.

use axum::Json;
use axum::extract::State;
use casework::lifecycle::Action;
use contract::v1::EventId;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::export;
use crate::http::AppState;
use crate::http::answers::VerbAnswers;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, OnIncident, QueryOf};
use crate::http::said::Said;
use crate::http::scope::Sight;
use crate::http::views::{
    self, CitizenRows, DecisionRequest, EvidenceView, IncidentDetail, IncidentPage, MergingRows,
    RejectRequest,
};
use crate::incident::IncidentId;
use crate::people::Right;
use crate::store::entity::incident;
use crate::store::{self, IncidentFilter, OnShelf};

/// Incidents on a page where the client names no number.
const DEFAULT_LIMIT: usize = 50;
/// Most citizens' reports that are shown with an incident.
const MAX_CITIZEN_REPORTS: u64 = 200;
/// Most decisions of merging that are shown with an incident.
const MAX_DECISIONS: u64 = 50;
/// Most incidents on a page.
const MAX_LIMIT: usize = 200;

/// Which incidents to list.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct IncidentQuery {
    /// States, comma-separated, e.g. `new,acknowledged`; all where absent.
    #[serde(default)]
    #[param(example = "new,acknowledged")]
    state: Option<String>,
    /// `hidden` leaves out what is set aside, `only` lists that alone. Both where absent.
    #[serde(default)]
    #[param(example = "hidden")]
    shelf: Option<String>,
    /// Most on a page: 1 to 200, 50 where absent.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

impl IncidentQuery {
    fn limit(&self) -> Result<usize, ApiError> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(ApiError::Invalid(Said::out_of_range("limit", 1, MAX_LIMIT))),
        }
    }

    fn filter(&self) -> Result<IncidentFilter, ApiError> {
        let before = self
            .cursor
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| ApiError::Invalid(Said::new("no_cursor")))?;
        Ok(IncidentFilter {
            states: self.states()?,
            shelf: self.shelf()?,
            before,
            ..IncidentFilter::newest(self.limit()? as u64)
        })
    }

    fn shelf(&self) -> Result<OnShelf, ApiError> {
        let now = Timestamp::now();
        match self.shelf.as_deref() {
            None => Ok(OnShelf::Any),
            Some("hidden") => Ok(OnShelf::Hidden(now)),
            Some("only") => Ok(OnShelf::Only(now)),
            Some(word) => Err(ApiError::Invalid(Said::new("no_shelf").with("word", word))),
        }
    }

    fn states(&self) -> Result<Vec<&'static str>, ApiError> {
        let words = self.state.as_deref().unwrap_or_default();
        words
            .split(',')
            .filter(|word| !word.is_empty())
            .map(known_state)
            .collect()
    }
}

/// Every state by its word.
const STATES: [&str; 18] = [
    "new",
    "eligible",
    "not_eligible",
    "acknowledged",
    "confirmed",
    "rejected",
    "routed",
    "accepted",
    "returned",
    "in_progress",
    "answered",
    "approved",
    "sent_back",
    "published",
    "resolved",
    "closed_unresolved",
    "deferred",
    "reopened",
];

fn known_state(word: &str) -> Result<&'static str, ApiError> {
    STATES
        .into_iter()
        .find(|known| *known == word)
        .ok_or_else(|| ApiError::Invalid(Said::new("no_state").with("word", word)))
}

/// Incidents, newest first.
#[utoipa::path(
    get, path = "/api/v1/incidents", tag = "incidents", operation_id = "listIncidents",
    params(IncidentQuery),
    responses(
        (status = 200, body = IncidentPage),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    QueryOf(query): QueryOf<IncidentQuery>,
) -> Result<Json<IncidentPage>, ApiError> {
    let sight = Sight::of(&state, &session).await?;
    let seen = sight.page(&state, query.filter()?, query.limit()?).await?;
    let ids: Vec<String> = seen.rows.iter().map(|row| row.id.clone()).collect();
    let pieces = store::stored_pieces(&state.store, ids).await?;
    Ok(Json(views::page(seen.rows, seen.next, &pieces)?))
}

/// One incident in full.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}", tag = "incidents", operation_id = "getIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(
        (status = 200, body = IncidentDetail),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn get(on: OnIncident) -> Result<Json<IncidentDetail>, ApiError> {
    Ok(Json(in_full(&on).await?))
}

/// "I look at it": new → acknowledged.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/acknowledge", tag = "incidents",
    operation_id = "acknowledgeIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = DecisionRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn acknowledge(
    on: OnIncident,
    JsonBody(request): JsonBody<DecisionRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    on.decide(Action::Acknowledge, request.version, request.note)
        .await
}

/// "It is real": new or acknowledged → confirmed.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/confirm", tag = "incidents",
    operation_id = "confirmIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = DecisionRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn confirm(
    on: OnIncident,
    JsonBody(request): JsonBody<DecisionRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    on.decide(Action::Confirm, request.version, request.note)
        .await
}

/// "It is not": new or acknowledged → rejected, with the reason.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/reject", tag = "incidents",
    operation_id = "rejectIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = RejectRequest,
    responses(VerbAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn reject(
    on: OnIncident,
    JsonBody(request): JsonBody<RejectRequest>,
) -> Result<Json<IncidentDetail>, ApiError> {
    let action = Action::Reject(request.reason.into());
    on.decide(action, request.version, request.note).await
}

async fn merging_of(
    state: &AppState,
    row: &incident::Model,
    id: IncidentId,
) -> Result<MergingRows, ApiError> {
    let decisions = store::decisions_of_incident(&state.store, id, MAX_DECISIONS).await?;
    let steps = store::steps_of_incident(&state.store, id).await?;
    let named = MergingRows::named(row, &decisions, &steps);
    let numbers = store::incident_numbers(&state.store, &named).await?;
    Ok(MergingRows {
        decisions,
        steps,
        numbers,
    })
}

/// The incident as whoever asked may see it.
pub(super) async fn in_full(on: &OnIncident) -> Result<IncidentDetail, ApiError> {
    let (state, id) = (&on.state, on.id);
    let row = store::find_incident(&state.store, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let events = store::events_of_incident(&state.store, id).await?;
    let evidence = store::evidence_of_incident(&state.store, id).await?;
    let copies = events.iter().map(|event| event.event_id.clone());
    let copies = store::copies_of(&state.store, copies).await?;
    let history = store::history_of_incident(&state.store, id).await?;
    let ids: Vec<EventId> = events
        .iter()
        .filter_map(|event| event.event_id.parse().ok())
        .collect();
    let seals = export::standing(&state.store, &ids).await?;
    let merging = merging_of(state, &row, id).await?;
    let citizens = citizens_of(state, id).await?;
    let mut shown = views::detail(
        row,
        events,
        (evidence, copies),
        history,
        seals,
        (merging, citizens),
    )?;
    if on.session.may(Right::Unmask) {
        shown.evidence.iter_mut().for_each(EvidenceView::for_review);
    } else {
        shown.mask_plates();
    }
    Ok(shown)
}

async fn citizens_of(state: &AppState, id: IncidentId) -> Result<CitizenRows, ApiError> {
    let reports = store::citizen_reports_of_incident(&state.store, id, MAX_CITIZEN_REPORTS).await?;
    let ids: Vec<String> = reports.iter().map(|row| row.id.clone()).collect();
    Ok(CitizenRows {
        files: store::citizen_files(&state.store, &ids).await?,
        errands: store::errands_of_reports(&state.store, &ids).await?,
        reports,
    })
}
