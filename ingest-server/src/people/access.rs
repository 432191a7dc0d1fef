//! The access log: who saw what is masked or private, for which purpose, and who changed whose
//! rights. Append-only; each entry carries the hash of the one before it (`chain`).
//!
//! The custody log of a piece says the same of that piece, for whoever holds the piece; this one is
//! the auditor's. What does not belong here: rows (`store::access_log`), who may read it (`http`).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::{self, BrokenChain, Link};
use crate::incident::UnknownWord;

/// Why somebody looks at what is masked or private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To decide whether an incident is real.
    Review,
    /// To write a file on a violation.
    Violation,
    /// To answer the person it concerns.
    Complaint,
    /// For whoever investigates, by the law.
    Investigation,
    /// To see whether the installation works.
    Maintenance,
}

impl Purpose {
    /// Every purpose, in the order of a form.
    pub const ALL: [Self; 5] = [
        Self::Review,
        Self::Violation,
        Self::Complaint,
        Self::Investigation,
        Self::Maintenance,
    ];

    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Violation => "violation",
            Self::Complaint => "complaint",
            Self::Investigation => "investigation",
            Self::Maintenance => "maintenance",
        }
    }
}

impl FromStr for Purpose {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or_else(|| UnknownWord {
                what: "a purpose",
                word: text.to_owned(),
            })
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accessed {
    /// A picture or clip was seen as the camera made it.
    Unmasked,
    /// A bundle left with everything in it.
    Exported,
    /// Contact data of a reporter was seen.
    ContactSeen,
    /// Contact data was erased or made anonymous.
    ContactErased,
    /// An account was made.
    AccountMade,
    /// An account's role, unit, scope or standing was changed.
    AccountChanged,
    /// An account got another password from somebody else.
    PasswordSet,
    /// A key for a program was made.
    KeyMade,
    /// A key for a program was revoked.
    KeyRevoked,
}

impl Accessed {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unmasked => "unmasked",
            Self::Exported => "exported",
            Self::ContactSeen => "contact_seen",
            Self::ContactErased => "contact_erased",
            Self::AccountMade => "account_made",
            Self::AccountChanged => "account_changed",
            Self::PasswordSet => "password_set",
            Self::KeyMade => "key_made",
            Self::KeyRevoked => "key_revoked",
        }
    }
}

impl fmt::Display for Accessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// Counts from 1.
    pub seq: i64,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// The account's name; `console` for a command on the server's machine.
    pub actor: String,
    /// The id of the key with which a program asked.
    pub key: Option<String>,
    /// [`Accessed`] as a word.
    pub act: String,
    /// What it was about: a path of the API, or an account's name.
    pub subject: String,
    /// [`Purpose`] as a word.
    pub purpose: Option<String>,
    /// What changed, in words.
    pub note: Option<String>,
}

/// The hash of an entry that follows `previous`.
#[must_use]
pub fn hash(previous: &str, entry: &AccessEntry) -> String {
    chain::link(previous, &fields(entry))
}

/// Verifies entries with their stored hashes, from the number `first` on, which follows the hash
/// `previous`.
///
/// # Errors
/// [`BrokenChain`] at the first entry whose number or hash does not fit.
pub fn verify<'a>(
    (first, previous): (i64, &str),
    entries: impl IntoIterator<Item = (&'a AccessEntry, &'a str)>,
) -> Result<(), BrokenChain> {
    let links = entries.into_iter().map(|(entry, hash)| Link {
        seq: entry.seq,
        fields: fields(entry),
        hash,
    });
    chain::verify_from((first, previous), links)
}

fn fields(entry: &AccessEntry) -> Value {
    serde_json::json!([
        entry.seq,
        entry.at.as_microsecond(),
        entry.actor,
        entry.key,
        entry.act,
        entry.subject,
        entry.purpose,
        entry.note,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::GENESIS;

    fn entry(seq: i64) -> AccessEntry {
        AccessEntry {
            seq,
            at: Timestamp::from_second(seq).unwrap(),
            actor: "lan".to_owned(),
            key: None,
            act: Accessed::Unmasked.as_str().to_owned(),
            subject: "/api/v1/incidents/i/evidence/e".to_owned(),
            purpose: Some(Purpose::Review.as_str().to_owned()),
            note: None,
        }
    }

    #[test]
    fn a_purpose_changed_later_breaks_the_log_at_its_place() {
        let mut previous = GENESIS.to_owned();
        let mut log: Vec<(AccessEntry, String)> = (1..=3)
            .map(|seq| {
                let entry = entry(seq);
                previous = hash(&previous, &entry);
                (entry, previous.clone())
            })
            .collect();
        let check = |log: &[(AccessEntry, String)]| {
            verify(
                (1, GENESIS),
                log.iter().map(|(entry, hash)| (entry, hash.as_str())),
            )
        };
        let last = log
            .iter()
            .skip(2)
            .map(|(entry, hash)| (entry, hash.as_str()));
        assert_eq!(verify((3, &log[1].1), last), Ok(()));
        assert_eq!(check(&log), Ok(()));
        log[1].0.purpose = Some("violation".to_owned());
        assert_eq!(check(&log), Err(BrokenChain { seq: 2 }));
    }

    #[test]
    fn words_survive_the_store() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.as_str());
        }
        assert!("curiosity".parse::<Purpose>().is_err());
    }
}
