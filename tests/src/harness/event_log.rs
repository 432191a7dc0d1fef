//! The oracle for "nothing lost": the file to which the agent's rule stage appends every event change
//! before the outbox sees it.

use std::path::Path;

use contract::v1::{EventId, Phase};
use serde::Deserialize;

/// One change that a rule saw.
#[derive(Debug, Clone, Deserialize)]
pub struct LoggedChange {
    /// The event.
    pub event_id: EventId,
    /// What became of it.
    pub phase: Phase,
}

/// Every whole line of the log, in order, those of the file that was set aside first; empty where
/// there is no file yet.
#[must_use]
pub fn read_event_log(file: &Path) -> Vec<LoggedChange> {
    let aside = file.with_extension("ndjson.1");
    let mut text = std::fs::read_to_string(aside).unwrap_or_default();
    text.push_str(&std::fs::read_to_string(file).unwrap_or_default());
    // A line without its end was being written when the power went: it never reached the outbox.
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
