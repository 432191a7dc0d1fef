//! People, cattle and riders seen from the side.
//!
//! Coordinates: the origin is on the ground below the middle, y downwards. A person is one unit
//! high, a cow and a motorbike one unit long.

use tiny_skia::{Pixmap, Transform};

use super::actor::Coat;
use super::brush::{ellipse, fill, glow, outline, polygon, rgb, rgba, shade, tinted};

const SKIN: Coat = (176, 128, 98);

/// Somebody who walks.
pub(super) fn person(on: &mut Pixmap, coat: Coat, age: f32, place: Transform) {
    glow(on, (0.0, 0.0), (0.22, 0.03), rgba(0, 0, 0, 170), place);
    let stride = 0.11 * (age * 5.0).sin();
    for (foot, color) in [(-stride, rgb(38, 40, 52)), (stride, rgb(48, 50, 64))] {
        limb(on, (0.0, -0.48), (foot, -0.02), 0.05, color, place);
        if let Some(shoe) = ellipse((foot + 0.02, -0.015), (0.045, 0.02)) {
            fill(on, &shoe, rgb(22, 20, 20), place);
        }
    }
    limb(
        on,
        (-0.03, -0.78),
        (-0.06 - stride, -0.46),
        0.03,
        tinted(coat, 0.7),
        place,
    );
    if let Some(body) = outline(
        (-0.09, -0.46),
        &[
            ((-0.12, -0.66), (-0.10, -0.80)),
            ((-0.05, -0.86), (0.0, -0.86)),
            ((0.06, -0.85), (0.09, -0.79)),
            ((0.11, -0.64), (0.09, -0.46)),
            ((0.0, -0.44), (-0.09, -0.46)),
        ],
    ) {
        let stops = [(0.0, tinted(coat, 1.15)), (1.0, tinted(coat, 0.75))];
        shade(on, &body, (-0.86, -0.44), &stops, place);
    }
    limb(
        on,
        (0.03, -0.79),
        (0.07 + stride, -0.48),
        0.03,
        tinted(coat, 0.9),
        place,
    );
    head(on, (0.01, -0.92), 0.068, (34, 26, 22), place);
}

fn head(on: &mut Pixmap, middle: (f32, f32), radius: f32, hair: Coat, place: Transform) {
    if let Some(face) = ellipse(middle, (radius * 0.85, radius)) {
        fill(on, &face, tinted(SKIN, 1.0), place);
    }
    let above = (middle.0 - radius * 0.15, middle.1 - radius * 0.3);
    if let Some(cap) = ellipse(above, (radius * 0.9, radius * 0.75)) {
        fill(on, &cap, tinted(hair, 1.0), place);
    }
}

/// A straight limb of one width.
fn limb(
    on: &mut Pixmap,
    from: (f32, f32),
    to: (f32, f32),
    half: f32,
    color: tiny_skia::Color,
    place: Transform,
) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-6);
    let (nx, ny) = (-dy / length * half, dx / length * half);
    if let Some(path) = polygon(&[
        (from.0 + nx, from.1 + ny),
        (to.0 + nx * 0.7, to.1 + ny * 0.7),
        (to.0 - nx * 0.7, to.1 - ny * 0.7),
        (from.0 - nx, from.1 - ny),
    ]) {
        fill(on, &path, color, place);
    }
}

/// A motorbike with somebody in a helmet on it, facing right.
pub(super) fn motorbike(on: &mut Pixmap, coat: Coat, place: Transform) {
    glow(on, (0.0, 0.0), (0.56, 0.04), rgba(0, 0, 0, 200), place);
    for x in [-0.33, 0.33] {
        tyre(on, (x, -0.17), 0.17, place);
    }
    // Fork, frame, engine, exhaust.
    limb(
        on,
        (0.20, -0.60),
        (0.33, -0.17),
        0.022,
        rgb(120, 122, 128),
        place,
    );
    limb(
        on,
        (-0.05, -0.16),
        (-0.44, -0.22),
        0.03,
        rgb(150, 150, 154),
        place,
    );
    if let Some(engine) = ellipse((-0.02, -0.20), (0.13, 0.10)) {
        fill(on, &engine, rgb(44, 44, 48), place);
    }
    if let Some(body) = outline(
        (-0.46, -0.42),
        &[
            ((-0.30, -0.50), (-0.10, -0.42)),
            ((0.02, -0.34), (0.12, -0.40)),
            ((0.17, -0.58), (0.24, -0.62)),
            ((0.30, -0.60), (0.27, -0.40)),
            ((0.16, -0.18), (-0.06, -0.22)),
            ((-0.28, -0.24), (-0.46, -0.42)),
        ],
    ) {
        let stops = [(0.0, tinted(coat, 1.25)), (1.0, tinted(coat, 0.55))];
        shade(on, &body, (-0.62, -0.20), &stops, place);
    }
    if let Some(seat) = outline(
        (-0.44, -0.45),
        &[
            ((-0.2, -0.52), (0.04, -0.44)),
            ((-0.2, -0.40), (-0.44, -0.45)),
        ],
    ) {
        fill(on, &seat, rgb(20, 20, 22), place);
    }
    limb(
        on,
        (0.18, -0.66),
        (0.25, -0.60),
        0.02,
        rgb(24, 24, 26),
        place,
    );
    if let Some(lamp) = ellipse((0.28, -0.56), (0.035, 0.045)) {
        fill(on, &lamp, rgb(244, 240, 214), place);
    }
    if let Some(lamp) = ellipse((-0.46, -0.40), (0.025, 0.03)) {
        fill(on, &lamp, rgb(176, 16, 20), place);
    }
    rider(on, coat, place);
}

