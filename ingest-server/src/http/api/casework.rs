//! How incidents are worked: steps, undo, and what is done at the desk.

use std::sync::Arc;

use axum::Json;
use casework::people::Actor;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::http::AppState;
use crate::http::answers::CaseAnswers;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{JsonBody, OnIncident, PathOf};
use crate::http::views::{
    CallRequest, CaseRows, CaseView, ClaimRequest, ComplaintRequest, PauseRequest, RouteView,
    ShelfRequest, StepRequest, UndoRequest, UrgencyRequest,
};
use crate::incident::IncidentId;
use crate::office::Office;
use crate::people::{Account, audit};
use crate::review::{
    self, DeskVerb, Note, Verb, announce, at_desk, check_seen, propose_route, undo_step,
};
use crate::store;

/// The call that a path names.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct CallName {
    call: Uuid,
}

/// How an incident is worked, and what who asks may do next.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/case", tag = "casework", operation_id = "getCase",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(
        (status = 200, body = CaseView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn case(on: OnIncident) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    seen(&state, &session.account, id).await
}

/// Takes a step. A confirmed incident goes on to its unit where a rule says to which.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/steps", tag = "casework", operation_id = "takeStep",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = StepRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn step(
    on: OnIncident,
    JsonBody(request): JsonBody<StepRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let verb = Verb {
        incident: id,
        version: request.version,
        action: request.step.action()?,
        note: note(request.step.note.as_deref())?,
    };
    carry_out(&state, &session.account, verb).await?;
    seen(&state, &session.account, id).await
}

pub(super) async fn carry_out(
    state: &AppState,
    who: &Account,
    verb: Verb,
) -> Result<i64, ApiError> {
    let now = Timestamp::now();
    Ok(review::carry_out(&state.store, &state.offices, &state.changes, who, verb, now).await?)
}

/// Takes the newest step back, where who asks took it a short while ago: everything is as before it.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/undo", tag = "casework", operation_id = "undoStep",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = UndoRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn undo(
    on: OnIncident,
    JsonBody(request): JsonBody<UndoRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let who = Actor::Person(session.account.person());
    let tx = state.store.begin().await?;
    let office = state.offices.in_force(&tx).await?;
    let wish = (id, request.version);
    let taken = undo_step(&tx, &office, wish, &who, Timestamp::now()).await?;
    tx.commit().await?;
    announce(&state.changes, &taken);
    audit::decided(
        &session.account.username,
        taken.incident,
        taken.action,
        taken.version,
    );
    seen(&state, &session.account, id).await
}

/// Holds the incident, so that nobody else decides about it; ends by itself unless it is renewed.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/claim", tag = "casework", operation_id = "claimIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = ClaimRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn claim(
    on: OnIncident,
    JsonBody(request): JsonBody<ClaimRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let verb = DeskVerb::Claim(request.grip.into());
    desk(&state, &session.account, id, verb, None).await
}

/// Lets the incident go.
#[utoipa::path(
    delete, path = "/api/v1/incidents/{id}/claim", tag = "casework", operation_id = "releaseClaim",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn release(on: OnIncident) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    desk(&state, &session.account, id, DeskVerb::ReleaseClaim, None).await
}

/// Sets the incident aside for a while; its deadlines run on. A fire is never set aside.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/shelf", tag = "casework", operation_id = "shelveIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = ShelfRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn shelve(
    on: OnIncident,
    JsonBody(request): JsonBody<ShelfRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let length = SignedDuration::from_mins(i64::from(request.minutes));
    let why = note(Some(&request.why))?;
    let verb = DeskVerb::Shelve(length);
    desk(&state, &session.account, id, verb, why).await
}

/// The incident is no longer set aside.
#[utoipa::path(
    delete, path = "/api/v1/incidents/{id}/shelf", tag = "casework", operation_id = "unshelveIncident",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn unshelve(on: OnIncident) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    desk(&state, &session.account, id, DeskVerb::Unshelve, None).await
}

