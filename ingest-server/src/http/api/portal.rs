//! What citizens call: the kinds of report, what is near, reporting, following by code. Nobody logs in;
//! addresses, contacts and looks are counted (`people::report_limiter`).

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use citizens::draft::Names;
use citizens::{FollowCode, Insist};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::orders::read;
use crate::http::AppState;
use crate::http::catalogue::Language;
use crate::http::error::{ApiError, FieldProblemView, Problem};
use crate::http::extract::{ClientAddress, JsonBody, PathOf, QueryOf, ReportBody};
use crate::http::stored_file;
use crate::http::views::{
    self, ChannelWord, FollowedView, NearbyList, RatingRequest, ReceivedView, ReopenRequest,
    ReportRequest, ServiceList, ServiceView,
};
use crate::incident::IncidentId;
use crate::reception::{Channel, Incoming};
use crate::store::entity::citizen_report;
use crate::telemetry::CITIZEN_LIMITS;

/// Most characters of words beside a rating or a reopening.
const MAX_NOTE: usize = 2_000;

/// Every kind of report there is.
#[utoipa::path(
    get, path = "/api/v1/public/services", tag = "citizens", operation_id = "listServices",
    responses((status = 200, body = ServiceList)),
    security(())
)]
pub(in crate::http) async fn services(State(state): State<AppState>) -> Json<ServiceList> {
    let services = state.reception.services();
    let config = &state.reception.config;
    Json(ServiceList {
        items: services
            .list()
            .iter()
            .map(|service| ServiceView::new(services, service))
            .collect(),
        max_files: config.max_files,
        max_picture_bytes: config.max_picture_bytes,
        max_video_bytes: config.max_video_bytes,
    })
}

/// Where somebody is about to report.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct NearbyQuery {
    /// Latitude, WGS84.
    lat: f64,
    /// Longitude, WGS84.
    lon: f64,
    /// The service's code; all kinds where absent.
    #[serde(default)]
    service: Option<String>,
}

