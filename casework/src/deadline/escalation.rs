//! Whom to call, in which order, until somebody is reached: the call tree of an urgent incident.
//!
//! What does not belong here: the telephone. A call is a task for a person; its outcome comes back here.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One rung: somebody to reach, and how long to wait for them before the next is called as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Who, as the installation names them: a duty post, a person's office.
    pub contact: String,
    /// Minutes after which the next rung is due as well; more than 0.
    pub wait_minutes: u32,
}

/// The rungs in order. Invariant: at least one, each with a wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Rung>", into = "Vec<Rung>")]
pub struct Ladder(Vec<Rung>);

/// Why a ladder is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LadderFault {
    /// Nobody to call.
    #[error("a call tree needs at least one contact")]
    Empty,
    /// A rung would not wait.
    #[error("contact {index} ({contact}): wait_minutes must be more than 0")]
    NoWait {
        /// Which, from 0.
        index: usize,
        /// Its name.
        contact: String,
    },
}

impl TryFrom<Vec<Rung>> for Ladder {
    type Error = LadderFault;
    fn try_from(rungs: Vec<Rung>) -> Result<Self, LadderFault> {
        if rungs.is_empty() {
            return Err(LadderFault::Empty);
        }
        match rungs.iter().position(|rung| rung.wait_minutes == 0) {
            Some(index) => Err(LadderFault::NoWait {
                index,
                contact: rungs[index].contact.clone(),
            }),
            None => Ok(Self(rungs)),
        }
    }
}

impl From<Ladder> for Vec<Rung> {
    fn from(ladder: Ladder) -> Self {
        ladder.0
    }
}

/// The rung that must be called by now and has not been: `called` is how many were. None while the one
/// that was called last still has time, or when all were called.
#[must_use]
pub fn due_rung(ladder: &Ladder, began: Timestamp, called: usize, now: Timestamp) -> Option<&Rung> {
    let from = rung_due_at(ladder, began, called)?;
    ladder.0.get(called).filter(|_| now >= from)
}

/// When the next rung must be called; none when all were.
#[must_use]
pub fn rung_due_at(ladder: &Ladder, began: Timestamp, called: usize) -> Option<Timestamp> {
    if called >= ladder.0.len() {
        return None;
    }
    let waited = ladder
        .0
        .iter()
        .take(called)
        .map(|rung| i64::from(rung.wait_minutes))
        .sum();
    began.checked_add(SignedDuration::from_mins(waited)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_called_when_the_one_before_had_their_time() {
        let ladder: Ladder = serde_json::from_str(
            r#"[{"contact":"duty","wait_minutes":5},{"contact":"deputy","wait_minutes":10},{"contact":"head","wait_minutes":10}]"#,
        )
        .unwrap();
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
        let due = |called, minute| {
            due_rung(&ladder, at(0), called, at(minute)).map(|rung| rung.contact.as_str())
        };
        assert_eq!(due(0, 0), Some("duty"));
        assert_eq!(due(1, 4), None);
        assert_eq!(due(1, 5), Some("deputy"));
        assert_eq!(due(2, 14), None);
        assert_eq!(due(2, 15), Some("head"));
        assert_eq!(due(3, 500), None);
        for bad in ["[]", r#"[{"contact":"duty","wait_minutes":0}]"#] {
            assert!(serde_json::from_str::<Ladder>(bad).is_err(), "{bad}");
        }
    }
}
