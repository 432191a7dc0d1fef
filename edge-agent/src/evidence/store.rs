//! Evidence files on the agent's disk until they are uploaded, within a quota.
//!
//! A file is written under another name, synced, then renamed: what has its final name is whole.
//! The name says what the policy needs to know (`{severity}.{kind}.{id}.{extension}`), so the folder
//! alone is the truth after a restart. When the quota is reached, clips go before stills, the lowest
//! severity first, the oldest of those first; a new piece that would itself be the first to go is
//! refused.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use contract::v1::{EvidenceId, EvidenceKind, Severity};
use metrics::{counter, gauge};
use sha2::{Digest, Sha256};

use super::piece::{PieceName, Rank};

/// Ending of a file that is being written.
const UNFINISHED: &str = "partial";

/// A piece of evidence to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewPiece<'a> {
    /// Its id.
    pub id: EvidenceId,
    /// What it shows.
    pub kind: EvidenceKind,
    /// How much its event matters.
    pub severity: Severity,
    /// Media type: `image/jpeg`, `video/mp4` or `video/quicktime`.
    pub mime: &'static str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A piece that is on disk, synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its id.
    pub id: EvidenceId,
    /// What it shows.
    pub kind: EvidenceKind,
    /// Its media type.
    pub mime: &'static str,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where it is.
    pub path: PathBuf,
}

/// A piece that the quota let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Its id; its report entry becomes `unavailable (disk_full)`.
    pub id: EvidenceId,
    /// What it showed.
    pub kind: EvidenceKind,
    /// How much its event mattered.
    pub severity: Severity,
    /// Length in bytes.
    pub bytes: u64,
}

/// What keeping a piece did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The piece, on disk.
    pub sealed: Sealed,
    /// What went for it, each counted.
    pub dropped: Vec<Dropped>,
}

/// A piece that the store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: EvidenceId,
    /// What it shows.
    pub kind: EvidenceKind,
    /// How much its event matters.
    pub severity: Severity,
    /// Length in bytes.
    pub bytes: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// Why a piece was not kept. Whatever was held before is untouched but for the `dropped`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or read.
    #[error("evidence folder {} cannot be used; check its rights", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The quota is full of pieces that matter more.
    #[error(
        "evidence quota of {limit} bytes is full of pieces that matter more; \
             raise it or let uploads catch up"
    )]
    QuotaFull {
        /// The quota in bytes.
        limit: u64,
    },
    /// The disk has no room.
    #[error("no space left for evidence in {}; free some or lower the evidence quota", path.display())]
    DiskFull {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
        /// What already went for the piece.
        dropped: Vec<Dropped>,
    },
    /// Writing failed for another reason.
    #[error("evidence cannot be written to {}", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
        /// What already went for the piece.
        dropped: Vec<Dropped>,
    },
    /// The media type has no file extension here.
    #[error("media type {0} is not one that the agent makes")]
    MediaType(&'static str),
}

/// The store. Shared by reference; every call blocks on the disk.
#[derive(Debug)]
pub struct EvidenceStore {
    folder: PathBuf,
    max_bytes: u64,
    held: Mutex<Vec<Held>>,
}

impl EvidenceStore {
    /// Opens the folder (made where missing), forgets unfinished files of an earlier run, and learns
    /// what is held. `max_bytes` is the quota.
    ///
    /// # Errors
    /// [`StoreError::Folder`].
    pub fn open(folder: &Path, max_bytes: u64) -> Result<Self, StoreError> {
        let fault = |source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(fault)?;
        let mut held = Vec::new();
        for entry in fs::read_dir(folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let (path, name) = (entry.path(), entry.file_name());
            if path.extension().is_some_and(|ending| ending == UNFINISHED) {
                fs::remove_file(&path).map_err(fault)?;
            } else if let Some(piece) = name.to_str().and_then(PieceName::parse) {
                let bytes = entry.metadata().map_err(fault)?.len();
                let PieceName {
                    id, kind, severity, ..
                } = piece;
                held.push(Held {
                    id,
                    kind,
                    severity,
                    bytes,
                    path,
                });
            }
        }
        let store = Self {
            folder: folder.to_owned(),
            max_bytes,
            held: Mutex::new(held),
        };
        store.measure();
        Ok(store)
    }

