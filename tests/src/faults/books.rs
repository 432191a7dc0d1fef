//! The books: what the agent's rules raised, what the server stored, and whether they agree.

use std::collections::HashMap;

use contract::v1::EventId;
use serde::Serialize;

use super::ground::Ground;
use crate::harness::{AGENT, StoredBooks, stored_books, stored_messages};

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Events in the agent's log.
    pub raised: usize,
    /// Of them, those that the server has with every revision up to its last.
    pub stored: usize,
    /// Of them, those that it does not have.
    pub lost: usize,
    /// Events or messages that the server has once too often.
    pub doubled: usize,
    /// Messages whose signature, or evidence whose hash, does not fit its bytes; bundles that are not
    /// whole; faults in the agent's chain.
    pub corrupt: usize,
}

impl Tally {
    /// Whether nothing is missing, and nothing there twice.
    #[must_use]
    pub const fn balances(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.corrupt == 0 && self.stored == self.raised
    }

    /// What was counted since `before`.
    #[must_use]
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            raised: self.raised.saturating_sub(before.raised),
            stored: self.stored.saturating_sub(before.stored),
            ..*self
        }
    }
}

/// Compares log and database, quickly.
pub(super) async fn compare(ground: &Ground) -> anyhow::Result<Tally> {
    let raised = ground.raised();
    let books = stored_books(&ground.server.data_dir(), AGENT).await?;
    let whole = whole(&books);
    let stored = raised
        .iter()
        .filter(|event| whole.get(*event) == Some(&true))
        .count();
    let strangers = whole
        .keys()
        .filter(|event| !raised.contains(*event))
        .count();
    let extra = books.messages.saturating_sub(books.revisions);
    Ok(Tally {
        raised: raised.len(),
        stored,
        lost: raised.len() - stored,
        doubled: strangers + usize::try_from(extra)?,
        corrupt: 0,
    })
}

/// Whether each event has every revision from the first to its last, is over, and waits for no
/// evidence.
fn whole(books: &StoredBooks) -> HashMap<EventId, bool> {
    books
        .events
        .iter()
        .map(|event| {
            let settled = event.cleared && event.due == 0;
            (event.id, event.revisions == event.highest && settled)
        })
        .collect()
}

/// Reads every message and every stored piece of evidence, and counts those that do not fit.
pub(super) async fn corrupt(ground: &Ground) -> anyhow::Result<usize> {
    let key = ground.agent_key()?;
    let data = ground.server.data_dir();
    let own = "vong/v1/agents/site-1/";
    let messages = stored_messages(&data).await?;
    let unsigned = messages
        .iter()
        .filter(|message| message.topic.starts_with(own) && !message.verifies(&key))
        .count();
    let broken = stored_books(&data, AGENT).await?.broken_evidence(&data);
    Ok(unsigned + broken)
}
