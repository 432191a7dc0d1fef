//! Seals an event: when its last part is settled, the manifest of all parts is written, chained to
//! the one before it, and signed.
//!
//! The files are on disk before the revision that names them; the chain moves with that revision.
//! What does not belong here: what a manifest says (`bundle`), filing (`desk`).

use std::sync::Arc;

use bundle::{ChainHead, Link, Manifest, ManifestError, Sealing, sign_manifest};
use contract::v1::{
    AgentId, AutoReport, EventId, Evidence, EvidenceId, EvidenceKind, SecretKey, UnavailableReason,
};
use jiff::Timestamp;

use super::vault::reason_of;
use crate::outbox::{Store, StoreError};
use crate::report::Outcome;
use crate::telemetry::{chain, metric};

/// What manifests say of the program that made them.
const BUILD: &str = concat!("edge-agent ", env!("CARGO_PKG_VERSION"));

/// Makes the seals of one agent, one after the other.
#[derive(Debug)]
pub(super) struct Sealer {
    store: Arc<Store>,
    chain: String,
    head: Option<ChainHead>,
}

/// The seal of one revision.
#[derive(Debug)]
pub(super) struct Seal {
    /// What became of manifest and signature.
    pub(super) outcomes: Vec<(EvidenceId, Outcome)>,
    /// Where the chain stands once the revision is kept; `None` where there is no manifest.
    pub(super) head: Option<ChainHead>,
}

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
enum SealError {
    #[error("the report makes no manifest")]
    Manifest(#[source] ManifestError),
    #[error("cannot write the file")]
    File(#[source] std::io::Error),
}

impl SealError {
    fn reason(&self) -> UnavailableReason {
        match self {
            Self::Manifest(_) => UnavailableReason::EncodingFailed,
            Self::File(error) => reason_of(error),
        }
    }
}

impl Sealer {
    /// Takes up the chain where the disk says that it stands.
    pub(super) async fn open(store: Arc<Store>, agent: &AgentId) -> Result<Self, StoreError> {
        Ok(Self {
            chain: store.id().to_string(),
            head: store.chain_head(agent).await?,
            store,
        })
    }

    /// Makes the seal of a revision whose parts are all settled. The chain does not move before
    /// [`Sealer::filed`].
    pub(super) async fn seal(
        &self,
        key: &SecretKey,
        report: &AutoReport,
        last_seen: Timestamp,
    ) -> Seal {
        let due = |kind| due(report, kind);
        let (Some(manifest), Some(signature)) = (
            due(EvidenceKind::Manifest),
            due(EvidenceKind::ManifestSignature),
        ) else {
            return Seal::without(report, UnavailableReason::EncodingFailed);
        };
        let sealing = Sealing {
            build: BUILD.to_owned(),
            last_seen,
            sealed_at: Timestamp::now(),
            link: Link::after(&self.chain, self.head.as_ref()),
        };
        match self.make(key, report, sealing, (manifest, signature)).await {
            Ok(seal) => seal,
            Err(error) => {
                tracing::error!(
                    event.id = %report.event_id,
                    camera.id = %report.camera,
                    error = %chain(&error),
                    "an event cannot be sealed; its evidence goes without a manifest"
                );
                Seal::without(report, error.reason())
            }
        }
    }

    /// The revision with this seal is kept: the next manifest follows from it.
    pub(super) fn filed(&mut self, event: EventId, head: ChainHead) {
        tracing::info!(event.id = %event, chain.sequence = head.sequence, "event sealed");
        self.head = Some(head);
    }

    async fn make(
        &self,
        key: &SecretKey,
        report: &AutoReport,
        sealing: Sealing,
        (manifest_id, signature_id): (EvidenceId, EvidenceId),
    ) -> Result<Seal, SealError> {
        let link = sealing.link.clone();
        let manifest = Manifest::of(report, sealing).map_err(SealError::Manifest)?;
        let bytes = manifest.to_bytes().map_err(SealError::Manifest)?;
        let signature = sign_manifest(key, &bytes).to_string().into_bytes();
        let head = link.head(bundle::Sha256Hex::of(&bytes));
        let files = [
            (
                manifest_id,
                EvidenceKind::Manifest,
                "application/json",
                bytes,
            ),
            (
                signature_id,
                EvidenceKind::ManifestSignature,
                "text/plain",
                signature,
            ),
        ];
        let mut outcomes = Vec::new();
        for (id, kind, mime, bytes) in files {
            outcomes.push((id, self.keep(id, kind, mime, bytes).await?));
            metrics::counter!(metric::EVIDENCE, "kind" => kind.as_str(), "outcome" => "sealed")
                .increment(1);
        }
        Ok(Seal {
            outcomes,
            head: Some(head),
        })
    }

    /// A seal is a few kilobytes: nothing is let go for it, and it counts from its filing on.
    async fn keep(
        &self,
        id: EvidenceId,
        kind: EvidenceKind,
        mime: &str,
        bytes: Vec<u8>,
    ) -> Result<Outcome, SealError> {
        let (files, length) = (self.store.files().clone(), bytes.len() as u64);
        let name = Store::evidence_name(id, kind);
        let written = tokio::task::spawn_blocking(move || files.write(&name, &bytes)).await;
        let sha256 = written
            .map_err(|panic| SealError::File(std::io::Error::other(panic)))?
            .map_err(SealError::File)?;
        Ok(Outcome::Sealed {
            mime: mime.to_owned(),
            bytes: length,
            sha256,
            shown: None,
            part: None,
            track: None,
        })
    }
}

impl Seal {
    fn without(report: &AutoReport, reason: UnavailableReason) -> Self {
        let seals = report
            .evidence
            .iter()
            .filter(|entry| entry.kind().is_seal());
        Self {
            outcomes: seals
                .map(|entry| (entry.id(), Outcome::Unavailable(reason)))
                .collect(),
            head: None,
        }
    }
}

fn due(report: &AutoReport, kind: EvidenceKind) -> Option<EvidenceId> {
    let pending =
        |entry: &&Evidence| entry.kind() == kind && matches!(entry, Evidence::Pending { .. });
    report.evidence.iter().find(pending).map(Evidence::id)
}
