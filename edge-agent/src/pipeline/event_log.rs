//! The event log: one line of JSON for every event change, on disk before the outbox hears of it.
//!
//! It is the outbox's write-ahead journal, and the witness of "nothing was lost": what stands here
//! must reach the server. The file grows to [`ROTATE_AT`], then becomes `NAME.1`, replacing the one
//! before; so both together hold the newest 4 to 8 MiB, and a start reads no more than that. What
//! does not belong here: what a line says and what it proves (`report::journal`).

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::outbound::PAPERS;
use crate::config::RuleMode;
use crate::outbox::FILED_EVENTS_KEPT;
use crate::report::Sighting;
use crate::report::journal::{self, Entry, LEAST_LINE_BYTES, MOST_LINE_BYTES, OutboxId, Reading};

/// Bytes after which the file is set aside.
const ROTATE_AT: u64 = 4 * 1024 * 1024;
/// Most bytes that a start reads of each of the two files: the last line may pass the bound.
const READ_MOST: u64 = ROTATE_AT + 64 * 1024;

// No change leaves the log while it waits for the desk: besides the papers in its channel, each
// camera holds at most one.
const _: () = assert!(ROTATE_AT / MOST_LINE_BYTES > 2 * PAPERS as u64);
// Every event that the log can name, the outbox still remembers where it filed it.
const _: () = assert!(2 * READ_MOST / LEAST_LINE_BYTES <= FILED_EVENTS_KEPT);

/// Why the event log failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}", path.display())]
pub struct EventLogError {
    verb: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// The log; all cameras write to the same one.
#[derive(Debug)]
pub(super) struct EventLog {
    path: PathBuf,
    outbox: OutboxId,
    file: Mutex<Appending>,
}

/// The file's end.
#[derive(Debug)]
struct Appending {
    file: File,
    length: u64,
    end: End,
}

/// How the file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a whole line, or it is empty.
    Whole,
    /// Perhaps in the middle of a line: the power or the disk's space went.
    Torn,
}

impl EventLog {
    /// Opens the file for appending, made where it is missing, and reads what earlier runs wrote.
    /// Lines from now on are meant for the outbox `outbox`. Blocks.
    pub(super) fn open(path: &Path, outbox: OutboxId) -> Result<(Self, Reading), EventLogError> {
        let mut text = tail(&set_aside(path))?;
        let latest = tail(path)?;
        let end = match latest.last() {
            None | Some(b'\n') => End::Whole,
            Some(_) => End::Torn,
        };
        // The older file may end in a torn line, too.
        text.push(b'\n');
        text.extend_from_slice(&latest);
        let log = Self {
            path: path.to_owned(),
            outbox,
            file: Mutex::new(Appending::open(path, end)?),
        };
        Ok((log, journal::read(&text)))
    }

    /// Appends one change and waits until the disk has it. Blocks.
    pub(super) fn append(&self, sighting: &Sighting<'_>) -> Result<(), EventLogError> {
        let fault = |verb, source| EventLogError {
            verb,
            path: self.path.clone(),
            source,
        };
        let outbox = match sighting.change.mode {
            RuleMode::Live => self.outbox.clone(),
            RuleMode::Shadow => OutboxId::nobody(),
        };
        let entry = Entry::new(sighting, outbox);
        let line = serde_json::to_vec(&entry).map_err(|error| fault("write", error.into()))?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.append(line).map_err(|source| fault("write", source))?;
        if file.length >= ROTATE_AT {
            fs::rename(&self.path, set_aside(&self.path))
                .map_err(|source| fault("set aside", source))?;
            *file = Appending::open(&self.path, End::Whole)?;
        }
        Ok(())
    }
}

impl Appending {
    fn open(path: &Path, end: End) -> Result<Self, EventLogError> {
        let fault = |source| EventLogError {
            verb: "write",
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(fault)?;
        let length = file.metadata().map_err(fault)?.len();
        // A new file's name must survive a power cut as its lines do.
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(fault)?;
        Ok(Self { file, length, end })
    }

    fn append(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        if self.end == End::Torn {
            line.insert(0, b'\n');
        }
        line.push(b'\n');
        self.end = End::Torn;
        // One write a line: a crash can cut the last line, never mix two.
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.end = End::Whole;
        self.length += line.len() as u64;
        Ok(())
    }
}

/// Where the file goes when it is full.
fn set_aside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".1");
    name.into()
}

/// The last [`READ_MOST`] bytes of a file; of a longer one, the first line is cut. Nothing where
/// there is no file.
fn tail(path: &Path) -> Result<Vec<u8>, EventLogError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(READ_MOST)))?;
        let mut text = Vec::new();
        file.take(READ_MOST).read_to_end(&mut text)?;
        Ok(text)
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|source| EventLogError {
            verb: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests;
