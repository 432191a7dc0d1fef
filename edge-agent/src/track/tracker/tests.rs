//! Scenes with a known truth, invariants over random ones, and a scored public sequence.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::track::Life;
use crate::track::mot::{self, Row};

fn seen(class: &str, score: f32, x: f32, y: f32) -> Detection {
    Detection {
        class: class.into(),
        score,
        bbox: PixelBox {
            x,
            y,
            w: 40.0,
            h: 80.0,
        },
    }
}

fn at_ms(ms: i64) -> StreamTime {
    StreamTime::from_nanos(ms * 1_000_000)
}

fn tracker() -> Tracker {
    Tracker::new(TrackerOptions::default())
}

#[test]
fn a_thing_seen_once_is_not_believed_and_one_seen_on_is() {
    let mut tracker = tracker();
    assert!(
        !tracker.step(at_ms(0), &[seen("car", 0.9, 0.0, 0.0)])[0]
            .life
            .is_believed()
    );
    assert!(
        !tracker.step(at_ms(40), &[seen("car", 0.9, 1.0, 0.0)])[0]
            .life
            .is_believed()
    );
    let tracks = tracker.step(at_ms(120), &[seen("car", 0.9, 2.0, 0.0)]);
    assert!(tracks[0].life.is_believed());
    assert_eq!(tracks[0].first_seen, at_ms(0));
}

#[test]
fn a_weak_detection_begins_nothing_but_keeps_what_is_believed() {
    let mut tracker = tracker();
    let weak = [seen("car", 0.15, 0.0, 0.0)];
    assert!(tracker.step(at_ms(0), &weak).is_empty());
    let id = tracker.step(at_ms(200), &[seen("car", 0.8, 0.0, 0.0)])[0].id;
    assert_eq!(tracker.step(at_ms(400), &weak)[0].last_seen, at_ms(200));
    tracker.step(at_ms(500), &[seen("car", 0.8, 0.0, 0.0)]);
    let kept = tracker.step(at_ms(700), &weak);
    assert_eq!((kept[0].id, kept[0].last_seen), (id, at_ms(700)));
}

#[test]
fn a_class_may_be_strong_at_a_score_of_its_own() {
    let options = TrackerOptions {
        strong_by_class: vec![("person".into(), 0.28)],
        ..TrackerOptions::default()
    };
    let mut tracker = Tracker::new(options);
    let both = [seen("person", 0.3, 0.0, 0.0), seen("car", 0.3, 300.0, 0.0)];
    let tracks = tracker.step(at_ms(0), &both);
    assert_eq!((tracks.len(), &*tracks[0].class), (1, "person"));
}

#[test]
fn a_confirmed_track_outlives_a_gap_and_a_tentative_one_does_not() {
    let mut tracker = tracker();
    for ms in [0, 200, 400] {
        tracker.step(at_ms(ms), &[seen("car", 0.9, 0.0, 0.0)]);
    }
    tracker.step(at_ms(600), &[seen("person", 0.9, 300.0, 0.0)]);
    let coasting = tracker.step(at_ms(1400), &[]);
    assert_eq!(
        coasting.len(),
        1,
        "the tentative person is gone, the car coasts"
    );
    assert_eq!(
        (coasting[0].last_seen, coasting[0].life),
        (at_ms(400), Life::Lost)
    );
    let back = tracker.step(at_ms(1600), &[seen("car", 0.9, 0.0, 0.0)]);
    assert_eq!((back.len(), back[0].id), (1, TrackId(1)));
    assert!(tracker.step(at_ms(4000), &[]).is_empty());
    let new = tracker.step(at_ms(4200), &[seen("car", 0.9, 0.0, 0.0)]);
    assert_eq!(new[0].id, TrackId(3), "a number came back");
}

#[test]
fn things_that_cross_keep_their_numbers() {
    let mut tracker = tracker();
    let mut ends = Vec::new();
    for step in 0_u8..=20 {
        let x = f32::from(step) * 12.0;
        let (right, left) = (
            seen("person", 0.9, x, 0.0),
            seen("person", 0.8, 240.0 - x, 8.0),
        );
        ends = tracker.step(at_ms(i64::from(step) * 200), &[left, right]);
    }
    // Within one picture the stronger detection comes first, so number 1 walks right.
    ends.sort_by_key(|track| track.id);
    let [right, left] = &ends[..] else {
        panic!("{ends:?}")
    };
    assert!(
        (right.bbox.x - 240.0).abs() < 4.0 && left.bbox.x.abs() < 4.0,
        "{ends:?}"
    );
}

