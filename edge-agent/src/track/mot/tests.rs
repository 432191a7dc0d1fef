//! Texts good and bad, and results that keep what the detections say.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::track::TrackerOptions;

fn faults(text: &str) -> Vec<String> {
    let bad = read(text.as_bytes()).bad;
    bad.iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_line_is_read_in_every_spelling() {
    let text = "\u{feff}2,-1,10,20.5,30,40,0.9,-1,-1,-1\r\n\n 1.0 , -1, 1e1, -2, 3, 4, -60\n";
    let Read { seen, bad } = read(text.as_bytes());
    assert_eq!(bad, []);
    let pictures: Vec<u32> = seen.iter().map(|seen| seen.picture).collect();
    assert_eq!(pictures, [1, 2], "by picture");
    assert_eq!(
        (seen[0].detection.bbox.x, seen[0].detection.score),
        (10.0, -60.0)
    );
    assert_eq!(seen[1].detection.bbox.y, 20.5);
}

#[test]
fn a_bad_line_is_named_and_the_others_are_kept() {
    let text = "1,-1,1,2,3,4,0.5\nfoo\n1,-1,1,2,x,4,0.5\n0,-1,1,2,3,4,0.5\n1.5,-1,1,2,3,4,1\n\
                1,-1,1,2,3,0,0.5\n1,-1,nan,2,3,4,0.5\n1,-1,1,2,3,4,inf\n3,-1,1,2,3,4,0.5\n1,-1,1,2";
    assert_eq!(read(text.as_bytes()).seen.len(), 2);
    assert_eq!(
        faults(text),
        [
            "line 2: 1 columns where at least 7 are needed: picture,id,left,top,width,height,score",
            "line 3: width \"x\" is no number from -10000000 to 10000000",
            "line 4: picture \"0\": give a whole number from 1 to 1000000000",
            "line 5: picture \"1.5\": give a whole number from 1 to 1000000000",
            "line 6: a box of 3 × 0 pixels: both sides must be more than 0",
            "line 7: left \"nan\" is no number from -10000000 to 10000000",
            "line 8: score \"inf\" is no number from -10000000 to 10000000",
            "line 10: 4 columns where at least 7 are needed: picture,id,left,top,width,height,score",
        ]
    );
    assert_eq!(read(b"1,\xff,1,2,3,4,5").bad[0].fault, LineFault::NotText);
    assert!(faults(&"9".repeat(100_000))[0].len() < 200);
}

#[test]
fn strength_follows_the_detectors_own_scale() {
    let scored = |scores: &[f32]| {
        let lines = scores.iter().map(|score| format!("1,-1,0,0,9,9,{score}\n"));
        strong_score(&read(lines.collect::<String>().as_bytes()).seen)
    };
    assert_eq!(scored(&[0.5, 1.0, 1.0, 1.0]), 0.75);
    assert_eq!(scored(&[-20.0, 60.0, 60.0, 60.0, 80.0]), 20.0);
    assert_eq!(scored(&[1.0, 1.0]), 1.0, "all are strong");
    assert_eq!(scored(&[]), 0.0);
}

#[test]
fn a_track_has_rows_from_its_first_detection_on_and_gaps_may_be_filled() {
    let line = |picture: u32| format!("{picture},-1,{},50,40,80,1\n", picture * 4);
    let text: String = (1..=30)
        .filter(|p| !(10..=14).contains(p))
        .map(line)
        .collect();
    let once = "7,-1,500,50,40,80,1\n";
    let seen = read(format!("{text}{once}").as_bytes()).seen;
    let rows = follow(&seen, 25.0, TrackerOptions::default());
    assert_eq!(rows.len(), 25, "what was seen once has no row: {rows:?}");
    assert_eq!((rows[0].picture, rows[0].id.0), (1, 1));
    assert_eq!(rows[0].to_string(), "1,1,4.00,50.00,40.00,80.00,1,-1,-1,-1");
    let filled = fill_gaps(rows.clone(), 25.0, Duration::from_millis(300));
    assert_eq!(filled.len(), 30);
    let middle = filled.iter().find(|row| row.picture == 12).unwrap();
    assert!((middle.bbox.x - 48.0).abs() < 2.0, "{middle:?}");
    let kept = fill_gaps(rows.clone(), 25.0, Duration::from_millis(200));
    assert_eq!(kept, rows, "the gap is longer");
}

proptest! {
    #[test]
    fn every_line_is_read_or_named(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        let read = read(&text);
        let lines = text.split(|byte| *byte == b'\n');
        let filled = lines.filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
        // A mark of byte order alone is a blank text.
        prop_assert!(filled - (read.seen.len() + read.bad.len()) <= 1);
    }

    #[test]
    fn results_are_finite_and_no_track_is_twice_in_a_picture(
        lines in proptest::collection::vec(
            (1_u32..40, -1e3_f32..1e3, -1e3_f32..1e3, 0.1_f32..500.0, 0.1_f32..500.0, -1.0_f32..1.0),
            0..120),
        fps in 0.1_f64..60.0,
    ) {
        let lines = lines.iter().map(|(p, x, y, w, h, s)| format!("{p},-1,{x},{y},{w},{h},{s}\n"));
        let read = read(lines.collect::<String>().as_bytes());
        prop_assert_eq!(read.bad, []);
        let options = TrackerOptions {
            strong_score: strong_score(&read.seen),
            ..TrackerOptions::default()
        };
        let rows = follow(&read.seen, fps, options);
        prop_assert!(rows.len() <= read.seen.len());
        let rows = fill_gaps(rows, fps, Duration::from_secs(1));
        let places: HashSet<_> = rows.iter().map(|row| (row.picture, row.id)).collect();
        prop_assert_eq!(places.len(), rows.len());
        for row in rows {
            let b = row.bbox;
            prop_assert!([b.x, b.y, b.w, b.h].iter().all(|side| side.is_finite()));
        }
    }
}
