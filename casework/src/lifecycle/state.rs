//! Where the decision about an incident stands.

use jiff::civil::Date;

use super::reason::{IneligibleReason, RejectReason, ReturnReason, UnresolvedReason};

/// What a unit's answer says was achieved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is mended.
    Done,
    /// It is not, and this is why.
    NotDone(UnresolvedReason),
}

/// Where the decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody has looked yet.
    New,
    /// A citizen's report that may enter the workflow.
    Eligible,
    /// A citizen's report that may not.
    NotEligible(IneligibleReason),
    /// Somebody looks at it.
    Acknowledged,
    /// It is real, and somebody must act.
    Confirmed,
    /// It is not.
    Rejected(RejectReason),
    /// A unit has it before them.
    Routed,
    /// The unit took it.
    Accepted,
    /// The unit handed it back.
    Returned(ReturnReason),
    /// The unit works on it.
    InProgress,
    /// The unit says what it did.
    Answered(Outcome),
    /// The unit's leader stands by the answer.
    Approved(Outcome),
    /// The unit's leader does not.
    SentBack,
    /// The answer is public; whoever reported it may rate and reopen.
    Published(Outcome),
    /// Mended, and nobody objected.
    Resolved,
    /// Closed, and not mended.
    ClosedUnresolved(UnresolvedReason),
    /// It cannot be solved now; on this day somebody looks again.
    Deferred(Date),
    /// It was closed, and is open again.
    Reopened,
}

impl State {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Eligible => "eligible",
            Self::NotEligible(_) => "not_eligible",
            Self::Acknowledged => "acknowledged",
            Self::Confirmed => "confirmed",
            Self::Rejected(_) => "rejected",
            Self::Routed => "routed",
            Self::Accepted => "accepted",
            Self::Returned(_) => "returned",
            Self::InProgress => "in_progress",
            Self::Answered(_) => "answered",
            Self::Approved(_) => "approved",
            Self::SentBack => "sent_back",
            Self::Published(_) => "published",
            Self::Resolved => "resolved",
            Self::ClosedUnresolved(_) => "closed_unresolved",
            Self::Deferred(_) => "deferred",
            Self::Reopened => "reopened",
        }
    }

    /// What stands beside the word: a reason, an outcome, a day.
    #[must_use]
    pub fn detail(self) -> Option<String> {
        match self {
            Self::NotEligible(reason) => Some(reason.as_str().to_owned()),
            Self::Rejected(reason) => Some(reason.as_str().to_owned()),
            Self::Returned(reason) => Some(reason.as_str().to_owned()),
            Self::ClosedUnresolved(reason) => Some(reason.as_str().to_owned()),
            Self::Answered(outcome) | Self::Approved(outcome) | Self::Published(outcome) => {
                Some(outcome.as_str().to_owned())
            }
            Self::Deferred(day) => Some(day.to_string()),
            _ => None,
        }
    }

    /// Reads a state back from its two words.
    ///
    /// # Errors
    /// [`UnknownState`] where a word is unknown, or a detail is missing or stands where none may.
    pub fn from_words(word: &str, detail: Option<&str>) -> Result<Self, UnknownState> {
        let unknown = || UnknownState {
            word: word.to_owned(),
            detail: detail.map(str::to_owned),
        };
        let text = || detail.ok_or_else(unknown);
        let state = match word {
            "new" => Self::New,
            "eligible" => Self::Eligible,
            "not_eligible" => Self::NotEligible(text()?.parse().map_err(|_| unknown())?),
            "acknowledged" => Self::Acknowledged,
            "confirmed" => Self::Confirmed,
            "rejected" => Self::Rejected(text()?.parse().map_err(|_| unknown())?),
            "routed" => Self::Routed,
            "accepted" => Self::Accepted,
            "returned" => Self::Returned(text()?.parse().map_err(|_| unknown())?),
            "in_progress" => Self::InProgress,
            "answered" => Self::Answered(Outcome::from_word(text()?).ok_or_else(unknown)?),
            "approved" => Self::Approved(Outcome::from_word(text()?).ok_or_else(unknown)?),
            "sent_back" => Self::SentBack,
            "published" => Self::Published(Outcome::from_word(text()?).ok_or_else(unknown)?),
            "resolved" => Self::Resolved,
            "closed_unresolved" => Self::ClosedUnresolved(text()?.parse().map_err(|_| unknown())?),
            "deferred" => Self::Deferred(text()?.parse().map_err(|_| unknown())?),
            "reopened" => Self::Reopened,
            _ => return Err(unknown()),
        };
        if state.detail().as_deref() == detail {
            Ok(state)
        } else {
            Err(unknown())
        }
    }

    /// Is there nothing left to do, unless somebody reopens it?
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::NotEligible(_) | Self::Rejected(_) | Self::Resolved | Self::ClosedUnresolved(_)
        )
    }

    /// Does a unit have it in its hands?
    #[must_use]
    pub const fn is_with_unit(self) -> bool {
        matches!(
            self,
            Self::Routed | Self::Accepted | Self::InProgress | Self::SentBack
        )
    }
}

impl Outcome {
    const DONE: &'static str = "done";

    /// The word in the store and on the wire: `done`, or the reason why not.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => Self::DONE,
            Self::NotDone(reason) => reason.as_str(),
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        if word == Self::DONE {
            return Some(Self::Done);
        }
        word.parse().ok().map(Self::NotDone)
    }
}

/// Two words from the store that are no state of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} with {detail:?} is no state of an incident")]
pub struct UnknownState {
    /// The state's word.
    pub word: String,
    /// What stood beside it.
    pub detail: Option<String>,
}
