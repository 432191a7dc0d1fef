//! Through whose hands a piece of evidence went: received, verified, copied, looked at, handed out.
//! Each entry carries the hash of the one before it (`chain`), so that none can be changed, removed or
//! slipped in unseen.
//!
//! What is hashed is the piece and the entry's fields in the order of [`Entry`]; times as microseconds
//! since 1970 UTC. What does not belong here: rows (`store`), who may look (`http`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::{self, BrokenChain, Link};

/// Who acts where an upload came whole.
pub const INTAKE: &str = "server/intake";
/// Who acts where a copy was made of a piece.
pub const WORKSHOP: &str = "server/copies";

/// The name under which an agent acts. No user name holds a slash.
#[must_use]
pub fn agent(id: &contract::v1::AgentId) -> String {
    format!("agent/{id}")
}

/// What was done with a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Its last byte came from its agent.
    Received,
    /// Its bytes were held against the hash that its agent's signed report sealed.
    Verified,
    /// A person asked for a redacted copy of it.
    Asked,
    /// A copy was made of it.
    Derived,
    /// No copy of it could be made.
    NotDerived,
    /// A person looked at it, or at a copy.
    Viewed,
    /// It left with a bundle that a person downloaded.
    Exported,
    /// The bundle it belongs to was released.
    Released,
    /// Its redacted copy was given out.
    Disclosed,
}

impl Act {
    /// The word in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Verified => "verified",
            Self::Asked => "asked",
            Self::Derived => "derived",
            Self::NotDerived => "not_derived",
            Self::Viewed => "viewed",
            Self::Exported => "exported",
            Self::Released => "released",
            Self::Disclosed => "disclosed",
        }
    }
}

/// What there is to say beside who, when and what. Absent where it does not apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// SHA-256 of the bytes that the entry is about: the original's, or the copy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// SHA-256 of the original that a copy was derived from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<String>,
    /// Length of those bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The programs, with version and model, that made the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// How, as a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether the reported vehicle stayed as it is: `kept`, `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offender: Option<String>,
    /// Why not, or to whom, as a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One thing that happened to a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 within the piece.
    pub seq: i64,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// A user name, or who acted of agents and server.
    pub actor: String,
    /// [`Act`] as a word.
    pub act: String,
    /// Which copy it is about: `viewing`, `redacted`; absent for the original.
    pub copy: Option<String>,
    /// [`Detail`] as JSON.
    pub detail: String,
}

/// The hash of an entry that follows `previous`: 64 hexadecimal digits. A piece is its owner's id
/// and its own.
#[must_use]
pub fn hash(piece: (&str, &str), previous: &str, entry: &Entry) -> String {
    chain::link(previous, &fields(piece, entry))
}

fn fields((owner, piece): (&str, &str), entry: &Entry) -> Value {
    serde_json::json!([
        owner,
        piece,
        entry.seq,
        entry.at.as_microsecond(),
        entry.actor,
        entry.act,
        entry.copy,
        entry.detail,
    ])
}

/// Verifies a piece's entries with their stored hashes, in the order of `seq`.
///
/// # Errors
/// [`BrokenChain`] at the first entry whose number or hash does not fit.
pub fn verify<'a>(
    piece: (&str, &str),
    entries: impl IntoIterator<Item = (&'a Entry, &'a str)>,
) -> Result<(), BrokenChain> {
    chain::verify(entries.into_iter().map(|(entry, hash)| Link {
        seq: entry.seq,
        fields: fields(piece, entry),
        hash,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::GENESIS;

    const PIECE: (&str, &str) = ("event", "piece");

    fn log() -> Vec<(Entry, String)> {
        let mut previous = GENESIS.to_owned();
        (1..=4)
            .map(|seq| {
                let entry = Entry {
                    seq,
                    at: Timestamp::from_second(seq).unwrap(),
                    actor: "lan".to_owned(),
                    act: Act::Viewed.as_str().to_owned(),
                    copy: Some("viewing".to_owned()),
                    detail: "{}".to_owned(),
                };
                previous = hash(PIECE, &previous, &entry);
                (entry, previous.clone())
            })
            .collect()
    }

    fn check(piece: (&str, &str), log: &[(Entry, String)]) -> Result<(), BrokenChain> {
        verify(
            piece,
            log.iter().map(|(entry, hash)| (entry, hash.as_str())),
        )
    }

    #[test]
    fn every_kind_of_tampering_breaks_the_log_at_its_place() {
        assert_eq!(check(PIECE, &log()), Ok(()));
        assert_eq!(
            check(("event", "other"), &log()),
            Err(BrokenChain { seq: 1 })
        );
        type Tamper = fn(&mut Vec<(Entry, String)>);
        let cases: [(&str, Tamper, i64); 6] = [
            ("actor", |log| log[1].0.actor = "minh".to_owned(), 2),
            ("time", |log| log[2].0.at = Timestamp::UNIX_EPOCH, 3),
            ("copy", |log| log[0].0.copy = None, 1),
            ("detail", |log| log[3].0.detail = "{ }".to_owned(), 4),
            ("removed", |log| drop(log.remove(1)), 2),
            ("swapped", |log| log.swap(1, 2), 2),
        ];
        for (name, tamper, seq) in cases {
            let mut log = log();
            tamper(&mut log);
            assert_eq!(check(PIECE, &log), Err(BrokenChain { seq }), "{name}");
        }
    }
}
