//! Citizens' reports for staff: typed in for whoever called or wrote, their files, whom to call back for
//! a stated purpose, holding, anonymising, erasing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::orders::read;
use super::portal::{incoming, words};
use crate::http::AppState;
use crate::http::catalogue::Language;
use crate::http::error::{ApiError, FieldProblemView, Problem};
use crate::http::extract::{CurrentUser, JsonBody, PathOf, QueryOf, ReportBody};
use crate::http::stored_file;
use crate::http::views::{
    ChannelWord, ContactPurposeRequest, ContactView, PurposeWord, ReasonRequest, ReceivedView,
    ReportRequest,
};
use crate::login::LiveSession;
use crate::people::access::{Accessed, Purpose};
use crate::people::vault::Sealed;
use crate::people::{Right, audit};
use crate::reception::ReceptionError;
use crate::store::entity::citizen_report;
use crate::store::{self, Store};

/// Most characters of a reason.
const MAX_REASON: usize = 500;

/// Types a report in for somebody who called, wrote or spoke: as citizens send it, with `channel`
/// `phone`, `sms`, `email` or `social`. The answer holds the code, to be read out.
#[utoipa::path(
    post, path = "/api/v1/reports", tag = "citizens", operation_id = "enterReport",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 128 characters of the sender's own")),
    request_body = ReportRequest,
    responses(
        (status = 201, body = ReceivedView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`report_key_in_use`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn enter(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    headers: HeaderMap,
    body: ReportBody,
) -> Result<(StatusCode, Json<ReceivedView>), ApiError> {
    let request: ReportRequest = read(body.words.clone())?;
    let channel = match request.channel {
        Some(
            word @ (ChannelWord::Phone
            | ChannelWord::Sms
            | ChannelWord::Email
            | ChannelWord::Social),
        ) => word.into(),
        Some(_) => return Err(field("channel", "unknown")),
        None => return Err(field("channel", "missing")),
    };
    let who = session.account.username.to_string();
    let incoming = incoming(&state, request, body, (channel, Some(who)), &headers)?;
    let service = state
        .reception
        .services()
        .get(&incoming.told.service)
        .cloned();
    let received = state.reception.receive(incoming, Timestamp::now()).await?;
    let view = ReceivedView::new(&received, service.as_ref(), Language::of(&headers));
    Ok((StatusCode::CREATED, Json(view.for_staff(&received))))
}

/// A file of a citizen's report.
#[utoipa::path(
    get, path = "/api/v1/reports/{id}/files/{file_id}", tag = "citizens", operation_id = "getCitizenFile",
    params(
        ("id" = Uuid, Path, description = "The report"),
        ("file_id" = Uuid, Path, description = "The file"),
        FileQuery,
    ),
    responses(
        (status = 200, description = "All bytes", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 400, description = "`invalid_request`: no such purpose", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`masked`: there is no redacted copy, and why", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn file(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((id, file)): PathOf<(Uuid, Uuid)>,
    QueryOf(query): QueryOf<FileQuery>,
) -> Result<Response, ApiError> {
    let report = seen(&state, &session, id).await?;
    let row = stored_file::row_of_report(&state, &report.id, file).await?;
    let Some(purpose) = query.purpose.map(Purpose::from) else {
        let (object_key, bytes) = state.reception.redacted(&row).await?;
        return stored_file::bytes(&state, (&object_key, bytes), &row.mime).await;
    };
    if !session.may(Right::Unmask) {
        audit::denied(&session.account.username, "unmask");
        return Err(ApiError::NotAllowed);
    }
    // Written down before it is shown.
    let subject = format!("/api/v1/reports/{}/files/{}", report.id, row.id);
    let tx = state.store.begin().await?;
    let entry = session.access(Accessed::Unmasked, subject, Some(purpose));
    store::note_access(&tx, entry, Timestamp::now()).await?;
    tx.commit().await?;
    let original = (row.object_key.as_str(), row.bytes.unsigned_abs());
    stored_file::bytes(&state, original, &row.mime).await
}

/// As what a citizen's file is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct FileQuery {
    /// Why it is to be seen as it was sent. Needs the right to unmask, and is written down. Without it everybody
    /// gets the copy in which nobody is recognised.
    #[serde(default)]
    purpose: Option<PurposeWord>,
}

/// Whom to call back, for a stated purpose. Every look is written down.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/contact", tag = "citizens", operation_id = "seeContact",
    params(("id" = Uuid, Path, description = "The report")),
    request_body = ContactPurposeRequest,
    responses(
        (status = 200, body = ContactView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn contact(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<ContactPurposeRequest>,
) -> Result<Json<ContactView>, ApiError> {
    let report = seen(&state, &session, id).await?;
    let purpose: Purpose = request
        .purpose
        .parse()
        .map_err(|_| field("purpose", "unknown"))?;
    let sealed = store::contact_of_report(&state.store, &report.id).await?;
    let sealed = sealed.ok_or(ApiError::NotFound)?;
    let sealed = Sealed {
        key_id: sealed.key_id,
        text: sealed.sealed,
    };
    let contact = state
        .reception
        .vault
        .open(&report.id, &sealed)
        .map_err(ApiError::internal)?;
    // Written down before it is shown.
    note(
        &state.store,
        &session,
        Accessed::ContactSeen,
        &report,
        Some(purpose),
    )
    .await?;
    Ok(Json(contact.into()))
}

/// Holds a report: nothing of it is erased, by whomever, until it is let go.
#[utoipa::path(
    put, path = "/api/v1/reports/{id}/hold", tag = "citizens", operation_id = "holdReport",
    params(("id" = Uuid, Path, description = "The report")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "It is held"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn hold(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<ReasonRequest>,
) -> Result<StatusCode, ApiError> {
    let report = seen(&state, &session, id).await?;
    let reason = reason(&request)?;
    let who = session.account.username.as_str();
    let tx = state.store.begin().await?;
    store::hold_citizen_report(&tx, &report.id, Some((&reason, who)), Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a report go.
#[utoipa::path(
    delete, path = "/api/v1/reports/{id}/hold", tag = "citizens", operation_id = "letGoReport",
    params(("id" = Uuid, Path, description = "The report")),
    responses(
        (status = 204, description = "It is not held"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn let_go(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
) -> Result<StatusCode, ApiError> {
    let report = seen(&state, &session, id).await?;
    let tx = state.store.begin().await?;
    store::hold_citizen_report(&tx, &report.id, None, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases whom to call back and the pseudonym; what was reported stays.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/anonymise", tag = "citizens", operation_id = "anonymiseReport",
    params(("id" = Uuid, Path, description = "The report")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "Nobody can tell any more who it was"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`report_held`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn anonymise(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<ReasonRequest>,
) -> Result<StatusCode, ApiError> {
    let report = seen(&state, &session, id).await?;
    reason(&request)?;
    state
        .reception
        .anonymise(&report.id, Timestamp::now())
        .await?;
    note(
        &state.store,
        &session,
        Accessed::ContactErased,
        &report,
        None,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases a report's words, files and contact. A tombstone stays, and so does the incident.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/erase", tag = "citizens", operation_id = "eraseReport",
    params(("id" = Uuid, Path, description = "The report")),
    request_body = ReasonRequest,
    responses(
        (status = 204, description = "It was erased"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`report_held`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn erase(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<ReasonRequest>,
) -> Result<StatusCode, ApiError> {
    let report = seen(&state, &session, id).await?;
    reason(&request)?;
    state.reception.erase(&report, Timestamp::now()).await?;
    note(
        &state.store,
        &session,
        Accessed::ContactErased,
        &report,
        None,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The report, where this person may see its incident.
async fn seen(
    state: &AppState,
    session: &LiveSession,
    id: Uuid,
) -> Result<citizen_report::Model, ApiError> {
    let report = store::citizen_report(&state.store, &id.to_string()).await?;
    let report = report.ok_or(ApiError::NotFound)?;
    let incident = store::home_of_witness(&state.store, &report.id).await?;
    let incident = incident.ok_or(ApiError::NotFound)?;
    crate::http::scope::incident(state, session, incident).await?;
    Ok(report)
}

async fn note(
    store: &Store,
    session: &LiveSession,
    act: Accessed,
    report: &citizen_report::Model,
    purpose: Option<Purpose>,
) -> Result<(), ApiError> {
    let subject = format!("/api/v1/reports/{}", report.id);
    let tx = store.begin().await?;
    store::note_access(&tx, session.access(act, subject, purpose), Timestamp::now()).await?;
    Ok(tx.commit().await?)
}

fn reason(request: &ReasonRequest) -> Result<String, ApiError> {
    let reason = words(&request.reason, MAX_REASON, "reason")?;
    if reason.is_empty() {
        return Err(field("reason", "missing"));
    }
    Ok(reason)
}

fn field(name: &str, problem: &'static str) -> ApiError {
    ApiError::InvalidFields(vec![FieldProblemView::of_word(name, problem)])
}

impl From<ReceptionError> for ApiError {
    fn from(error: ReceptionError) -> Self {
        match error {
            ReceptionError::Fields(faults) => super::portal::fields(faults),
            ReceptionError::KeyInUse => Self::ReportKeyInUse,
            ReceptionError::NotFound => Self::NotFound,
            ReceptionError::NotOver => Self::ReportNotOver,
            ReceptionError::Held(why) => Self::ReportHeld(why),
            ReceptionError::Masked(why) => Self::Masked(why.to_owned()),
            ReceptionError::Review(error) => error.into(),
            ReceptionError::Store(error) => error.into(),
            ReceptionError::Files(_) | ReceptionError::Vault(_) | ReceptionError::Random(_) => {
                Self::internal(error)
            }
        }
    }
}