/// What is reported near a place already, and still open: "me too" joins it.
#[utoipa::path(
    get, path = "/api/v1/public/nearby", tag = "citizens", operation_id = "listNearby",
    params(NearbyQuery),
    responses(
        (status = 200, body = NearbyList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn nearby(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    QueryOf(query): QueryOf<NearbyQuery>,
) -> Result<Json<NearbyList>, ApiError> {
    looked(&state, address)?;
    let mut faults = Vec::new();
    if !(-90.0..=90.0).contains(&query.lat) {
        faults.push(FieldProblemView::of_word("lat", "out_of_range"));
    }
    if !(-180.0..=180.0).contains(&query.lon) {
        faults.push(FieldProblemView::of_word("lon", "out_of_range"));
    }
    let services = state.reception.services();
    if query
        .service
        .as_ref()
        .is_some_and(|code| services.get(code).is_none())
    {
        faults.push(FieldProblemView::of_word("service", "unknown"));
    }
    if !faults.is_empty() {
        return Err(ApiError::InvalidFields(faults));
    }
    let found = state
        .reception
        .nearby(
            (query.lat, query.lon),
            query.service.as_deref(),
            Timestamp::now(),
        )
        .await?;
    let language = Language::of(&headers);
    let items = found
        .iter()
        .map(|(row, service, metres)| views::nearby(row, service, *metres, language));
    Ok(Json(NearbyList {
        items: items.collect::<Result<_, _>>()?,
    }))
}

/// Sends a report in: JSON, or a form with the JSON in `report` and pictures or a film beside it. With
/// the header `Idempotency-Key` the same report sent again is the same report.
#[utoipa::path(
    post, path = "/api/v1/public/reports", tag = "citizens", operation_id = "sendReport",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 128 characters of the sender's own")),
    request_body = ReportRequest,
    responses(
        (status = 201, body = ReceivedView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`report_key_in_use`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn send(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: ReportBody,
) -> Result<(StatusCode, Json<ReceivedView>), ApiError> {
    let now = Instant::now();
    state
        .report_limiter
        .report(address, now)
        .map_err(|too_many| limited("address", &too_many))?;
    let request: ReportRequest = read(body.words.clone())?;
    let channel = match request.channel.unwrap_or(ChannelWord::Portal) {
        ChannelWord::Portal => Channel::Portal,
        ChannelWord::App => Channel::App,
        _ => return Err(unknown("channel")),
    };
    let incoming = incoming(&state, request, body, (channel, None), &headers)?;
    let contact = incoming.told.contact.as_ref();
    if let Some(identity) = contact.and_then(citizens::Contact::identity) {
        let pseudonym = state.reception.vault.pseudonym(&identity);
        state
            .report_limiter
            .contact(&pseudonym, now)
            .map_err(|too_many| limited("contact", &too_many))?;
    }
    let service = state
        .reception
        .services()
        .get(&incoming.told.service)
        .cloned();
    let received = state.reception.receive(incoming, Timestamp::now()).await?;
    let language = Language::of(&headers);
    let view = ReceivedView::new(&received, service.as_ref(), language);
    Ok((StatusCode::CREATED, Json(view)))
}

/// A report that was read, checked.
pub(in crate::http) fn incoming(
    state: &AppState,
    request: ReportRequest,
    body: ReportBody,
    (channel, filed_by): (Channel, Option<String>),
    headers: &HeaderMap,
) -> Result<Incoming, ApiError> {
    let joins = request.same_as.map(IncidentId::from_uuid);
    let insist = Insist::OnWordsOrFiles(body.files.len());
    let told = request
        .draft()
        .check(
            state.reception.services(),
            Names::API,
            insist,
            Timestamp::now(),
        )
        .map_err(fields)?;
    Ok(Incoming {
        told,
        files: body.files,
        channel,
        filed_by,
        key: key(headers)?,
        joins,
        body_sha256: body.sha256,
    })
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > 128 {
        return Err(ApiError::InvalidFields(vec![FieldProblemView::of_word(
            "Idempotency-Key",
            "too_long",
        )]));
    }
    Ok(Some(text.to_owned()))
}

/// A report as its reporter follows it.
#[utoipa::path(
    get, path = "/api/v1/public/reports/{code}", tag = "citizens", operation_id = "followReport",
    params(("code" = String, Path, description = "The code that the reporter was told")),
    responses(
        (status = 200, body = FollowedView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn follow(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    PathOf(code): PathOf<String>,
) -> Result<Json<FollowedView>, ApiError> {
    let report = of_code(&state, address, &code).await?;
    followed(&state, report, &headers).await
}

/// Rates the outcome.
#[utoipa::path(
    post, path = "/api/v1/public/reports/{code}/rating", tag = "citizens", operation_id = "rateReport",
    params(("code" = String, Path, description = "The code")),
    request_body = RatingRequest,
    responses(
        (status = 200, body = FollowedView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`report_not_over`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn rate(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    PathOf(code): PathOf<String>,
    JsonBody(request): JsonBody<RatingRequest>,
) -> Result<Json<FollowedView>, ApiError> {
    let report = of_code(&state, address, &code).await?;
    let note = words(
        request.note.as_deref().unwrap_or_default(),
        MAX_NOTE,
        "note",
    )?;
    let note = (!note.is_empty()).then_some(note);
    state
        .reception
        .rate(
            &report,
            request.rating.into(),
            note.as_deref(),
            Timestamp::now(),
        )
        .await?;
    let report = of_code(&state, address, &code).await?;
    followed(&state, report, &headers).await
}

/// Opens the report's incident again, within 14 days of its end, with a reason.
#[utoipa::path(
    post, path = "/api/v1/public/reports/{code}/reopen", tag = "citizens", operation_id = "reopenReport",
    params(("code" = String, Path, description = "The code")),
    request_body = ReopenRequest,
    responses(
        (status = 200, body = FollowedView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`transition_refused`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn reopen(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    PathOf(code): PathOf<String>,
    JsonBody(request): JsonBody<ReopenRequest>,
) -> Result<Json<FollowedView>, ApiError> {
    let report = of_code(&state, address, &code).await?;
    let note = words(&request.note, MAX_NOTE, "note")?;
    if note.is_empty() {
        return Err(ApiError::InvalidFields(vec![FieldProblemView::of_word(
            "note", "missing",
        )]));
    }
    state
        .reception
        .reopen(&report, request.reason.into(), &note, Timestamp::now())
        .await?;
    followed(&state, report, &headers).await
}

/// Takes a report back: its words, files and contact are erased.
#[utoipa::path(
    delete, path = "/api/v1/public/reports/{code}", tag = "citizens", operation_id = "withdrawReport",
    params(("code" = String, Path, description = "The code")),
    responses(
        (status = 204, description = "It was erased"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`report_held`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn withdraw(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    PathOf(code): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    let report = of_code(&state, address, &code).await?;
    state.reception.withdraw(&report, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A file of a report, for its reporter.
#[utoipa::path(
    get, path = "/api/v1/public/reports/{code}/files/{file_id}", tag = "citizens", operation_id = "getReportFile",
    params(
        ("code" = String, Path, description = "The code"),
        ("file_id" = Uuid, Path, description = "The file"),
    ),
    responses(
        (status = 200, description = "All bytes", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_reports`", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(in crate::http) async fn file(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    PathOf((code, file)): PathOf<(String, Uuid)>,
) -> Result<Response, ApiError> {
    let report = of_code(&state, address, &code).await?;
    stored_file::of_report(&state, &report.id, file).await
}

async fn of_code(
    state: &AppState,
    address: std::net::IpAddr,
    code: &str,
) -> Result<citizen_report::Model, ApiError> {
    looked(state, address)?;
    let code: FollowCode = code.parse().map_err(|_| ApiError::NotFound)?;
    Ok(state.reception.by_code(&code).await?)
}

async fn followed(
    state: &AppState,
    report: citizen_report::Model,
    headers: &HeaderMap,
) -> Result<Json<FollowedView>, ApiError> {
    let followed = state.reception.followed(report).await?;
    let services = state.reception.services();
    let view = FollowedView::new(followed, services, Language::of(headers))?;
    Ok(Json(view))
}

fn looked(state: &AppState, address: std::net::IpAddr) -> Result<(), ApiError> {
    state
        .report_limiter
        .look(address, Instant::now())
        .map_err(|too_many| limited("look", &too_many))
}

fn limited(what: &'static str, too_many: &crate::people::limiter::TooMany) -> ApiError {
    metrics::counter!(CITIZEN_LIMITS, "what" => what).increment(1);
    ApiError::TooManyReports {
        retry_after: too_many.retry_after,
    }
}

/// Faults as the API tells them.
pub(in crate::http) fn fields(faults: Vec<citizens::Fault>) -> ApiError {
    let view =
        |fault: citizens::Fault| FieldProblemView::of_word(&fault.field, fault.problem.as_str());
    ApiError::InvalidFields(faults.into_iter().map(view).collect())
}

fn unknown(field: &str) -> ApiError {
    ApiError::InvalidFields(vec![FieldProblemView::of_word(field, "unknown")])
}

/// Free words of a person, trimmed.
pub(in crate::http) fn words(text: &str, most: usize, field: &str) -> Result<String, ApiError> {
    let text: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    if text.chars().count() > most {
        return Err(ApiError::InvalidFields(vec![FieldProblemView::of_word(
            field, "too_long",
        )]));
    }
    Ok(text)
}
