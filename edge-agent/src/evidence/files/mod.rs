//! Evidence files on this disk, plain or encrypted at rest: written whole or not at all, read from
//! any place, checked against what their reports say.
//!
//! Names and lengths in here are of the plain bytes. What does not belong here: which file belongs to
//! which event and how long it stays (`outbox`), which holds that in its database.

mod cipher;
mod reader;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use reader::{EvidenceFileError, EvidenceReader};

use crate::config::EvidenceKey;
use cipher::Cipher;

/// What the name of a file that is not finished ends in.
const DRAFT: &str = "part";
/// Bytes read at once while a file is checked.
const CHECK_STEP: usize = 1 << 20;

/// The folder of evidence files. Cheap to clone. Its functions block.
#[derive(Debug, Clone)]
pub struct EvidenceFiles {
    folder: PathBuf,
    /// Whether and how new files are encrypted. Older ones may be otherwise: each says so itself.
    key: Option<EvidenceKey>,
}

/// Why a file is not what its report says.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFault {
    /// There is no such file.
    #[error("the file is missing")]
    Missing,
    /// It has another length.
    #[error("the file holds {found} bytes, its report says {expected}")]
    Length {
        /// What it holds.
        found: u64,
        /// What it should hold.
        expected: u64,
    },
    /// It has other bytes.
    #[error("the file holds other bytes than its report says (sha256 {found})")]
    Hash {
        /// What its bytes are.
        found: String,
    },
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(EvidenceFileError),
}

impl EvidenceFault {
    /// Whether the bytes are gone for good; a missing key or a failing disk may come back.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Missing | Self::Length { .. } | Self::Hash { .. } => true,
            Self::Unreadable(error) => matches!(error, EvidenceFileError::Damaged),
        }
    }
}

impl From<EvidenceFileError> for EvidenceFault {
    fn from(error: EvidenceFileError) -> Self {
        match error {
            EvidenceFileError::Missing => Self::Missing,
            error => Self::Unreadable(error),
        }
    }
}

impl EvidenceFiles {
    /// The files of `folder`, which is made where it is missing. New files are encrypted with
    /// `key`, where one is given.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: &Path, key: Option<EvidenceKey>) -> io::Result<Self> {
        // Pictures of a street are nobody else's business.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let folder = folder.to_owned();
        Ok(Self { folder, key })
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file so that its name stands for the whole of it, also after a power cut, and returns
    /// the SHA-256 of the plain bytes in lower-case hexadecimal digits.
    ///
    /// # Errors
    /// As the disk has them; nothing of the file is left then.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<String> {
        let path = self.folder.join(name);
        let draft = self.folder.join(format!("{name}.{DRAFT}"));
        let written = self
            .write_draft(&draft, bytes)
            .and_then(|()| fs::rename(&draft, &path));
        if let Err(error) = written {
            // A full disk must not stay full of half a file.
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        self.sync()?;
        Ok(hex::encode(Sha256::digest(bytes)))
    }

    fn write_draft(&self, draft: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(draft)?;
        match &self.key {
            None => file.write_all(bytes)?,
            Some(key) => Cipher::seal(key, bytes, &mut file)?,
        }
        file.sync_all()
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// [`EvidenceFileError`]; of an encrypted file the last chunk is checked at once, so that one
    /// that was cut short is never served.
    pub fn read(&self, name: &str) -> Result<EvidenceReader, EvidenceFileError> {
        EvidenceReader::open(&self.folder.join(name), self.key.as_ref())
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.folder.join(name).is_file()
    }

    /// Removes a file; one that is not there is as good.
    ///
    /// # Errors
    /// As the disk has them.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Every file's name in order, drafts that a crash left included.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Whether the file is there and as long as its report says. Quick: reads its ends at most.
    ///
    /// # Errors
    /// [`EvidenceFault`], never [`EvidenceFault::Hash`].
    pub fn check_length(&self, name: &str, expected: u64) -> Result<EvidenceReader, EvidenceFault> {
        let reader = self.read(name)?;
        let found = reader.len();
        if found == expected {
            Ok(reader)
        } else {
            Err(EvidenceFault::Length { found, expected })
        }
    }

    /// Whether the file holds exactly what its report says. Reads all of it.
    ///
    /// # Errors
    /// [`EvidenceFault`].
    pub fn verify(&self, name: &str, bytes: u64, sha256: &str) -> Result<(), EvidenceFault> {
        let mut reader = self.check_length(name, bytes)?;
        let mut hasher = Sha256::new();
        let mut offset = 0;
        while offset < bytes {
            let read = reader.read_at(offset, CHECK_STEP)?;
            if read.is_empty() {
                break;
            }
            offset += read.len() as u64;
            hasher.update(&read);
        }
        let found = hex::encode(hasher.finalize());
        if found == sha256 {
            Ok(())
        } else {
            Err(EvidenceFault::Hash { found })
        }
    }

    /// A new name must survive a power cut as its bytes do.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests;
