//! A ZIP archive with exactly one form: the same files make the same bytes, for ever.
//!
//! Stored, never compressed; sorted by name; one fixed date; no extra field, no comment, no
//! attribute. So an archive can be proven whole by building it again from its parts and comparing
//! byte for byte ([`read`]), and no bit of it goes unchecked. Layout: APPNOTE 6.3.10, §4.3.7,
//! §4.3.12, §4.3.16. What does not belong here: what the files mean.

pub(crate) mod read;

use std::fmt;

pub(crate) const LOCAL_HEADER: usize = 30;
pub(crate) const DIRECTORY_ENTRY: usize = 46;
pub(crate) const END_RECORD: usize = 22;

pub(crate) const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
pub(crate) const DIRECTORY_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
/// Version 1.0: stored files and nothing else.
const VERSION: u16 = 10;
/// 1980-01-01, the first day that the format knows; times stand in the manifest.
const DATE: u16 = 0x0021;
/// Most bytes of an archive without the 64-bit extension, which this form does not use.
pub(crate) const MOST_BYTES: u64 = u32::MAX as u64;
/// Most files; one less than the 64-bit extension's mark.
const MOST_FILES: usize = u16::MAX as usize - 1;

/// Why files do not make an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    #[error("the archive would have {0} bytes; it holds at most 4 GiB")]
    TooLarge(u64),
    #[error("{0} files are too many")]
    TooMany(usize),
    #[error("two files are named {0}")]
    Twice(String),
    #[error("{0:?} is not a file name of this archive")]
    Name(String),
}

/// One file of an archive to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) crc32: u32,
}

/// A stretch of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    LocalHeader(String),
    Data(String),
    DirectoryEntry(String),
    EndRecord,
    AfterEnd,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LocalHeader(name) => write!(f, "the ZIP header before {name}"),
            Self::Data(name) => f.write_str(name),
            Self::DirectoryEntry(name) => write!(f, "the ZIP directory's entry of {name}"),
            Self::EndRecord => f.write_str("the ZIP directory's end record"),
            Self::AfterEnd => f.write_str("what follows the end of the archive"),
        }
    }
}

/// Where everything of an archive goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    entries: Vec<Entry>,
    /// Where each entry's local header begins, and last where the directory does.
    offsets: Vec<u64>,
}

impl Plan {
    /// The plan of an archive of these files, in whatever order they come.
    pub(crate) fn new(mut entries: Vec<Entry>) -> Result<Self, PlanError> {
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(entry) = entries.iter().find(|entry| !is_name(entry.name.as_bytes())) {
            return Err(PlanError::Name(entry.name.clone()));
        }
        let mut pairs = entries.iter().zip(entries.iter().skip(1));
        if let Some((twin, _)) = pairs.find(|(a, b)| a.name == b.name) {
            return Err(PlanError::Twice(twin.name.clone()));
        }
        if entries.len() > MOST_FILES {
            return Err(PlanError::TooMany(entries.len()));
        }
        let mut at = 0_u64;
        let mut offsets = Vec::with_capacity(entries.len() + 1);
        for entry in &entries {
            offsets.push(at);
            let header = (LOCAL_HEADER + entry.name.len()) as u64;
            at = at.saturating_add(header).saturating_add(entry.bytes);
        }
        offsets.push(at);
        let plan = Self { entries, offsets };
        match plan.length() {
            length if length > MOST_BYTES => Err(PlanError::TooLarge(length)),
            _ => Ok(plan),
        }
    }

    /// By name.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Length of the whole archive.
    pub(crate) fn length(&self) -> u64 {
        let names: usize = self.entries.iter().map(|entry| entry.name.len()).sum();
        let directory = DIRECTORY_ENTRY * self.entries.len() + names;
        self.directory_start()
            .saturating_add((directory + END_RECORD) as u64)
    }

    pub(crate) fn directory_start(&self) -> u64 {
        self.offsets.last().copied().unwrap_or_default()
    }

    /// Where each entry's local header begins, with the entry.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.offsets.iter().copied().zip(&self.entries)
    }

    /// The bytes before an entry's data.
    pub(crate) fn local_header(entry: &Entry) -> Vec<u8> {
        let mut out = Vec::with_capacity(LOCAL_HEADER + entry.name.len());
        out.extend(LOCAL_SIGNATURE);
        common(&mut out, entry);
        out.extend(entry.name.as_bytes());
        out
    }

    /// An entry of the directory.
    pub(crate) fn directory_entry(entry: &Entry, offset: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(DIRECTORY_ENTRY + entry.name.len());
        out.extend(DIRECTORY_SIGNATURE);
        out.extend(VERSION.to_le_bytes());
        common(&mut out, entry);
        // Comment, disk, internal and external attributes: none.
        out.extend([0; 10]);
        out.extend(short(offset).to_le_bytes());
        out.extend(entry.name.as_bytes());
        out
    }

    /// The last bytes.
    pub(crate) fn end_record(&self) -> Vec<u8> {
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        let start = self.directory_start();
        let size = self.length() - END_RECORD as u64 - start;
        let mut out = Vec::with_capacity(END_RECORD);
        out.extend(END_SIGNATURE);
        // This disk, and the directory's disk: the only one.
        out.extend([0; 4]);
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(short(size).to_le_bytes());
        out.extend(short(start).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out
    }

    /// Directory and end record: all that comes after the last file's data.
    pub(crate) fn tail(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (offset, entry) in self.placed() {
            out.extend(Self::directory_entry(entry, offset));
        }
        out.extend(self.end_record());
        out
    }
}

/// The fields that a local header and a directory entry share, in their common order.
fn common(out: &mut Vec<u8>, entry: &Entry) {
    out.extend(VERSION.to_le_bytes());
    // No flags, stored, midnight.
    out.extend([0; 6]);
    out.extend(DATE.to_le_bytes());
    out.extend(entry.crc32.to_le_bytes());
    out.extend(short(entry.bytes).to_le_bytes());
    out.extend(short(entry.bytes).to_le_bytes());
    out.extend(
        u16::try_from(entry.name.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes(),
    );
    out.extend(0_u16.to_le_bytes());
}

/// A plan's length fits, so every offset and size in it does.
fn short(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A relative path of plain letters: nothing that a system could read as another path.
pub(crate) fn is_name(name: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/');
    let part_is_plain = |part: &[u8]| !part.is_empty() && !part.starts_with(b".");
    name.len() <= 255 && name.iter().all(plain) && name.split(|b| *b == b'/').all(part_is_plain)
}

#[cfg(test)]
mod tests;
