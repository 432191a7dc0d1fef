//! Vehicles seen from the side: shadow, body, glass, wheels, lamps.
//!
//! Coordinates are of a vehicle one unit long, origin on the ground below its middle, y downwards.

use tiny_skia::{Pixmap, Transform};

use super::actor::Coat;
use super::brush::{ellipse, fill, glow, outline, polygon, rectangle, rgb, rgba, shade, tinted};

/// A saloon.
pub(super) fn car(on: &mut Pixmap, coat: Coat, place: Transform) {
    glow(on, (0.0, 0.005), (0.58, 0.05), rgba(0, 0, 0, 220), place);
    if let Some(body) = outline(
        (-0.495, -0.085),
        &[
            ((-0.505, -0.17), (-0.47, -0.20)),
            ((-0.42, -0.225), (-0.36, -0.23)),
            ((-0.27, -0.33), (-0.14, -0.335)),
            ((0.03, -0.345), (0.12, -0.31)),
            ((0.19, -0.28), (0.25, -0.225)),
            ((0.40, -0.21), (0.465, -0.165)),
            ((0.50, -0.13), (0.495, -0.075)),
            ((0.49, -0.05), (0.45, -0.05)),
            ((0.0, -0.045), (-0.45, -0.05)),
            ((-0.49, -0.055), (-0.495, -0.085)),
        ],
    ) {
        shade(
            on,
            &body,
            (-0.34, -0.04),
            &[
                (0.0, tinted(coat, 1.3)),
                (0.35, tinted(coat, 1.0)),
                (0.55, tinted(coat, 0.8)),
                (0.62, tinted(coat, 0.58)),
                (1.0, tinted(coat, 0.27)),
            ],
            place,
        );
    }
    glass(
        on,
        &[
            (-0.315, -0.225),
            (-0.235, -0.30),
            (-0.13, -0.319),
            (-0.065, -0.32),
            (-0.065, -0.222),
        ],
        place,
    );
    glass(
        on,
        &[
            (-0.045, -0.222),
            (-0.045, -0.32),
            (0.06, -0.312),
            (0.13, -0.288),
            (0.205, -0.225),
        ],
        place,
    );
    for (left, right, top, bottom) in [
        (-0.058, -0.053, -0.22, -0.075),
        (0.17, 0.174, -0.21, -0.08),
        (-0.255, -0.251, -0.21, -0.12),
    ] {
        if let Some(gap) = rectangle(left, top, right, bottom) {
            fill(on, &gap, rgba(8, 8, 10, 200), place);
        }
    }
    for x in [-0.13, 0.05] {
        if let Some(handle) = rectangle(x, -0.195, x + 0.035, -0.187) {
            fill(on, &handle, rgb(120, 122, 126), place);
        }
    }
    if let Some(mirror) = ellipse((0.165, -0.235), (0.02, 0.014)) {
        fill(on, &mirror, rgb(34, 36, 40), place);
    }
    if let Some(sill) = polygon(&[
        (-0.20, -0.075),
        (0.19, -0.075),
        (0.19, -0.05),
        (-0.20, -0.05),
    ]) {
        fill(on, &sill, rgb(12, 12, 14), place);
    }
    if let Some(lamp) = polygon(&[
        (0.40, -0.185),
        (0.468, -0.155),
        (0.475, -0.135),
        (0.42, -0.145),
    ]) {
        fill(on, &lamp, rgb(236, 236, 220), place);
    }
    if let Some(lamp) = polygon(&[
        (-0.49, -0.175),
        (-0.43, -0.195),
        (-0.43, -0.155),
        (-0.492, -0.14),
    ]) {
        fill(on, &lamp, rgb(120, 0, 8), place);
    }
    for x in [-0.295, 0.285] {
        wheel(on, (x, -0.072), 0.073, place);
    }
}

