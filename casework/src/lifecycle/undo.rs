//! Taking a step back that was taken by mistake.

use jiff::{SignedDuration, Timestamp};

use super::state::State;
use super::take::Case;

/// A step that was taken: enough to take it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The case before.
    pub before: Case,
    /// The case after.
    pub after: Case,
    /// Who took it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Why a step is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefusal {
    /// Somebody has gone on from there.
    #[error("the incident has moved on since")]
    MovedOn,
    /// It was somebody else's step.
    #[error("only who took the step takes it back")]
    NotYours,
    /// It is too long ago.
    #[error("the time to take it back is over")]
    TooLate,
    /// People outside have read it.
    #[error("it has been told to people outside and cannot be taken back")]
    Told,
}

impl UndoRefusal {
    /// Every refusal, for the catalogue's test.
    pub const ALL: [Self; 4] = [Self::MovedOn, Self::NotYours, Self::TooLate, Self::Told];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MovedOn => "step_moved_on",
            Self::NotYours => "step_not_yours",
            Self::TooLate => "step_too_late",
            Self::Told => "step_told",
        }
    }
}

impl Taken {
    /// The case as it was before the step: exactly as it was.
    ///
    /// # Errors
    /// [`UndoRefusal`].
    pub fn undo(
        self,
        now: &Case,
        who: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Case, UndoRefusal> {
        if *now != self.after {
            return Err(UndoRefusal::MovedOn);
        }
        if self.by != who {
            return Err(UndoRefusal::NotYours);
        }
        if matches!(
            now.state,
            State::Published(_) | State::NotEligible(_) | State::Reopened
        ) {
            return Err(UndoRefusal::Told);
        }
        if at.duration_since(self.at) > window {
            return Err(UndoRefusal::TooLate);
        }
        Ok(self.before)
    }
}