    /// Keeps a piece; returns when it is on disk. Keeping an id again replaces its bytes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the piece is left behind.
    pub fn put(&self, piece: NewPiece<'_>) -> Result<Put, StoreError> {
        let name = PieceName::of(&piece).ok_or(StoreError::MediaType(piece.mime))?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let length = piece.bytes.len() as u64;
        let mut dropped = self.make_room(&mut held, &name, length)?;
        let path = self.folder.join(name.to_string());
        while let Err(source) = self.write(&path, piece.bytes) {
            if source.kind() != io::ErrorKind::StorageFull {
                return Err(StoreError::Write {
                    path: self.folder.clone(),
                    source,
                    dropped,
                });
            }
            // The disk is fuller than the quota knows: the same policy makes room, piece by piece.
            match first_to_go(&held, name.rank()) {
                Some(victim) => dropped.push(let_go(&mut held, victim)),
                None => {
                    return Err(StoreError::DiskFull {
                        path: self.folder.clone(),
                        source,
                        dropped,
                    });
                }
            }
        }
        held.retain(|other| other.id != piece.id);
        let NewPiece {
            id,
            kind,
            severity,
            mime,
            ..
        } = piece;
        held.push(Held {
            id,
            kind,
            severity,
            bytes: length,
            path: path.clone(),
        });
        drop(held);
        self.measure();
        let sha256 = hex::encode(Sha256::digest(piece.bytes));
        Ok(Put {
            sealed: Sealed {
                id,
                kind,
                mime,
                bytes: length,
                sha256,
                path,
            },
            dropped,
        })
    }

    /// Deletes a piece that was uploaded, or that nobody wants; fine where it is gone already.
    ///
    /// # Errors
    /// [`StoreError::Write`] where the file exists and cannot be deleted.
    pub fn remove(&self, id: EvidenceId) -> Result<(), StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = held.iter().position(|piece| piece.id == id)
            && let Some(piece) = held.get(index)
        {
            match fs::remove_file(&piece.path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    let path = self.folder.clone();
                    return Err(StoreError::Write {
                        path,
                        source,
                        dropped: Vec::new(),
                    });
                }
                _ => drop(held.remove(index)),
            }
        }
        drop(held);
        self.measure();
        Ok(())
    }

    /// Everything held, in no particular order.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        total(&self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets go what must go for `length` bytes more; nothing at all where that cannot be enough.
    fn make_room(
        &self,
        held: &mut Vec<Held>,
        name: &PieceName,
        length: u64,
    ) -> Result<Vec<Dropped>, StoreError> {
        let rank = name.rank();
        let replaced = held
            .iter()
            .filter(|piece| piece.id == name.id)
            .map(|piece| piece.bytes);
        let wanted = (total(held) + length).saturating_sub(replaced.sum());
        let lesser = held
            .iter()
            .filter(|p| p.id != name.id && Rank::of(p) < rank);
        let freeable: u64 = lesser.map(|piece| piece.bytes).sum();
        if wanted.saturating_sub(freeable) > self.max_bytes {
            return Err(StoreError::QuotaFull {
                limit: self.max_bytes,
            });
        }
        let (mut over, mut dropped) = (wanted.saturating_sub(self.max_bytes), Vec::new());
        while over > 0
            && let Some(victim) = first_to_go(held, rank)
        {
            let gone = let_go(held, victim);
            over = over.saturating_sub(gone.bytes);
            dropped.push(gone);
        }
        Ok(dropped)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let unfinished = path.with_extension(UNFINISHED);
        let written = write_synced(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            // Whether or not it was there, the error to report is the first one.
            drop(fs::remove_file(&unfinished));
            return written;
        }
        // The rename itself is durable once the folder is synced.
        File::open(&self.folder)?.sync_all()
    }

    fn measure(&self) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge of bytes needs no more")]
        gauge!("vong_evidence_bytes").set(self.bytes() as f64);
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn total(held: &[Held]) -> u64 {
    held.iter().map(|piece| piece.bytes).sum()
}

/// The piece the policy gives up first, if it matters less than `than`.
fn first_to_go(held: &[Held], than: Rank) -> Option<usize> {
    let ranked = held.iter().map(Rank::of).enumerate();
    let (index, rank) = ranked.min_by_key(|(_, rank)| *rank)?;
    (rank < than).then_some(index)
}

fn let_go(held: &mut Vec<Held>, index: usize) -> Dropped {
    let piece = held.swap_remove(index);
    if let Err(error) = fs::remove_file(&piece.path) {
        tracing::error!(path = %piece.path.display(), %error, "evidence file cannot be deleted");
    }
    counter!("vong_evidence_dropped_total", "kind" => piece.kind.as_str()).increment(1);
    tracing::warn!(
        evidence.id = %piece.id,
        kind = piece.kind.as_str(),
        severity = ?piece.severity,
        bytes = piece.bytes,
        "evidence dropped to make room: raise the evidence quota or check why uploads lag",
    );
    Dropped {
        id: piece.id,
        kind: piece.kind,
        severity: piece.severity,
        bytes: piece.bytes,
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
