//! Herds that walk, stand, mill about and part.

use std::path::Path;

use super::*;
use crate::config::Config;
use crate::track::Life;

const SIZE: PictureSize = PictureSize {
    width: 1920,
    height: 1080,
};

/// A street 10 m wide and 40 m long, seen from its southern end.
const STREET: &str = "[camera.calibration]\nmark_error_m = 0.5\npairs = [[0.2, 0.9, 16.4637, 107.5909], \
    [0.8, 0.9, 16.4637, 107.590994], [0.4, 0.5, 16.46406, 107.5909], [0.6, 0.5, 16.46406, 107.590994]]\n";

fn ground(keys: &str) -> Whereabouts {
    let text = format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n{keys}"
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    Whereabouts::of(&config.cameras[0])
}

/// An animal whose foot stands at a point of the picture, in fractions.
fn animal(id: u64, at: StreamTime, (x, y): (f32, f32)) -> Track {
    Track {
        id: TrackId(id),
        class: "cattle".into(),
        score: 0.9,
        bbox: PixelBox {
            x: x * 1920.0 - 60.0,
            y: y * 1080.0 - 80.0,
            w: 120.0,
            h: 80.0,
        },
        first_seen: StreamTime::ZERO,
        last_seen: at,
        life: Life::Confirmed,
        still_since: None,
    }
}

/// Jitter of a detector's box, some hundredths of its side, the same each time.
fn jitter(number: usize) -> f32 {
    [0.001, -0.0015, 0.0005, 0.0018, -0.0012, -0.0004][number % 6]
}

/// Where an animal begins, and how far it goes a second.
type Walk = ((f32, f32), (f32, f32));

/// The heading after so many seconds at five pictures a second.
fn heading(keys: &str, seconds: usize, herd: &[Walk]) -> Option<Heading> {
    let (ground, mut course) = (ground(keys), Course::default());
    for number in 0..=seconds * 5 {
        let time = number as f32 * 0.2;
        let at = StreamTime::from_secs_f64(f64::from(time));
        let foot = |index: usize, ((x, y), (dx, dy)): &Walk| {
            let off = jitter(number + index);
            (x + dx * time + off, y + dy * time - off)
        };
        let tracks: Vec<Track> = herd
            .iter()
            .enumerate()
            .map(|(index, one)| animal(index as u64, at, foot(index, one)))
            .collect();
        course.observe(at, &tracks, SIZE, &ground);
    }
    let ids: Vec<TrackId> = (0..herd.len() as u64).map(TrackId).collect();
    course.of(&ids)
}

fn degrees(heading: Option<Heading>) -> (&'static str, f64) {
    match heading {
        Some(Heading::Ground { degrees, .. }) => ("ground", degrees),
        Some(Heading::Picture { degrees, .. }) => ("picture", degrees),
        None => ("none", f64::NAN),
    }
}

#[test]
fn a_herd_has_the_direction_in_which_it_goes() {
    // Up the picture is north along the street, and right is east.
    for (why, keys, step, over, wanted) in [
        (
            "north along the street",
            STREET,
            (0.0, -0.02),
            "ground",
            0.0,
        ),
        ("east across it", STREET, (0.03, 0.0), "ground", 90.0),
        ("back again", STREET, (0.0, 0.02), "ground", 180.0),
        ("right in the picture", "", (0.02, 0.0), "picture", 90.0),
        ("towards the camera", "", (0.0, 0.02), "picture", 180.0),
        (
            "up and left",
            "",
            (-0.01, -0.01 * 16.0 / 9.0),
            "picture",
            315.0,
        ),
    ] {
        let herd = [
            ((0.45, 0.7), step),
            ((0.5, 0.75), step),
            ((0.55, 0.72), step),
        ];
        let (said, found) = degrees(heading(keys, 4, &herd));
        assert_eq!(said, over, "{why}");
        let off = (found - wanted + 180.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() <= 12.0, "{why}: {found}");
    }
}

#[test]
fn a_herd_that_stands_parts_or_was_hardly_seen_has_none() {
    let still = [((0.45, 0.7), (0.0, 0.0)), ((0.55, 0.7), (0.0, 0.0))];
    let apart = [((0.45, 0.7), (-0.02, 0.0)), ((0.55, 0.7), (0.02, 0.0))];
    let walking = [((0.3, 0.7), (0.02, 0.0))];
    for keys in [STREET, ""] {
        assert_eq!(heading(keys, 8, &still), None, "stands");
        assert_eq!(heading(keys, 4, &apart), None, "parts");
        assert_eq!(heading(keys, 0, &walking), None, "one picture");
        assert!(heading(keys, 4, &walking).is_some());
        assert_eq!(heading(keys, 4, &[]), None, "nobody");
    }
}

#[test]
fn what_it_says_fits_the_contract() {
    for seconds in 1..8 {
        let herd = [((0.3, 0.7), (0.01, 0.001 * seconds as f32))];
        let said = heading("", seconds, &herd);
        assert!(said.is_none_or(|said| said.is_valid()), "{said:?}");
    }
}
