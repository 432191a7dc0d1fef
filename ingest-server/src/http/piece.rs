//! Whose evidence a path names: an incident's or a command's. A piece is found through its holder
//! alone: an id of another names nothing.

use contract::v1::{CommandId, EvidenceId};
use serde::Deserialize;
use uuid::Uuid;

use super::AppState;
use super::error::ApiError;
use crate::incident::IncidentId;
use crate::people::{Username, audit};
use crate::store::entity::evidence;
use crate::store::{self, EvidenceOwner};

/// The piece that a path names.
#[derive(Debug, Deserialize)]
pub(super) struct PieceName {
    /// Its id.
    pub(super) evidence_id: Uuid,
}

/// Who has the evidence.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder {
    /// What an incident's cameras saw.
    Incident(IncidentId),
    /// What a command brought.
    Command(CommandId),
}

impl Holder {
    /// The piece of this holder.
    pub(super) async fn piece(
        self,
        state: &AppState,
        id: Uuid,
    ) -> Result<evidence::Model, ApiError> {
        let id = EvidenceId::from_uuid(id);
        let found = match self {
            Self::Incident(incident) => {
                store::evidence_piece_of_incident(&state.store, incident, id).await?
            }
            Self::Command(command) => {
                store::evidence_piece(&state.store, EvidenceOwner::Command(command), id).await?
            }
        };
        found.ok_or(ApiError::NotFound)
    }

    /// Where the holder is in the API.
    pub(super) fn path(self) -> String {
        match self {
            Self::Incident(id) => format!("/api/v1/incidents/{id}"),
            Self::Command(id) => format!("/api/v1/commands/{id}"),
        }
    }

    /// Tells the audit that somebody looked.
    pub(super) fn seen(self, who: &Username, piece: Uuid) {
        let piece = EvidenceId::from_uuid(piece);
        match self {
            Self::Incident(id) => audit::saw_evidence(who, id, piece),
            Self::Command(id) => audit::saw_answer(who, id, piece),
        }
    }
}
