//! What leaves the house: bundles, put together from what is stored and released by people; and redacted
//! copies.
//!
//! The same rows and objects always make the same bytes: nothing of a bundle is the moment of its
//! download. What does not belong here: how a bundle looks (`bundle`), rights (`http`).

mod disclosure;

use std::collections::HashMap;

use bundle::{
    Bundle, BundleError, Decision, Digest, Dossier, EvidenceFile, Manifest, MissingField, Release,
    ReviewRecord, Vehicle, missing_for_release,
};
use contract::v1::{EventId, EvidenceId, EvidenceKind, KeyId, SecretKey, Signed};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use notice::Cause;

pub use self::disclosure::{DisclosureError, Recipient, ask as ask_for_redaction, disclose};

use crate::changes::ChangeBus;
use crate::custody::{Act, Detail};
use crate::evidence::{EvidenceStore, ObjectError};
use crate::incident::IncidentId;
use crate::incident::history::CAMERA_ACTOR;
use crate::people::{Account, audit};
use crate::store::entity::{evidence, incident, manifest};
use crate::store::{
    self, Access, CustodyEntry, GOOD_SEAL, HistoryEntry, NewAccess, Store, StoreError, Tx,
};
use crate::telemetry::DECISIONS;

/// Why there is no bundle, or no release.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no such incident, or the event is not one of its events.
    #[error("no such event of this incident")]
    NotFound,
    /// The incident has several sealed events, and one offence belongs into one file.
    #[error("the incident has several sealed events: name one as event_id")]
    WhichEvent,
    /// The agent has not sealed the event yet, or its seal has not come.
    #[error("the seal of this event has not come yet")]
    NotSealed,
    /// The seal is worth nothing.
    #[error("the seal of this event is worth nothing: {0}")]
    BadSeal(String),
    /// Mandatory fields are missing.
    #[error("mandatory fields are missing")]
    Incomplete(Vec<MissingField>),
    /// The bundle was released: what stands in it stands.
    #[error("the bundle of this event was released and cannot change any more")]
    Released,
    /// The parts make no bundle.
    #[error("no bundle can be made")]
    Bundle(#[source] BundleError),
    /// Stored evidence cannot be read.
    #[error("stored evidence cannot be read")]
    Object(#[from] ObjectError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<BundleError> for ExportError {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Missing(field) => Self::Incomplete(vec![field]),
            other => Self::Bundle(other),
        }
    }
}

/// A bundle and where the bytes of its evidence lie.
pub struct Export {
    /// The event.
    pub event: EventId,
    /// The incident's number, for the file's name.
    pub number: i64,
    /// The bundle.
    pub bundle: Bundle,
    /// The key of each piece of evidence in the evidence store.
    pub objects: HashMap<EvidenceId, String>,
}

/// A sealed event with all that is known of it.
struct Case {
    incident: incident::Model,
    seal: manifest::Model,
    pieces: Vec<evidence::Model>,
    manifest: Vec<u8>,
    signature: Signed,
    review: ReviewRecord,
}

/// Puts the bundle of an event together; of the only sealed one where `event` names none.
///
/// # Errors
/// [`ExportError`] with the field, the part or the signature at fault.
pub async fn bundle(
    store: &Store,
    evidence: &EvidenceStore,
    key: &SecretKey,
    incident: IncidentId,
    event: Option<EventId>,
) -> Result<Export, ExportError> {
    let case = case(store, evidence, incident, event).await?;
    let key_id: KeyId = case
        .seal
        .key_id
        .parse()
        .map_err(|_| ExportError::BadSeal("key_unknown".to_owned()))?;
    let agent_key = store::agent_key(store, &key_id)
        .await?
        .ok_or_else(|| ExportError::BadSeal("key_unknown".to_owned()))?;
    let (mut files, mut objects) = (Vec::new(), HashMap::new());
    for piece in case.pieces.iter().filter(|piece| piece.state == "stored") {
        let Some((id, object_key)) = place_of(piece) else {
            continue;
        };
        files.push(EvidenceFile {
            id,
            fingerprint: fingerprint(evidence, piece, object_key).await?,
        });
        objects.insert(id, object_key.to_owned());
    }
    let dossier = Dossier {
        manifest: &case.manifest,
        signature: &case.signature,
        enrolment: &agent_key.enrolment(),
        review: &case.review,
        evidence: &files,
    };
    Ok(Export {
        event: case.review.event_id,
        number: case.incident.number,
        bundle: Bundle::assemble(&dossier, key)?,
        objects,
    })
}

