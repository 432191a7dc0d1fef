//! What proves a report: promised first, sealed when it exists, or unavailable with the reason.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::EvidenceId;
use super::report::Interval;

/// What a piece of evidence shows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The deciding picture made small, at most 25 kB: what a weak link sees first.
    Preview,
    /// The deciding picture, as the camera saw it.
    Still,
    /// The deciding picture with boxes, zone and time drawn in.
    StillOverlay,
    /// A picture from before the deciding one.
    StillBefore,
    /// That picture with boxes, zone and time drawn in.
    StillBeforeOverlay,
    /// A picture from after the deciding one.
    StillAfter,
    /// That picture with boxes, zone and time drawn in.
    StillAfterOverlay,
    /// One track, cut out of the picture that shows it best.
    Crop,
    /// The passage from pre-roll to post-roll, the camera's own bytes remuxed.
    Clip,
    /// The manifest: every other part with its hash, and all that was known when it was sealed.
    Manifest,
    /// The agent's signature over the exact bytes of the manifest.
    ManifestSignature,
}

impl EvidenceKind {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Still => "still",
            Self::StillOverlay => "still_overlay",
            Self::StillBefore => "still_before",
            Self::StillBeforeOverlay => "still_before_overlay",
            Self::StillAfter => "still_after",
            Self::StillAfterOverlay => "still_after_overlay",
            Self::Crop => "crop",
            Self::Clip => "clip",
            Self::Manifest => "manifest",
            Self::ManifestSignature => "manifest_signature",
        }
    }

    /// Whether this kind is the seal over the other parts, and no part itself.
    #[must_use]
    pub const fn is_seal(self) -> bool {
        matches!(self, Self::Manifest | Self::ManifestSignature)
    }
}

/// Why a piece of evidence that was due does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnavailableReason {
    /// The packet ring no longer held the passage.
    NotInRing,
    /// The camera went away before the passage was complete, and nothing of it could be cut.
    CameraLost,
    /// The disk was full and the stated policy let this piece go.
    DiskFull,
    /// Cutting or encoding failed; the agent's log has the cause.
    EncodingFailed,
    /// The agent stopped before the piece was finished.
    AgentRestarted,
    /// It existed and was older than the agent keeps evidence.
    Expired,
    /// It existed and was lost or changed on the agent's disk.
    Damaged,
}

impl UnavailableReason {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotInRing => "not_in_ring",
            Self::CameraLost => "camera_lost",
            Self::DiskFull => "disk_full",
            Self::EncodingFailed => "encoding_failed",
            Self::AgentRestarted => "agent_restarted",
            Self::Expired => "expired",
            Self::Damaged => "damaged",
        }
    }
}

/// Which part of a clip this is, where the camera was away in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Its place in the order of time, from 1.
    #[schemars(range(min = 1))]
    pub number: u32,
    /// How many parts there are, at least 2.
    #[schemars(range(min = 2))]
    pub of: u32,
}

/// One entry of a report's evidence list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Evidence {
    /// It will exist: the post-roll has not happened yet.
    Pending {
        /// Its id, kept when it is sealed.
        id: EvidenceId,
        /// What it will show.
        kind: EvidenceKind,
    },
    /// It exists, and these are its bytes. The server takes uploads for these hashes only.
    Sealed {
        /// Its id.
        id: EvidenceId,
        /// What it shows.
        kind: EvidenceKind,
        /// Media type, e.g. `video/mp4`.
        mime: String,
        /// Length in bytes.
        bytes: u64,
        /// SHA-256 of the bytes, 64 lower-case hexadecimal digits.
        #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
        sha256: String,
        /// When the camera saw what it shows; a picture has only a start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<Interval>,
        /// Which part it is, where the clip is in several: each part is an entry of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
        /// The track that a crop shows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        track: Option<u64>,
    },
    /// It was due and will never exist.
    Unavailable {
        /// Its id.
        id: EvidenceId,
        /// What it would have shown.
        kind: EvidenceKind,
        /// Why not.
        reason: UnavailableReason,
    },
}

impl Evidence {
    /// The entry's id, whatever its state.
    #[must_use]
    pub const fn id(&self) -> EvidenceId {
        match self {
            Self::Pending { id, .. } | Self::Sealed { id, .. } | Self::Unavailable { id, .. } => {
                *id
            }
        }
    }

    /// What the entry shows, whatever its state.
    #[must_use]
    pub const fn kind(&self) -> EvidenceKind {
        match self {
            Self::Pending { kind, .. }
            | Self::Sealed { kind, .. }
            | Self::Unavailable { kind, .. } => *kind,
        }
    }
}
