//! The life of one event under arbitrary changes, seals and closings.

use std::sync::Arc;

use contract::v1::{Bearing, Heading, MAX_REPORT_BYTES, Position, SecretKey};
use proptest::prelude::*;

use super::*;
use crate::geometry::PixelBox;
use crate::report::Message;
use crate::time::StreamTime;
use crate::track::{Life, Track, TrackId};

const SIZE: PictureSize = PictureSize {
    width: 1920,
    height: 1080,
};

fn facts() -> CameraFacts {
    CameraFacts {
        id: "cam-1".parse().unwrap(),
        name: Some("Đường trục, cột 12".to_owned()),
        place: None,
        model: None,
        pose: None,
        grounds: None,
    }
}

fn track(id: u64, x: f32) -> Track {
    Track {
        id: TrackId(id),
        class: Arc::from("cattle"),
        score: 0.8,
        bbox: PixelBox {
            x,
            y: 100.0,
            w: 200.0,
            h: 100.0,
        },
        first_seen: StreamTime::ZERO,
        last_seen: StreamTime::ZERO,
        life: Life::Confirmed,
        still_since: None,
    }
}

fn change(event_id: EventId, phase: Phase, at: f64, tracks: Vec<Track>) -> EventChange {
    EventChange {
        confidence: 0.7,
        count: u32::try_from(tracks.len()).unwrap(),
        tracks,
        ..EventChange::sample(event_id, phase, StreamTime::from_secs_f64(at))
    }
}

fn promises() -> Vec<Promise> {
    [
        EvidenceKind::Still,
        EvidenceKind::StillOverlay,
        EvidenceKind::Clip,
    ]
    .map(|kind| Promise {
        id: EvidenceId::new(),
        kind,
    })
    .to_vec()
}

fn put(book: &mut ReportBook, change: &EventChange, promised: &[Promise]) -> AutoReport {
    let clock = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::from_second(1_000_000).unwrap(),
    };
    let camera = facts();
    book.change(&Sighting {
        change,
        clock,
        known: crate::report::UNKNOWN_CLOCK,
        size: SIZE,
        camera: &camera,
        promised,
    })
    .unwrap()
}

fn sealed() -> Outcome {
    Outcome::Sealed {
        mime: "video/mp4".to_owned(),
        bytes: 10,
        sha256: "ab".repeat(32),
        shown: None,
        part: None,
        track: None,
    }
}

fn book() -> ReportBook {
    ReportBook::new("site-1".parse().unwrap())
}

#[test]
fn raised_promises_and_a_seal_after_clearing_stays_cleared() {
    let (mut book, event, promised) = (book(), EventId::new(), promises());
    let raised = put(
        &mut book,
        &change(event, Phase::Raised, 2.0, vec![track(1, 0.0)]),
        &promised,
    );
    assert_eq!((raised.revision, raised.phase), (1, Phase::Raised));
    assert!(
        raised
            .evidence
            .iter()
            .all(|entry| matches!(entry, Evidence::Pending { .. }))
    );
    assert_eq!(raised.occurred.end, None);

    let stills = [(promised[0].id, sealed()), (promised[1].id, sealed())];
    let updated = book.settle(event, &stills).unwrap();
    assert_eq!((updated.revision, updated.phase), (2, Phase::Updated));

    let cleared = put(&mut book, &change(event, Phase::Cleared, 9.0, vec![]), &[]);
    assert_eq!((cleared.revision, cleared.phase), (3, Phase::Cleared));
    assert_eq!(cleared.occurred.end.unwrap().as_second(), 1_000_009);

    let last = book.settle(event, &[(promised[2].id, sealed())]).unwrap();
    assert_eq!((last.revision, last.phase), (4, Phase::Cleared));
    assert!(
        !book.holds(event),
        "nothing can follow, so the book forgets it"
    );
}

#[test]
fn a_cleared_event_takes_no_further_change() {
    let (mut book, event, promised) = (book(), EventId::new(), promises());
    put(
        &mut book,
        &change(event, Phase::Raised, 1.0, vec![]),
        &promised,
    );
    put(&mut book, &change(event, Phase::Cleared, 2.0, vec![]), &[]);
    let late = change(event, Phase::Updated, 3.0, vec![]);
    let (clock, camera) = (
        ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        },
        facts(),
    );
    let sighting = Sighting {
        change: &late,
        clock,
        known: crate::report::UNKNOWN_CLOCK,
        size: SIZE,
        camera: &camera,
        promised: &[],
    };
    assert!(matches!(book.change(&sighting), Err(BookError::Closed(id)) if id == event));
}

