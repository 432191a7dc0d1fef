//! Lines out and in, and what any crash leaves to recover.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::geometry::{PictureSize, PixelBox};
use crate::report::{CameraFacts, ReportBook};
use crate::rule::EventChange;
use crate::time::{ClockAnchor, StreamTime};
use crate::track::{Life, Track, TrackId};

fn outbox() -> OutboxId {
    OutboxId::new("0123456789abcdef".to_owned())
}

fn track(id: u64) -> Track {
    Track {
        id: TrackId(id),
        class: Arc::from("large_vehicle"),
        score: 0.876_543,
        bbox: PixelBox {
            x: 123.4,
            y: 234.5,
            w: 345.6,
            h: 456.7,
        },
        first_seen: StreamTime::ZERO,
        last_seen: StreamTime::ZERO,
        life: Life::Confirmed,
        still_since: None,
    }
}

fn change(event_id: EventId, phase: Phase, at: u32, tracks: usize) -> EventChange {
    EventChange {
        kind: Kind::FireSmoke,
        detail: "x",
        rule_version: "x",
        confidence: 0.0,
        severity: Severity::Low,
        tracks: (0..tracks as u64).map(track).collect(),
        ..EventChange::sample(event_id, phase, StreamTime::from_secs_f64(at.into()))
    }
}

fn entry(change: &EventChange) -> Entry {
    let sighting = Sighting {
        change,
        clock: ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        },
        known: crate::report::UNKNOWN_CLOCK,
        size: PictureSize {
            width: 1920,
            height: 1080,
        },
        camera: &CameraFacts::only_id("c".parse().unwrap()),
        promised: &[],
    };
    Entry::new(&sighting, outbox())
}

fn line(entry: &Entry) -> Vec<u8> {
    let mut line = serde_json::to_vec(entry).unwrap();
    line.push(b'\n');
    line
}

#[test]
fn a_line_is_one_flat_object_of_bounded_length() {
    let least = line(&entry(&change(EventId::new(), Phase::Raised, 0, 0)));
    assert!(least.len() as u64 >= LEAST_LINE_BYTES, "{}", least.len());
    let most = line(&entry(&change(EventId::new(), Phase::Raised, 0, 64)));
    assert!(most.len() as u64 <= MOST_LINE_BYTES, "{}", most.len());
    let value: serde_json::Value = serde_json::from_slice(&least).unwrap();
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "at",
            "began",
            "camera",
            "confidence",
            "count",
            "detail",
            "event_id",
            "kind",
            "outbox",
            "phase",
            "rule_version",
            "severity",
            "tracks"
        ]
    );
    assert_eq!(value["phase"], "raised");
}

#[test]
fn what_is_no_line_is_counted_and_left_out() {
    let whole = entry(&change(EventId::new(), Phase::Raised, 1, 1));
    let text = line(&whole);
    let torn = &text[..text.len() / 2];
    let cases: [(&str, Vec<u8>, usize, usize); 5] = [
        ("nothing", vec![], 0, 0),
        ("blank lines", b"\n\n \n".to_vec(), 0, 0),
        ("a torn last line", [&text, torn].concat(), 1, 1),
        ("torn, then gone on", [torn, b"\n", &text].concat(), 1, 1),
        (
            "another's line",
            [b"{\"at\":1}\n\xff\n".as_slice(), &text].concat(),
            1,
            2,
        ),
    ];
    for (name, text, entries, unreadable) in cases {
        let reading = read(&text);
        assert_eq!(reading.entries, vec![whole.clone(); entries], "{name}");
        assert_eq!(reading.unreadable, unreadable, "{name}");
    }
}

#[test]
fn only_a_birth_that_this_outbox_never_filed_is_recovered() {
    let id = EventId::new();
    let of = |phases: &[Phase]| -> Vec<Entry> {
        let at = 0..;
        let lines = phases.iter().zip(at);
        lines
            .map(|(phase, at)| entry(&change(id, *phase, at, 1)))
            .collect()
    };
    let (raised, updated, cleared) = (Phase::Raised, Phase::Updated, Phase::Cleared);
    let foreign = OutboxId::new("another".to_owned());
    let (known, none) = (HashSet::from([id]), HashSet::new());
    let cases = [
        ("raised, lost", of(&[raised]), outbox(), &none, 1, 0),
        (
            "its whole life, lost",
            of(&[raised, updated, cleared]),
            outbox(),
            &none,
            1,
            0,
        ),
        ("filed", of(&[raised, updated]), outbox(), &known, 0, 1),
        (
            "its birth was rotated away",
            of(&[updated, cleared]),
            outbox(),
            &none,
            0,
            1,
        ),
        (
            "of an outbox made anew",
            of(&[raised]),
            foreign,
            &none,
            0,
            0,
        ),
    ];
    for (name, lines, outbox, filed, unfiled, known) in cases {
        let recovery = compare(lines, &outbox, filed);
        let found = (recovery.unfiled.len(), recovery.filed.len());
        assert_eq!(found, (unfiled, known), "{name}");
    }
}

