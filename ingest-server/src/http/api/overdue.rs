//! Lists of a month: what units let become overdue, as JSON, as text and as a table; and the lists that were sent.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use casework::overdue::Month;
use casework::people::Actor;
use casework::unit::UnitId;
use contract::v1::{DeliveryId, UnitOverdue};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::dispatch::{Listing, Overdue, overdue_in};
use crate::http::AppState;
use crate::http::catalogue::Language;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, PathOf, QueryOf};
use crate::http::said::Said;
use crate::http::scope::Sight;
use crate::http::views::{LetterList, LetterView, OverdueItemView, OverdueMonthView};
use crate::login::LiveSession;
use crate::office::Office;
use crate::people::audit;
use crate::review::check_seen;
use crate::store;

/// Most letters listed.
const MOST_LETTERS: u64 = 200;

/// How a list is answered.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum ListFormat {
    /// JSON, with the text in it.
    #[default]
    Json,
    /// A table, RFC 4180 in UTF-8.
    Csv,
    /// As people read it.
    Text,
}

/// Which list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ListQuery {
    /// This unit and those below it; where absent the caller's own, or all.
    #[serde(default)]
    unit: Option<String>,
    /// The month, `YYYY-MM`; this one, as far as it has come, where absent.
    #[serde(default)]
    #[param(example = "2026-10")]
    month: Option<String>,
    /// How it is answered.
    #[serde(default)]
    #[param(inline)]
    format: ListFormat,
}

/// What became overdue in a month, or was before and was not done when it began: stages that are a unit's to do.
#[utoipa::path(
    get, path = "/api/v1/overdue-list", tag = "casework", operation_id = "getOverdueList",
    params(ListQuery),
    responses(
        (status = 200, description = "The list", content(
            (OverdueMonthView = "application/json"),
            (String = "text/csv"),
            (String = "text/plain"),
        )),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No unit of the caller's", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let office = state.offices.in_force(&state.store).await?;
    let unit = unit_of(&session, &office, query.unit.as_deref())?;
    let zone = office.policy.zone.clone();
    let month = match &query.month {
        None => Month::at(Timestamp::now(), &zone),
        Some(text) => text
            .parse()
            .map_err(|_| ApiError::Invalid(Said::new("no_month")))?,
    };
    let found = overdue_in(&state.store, &office, unit.as_ref(), month).await?;
    let items = seen(&state, &session, &office, found).await?;
    let listing = Listing {
        language: Language::of(&headers),
        unit: unit.as_ref().map(UnitId::as_str),
        month,
        items: &items,
        zone,
    };
    Ok(match query.format {
        ListFormat::Json => Json(OverdueMonthView {
            unit: unit.as_ref().map(ToString::to_string),
            month: month.to_string(),
            text: listing.text(),
            items: items.iter().map(OverdueItemView::from).collect(),
        })
        .into_response(),
        ListFormat::Csv => table(&listing),
        ListFormat::Text => plain("text/plain; charset=utf-8", listing.text()),
    })
}

/// The unit whose list is asked for: a unit's own where it names none, and none that is not below it.
fn unit_of(
    session: &LiveSession,
    office: &Office,
    asked: Option<&str>,
) -> Result<Option<UnitId>, ApiError> {
    let person = session.account.person();
    let asked = match asked {
        None => None,
        Some(text) => Some(UnitId::new(text).map_err(|_| ApiError::Invalid(Said::new("no_unit")))?),
    };
    if !person.role.is_unit() {
        return Ok(asked);
    }
    let own = person.unit.ok_or(ApiError::NotFound)?;
    let asked = asked.unwrap_or_else(|| own.clone());
    match office.policy.units.is_within(&asked, &own) {
        true => Ok(Some(asked)),
        false => Err(ApiError::NotFound),
    }
}

/// What lies outside of somebody's scope is left out.
async fn seen(
    state: &AppState,
    session: &LiveSession,
    office: &Office,
    found: Vec<Overdue>,
) -> Result<Vec<UnitOverdue>, ApiError> {
    let who = Actor::Person(session.account.person());
    let sight = Sight::of(state, session).await?;
    let mut items = Vec::new();
    for one in found {
        if check_seen(&one.incident, office, &who).is_ok() && sight.has(&one.incident)? {
            items.extend(one.item());
        }
    }
    Ok(items)
}

fn table(listing: &Listing<'_>) -> Response {
    let mut response = plain("text/csv; charset=utf-8", listing.csv());
    let name = format!("attachment; filename=\"{}\"", listing.file_name());
    if let Ok(name) = HeaderValue::from_str(&name) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn plain(media_type: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The newest monthly lists that units were sent, 200 at most, newest first.
#[utoipa::path(
    get, path = "/api/v1/overdue-letters", tag = "dispatch", operation_id = "listOverdueLetters",
    responses(
        (status = 200, body = LetterList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn letters(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
) -> Result<Json<LetterList>, ApiError> {
    let office = state.offices.in_force(&state.store).await?;
    let letters = store::letters(&state.store, MOST_LETTERS).await?;
    let letters = letters
        .into_iter()
        .filter(|letter| is_theirs(&session, &office, letter))
        .map(LetterView::from);
    Ok(Json(LetterList {
        letters: letters.collect(),
    }))
}

/// Whoever acts for a unit sees what was sent to that unit and to those below it.
fn is_theirs(session: &LiveSession, office: &Office, letter: &store::Letter) -> bool {
    unit_of(session, office, Some(letter.unit.as_str())).is_ok()
}

/// Sends a monthly list again that is a dead letter, or that was sent and did not reach whom it should.
#[utoipa::path(
    post, path = "/api/v1/overdue-letters/{id}/replay", tag = "dispatch", operation_id = "replayOverdueLetter",
    params(("id" = Uuid, Path, description = "The list")),
    responses(
        (status = 200, body = LetterView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`delivery_not_replayable`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn replay_letter(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
) -> Result<Json<LetterView>, ApiError> {
    let id = DeliveryId::from_uuid(id);
    let office = state.offices.in_force(&state.store).await?;
    let letter = store::letter(&state.store, id).await?;
    let letter = letter.filter(|letter| is_theirs(&session, &office, letter));
    letter.ok_or(ApiError::NotFound)?;
    let queued = state.dispatch.replay_letter(id, Timestamp::now()).await?;
    audit::replayed_letter(&session.account.username, id);
    Ok(Json(queued.into()))
}
