//! What the outbox keeps, in words of its own: what goes in, what comes out, what was let go.
//!
//! What does not belong here: how it is kept (`store`).

use bundle::ChainHead;
use bytes::Bytes;
use contract::v1::{AutoReport, EventId, EvidenceId, EvidenceKind, Severity};
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

/// What the full-disk policy can let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LostThing {
    /// An `updated` revision that a later one of the same event replaces.
    Update,
    /// All pending revisions of one event.
    Event,
    /// A refused report that was kept for a person; the server has it in quarantine.
    DeadLetter,
    /// An evidence file.
    Evidence,
}

impl LostThing {
    /// The word in the row and the label of the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Event => "event",
            Self::DeadLetter => "dead_letter",
            Self::Evidence => "evidence",
        }
    }
}

/// One line of the gap report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What went (the word of [`LostThing`]).
    pub what: String,
    /// How many so far, over all runs.
    pub count: u64,
}

/// How full the outbox is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reports that the server has not answered.
    pub pending: u64,
    /// Reports that the server refused.
    pub dead: u64,
    /// Bytes of their payloads together.
    pub report_bytes: u64,
    /// Evidence files.
    pub uploads: u64,
    /// Their bytes.
    pub evidence_bytes: u64,
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
