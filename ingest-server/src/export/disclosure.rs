//! What leaves towards citizens or training: redacted copies, and nothing else.
//!
//! The only way out is [`disclose`], which finds the redacted copy of a piece or refuses. There is no
//! function that gives out an original or a viewing copy; a citizen's portal will be built on this one.

use contract::v1::EvidenceId;
use jiff::Timestamp;

use crate::custody::{Act, Detail};
use crate::evidence::EvidenceStore;
use crate::incident::IncidentId;
use crate::people::{Account, audit};
use crate::store::entity::{derived_copy, evidence};
use crate::store::{self, CopyKind, CopyState, CustodyEntry, Requeue, Store, StoreError};

/// Longest note, in characters.
const MAX_NOTE_CHARS: usize = 2_000;

/// For whom a redacted copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// A citizen: who reported it, or whom it concerns.
    Citizen,
    /// A collection of pictures that models are trained with.
    Training,
}

impl Recipient {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Training => "training",
        }
    }
}

/// Why nothing is given out.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// The incident has no such piece, or its bytes are not here.
    #[error("no such stored piece of this incident")]
    NotFound,
    /// It is neither a picture nor a clip.
    #[error("only pictures and clips have redacted copies")]
    NoPicture,
    /// There is no redacted copy.
    #[error("there is no redacted copy: {0}")]
    NoRedactedCopy(String),
    /// The note is too long.
    #[error("a note has at most {MAX_NOTE_CHARS} characters")]
    NoteTooLong,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Asks for a redacted copy; one that failed before is tried anew.
///
/// # Errors
/// [`DisclosureError::NotFound`], [`DisclosureError::NoPicture`].
pub async fn ask(
    (store, objects): (&Store, &EvidenceStore),
    who: &Account,
    (incident, id): (IncidentId, EvidenceId),
    now: Timestamp,
) -> Result<(), DisclosureError> {
    let piece = stored_piece(store, incident, id).await?;
    let mime = piece.mime.as_deref().unwrap_or_default();
    if !["image/", "video/"]
        .iter()
        .any(|sort| mime.starts_with(sort))
    {
        return Err(DisclosureError::NoPicture);
    }
    let tx = store.begin().await?;
    if !store::queue_copy(&tx, &piece, CopyKind::Redacted, Requeue::Failed, now).await? {
        return Ok(());
    }
    let entry = CustodyEntry {
        actor: who.username.to_string(),
        act: Act::Asked,
        copy: Some(CopyKind::Redacted),
        detail: Detail::default(),
    };
    store::append_custody(&tx, &piece, entry, now).await?;
    tx.commit().await?;
    objects.ring();
    audit::handled_copy(&who.username, incident, id, "ask");
    Ok(())
}

/// Gives out the redacted copy of a piece, and writes down to whom.
///
/// # Errors
/// [`DisclosureError::NoRedactedCopy`] with where it stands; [`DisclosureError::NotFound`],
/// [`DisclosureError::NoteTooLong`].
pub async fn disclose(
    store: &Store,
    who: &Account,
    (incident, id): (IncidentId, EvidenceId),
    (to, note): (Recipient, Option<String>),
    now: Timestamp,
) -> Result<derived_copy::Model, DisclosureError> {
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > MAX_NOTE_CHARS)
    {
        return Err(DisclosureError::NoteTooLong);
    }
    let piece = stored_piece(store, incident, id).await?;
    let tx = store.begin().await?;
    let copy = store::derived_copy(&tx, &piece, CopyKind::Redacted).await?;
    let copy = made(copy, &piece)?;
    let entry = CustodyEntry {
        actor: who.username.to_string(),
        act: Act::Disclosed,
        copy: Some(CopyKind::Redacted),
        detail: Detail {
            sha256: copy.sha256.clone(),
            derived_from: Some(copy.source_sha256.clone()),
            reason: Some(to.as_str().to_owned()),
            note,
            ..Detail::default()
        },
    };
    store::append_custody(&tx, &piece, entry, now).await?;
    tx.commit().await?;
    audit::handled_copy(&who.username, incident, id, "disclose");
    Ok(copy)
}

/// The copy, where it is made and of these very bytes.
fn made(
    copy: Option<derived_copy::Model>,
    piece: &evidence::Model,
) -> Result<derived_copy::Model, DisclosureError> {
    let copy =
        copy.ok_or_else(|| DisclosureError::NoRedactedCopy("nobody asked for it".to_owned()))?;
    if copy.state != CopyState::Made.as_str() {
        let reason = copy.reason.unwrap_or(copy.state);
        return Err(DisclosureError::NoRedactedCopy(reason));
    }
    if piece.sha256.as_deref() != Some(copy.source_sha256.as_str()) {
        return Err(DisclosureError::NoRedactedCopy("source_altered".to_owned()));
    }
    Ok(copy)
}

async fn stored_piece(
    store: &Store,
    incident: IncidentId,
    id: EvidenceId,
) -> Result<evidence::Model, DisclosureError> {
    let piece = store::evidence_piece_of_incident(store, incident, id).await?;
    piece
        .filter(|piece| piece.state == "stored")
        .ok_or(DisclosureError::NotFound)
}
