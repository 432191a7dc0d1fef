//! What there is to tell: an incident as it stood when a message was made, and why it was made.
//!
//! What does not belong here: how an incident comes to its facts (that is the server's `incident`).

use std::fmt;
use std::str::FromStr;

use casework::deadline::Stage;
use contract::v1::{EventId, Place, Severity, UnitId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::family::Family;

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
    pub kind: Family,
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
    /// The first camera's name for people, or its id; empty where no camera saw it.
    pub camera: String,
    /// The first moment.
    pub begun: Timestamp,
    /// The last moment, once it is over.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// How many events of cameras were merged into it; 0 where only people tell of it.
    pub events: u32,
    /// How many people's reports tell of it.
    #[serde(default)]
    pub reports: u32,
    /// The unit that answers for it, once it is routed.
    #[serde(default)]
    pub lead: Option<UnitId>,
    /// The event whose bundle was released, where that is what the message is about.
    #[serde(default)]
    pub bundle: Option<BundleFacts>,
    /// What time demanded besides, of which no message got through, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<Besides>,
}

/// Most of what is told besides.
const MOST_BESIDES: usize = 8;

impl Facts {
    /// Takes over what a message of this cause said that never got through and whose place this one takes: a bundle,
    /// and what time demanded. All else is in these facts anew.
    pub fn take_over(&mut self, cause: &Cause, unheard: &Self) {
        if self.bundle.is_none() {
            self.bundle.clone_from(&unheard.bundle);
        }
        let own = cause.once().is_some().then(|| Besides::of(cause));
        for one in unheard.besides.iter().cloned().chain(own) {
            if !self.besides.contains(&one) && self.besides.len() < MOST_BESIDES {
                self.besides.push(one);
            }
        }
    }
}

/// A cause in the words of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Besides {
    /// Its word.
    pub cause: String,
    /// What the word is about.
    #[serde(default)]
    pub about: Option<String>,
}

impl Besides {
    /// A cause as it is kept.
    #[must_use]
    pub fn of(cause: &Cause) -> Self {
        Self {
            cause: cause.as_str().to_owned(),
            about: cause.about(),
        }
    }

    /// The cause, where this program knows it.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        Cause::from_words(&self.cause, self.about.as_deref()).ok()
    }
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
    /// A stage of it ends soon.
    DeadlineNear(StageEnd),
    /// A stage of it is overdue.
    DeadlineMissed(StageEnd),
    /// Nobody has taken what is urgent: somebody is to be telephoned.
    CallDue(Call),
    /// It could not be solved, and the day to look again has come.
    ReviewDue(Date),
}

/// The end of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StageEnd {
    /// Which stage.
    pub stage: Stage,
    /// How often the incident was reopened before.
    pub round: u32,
    /// When it ends, or ended.
    pub due: Timestamp,
}

/// A call that somebody is asked to make.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// How often the incident was reopened before.
    pub round: u32,
    /// Which rung of the call tree, from 0.
    pub rung: u32,
    /// Whom, as the call tree names them.
    pub contact: String,
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
            Self::DeadlineNear(_) => "deadline_near",
            Self::DeadlineMissed(_) => "deadline_missed",
            Self::CallDue(_) => "call_due",
            Self::ReviewDue(_) => "review_due",
        }
    }

    /// What makes it one and the same for an incident, where it is told once at most: whoever comes late, or again,
    /// says nothing new.
    #[must_use]
    pub fn once(&self) -> Option<String> {
        let word = self.as_str();
        match self {
            Self::DeadlineNear(end) | Self::DeadlineMissed(end) => {
                Some(format!("{word}/{}/{}", end.stage.as_str(), end.round))
            }
            Self::CallDue(call) => Some(format!("{word}/{}/{}", call.round, call.rung)),
            Self::ReviewDue(day) => Some(format!("{word}/{day}")),
            _ => None,
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
            Self::DeadlineNear(end) | Self::DeadlineMissed(end) => {
                Some(format!("{}/{}/{}", end.stage.as_str(), end.round, end.due))
            }
            Self::CallDue(call) => Some(format!("{}/{}/{}", call.round, call.rung, call.contact)),
            Self::ReviewDue(day) => Some(day.to_string()),
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
            "deadline_near" => Self::DeadlineNear(stage_end(about).ok_or_else(unknown)?),
            "deadline_missed" => Self::DeadlineMissed(stage_end(about).ok_or_else(unknown)?),
            "call_due" => Self::CallDue(call(about).ok_or_else(unknown)?),
            "review_due" => Self::ReviewDue(read(about).ok_or_else(unknown)?),
            _ => return Err(unknown()),
        })
    }
}

fn read<T: FromStr>(about: Option<&str>) -> Option<T> {
    about?.parse().ok()
}

fn stage_end(about: Option<&str>) -> Option<StageEnd> {
    let mut parts = about?.splitn(3, '/');
    Some(StageEnd {
        stage: Stage::from_word(parts.next()?)?,
        round: read(parts.next())?,
        due: read(parts.next())?,
    })
}

fn call(about: Option<&str>) -> Option<Call> {
    let mut parts = about?.splitn(3, '/');
    Some(Call {
        round: read(parts.next())?,
        rung: read(parts.next())?,
        contact: parts.next()?.to_owned(),
    })
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
            Cause::DeadlineNear(end(Stage::Process)),
            Cause::DeadlineMissed(end(Stage::LegalVerification)),
            Cause::CallDue(Call {
                round: 1,
                rung: 2,
                contact: "trực/ban".to_owned(),
            }),
            Cause::ReviewDue(jiff::civil::date(2026, 9, 10)),
        ] {
            let about = cause.about();
            let read = Cause::from_words(cause.as_str(), about.as_deref());
            assert_eq!(read, Ok(cause));
        }
        assert!(Cause::from_words("routed", Some("Not A Unit")).is_err());
        assert!(Cause::from_words("shouted", None).is_err());
        for about in [None, Some("process"), Some("lunch/0/1970-01-01T00:00:00Z")] {
            assert!(Cause::from_words("deadline_near", about).is_err());
        }
    }

    fn end(stage: Stage) -> StageEnd {
        StageEnd {
            stage,
            round: 1,
            due: "2026-08-31T05:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_deadline_is_one_and_the_same_however_it_moved() {
        let moved = StageEnd {
            due: Timestamp::UNIX_EPOCH,
            ..end(Stage::Answer)
        };
        let later = StageEnd {
            round: 2,
            ..end(Stage::Answer)
        };
        let once = |end| Cause::DeadlineMissed(end).once();
        assert_eq!(once(moved), once(end(Stage::Answer)));
        assert_ne!(once(later), once(end(Stage::Answer)));
        assert_ne!(once(moved), Cause::DeadlineNear(moved).once());
        assert_eq!(Cause::Again.once(), None, "an alarm is raised each time");
    }
}
