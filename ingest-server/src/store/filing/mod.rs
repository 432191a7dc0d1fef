//! Filing: verified reports become rows, many at once.
//!
//! The rows that a batch touches are read (and on PostgreSQL held) with a few statements, each
//! report changes them in memory as if it had come alone, and what changed is written with a few
//! statements again. So a batch of hundreds costs as many round trips as one report, and the rows
//! end up as if the reports had been filed one by one.
//!
//! What does not belong here: what a report does to an incident (`incident::{intake, facts}`, and the
//! crate `merge`).

mod book;
mod company;
mod read;
mod told;
mod write;

pub use told::{NewTold, file_told};
pub(super) use write::{next_number, next_of};

use std::time::Instant;

use contract::v1::AutoReport;
use jiff::Timestamp;
use merge::Model;

use super::{StoreError, Tx};
use crate::changes::Change;
use crate::incident::intake::Decision;
use crate::telemetry::MERGE_SECONDS;

/// A verified message and what was parsed from it.
#[derive(Debug, Clone)]
pub struct VerifiedReport<'a> {
    /// The topic it came on.
    pub topic: &'a str,
    /// The exact payload bytes.
    pub payload: &'a [u8],
    /// SHA-256 of the payload, hexadecimal.
    pub sha256: &'a str,
    /// The signature property.
    pub signature: &'a str,
    /// What was parsed.
    pub report: &'a AutoReport,
    /// When it was received.
    pub received: Timestamp,
}

/// What became of a report that was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is new.
    New(Applied),
    /// The very same bytes are stored already.
    Duplicate,
    /// Its `(event_id, revision)`, or its event, is stored with other bytes or another agent.
    Conflict,
}

/// What a stored report did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What was decided, and why.
    pub decision: Decision,
    /// To be announced once the transaction is committed.
    pub change: Change,
}

/// Stores messages, their reports, events, evidence and incidents; the answers come in the order of
/// the reports. Order-free: whatever the order in which the revisions of an event come, and however
/// they are cut into batches, the rows end up the same.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`]; then nothing of the transaction may be
/// committed.
pub async fn file_reports(
    tx: &Tx,
    model: &Model,
    reports: &[VerifiedReport<'_>],
) -> Result<Vec<Filed>, StoreError> {
    let started = Instant::now();
    let mut book = read::open(tx, model, reports).await?;
    let mut filed = Vec::with_capacity(reports.len());
    for verified in reports {
        filed.push(book.take(tx, model, verified).await?);
    }
    metrics::histogram!(MERGE_SECONDS).record(started.elapsed().as_secs_f64());
    write::save(tx, model, book).await?;
    Ok(filed)
}
