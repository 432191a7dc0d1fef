//! Uploads that resume where they stopped.
//!
//! The state of an upload is the length of its file `uploads/{agent}/{sha256}.part`: nothing else
//! to keep in step, and a restart finds it. Bytes past a torn write are harmless, since the whole
//! is hashed at the end; what does not fit its hash is deleted and begins anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use contract::v1::{AgentId, EvidenceKind, MAX_EVIDENCE_BYTES};
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::ALLOWED_MEDIA_TYPES;
use super::objects::{ObjectError, Objects};
use super::seals;
use crate::changes::{Change, ChangeBus};
use crate::custody::{self, Act, Detail, INTAKE};
use crate::store::entity::evidence;
use crate::store::{
    self, CopyKind, CustodyEntry, EvidenceOwner, Requeue, SealedEvidence, Store, StoreError,
    Stored, Tx,
};
use crate::telemetry::{UPLOAD_BYTES, UPLOADS};

/// 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sha256Hex(String);

impl Sha256Hex {
    /// The digits.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hexadecimal digits")]
pub(super) struct NotSha256;

impl FromStr for Sha256Hex {
    type Err = NotSha256;
    fn from_str(text: &str) -> Result<Self, NotSha256> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned())).ok_or(NotSha256)
    }
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadStatus {
    /// Bytes that are here.
    pub offset: u64,
    /// Bytes that the report promised.
    pub length: u64,
    /// Whether the bytes are verified and stored.
    pub stored: Stored,
}

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// No sealed revision of this agent names the hash; perhaps its report has not come yet.
    #[error("no sealed report of this agent names this hash")]
    Unknown,
    /// The bytes do not continue where the upload stands.
    #[error("the upload stands at byte {offset}")]
    WrongOffset {
        /// Where it stands.
        offset: u64,
    },
    /// More bytes came than the report promised; the surplus was not kept.
    #[error("more bytes than the report promised")]
    TooLong,
    /// The media type is not taken in.
    #[error("the media type is not taken in")]
    MediaType,
    /// All bytes are here and do not fit the hash; they were deleted.
    #[error("the bytes do not fit their hash")]
    HashMismatch,
    /// The connection broke; what came is kept.
    #[error("the upload broke off")]
    Interrupted,
    /// The disk is full; what came is kept.
    #[error("the disk is full")]
    DiskFull,
    /// The upload's file cannot be read or written.
    #[error("the upload's file cannot be read or written")]
    File(#[source] std::io::Error),
    /// The evidence store failed.
    #[error("the upload could not be stored")]
    Object(#[from] ObjectError),
    /// The database failed.
    #[error("the upload could not be recorded")]
    Store(#[from] StoreError),
}

impl UploadError {
    /// The word for the metric's label.
    const fn label(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongOffset { .. } => "wrong_offset",
            Self::TooLong => "too_long",
            Self::MediaType => "media_type",
            Self::HashMismatch => "hash_mismatch",
            Self::Interrupted => "interrupted",
            Self::DiskFull => "disk_full",
            Self::File(_) => "file",
            Self::Object(_) => "object_store",
            Self::Store(_) => "database",
        }
    }
}

fn file_error(error: std::io::Error) -> UploadError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        UploadError::DiskFull
    } else {
        UploadError::File(error)
    }
}

/// Uploads under way.
pub(super) struct Uploads {
    folder: PathBuf,
    store: Store,
    changes: ChangeBus,
    objects: Objects,
    /// Rung when something was stored, of which copies may be wanted.
    bell: Arc<Notify>,
    /// One writer an upload: a client that reconnects waits for its broken request to end.
    turns: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

impl Uploads {
    pub(super) fn open(
        folder: &Path,
        store: Store,
        changes: ChangeBus,
        objects: Objects,
        bell: Arc<Notify>,
    ) -> Result<Self, ObjectError> {
        std::fs::create_dir_all(folder).map_err(|source| ObjectError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            store,
            changes,
            objects,
            bell,
            turns: Mutex::default(),
        })
    }

