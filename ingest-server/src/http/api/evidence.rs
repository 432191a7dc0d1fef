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
use crate::http::extract::{CurrentUser, JsonBody, OnIncident, PathOf};
use crate::http::piece::{Holder, PieceName};
use crate::http::scope;
use crate::http::views::{CopyView, CustodyLog, DisclosureRequest, EvidenceView};
use crate::people::Right;
use crate::store::{self, CopyKind};

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
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn custody(
    on: OnIncident,
    PathOf(name): PathOf<PieceName>,
) -> Result<Json<CustodyLog>, ApiError> {
    log_of(&on.state, Holder::Incident(on.id), name.evidence_id).await
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
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn custody_of_command(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf((command, piece)): PathOf<(Uuid, Uuid)>,
) -> Result<Json<CustodyLog>, ApiError> {
    let command = CommandId::from_uuid(command);
    scope::command(&state, &session, command).await?;
    log_of(&state, Holder::Command(command), piece).await
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
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn redact(
    on: OnIncident,
    PathOf(name): PathOf<PieceName>,
) -> Result<(StatusCode, Json<EvidenceView>), ApiError> {
    let (state, holder) = (&on.state, Holder::Incident(on.id));
    let piece = name.evidence_id;
    let which = (on.id, EvidenceId::from_uuid(piece));
    let stores = (&state.store, &state.evidence);
    export::ask_for_redaction(stores, &on.session.account, which, Timestamp::now()).await?;
    let row = holder.piece(state, piece).await?;
    let copies = store::copies_of(&state.store, [row.event_id.clone()]).await?;
    let mut view = EvidenceView::new(&holder.path(), row, &copies)?;
    if on.session.may(Right::Unmask) {
        view.for_review();
    }
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Gives the redacted copy out, to a citizen or for training, and writes it down. Nothing else of a
/// piece can be given out so.
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
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn disclose(
    on: OnIncident,
    PathOf(name): PathOf<PieceName>,
    JsonBody(request): JsonBody<DisclosureRequest>,
) -> Result<(StatusCode, Json<CopyView>), ApiError> {
    let which = (on.id, EvidenceId::from_uuid(name.evidence_id));
    let how = (request.to.into(), request.note);
    let (store, who) = (&on.state.store, &on.session.account);
    let copy = export::disclose(store, who, which, how, Timestamp::now()).await?;
    let path = format!(
        "{}/evidence/{}",
        Holder::Incident(on.id).path(),
        name.evidence_id
    );
    let view = CopyView::new(&path, CopyKind::Redacted, &copy)?;
    Ok((StatusCode::CREATED, Json(view)))
}

async fn log_of(
    state: &AppState,
    holder: Holder,
    piece: Uuid,
) -> Result<Json<CustodyLog>, ApiError> {
    let piece = holder.piece(state, piece).await?;
    let entries = store::custody_of_piece(&state.store, &piece).await?;
    Ok(Json(CustodyLog::new(&piece, entries)?))
}
