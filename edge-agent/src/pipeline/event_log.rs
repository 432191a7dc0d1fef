//! The event log: one line of JSON for every event change, on disk before the outbox hears of it.
//!
//! It is the witness of "nothing was lost": what stands here must reach the server.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use contract::v1::{CameraId, EventId, Kind, Phase};
use jiff::Timestamp;
use serde::Serialize;

use crate::rule::EventChange;

/// The log, where one is configured; all cameras write to the same one.
#[derive(Debug, Default)]
pub(super) struct EventLog(Option<Mutex<File>>);

#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    camera: &'a CameraId,
    event_id: EventId,
    phase: Phase,
    kind: Kind,
    detail: &'a str,
}

impl EventLog {
    /// Opens the file for appending, and makes it where it is missing.
    pub(super) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map(|file| Self(Some(Mutex::new(file))))
    }

    /// Appends one change and waits until the disk has it. Blocks.
    pub(super) fn append(
        &self,
        camera: &CameraId,
        change: &EventChange,
        at: Timestamp,
    ) -> io::Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        let line = Line {
            at,
            camera,
            event_id: change.event_id,
            phase: change.phase,
            kind: change.kind,
            detail: change.detail,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        // One write a line: a crash can cut the last line, never mix two.
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&bytes)?;
        file.sync_data()
    }
}