#[test]
fn evidence_that_the_disk_policy_let_go_becomes_unavailable() {
    let (mut book, event, promised) = (book(), EventId::new(), promises());
    put(
        &mut book,
        &change(event, Phase::Raised, 1.0, vec![]),
        &promised,
    );
    let all: Vec<_> = promised
        .iter()
        .map(|promise| (promise.id, sealed()))
        .collect();
    let last = book.settle(event, &all).unwrap();
    assert!(
        book.settle(event, &all).is_none(),
        "saying it twice changes nothing"
    );
    let lost = Outcome::Unavailable(UnavailableReason::DiskFull);
    let after = book.settle(event, &[(promised[2].id, lost)]).unwrap();
    assert_eq!(after.revision, last.revision + 1);
    assert!(matches!(
        after.evidence[2],
        Evidence::Unavailable {
            reason: UnavailableReason::DiskFull,
            ..
        }
    ));
}

#[test]
fn a_crowd_is_thinned_until_the_message_fits() {
    let (mut book, event) = (book(), EventId::new());
    let crowd = |x: f32| (0..200).map(|id| track(id, x)).collect::<Vec<_>>();
    let mut report = put(
        &mut book,
        &change(event, Phase::Raised, 0.0, crowd(0.0)),
        &[],
    );
    for step in 1..20_u8 {
        let tracks = crowd(f32::from(step) * 77.7);
        report = put(
            &mut book,
            &change(event, Phase::Updated, f64::from(step), tracks),
            &[],
        );
    }
    report.validate().unwrap();
    assert_eq!(
        (report.tracks.len(), report.tracks[0].boxes.len()),
        (64, 16)
    );
    assert_eq!(report.count, Some(200));
    report
        .tracks
        .iter_mut()
        .for_each(|track| track.class = "c".repeat(900));
    let key = SecretKey::from_bytes(&[7; 32]);
    let message = Message::new(&report, &key, Timestamp::UNIX_EPOCH).unwrap();
    assert!(message.payload.len() <= MAX_REPORT_BYTES);
}

#[derive(Debug, Clone)]
enum Step {
    Change(f32, u8),
    Settle(usize, bool),
    Clear,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (any::<f32>(), 0..80_u8).prop_map(|(confidence, tracks)| Step::Change(confidence, tracks)),
        (0..3_usize, any::<bool>()).prop_map(|(which, fine)| Step::Settle(which, fine)),
        Just(Step::Clear),
        Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    /// Revisions count up by one, each validates, and none is pending after the closing.
    #[test]
    fn every_life_of_an_event_is_well_formed(steps in steps()) {
        let (mut book, event, promised) = (book(), EventId::new(), promises());
        let mut revisions =
            vec![put(&mut book, &change(event, Phase::Raised, 0.0, vec![]), &promised)];
        let mut now = 0.0;
        for step in steps {
            now += 1.0;
            let open = revisions.last().unwrap().phase != Phase::Cleared;
            let next = match step {
                Step::Change(confidence, tracks) if open => {
                    let tracks = (0..tracks).map(|id| track(u64::from(id), confidence)).collect();
                    let mut change = change(event, Phase::Updated, now, tracks);
                    change.confidence = confidence;
                    Some(put(&mut book, &change, &[]))
                }
                Step::Clear if open => {
                    Some(put(&mut book, &change(event, Phase::Cleared, now, vec![]), &[]))
                }
                Step::Settle(which, fine) => {
                    let outcome = if fine {
                        sealed()
                    } else {
                        Outcome::Unavailable(UnavailableReason::CameraLost)
                    };
                    book.settle(event, &[(promised[which].id, outcome)])
                }
                Step::Reopen => {
                    // A restart: the last revision is all that is left.
                    book = ReportBook::new("site-1".parse().unwrap());
                    let last = revisions.last().unwrap().clone();
                    if !is_final(&last) {
                        book.adopt(last);
                    }
                    None
                }
                Step::Change(..) | Step::Clear => None,
            };
            revisions.extend(next);
        }
        let end = Timestamp::from_second(2_000_000).unwrap();
        revisions.extend(book.close(event, end, UnavailableReason::AgentRestarted));
        prop_assert!(!book.holds(event));
        for (index, report) in revisions.iter().enumerate() {
            prop_assert_eq!(usize::try_from(report.revision).unwrap(), index + 1);
            prop_assert!(report.validate().is_ok(), "{:?}", report.validate());
        }
        let last = revisions.last().unwrap();
        prop_assert_eq!(last.phase, Phase::Cleared);
        let pending = last.evidence.iter().any(|entry| matches!(entry, Evidence::Pending { .. }));
        prop_assert!(!pending);
    }
}