    /// How far the upload of these bytes is. Where every byte is here already (the server stopped
    /// before it could verify them), they are verified now.
    ///
    /// # Errors
    /// [`UploadError::Unknown`] where no sealed revision of this agent names the hash.
    pub(super) async fn status(
        &self,
        agent: &AgentId,
        sha256: &Sha256Hex,
    ) -> Result<UploadStatus, UploadError> {
        let sealed = self.sealed(agent, sha256).await?;
        if sealed.stored == Stored::Yes {
            return Ok(UploadStatus {
                offset: sealed.bytes,
                length: sealed.bytes,
                stored: Stored::Yes,
            });
        }
        let offset = length_of(&self.part(agent, sha256)).await?;
        if offset < sealed.bytes {
            return Ok(UploadStatus {
                offset,
                length: sealed.bytes,
                stored: Stored::No,
            });
        }
        let nothing = futures_util::stream::empty::<Result<Bytes, std::convert::Infallible>>();
        match self.append(agent, sha256, offset, nothing).await {
            Err(UploadError::HashMismatch) => Ok(UploadStatus {
                offset: 0,
                length: sealed.bytes,
                stored: Stored::No,
            }),
            other => other,
        }
    }

    /// Appends bytes from `offset` on. When the last byte is here, the whole is verified and
    /// stored, and every event that it proves is announced.
    ///
    /// # Errors
    /// [`UploadError`]; what came before the error is kept, except after a hash mismatch.
    pub(super) async fn append<E: Send>(
        &self,
        agent: &AgentId,
        sha256: &Sha256Hex,
        offset: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<UploadStatus, UploadError> {
        let outcome = self.append_inner(agent, sha256, offset, body).await;
        match &outcome {
            Ok(UploadStatus {
                stored: Stored::Yes,
                length,
                ..
            }) => {
                metrics::counter!(UPLOADS, "outcome" => "stored").increment(1);
                metrics::counter!(UPLOAD_BYTES).increment(*length);
            }
            Ok(_) => {}
            Err(error) => {
                metrics::counter!(UPLOADS, "outcome" => error.label()).increment(1);
                tracing::warn!(agent.id = %agent, evidence.sha256 = sha256.as_str(), error = %error, "evidence upload refused");
            }
        }
        outcome
    }

    async fn append_inner<E: Send>(
        &self,
        agent: &AgentId,
        sha256: &Sha256Hex,
        offset: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<UploadStatus, UploadError> {
        let part = self.part(agent, sha256);
        let turn = self.turn(&part);
        let _turn = turn.lock().await;
        let sealed = self.sealed(agent, sha256).await?;
        if sealed.stored == Stored::Yes {
            return Ok(UploadStatus {
                offset: sealed.bytes,
                length: sealed.bytes,
                stored: Stored::Yes,
            });
        }
        let expected = length_of(&part).await?;
        if offset != expected {
            return Err(UploadError::WrongOffset { offset: expected });
        }
        let reached = write_body(&part, offset, sealed.bytes, body).await?;
        if reached < sealed.bytes {
            return Ok(UploadStatus {
                offset: reached,
                length: sealed.bytes,
                stored: Stored::No,
            });
        }
        self.complete(agent, sha256, &part).await?;
        Ok(UploadStatus {
            offset: reached,
            length: sealed.bytes,
            stored: Stored::Yes,
        })
    }

    async fn sealed(
        &self,
        agent: &AgentId,
        sha256: &Sha256Hex,
    ) -> Result<SealedEvidence, UploadError> {
        let sealed = store::sealed_by_hash(&self.store, agent, sha256.as_str()).await?;
        let sealed = sealed
            .filter(|sealed| (1..=MAX_EVIDENCE_BYTES).contains(&sealed.bytes))
            .ok_or(UploadError::Unknown)?;
        if !ALLOWED_MEDIA_TYPES.contains(&sealed.mime.as_str()) {
            return Err(UploadError::MediaType);
        }
        Ok(sealed)
    }

    async fn complete(
        &self,
        agent: &AgentId,
        sha256: &Sha256Hex,
        part: &Path,
    ) -> Result<(), UploadError> {
        if hash_of(part).await.map_err(file_error)? != sha256.as_str() {
            fs::remove_file(part).await.map_err(file_error)?;
            return Err(UploadError::HashMismatch);
        }
        let key = Objects::key(sha256);
        self.objects.put_file(&key, part).await?;
        let now = Timestamp::now();
        let tx = self.store.begin().await?;
        let pieces = store::mark_stored(&tx, agent, sha256.as_str(), &key, now).await?;
        let mut owners = Vec::new();
        for piece in &pieces {
            note_arrival(&tx, agent, piece, now).await?;
            if piece.kind == EvidenceKind::Clip.as_str() {
                store::queue_copy(&tx, piece, CopyKind::Viewing, Requeue::Never, now).await?;
            }
            let owner = EvidenceOwner::of(piece)?;
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        let mut told = Vec::new();
        for owner in owners {
            match owner {
                EvidenceOwner::Event(event) => {
                    seals::receive(&tx, &self.objects, event, now).await?;
                    told.extend(store::touch_incident_of_event(&tx, event, now).await?);
                }
                EvidenceOwner::Command(id) => told.push(Change::Command {
                    agent: agent.clone(),
                    id,
                }),
            }
        }
        tx.commit().await?;
        self.bell.notify_one();
        for change in told {
            self.changes.announce(change);
        }
        fs::remove_file(part).await.map_err(file_error)
    }

    fn part(&self, agent: &AgentId, sha256: &Sha256Hex) -> PathBuf {
        self.folder
            .join(agent.as_str())
            .join(format!("{}.part", sha256.as_str()))
    }

    fn turn(&self, part: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(part.to_owned()).or_default())
    }
}

/// Who brought a piece, and that its bytes are those that were sealed.
async fn note_arrival(
    tx: &Tx,
    agent: &AgentId,
    piece: &evidence::Model,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (actor, act) in [
        (custody::agent(agent), Act::Received),
        (INTAKE.to_owned(), Act::Verified),
    ] {
        let entry = CustodyEntry {
            actor,
            act,
            copy: None,
            detail: Detail {
                sha256: piece.sha256.clone(),
                bytes: piece.bytes.map(i64::unsigned_abs),
                ..Detail::default()
            },
        };
        store::append_custody(tx, piece, entry, now).await?;
    }
    Ok(())
}

async fn length_of(part: &Path) -> Result<u64, UploadError> {
    match fs::metadata(part).await {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(file_error(error)),
    }
}

/// Writes the body behind what is there and returns the length then.
async fn write_body<E: Send>(
    part: &Path,
    offset: u64,
    length: u64,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<u64, UploadError> {
    if let Some(folder) = part.parent() {
        fs::create_dir_all(folder).await.map_err(file_error)?;
    }
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(part)
        .await
        .map_err(file_error)?;
    let mut reached = offset;
    let mut body = std::pin::pin!(body);
    let outcome = loop {
        let Some(piece) = body.next().await else {
            break Ok(());
        };
        let Ok(piece) = piece else {
            break Err(UploadError::Interrupted);
        };
        let after = reached + piece.len() as u64;
        if after > length {
            break Err(UploadError::TooLong);
        }
        if let Err(error) = file.write_all(&piece).await {
            break Err(file_error(error));
        }
        reached = after;
    };
    // Even of a broken upload the bytes that came are worth keeping.
    sync(&mut file).await?;
    outcome.map(|()| reached)
}

async fn sync(file: &mut File) -> Result<(), UploadError> {
    file.flush().await.map_err(file_error)?;
    file.sync_data().await.map_err(file_error)
}

async fn hash_of(part: &Path) -> std::io::Result<String> {
    let mut file = File::open(part).await?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hasher.update(bytes);
    }
    Ok(hex::encode(hasher.finalize()))
}
