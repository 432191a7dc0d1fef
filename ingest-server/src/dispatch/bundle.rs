//! What is said of a released bundle: which of its pictures have a redacted copy. They are asked for
//! here, and waited for.

use contract::v1::EventId;
use jiff::{SignedDuration, Timestamp};
use notice::facts::BundleFacts;

use crate::custody::{Act, Detail};
use crate::store::entity::evidence;
use crate::store::{self, CopyKind, CopyState, CustodyEntry, Requeue, StoreError, Tx};

/// Who asks for copies.
const ACTOR: &str = "dispatch";
/// How long copies are waited for; then the bundle goes without those that are missing, and says so.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// Where the copies of a bundle stand.
pub(super) enum Readiness {
    /// All are made, or given up.
    Ready(BundleFacts),
    /// Some are being made.
    Soon,
}

/// Asks for what was not asked for, and says where the copies of an event stand. `asked` counts the
/// copies that were put into the queue.
pub(super) async fn readiness(
    tx: &Tx,
    event: EventId,
    (since, now): (Timestamp, Timestamp),
) -> Result<(Readiness, usize), StoreError> {
    let patient = now.duration_since(since) < PATIENCE;
    let (mut redacted, mut not_redacted, mut waits, mut asked) = (vec![], vec![], false, 0);
    let pieces = store::evidence_of_event(tx, &event).await?;
    for piece in pieces.iter().filter(|piece| is_picture(piece)) {
        match store::derived_copy(tx, piece, CopyKind::Redacted).await? {
            Some(copy) if copy.state == CopyState::Made.as_str() => redacted.push(piece.id.clone()),
            Some(copy) if copy.state == CopyState::Failed.as_str() => {
                not_redacted.push(piece.id.clone());
            }
            Some(_) if patient => waits = true,
            Some(_) => not_redacted.push(piece.id.clone()),
            None => {
                ask(tx, piece, now).await?;
                (waits, asked) = (true, asked + 1);
            }
        }
    }
    if waits {
        return Ok((Readiness::Soon, asked));
    }
    let facts = BundleFacts {
        event,
        proposed_offence: store::proposed_offence(tx, &event).await?,
        redacted,
        not_redacted,
    };
    Ok((Readiness::Ready(facts), asked))
}

fn is_picture(piece: &evidence::Model) -> bool {
    let mime = piece.mime.as_deref().unwrap_or_default();
    piece.state == "stored" && (mime.starts_with("image/") || mime.starts_with("video/"))
}

async fn ask(tx: &Tx, piece: &evidence::Model, now: Timestamp) -> Result<(), StoreError> {
    store::queue_copy(tx, piece, CopyKind::Redacted, Requeue::Never, now).await?;
    let entry = CustodyEntry {
        actor: ACTOR.to_owned(),
        act: Act::Asked,
        copy: Some(CopyKind::Redacted),
        detail: Detail::default(),
    };
    store::append_custody(tx, piece, entry, now).await
}
