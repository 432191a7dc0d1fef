//! What units were told: per incident, dead letters, replay; what a unit does with a message's token:
//! acknowledge, fetch its bundle and redacted copies. Feeds of alerts stand in [`super::cap`].

use axum::Json;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use contract::v1::{DeliveryId, EventId, EvidenceId, MAX_UNIT_NOTE_CHARS, UnitAck};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::bundles;
use crate::custody::{Act, Detail};
use crate::export;
use crate::http::AppState;
use crate::http::catalogue::{self, Language};
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, OnIncident, PathOf, QueryOf};
use crate::http::said::Said;
use crate::http::scope;
use crate::http::views::{AckAnswer, AckRequest, DeliveryList, DeliveryStateWord, DeliveryView};
use crate::incident::IncidentId;
use crate::people::audit;
use crate::store::{self, CopyKind, CopyState, CustodyEntry, Delivery};

/// Messages listed where the client names no number.
const DEFAULT_LIMIT: u64 = 50;
/// Most messages listed.
const MAX_LIMIT: u64 = 200;

/// What units were told of an incident, oldest first.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/deliveries", tag = "dispatch", operation_id = "listDeliveries",
    params(("id" = Uuid, Path, description = "The incident")),
    responses(
        (status = 200, body = DeliveryList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn of_incident(on: OnIncident) -> Result<Json<DeliveryList>, ApiError> {
    let (state, _, id) = on.into_parts();
    let deliveries = store::deliveries_of_incident(&state.store, id).await?;
    Ok(Json(list(&state, deliveries)))
}

/// Which messages to list.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct DeliveryQuery {
    /// In which state; dead letters where absent.
    #[serde(default)]
    state: DeliveryStateWord,
    /// Most of them: 1 to 200, 50 where absent.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// The newest messages in one state, newest first.
#[utoipa::path(
    get, path = "/api/v1/deliveries", tag = "dispatch", operation_id = "listDeliveriesByState",
    params(DeliveryQuery),
    responses(
        (status = 200, body = DeliveryList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn by_state(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    QueryOf(query): QueryOf<DeliveryQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let most = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&most) {
        return Err(ApiError::Invalid(Said::out_of_range("limit", 1, MAX_LIMIT)));
    }
    let found = store::deliveries_in_state(&state.store, query.state.into(), most).await?;
    let mut seen = Vec::with_capacity(found.len());
    for delivery in found {
        // What lies outside of somebody's scope is left out, not told as refused.
        match scope::incident(&state, &session, delivery.incident).await {
            Ok(_) => seen.push(delivery),
            Err(ApiError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Json(list(&state, seen)))
}

fn list(state: &AppState, deliveries: Vec<Delivery>) -> DeliveryList {
    let deliveries = deliveries
        .into_iter()
        .map(|delivery| DeliveryView::new(delivery, state.dispatch.targets()))
        .collect();
    DeliveryList { deliveries }
}

/// Sends a dead letter, or a message that was sent and not acknowledged, again.
#[utoipa::path(
    post, path = "/api/v1/deliveries/{id}/replay", tag = "dispatch", operation_id = "replayDelivery",
    params(("id" = Uuid, Path, description = "The message")),
    responses(
        (status = 200, body = DeliveryView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`delivery_not_replayable`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn replay(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
) -> Result<Json<DeliveryView>, ApiError> {
    let id = DeliveryId::from_uuid(id);
    let delivery = store::delivery(&state.store, id).await?;
    let delivery = delivery.ok_or(ApiError::NotFound)?;
    scope::incident(&state, &session, delivery.incident).await?;
    let before = state.dispatch.replay(id, Timestamp::now()).await?;
    audit::handled_delivery(&session.account.username, before.incident, id, "replay");
    view_of(&state, id).await
}

/// Writes that a unit has a message, for an operator who heard it by phone.
#[utoipa::path(
    post, path = "/api/v1/deliveries/{id}/acknowledge", tag = "dispatch", operation_id = "acknowledgeDelivery",
    params(("id" = Uuid, Path, description = "The message")),
    request_body = AckRequest,
    responses(
        (status = 200, body = DeliveryView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn acknowledge(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
    JsonBody(request): JsonBody<AckRequest>,
) -> Result<Json<DeliveryView>, ApiError> {
    let id = DeliveryId::from_uuid(id);
    let user = &session.account.username;
    let said = checked(id, request)?;
    let delivery = store::delivery(&state.store, id).await?;
    let delivery = delivery.ok_or(ApiError::NotFound)?;
    scope::incident(&state, &session, delivery.incident).await?;
    let by = match &said.by {
        Some(by) => format!("{by} ({user})"),
        None => user.to_string(),
    };
    state
        .dispatch
        .acknowledge(&said, &by, Timestamp::now())
        .await?;
    let view = view_of(&state, id).await?;
    let incident = IncidentId::from_uuid(view.incident_id);
    audit::handled_delivery(user, incident, id, "acknowledge");
    Ok(view)
}

async fn view_of(state: &AppState, id: DeliveryId) -> Result<Json<DeliveryView>, ApiError> {
    let delivery = store::delivery(&state.store, id).await?;
    let delivery = delivery.ok_or(ApiError::NotFound)?;
    let targets = state.dispatch.targets();
    Ok(Json(DeliveryView::new(delivery, targets)))
}

fn checked(delivery: DeliveryId, request: AckRequest) -> Result<UnitAck, ApiError> {
    let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let ack = UnitAck {
        delivery,
        by: said(request.by),
        note: said(request.note),
    };
    if ack.is_valid() {
        Ok(ack)
    } else {
        Err(ApiError::Invalid(note_too_long()))
    }
}

fn note_too_long() -> Said {
    Said::new("note_too_long").with("most", MAX_UNIT_NOTE_CHARS)
}

/// The token where a client cannot set a header: a link in an e-mail.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct TokenQuery {
    /// The message's token, where no `Authorization` header carries it.
    #[serde(default)]
    token: Option<String>,
}

/// The bearer of a message's token.
fn entitled(
    state: &AppState,
    id: DeliveryId,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<(), ApiError> {
    let shown = bearer(headers).or(query).ok_or(ApiError::TokenInvalid)?;
    if state.dispatch.token_fits(id, shown) {
        Ok(())
    } else {
        Err(ApiError::TokenInvalid)
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

/// A unit's system says that it has a message.
#[utoipa::path(
    post, path = "/api/v1/deliveries/{id}/ack", tag = "dispatch", operation_id = "ackDelivery",
    params(("id" = Uuid, Path, description = "The message")),
    request_body = AckRequest,
    responses(
        (status = 200, body = AckAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("delivery_token" = []))
)]
pub(in crate::http) async fn ack(
    State(state): State<AppState>,
    PathOf(id): PathOf<Uuid>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<AckRequest>,
) -> Result<Json<AckAnswer>, ApiError> {
    let id = DeliveryId::from_uuid(id);
    entitled(&state, id, &headers, None)?;
    let said = checked(id, request)?;
    let acknowledged = by_unit(&state, &said).await?;
    Ok(Json(AckAnswer {
        delivery: id.as_uuid(),
        first: acknowledged,
    }))
}

async fn by_unit(state: &AppState, said: &UnitAck) -> Result<bool, ApiError> {
    let delivery = store::delivery(&state.store, said.delivery).await?;
    let unit = delivery.ok_or(ApiError::NotFound)?.unit.to_string();
    let by = said.by.clone().unwrap_or(unit);
    let now = Timestamp::now();
    Ok(state.dispatch.acknowledge(said, &by, now).await?)
}

/// The page behind the link of an e-mail: a button, since programs that look for dangerous links open
/// them too.
#[utoipa::path(
    get, path = "/api/v1/deliveries/{id}/page", tag = "dispatch", operation_id = "showAckPage",
    params(("id" = Uuid, Path, description = "The message"), TokenQuery),
    responses(
        (status = 200, description = "A page with a button", content((String = "text/html"))),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("delivery_token" = []))
)]
pub(in crate::http) async fn page(
    State(state): State<AppState>,
    PathOf(id): PathOf<Uuid>,
    QueryOf(query): QueryOf<TokenQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = DeliveryId::from_uuid(id);
    entitled(&state, id, &headers, query.token.as_deref())?;
    let delivery = store::delivery(&state.store, id).await?;
    let delivery = delivery.ok_or(ApiError::NotFound)?;
    let language = Language::of(&headers);
    let text =
        |key: &str, values: &[(&str, &str)]| escaped(&catalogue::dispatch(language, key, values));
    let number = delivery.facts.number.to_string();
    let token = escaped(query.token.as_deref().unwrap_or_default());
    let form = format!(
        "<p>{}</p><form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <p><label>{} <input name=\"by\" maxlength=\"100\"></label></p>\
         <button>{}</button></form>",
        text("page_ask", &[("number", &number)]),
        text("page_name", &[]),
        text("page_button", &[]),
    );
    Ok(html(language, &form))
}

/// What the page's button sends.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct PageForm {
    /// The message's token.
    token: String,
    /// Who says so.
    #[serde(default)]
    by: String,
}

/// The page's button.
#[utoipa::path(
    post, path = "/api/v1/deliveries/{id}/page", tag = "dispatch", operation_id = "submitAckPage",
    params(("id" = Uuid, Path, description = "The message")),
    request_body(content = PageForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A page that says so", content((String = "text/html"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("delivery_token" = []))
)]
pub(in crate::http) async fn submit(
    State(state): State<AppState>,
    PathOf(id): PathOf<Uuid>,
    headers: HeaderMap,
    form: Result<Form<PageForm>, axum::extract::rejection::FormRejection>,
) -> Result<Response, ApiError> {
    let id = DeliveryId::from_uuid(id);
    let Form(form) = form.map_err(|rejection| ApiError::InvalidRequest(rejection.body_text()))?;
    entitled(&state, id, &headers, Some(&form.token))?;
    let request = AckRequest {
        by: Some(form.by),
        note: None,
    };
    let first = by_unit(&state, &checked(id, request)?).await?;
    let language = Language::of(&headers);
    let key = if first { "page_done" } else { "page_before" };
    let told = escaped(&catalogue::dispatch(language, key, &[]));
    Ok(html(language, &format!("<p>{told}</p>")))
}

fn html(language: Language, body: &str) -> Response {
    let title = escaped(&catalogue::dispatch(language, "page_title", &[]));
    let page = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1>{body}</html>\n",
        language.tag()
    );
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address holds the token: no other page learns it.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
    );
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The sealed bundle that a message was about.
#[utoipa::path(
    get, path = "/api/v1/deliveries/{id}/bundle", tag = "dispatch", operation_id = "getDeliveredBundle",
    params(("id" = Uuid, Path, description = "The message"), TokenQuery),
    responses(
        (status = 200, description = "The bundle", content((Vec<u8> = "application/zip"))),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bundle_unavailable` with the reason", body = Problem, content_type = "application/problem+json"),
    ),
    security(("delivery_token" = []))
)]
pub(in crate::http) async fn bundle(
    State(state): State<AppState>,
    PathOf(id): PathOf<Uuid>,
    QueryOf(query): QueryOf<TokenQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = DeliveryId::from_uuid(id);
    entitled(&state, id, &headers, query.token.as_deref())?;
    let (delivery, event) = released(&state, id).await?;
    let export = export::bundle(
        &state.store,
        &state.evidence,
        &state.key,
        delivery.incident,
        Some(event),
    )
    .await?;
    let who = reader(&delivery);
    export::note_delivery(&state.store, &export, &who, Timestamp::now()).await?;
    Ok(bundles::answer(state, export))
}

/// The redacted copy of one picture or film of a bundle that a message was about.
#[utoipa::path(
    get, path = "/api/v1/deliveries/{id}/redacted/{piece}", tag = "dispatch", operation_id = "getDeliveredCopy",
    params(
        ("id" = Uuid, Path, description = "The message"),
        ("piece" = Uuid, Path, description = "The piece of evidence"),
        TokenQuery
    ),
    responses(
        (status = 200, description = "The copy", content((Vec<u8> = "application/octet-stream"))),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("delivery_token" = []))
)]
pub(in crate::http) async fn redacted(
    State(state): State<AppState>,
    PathOf((id, piece)): PathOf<(Uuid, Uuid)>,
    QueryOf(query): QueryOf<TokenQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = DeliveryId::from_uuid(id);
    entitled(&state, id, &headers, query.token.as_deref())?;
    let (delivery, event) = released(&state, id).await?;
    let piece = EvidenceId::from_uuid(piece).to_string();
    let pieces = store::evidence_of_event(&state.store, &event).await?;
    let piece = pieces.into_iter().find(|one| one.id == piece);
    let piece = piece.ok_or(ApiError::NotFound)?;
    let tx = state.store.begin().await?;
    let copy = store::derived_copy(&tx, &piece, CopyKind::Redacted).await?;
    let copy = copy.filter(|copy| {
        copy.state == CopyState::Made.as_str()
            && piece.sha256.as_deref() == Some(copy.source_sha256.as_str())
    });
    let copy = copy.ok_or(ApiError::NotFound)?;
    let entry = CustodyEntry {
        actor: reader(&delivery),
        act: Act::Disclosed,
        copy: Some(CopyKind::Redacted),
        detail: Detail {
            sha256: copy.sha256.clone(),
            derived_from: Some(copy.source_sha256.clone()),
            ..Detail::default()
        },
    };
    store::append_custody(&tx, &piece, entry, Timestamp::now()).await?;
    tx.commit().await?;
    let (key, length) = (copy.object_key.unwrap_or_default(), copy.bytes);
    let length = length.map_or(0, i64::unsigned_abs);
    let bytes = state.evidence.read(&key, 0..length).await;
    let body = Body::from_stream(bytes.map_err(ApiError::internal)?);
    let mime = copy.mime.unwrap_or_default();
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(&mime) {
        headers.insert(header::CONTENT_TYPE, mime);
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A message about a released bundle, and the bundle's event.
async fn released(state: &AppState, id: DeliveryId) -> Result<(Delivery, EventId), ApiError> {
    let delivery = store::delivery(&state.store, id).await?;
    let delivery = delivery.ok_or(ApiError::NotFound)?;
    let event = delivery.facts.bundle.as_ref().map(|bundle| bundle.event);
    Ok((delivery, event.ok_or(ApiError::NotFound)?))
}

/// Who reads, in the custody log.
fn reader(delivery: &Delivery) -> String {
    format!("unit:{}", delivery.unit)
}
