//! Puts a bundle together: the same dossier and key always make the same bytes.
//!
//! What is large stays where it is: the bundle knows its length and checksum and asks for the bytes
//! when it is written.

use std::io::{self, Read, Write};

use contract::v1::{EvidenceId, EvidenceKind, PublicKey, SecretKey, SignatureError, Signed, sign};
use serde::Serialize;

use crate::archive::{Entry, Plan, PlanError};
use crate::digest::Fingerprint;
use crate::layout::{self, BUNDLE_FORMAT, Index, Listed, evidence_name};
use crate::manifest::{
    Manifest, ManifestError, MissingField, PartState, missing_for_bundle, missing_for_release,
};
use crate::record::{EnrolmentRecord, ReviewRecord};
use crate::seal::{ENROLMENT_DOMAIN, INDEX_DOMAIN, verify_manifest};
use crate::{page, readme};

/// All that belongs to one event's bundle.
#[derive(Debug, Clone)]
pub struct Dossier<'a> {
    /// The exact bytes of the manifest.
    pub manifest: &'a [u8],
    /// The agent's signature over them.
    pub signature: &'a Signed,
    /// Whose key made it.
    pub enrolment: &'a EnrolmentRecord,
    /// What people know of the event.
    pub review: &'a ReviewRecord,
    /// The evidence at hand.
    pub evidence: &'a [EvidenceFile],
}

/// A piece of evidence at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its id.
    pub id: EvidenceId,
    /// What its bytes are, as they were read just now.
    pub fingerprint: Fingerprint,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The manifest cannot be read.
    #[error("the manifest cannot be read")]
    Manifest(#[source] ManifestError),
    /// The manifest's signature is not the enrolled key's.
    #[error("the manifest's signature does not fit")]
    Signature(#[source] SignatureError),
    /// The key could not sign when the manifest was sealed, or is another agent's.
    #[error("the key that sealed the manifest was not the agent's at that time")]
    Key,
    /// The review is of another event.
    #[error("the review is of another event than the manifest")]
    OtherEvent,
    /// A mandatory field is missing.
    #[error("`{}` is missing", .0.as_str())]
    Missing(MissingField),
    /// A part that the manifest names has not come.
    #[error("the part {} ({id}) is not here yet", kind.as_str())]
    PartMissing {
        /// Its id.
        id: EvidenceId,
        /// What it shows.
        kind: EvidenceKind,
    },
    /// A part's bytes are not those that the manifest names.
    #[error("the part {} ({id}) is not what the manifest names", kind.as_str())]
    PartAltered {
        /// Its id.
        id: EvidenceId,
        /// What it shows.
        kind: EvidenceKind,
    },
    /// The parts make no archive, e.g. because they are more than 4 GiB together.
    #[error("the parts make no archive: {0}")]
    Archive(String),
    /// A record has no JSON form.
    #[error("a record cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
}

impl From<PlanError> for BundleError {
    fn from(error: PlanError) -> Self {
        Self::Archive(error.to_string())
    }
}

/// A stretch of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// All bytes of a piece of evidence.
    Evidence {
        /// Which one.
        id: EvidenceId,
        /// How many there must be.
        bytes: u64,
    },
}

/// A bundle, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pieces: Vec<Piece>,
    length: u64,
}

/// A file of the bundle to be.
struct File {
    name: String,
    fingerprint: Fingerprint,
    content: Piece,
}

impl File {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            fingerprint: Fingerprint::of(&bytes),
            content: Piece::Bytes(bytes),
        }
    }
}

impl Bundle {
    /// Puts the dossier together and signs what the server vouches for.
    ///
    /// # Errors
    /// [`BundleError`] with the field, the part or the signature that is at fault. A dossier whose
    /// review says *released* must have everything a release needs.
    pub fn assemble(dossier: &Dossier<'_>, server_key: &SecretKey) -> Result<Self, BundleError> {
        let manifest = Manifest::parse(dossier.manifest).map_err(BundleError::Manifest)?;
        check(dossier, &manifest)?;
        let mut files = records(dossier, &manifest, server_key)?;
        files.extend(evidence(dossier, &manifest)?);
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let index = json(&Index {
            format: BUNDLE_FORMAT.to_owned(),
            event_id: manifest.event.id,
            files: files
                .iter()
                .map(|file| Listed::new(&file.name, &file.fingerprint))
                .collect(),
        })?;
        let signature = sign(server_key, INDEX_DOMAIN, &index).to_string();
        files.push(File::new(layout::INDEX, index));
        files.push(File::new(layout::INDEX_SIGNATURE, line(&signature)));
        Ok(Self::of(files)?)
    }