/// Stops the incident's clocks until somebody takes a step or lets them go on.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/pause", tag = "casework", operation_id = "pauseClocks",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = PauseRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn pause(
    on: OnIncident,
    JsonBody(request): JsonBody<PauseRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let verb = DeskVerb::Pause(request.reason()?);
    let why = note(request.note.as_deref())?;
    desk(&state, &session.account, id, verb, why).await
}

/// Lets the incident's clocks go on.
#[utoipa::path(
    delete, path = "/api/v1/incidents/{id}/pause", tag = "casework", operation_id = "resumeClocks",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn go_on(on: OnIncident) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    desk(&state, &session.account, id, DeskVerb::GoOn, None).await
}

/// Says how urgent the incident is; its limits are those of that urgency from then on.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/urgency", tag = "casework", operation_id = "setUrgency",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = UrgencyRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn urgency(
    on: OnIncident,
    JsonBody(request): JsonBody<UrgencyRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let verb = DeskVerb::SetUrgency(request.urgency.into());
    let why = note(request.note.as_deref())?;
    desk(&state, &session.account, id, verb, why).await
}

/// Notes the unit that is complained of: it, and every unit below it, neither gets the incident nor sees it.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/complaint", tag = "casework", operation_id = "setComplaint",
    params(("id" = Uuid, Path, description = "The incident")),
    request_body = ComplaintRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn complaint(
    on: OnIncident,
    JsonBody(request): JsonBody<ComplaintRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let verb = DeskVerb::Complaint(request.unit()?);
    let why = note(request.note.as_deref())?;
    desk(&state, &session.account, id, verb, why).await
}

/// Writes down what came of a call.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/calls/{call}", tag = "casework", operation_id = "noteCall",
    params(
        ("id" = Uuid, Path, description = "The incident"),
        ("call" = Uuid, Path, description = "The call"),
    ),
    request_body = CallRequest,
    responses(CaseAnswers),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn call(
    on: OnIncident,
    PathOf(name): PathOf<CallName>,
    JsonBody(request): JsonBody<CallRequest>,
) -> Result<Json<CaseView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let call = name.call;
    let verb = DeskVerb::CallMade {
        call,
        outcome: request.outcome.into(),
        reached: note(request.reached.as_deref())?.map(Note::into_text),
    };
    let said = note(request.note.as_deref())?;
    desk(&state, &session.account, id, verb, said).await
}

/// Where the rules in force would send the incident, and why. Nothing changes.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/proposed-route", tag = "casework",
    operation_id = "getProposedRoute",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(
        (status = 200, body = RouteView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn proposed_route(on: OnIncident) -> Result<Json<RouteView>, ApiError> {
    let (state, session, id) = on.into_parts();
    let office = state.offices.in_force(&state.store).await?;
    let row = store::find_incident(&state.store, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    check_seen(&row, &office, &Actor::Person(session.account.person()))?;
    let route = propose_route(&state.store, &state.offices, id).await?;
    Ok(Json(RouteView::proposed(route)))
}

pub(super) fn note(text: Option<&str>) -> Result<Option<Note>, ApiError> {
    Ok(Note::new(text.unwrap_or_default())?)
}

async fn desk(
    state: &AppState,
    who: &Account,
    id: IncidentId,
    verb: DeskVerb,
    note: Option<Note>,
) -> Result<Json<CaseView>, ApiError> {
    let wish = (id, verb);
    let office = (&state.offices, &state.changes);
    at_desk(&state.store, office, who, wish, note, Timestamp::now()).await?;
    seen(state, who, id).await
}

/// The case as this person sees it. One they may not see is not there.
async fn seen(state: &AppState, who: &Account, id: IncidentId) -> Result<Json<CaseView>, ApiError> {
    let now = Timestamp::now();
    let who = Actor::Person(who.person());
    let office: Arc<Office> = state.offices.in_force(&state.store).await?;
    let row = store::find_incident(&state.store, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    check_seen(&row, &office, &who)?;
    let rows = CaseRows {
        clocks: store::clocks_of(&state.store, &row, now).await?,
        calls: store::calls_of(&state.store, id).await?,
        route: store::route_of(&state.store, id).await?,
        last: store::last_step(&state.store, id).await?,
        row,
    };
    Ok(Json(rows.view(&who, &office, now)?))
}
