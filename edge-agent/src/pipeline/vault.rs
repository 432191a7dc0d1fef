//! Where finished evidence goes: room is made for it, its file is written, and its report learns what
//! it is, or why it does not exist.
//!
//! What does not belong here: making it (`exhibits`), sending it (`outbox`).

use std::io;
use std::sync::Arc;

use contract::v1::{
    CameraId, EventId, Interval, MAX_EVIDENCE_BYTES, Part, Severity, UnavailableReason,
};
use tokio::sync::mpsc;

use super::desk::Paper;
use crate::outbox::Store;
use crate::report::{Outcome, Promise};
use crate::telemetry::{chain, metric};

/// A finished piece of evidence.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) mime: &'static str,
    /// When the camera saw what it shows.
    pub(super) shown: Option<Interval>,
    /// Which part, where there are several.
    pub(super) part: Option<Part>,
    /// The track that a crop shows.
    pub(super) track: Option<u64>,
}

impl Piece {
    /// A JPEG of one moment.
    pub(super) const fn picture(bytes: Vec<u8>, shown: Interval) -> Self {
        Self {
            bytes,
            mime: "image/jpeg",
            shown: Some(shown),
            part: None,
            track: None,
        }
    }
}

/// Why a piece of evidence that was due does not exist, as a word and in words.
pub(super) type Missing = (UnavailableReason, String);

/// What a piece belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) camera: &'a CameraId,
    pub(super) event: EventId,
    pub(super) severity: Severity,
}

/// The vault; all cameras share its disk.
#[derive(Clone)]
pub(super) struct Vault {
    pub(super) store: Arc<Store>,
    /// Hears of evidence that had to make room. When full, what is kept next waits.
    pub(super) desk: mpsc::Sender<Paper>,
}

impl Vault {
    /// Keeps what was made, or says why there is nothing.
    pub(super) async fn keep(
        &self,
        owner: Owner<'_>,
        promise: Promise,
        made: Result<Piece, Missing>,
    ) -> Outcome {
        let kept = match made {
            Ok(piece) => self.put(owner.severity, promise, piece).await,
            Err(missing) => Err(missing),
        };
        let label = match &kept {
            Ok(_) => "sealed",
            Err((reason, cause)) => {
                tracing::error!(
                    camera.id = %owner.camera,
                    event.id = %owner.event,
                    kind = promise.kind.as_str(),
                    reason = reason.as_str(),
                    cause,
                    "a piece of evidence does not exist"
                );
                reason.as_str()
            }
        };
        metrics::counter!(metric::EVIDENCE, "kind" => promise.kind.as_str(), "outcome" => label)
            .increment(1);
        kept.unwrap_or_else(|(reason, _)| Outcome::Unavailable(reason))
    }

    /// Writes a piece, after making room among what matters no more than `severity`.
    pub(super) async fn put(
        &self,
        severity: Severity,
        promise: Promise,
        piece: Piece,
    ) -> Result<Outcome, Missing> {
        let Piece {
            bytes,
            mime,
            shown,
            part,
            track,
        } = piece;
        let failed = |text| (UnavailableReason::EncodingFailed, text);
        let length = bytes.len() as u64;
        if length > MAX_EVIDENCE_BYTES {
            return Err(failed(format!("{length} bytes are too many")));
        }
        self.make_room(length, severity).await?;
        let files = self.store.files().clone();
        let name = Store::evidence_name(promise.id, promise.kind);
        let written = tokio::task::spawn_blocking(move || files.write(&name, &bytes)).await;
        match written {
            Ok(Ok(sha256)) => Ok(Outcome::Sealed {
                mime: mime.to_owned(),
                bytes: length,
                sha256,
                shown,
                part,
                track,
            }),
            Ok(Err(error)) => {
                let text = format!("cannot write the file: {error}");
                Err((reason_of(&error), text))
            }
            Err(panic) => Err(failed(panic.to_string())),
        }
    }

    async fn make_room(&self, bytes: u64, severity: Severity) -> Result<(), Missing> {
        match self.store.make_room(bytes, severity).await {
            Ok(Some(uploads)) if uploads.is_empty() => Ok(()),
            Ok(Some(uploads)) => {
                let reason = UnavailableReason::DiskFull;
                // The desk outlives every camera.
                let _ = self.desk.send(Paper::LetGo { uploads, reason }).await;
                Ok(())
            }
            Ok(None) => {
                let cause = "the evidence space is full of more severe events".to_owned();
                Err((UnavailableReason::DiskFull, cause))
            }
            Err(error) => Err((UnavailableReason::EncodingFailed, chain(&error))),
        }
    }
}

/// What a file that cannot be written makes of its evidence.
pub(super) fn reason_of(error: &io::Error) -> UnavailableReason {
    match error.kind() {
        io::ErrorKind::StorageFull => UnavailableReason::DiskFull,
        _ => UnavailableReason::EncodingFailed,
    }
}
