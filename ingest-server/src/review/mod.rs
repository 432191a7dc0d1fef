//! What people do with incidents: the steps of a case (`step`) and where it goes (`routing`); merge, split, undo
//! and answers to suggestions stand in `merging`.
//!
//! A verb names the version it was decided on; where the incident has moved on, the person looks
//! again. The rules are those of the crate `casework`; here they meet the store: one transaction writes
//! the state and the history, and the change is announced after its commit.
//!
//! What does not belong here: HTTP, rights to log in, what cameras say.

mod desk;
mod merging;
mod news;
pub mod routing;
pub mod setup;
mod step;
mod timekeeper;

#[cfg(test)]
mod tests;

pub use desk::{CallOutcome, DeskVerb, at_desk, propose_route};
pub use merging::{Merging, MergingVerb};
pub use step::{Taken, Wish, announce, calls_in, check_seen, take_step, undo_step, urgency_of};
pub use timekeeper::Timekeeper;

use casework::desk::{Held, ShelfRefusal};
use casework::lifecycle::{Action, Refusal, Step, UndoRefusal};
use casework::people::Actor;
use jiff::Timestamp;

use crate::changes::ChangeBus;
use crate::incident::IncidentId;
use crate::office::Offices;
use crate::people::{Account, audit};
use crate::store::{Store, StoreError};

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

    /// The words.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
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
    /// A step cannot be taken back.
    #[error("the step was not taken back")]
    NotUndone(#[source] UndoRefusal),
    /// No step was taken, or all were taken back.
    #[error("there is no step to take back")]
    NothingToUndo,
    /// Somebody else holds it.
    #[error("somebody else holds the incident")]
    Held(#[source] Held),
    /// It cannot be set aside.
    #[error("the incident was not set aside")]
    NotShelved(#[source] ShelfRefusal),
    /// The complaint would reach whom it is about.
    #[error("the complaint would reach the unit it is about")]
    WouldGoToAccused,
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
    offices: &Offices,
    changes: &ChangeBus,
    who: &Account,
    verb: Verb,
    now: Timestamp,
) -> Result<i64, ReviewError> {
    let tx = store.begin().await?;
    let office = offices.in_force(&tx).await?;
    let actor = Actor::Person(who.person());
    let step = Step {
        action: verb.action,
        note: verb.note.map(|note| note.0),
    };
    let wish = Wish {
        incident: verb.incident,
        version: Some(verb.version),
        who: &actor,
        step: &step,
        at: now,
    };
    let taken = take_step(&tx, &office, wish).await?;
    tx.commit().await?;
    announce(changes, &taken);
    audit::decided(
        &who.username,
        verb.incident,
        step.action.as_str(),
        taken.version,
    );
    Ok(taken.version)
}
