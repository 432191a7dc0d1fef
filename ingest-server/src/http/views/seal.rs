//! Seals as the API shows them: of an event, and of an agent's chain.

use std::collections::BTreeMap;

use bundle::{ChainFault, ChainStanding, Link, Sha256Hex};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time;
use crate::export::SealStanding;
use crate::store::StoreError;

/// The seal of one event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seal)]
pub struct SealView {
    /// The event.
    pub event_id: Uuid,
    /// `good`, or why it seals nothing: `unreadable`, `key_unknown`, `key_not_valid`,
    /// `signature_wrong`, `other_event`; `null` while it has not come.
    pub verdict: Option<String>,
    /// Its place in the agent's chain: `first`, `linked`, `predecessor_missing`, `contradicted`.
    pub chain: Option<&'static str>,
    /// Its number in the agent's chain.
    pub sequence: Option<i64>,
    /// The number plate that a person read.
    pub plate: Option<String>,
    /// Who read it.
    pub plate_typed_by: Option<String>,
    /// When the bundle was released.
    pub released_at: Option<Timestamp>,
    /// Who released it.
    pub released_by: Option<String>,
    /// Where the bundle is: a path on this server; `null` while there is no good seal.
    pub bundle_url: Option<String>,
}

impl SealView {
    /// Of one event of this incident.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(incident: &str, standing: SealStanding) -> Result<Self, StoreError> {
        let event = standing.event;
        let bundle_url = standing
            .chain
            .map(|_| format!("/api/v1/incidents/{incident}/bundle?event_id={event}"));
        let (released_at, released_by) = match standing.release {
            Some(row) => (
                Some(time(row.released_at, "releases", "released_at")?),
                Some(row.released_by),
            ),
            None => (None, None),
        };
        let (plate, plate_typed_by) = standing.plate.map(|row| (row.plate, row.typed_by)).unzip();
        Ok(Self {
            event_id: event.as_uuid(),
            chain: standing.chain.map(standing_word),
            sequence: standing.seal.as_ref().map(|seal| seal.sequence),
            verdict: standing.seal.map(|seal| seal.verdict),
            plate,
            plate_typed_by,
            released_at,
            released_by,
            bundle_url,
        })
    }
}

const fn standing_word(standing: ChainStanding) -> &'static str {
    match standing {
        ChainStanding::First => "first",
        ChainStanding::Linked => "linked",
        ChainStanding::PredecessorMissing => "predecessor_missing",
        ChainStanding::Contradicted => "contradicted",
    }
}

/// An agent's chains; one for each outbox that it ever had.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentChain)]
pub struct ChainView {
    /// Each chain, by its id.
    pub chains: Vec<ChainSummary>,
    /// What is wrong in them, in their order.
    pub faults: Vec<ChainFaultView>,
}

/// One chain, as far as it was looked at: the newest manifests.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChainSummary {
    /// The id of the agent's outbox.
    pub id: String,
    /// The lowest number that is here.
    pub first: u64,
    /// The highest.
    pub last: u64,
    /// How many manifests are here.
    pub received: u64,
}

/// Something that is wrong in a chain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChainFault)]
pub struct ChainFaultView {
    /// `gap`: these numbers are missing. `fork`: several manifests have this number. `broken`: this
    /// one names another predecessor than the one that is here.
    pub kind: &'static str,
    /// The chain.
    pub chain: String,
    /// The first number concerned.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl ChainView {
    /// Of these links and what is wrong between them.
    #[must_use]
    pub fn new(links: &[(Link, Sha256Hex)], faults: Vec<ChainFault>) -> Self {
        let mut chains: BTreeMap<&str, ChainSummary> = BTreeMap::new();
        for (link, _) in links {
            let chain = chains.entry(&link.chain).or_insert_with(|| ChainSummary {
                id: link.chain.clone(),
                first: link.sequence,
                last: link.sequence,
                received: 0,
            });
            chain.first = chain.first.min(link.sequence);
            chain.last = chain.last.max(link.sequence);
            chain.received += 1;
        }
        Self {
            chains: chains.into_values().collect(),
            faults: faults.into_iter().map(fault).collect(),
        }
    }
}

fn fault(fault: ChainFault) -> ChainFaultView {
    let (kind, chain, first, last) = match fault {
        ChainFault::Gap { chain, first, last } => ("gap", chain, first, last),
        ChainFault::Fork { chain, sequence } => ("fork", chain, sequence, sequence),
        ChainFault::Broken { chain, sequence } => ("broken", chain, sequence, sequence),
    };
    ChainFaultView {
        kind,
        chain,
        first,
        last,
    }
}