/// Writes into the access log, and into the custody log of every piece in a bundle, that a person took
/// it out.
///
/// # Errors
/// [`ExportError::Store`].
pub async fn note_export(
    store: &Store,
    export: &Export,
    access: NewAccess,
    now: Timestamp,
) -> Result<(), ExportError> {
    let pieces = store::evidence_of_event(store, &export.event).await?;
    let tx = store.begin().await?;
    note_pieces(&tx, &pieces, &access.actor, Act::Exported, now).await?;
    store::note_access(&tx, access, now).await?;
    Ok(tx.commit().await?)
}

/// Writes into the custody log of every piece in a bundle that a unit took it out, by the token of the
/// message that told it.
///
/// # Errors
/// [`ExportError::Store`].
pub async fn note_delivery(
    store: &Store,
    export: &Export,
    unit: &str,
    now: Timestamp,
) -> Result<(), ExportError> {
    let pieces = store::evidence_of_event(store, &export.event).await?;
    let tx = store.begin().await?;
    note_pieces(&tx, &pieces, unit, Act::Exported, now).await?;
    Ok(tx.commit().await?)
}

async fn note_pieces(
    tx: &Tx,
    pieces: &[evidence::Model],
    who: &str,
    act: Act,
    now: Timestamp,
) -> Result<(), StoreError> {
    for piece in pieces.iter().filter(|piece| piece.state == "stored") {
        let entry = CustodyEntry {
            actor: who.to_owned(),
            act,
            copy: None,
            detail: Detail {
                sha256: piece.sha256.clone(),
                ..Detail::default()
            },
        };
        store::append_custody(tx, piece, entry, now).await?;
    }
    Ok(())
}

/// Writes the plate that a person read.
///
/// # Errors
/// [`ExportError::NotFound`], [`ExportError::Released`].
pub async fn type_plate(
    store: &Store,
    changes: &ChangeBus,
    who: &Account,
    (incident, event): (IncidentId, Option<EventId>),
    plate: &bundle::Plate,
    now: Timestamp,
) -> Result<(), ExportError> {
    let event = event_of(store, incident, event).await?;
    let tx = store.begin().await?;
    if store::release(&tx, &event).await?.is_some() {
        return Err(ExportError::Released);
    }
    store::set_plate(&tx, &event, plate, who.username.as_str(), now).await?;
    remember(
        tx,
        changes,
        who,
        (incident, event),
        ("plate", Some(plate.to_string())),
        now,
    )
    .await
}

/// Releases the bundle of an event, once everything a release needs is there.
///
/// # Errors
/// [`ExportError::Incomplete`] with every field that is missing; [`ExportError::Released`] where it
/// was released before.
pub async fn release(
    store: &Store,
    evidence: &EvidenceStore,
    changes: &ChangeBus,
    key: &SecretKey,
    who: &Account,
    (incident, event): (IncidentId, Option<EventId>),
    now: Timestamp,
) -> Result<(), ExportError> {
    let case = case(store, evidence, incident, event).await?;
    let event = case.review.event_id;
    let manifest = Manifest::parse(&case.manifest)
        .map_err(|error| ExportError::Bundle(BundleError::Manifest(error)))?;
    let missing = missing_for_release(&manifest, &case.review);
    if !missing.is_empty() {
        return Err(ExportError::Incomplete(missing));
    }
    // Every part must be here and whole, or there is nothing to release.
    bundle(store, evidence, key, incident, Some(event)).await?;
    let tx = store.begin().await?;
    if !store::insert_release(&tx, &event, who.username.as_str(), now).await? {
        return Err(ExportError::Released);
    }
    let username = who.username.as_str();
    note_pieces(&tx, &case.pieces, username, Act::Released, now).await?;
    let cause = Cause::Released(event);
    store::enqueue_notice(&tx, incident, &cause, username, now).await?;
    remember(tx, changes, who, (incident, event), ("release", None), now).await
}

