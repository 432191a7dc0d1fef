//! The plain bytes of one evidence file, wherever reading begins.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::cipher::{CHUNK, Cipher, HEADER, MAGIC, Place, TAG, chunk_count};
use crate::config::EvidenceKey;

/// Why an evidence file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFileError {
    /// There is no such file.
    #[error("the file is missing")]
    Missing,
    /// It is encrypted, and no key is configured.
    #[error("the file is encrypted; name its key file in `[evidence] key_file`")]
    Locked,
    /// It is encrypted and was changed, cut short, or encrypted with another key.
    #[error("the file was changed, cut short, or encrypted with another `[evidence] key_file`")]
    Damaged,
    /// The disk failed.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
}

impl From<io::Error> for EvidenceFileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

/// An open evidence file. Its functions block.
pub struct EvidenceReader {
    file: File,
    /// Plain bytes.
    length: u64,
    how: How,
}

enum How {
    Plain,
    Encrypted {
        cipher: Box<Cipher>,
        /// The chunk opened last: uploads read small pieces one after the other.
        opened: Option<(u64, Vec<u8>)>,
    },
}

impl EvidenceReader {
    pub(super) fn open(path: &Path, key: Option<&EvidenceKey>) -> Result<Self, EvidenceFileError> {
        let file = File::open(path)?;
        let stored = file.metadata()?.len();
        let mut header = [0; HEADER];
        let read = read_up_to(&file, &mut header, 0)?;
        if !header[..read].starts_with(MAGIC) {
            let how = How::Plain;
            return Ok(Self {
                file,
                length: stored,
                how,
            });
        }
        let key = key.ok_or(EvidenceFileError::Locked)?;
        let cipher = Cipher::of_header(key, &header[..read]).ok_or(EvidenceFileError::Damaged)?;
        let length = plain_length(stored).ok_or(EvidenceFileError::Damaged)?;
        let mut reader = Self {
            file,
            length,
            how: How::Encrypted {
                cipher: Box::new(cipher),
                opened: None,
            },
        };
        // The last chunk proves that none was cut off.
        reader.chunk(chunk_count(length) - 1)?;
        Ok(reader)
    }

    /// How many plain bytes there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "evidence is never empty")]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// At most `most` plain bytes from `offset` on: fewer only at the end, none behind it. Opens
    /// only the chunks they lie in.
    ///
    /// # Errors
    /// [`EvidenceFileError::Damaged`] where a chunk is not the one that was written.
    pub fn read_at(&mut self, offset: u64, most: usize) -> Result<Vec<u8>, EvidenceFileError> {
        let left = self.length.saturating_sub(offset);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        let mut bytes = Vec::with_capacity(wanted);
        if let How::Plain = self.how {
            bytes.resize(wanted, 0);
            let read = read_up_to(&self.file, &mut bytes, offset)?;
            bytes.truncate(read);
            return Ok(bytes);
        }
        while bytes.len() < wanted {
            let at = offset + bytes.len() as u64;
            let chunk = self.chunk(at / CHUNK as u64)?;
            let within = usize::try_from(at % CHUNK as u64).unwrap_or(usize::MAX);
            let part = chunk.get(within..).unwrap_or_default();
            if part.is_empty() {
                return Err(EvidenceFileError::Damaged);
            }
            let take = part.len().min(wanted - bytes.len());
            bytes.extend_from_slice(&part[..take]);
        }
        Ok(bytes)
    }

    /// The plain bytes of one chunk of an encrypted file.
    fn chunk(&mut self, number: u64) -> Result<&[u8], EvidenceFileError> {
        let How::Encrypted { cipher, opened } = &mut self.how else {
            return Ok(&[]);
        };
        let kept = matches!(opened, Some((kept, _)) if *kept == number);
        if !kept {
            let place = match number + 1 == chunk_count(self.length) {
                true => Place::Last,
                false => Place::Inner,
            };
            let start = HEADER as u64 + number * (CHUNK + TAG) as u64;
            let mut sealed = vec![0; CHUNK + TAG];
            let read = read_up_to(&self.file, &mut sealed, start)?;
            sealed.truncate(read);
            let plain = cipher
                .open(number, place, sealed)
                .ok_or(EvidenceFileError::Damaged)?;
            *opened = Some((number, plain));
        }
        Ok(opened.as_ref().map_or(&[], |(_, plain)| plain))
    }
}

/// How many plain bytes an encrypted file of so many bytes holds; `None` where none has that length.
fn plain_length(stored: u64) -> Option<u64> {
    let sealed = stored.checked_sub(HEADER as u64)?;
    let chunks = sealed.div_ceil((CHUNK + TAG) as u64).max(1);
    let plain = sealed.checked_sub(chunks * TAG as u64)?;
    (chunk_count(plain) == chunks).then_some(plain)
}

fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