fn rider(on: &mut Pixmap, coat: Coat, place: Transform) {
    let shirt = (coat.2, coat.0, coat.1);
    limb(
        on,
        (-0.14, -0.50),
        (0.08, -0.44),
        0.065,
        rgb(46, 48, 62),
        place,
    );
    limb(
        on,
        (0.08, -0.46),
        (0.03, -0.16),
        0.05,
        rgb(40, 42, 56),
        place,
    );
    if let Some(body) = outline(
        (-0.24, -0.48),
        &[
            ((-0.28, -0.72), (-0.14, -0.90)),
            ((-0.06, -0.96), (0.02, -0.90)),
            ((0.05, -0.70), (-0.03, -0.46)),
            ((-0.14, -0.44), (-0.24, -0.48)),
        ],
    ) {
        let stops = [(0.0, tinted(shirt, 1.15)), (1.0, tinted(shirt, 0.7))];
        shade(on, &body, (-0.96, -0.44), &stops, place);
    }
    limb(
        on,
        (-0.04, -0.84),
        (0.20, -0.66),
        0.038,
        tinted(shirt, 0.85),
        place,
    );
    if let Some(face) = ellipse((0.0, -1.01), (0.075, 0.09)) {
        fill(on, &face, tinted(SKIN, 1.0), place);
    }
    if let Some(helmet) = ellipse((-0.02, -1.055), (0.105, 0.10)) {
        fill(on, &helmet, tinted((coat.1, coat.2, coat.0), 1.1), place);
    }
}

fn tyre(on: &mut Pixmap, hub: (f32, f32), radius: f32, place: Transform) {
    for (scale, color) in [
        (1.0, rgb(20, 20, 22)),
        (0.74, rgb(108, 110, 114)),
        (0.62, rgb(60, 62, 66)),
        (0.20, rgb(160, 160, 164)),
    ] {
        if let Some(disc) = ellipse(hub, (radius * scale, radius * scale)) {
            fill(on, &disc, color, place);
        }
    }
}

/// A cow that walks or stands, facing right.
pub(super) fn cow(on: &mut Pixmap, coat: Coat, age: f32, place: Transform) {
    glow(on, (0.0, 0.0), (0.55, 0.04), rgba(0, 0, 0, 170), place);
    let step = 0.05 * (age * 2.0).sin();
    for (x, swing, tone) in [
        (-0.36, step, 0.6),
        (0.26, -step, 0.6),
        (-0.30, -step, 0.85),
        (0.20, step, 0.85),
    ] {
        limb(
            on,
            (x, -0.36),
            (x + swing, -0.015),
            0.045,
            tinted(coat, tone),
            place,
        );
        if let Some(hoof) = ellipse((x + swing, -0.015), (0.035, 0.02)) {
            fill(on, &hoof, rgb(30, 26, 24), place);
        }
    }
    limb(
        on,
        (-0.47, -0.60),
        (-0.49, -0.26),
        0.014,
        tinted(coat, 0.5),
        place,
    );
    if let Some(body) = outline(
        (-0.48, -0.58),
        &[
            ((-0.44, -0.66), (-0.30, -0.655)),
            ((0.02, -0.62), (0.22, -0.67)),
            ((0.34, -0.66), (0.36, -0.54)),
            ((0.36, -0.36), (0.22, -0.30)),
            ((-0.06, -0.24), (-0.32, -0.32)),
            ((-0.50, -0.36), (-0.48, -0.58)),
        ],
    ) {
        let stops = [
            (0.0, tinted(coat, 1.2)),
            (0.5, tinted(coat, 0.95)),
            (1.0, tinted(coat, 0.55)),
        ];
        shade(on, &body, (-0.68, -0.26), &stops, place);
    }
    // Neck, head, muzzle, ear, horn; the dewlap hangs below the neck.
    if let Some(neck) = polygon(&[
        (0.24, -0.66),
        (0.42, -0.70),
        (0.46, -0.54),
        (0.34, -0.36),
        (0.26, -0.40),
    ]) {
        fill(on, &neck, tinted(coat, 0.9), place);
    }
    if let Some(face) = outline(
        (0.38, -0.72),
        &[
            ((0.46, -0.74), (0.50, -0.66)),
            ((0.57, -0.54), (0.55, -0.48)),
            ((0.50, -0.45), (0.46, -0.50)),
            ((0.40, -0.56), (0.38, -0.72)),
        ],
    ) {
        fill(on, &face, tinted(coat, 1.0), place);
    }
    if let Some(muzzle) = ellipse((0.535, -0.49), (0.03, 0.035)) {
        fill(on, &muzzle, tinted(coat, 0.45), place);
    }
    if let Some(ear) = ellipse((0.37, -0.67), (0.045, 0.02)) {
        fill(on, &ear, tinted(coat, 0.7), place);
    }
    limb(
        on,
        (0.42, -0.71),
        (0.46, -0.80),
        0.014,
        rgb(206, 196, 170),
        place,
    );
    if let Some(eye) = ellipse((0.455, -0.65), (0.011, 0.011)) {
        fill(on, &eye, rgb(16, 12, 10), place);
    }
}
