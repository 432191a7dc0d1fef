//! What is done with a piece of evidence: its custody log, its redacted copy, its way out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::v1::{CommandId, EvidenceId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::export;
use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Administrator, CurrentUser, JsonBody, PathOf};
use crate::http::views::{CopyView, CustodyLog, DisclosureRequest, EvidenceView};
use crate::incident::IncidentId;
use crate::store::entity::evidence;
use crate::store::{self, CopyKind, EvidenceOwner};

/// Through whose hands a piece of evidence went, from its arrival on.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/evidence/{evidence_id}/custody", tag = "incidents",
    operation_id = "getCustody",
    params(
        ("id" = Uuid, Path, description = "The incident"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
    ),
    responses(
        (status = 200, body = CustodyLog),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(in crate::http) async fn custody(
    State(state): State<AppState>,
    _user: CurrentUser,
    PathOf((incident, piece)): PathOf<(Uuid, Uuid)>,
) -> Result<Json<CustodyLog>, ApiError> {
    let (_, piece) = piece_of(&state, incident, piece).await?;
    log_of(&state, &piece).await
}

/// Through whose hands what a command brought went.
#[utoipa::path(
    get, path = "/api/v1/commands/{id}/evidence/{evidence_id}/custody", tag = "orders",
    operation_id = "getCommandCustody",
    params(
        ("id" = Uuid, Path, description = "The command"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
    ),
    responses(
        (status = 200, body = CustodyLog),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(in crate::http) async fn custody_of_command(
    State(state): State<AppState>,
    _user: CurrentUser,
    PathOf((command, piece)): PathOf<(Uuid, Uuid)>,
) -> Result<Json<CustodyLog>, ApiError> {
    let owner = EvidenceOwner::Command(CommandId::from_uuid(command));
    let piece = store::evidence_piece(&state.store, owner, EvidenceId::from_uuid(piece)).await?;
    log_of(&state, &piece.ok_or(ApiError::NotFound)?).await
}

/// Asks for a redacted copy: everybody's head and every plate made unrecognisable but the reported
/// vehicle's. It is made in the background; one that failed before is tried anew.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/evidence/{evidence_id}/redaction", tag = "incidents",
    operation_id = "askForRedaction",
    params(
        ("id" = Uuid, Path, description = "The incident"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
    ),
    responses(
        (status = 202, description = "It is there, is being made, or waits: `redacted` says which", body = EvidenceView),
        (status = 400, description = "Neither a picture nor a clip", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn redact(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((incident, piece)): PathOf<(Uuid, Uuid)>,
) -> Result<(StatusCode, Json<EvidenceView>), ApiError> {
    let which = (
        IncidentId::from_uuid(incident),
        EvidenceId::from_uuid(piece),
    );
    let stores = (&state.store, &state.evidence);
    export::ask_for_redaction(stores, &session.account, which, Timestamp::now()).await?;
    let (place, row) = piece_of(&state, incident, piece).await?;
    let copies = store::copies_of(&state.store, [row.event_id.clone()]).await?;
    let view = EvidenceView::new(&place, row, &copies)?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Gives the redacted copy out, to a citizen or for training, and writes it down. Nothing else of a
/// piece can be given out so. Administrators only.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/evidence/{evidence_id}/disclosures", tag = "incidents",
    operation_id = "discloseEvidence",
    params(
        ("id" = Uuid, Path, description = "The incident"),
        ("evidence_id" = Uuid, Path, description = "The piece"),
    ),
    request_body = DisclosureRequest,
    responses(
        (status = 201, description = "The copy that may leave, and where it is", body = CopyView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`copy_unavailable`: there is no redacted copy", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn disclose(
    State(state): State<AppState>,
    Administrator(session): Administrator,
    PathOf((incident, piece)): PathOf<(Uuid, Uuid)>,
    JsonBody(request): JsonBody<DisclosureRequest>,
) -> Result<(StatusCode, Json<CopyView>), ApiError> {
    let id = IncidentId::from_uuid(incident);
    let which = (id, EvidenceId::from_uuid(piece));
    let how = (request.to.into(), request.note);
    let copy =
        export::disclose(&state.store, &session.account, which, how, Timestamp::now()).await?;
    let path = format!("/api/v1/incidents/{incident}/evidence/{piece}");
    let view = CopyView::new(&path, CopyKind::Redacted, &copy)?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// The path of the incident, and its piece.
async fn piece_of(
    state: &AppState,
    incident: Uuid,
    piece: Uuid,
) -> Result<(String, evidence::Model), ApiError> {
    let id = IncidentId::from_uuid(incident);
    let found =
        store::evidence_piece_of_incident(&state.store, id, EvidenceId::from_uuid(piece)).await?;
    let place = format!("/api/v1/incidents/{incident}");
    Ok((place, found.ok_or(ApiError::NotFound)?))
}

async fn log_of(state: &AppState, piece: &evidence::Model) -> Result<Json<CustodyLog>, ApiError> {
    let entries = store::custody_of_piece(&state.store, piece).await?;
    Ok(Json(CustodyLog::new(piece, entries)?))
}
