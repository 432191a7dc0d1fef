//! The operator's verbs: acknowledge, confirm, reject; merge, split, undo and answers to suggestions
//! stand in `merging`.
//!
//! A verb names the version it was decided on; where the incident has moved on, the person looks
//! again. The rules are `incident::lifecycle`'s; here they meet the store: one transaction writes
//! the state and the history, and the change is announced after its commit.
//!
//! What does not belong here: HTTP, rights to log in, what cameras say.

mod merging;

pub use merging::{Merging, MergingVerb};

use jiff::Timestamp;
use notice::Cause;

use crate::changes::{Change, ChangeBus};
use crate::incident::IncidentId;
use crate::incident::lifecycle::{Action, Refusal, transition};
use crate::people::{Account, audit};
use crate::store::{self, HistoryEntry, Store, StoreError};
use crate::telemetry::DECISIONS;

/// Most characters of a note.
pub const MAX_NOTE_CHARS: usize = 2_000;

/// A person's decision about an incident.
#[derive(Debug, Clone)]
pub struct Verb {
    /// Which one.
    pub incident: IncidentId,
    /// The version the person saw.
    pub version: i64,
    /// What is to be done.
    pub action: Action,
    /// Why, in the person's own words.
    pub note: Option<Note>,
}

/// A person's own words.
///
/// Invariant: 1 to [`MAX_NOTE_CHARS`] characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Takes a note as it was typed; an empty one is none.
    ///
    /// # Errors
    /// [`ReviewError::NoteTooLong`].
    pub fn new(text: &str) -> Result<Option<Self>, ReviewError> {
        let text = text.trim();
        if text.chars().count() > MAX_NOTE_CHARS {
            return Err(ReviewError::NoteTooLong);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }
}

/// Why a verb was not carried out. Nothing of it stands.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such incident.
    #[error("no such incident")]
    NotFound,
    /// The incident has moved on.
    #[error("the incident is at version {current} by now")]
    Stale {
        /// The version it stands at.
        current: i64,
    },
    /// The life cycle does not allow it.
    #[error("the transition was refused")]
    Refused(#[source] Refusal),
    /// Merging does not allow it.
    #[error("the merge was refused")]
    NotMerged(#[source] merge::casebook::Refusal),
    /// The suggestion was answered, or events overtook it.
    #[error("the suggestion no longer stands")]
    NoLongerSuggested,
    /// The note is too long.
    #[error("a note has at most {MAX_NOTE_CHARS} characters")]
    NoteTooLong,
    /// The store failed.
    #[error("the decision could not be stored")]
    Store(#[from] StoreError),
}

/// Carries a verb out and returns the incident's new version.
///
/// # Errors
/// [`ReviewError`]. A stale version is told before a refused transition: the person decided on
/// something that is no longer so.
pub async fn carry_out(
    store: &Store,
    changes: &ChangeBus,
    who: &Account,
    verb: Verb,
    now: Timestamp,
) -> Result<i64, ReviewError> {
    let tx = store.begin().await?;
    let row = store::find_incident(&tx, verb.incident)
        .await?
        .ok_or(ReviewError::NotFound)?;
    if row.version != verb.version {
        return Err(ReviewError::Stale {
            current: row.version,
        });
    }
    if row.inside.is_some() {
        return Err(ReviewError::NotMerged(merge::casebook::Refusal::Inside));
    }
    let before = store::state_of(&row)?;
    let after = transition(before, who.role.actor(), verb.action).map_err(ReviewError::Refused)?;
    if !store::write_decision(&tx, verb.incident, verb.version, after, now).await? {
        return Err(ReviewError::Stale {
            current: row.version + 1,
        });
    }
    let entry = HistoryEntry {
        actor: who.username.to_string(),
        action: verb.action.as_str().to_owned(),
        from: Some(before.as_str().to_owned()),
        to: Some(after.as_str().to_owned()),
        reason: after
            .rejected_reason()
            .map(|reason| reason.as_str().to_owned()),
        note: verb.note.map(|note| note.0),
    };
    store::append_history(&tx, verb.incident, entry, now).await?;
    if let Some(cause) = news_of(verb.action) {
        store::enqueue_notice(&tx, verb.incident, &cause, who.username.as_str(), now).await?;
    }
    tx.commit().await?;
    let version = verb.version + 1;
    changes.announce(Change::Incident {
        id: verb.incident,
        version,
    });
    metrics::counter!(DECISIONS, "action" => verb.action.as_str()).increment(1);
    audit::decided(&who.username, verb.incident, verb.action.as_str(), version);
    Ok(version)
}

/// What units may have to be told of a decision.
const fn news_of(action: Action) -> Option<Cause> {
    match action {
        Action::Acknowledge => None,
        Action::Confirm => Some(Cause::Confirmed),
        Action::Reject(_) => Some(Cause::Rejected),
    }
}
