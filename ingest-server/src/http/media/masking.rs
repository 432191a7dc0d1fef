//! Who sees faces and plates: nobody by default. Pictures and clips are answered with their redacted
//! copy, unless the caller may unmask and says why.

use contract::v1::EvidenceId;
use jiff::Timestamp;

use crate::export;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::piece::Holder;
use crate::login::LiveSession;
use crate::people::access::Purpose;
use crate::people::{Right, audit};
use crate::store::entity::evidence;
use crate::store::{self, CopyKind, CopyState};

/// As what a piece is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Which copy; none for the original.
    pub(super) copy: Option<CopyKind>,
    /// Why it is not masked, where it is not.
    pub(super) purpose: Option<Purpose>,
}

/// Decides as what this caller sees the piece. Where the redacted copy is not there yet it is asked for.
pub(super) async fn look(
    state: &AppState,
    session: &LiveSession,
    (holder, piece): (Holder, &evidence::Model),
    (copy, purpose): (Option<CopyKind>, Option<Purpose>),
) -> Result<Look, ApiError> {
    if copy == Some(CopyKind::Redacted) || !shows_people(piece) {
        let purpose = None;
        return Ok(Look { copy, purpose });
    }
    if purpose.is_some() {
        if session.may(Right::Unmask) {
            return Ok(Look { copy, purpose });
        }
        audit::denied(&session.account.username, "unmask");
        return Err(ApiError::NotAllowed);
    }
    masked(state, session, (holder, piece)).await?;
    Ok(Look {
        copy: Some(CopyKind::Redacted),
        purpose: None,
    })
}

fn shows_people(piece: &evidence::Model) -> bool {
    let mime = piece.mime.as_deref().unwrap_or_default();
    mime.starts_with("image/") || mime.starts_with("video/")
}

/// Passes where the redacted copy is made.
async fn masked(
    state: &AppState,
    session: &LiveSession,
    (holder, piece): (Holder, &evidence::Model),
) -> Result<(), ApiError> {
    if piece.state != "stored" {
        return Err(ApiError::NotFound);
    }
    let copy = store::derived_copy(&state.store, piece, CopyKind::Redacted).await?;
    match (copy, holder) {
        (Some(copy), _) if copy.state == CopyState::Made.as_str() => Ok(()),
        (Some(copy), _) => Err(ApiError::Masked(copy.reason.unwrap_or(copy.state))),
        (None, Holder::Incident(incident)) => {
            let id: EvidenceId = piece.id.parse().map_err(|_| ApiError::NotFound)?;
            let stores = (&state.store, &state.evidence);
            let which = (incident, id);
            export::ask_for_redaction(stores, &session.account, which, Timestamp::now()).await?;
            Err(ApiError::Masked(CopyState::Queued.as_str().to_owned()))
        }
        // Nobody redacts what commands bring: it is for whoever gave the command.
        (None, Holder::Command(_)) => Err(ApiError::Masked("no_redacted_copy".to_owned())),
    }
}
