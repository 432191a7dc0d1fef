//! Chains of entries in which each carries the hash of the one before it, so that none can be
//! changed, removed or slipped in unseen. Pure.
//!
//! The hash is SHA-256 over the previous entry's hash, a zero byte, and a JSON array of the entry's
//! fields; the first entry's previous hash is [`GENESIS`]. Which fields, and in which order, is said
//! by whoever keeps the chain (`custody`, `incident::history`, `people::access`).

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an entry with these fields that follows `previous`: 64 hexadecimal digits.
#[must_use]
pub fn link(previous: &str, fields: &Value) -> String {
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    digest.update([0]);
    digest.update(fields.to_string().as_bytes());
    hex::encode(digest.finalize())
}

/// The chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chain is broken at entry {seq}")]
pub struct BrokenChain {
    /// The first entry that does not fit.
    pub seq: i64,
}

/// One entry as it is stored.
#[derive(Debug)]
pub struct Link<'a> {
    /// Its number; the first is 1.
    pub seq: i64,
    /// What its hash is made of.
    pub fields: Value,
    /// The stored hash.
    pub hash: &'a str,
}

/// Verifies entries with their stored hashes, in the order of `seq`, from the first one on.
///
/// # Errors
/// [`BrokenChain`] at the first entry whose number or hash does not fit.
pub fn verify<'a>(links: impl IntoIterator<Item = Link<'a>>) -> Result<(), BrokenChain> {
    verify_from((1, GENESIS), links)
}

/// Verifies a part of a chain: entries from the number `first` on, of which the first follows the hash
/// `previous`.
///
/// # Errors
/// As [`verify`].
pub fn verify_from<'a>(
    (first, previous): (i64, &str),
    links: impl IntoIterator<Item = Link<'a>>,
) -> Result<(), BrokenChain> {
    let mut previous = previous.to_owned();
    for (expected, stored) in (first..).zip(links) {
        previous = link(&previous, &stored.fields);
        if stored.seq != expected || previous != stored.hash {
            return Err(BrokenChain { seq: expected });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The hash is a promise to whoever kept an export: it never changes.
    #[test]
    fn the_hash_is_what_it_always_was() {
        let first = link(GENESIS, &json!(["a", 1, null]));
        let by_hand = Sha256::digest([GENESIS.as_bytes(), b"\0[\"a\",1,null]"].concat());
        assert_eq!(first, hex::encode(by_hand));
        let links = |seq| {
            [Link {
                seq,
                fields: json!(["a", 1, null]),
                hash: &first,
            }]
        };
        assert_eq!(verify(links(1)), Ok(()));
        assert_eq!(verify(links(2)), Err(BrokenChain { seq: 1 }));
    }
}