/// Appends to the incident's history, commits, and tells whoever looks on.
async fn remember(
    tx: store::Tx,
    changes: &ChangeBus,
    who: &Account,
    (incident, event): (IncidentId, EventId),
    (action, note): (&'static str, Option<String>),
    now: Timestamp,
) -> Result<(), ExportError> {
    let entry = HistoryEntry {
        actor: who.username.to_string(),
        action: action.to_owned(),
        from: None,
        to: None,
        reason: None,
        note,
    };
    store::append_history(&tx, incident, entry, now).await?;
    let change = store::touch_incident_of_event(&tx, event, now).await?;
    tx.commit().await?;
    if let Some(change) = change {
        changes.announce(change);
    }
    metrics::counter!(DECISIONS, "action" => action).increment(1);
    audit::sealed(&who.username, incident, event, action);
    Ok(())
}

async fn case(
    store: &Store,
    objects: &EvidenceStore,
    incident: IncidentId,
    event: Option<EventId>,
) -> Result<Case, ExportError> {
    let event = event_of(store, incident, event).await?;
    let row = store::find_incident(store, incident)
        .await?
        .ok_or(ExportError::NotFound)?;
    let seal = store::manifest_of_event(store, &event)
        .await?
        .ok_or(ExportError::NotSealed)?;
    if seal.verdict != GOOD_SEAL {
        return Err(ExportError::BadSeal(seal.verdict));
    }
    let pieces = store::evidence_of_event(store, &event).await?;
    let manifest = small(objects, &pieces, EvidenceKind::Manifest).await?;
    let signature = small(objects, &pieces, EvidenceKind::ManifestSignature).await?;
    let signature = String::from_utf8(signature)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| ExportError::BadSeal("unreadable".to_owned()))?;
    let review = review(store, &row, incident, event, &seal).await?;
    Ok(Case {
        incident: row,
        seal,
        pieces,
        manifest,
        signature,
        review,
    })
}

/// The event that is meant: of this incident, and the only sealed one where none is named.
async fn event_of(
    store: &Store,
    incident: IncidentId,
    event: Option<EventId>,
) -> Result<EventId, ExportError> {
    let events = store::events_of_incident(store, incident).await?;
    let mut ids: Vec<EventId> = events
        .iter()
        .filter_map(|row| row.event_id.parse().ok())
        .collect();
    if let Some(event) = event {
        return match ids.contains(&event) {
            true => Ok(event),
            false => Err(ExportError::NotFound),
        };
    }
    if ids.len() > 1 {
        let mut sealed = Vec::new();
        for id in ids {
            if store::manifest_of_event(store, &id).await?.is_some() {
                sealed.push(id);
            }
        }
        ids = sealed;
    }
    match ids[..] {
        [] if events.is_empty() => Err(ExportError::NotFound),
        [] => Err(ExportError::NotSealed),
        [event] => Ok(event),
        _ => Err(ExportError::WhichEvent),
    }
}

