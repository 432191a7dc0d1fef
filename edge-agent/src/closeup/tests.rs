//! Windows show what is small, within the budget; merging counts each thing once.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::detect::Detection;
use crate::track::{Life, TrackId};

const SIZE: PictureSize = PictureSize {
    width: 1600,
    height: 1200,
};
const INPUT: PictureSize = PictureSize {
    width: 416,
    height: 416,
};

const fn at(seconds: i64) -> StreamTime {
    StreamTime::from_nanos(seconds * 1_000_000_000)
}

const fn square(x: f32, y: f32, side: f32) -> PixelBox {
    PixelBox {
        x,
        y,
        w: side,
        h: side,
    }
}

fn track(bbox: PixelBox) -> Track {
    Track {
        id: TrackId(1),
        class: "two_wheeler".into(),
        score: 0.9,
        bbox,
        first_seen: StreamTime::ZERO,
        last_seen: StreamTime::ZERO,
        life: Life::Confirmed,
        still_since: None,
    }
}

const fn blob(bbox: PixelBox) -> Blob {
    Blob {
        bbox,
        area: 100.0,
        since: StreamTime::ZERO,
    }
}

fn seen(class: &str, score: f32, bbox: PixelBox) -> Detection {
    Detection {
        class: class.into(),
        score,
        bbox,
    }
}

fn contains(window: &PixelBox, bbox: &PixelBox) -> bool {
    window.intersection(bbox) >= bbox.area() * 0.99
}

#[test]
fn what_is_small_gets_a_window_and_what_is_large_does_not() {
    let mut close_up = CloseUp::new(1, INPUT);
    let (small, large) = (square(1000.0, 300.0, 50.0), square(100.0, 600.0, 400.0));
    close_up.learn(SIZE, &[track(small), track(large)]);
    let windows = close_up.windows(at(1), SIZE, &[]);
    let [window] = windows[..] else {
        panic!("{windows:?}")
    };
    assert!(contains(&window, &small) && !contains(&window, &large));
    assert!((200.0..=420.0).contains(&window.w), "{window:?}");
}

#[test]
fn one_window_shows_neighbours_and_many_subjects_take_turns() {
    let mut close_up = CloseUp::new(1, INPUT);
    let near: Vec<Track> = [0.0, 60.0, 130.0]
        .map(|x| track(square(700.0 + x, 500.0, 50.0)))
        .into();
    close_up.learn(SIZE, &near);
    let windows = close_up.windows(at(1), SIZE, &[]);
    assert!(near.iter().all(|track| contains(&windows[0], &track.bbox)));

    let far = [square(100.0, 100.0, 40.0), square(1400.0, 1000.0, 40.0)];
    close_up.learn(SIZE, &far.map(track));
    let mut shown = [0, 0];
    for second in 2..12 {
        let windows = close_up.windows(at(second), SIZE, &[]);
        for (count, bbox) in shown.iter_mut().zip(&far) {
            *count += usize::from(contains(&windows[0], bbox));
        }
    }
    assert!(shown.iter().all(|count| *count >= 4), "{shown:?}");
}

#[test]
fn a_blob_is_taken_for_as_large_as_things_there_are() {
    let mut close_up = CloseUp::new(1, INPUT);
    let things = [square(1000.0, 300.0, 60.0), square(1030.0, 320.0, 66.0)];
    close_up.learn(SIZE, &things.map(track));
    close_up.learn(SIZE, &[]);
    let piece = blob(square(1020.0, 320.0, 8.0));
    let windows = close_up.windows(at(1), SIZE, &[piece]);
    assert!((350.0..400.0).contains(&windows[0].w), "{windows:?}");
    assert!(contains(&windows[0], &piece.bbox));
}