    /// How many bytes the whole has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no bundle is empty")]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// The whole, piece after piece.
    #[must_use]
    pub fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// Writes the whole; `open` gives the bytes of a piece of evidence.
    ///
    /// # Errors
    /// The writer's, the reader's, and [`io::ErrorKind::UnexpectedEof`] where a piece of evidence
    /// is shorter than it was.
    pub fn write_to<R: Read>(
        &self,
        out: &mut impl Write,
        mut open: impl FnMut(EvidenceId) -> io::Result<R>,
    ) -> io::Result<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => out.write_all(bytes)?,
                Piece::Evidence { id, bytes } => {
                    let copied = io::copy(&mut open(*id)?.take(*bytes), out)?;
                    if copied != *bytes {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
        Ok(())
    }

    fn of(files: Vec<File>) -> Result<Self, PlanError> {
        let entry = |file: &File| Entry {
            name: file.name.clone(),
            bytes: file.fingerprint.bytes,
            crc32: file.fingerprint.crc32,
        };
        let plan = Plan::new(files.iter().map(entry).collect())?;
        let mut files = files;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let mut pieces = Vec::with_capacity(files.len() * 2 + 1);
        for (entry, file) in plan.entries().iter().zip(files) {
            pieces.push(Piece::Bytes(Plan::local_header(entry)));
            pieces.push(file.content);
        }
        pieces.push(Piece::Bytes(plan.tail()));
        Ok(Self {
            pieces,
            length: plan.length(),
        })
    }
}

/// Refuses what `verify` would refuse, before a byte is written.
fn check(dossier: &Dossier<'_>, manifest: &Manifest) -> Result<(), BundleError> {
    let enrolment = dossier.enrolment;
    verify_manifest(&enrolment.public_key, dossier.manifest, dossier.signature)
        .map_err(BundleError::Signature)?;
    if enrolment.agent != manifest.agent.id || enrolment.had_ended(manifest.sealed_at) {
        return Err(BundleError::Key);
    }
    if dossier.review.event_id != manifest.event.id {
        return Err(BundleError::OtherEvent);
    }
    let missing = match dossier.review.release {
        Some(_) => missing_for_release(manifest, dossier.review),
        None => missing_for_bundle(manifest),
    };
    match missing.first() {
        Some(field) => Err(BundleError::Missing(*field)),
        None => Ok(()),
    }
}

fn records(
    dossier: &Dossier<'_>,
    manifest: &Manifest,
    server_key: &SecretKey,
) -> Result<Vec<File>, BundleError> {
    let enrolment = json(dossier.enrolment)?;
    let vouched = sign(server_key, ENROLMENT_DOMAIN, &enrolment).to_string();
    let page = page::render(manifest, dossier.enrolment, dossier.review);
    Ok(vec![
        File::new(layout::AGENT_KEY, key_line(&dossier.enrolment.public_key)),
        File::new(layout::ENROLMENT, enrolment),
        File::new(layout::ENROLMENT_SIGNATURE, line(&vouched)),
        File::new(layout::MANIFEST, dossier.manifest.to_vec()),
        File::new(
            layout::MANIFEST_SIGNATURE,
            line(&dossier.signature.to_string()),
        ),
        File::new(layout::PAGE, page.into_bytes()),
        File::new(layout::README, readme::TEXT.as_bytes().to_vec()),
        File::new(layout::REVIEW, json(dossier.review)?),
        File::new(layout::SERVER_KEY, key_line(&server_key.public())),
    ])
}

fn evidence(dossier: &Dossier<'_>, manifest: &Manifest) -> Result<Vec<File>, BundleError> {
    let mut files = Vec::new();
    for part in &manifest.parts {
        let PartState::Sealed {
            mime,
            bytes,
            sha256,
            ..
        } = &part.state
        else {
            continue;
        };
        let (id, kind) = (part.id, part.kind);
        let at_hand = dossier.evidence.iter().find(|file| file.id == id);
        let fingerprint = at_hand
            .map(|file| file.fingerprint.clone())
            .ok_or(BundleError::PartMissing { id, kind })?;
        if fingerprint.sha256 != *sha256 || fingerprint.bytes != *bytes {
            return Err(BundleError::PartAltered { id, kind });
        }
        files.push(File {
            name: evidence_name(kind, id, mime),
            content: Piece::Evidence { id, bytes: *bytes },
            fingerprint,
        });
    }
    Ok(files)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, BundleError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(BundleError::Encode)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn key_line(key: &PublicKey) -> Vec<u8> {
    line(&key.to_string())
}

fn line(text: &str) -> Vec<u8> {
    format!("{text}\n").into_bytes()
}
