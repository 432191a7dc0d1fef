//! What there is to tell: an incident as it stood when a message was made, and why it was made.
//!
//! What does not belong here: how an incident comes to its facts (that is the server's `incident`).

use std::fmt;
use std::str::FromStr;

use contract::v1::{EventId, Kind, Place, Severity, UnitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What people made of an incident, as far as whoever acts on it must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Nobody has decided yet: a camera says so, and no more.
    Unconfirmed,
    /// A person says that it is real.
    Confirmed,
    /// A person says that it is not, or not to be acted on.
    Rejected,
}

/// How it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// It goes on.
    Open,
    /// It is over, as far as the cameras see.
    Over,
    /// People say that it was dealt with.
    Closed,
}

/// An incident as it stood when a message was made. Kept with the message: what was said stays known,
/// however the incident goes on, and a message that is sent again is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The incident's id.
    pub incident: String,
    /// Its short number for people.
    pub number: i64,
    /// What family of thing.
    pub kind: Kind,
    /// Which of the family.
    pub detail: String,
    /// How much it matters if nobody looks.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f64,
    /// What people made of it.
    pub review: Review,
    /// Why it was rejected, as a word.
    #[serde(default)]
    pub rejected_reason: Option<String>,
    /// How it goes on.
    pub course: Course,
    /// Where it is; absent where no camera could tell.
    #[serde(default)]
    pub place: Option<Place>,
    /// The first camera's name for people, or its id.
    pub camera: String,
    /// The first moment.
    pub begun: Timestamp,
    /// The last moment, once it is over.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// How many events were merged into it.
    pub events: u32,
    /// The event whose bundle was released, where that is what the message is about.
    #[serde(default)]
    pub bundle: Option<BundleFacts>,
}

/// What is said of a released bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFacts {
    /// The event.
    pub event: EventId,
    /// The offence that the rule proposes; software decides none.
    pub proposed_offence: Option<String>,
    /// Pieces of evidence of which a redacted copy is there.
    pub redacted: Vec<String>,
    /// Pieces of which none could be made.
    pub not_redacted: Vec<String>,
}

/// Why somebody is told something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A camera opened a fire.
    Raised,
    /// A camera or citizen reported a fire that is known: alarm again, since a link never silences one.
    Again,
    /// It became more severe.
    Grew,
    /// A person confirmed it.
    Confirmed,
    /// A person rejected it.
    Rejected,
    /// A decision was taken back: nobody has decided any more.
    Reopened,
    /// People told units that it is over, with or without a solution.
    Closed,
    /// It was made part of the incident of this number.
    MergedInto(i64),
    /// It was given to a unit.
    Routed(UnitId),
    /// The bundle of an event was released.
    Released(EventId),
    /// This target did not acknowledge in time.
    NoAck(String),
}

/// A cause that this program does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cause of a notice")]
pub struct UnknownCause(pub String);

impl Cause {
    /// The word in the store, on metrics and in the catalogue.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Again => "again",
            Self::Grew => "grew",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Reopened => "reopened",
            Self::Closed => "closed",
            Self::MergedInto(_) => "merged_into",
            Self::Routed(_) => "routed",
            Self::Released(_) => "released",
            Self::NoAck(_) => "no_ack",
        }
    }

    /// What the word is about, where it is about something.
    #[must_use]
    pub fn about(&self) -> Option<String> {
        match self {
            Self::MergedInto(number) => Some(number.to_string()),
            Self::Routed(unit) => Some(unit.to_string()),
            Self::Released(event) => Some(event.to_string()),
            Self::NoAck(target) => Some(target.clone()),
            _ => None,
        }
    }

    /// Reads a cause back from its word and what it is about.
    ///
    /// # Errors
    /// [`UnknownCause`].
    pub fn from_words(word: &str, about: Option<&str>) -> Result<Self, UnknownCause> {
        let unknown = || UnknownCause(word.to_owned());
        Ok(match word {
            "raised" => Self::Raised,
            "again" => Self::Again,
            "grew" => Self::Grew,
            "confirmed" => Self::Confirmed,
            "rejected" => Self::Rejected,
            "reopened" => Self::Reopened,
            "closed" => Self::Closed,
            "merged_into" => Self::MergedInto(read(about).ok_or_else(unknown)?),
            "routed" => Self::Routed(read(about).ok_or_else(unknown)?),
            "released" => Self::Released(read(about).ok_or_else(unknown)?),
            "no_ack" => Self::NoAck(about.ok_or_else(unknown)?.to_owned()),
            _ => return Err(unknown()),
        })
    }
}

fn read<T: FromStr>(about: Option<&str>) -> Option<T> {
    about?.parse().ok()
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_read_back() {
        for cause in [
            Cause::Raised,
            Cause::Again,
            Cause::Grew,
            Cause::Confirmed,
            Cause::Rejected,
            Cause::Reopened,
            Cause::Closed,
            Cause::MergedInto(7),
            Cause::Routed("kiem-lam".parse().unwrap()),
            Cause::Released(EventId::new()),
            Cause::NoAck("kiem-lam".to_owned()),
        ] {
            let about = cause.about();
            let read = Cause::from_words(cause.as_str(), about.as_deref());
            assert_eq!(read, Ok(cause));
        }
        assert!(Cause::from_words("routed", Some("Not A Unit")).is_err());
        assert!(Cause::from_words("shouted", None).is_err());
    }
}
