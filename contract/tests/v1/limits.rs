//! Size limits and ranges: at the limit a message passes, one beyond it is refused with the field.

use contract::v1::{
    AutoReport, Evidence, EvidenceId, EvidenceKind, MAX_BOXES_PER_TRACK, MAX_CAMERA_NAME_BYTES,
    MAX_DETAIL_BYTES, MAX_EVIDENCE_BYTES, MAX_EVIDENCE_ENTRIES, MAX_REPORT_BYTES, MAX_TRACKS,
    MAX_WORD_BYTES, ModelRef, NormBox, Part, Place, Position, SizeError, TrackBrief,
    check_report_size, decode,
};
use contract::v1::{EventType, ReportFault};

use crate::golden;

fn report() -> AutoReport {
    decode::<AutoReport>(&golden::read("report.updated.json"), EventType::Report)
        .unwrap()
        .data
}

fn refused(change: impl FnOnce(&mut AutoReport)) -> Option<&'static str> {
    let mut report = report();
    change(&mut report);
    report
        .validate()
        .err()
        .map(|ReportFault { field, .. }| field)
}

fn track(boxes: usize) -> TrackBrief {
    let corner = NormBox {
        x: 0.0,
        y: 0.0,
        w: 1.0,
        h: 1.0,
    };
    TrackBrief {
        id: 1,
        class: "car".to_owned(),
        score: 0.9,
        boxes: vec![corner; boxes],
    }
}

fn pending() -> Evidence {
    Evidence::Pending {
        id: EvidenceId::new(),
        kind: EvidenceKind::Still,
    }
}

fn pending_entries(count: usize) -> Vec<Evidence> {
    std::iter::repeat_with(pending).take(count).collect()
}

fn sealed(length: u64, hash: &str) -> Evidence {
    Evidence::Sealed {
        id: EvidenceId::new(),
        kind: EvidenceKind::Clip,
        mime: "video/mp4".to_owned(),
        bytes: length,
        sha256: hash.to_owned(),
        shown: None,
        part: None,
        track: None,
    }
}

fn in_part(which: Part) -> Evidence {
    let mut entry = sealed(1, &"0".repeat(64));
    if let Evidence::Sealed { part, .. } = &mut entry {
        *part = Some(which);
    }
    entry
}

#[test]
fn a_report_message_has_at_most_64_kib() {
    assert_eq!(MAX_REPORT_BYTES, 65_536);
    assert_eq!(check_report_size(&vec![b' '; MAX_REPORT_BYTES]), Ok(()));
    assert_eq!(
        check_report_size(&vec![b' '; MAX_REPORT_BYTES + 1]),
        Err(SizeError {
            actual: MAX_REPORT_BYTES + 1,
            limit: MAX_REPORT_BYTES
        })
    );
}

#[test]
fn at_the_limit_a_report_passes() {
    let hash = "0".repeat(64);
    assert_eq!(refused(|r| r.detail = "x".repeat(MAX_DETAIL_BYTES)), None);
    assert_eq!(refused(|r| r.tracks = vec![track(1); MAX_TRACKS]), None);
    assert_eq!(
        refused(|r| r.tracks = vec![track(MAX_BOXES_PER_TRACK)]),
        None
    );
    assert_eq!(
        refused(|r| r.evidence = pending_entries(MAX_EVIDENCE_ENTRIES)),
        None
    );
    assert_eq!(
        refused(|r| r.evidence = vec![sealed(MAX_EVIDENCE_BYTES, &hash)]),
        None
    );
    assert_eq!(refused(|r| r.occurred.end = Some(r.occurred.start)), None);
    assert_eq!(refused(|r| r.confidence = 0.0), None);
}

