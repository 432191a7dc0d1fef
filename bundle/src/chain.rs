//! The chain of one agent's manifests: each names the hash of the one before it.
//!
//! Pure. A chain belongs to one agent and one outbox: an agent that lost its disk begins a new one,
//! with another id, and that is told apart from two manifests that claim the same place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256Hex;

/// A manifest's place in its agent's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Which chain: the id of the agent's outbox.
    pub chain: String,
    /// Counts from 1 without a gap.
    #[schemars(range(min = 1))]
    pub sequence: u64,
    /// SHA-256 of the exact bytes of the manifest before; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Sha256Hex>,
}

/// The newest manifest of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// Which chain.
    pub chain: String,
    /// Its place.
    pub sequence: u64,
    /// SHA-256 of its exact bytes.
    pub sha256: Sha256Hex,
}

impl Link {
    /// The link after `head` in chain `chain`; the first where there is no head.
    #[must_use]
    pub fn after(chain: &str, head: Option<&ChainHead>) -> Self {
        Self {
            chain: chain.to_owned(),
            sequence: head.map_or(1, |head| head.sequence + 1),
            previous: head.map(|head| head.sha256.clone()),
        }
    }

    /// Whether the link can be one at all: the first has no predecessor, every other has one.
    #[must_use]
    pub const fn is_well_formed(&self) -> bool {
        match self.sequence {
            0 => false,
            1 => self.previous.is_none(),
            _ => self.previous.is_some(),
        }
    }

    /// The head of the chain once this link's manifest has this hash.
    #[must_use]
    pub fn head(&self, sha256: Sha256Hex) -> ChainHead {
        ChainHead {
            chain: self.chain.clone(),
            sequence: self.sequence,
            sha256,
        }
    }
}

/// What is wrong between the links of one chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Numbers are missing: manifests were lost, or are held back.
    #[error("manifests {first} to {last} of chain {chain} are missing")]
    Gap {
        /// The chain.
        chain: String,
        /// The first number that is missing.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// Two manifests claim the same place.
    #[error("two manifests of chain {chain} have number {sequence}")]
    Fork {
        /// The chain.
        chain: String,
        /// Their number.
        sequence: u64,
    },
    /// A manifest names another predecessor than the one there is.
    #[error("manifest {sequence} of chain {chain} does not follow from the one before it")]
    Broken {
        /// The chain.
        chain: String,
        /// The later one's number.
        sequence: u64,
    },
}

/// Everything that is wrong between these links and the hashes of their manifests, in the order of
/// the chain. A gap is told only between manifests that are there; what comes before the first or
/// after the last is not known here.
#[must_use]
pub fn check_links(links: &[(Link, Sha256Hex)]) -> Vec<ChainFault> {
    let mut ordered: Vec<&(Link, Sha256Hex)> = links.iter().collect();
    ordered.sort_by(|(a, a_hash), (b, b_hash)| {
        (&a.chain, a.sequence, a_hash).cmp(&(&b.chain, b.sequence, b_hash))
    });
    ordered.dedup();
    let pairs = ordered.iter().zip(ordered.iter().skip(1));
    pairs
        .filter(|((before, _), (after, _))| before.chain == after.chain)
        .filter_map(|((before, hash), (after, _))| between(before, hash, after))
        .collect()
}

fn between(before: &Link, hash: &Sha256Hex, after: &Link) -> Option<ChainFault> {
    let chain = after.chain.clone();
    match after.sequence - before.sequence {
        0 => Some(ChainFault::Fork {
            chain,
            sequence: after.sequence,
        }),
        1 if after.previous.as_ref() == Some(hash) => None,
        1 => Some(ChainFault::Broken {
            chain,
            sequence: after.sequence,
        }),
        _ => Some(ChainFault::Gap {
            chain,
            first: before.sequence + 1,
            last: after.sequence - 1,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grow(chain: &str, count: u64) -> Vec<(Link, Sha256Hex)> {
        let mut head = None;
        (1..=count)
            .map(|number| {
                let link = Link::after(chain, head.as_ref());
                let hash = Sha256Hex::of(format!("{chain} {number}").as_bytes());
                head = Some(link.head(hash.clone()));
                (link, hash)
            })
            .collect()
    }

    #[test]
    fn a_whole_chain_has_no_fault_in_whatever_order_it_comes() {
        let mut links = grow("a", 5);
        links.extend(grow("b", 3));
        assert_eq!(check_links(&links), []);
        links.reverse();
        assert_eq!(check_links(&links), []);
        assert!(links.iter().all(|(link, _)| link.is_well_formed()));
    }

    #[test]
    fn a_gap_a_fork_and_a_broken_link_are_named() {
        let mut links = grow("a", 6);
        links.drain(2..4);
        let gap = ChainFault::Gap {
            chain: "a".to_owned(),
            first: 3,
            last: 4,
        };
        assert_eq!(check_links(&links), [gap]);

        let mut links = grow("a", 3);
        let mut twin = links[2].clone();
        twin.1 = Sha256Hex::of(b"another");
        links.push(twin);
        let fork = ChainFault::Fork {
            chain: "a".to_owned(),
            sequence: 3,
        };
        assert_eq!(check_links(&links), [fork]);

        let mut links = grow("a", 3);
        links[2].0.previous = Some(Sha256Hex::of(b"another"));
        let broken = ChainFault::Broken {
            chain: "a".to_owned(),
            sequence: 3,
        };
        assert_eq!(check_links(&links), [broken]);
    }

    #[test]
    fn only_the_first_link_has_no_predecessor() {
        let hash = Some(Sha256Hex::of(b"x"));
        let table = [
            (0, None, false),
            (1, None, true),
            (1, hash.clone(), false),
            (2, None, false),
            (2, hash, true),
        ];
        for (sequence, previous, expected) in table {
            let link = Link {
                chain: "a".to_owned(),
                sequence,
                previous,
            };
            assert_eq!(link.is_well_formed(), expected, "{link:?}");
        }
    }
}
