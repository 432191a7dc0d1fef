//! Pictures of a scene with noise, light, rain and things that come and stay.

use super::*;

const ACROSS: usize = 40;
const DOWN: usize = 22;

/// A reproducible sequence of numbers in −1 to 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// A scene with contrast, and noise of that many levels.
fn scene(noise: &mut Noise, levels: f32) -> LumaGrid {
    let cells = (0..ACROSS * DOWN).map(|at| {
        let (x, y) = (at % ACROSS, at / ACROSS);
        60.0 + 3.0 * x as f32 + (y * 37 % 40) as f32 + levels * noise.next()
    });
    LumaGrid {
        across: ACROSS,
        cells: cells.collect(),
    }
}

fn with(mut grid: LumaGrid, cells: &[usize], by: f32) -> LumaGrid {
    cells.iter().for_each(|cell| grid.cells[*cell] += by);
    grid
}

fn learned(noise: &mut Noise) -> Background {
    let mut background = Background::default();
    assert_eq!(background.look(&scene(noise, 1.0)), Change::Whole, "new");
    for _ in 0..20 {
        assert_eq!(background.look(&scene(noise, 1.0)), Change::None);
    }
    background
}

#[test]
fn a_thing_of_two_cells_is_seen_and_a_slow_fog_is_not() {
    let mut noise = Noise(1);
    let mut background = learned(&mut noise);
    let thing = with(scene(&mut noise, 1.0), &[415, 416], 12.0);
    assert_eq!(background.compare(&thing), Change::Local);
    let spot = with(scene(&mut noise, 1.0), &[415], 60.0);
    assert_eq!(background.compare(&spot), Change::Local);
    for step in 0..60 {
        let mut fog = scene(&mut noise, 1.0);
        for level in &mut fog.cells {
            *level += 0.5 * step as f32;
        }
        assert_eq!(background.look(&fog), Change::None, "{step}");
    }
}

#[test]
fn another_exposure_is_no_change() {
    let mut noise = Noise(2);
    let background = learned(&mut noise);
    for (gain, offset) in [(1.3, 0.0), (0.7, 5.0), (1.0, -30.0)] {
        let mut grid = scene(&mut noise, 0.5);
        for level in &mut grid.cells {
            *level = *level * gain + offset;
        }
        assert!(background.compare(&grid) <= Change::Weak, "{gain} {offset}");
        let thing = with(grid, &[300, 301, 340, 341], 35.0);
        assert_eq!(background.compare(&thing), Change::Local, "{gain} {offset}");
    }
}

#[test]
fn another_view_is_a_whole_change_once() {
    let mut noise = Noise(3);
    let mut background = learned(&mut noise);
    let turned = |noise: &mut Noise| {
        let mut grid = scene(noise, 1.0);
        grid.cells.reverse();
        grid
    };
    assert_eq!(background.look(&turned(&mut noise)), Change::Whole);
    for _ in 0..20 {
        assert_eq!(background.look(&turned(&mut noise)), Change::None);
    }
    let other_size = LumaGrid {
        across: 2,
        cells: vec![1.0; 4],
    };
    assert_eq!(background.look(&other_size), Change::Whole);
    assert_eq!(background.look(&other_size), Change::None);
}

/// What so many looks said.
fn looks(
    background: &mut Background,
    looks: usize,
    mut picture: impl FnMut() -> LumaGrid,
) -> Vec<Change> {
    (0..looks).map(|_| background.look(&picture())).collect()
}

fn stirred(changes: &[Change]) -> usize {
    changes
        .iter()
        .filter(|change| **change > Change::Weak)
        .count()
}

#[test]
fn rain_becomes_usual_and_calm_again() {
    let mut noise = Noise(4);
    let mut background = learned(&mut noise);
    let rain = |noise: &mut Noise| scene(noise, 12.0);
    let seen = looks(&mut background, 60, || rain(&mut noise));
    assert_eq!(stirred(&seen[10..]), 0, "{seen:?}");
    let thing = with(rain(&mut noise), &[415, 416], 90.0);
    assert_eq!(
        background.compare(&thing),
        Change::Local,
        "a car in the rain"
    );
    for _ in 0..80 {
        background.look(&scene(&mut noise, 1.0));
    }
    let thing = with(scene(&mut noise, 1.0), &[415, 416], 15.0);
    assert_eq!(background.compare(&thing), Change::Local, "after the rain");
}

#[test]
fn streaks_of_rain_become_usual() {
    for streaks in [60, 120] {
        let mut noise = Noise(6);
        let mut background = learned(&mut noise);
        let rain = || {
            let mut grid = scene(&mut noise, 1.0);
            for _ in 0..streaks {
                let at = ((noise.next() + 1.0) * 390.0) as usize;
                for cell in [at, at + ACROSS, at + 2 * ACROSS] {
                    grid.cells[cell] += 25.0;
                }
            }
            grid
        };
        let seen = looks(&mut background, 200, rain);
        assert!(stirred(&seen[60..]) < 30, "{streaks}: {seen:?}");
    }
}

#[test]
fn who_stays_becomes_background() {
    let mut noise = Noise(5);
    let mut background = learned(&mut noise);
    let parked = || with(scene(&mut noise, 1.0), &[415, 416, 455, 456], 60.0);
    let seen = looks(&mut background, 120, parked);
    assert!(stirred(&seen) > 0);
    assert_eq!(stirred(&seen[30..]), 0, "{seen:?}");
}

/// A clock in a corner of the picture, two cells a digit, dark on bright or bright on dark.
fn with_clock(mut grid: LumaGrid, second: u64) -> LumaGrid {
    let digits = [
        second / 600 % 6,
        second / 60 % 10,
        second % 60 / 10,
        second % 10,
    ];
    for (place, digit) in (0..).zip(digits) {
        for part in 0..2 {
            let is_dark = (digit * 2 + part) % 3 == 0;
            grid.cells[ACROSS + 3 * place + usize::from(part == 1)] =
                if is_dark { 20.0 } else { 230.0 };
        }
    }
    grid
}

#[test]
fn regression_a_clock_in_the_picture_kept_the_gate_open() {
    let mut noise = Noise(7);
    let mut background = learned(&mut noise);
    // A keyframe every two seconds, for an hour.
    let mut second = 0;
    let seen = looks(&mut background, 1800, || {
        second += 2;
        with_clock(scene(&mut noise, 1.0), second)
    });
    let stirred = stirred(&seen[300..]);
    assert!(stirred <= 30, "{stirred} of 1500: {seen:?}");
    let thing = with(
        with_clock(scene(&mut noise, 1.0), second),
        &[415, 416],
        12.0,
    );
    assert_eq!(background.compare(&thing), Change::Local);
}
