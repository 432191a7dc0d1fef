//! The file: torn ends, the turn of the two files, and what a start reads of them.

use contract::v1::{EventId, Phase};
use jiff::Timestamp;

use super::*;
use crate::geometry::PictureSize;
use crate::report::CameraFacts;
use crate::rule::EventChange;
use crate::time::{ClockAnchor, StreamTime};

fn open(path: &Path) -> (EventLog, Reading) {
    EventLog::open(path, OutboxId::new("one".to_owned())).unwrap()
}

fn append(log: &EventLog) -> EventId {
    append_as(log, RuleMode::Live)
}

fn append_as(log: &EventLog, mode: RuleMode) -> EventId {
    let change = EventChange {
        mode,
        ..EventChange::sample(EventId::new(), Phase::Raised, StreamTime::ZERO)
    };
    log.append(&Sighting {
        change: &change,
        clock: ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        },
        known: crate::report::UNKNOWN_CLOCK,
        size: PictureSize {
            width: 1,
            height: 1,
        },
        camera: &CameraFacts::only_id("cam-1".parse().unwrap()),
        promised: &[],
    })
    .unwrap();
    change.event_id
}

fn ids(reading: &Reading) -> Vec<EventId> {
    reading.entries.iter().map(|entry| entry.event_id).collect()
}

#[test]
fn what_was_said_in_the_shadow_is_on_record_and_never_filed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.ndjson");
    let (log, _) = open(&path);
    let shadow = append_as(&log, RuleMode::Shadow);
    let live = append(&log);
    let (_, told) = open(&path);
    assert_eq!(ids(&told), [shadow, live]);
    let one = OutboxId::new("one".to_owned());
    let recovery = journal::compare(told.entries, &one, &std::collections::HashSet::new());
    let unfiled: Vec<EventId> = recovery
        .unfiled
        .iter()
        .map(|entry| entry.event_id)
        .collect();
    assert_eq!((unfiled, recovery.filed), (vec![live], vec![]));
}

#[test]
fn a_torn_line_spoils_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.ndjson");
    let (log, told) = open(&path);
    assert_eq!(told, Reading::default());
    let first = append(&log);
    append(&log);
    let length = fs::metadata(&path).unwrap().len();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(length - 40)
        .unwrap();
    let (log, told) = open(&path);
    assert_eq!((ids(&told), told.unreadable), (vec![first], 1));
    let (third, fourth) = (append(&log), append(&log));
    let (_, told) = open(&path);
    assert_eq!(
        (ids(&told), told.unreadable),
        (vec![first, third, fourth], 1)
    );
}

#[test]
fn a_full_file_is_set_aside_and_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.ndjson");
    let (log, _) = open(&path);
    append(&log);
    let line = fs::read(&path).unwrap();
    let lines = usize::try_from(ROTATE_AT).unwrap() / line.len();
    fs::write(&path, line.repeat(lines)).unwrap();
    let (log, told) = open(&path);
    assert_eq!(told.entries.len(), lines);
    let news = [append(&log), append(&log), append(&log)];
    assert!(fs::metadata(set_aside(&path)).unwrap().len() >= ROTATE_AT);
    assert!(fs::metadata(&path).unwrap().len() < 4096);
    let (_, told) = open(&path);
    assert_eq!(told.unreadable, 0);
    assert_eq!(ids(&told)[lines..], news, "in order over both files");
}

#[test]
fn a_start_reads_no_more_than_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.ndjson");
    let (log, _) = open(&path);
    append(&log);
    let line = fs::read(&path).unwrap();
    let more = usize::try_from(2 * READ_MOST).unwrap() / line.len();
    fs::write(&path, line.repeat(more)).unwrap();
    let (log, told) = open(&path);
    assert!(told.entries.len() <= usize::try_from(READ_MOST).unwrap() / line.len());
    assert!(told.unreadable <= 1, "the first line is cut");
    let last = append(&log);
    let (_, told) = open(&path);
    assert_eq!(ids(&told).last(), Some(&last));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing/events.ndjson");
    let error = EventLog::open(&path, OutboxId::new("one".to_owned())).unwrap_err();
    assert!(error.to_string().starts_with("cannot write"), "{error}");
    assert!(
        error.to_string().ends_with("missing/events.ndjson"),
        "{error}"
    );
}
