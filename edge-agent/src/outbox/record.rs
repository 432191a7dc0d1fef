//! What the outbox keeps, in words of its own: what goes in, what comes out, what was let go.
//!
//! What does not belong here: how it is kept (`store`).

use bundle::ChainHead;
use bytes::Bytes;
use contract::v1::{AutoReport, EventId, EvidenceId, EvidenceKind, LostThing, Severity};
use jiff::Timestamp;

use crate::report::Message;

/// How much may wait on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of report payloads.
    pub report_bytes: u64,
    /// Most bytes of evidence files.
    pub evidence_bytes: u64,
}

/// One revision to be kept, with what a restart needs and the evidence it seals.
#[derive(Debug, Clone)]
pub struct Filing<'a> {
    /// The signed bytes.
    pub message: &'a Message,
    /// The revision before it was thinned to fit.
    pub report: &'a AutoReport,
    /// When the event was last seen.
    pub last_seen: Timestamp,
    /// Where the chain of manifests stands once this revision, which seals one, is kept.
    pub sealed: Option<&'a ChainHead>,
}

/// What the full-disk policy let go to make room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filed {
    /// Losses by what they were.
    pub lost: Vec<(LostThing, u64)>,
}

/// A pending report as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// Its place in the order of creation.
    pub seq: i64,
    /// The event.
    pub event_id: String,
    /// The revision.
    pub revision: u32,
    /// The topic it was signed for.
    pub topic: String,
    /// The exact bytes.
    pub payload: Bytes,
    /// The value of the signature property.
    pub signature: String,
    /// Whether it may overtake others.
    pub urgency: Urgency,
}

/// A pending report that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// Its place in the order of creation.
    pub seq: i64,
    /// The event.
    pub event_id: String,
    /// The revision.
    pub revision: u32,
}

/// An event that can still change, as the last run left it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenEvent {
    /// Its last revision.
    pub report: AutoReport,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

/// An evidence file that waits for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub evidence_id: EvidenceId,
    /// The event it belongs to.
    pub event_id: EventId,
    /// The file's name.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
}

/// Where a report stands. The fourth state is *accepted*: then its row is gone, in the transaction
/// that lets its evidence go up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// On disk, not yet handed to a broker.
    Queued,
    /// Handed to a broker at least once; the server has not answered.
    Sent,
    /// The server refused it, and it is kept for a person.
    Refused,
}

impl DeliveryState {
    /// The word in the row and the label of the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Refused => "refused",
        }
    }
}

/// Whether a report may overtake others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It takes its turn.
    Normal,
    /// A revision of its event that still waits is of high or critical severity.
    Urgent,
}

impl Urgency {
    pub(super) const fn of_rank(rank: i64) -> Self {
        if rank >= severity_rank(Severity::High) {
            Self::Urgent
        } else {
            Self::Normal
        }
    }
}

/// A gap report as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGap {
    /// Grows with every gap report of this outbox.
    pub revision: u32,
    /// The topic it was signed for.
    pub topic: String,
    /// The exact bytes.
    pub payload: Bytes,
    /// The value of the signature property.
    pub signature: String,
    /// SHA-256 of the bytes: what an ack names.
    pub sha256: String,
}

/// How full the outbox is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reports that were never handed to a broker.
    pub queued: u64,
    /// Reports that were, and that the server has not answered.
    pub sent: u64,
    /// Reports that the server refused.
    pub refused: u64,
    /// Bytes of their payloads together.
    pub report_bytes: u64,
    /// Evidence files.
    pub uploads: u64,
    /// Their bytes.
    pub evidence_bytes: u64,
}

impl Tally {
    /// Reports that the server has not answered.
    #[must_use]
    pub const fn unanswered(&self) -> u64 {
        self.queued + self.sent
    }
}

pub(super) fn evidence_file(id: EvidenceId, kind: EvidenceKind) -> String {
    let ending = match kind {
        EvidenceKind::Preview
        | EvidenceKind::Still
        | EvidenceKind::StillOverlay
        | EvidenceKind::StillBefore
        | EvidenceKind::StillBeforeOverlay
        | EvidenceKind::StillAfter
        | EvidenceKind::StillAfterOverlay
        | EvidenceKind::Crop => "jpg",
        EvidenceKind::Clip => "clip",
        EvidenceKind::Manifest => "json",
        EvidenceKind::ManifestSignature => "sig",
    };
    format!("{id}.{ending}")
}

/// The most urgent first: what tells an operator most in the fewest bytes.
pub(super) const fn upload_priority(kind: EvidenceKind) -> i64 {
    match kind {
        EvidenceKind::Preview => 0,
        EvidenceKind::Still | EvidenceKind::Manifest | EvidenceKind::ManifestSignature => 1,
        EvidenceKind::StillOverlay => 2,
        EvidenceKind::Crop => 3,
        EvidenceKind::StillBefore | EvidenceKind::StillAfter => 4,
        EvidenceKind::StillBeforeOverlay | EvidenceKind::StillAfterOverlay => 5,
        EvidenceKind::Clip => CLIP_PRIORITY,
    }
}

/// Clips are the largest and come last.
pub(super) const CLIP_PRIORITY: i64 = 9;

pub(super) const fn severity_rank(severity: Severity) -> i64 {
    match severity {
        Severity::Low => 0,
        Severity::Medium => 1,
        Severity::High => 2,
        Severity::Critical => 3,
    }
}

pub(super) const fn severity_of(rank: i64) -> Severity {
    match rank {
        ..=0 => Severity::Low,
        1 => Severity::Medium,
        2 => Severity::High,
        3.. => Severity::Critical,
    }
}