async fn review(
    store: &Store,
    row: &incident::Model,
    incident: IncidentId,
    event: EventId,
    seal: &manifest::Model,
) -> Result<ReviewRecord, ExportError> {
    let time = |microsecond, table, column| {
        Timestamp::from_microsecond(microsecond)
            .map_err(|_| StoreError::Unreadable { table, column })
    };
    let history = store::history_of_incident(store, incident).await?;
    let decisions = history
        .into_iter()
        .filter(|(entry, _)| entry.actor != CAMERA_ACTOR && entry.to.is_some())
        .map(|(entry, _)| Decision {
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            reason: entry.reason,
        });
    let vehicle = match store::plate(store, &event).await? {
        None => Vehicle::NotIdentified,
        Some(row) => Vehicle::Identified {
            plate: row.plate.parse().map_err(|_| StoreError::Unreadable {
                table: "event_plates",
                column: "plate",
            })?,
            typed_at: time(row.typed_at, "event_plates", "typed_at")?,
            typed_by: row.typed_by,
        },
    };
    let release = match store::release(store, &event).await? {
        None => None,
        Some(row) => Some(Release {
            at: time(row.released_at, "releases", "released_at")?,
            by: row.released_by,
        }),
    };
    Ok(ReviewRecord {
        event_id: event,
        incident_id: row.id.clone(),
        incident_number: row.number,
        state: row.state.clone(),
        decisions: decisions.collect(),
        vehicle,
        received_at: time(seal.received_at, "manifests", "received_at")?,
        chain: store::chain_standing(store, seal).await?,
        release,
    })
}

fn place_of(piece: &evidence::Model) -> Option<(EvidenceId, &str)> {
    Some((piece.id.parse().ok()?, piece.object_key.as_deref()?))
}

/// All bytes of a piece that is a seal: `evidence` has read it before, and it is small.
async fn small(
    objects: &EvidenceStore,
    pieces: &[evidence::Model],
    kind: EvidenceKind,
) -> Result<Vec<u8>, ExportError> {
    let piece = pieces
        .iter()
        .find(|piece| piece.kind == kind.as_str())
        .ok_or(ExportError::NotSealed)?;
    let (_, object_key) = place_of(piece).ok_or(ExportError::NotSealed)?;
    let length = piece.bytes.map_or(0, i64::unsigned_abs);
    let bytes: Vec<bytes::Bytes> = objects
        .read(object_key, 0..length)
        .await?
        .try_collect()
        .await?;
    Ok(bytes.concat())
}

/// Reads a piece through: what the archive must know, and whether it still is what it was.
async fn fingerprint(
    objects: &EvidenceStore,
    piece: &evidence::Model,
    object_key: &str,
) -> Result<bundle::Fingerprint, ExportError> {
    let length = piece.bytes.map_or(0, i64::unsigned_abs);
    let mut bytes = objects.read(object_key, 0..length).await?;
    let mut digest = Digest::default();
    while let Some(some) = bytes.try_next().await? {
        digest.update(&some);
    }
    Ok(digest.finish())
}

/// What of an incident's events is sealed, by whom read, and released.
///
/// # Errors
/// [`StoreError`].
pub async fn standing(
    on: &impl Access,
    events: &[EventId],
) -> Result<Vec<SealStanding>, StoreError> {
    let mut standings = Vec::with_capacity(events.len());
    for event in events {
        let seal = store::manifest_of_event(on, event).await?;
        let chain = match &seal {
            Some(seal) if seal.verdict == GOOD_SEAL => Some(store::chain_standing(on, seal).await?),
            _ => None,
        };
        standings.push(SealStanding {
            event: *event,
            chain,
            seal,
            plate: store::plate(on, event).await?,
            release: store::release(on, event).await?,
        });
    }
    Ok(standings)
}

/// Where the seal of one event stands.
pub struct SealStanding {
    /// The event.
    pub event: EventId,
    /// Its seal, once it came.
    pub seal: Option<manifest::Model>,
    /// Its place in the chain, where the seal is good.
    pub chain: Option<bundle::ChainStanding>,
    /// The plate that a person read.
    pub plate: Option<store::entity::event_plate::Model>,
    /// The release.
    pub release: Option<store::entity::release::Model>,
}