#[test]
fn an_event_stands_as_its_last_line_left_it() {
    let id = EventId::new();
    let mut lines = [
        change(id, Phase::Raised, 5, 2),
        change(id, Phase::Updated, 7, 3),
        change(id, Phase::Cleared, 9, 0),
    ];
    lines[0].began = StreamTime::from_secs_f64(2.0);
    lines[1].count = 4;
    lines[2].confidence = 0.75;
    let recovery = compare(
        lines.iter().map(entry).collect(),
        &outbox(),
        &HashSet::new(),
    );
    let [event] = &recovery.unfiled[..] else {
        panic!("{recovery:?}")
    };
    assert_eq!((event.began.as_second(), event.at.as_second()), (2, 9));
    assert_eq!((event.count, event.tracks.len()), (4, 3));
    assert!((event.confidence - 0.75).abs() < f32::EPSILON);
    assert_eq!(event.phase, Phase::Cleared);
}

/// One event's life: updates, then perhaps an end.
fn lives() -> impl Strategy<Value = Vec<(usize, bool)>> {
    proptest::collection::vec((0..4_usize, any::<bool>()), 1..8)
}

/// The lives' changes, interleaved as `order` says.
fn log_of(lives: &[(usize, bool)], order: &[usize]) -> Vec<Entry> {
    let mut changes: Vec<std::vec::IntoIter<(EventId, Phase)>> = lives
        .iter()
        .map(|(updates, ends)| {
            let mut phases = vec![Phase::Raised];
            phases.resize(1 + updates, Phase::Updated);
            phases.extend(ends.then_some(Phase::Cleared));
            let id = EventId::new();
            let life: Vec<_> = phases.into_iter().map(|phase| (id, phase)).collect();
            life.into_iter()
        })
        .collect();
    let mut next = order.iter().cycle();
    let mut log = Vec::new();
    while changes.iter().any(|life| life.len() > 0) {
        let open: Vec<usize> = (0..changes.len())
            .filter(|at| changes[*at].len() > 0)
            .collect();
        let pick = open[next.next().unwrap() % open.len()];
        let (id, phase) = changes[pick].next().unwrap();
        log.push(entry(&change(
            id,
            phase,
            u32::try_from(log.len()).unwrap(),
            1,
        )));
    }
    log
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&text).entries.is_empty());
    }

    /// Any byte of the log may be the last one, any events may have been filed: every event of a
    /// whole line ends filed, none twice, and a second crash leaves nothing more to do.
    #[test]
    fn every_event_of_the_log_ends_filed_once(
        lives in lives(),
        order in proptest::collection::vec(any::<usize>(), 1..20),
        cut in any::<prop::sample::Index>(),
        was_filed in any::<u8>(),
    ) {
        let log = log_of(&lives, &order);
        let text: Vec<u8> = log.iter().flat_map(line).collect();
        let text = &text[..cut.index(text.len() + 1)];
        let whole = text.iter().filter(|byte| **byte == b'\n').count();
        let reading = read(text);
        // The last newline alone may be missing: that line is whole, and is read as one.
        prop_assert!(reading.entries.len() == whole || reading.entries.len() == whole + 1);
        prop_assert_eq!(&reading.entries[..], &log[..reading.entries.len()]);
        let seen: HashSet<EventId> = reading.entries.iter().map(|entry| entry.event_id).collect();
        let mut filed: HashSet<EventId> = seen
            .iter()
            .enumerate()
            .filter(|(at, _)| was_filed & (1 << at) != 0)
            .map(|(_, id)| *id)
            .collect();
        let mut book = ReportBook::new("site-1".parse().unwrap());
        let recovery = compare(reading.entries.clone(), &outbox(), &filed);
        for told in &recovery.unfiled {
            let facts = CameraFacts::only_id(told.camera.clone());
            let report = book.recover(told, &facts, &[]).unwrap();
            prop_assert_eq!((report.revision, report.phase), (1, Phase::Raised));
            prop_assert!(filed.insert(told.event_id), "filed twice");
        }
        prop_assert_eq!(&filed, &seen);
        let again = compare(reading.entries, &outbox(), &filed);
        prop_assert_eq!(again.unfiled, []);
    }
}
