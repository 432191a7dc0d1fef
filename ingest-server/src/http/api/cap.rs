//! Alerts as Common Alerting Protocol messages: the feed of a target, each message in it, and what the target's system
//! sends back.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use contract::v1::DeliveryId;
use jiff::Timestamp;
use notice::atom::FEED_MEDIA_TYPE;
use notice::cap::{MAX_ACK_BYTES, MEDIA_TYPE};
use uuid::Uuid;

use super::deliveries::bearer;
use crate::dispatch::{CapPart, SIGNATURE_HEADER};
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::PathOf;
use crate::http::views::{AckAnswer, CapAckAnswer};

/// The newest alerts for a target as an Atom feed.
#[utoipa::path(
    get, path = "/api/v1/cap/{target}", tag = "dispatch", operation_id = "getCapFeed",
    params(("target" = String, Path, description = "The target")),
    responses(
        (status = 200, description = "An Atom feed", content((String = "application/atom+xml"))),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("feed_token" = []))
)]
pub(in crate::http) async fn feed(
    State(state): State<AppState>,
    PathOf(target): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    may_read_feed(&state, &target, &headers)?;
    let feed = state.dispatch.feed(&target, Timestamp::now()).await?;
    Ok(xml(FEED_MEDIA_TYPE, feed))
}

/// One alert of a feed.
#[utoipa::path(
    get, path = "/api/v1/cap/{target}/{id}", tag = "dispatch", operation_id = "getCapMessage",
    params(
        ("target" = String, Path, description = "The target"),
        ("id" = Uuid, Path, description = "The message")
    ),
    responses(
        (status = 200, description = "A CAP 1.2 message", content((String = "application/cap+xml"))),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("feed_token" = []))
)]
pub(in crate::http) async fn cap_message(
    State(state): State<AppState>,
    PathOf((target, id)): PathOf<(String, Uuid)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    cap_part(&state, (&target, id), &headers, CapPart::Message).await
}

/// What the unit answered to an alert of a feed.
#[utoipa::path(
    get, path = "/api/v1/cap/{target}/{id}/ack", tag = "dispatch", operation_id = "getCapAck",
    params(
        ("target" = String, Path, description = "The target"),
        ("id" = Uuid, Path, description = "The message")
    ),
    responses(
        (status = 200, description = "A CAP 1.2 message of type Ack", content((String = "application/cap+xml"))),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("feed_token" = []))
)]
pub(in crate::http) async fn cap_ack(
    State(state): State<AppState>,
    PathOf((target, id)): PathOf<(String, Uuid)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    cap_part(&state, (&target, id), &headers, CapPart::Ack).await
}

async fn cap_part(
    state: &AppState,
    (target, id): (&str, Uuid),
    headers: &HeaderMap,
    part: CapPart,
) -> Result<Response, ApiError> {
    may_read_feed(state, target, headers)?;
    let id = DeliveryId::from_uuid(id);
    let text = state.dispatch.cap_message(target, id, part).await?;
    Ok(xml(MEDIA_TYPE, text))
}

/// What a unit's system answers to alerts: a CAP 1.2 message of type Ack, which names them in its `references`. The
/// reader of a feed shows its token; who gets alerts as requests signs the body as it gets them signed
/// (`Vong-Signature`).
#[utoipa::path(
    post, path = "/api/v1/cap/{target}/acks", tag = "dispatch", operation_id = "postCapAck",
    params(
        ("target" = String, Path, description = "The target that the alerts went to"),
        ("Vong-Signature" = Option<String>, Header, description = "`t=SECONDS,v1=HEX`, in place of the feed's token")
    ),
    request_body(content = String, content_type = "application/cap+xml"),
    responses(
        (status = 200, body = CapAckAnswer),
        (status = 400, description = "`invalid_request`: no CAP message", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "None of the messages that it names went to this target", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields` names the element", body = Problem, content_type = "application/problem+json"),
    ),
    security(("feed_token" = []))
)]
pub(in crate::http) async fn take_ack(
    State(state): State<AppState>,
    PathOf(target): PathOf<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<CapAckAnswer>, ApiError> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge,
        _ => ApiError::InvalidRequest(rejection.body_text()),
    })?;
    let now = Timestamp::now();
    if !may_answer(&state, &target, &headers, &body, now) {
        return Err(ApiError::TokenInvalid);
    }
    if !is_xml(&headers) {
        return Err(ApiError::UnsupportedMediaType);
    }
    if body.len() > MAX_ACK_BYTES {
        return Err(ApiError::BodyTooLarge);
    }
    let taken = state.dispatch.take_cap_ack(&target, &body, now).await?;
    let acknowledged = taken
        .into_iter()
        .map(|(delivery, first)| AckAnswer {
            delivery: delivery.as_uuid(),
            first,
        })
        .collect();
    Ok(Json(CapAckAnswer { acknowledged }))
}

/// Whether who sends this is the target's system.
fn may_answer(
    state: &AppState,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> bool {
    let signed = headers.get(SIGNATURE_HEADER).map(HeaderValue::to_str);
    match signed {
        Some(Ok(signed)) => state.dispatch.signature_fits(target, signed, body, now),
        Some(Err(_)) => false,
        None => may_read_feed(state, target, headers).is_ok(),
    }
}

fn is_xml(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    [MEDIA_TYPE, "application/xml", "text/xml"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known))
}

fn may_read_feed(state: &AppState, target: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    // A feed that is not there is told like a wrong token: nobody learns the names of targets.
    let shown = bearer(headers).ok_or(ApiError::TokenInvalid)?;
    if state.dispatch.feed_token_fits(target, shown) {
        Ok(())
    } else {
        Err(ApiError::TokenInvalid)
    }
}

fn xml(media_type: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