#[test]
fn a_red_light_report_says_which_still_shows_which_moment() {
    let moments = crate::rule::Moments {
        before: StreamTime::from_secs_f64(1.0),
        crossing: StreamTime::from_secs_f64(2.0),
        after: StreamTime::from_secs_f64(3.0),
    };
    let kinds = [
        EvidenceKind::Still,
        EvidenceKind::StillBefore,
        EvidenceKind::StillAfter,
        EvidenceKind::StillBefore,
    ];
    let promised = kinds.map(|kind| Promise {
        id: EvidenceId::new(),
        kind,
    });
    let clock = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::from_second(1_000_000).unwrap(),
    };
    let grounds = Grounds {
        config_version: "ab".repeat(32),
        calibration_version: None,
        zone_versions: HashMap::new(),
        proposals: vec![],
    };
    let camera = CameraFacts {
        grounds: Some(grounds),
        ..facts()
    };
    let mut told = EventChange {
        detail: "red_light",
        kind: Kind::TrafficViolation,
        moments: Some(moments),
        ..change(EventId::new(), Phase::Raised, 3.0, vec![track(1, 0.0)])
    };
    let report_of = |change: &EventChange| {
        let sighting = Sighting {
            change,
            clock,
            known: UNKNOWN_CLOCK,
            size: SIZE,
            camera: &camera,
            promised: &promised,
        };
        let entry = Entry::new(
            &sighting,
            crate::report::journal::OutboxId::new("o".to_owned()),
        );
        let report = book().change(&sighting).unwrap();
        let recovered = book().recover(&entry, &camera, &[]).unwrap();
        (
            report.basis.unwrap().red_light,
            recovered.basis.unwrap().red_light,
        )
    };
    let (told_of, recovered) = report_of(&told);
    let told_of = told_of.unwrap();
    assert_eq!(told_of.before.still, Some(promised[1].id));
    assert_eq!(told_of.crossing.still, Some(promised[3].id));
    assert_eq!(told_of.after.still, Some(promised[0].id));
    assert_eq!(told_of.crossing.at.as_second(), 1_000_002);
    let recovered = recovered.unwrap();
    assert_eq!(
        (recovered.after.at, recovered.after.still),
        (told_of.after.at, None)
    );
    told.detail = "line_crossing";
    assert_eq!(report_of(&told), (None, None), "only a red light has them");
}

#[test]
fn a_report_says_where_the_event_is_and_a_worse_place_does_not_replace_it() {
    let (mut book, event) = (book(), EventId::new());
    let point = |uncertainty_m| Place::Point {
        position: Position {
            lat: 16.0,
            lon: 107.0,
        },
        uncertainty_m,
    };
    let mut told = |phase, at, place| {
        let change = EventChange {
            place,
            ..change(event, phase, at, vec![track(1, 0.0)])
        };
        put(&mut book, &change, &promises()).place
    };
    let first = told(Phase::Raised, 1.0, Some(point(8.0)));
    assert_eq!(first, Some(point(8.0)), "not the camera's position");
    assert_eq!(told(Phase::Updated, 2.0, Some(point(9.0))), first);
    assert_eq!(told(Phase::Updated, 3.0, None), first);
    let better = Some(point(2.0));
    assert_eq!(told(Phase::Updated, 4.0, better), better);
    let bearing = Place::Bearing(Bearing {
        from: Position {
            lat: 16.0,
            lon: 107.0,
        },
        degrees: 10.0,
        uncertainty_deg: 1.0,
    });
    assert_eq!(told(Phase::Cleared, 5.0, Some(bearing)), better);
}

#[test]
fn a_report_keeps_the_heading_that_was_told_last() {
    let (mut book, event) = (book(), EventId::new());
    let mut told = |phase, at, heading| {
        let change = EventChange {
            heading,
            ..change(event, phase, at, vec![track(1, 0.0)])
        };
        put(&mut book, &change, &promises()).heading
    };
    let to = |degrees| {
        Some(Heading::Ground {
            degrees,
            uncertainty_deg: 9.0,
        })
    };
    assert_eq!(told(Phase::Raised, 1.0, None), None);
    assert_eq!(told(Phase::Updated, 2.0, to(90.0)), to(90.0));
    assert_eq!(
        told(Phase::Updated, 3.0, None),
        to(90.0),
        "it stands for a while"
    );
    assert_eq!(told(Phase::Cleared, 4.0, to(180.0)), to(180.0));
}
