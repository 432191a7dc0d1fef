//! Scenes with a known truth, invariants over random ones, and a scored public sequence.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

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
    assert!(!tracker.step(at_ms(0), &[seen("car", 0.9, 0.0, 0.0)])[0].confirmed);
    assert!(!tracker.step(at_ms(40), &[seen("car", 0.9, 1.0, 0.0)])[0].confirmed);
    let tracks = tracker.step(at_ms(120), &[seen("car", 0.9, 2.0, 0.0)]);
    assert!(tracks[0].confirmed);
    assert_eq!(tracks[0].first_seen, at_ms(0));
}

#[test]
fn a_weak_detection_begins_nothing_but_keeps_a_track() {
    let mut tracker = tracker();
    assert!(
        tracker
            .step(at_ms(0), &[seen("car", 0.2, 0.0, 0.0)])
            .is_empty()
    );
    let id = tracker.step(at_ms(200), &[seen("car", 0.8, 0.0, 0.0)])[0].id;
    let kept = tracker.step(at_ms(400), &[seen("car", 0.15, 0.0, 0.0)]);
    assert_eq!((kept[0].id, kept[0].last_seen), (id, at_ms(400)));
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
    assert_eq!(coasting[0].last_seen, at_ms(400));
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
    let by_id: HashMap<u64, f32> = ends
        .iter()
        .map(|track| (track.id.0, track.bbox.x))
        .collect();
    // Within one picture the stronger detection comes first, so number 1 walks right.
    assert_eq!(by_id, HashMap::from([(1, 240.0), (2, 0.0)]));
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
            (tracks.len(), tracks[0].id, tracks[0].confirmed),
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

/// What the `MOTChallenge` calls a row: picture, number, box, score.
type Row = (u32, u64, PixelBox, f32);

fn rows(file: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| {
        let n: Vec<f32> = line
            .split(',')
            .map(|number| number.trim().parse().unwrap())
            .collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small counts"
        )]
        let (picture, id) = (n[0] as u32, n[1].max(0.0) as u64);
        (
            picture,
            id,
            PixelBox {
                x: n[2],
                y: n[3],
                w: n[4],
                h: n[5],
            },
            n[6],
        )
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(row)
        .collect()
}

/// CLEAR MOT (Bernardin and Stiefelhagen, 2008): accuracy and the number of identity switches.
fn clear_mot(truth: &[Row], found: &[Row]) -> (f32, usize) {
    let (mut misses, mut false_alarms, mut switches) = (0_usize, 0_usize, 0_usize);
    let mut partner: HashMap<u64, u64> = HashMap::new();
    let last = truth.iter().map(|row| row.0).max().unwrap();
    for picture in 1..=last {
        let mut truth: Vec<&Row> = truth.iter().filter(|row| row.0 == picture).collect();
        let mut found: Vec<&Row> = found.iter().filter(|row| row.0 == picture).collect();
        let mut pairs = Vec::new();
        truth.retain(|wanted| {
            let kept = partner.get(&wanted.1).and_then(|id| {
                found
                    .iter()
                    .position(|row| row.1 == *id && row.2.iou(&wanted.2) >= 0.5)
            });
            kept.map(|at| pairs.push((wanted.1, found.swap_remove(at).1)))
                .is_none()
        });
        let costs: Vec<Vec<f32>> = truth
            .iter()
            .map(|wanted| found.iter().map(|row| 1.0 - row.2.iou(&wanted.2)).collect())
            .collect();
        let matched = assign(&costs, found.len(), 0.5);
        misses += truth.len() - matched.len();
        false_alarms += found.len() - matched.len();
        for (row, column) in matched {
            let (wanted, id) = (truth[row].1, found[column].1);
            switches += usize::from(partner.get(&wanted).is_some_and(|before| *before != id));
            pairs.push((wanted, id));
        }
        partner.extend(pairs);
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

#[test]
fn a_public_sequence_is_tracked_about_as_well_as_its_detections_allow() {
    let Some(folder) = mot_folder() else {
        println!("skipped: VONG_MOT names no folder of MOTChallenge sequences");
        return;
    };
    let folder = folder.join("TUD-Campus");
    let detections = rows(&folder.join("det/det.txt"));
    let truth = rows(&folder.join("gt/gt.txt"));
    let mut tracker = Tracker::new(TrackerOptions::default());
    let mut found: Vec<Row> = Vec::new();
    for picture in 1..=71 {
        let seen: Vec<Detection> = detections
            .iter()
            .filter(|row| row.0 == picture)
            .map(|row| Detection {
                class: "person".into(),
                score: row.3,
                bbox: row.2,
            })
            .collect();
        // The sequence was taken at 25 pictures a second.
        let now = at_ms(i64::from(picture) * 40);
        let tracks = tracker.step(now, &seen);
        let shown = tracks
            .iter()
            .filter(|track| track.confirmed && track.last_seen == now);
        found.extend(shown.map(|track| (picture, track.id.0, track.bbox, track.score)));
    }
    let (accuracy, switches) = clear_mot(&truth, &found);
    println!(
        "TUD-Campus: MOTA {:.1} %, {switches} switches",
        100.0 * accuracy
    );
    // A floor against regressions, at the production options: they reach 53.8. SORT's README says
    // 62.7 with 6 switches; this detector's scores begin at 0.5 and crowd near 1, where ours begin
    // at 0.1, so nearly every box counts as strong here.
    assert!(accuracy >= 0.52, "MOTA {accuracy}");
    assert!(switches <= 6, "{switches} identity switches");
}