#[test]
fn a_parked_car_is_the_same_after_a_bus_stood_before_it() {
    let mut tracker = tracker();
    let parked = || seen("car", 0.9, 100.0, 100.0);
    let mut tracks = Vec::new();
    for ms in (0..4000).step_by(200) {
        tracks = tracker.step(at_ms(ms), &[parked()]);
    }
    assert_eq!(tracks[0].still_since, Some(at_ms(0)));
    for ms in (4000..10_000).step_by(200) {
        tracks = tracker.step(at_ms(ms), &[seen("large_vehicle", 0.9, 400.0, 100.0)]);
    }
    assert_eq!((tracks[0].id, tracks[0].life), (TrackId(1), Life::Lost));
    let back = tracker.step(at_ms(10_000), &[parked()]);
    assert_eq!((back[0].id, back[0].life), (TrackId(1), Life::Confirmed));
    assert_eq!(back[0].still_since, Some(at_ms(0)));
}

#[test]
fn a_walker_is_the_same_behind_a_van_and_after_it() {
    let mut tracker = tracker();
    let walker = |step: u8| seen("person", 0.9, f32::from(step) * 10.0, 0.0);
    for step in 0..30 {
        let hidden = (12..20).contains(&step);
        let there: Vec<_> = (!hidden).then(|| walker(step)).into_iter().collect();
        let tracks = tracker.step(at_ms(i64::from(step) * 200), &there);
        assert_eq!((tracks.len(), tracks[0].id), (1, TrackId(1)), "step {step}");
    }
}

#[test]
fn a_second_box_on_one_person_begins_no_track() {
    let mut tracker = tracker();
    let both = [seen("person", 0.9, 0.0, 0.0), seen("person", 0.8, 5.0, 5.0)];
    for ms in [0, 40, 80, 120] {
        assert_eq!(tracker.step(at_ms(ms), &both[..1]).len(), 1);
    }
    assert_eq!(tracker.step(at_ms(160), &both).len(), 1);
}

#[test]
fn dropped_pictures_do_not_break_a_track() {
    let mut tracker = tracker();
    for ms in [0, 200, 400, 600, 800, 1600, 1800, 2600, 2800] {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let x = ms as f32 * 0.1;
        let tracks = tracker.step(at_ms(ms), &[seen("car", 0.9, x, 0.0)]);
        assert_eq!((tracks.len(), tracks[0].id), (1, TrackId(1)), "at {ms} ms");
    }
}

#[test]
fn a_fast_thing_is_found_again_though_its_boxes_do_not_meet() {
    let mut tracker = tracker();
    for step in 0_u8..8 {
        let there = seen("two_wheeler", 0.8, f32::from(step) * 55.0, 0.0);
        let tracks = tracker.step(at_ms(i64::from(step) * 200), &[there]);
        assert_eq!((tracks.len(), tracks[0].id), (1, TrackId(1)), "step {step}");
    }
}

#[test]
fn the_class_is_the_one_with_most_votes_and_a_double_is_one_thing() {
    let mut tracker = tracker();
    let both = [
        seen("car", 0.6, 0.0, 0.0),
        seen("large_vehicle", 0.7, 1.0, 0.0),
    ];
    assert_eq!(tracker.step(at_ms(0), &both).len(), 1);
    for ms in [200, 400, 600] {
        tracker.step(at_ms(ms), &[seen("car", 0.6, 0.0, 0.0)]);
    }
    let tracks = tracker.step(at_ms(800), &[seen("car", 0.6, 0.0, 0.0)]);
    assert_eq!((tracks.len(), &*tracks[0].class), (1, "car"));
    let with_rider = tracker.step(at_ms(1000), &[seen("person", 0.9, 0.0, 0.0)]);
    assert_eq!(with_rider.len(), 2, "a person is not a car");
}

#[test]
fn pictures_a_minute_apart_still_make_tracks() {
    let mut tracker = tracker();
    for minute in 0..4 {
        let tracks = tracker.step(at_ms(minute * 60_000), &[seen("smoke", 0.8, 5.0, 5.0)]);
        assert_eq!(
            (tracks.len(), tracks[0].id, tracks[0].life.is_believed()),
            (1, TrackId(1), minute > 0)
        );
    }
}

proptest! {
    #[test]
    fn numbers_are_unique_boxes_finite_and_tracks_bounded(
        pictures in proptest::collection::vec(
            (1_i64..900, proptest::collection::vec(
                (0_usize..4, 0.0_f32..1.0, -1e4_f32..1e4, -1e4_f32..1e4, -5.0_f32..500.0), 0..12)),
            1..40),
    ) {
        let options = TrackerOptions { most_tracks: 20, ..TrackerOptions::default() };
        let mut tracker = Tracker::new(options);
        let (mut now, mut gone, mut last) = (0, HashSet::new(), HashSet::new());
        for (dt, boxes) in pictures {
            now += dt;
            let classes = ["person", "car", "large_vehicle", "cattle"];
            let detections: Vec<_> = boxes
                .iter()
                .map(|&(class, score, x, y, side)| Detection {
                    class: classes[class].into(),
                    score,
                    bbox: PixelBox { x, y, w: side, h: side },
                })
                .collect();
            let tracks = tracker.step(at_ms(now), &detections);
            prop_assert!(tracks.len() <= 20);
            let ids: HashSet<u64> = tracks.iter().map(|track| track.id.0).collect();
            prop_assert_eq!(ids.len(), tracks.len(), "one number twice in a picture");
            prop_assert!(ids.is_disjoint(&gone), "a number came back from the dead");
            gone.extend(last.difference(&ids).copied());
            last = ids;
            for track in &tracks {
                let b = track.bbox;
                prop_assert!([b.x, b.y, b.w, b.h].iter().all(|side| side.is_finite()));
                prop_assert!(b.w > 0.0 && b.h > 0.0);
                prop_assert!(track.first_seen <= track.last_seen && track.last_seen <= at_ms(now));
            }
        }
    }
}