#[test]
fn what_is_left_of_the_budget_goes_round_the_picture() {
    let mut close_up = CloseUp::new(6, INPUT);
    let windows = close_up.windows(at(0), SIZE, &[]);
    assert_eq!(windows.len(), 6, "{windows:?}");
    let points = (0..40).flat_map(|x| (0..30).map(move |y| (x as f32 * 40.0, y as f32 * 40.0)));
    for (x, y) in points {
        let point = square(x, y, 1.0);
        assert!(
            windows.iter().any(|window| contains(window, &point)),
            "{x} {y}"
        );
    }
    let mut few = CloseUp::new(2, INPUT);
    few.learn(SIZE, &[track(square(10.0, 10.0, 70.0))]);
    few.learn(SIZE, &[]);
    let mut covered = std::collections::HashSet::new();
    for second in 0..10 {
        for window in few.windows(at(second), SIZE, &[]) {
            covered.insert((window.x as i32, window.y as i32));
        }
    }
    assert!(covered.len() >= 15, "{covered:?}");
}

#[test]
fn a_small_picture_needs_no_windows() {
    let size = PictureSize {
        width: 480,
        height: 270,
    };
    let mut close_up = CloseUp::new(4, INPUT);
    assert_eq!(
        close_up.windows(at(0), size, &[blob(square(9.0, 9.0, 9.0))]),
        []
    );
}

#[test]
fn each_thing_counts_once_and_nothing_that_a_border_cut() {
    let whole = vec![
        seen("car", 0.8, square(100.0, 100.0, 100.0)),
        seen("smoke", 0.5, square(900.0, 100.0, 200.0)),
    ];
    let window = square(80.0, 80.0, 400.0);
    let found = vec![
        // The car again, and a part of it.
        seen("car", 0.7, square(102.0, 99.0, 98.0)),
        seen("car", 0.6, square(110.0, 140.0, 50.0)),
        // New, though not in the picture.
        seen("person", 0.6, square(300.0, 300.0, 30.0)),
        // Cut by the right border; too large; never in a window.
        seen("car", 0.9, square(420.0, 200.0, 59.0)),
        seen("large_vehicle", 0.9, square(100.0, 100.0, 300.0)),
        seen("smoke", 0.9, square(200.0, 200.0, 50.0)),
    ];
    let kept = merged(whole, vec![(window, found)], SIZE, 0.5);
    let told: Vec<(&str, f32)> = kept.iter().map(|one| (&*one.class, one.score)).collect();
    assert_eq!(told, [("car", 0.8), ("person", 0.6), ("smoke", 0.5)]);
}

#[test]
fn a_border_of_the_picture_cuts_nothing_more() {
    let window = square(0.0, 0.0, 400.0);
    let found = vec![seen("car", 0.9, square(0.0, 50.0, 60.0))];
    assert_eq!(merged(vec![], vec![(window, found)], SIZE, 0.5).len(), 1);
}

proptest! {
    #[test]
    fn windows_are_few_square_and_inside(
        width in 1_u32..4000, height in 1_u32..4000, budget in 0_usize..9,
        things in proptest::collection::vec(
            (-500.0_f32..4500.0, -500.0_f32..4500.0, 0.5_f32..900.0), 0..30),
    ) {
        let size = PictureSize { width, height };
        let mut close_up = CloseUp::new(budget, INPUT);
        let boxes: Vec<PixelBox> = things.iter().map(|(x, y, side)| square(*x, *y, *side)).collect();
        for step in 0..3 {
            let now = at(0) + Duration::from_millis(200 * step);
            let moving: Vec<Blob> = boxes.iter().copied().map(blob).collect();
            let windows = close_up.windows(now, size, &moving);
            prop_assert!(windows.len() <= budget);
            for window in &windows {
                prop_assert_eq!(window.w, window.h);
                prop_assert!(window.w >= 1.0 && window.x >= 0.0 && window.y >= 0.0);
                prop_assert!(window.x + window.w <= width as f32 + 1.0);
                prop_assert!(window.y + window.h <= height as f32 + 1.0);
            }
            let tracks: Vec<Track> = boxes.iter().copied().map(track).collect();
            close_up.learn(size, &tracks);
        }
    }
}
