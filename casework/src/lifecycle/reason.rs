//! Reasons, as closed lists: what is counted must be a word, not a sentence. The sentence goes into the note.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that is no reason of its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is no reason {what}")]
pub struct UnknownReason {
    /// What the reason should have been for.
    pub what: &'static str,
    /// The word.
    pub word: String,
}

/// Declares a list of reasons with their words, so that list, word and parser cannot drift apart.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every reason, in the order of a form.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the store and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownReason;
            fn from_str(text: &str) -> Result<Self, UnknownReason> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == text).ok_or_else(|| UnknownReason {
                    what: $what,
                    word: text.to_owned(),
                })
            }
        }
    };
}

reasons! {
    /// Why a citizen's report does not enter the workflow. The citizen is told.
    IneligibleReason, "for a report not to be eligible", {
        /// It is another body's matter, and the reply says whose.
        OutsideRemit = "outside_remit",
        /// Nobody can tell what or where it is.
        NotEnoughToGoOn = "not_enough_to_go_on",
        /// It is under way already: a court, an inspection, a complaint by the book.
        UnderWayElsewhere = "under_way_elsewhere",
        /// It asks or thanks; there is nothing to be done on site.
        NotAFieldMatter = "not_a_field_matter",
        /// Made up, or meant to hurt somebody.
        Abuse = "abuse",
    }
}

reasons! {
    /// Why an incident was rejected.
    RejectReason, "for rejection", {
        /// The camera saw something else, or nothing.
        FalseDetection = "false_detection",
        /// It is there, but breaks no rule.
        NotEligible = "not_eligible",
        /// It is real, but not for this centre.
        OutsideRemit = "outside_remit",
        /// The report was made in bad faith.
        Abuse = "abuse",
        /// Another incident tells of it already.
        Duplicate = "duplicate",
    }
}

reasons! {
    /// Why a unit hands an incident back. The clock runs on.
    ReturnReason, "for a return", {
        /// The place is another unit's.
        NotOurArea = "not_our_area",
        /// The matter is another unit's.
        NotOurMatter = "not_our_matter",
        /// What was sent does not suffice to act.
        NotEnoughToGoOn = "not_enough_to_go_on",
        /// The unit is named in the report.
        ConflictOfInterest = "conflict_of_interest",
    }
}

reasons! {
    /// Why an incident is closed although nothing was mended. Counted apart from *resolved*.
    UnresolvedReason, "for a closure without a solution", {
        /// Nobody found it on site.
        NotFound = "not_found",
        /// The law gives no means.
        NoLegalBasis = "no_legal_basis",
        /// Money, land or people are missing, and no date can be given.
        BeyondMeans = "beyond_means",
        /// It is a private matter between neighbours.
        PrivateMatter = "private_matter",
        /// Whoever reported it took it back.
        Withdrawn = "withdrawn",
    }
}

reasons! {
    /// Why a closed incident is opened again.
    ReopenReason, "for reopening", {
        /// It is as it was.
        NotFixed = "not_fixed",
        /// It was mended and is back.
        CameBack = "came_back",
        /// The answer is about something else.
        WrongAnswer = "wrong_answer",
        /// Something new is known.
        NewEvidence = "new_evidence",
        /// The decision was a mistake of ours.
        Mistake = "mistake",
    }
}