/// A row of the truth: picture, number, box.
fn truth_of(file: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| {
        let mut columns = line.split(',');
        let mut next = || columns.next().unwrap().trim();
        let (picture, id) = (next().parse().unwrap(), TrackId(next().parse().unwrap()));
        let [x, y, w, h] = [(); 4].map(|()| next().parse().unwrap());
        let bbox = PixelBox { x, y, w, h };
        Row { picture, id, bbox }
    };
    text.lines().map(row).collect()
}

/// CLEAR MOT (Bernardin and Stiefelhagen, 2008): accuracy and the number of identity switches.
fn clear_mot(truth: &[Row], found: &[Row]) -> (f32, usize) {
    let (mut misses, mut false_alarms, mut switches) = (0_usize, 0_usize, 0_usize);
    let mut partner: HashMap<TrackId, TrackId> = HashMap::new();
    let last = truth.iter().map(|row| row.picture).max().unwrap();
    for picture in 1..=last {
        let in_picture = |row: &&Row| row.picture == picture;
        let mut truth: Vec<&Row> = truth.iter().filter(in_picture).collect();
        let mut found: Vec<&Row> = found.iter().filter(in_picture).collect();
        let mut met = Vec::new();
        truth.retain(|wanted| {
            let kept = partner.get(&wanted.id).and_then(|id| {
                found
                    .iter()
                    .position(|row| row.id == *id && row.bbox.iou(&wanted.bbox) >= 0.5)
            });
            kept.map(|at| met.push((wanted.id, found.swap_remove(at).id)))
                .is_none()
        });
        let mut pairs = Vec::new();
        for (row, wanted) in truth.iter().enumerate() {
            for (column, other) in found.iter().enumerate() {
                let likeness = other.bbox.iou(&wanted.bbox);
                if likeness >= 0.5 {
                    pairs.push(Pair {
                        row,
                        column,
                        likeness,
                    });
                }
            }
        }
        let matched = assign(pairs);
        misses += truth.len() - matched.len();
        false_alarms += found.len() - matched.len();
        for (row, column) in matched {
            let (wanted, id) = (truth[row].id, found[column].id);
            switches += usize::from(partner.get(&wanted).is_some_and(|before| *before != id));
            met.push((wanted, id));
        }
        partner.extend(met);
    }
    let wrong = (misses + false_alarms + switches) as f32;
    (1.0 - wrong / truth.len() as f32, switches)
}

/// The lent sequences: `VONG_MOT`, or the folder `mot` beside the clips of the demo.
fn mot_folder() -> Option<PathBuf> {
    let own = std::env::var_os("VONG_MOT").map(PathBuf::from);
    let beside = || {
        Some(
            PathBuf::from(std::env::var_os("VONG_DEMO_CLIPS")?)
                .parent()?
                .join("mot"),
        )
    };
    own.or_else(beside).filter(|folder| folder.is_dir())
}

/// A floor against regressions; `make -C models/evaluation tracker` measures with py-motmetrics,
/// identities too.
#[test]
fn a_public_sequence_is_tracked_nearly_as_well_as_its_detections_allow() {
    let Some(folder) = mot_folder() else {
        println!("skipped: VONG_MOT names no folder of MOTChallenge sequences");
        return;
    };
    let folder = folder.join("TUD-Campus");
    let text = std::fs::read(folder.join("det/det.txt")).unwrap();
    let read = mot::read(&text);
    assert_eq!((read.seen.len(), read.bad), (321, vec![]));
    let options = TrackerOptions {
        strong_score: mot::strong_score(&read.seen),
        ..TrackerOptions::default()
    };
    // The sequence was taken at 25 pictures a second.
    let found = mot::follow(&read.seen, 25.0, options);
    let truth = truth_of(&folder.join("gt/gt.txt"));
    let (accuracy, switches) = clear_mot(&truth, &found);
    println!(
        "TUD-Campus: MOTA {:.1} %, {switches} switches",
        100.0 * accuracy
    );
    // With perfect numbers for all of them these detections reach 63.5; leaving out false ones
    // reaches more.
    assert!(accuracy >= 0.63, "MOTA {accuracy}");
    assert!(switches <= 5, "{switches} identity switches");
}
