//! Takes an archive apart and proves it whole: rebuilt from its parts it must be the same bytes.
//!
//! A damaged archive is read twice, along its local headers and by its directory; whichever reading
//! explains more of the bytes says what is damaged. So one flipped bit is told as what it is, even
//! where it makes one of the two unreadable.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    DIRECTORY_ENTRY, DIRECTORY_SIGNATURE, END_RECORD, END_SIGNATURE, Entry, LOCAL_HEADER,
    LOCAL_SIGNATURE, MOST_FILES, Plan, Region, is_name,
};

/// A file in an archive at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// Where its data begins.
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}

/// One way to read an archive, and what does not fit then.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) files: Vec<Found>,
    /// In the order of the archive, each once.
    pub(crate) damage: Vec<Region>,
    /// How many bytes do not fit.
    pub(crate) cost: u64,
}

/// The readings of an archive, the one that explains most first. None where it is no archive.
pub(crate) fn readings<R: Read + Seek>(source: &mut R) -> io::Result<Vec<Reading>> {
    let length = source.seek(SeekFrom::End(0))?;
    let mut bytes = Archive { source, length };
    let along = bytes.along_local_headers()?;
    let by_directory = bytes.by_directory()?.filter(|files| *files != along);
    let mut readings = Vec::new();
    for files in std::iter::once(along).chain(by_directory) {
        if !files.is_empty() {
            readings.extend(bytes.compare(files)?);
        }
    }
    readings.sort_by_key(|reading| reading.cost);
    Ok(readings)
}

/// The bytes of one file.
pub(crate) fn data<'a, R: Read + Seek>(
    source: &'a mut R,
    file: &Found,
) -> io::Result<io::Take<&'a mut R>> {
    source.seek(SeekFrom::Start(file.start))?;
    Ok(source.take(file.bytes))
}

struct Archive<'a, R> {
    source: &'a mut R,
    length: u64,
}

impl<R: Read + Seek> Archive<'_, R> {
    /// As many bytes as there are, at most `most`.
    fn at(&mut self, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(most);
        if offset < self.length {
            self.source.seek(SeekFrom::Start(offset))?;
            (&mut *self.source)
                .take(most as u64)
                .read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Follows the local headers until something else comes.
    fn along_local_headers(&mut self) -> io::Result<Vec<Found>> {
        let mut files = Vec::new();
        let mut at = 0;
        while files.len() <= MOST_FILES {
            let header = self.at(at, LOCAL_HEADER)?;
            if header.len() < LOCAL_HEADER || !header.starts_with(&LOCAL_SIGNATURE) {
                break;
            }
            let name = self.at(at + LOCAL_HEADER as u64, usize::from(u16_at(&header, 26)))?;
            let Some(name) = name_of(name) else { break };
            let start = at + (LOCAL_HEADER + name.len()) as u64;
            let bytes = u64::from(u32_at(&header, 18));
            files.push(Found { name, start, bytes });
            at = start + bytes;
        }
        Ok(files)
    }

    /// Follows the directory that the end record names; `None` where that cannot be read.
    fn by_directory(&mut self) -> io::Result<Option<Vec<Found>>> {
        let Some(end) = self.length.checked_sub(END_RECORD as u64) else {
            return Ok(None);
        };
        let record = self.at(end, END_RECORD)?;
        if !record.starts_with(&END_SIGNATURE) {
            return Ok(None);
        }
        let mut at = u64::from(u32_at(&record, 16));
        let mut files = Vec::new();
        for _ in 0..u16_at(&record, 10) {
            let entry = self.at(at, DIRECTORY_ENTRY)?;
            if entry.len() < DIRECTORY_ENTRY || !entry.starts_with(&DIRECTORY_SIGNATURE) {
                return Ok(None);
            }
            let name = self.at(at + DIRECTORY_ENTRY as u64, usize::from(u16_at(&entry, 28)))?;
            let Some(name) = name_of(name) else {
                return Ok(None);
            };
            at += (DIRECTORY_ENTRY + name.len()) as u64;
            files.push(Found {
                start: u64::from(u32_at(&entry, 42)) + (LOCAL_HEADER + name.len()) as u64,
                bytes: u64::from(u32_at(&entry, 20)),
                name,
            });
        }
        Ok(Some(files))
    }

    /// Builds the archive again from these files and compares; `None` where they make none.
    fn compare(&mut self, files: Vec<Found>) -> io::Result<Option<Reading>> {
        let mut entries = Vec::with_capacity(files.len());
        for file in &files {
            entries.push(Entry {
                name: file.name.clone(),
                bytes: file.bytes,
                crc32: self.crc32(file)?,
            });
        }
        let Ok(plan) = Plan::new(entries) else {
            return Ok(None);
        };
        let mut damage = Vec::new();
        let mut cost = 0;
        let mut listed = plan.directory_start();
        let mut directory = Vec::new();
        for (offset, entry) in plan.placed() {
            let name = || entry.name.clone();
            let local = self.differences(offset, &Plan::local_header(entry), 14)?;
            let expected = Plan::directory_entry(entry, offset);
            let central = self.differences(listed, &expected, 16)?;
            listed += expected.len() as u64;
            cost += local.all() + central.all();
            let start = offset + (LOCAL_HEADER + entry.name.len()) as u64;
            let cut = start + entry.bytes > self.length;
            // Where both checksums disagree with the data, it is the data that changed.
            let data = cut || (local.checksum > 0 && central.checksum > 0);
            if local.rest > 0 || (local.checksum > 0 && !data) {
                damage.push(Region::LocalHeader(name()));
            }
            if data {
                damage.push(Region::Data(name()));
            }
            if central.rest > 0 || (central.checksum > 0 && !data) {
                directory.push(Region::DirectoryEntry(name()));
            }
        }
        damage.append(&mut directory);
        let end = self.differences(listed, &plan.end_record(), END_RECORD)?;
        cost += end.all() + plan.length().abs_diff(self.length);
        if end.all() > 0 {
            damage.push(Region::EndRecord);
        }
        if self.length > plan.length() {
            damage.push(Region::AfterEnd);
        }
        Ok(Some(Reading {
            files,
            damage,
            cost,
        }))
    }

    fn crc32(&mut self, file: &Found) -> io::Result<u32> {
        let mut hasher = crc32fast::Hasher::new();
        if file.start < self.length {
            let mut data = data(self.source, file)?;
            let mut buffer = [0; 16 * 1024];
            loop {
                let read = data.read(&mut buffer)?;
                match buffer.get(..read) {
                    Some([]) | None => break,
                    Some(bytes) => hasher.update(bytes),
                }
            }
        }
        Ok(hasher.finalize())
    }

    /// How many bytes at `offset` are not the expected ones; the four of the checksum apart.
    fn differences(
        &mut self,
        offset: u64,
        expected: &[u8],
        checksum_at: usize,
    ) -> io::Result<Differences> {
        let actual = self.at(offset, expected.len())?;
        let mut differences = Differences::default();
        for (index, byte) in expected.iter().enumerate() {
            if actual.get(index) == Some(byte) {
                continue;
            }
            if (checksum_at..checksum_at + 4).contains(&index) {
                differences.checksum += 1;
            } else {
                differences.rest += 1;
            }
        }
        Ok(differences)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Differences {
    checksum: u64,
    rest: u64,
}

impl Differences {
    const fn all(self) -> u64 {
        self.checksum + self.rest
    }
}

fn name_of(bytes: Vec<u8>) -> Option<String> {
    is_name(&bytes)
        .then(|| String::from_utf8(bytes).ok())
        .flatten()
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
    two.map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_le_bytes)
}
