//! Where a report stands, in the few words that the public is told.
//!
//! An incident's own states are finer (`casework`), and change with the service's ways; a citizen and an
//! Open311 client see these.

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It came in.
    Received,
    /// Somebody looks whether it is theirs to act on.
    Checking,
    /// It is not taken: it breaks no rule, is not this centre's, or was made in bad faith.
    NotTaken,
    /// Somebody must act, or acts.
    Working,
    /// It cannot be solved now; on some day somebody looks again.
    Postponed,
    /// It is mended.
    Done,
    /// It was closed, unmended, and the answer says why.
    NotSolved,
    /// It was closed and is open again.
    Reopened,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::Checking,
        Self::NotTaken,
        Self::Working,
        Self::Postponed,
        Self::Done,
        Self::NotSolved,
        Self::Reopened,
    ];

    /// The stage of an incident's state, by the state's word and what stands beside it.
    #[must_use]
    pub fn of_state(word: &str, detail: Option<&str>) -> Self {
        match word {
            "new" => Self::Received,
            "eligible" | "acknowledged" => Self::Checking,
            "not_eligible" | "rejected" => Self::NotTaken,
            "deferred" => Self::Postponed,
            "published" if detail.is_some_and(|outcome| outcome != "done") => Self::NotSolved,
            "published" | "resolved" => Self::Done,
            "closed_unresolved" => Self::NotSolved,
            "reopened" => Self::Reopened,
            _ => Self::Working,
        }
    }

    /// The word on the wire and in the catalogue of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Checking => "checking",
            Self::NotTaken => "not_taken",
            Self::Working => "working",
            Self::Postponed => "postponed",
            Self::Done => "done",
            Self::NotSolved => "not_solved",
            Self::Reopened => "reopened",
        }
    }

    /// Whether Open311 calls it `closed`.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::NotTaken | Self::Done | Self::NotSolved)
    }

    /// Whether what was reported may be shown to everybody: people have looked at it and found it real.
    #[must_use]
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Received | Self::Checking | Self::NotTaken)
    }

    /// The word of mySociety's extended statuses, for `servicerequestupdates`.
    #[must_use]
    pub const fn extended(self) -> &'static str {
        match self {
            Self::Received => "OPEN",
            Self::Checking => "INVESTIGATING",
            Self::NotTaken => "NOT_COUNCILS_RESPONSIBILITY",
            Self::Working => "IN_PROGRESS",
            Self::Postponed => "ACTION_SCHEDULED",
            Self::Done => "FIXED",
            Self::NotSolved => "NO_FURTHER_ACTION",
            Self::Reopened => "REOPEN",
        }
    }

    /// The Open311 status.
    #[must_use]
    pub const fn status(self) -> &'static str {
        if self.is_closed() { "closed" } else { "open" }
    }
}

/// Words that `servicerequestupdates` takes as a status, case not minded.
pub const UPDATE_STATUSES: [&str; 14] = [
    "OPEN",
    "INVESTIGATING",
    "IN_PROGRESS",
    "ACTION_SCHEDULED",
    "FIXED",
    "CLOSED",
    "DUPLICATE",
    "NOT_COUNCILS_RESPONSIBILITY",
    "NO_FURTHER_ACTION",
    "INTERNAL_REFERRAL",
    "FOR_TRIAGE",
    "CANCELLED",
    "REOPEN",
    "UNABLE_TO_FIX",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_stage() {
        for (word, detail, expected) in [
            ("new", None, Stage::Received),
            ("eligible", None, Stage::Checking),
            ("rejected", Some("abuse"), Stage::NotTaken),
            ("confirmed", None, Stage::Working),
            ("sent_back", None, Stage::Working),
            ("published", Some("done"), Stage::Done),
            ("published", Some("no_means"), Stage::NotSolved),
            ("closed_unresolved", Some("no_means"), Stage::NotSolved),
            ("deferred", Some("2027-01-01"), Stage::Postponed),
            ("reopened", None, Stage::Reopened),
        ] {
            assert_eq!(Stage::of_state(word, detail), expected, "{word}");
        }
    }

    #[test]
    fn what_nobody_has_looked_at_is_not_shown() {
        for stage in Stage::ALL {
            assert!(UPDATE_STATUSES.contains(&stage.extended()));
            let looked_at = !matches!(stage, Stage::Received | Stage::Checking | Stage::NotTaken);
            assert_eq!(stage.is_public(), looked_at);
        }
    }
}
