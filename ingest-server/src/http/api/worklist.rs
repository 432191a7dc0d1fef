//! Many incidents at once: one step for all of them, and what is overdue.

use axum::Json;
use axum::extract::State;
use casework::people::Actor;
use casework::unit::UnitId;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::casework::{carry_out, note};
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, QueryOf};
use crate::http::said::Said;
use crate::http::scope::{self, Sight};
use crate::http::views::{
    BulkAnswer, BulkOutcome, BulkRequest, OverdueList, OverdueUnitView, summary,
};
use crate::incident::IncidentId;
use crate::review::{Verb, check_seen};
use crate::store;

/// Most incidents of one request.
const MOST: usize = 200;

/// Takes one step with many incidents, each on its own: what is refused for one is told, and the others go on.
#[utoipa::path(
    post, path = "/api/v1/bulk/steps", tag = "casework", operation_id = "takeSteps",
    request_body = BulkRequest,
    responses(
        (status = 200, body = BulkAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`, `not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn steps(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    JsonBody(request): JsonBody<BulkRequest>,
) -> Result<Json<BulkAnswer>, ApiError> {
    if !(1..=MOST).contains(&request.items.len()) {
        return Err(ApiError::Invalid(Said::out_of_range("items", 1, MOST)));
    }
    let action = request.step.action()?;
    let note = note(request.step.note.as_deref())?;
    let mut items = Vec::with_capacity(request.items.len());
    for item in request.items {
        let verb = Verb {
            incident: IncidentId::from_uuid(item.id),
            version: item.version,
            action: action.clone(),
            note: note.clone(),
        };
        let done = match scope::incident(&state, &session, verb.incident).await {
            Ok(_) => carry_out(&state, &session.account, verb).await,
            Err(error) => Err(error),
        };
        items.push(match done {
            Ok(version) => BulkOutcome {
                id: item.id,
                version: Some(version),
                code: None,
                reason: None,
            },
            // What the client cannot help ends the request: the store is away.
            Err(error @ ApiError::Internal(_)) => return Err(error),
            Err(error) => BulkOutcome {
                id: item.id,
                version: None,
                code: Some(error.code()),
                reason: error.reason(),
            },
        });
    }
    Ok(Json(BulkAnswer { items }))
}

/// Of which units.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct OverdueQuery {
    /// This unit and those below it; all where absent.
    #[serde(default)]
    unit: Option<String>,
}

/// Incidents of which a stage is overdue, those that wait longest first, 200 at most, and how many each unit has.
#[utoipa::path(
    get, path = "/api/v1/overdue", tag = "casework", operation_id = "listOverdue",
    params(OverdueQuery),
    responses(
        (status = 200, body = OverdueList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn overdue(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    QueryOf(query): QueryOf<OverdueQuery>,
) -> Result<Json<OverdueList>, ApiError> {
    let at = Timestamp::now();
    let office = state.offices.in_force(&state.store).await?;
    let person = session.account.person();
    let within = |above: &UnitId| {
        let tree = &office.policy.units;
        tree.iter()
            .filter(|unit| tree.is_within(&unit.id, above))
            .map(|unit| unit.id.to_string())
            .collect::<Vec<_>>()
    };
    let asked = match &query.unit {
        None => None,
        Some(text) => Some(UnitId::new(text).map_err(|_| ApiError::Invalid(Said::new("no_unit")))?),
    };
    // Who acts for a unit sees that unit's; the centre sees all.
    let units = match (&asked, &person.unit) {
        (Some(unit), _) => within(unit),
        (None, Some(own)) => within(own),
        (None, None) => Vec::new(),
    };
    let nothing_fits = units.is_empty() && (asked.is_some() || person.role.is_unit());
    let rows = match nothing_fits {
        true => Vec::new(),
        false => store::overdue(&state.store, at, &units, MOST as u64).await?,
    };
    let who = Actor::Person(person.clone());
    let sight = Sight::of(&state, &session).await?;
    let mut items = Vec::new();
    for row in rows {
        if check_seen(&row, &office, &who).is_ok() && sight.has(&row)? {
            items.push(summary(row, &[])?);
        }
    }
    // Counts are of the whole city: whoever sees a part of it is told none.
    let counted = match person.role.is_unit() || !sight.is_whole() {
        true => Vec::new(),
        false => store::overdue_by_unit(&state.store, at).await?,
    };
    let units = counted
        .into_iter()
        .map(|(unit, count)| OverdueUnitView { unit, count })
        .collect();
    Ok(Json(OverdueList { at, items, units }))
}