#[test]
fn beyond_the_limit_the_field_is_named() {
    let hash = "0".repeat(64);
    let before = |r: &AutoReport| {
        r.occurred
            .start
            .checked_sub(jiff::SignedDuration::from_secs(1))
    };
    let point = |lat, uncertainty_m| {
        Some(Place::Point {
            position: Position { lat, lon: 0.0 },
            uncertainty_m,
        })
    };
    assert_eq!(refused(|r| r.revision = 0), Some("revision"));
    assert_eq!(refused(|r| r.detail.clear()), Some("detail"));
    assert_eq!(
        refused(|r| r.detail = "x".repeat(MAX_DETAIL_BYTES + 1)),
        Some("detail")
    );
    assert_eq!(refused(|r| r.confidence = 1.01), Some("confidence"));
    assert_eq!(refused(|r| r.confidence = f32::NAN), Some("confidence"));
    assert_eq!(
        refused(|r| r.occurred.end = before(r).ok()),
        Some("occurred.end")
    );
    assert_eq!(refused(|r| r.place = point(90.5, 1.0)), Some("place"));
    assert_eq!(refused(|r| r.place = point(f64::NAN, 1.0)), Some("place"));
    assert_eq!(refused(|r| r.place = point(0.0, 0.0)), Some("place"));
    assert_eq!(
        refused(|r| r.tracks = vec![track(1); MAX_TRACKS + 1]),
        Some("tracks")
    );
    assert_eq!(
        refused(|r| r.tracks = vec![track(MAX_BOXES_PER_TRACK + 1)]),
        Some("tracks[].boxes")
    );
    assert_eq!(
        refused(|r| r.evidence = pending_entries(MAX_EVIDENCE_ENTRIES + 1)),
        Some("evidence")
    );
    assert_eq!(
        refused(|r| r.evidence = vec![sealed(0, &hash)]),
        Some("evidence[].bytes")
    );
    for (number, of) in [(0, 2), (3, 2), (1, 1)] {
        assert_eq!(
            refused(|r| r.evidence = vec![in_part(Part { number, of })]),
            Some("evidence[].part"),
            "{number} of {of}"
        );
    }
    assert_eq!(
        refused(|r| r.evidence = vec![in_part(Part { number: 2, of: 2 })]),
        None
    );
    assert_eq!(
        refused(|r| r.evidence = vec![sealed(MAX_EVIDENCE_BYTES + 1, &hash)]),
        Some("evidence[].bytes")
    );
    for bad in ["", &"g".repeat(64), &"A".repeat(64), &"0".repeat(63)] {
        assert_eq!(
            refused(|r| r.evidence = vec![sealed(1, bad)]),
            Some("evidence[].sha256")
        );
    }
}

#[test]
fn words_and_numbers_of_a_report_have_bounds() {
    let long = "x".repeat(MAX_WORD_BYTES + 1);
    let scored = |score| TrackBrief { score, ..track(1) };
    let boxed = |x, w| TrackBrief {
        boxes: vec![NormBox {
            x,
            y: 0.0,
            w,
            h: 0.5,
        }],
        ..track(0)
    };
    let model = |name: &str, sha256: &str| {
        Some(ModelRef {
            name: name.to_owned(),
            sha256: sha256.to_owned(),
        })
    };
    let hash = "0".repeat(64);
    type Change = Box<dyn FnOnce(&mut AutoReport)>;
    let cases: Vec<(Change, Option<&str>)> = vec![
        (Box::new(|r| r.rule_version.clear()), Some("rule_version")),
        (
            Box::new({
                let long = long.clone();
                move |r| r.rule_version = long
            }),
            Some("rule_version"),
        ),
        (Box::new(|r| r.pose = Some(String::new())), Some("pose")),
        (
            Box::new(|r| r.camera_name = Some("x".repeat(MAX_CAMERA_NAME_BYTES))),
            None,
        ),
        (
            Box::new(|r| r.camera_name = Some("x".repeat(MAX_CAMERA_NAME_BYTES + 1))),
            Some("camera_name"),
        ),
        (
            Box::new({
                let m = model("m", "00");
                move |r| r.model = m
            }),
            Some("model.sha256"),
        ),
        (
            Box::new({
                let m = model("", &hash);
                move |r| r.model = m
            }),
            Some("model.name"),
        ),
        (
            Box::new({
                let m = model(&long, &hash);
                move |r| r.model = m
            }),
            Some("model.name"),
        ),
        (
            Box::new(|r| {
                r.tracks = vec![TrackBrief {
                    class: String::new(),
                    ..track(1)
                }];
            }),
            Some("tracks[].class"),
        ),
        (
            Box::new(move |r| r.tracks = vec![scored(f32::NAN)]),
            Some("tracks[].score"),
        ),
        (
            Box::new(move |r| r.tracks = vec![scored(1.5)]),
            Some("tracks[].score"),
        ),
        (Box::new(move |r| r.tracks = vec![boxed(0.5, 0.5005)]), None),
        (
            Box::new(move |r| r.tracks = vec![boxed(0.5, 0.6)]),
            Some("tracks[].boxes"),
        ),
        (
            Box::new(move |r| r.tracks = vec![boxed(-0.1, 0.5)]),
            Some("tracks[].boxes"),
        ),
        (
            Box::new(move |r| r.tracks = vec![boxed(f32::INFINITY, 0.5)]),
            Some("tracks[].boxes"),
        ),
        (
            Box::new(|r| r.evidence = vec![pending(); 2]),
            Some("evidence[].id"),
        ),
    ];
    for (index, (change, field)) in cases.into_iter().enumerate() {
        assert_eq!(refused(change), field, "case {index}");
    }
}
