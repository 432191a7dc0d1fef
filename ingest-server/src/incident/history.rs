//! Who did what to an incident, when and why; each row carries the hash of the one before it
//! (`chain`), so that a row that was changed, removed or slipped in breaks the chain at its place.
//!
//! What is hashed is the incident and the row's fields in the order of [`Row`]; times as microseconds
//! since 1970 UTC.

use jiff::Timestamp;
use serde_json::Value;

use super::IncidentId;
use crate::chain::{self, BrokenChain, Link};

/// Who acted, where no person did.
pub const CAMERA_ACTOR: &str = "camera";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counts from 1 within the incident.
    pub seq: i64,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// A user name, or [`CAMERA_ACTOR`].
    pub actor: String,
    /// What was done, e.g. `open`, `link`, `clear`, `confirm`.
    pub action: String,
    /// The state before, where the state changed.
    pub from: Option<String>,
    /// The state after, where the state changed.
    pub to: Option<String>,
    /// Why, as a word.
    pub reason: Option<String>,
    /// Why, in the person's own words.
    pub note: Option<String>,
}

/// The hash of a row that follows `previous`: 64 hexadecimal digits.
#[must_use]
pub fn hash(incident: IncidentId, previous: &str, row: &Row) -> String {
    chain::link(previous, &fields(incident, row))
}

fn fields(incident: IncidentId, row: &Row) -> Value {
    serde_json::json!([
        incident.to_string(),
        row.seq,
        row.at.as_microsecond(),
        row.actor,
        row.action,
        row.from,
        row.to,
        row.reason,
        row.note,
    ])
}

/// Verifies rows with their stored hashes, in the order of `seq`.
///
/// # Errors
/// [`BrokenChain`] at the first row whose number or hash does not fit.
pub fn verify<'a>(
    incident: IncidentId,
    rows: impl IntoIterator<Item = (&'a Row, &'a str)>,
) -> Result<(), BrokenChain> {
    chain::verify(rows.into_iter().map(|(row, hash)| Link {
        seq: row.seq,
        fields: fields(incident, row),
        hash,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::GENESIS;

    fn chain(incident: IncidentId) -> Vec<(Row, String)> {
        let mut previous = GENESIS.to_owned();
        (1..=4)
            .map(|seq| {
                let row = Row {
                    seq,
                    at: Timestamp::from_second(seq).unwrap(),
                    actor: "lan".to_owned(),
                    action: "acknowledge".to_owned(),
                    from: Some("new".to_owned()),
                    to: Some("acknowledged".to_owned()),
                    reason: None,
                    note: Some(format!("ghi chú {seq}")),
                };
                previous = hash(incident, &previous, &row);
                (row, previous.clone())
            })
            .collect()
    }

    fn check(incident: IncidentId, rows: &[(Row, String)]) -> Result<(), BrokenChain> {
        verify(
            incident,
            rows.iter().map(|(row, hash)| (row, hash.as_str())),
        )
    }

    #[test]
    fn an_untouched_chain_holds() {
        let incident = IncidentId::new();
        assert_eq!(check(incident, &chain(incident)), Ok(()));
        assert_eq!(check(incident, &[]), Ok(()));
    }

    #[test]
    fn every_kind_of_tampering_breaks_the_chain_at_its_place() {
        let incident = IncidentId::new();
        type Tamper = fn(&mut Vec<(Row, String)>);
        let cases: [(&str, Tamper, i64); 7] = [
            ("actor", |rows| rows[1].0.actor = "minh".to_owned(), 2),
            ("time", |rows| rows[2].0.at = Timestamp::UNIX_EPOCH, 3),
            ("note removed", |rows| rows[0].0.note = None, 1),
            (
                "field moved",
                |rows| rows[3].0.reason = rows[3].0.note.take(),
                4,
            ),
            ("row removed", |rows| drop(rows.remove(1)), 2),
            ("rows swapped", |rows| rows.swap(1, 2), 2),
            ("hash", |rows| rows[3].1 = GENESIS.to_owned(), 4),
        ];
        for (name, tamper, seq) in cases {
            let mut rows = chain(incident);
            tamper(&mut rows);
            assert_eq!(check(incident, &rows), Err(BrokenChain { seq }), "{name}");
        }
        assert_eq!(
            check(IncidentId::new(), &chain(incident)),
            Err(BrokenChain { seq: 1 })
        );
    }
}
