//! Who holds an incident just now, and which ones are set aside: the claim lock and the shelf.
//!
//! A claim keeps two operators from deciding the same incident; it ends by itself, so that a browser
//! that was closed blocks nobody. A shelf hides an incident from the queue for a stated time and reason,
//! as alarm-management practice has it (ISA-18.2 "shelving"; RFC 8632 operator state `shelved`).
//!
//! What does not belong here: the state of the decision; a shelved incident keeps its deadlines.

use jiff::{SignedDuration, Timestamp};

/// Longest an incident may be shelved: one shift.
pub const MAX_SHELF: SignedDuration = SignedDuration::from_hours(8);

/// Who holds an incident, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The account's name.
    pub by: String,
    /// When it ends unless it is renewed.
    pub until: Timestamp,
}

/// Somebody else holds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{by} holds the incident until {until}")]
pub struct Held {
    /// Who.
    pub by: String,
    /// Until when.
    pub until: Timestamp,
}

/// May `who` override the claim of another?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grip {
    /// An operator waits until the claim ends.
    Ordinary,
    /// A shift lead takes it over.
    TakeOver,
}

/// Claims an incident, or renews the claim.
///
/// # Errors
/// [`Held`] where another's claim has not ended and `grip` is [`Grip::Ordinary`].
pub fn claim(
    standing: Option<&Claim>,
    who: &str,
    grip: Grip,
    now: Timestamp,
    length: SignedDuration,
) -> Result<Claim, Held> {
    if grip == Grip::Ordinary {
        check_free(standing, who, now)?;
    }
    Ok(Claim {
        by: who.to_owned(),
        until: now.saturating_add(length).unwrap_or(now),
    })
}

/// May `who` decide now? They may while nobody else holds the incident; they need not hold it themselves.
///
/// # Errors
/// [`Held`].
pub fn check_free(standing: Option<&Claim>, who: &str, now: Timestamp) -> Result<(), Held> {
    match standing {
        Some(claim) if claim.by != who && now < claim.until => Err(Held {
            by: claim.by.clone(),
            until: claim.until,
        }),
        _ => Ok(()),
    }
}

/// An incident that is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Who set it aside.
    pub by: String,
    /// Until when.
    pub until: Timestamp,
    /// Why, in their own words.
    pub why: String,
}

/// Why an incident is not shelved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShelfRefusal {
    /// No reason was given.
    #[error("a reason must be given")]
    NoReason,
    /// Not into the past, and not for longer than a shift.
    #[error("an incident is set aside for at most {} hours", MAX_SHELF.as_hours())]
    BadLength,
    /// A fire is never set aside.
    #[error("a fire is not set aside")]
    Fire,
}

impl ShelfRefusal {
    /// Every refusal, for the catalogue's test.
    pub const ALL: [Self; 3] = [Self::NoReason, Self::BadLength, Self::Fire];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoReason => "shelf_no_reason",
            Self::BadLength => "shelf_bad_length",
            Self::Fire => "shelf_fire",
        }
    }
}

/// May this kind of incident be set aside?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelvable {
    /// Yes.
    Yes,
    /// It is a fire.
    NeverFire,
}

/// Sets an incident aside.
///
/// # Errors
/// [`ShelfRefusal`].
pub fn shelve(
    kind: Shelvable,
    who: &str,
    why: &str,
    now: Timestamp,
    length: SignedDuration,
) -> Result<Shelf, ShelfRefusal> {
    if kind == Shelvable::NeverFire {
        return Err(ShelfRefusal::Fire);
    }
    if why.trim().is_empty() {
        return Err(ShelfRefusal::NoReason);
    }
    if !length.is_positive() || length > MAX_SHELF {
        return Err(ShelfRefusal::BadLength);
    }
    Ok(Shelf {
        by: who.to_owned(),
        until: now.saturating_add(length).unwrap_or(now),
        why: why.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    #[test]
    fn a_claim_keeps_others_out_until_it_ends() {
        let length = SignedDuration::from_mins(2);
        let lan = claim(None, "lan", Grip::Ordinary, at(0), length).unwrap();
        assert_eq!(lan.until, at(2));
        assert!(claim(Some(&lan), "minh", Grip::Ordinary, at(1), length).is_err());
        assert!(check_free(Some(&lan), "minh", at(1)).is_err());
        assert_eq!(check_free(Some(&lan), "lan", at(1)), Ok(()));
        assert_eq!(
            claim(Some(&lan), "lan", Grip::Ordinary, at(1), length)
                .unwrap()
                .until,
            at(3)
        );
        assert_eq!(
            claim(Some(&lan), "minh", Grip::Ordinary, at(2), length)
                .unwrap()
                .by,
            "minh"
        );
        assert_eq!(
            claim(Some(&lan), "lead", Grip::TakeOver, at(1), length)
                .unwrap()
                .by,
            "lead"
        );
    }

    #[test]
    fn shelving_takes_a_reason_and_a_time_and_no_fire() {
        let hour = SignedDuration::from_hours(1);
        let set = |kind, why: &str, length| shelve(kind, "lan", why, at(0), length);
        assert_eq!(
            set(Shelvable::Yes, " chờ đội ", hour).unwrap().why,
            "chờ đội"
        );
        assert_eq!(set(Shelvable::Yes, "", hour), Err(ShelfRefusal::NoReason));
        assert_eq!(
            set(Shelvable::NeverFire, "x", hour),
            Err(ShelfRefusal::Fire)
        );
        for length in [SignedDuration::ZERO, -hour, hour * 9] {
            assert_eq!(
                set(Shelvable::Yes, "x", length),
                Err(ShelfRefusal::BadLength)
            );
        }
    }
}
