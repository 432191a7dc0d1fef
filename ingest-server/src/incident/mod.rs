//! The incident: what several events of cameras mean to the people who must decide.
//!
//! Pure: values and a time go in, values come out. What the cameras say ([`facts`]) stays apart
//! from what people decided (the crate `casework`); [`crossing`] is where bearings of several cameras meet; which reports belong together is the crate `merge`'s to
//! weigh, to which [`witness`] translates; what one arriving report does is [`intake`]; [`history`]
//! chains who did what by hash.
//!
//! What does not belong here: SQL (`store::incidents`), HTTP, clocks, roles of accounts.

pub mod crossing;
pub mod facts;
pub mod history;
pub mod intake;
pub mod told;
pub mod witness;

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// One incident. A UUID version 7, so that its order is the order of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(Uuid);

impl IncidentId {
    /// Mints a new id.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "a default id would be a new one each time"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// Takes an id that was minted before.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A word from the store that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a word for {what}")]
pub struct UnknownWord {
    /// What the word should have named.
    pub what: &'static str,
    /// The word.
    pub word: String,
}

impl FromStr for IncidentId {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Uuid::parse_str(text).map(Self).map_err(|_| UnknownWord {
            what: "an incident id",
            word: text.to_owned(),
        })
    }
}
