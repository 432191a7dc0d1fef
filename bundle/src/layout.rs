//! The names of a bundle's files, and the index that lists them.

use contract::v1::{EventId, EvidenceId, EvidenceKind};
use serde::{Deserialize, Serialize};

use crate::digest::{Fingerprint, Sha256Hex};

pub(crate) const AGENT_KEY: &str = "agent.pub";
pub(crate) const ENROLMENT: &str = "enrolment.json";
pub(crate) const ENROLMENT_SIGNATURE: &str = "enrolment.sig";
pub(crate) const INDEX: &str = "index.json";
pub(crate) const INDEX_SIGNATURE: &str = "index.sig";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const MANIFEST_SIGNATURE: &str = "manifest.sig";
pub(crate) const PAGE: &str = "page.html";
pub(crate) const README: &str = "README.txt";
pub(crate) const REVIEW: &str = "review.json";
pub(crate) const SERVER_KEY: &str = "server.pub";

/// What every bundle holds, beside its evidence.
pub(crate) const ALWAYS: [&str; 11] = [
    AGENT_KEY,
    ENROLMENT,
    ENROLMENT_SIGNATURE,
    INDEX,
    INDEX_SIGNATURE,
    MANIFEST,
    MANIFEST_SIGNATURE,
    PAGE,
    README,
    REVIEW,
    SERVER_KEY,
];

/// What the index says of itself.
pub(crate) const BUNDLE_FORMAT: &str = "vong.bundle.v1";

/// Where a piece of evidence lies in the bundle.
pub(crate) fn evidence_name(kind: EvidenceKind, id: EvidenceId, mime: &str) -> String {
    let ending = match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        _ => "bin",
    };
    format!("evidence/{}-{id}.{ending}", kind.as_str())
}

/// Every file of the bundle but the index and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Index {
    /// Always `vong.bundle.v1`.
    pub(crate) format: String,
    /// The one event that the bundle is about.
    pub(crate) event_id: EventId,
    /// By name.
    pub(crate) files: Vec<Listed>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: Sha256Hex,
}

impl Listed {
    pub(crate) fn new(name: &str, fingerprint: &Fingerprint) -> Self {
        Self {
            name: name.to_owned(),
            bytes: fingerprint.bytes,
            sha256: fingerprint.sha256.clone(),
        }
    }
}