/// A city bus, white above a coloured skirt.
pub(super) fn bus(on: &mut Pixmap, coat: Coat, place: Transform) {
    glow(on, (0.0, 0.005), (0.56, 0.04), rgba(0, 0, 0, 220), place);
    if let Some(body) = outline(
        (-0.5, -0.06),
        &[
            ((-0.5, -0.20), (-0.498, -0.30)),
            ((-0.495, -0.325), (-0.47, -0.327)),
            ((0.0, -0.335), (0.46, -0.327)),
            ((0.49, -0.32), (0.496, -0.20)),
            ((0.502, -0.10), (0.5, -0.055)),
            ((0.0, -0.045), (-0.5, -0.06)),
        ],
    ) {
        shade(
            on,
            &body,
            (-0.33, -0.045),
            &[
                (0.0, rgb(250, 250, 246)),
                (0.10, rgb(232, 232, 226)),
                (0.62, rgb(222, 222, 216)),
                (0.63, tinted(coat, 1.0)),
                (1.0, tinted(coat, 0.53)),
            ],
            place,
        );
    }
    for index in 0_u8..6 {
        let left = -0.475 + 0.135 * f32::from(index);
        glass(
            on,
            &[
                (left, -0.175),
                (left, -0.285),
                (left + 0.125, -0.285),
                (left + 0.125, -0.175),
            ],
            place,
        );
    }
    glass(
        on,
        &[
            (0.345, -0.07),
            (0.345, -0.29),
            (0.405, -0.29),
            (0.405, -0.07),
        ],
        place,
    );
    glass(
        on,
        &[
            (0.425, -0.15),
            (0.425, -0.29),
            (0.485, -0.285),
            (0.493, -0.15),
        ],
        place,
    );
    for x in [-0.30, 0.25] {
        wheel(on, (x, -0.048), 0.05, place);
    }
}

/// A lorry: a box body behind a cab, facing right.
pub(super) fn lorry(on: &mut Pixmap, coat: Coat, place: Transform) {
    glow(on, (0.0, 0.005), (0.56, 0.04), rgba(0, 0, 0, 220), place);
    if let Some(chassis) = rectangle(-0.49, -0.12, 0.48, -0.075) {
        fill(on, &chassis, rgb(34, 34, 38), place);
    }
    if let Some(load) = rectangle(-0.5, -0.47, 0.20, -0.11) {
        let stops = [
            (0.0, rgb(236, 236, 232)),
            (0.7, rgb(214, 214, 208)),
            (1.0, rgb(150, 150, 146)),
        ];
        shade(on, &load, (-0.47, -0.11), &stops, place);
    }
    for index in 0_u8..5 {
        let x = -0.38 + 0.135 * f32::from(index);
        if let Some(seam) = rectangle(x, -0.46, x + 0.004, -0.12) {
            fill(on, &seam, rgba(90, 90, 90, 160), place);
        }
    }
    if let Some(cab) = outline(
        (0.22, -0.08),
        &[
            ((0.22, -0.26), (0.225, -0.39)),
            ((0.30, -0.405), (0.40, -0.385)),
            ((0.45, -0.28), (0.49, -0.21)),
            ((0.50, -0.12), (0.495, -0.075)),
            ((0.36, -0.07), (0.22, -0.08)),
        ],
    ) {
        let stops = [(0.0, tinted(coat, 1.25)), (1.0, tinted(coat, 0.5))];
        shade(on, &cab, (-0.40, -0.07), &stops, place);
    }
    glass(
        on,
        &[(0.29, -0.22), (0.29, -0.355), (0.385, -0.35), (0.44, -0.22)],
        place,
    );
    if let Some(lamp) = ellipse((0.475, -0.125), (0.018, 0.016)) {
        fill(on, &lamp, rgb(240, 236, 214), place);
    }
    for x in [-0.36, -0.24, 0.33] {
        wheel(on, (x, -0.062), 0.062, place);
    }
}

fn glass(on: &mut Pixmap, corners: &[(f32, f32)], place: Transform) {
    if let Some(pane) = polygon(corners) {
        shade(
            on,
            &pane,
            (-0.33, -0.17),
            &[
                (0.0, rgb(120, 138, 150)),
                (0.45, rgb(52, 62, 72)),
                (1.0, rgb(22, 26, 32)),
            ],
            place,
        );
    }
}

fn wheel(on: &mut Pixmap, hub: (f32, f32), radius: f32, place: Transform) {
    for (scale, color) in [
        (1.18, rgb(16, 8, 10)),
        (1.0, rgb(24, 24, 26)),
        (0.66, rgb(150, 152, 156)),
        (0.56, rgb(96, 98, 102)),
        (0.18, rgb(180, 182, 186)),
    ] {
        if let Some(disc) = ellipse(hub, (radius * scale, radius * scale)) {
            fill(on, &disc, color, place);
        }
    }
    for spoke in 0_u8..5 {
        let angle = f32::from(spoke) * std::f32::consts::TAU / 5.0;
        let (sin, cos) = angle.sin_cos();
        let (tip, side) = (radius * 0.55, radius * 0.09);
        let corner = |along: f32, across: f32| {
            (
                hub.0 + along * cos - across * sin,
                hub.1 + along * sin + across * cos,
            )
        };
        if let Some(path) = polygon(&[
            corner(0.0, side),
            corner(tip, side),
            corner(tip, -side),
            corner(0.0, -side),
        ]) {
            fill(on, &path, rgb(188, 190, 194), place);
        }
    }
}
