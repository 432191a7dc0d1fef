//! A country road and forested hills that stand still.

use tiny_skia::{Pixmap, Transform};

use super::actor::Coat;
use super::brush::{ellipse, fill, glow, polygon, rectangle, rgb, rgba, shade, tinted};
use super::dice::Dice;

const SKIES: [(Coat, Coat); 4] = [
    ((118, 160, 206), (214, 226, 234)),
    ((150, 156, 164), (204, 206, 206)),
    ((92, 120, 170), (236, 196, 150)),
    ((132, 174, 212), (240, 244, 246)),
];
const GREENS: [Coat; 4] = [(92, 116, 58), (122, 124, 70), (66, 98, 52), (142, 132, 86)];

fn sky(on: &mut Pixmap, horizon: f32, dice: &mut Dice) {
    let (above, below) = dice.pick(&SKIES).unwrap_or(SKIES[0]);
    if let Some(sky) = rectangle(0.0, 0.0, 960.0, horizon) {
        let stops = [(0.0, tinted(above, 1.0)), (1.0, tinted(below, 1.0))];
        shade(on, &sky, (0.0, horizon), &stops, Transform::identity());
    }
    // Clouds are flat below and wide: not smoke, and unlike it they stand in the sky alone.
    for _ in 0..dice.below(5) {
        let (x, y) = (dice.between(0.0, 960.0), dice.between(10.0, horizon * 0.5));
        for _ in 0..6 {
            let puff = (x + dice.between(-90.0, 90.0), y + dice.between(-8.0, 8.0));
            let radii = (dice.between(40.0, 90.0), dice.between(10.0, 24.0));
            glow(
                on,
                puff,
                radii,
                rgba(250, 250, 250, 150),
                Transform::identity(),
            );
        }
    }
}

/// A country road from the lower edge to the horizon, between grass.
pub(super) fn draw_road(on: &mut Pixmap, painting: u8) {
    let mut dice = Dice::new(1000 + u64::from(painting));
    sky(on, 240.0, &mut dice);
    trees(on, 236.0, &mut dice);
    let green = dice.pick(&GREENS).unwrap_or(GREENS[0]);
    if let Some(grass) = rectangle(0.0, 236.0, 960.0, 540.0) {
        let stops = [(0.0, tinted(green, 0.85)), (1.0, tinted(green, 1.15))];
        shade(on, &grass, (236.0, 540.0), &stops, Transform::identity());
    }
    for _ in 0..160 {
        let at = (dice.between(0.0, 960.0), dice.between(246.0, 540.0));
        let tone = dice.between(0.7, 1.25);
        let tuft = (dice.between(8.0, 40.0), dice.between(2.0, 7.0));
        let mut color = tinted(green, tone);
        color.set_alpha(0.4);
        glow(on, at, tuft, color, Transform::identity());
    }
    let far = dice.between(300.0, 660.0);
    let near = dice.between(200.0, 760.0);
    if let Some(road) = polygon(&[
        (far - 16.0, 238.0),
        (far + 16.0, 238.0),
        (near + 330.0, 540.0),
        (near - 330.0, 540.0),
    ]) {
        let stops = [(0.0, rgb(136, 134, 130)), (1.0, rgb(98, 98, 100))];
        shade(on, &road, (238.0, 540.0), &stops, Transform::identity());
    }
    if let Some(middle) = polygon(&[
        (far - 1.0, 240.0),
        (far + 1.0, 240.0),
        (near + 6.0, 540.0),
        (near - 6.0, 540.0),
    ]) {
        fill(on, &middle, rgba(220, 214, 180, 150), Transform::identity());
    }
}

fn trees(on: &mut Pixmap, foot: f32, dice: &mut Dice) {
    let green = dice.pick(&GREENS).unwrap_or(GREENS[0]);
    for _ in 0..40 {
        let radius = dice.between(12.0, 44.0);
        let (x, y) = (dice.between(-20.0, 980.0), foot - radius * 0.5);
        if let Some(crown) = ellipse((x, y), (radius, radius * 0.8)) {
            let tone = dice.between(0.5, 0.85);
            fill(on, &crown, tinted(green, tone), Transform::identity());
        }
    }
}

/// Ridges behind each other, the farther the paler.
pub(super) fn draw_hills(on: &mut Pixmap, painting: u8) {
    let mut dice = Dice::new(2000 + u64::from(painting));
    sky(on, 330.0, &mut dice);
    let green = dice.pick(&GREENS).unwrap_or(GREENS[0]);
    for (ridge, haze) in [(0.34, 0.62), (0.44, 0.38), (0.54, 0.18), (0.68, 0.0)] {
        let base = ridge * 540.0;
        let mut corners = vec![(0.0, 541.0)];
        let (a, b) = (dice.between(0.004, 0.012), dice.between(0.015, 0.03));
        let (p, q) = (dice.between(0.0, 6.0), dice.between(0.0, 6.0));
        for step in 0_u8..=48 {
            let x = f32::from(step) * 20.0;
            let y = base + 34.0 * (x * a + p).sin() + 10.0 * (x * b + q).sin();
            corners.push((x, y + dice.between(-3.0, 3.0)));
        }
        corners.push((960.0, 541.0));
        let air = |level: u8, far: f32| {
            let level = f32::from(level) * 0.7 * (1.0 - haze) + far * haze;
            level / 255.0
        };
        let color = tiny_skia::Color::from_rgba(
            air(green.0, 176.0),
            air(green.1, 190.0),
            air(green.2, 204.0),
            1.0,
        );
        if let (Some(hill), Some(color)) = (polygon(&corners), color) {
            fill(on, &hill, color, Transform::identity());
        }
        for _ in 0..70 {
            let at = (dice.between(0.0, 960.0), base + dice.between(20.0, 200.0));
            let patch = (dice.between(6.0, 34.0), dice.between(3.0, 10.0));
            glow(on, at, patch, rgba(20, 34, 16, 46), Transform::identity());
        }
    }
}
