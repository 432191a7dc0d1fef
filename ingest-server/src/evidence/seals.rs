//! An event's seal as it arrives: manifest and signature are read together, judged once, and held
//! against the agent's chain. A seal that is worth nothing is kept with the reason, and its event
//! never makes a bundle.

use bundle::{ChainStanding, Manifest, Sha256Hex, verify_manifest};
use contract::v1::{EventId, EvidenceKind, Signed};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use super::objects::{ObjectError, Objects};
use super::uploads::UploadError;
use crate::store::entity::{evidence, manifest};
use crate::store::{self, AgentKey, GOOD_SEAL, Tx};
use crate::telemetry::MANIFESTS;

/// Most bytes of a manifest that is read.
const MOST_MANIFEST_BYTES: u64 = 1024 * 1024;
/// Most bytes of a signature's text.
const MOST_SIGNATURE_BYTES: u64 = 1024;

/// Takes up the seal of an event whose evidence has just been stored. Nothing happens before
/// manifest and signature are both here, and nothing after that.
pub(super) async fn receive(
    tx: &Tx,
    objects: &Objects,
    event: EventId,
    now: Timestamp,
) -> Result<(), UploadError> {
    let pieces = store::evidence_of_event(tx, &event).await?;
    let (Some(manifest), Some(signature)) = (
        stored(&pieces, EvidenceKind::Manifest),
        stored(&pieces, EvidenceKind::ManifestSignature),
    ) else {
        return Ok(());
    };
    if store::manifest_of_event(tx, &event).await?.is_some() {
        return Ok(());
    }
    let bytes = whole(objects, manifest, MOST_MANIFEST_BYTES).await?;
    let signature = whole(objects, signature, MOST_SIGNATURE_BYTES).await?;
    let signed = String::from_utf8(signature)
        .ok()
        .and_then(|text| text.parse::<Signed>().ok());
    let key = match &signed {
        Some(signed) => store::agent_key(tx, &signed.key_id).await?,
        None => None,
    };
    let parsed = Manifest::parse(&bytes).ok();
    let verdict = judge(
        &bytes,
        parsed.as_ref(),
        signed.as_ref(),
        key.as_ref(),
        manifest,
    );
    let link = parsed.as_ref().map(|manifest| &manifest.chain);
    let row = manifest::Model {
        event_id: event.to_string(),
        agent: manifest.agent.clone(),
        chain: link.map_or_else(String::new, |link| without_nul(&link.chain)),
        sequence: link.map_or(0, |link| i64::try_from(link.sequence).unwrap_or(i64::MAX)),
        previous: link
            .and_then(|link| link.previous.as_ref())
            .map(ToString::to_string),
        sha256: Sha256Hex::of(&bytes).to_string(),
        key_id: signed.map_or_else(String::new, |signed| signed.key_id.to_string()),
        verdict: verdict.to_owned(),
        received_at: now.as_microsecond(),
    };
    store::insert_manifest(tx, row.clone()).await?;
    tell(tx, &row).await
}

/// What the seal is worth, in a word.
fn judge(
    bytes: &[u8],
    manifest: Option<&Manifest>,
    signed: Option<&Signed>,
    key: Option<&AgentKey>,
    piece: &evidence::Model,
) -> &'static str {
    let (Some(manifest), Some(signed)) = (manifest, signed) else {
        return "unreadable";
    };
    let Some(key) = key.filter(|key| key.agent.as_str() == piece.agent) else {
        return "key_unknown";
    };
    if verify_manifest(&key.public_key, bytes, signed).is_err() {
        return "signature_wrong";
    }
    if key.enrolment().had_ended(manifest.sealed_at) {
        return "key_not_valid";
    }
    let same_event = manifest.event.id.to_string() == piece.event_id;
    if !same_event || manifest.agent.id.as_str() != piece.agent {
        return "other_event";
    }
    GOOD_SEAL
}

async fn tell(tx: &Tx, row: &manifest::Model) -> Result<(), UploadError> {
    if row.verdict != GOOD_SEAL {
        metrics::counter!(MANIFESTS, "outcome" => row.verdict.clone()).increment(1);
        tracing::error!(
            agent.id = row.agent,
            event.id = row.event_id,
            reason = row.verdict,
            "an event's seal is worth nothing"
        );
        return Ok(());
    }
    let outcome = match store::chain_standing(tx, row).await? {
        ChainStanding::First => "first",
        ChainStanding::Linked => "linked",
        ChainStanding::PredecessorMissing => {
            tracing::warn!(
                agent.id = row.agent,
                chain.id = row.chain,
                chain.sequence = row.sequence,
                "a manifest came before the one it follows"
            );
            "predecessor_missing"
        }
        ChainStanding::Contradicted => {
            tracing::error!(
                agent.id = row.agent,
                chain.id = row.chain,
                chain.sequence = row.sequence,
                event.id = row.event_id,
                "two manifests contradict one another in an agent's chain"
            );
            "contradicted"
        }
    };
    metrics::counter!(MANIFESTS, "outcome" => outcome).increment(1);
    Ok(())
}

fn stored(pieces: &[evidence::Model], kind: EvidenceKind) -> Option<&evidence::Model> {
    pieces
        .iter()
        .find(|piece| piece.kind == kind.as_str() && piece.state == "stored")
}

/// All bytes of a small piece; the first of a large one, which then is not what it should be.
async fn whole(
    objects: &Objects,
    piece: &evidence::Model,
    most: u64,
) -> Result<Vec<u8>, ObjectError> {
    let key = piece.object_key.as_deref().unwrap_or_default();
    let length = piece.bytes.map_or(0, i64::unsigned_abs).min(most);
    let pieces: Vec<bytes::Bytes> = objects.read(key, 0..length).await?.try_collect().await?;
    Ok(pieces.concat())
}

/// PostgreSQL's text holds no NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
