//! A street that stands still: house fronts, a pavement, a carriageway, in several paintings.

use tiny_skia::{Pixmap, Transform};

use super::actor::Coat;
use super::brush::{fill, glow, polygon, rectangle, rgb, rgba, shade, tinted};

const HERE: Transform = Transform {
    sx: 1.0,
    kx: 0.0,
    ky: 0.0,
    sy: 1.0,
    tx: 0.0,
    ty: 0.0,
};

/// House fronts from left to right: where each ends, and its colour.
const FRONTS: [[(f32, Coat); 5]; 3] = [
    [
        (190.0, (196, 178, 140)),
        (400.0, (150, 158, 160)),
        (560.0, (201, 190, 170)),
        (780.0, (172, 140, 118)),
        (960.0, (158, 170, 150)),
    ],
    [
        (240.0, (148, 132, 112)),
        (420.0, (186, 180, 170)),
        (700.0, (122, 128, 130)),
        (820.0, (190, 158, 120)),
        (960.0, (140, 150, 160)),
    ],
    [
        (150.0, (210, 200, 176)),
        (360.0, (120, 148, 168)),
        (540.0, (206, 170, 130)),
        (690.0, (214, 214, 206)),
        (960.0, (166, 120, 104)),
    ],
];

/// Draws the empty street; each number is another painting of its houses.
pub(super) fn draw(on: &mut Pixmap, painting: u8) {
    houses(on, usize::from(painting) % FRONTS.len());
    pavement(on);
    carriageway(on);
}

fn houses(on: &mut Pixmap, painting: usize) {
    let mut left = 0.0;
    for (right, coat) in FRONTS.get(painting).into_iter().flatten().copied() {
        let color = tinted(coat, 1.0);
        if let Some(front) = rectangle(left, 0.0, right, 250.0) {
            fill(on, &front, color, HERE);
            shade(
                on,
                &front,
                (0.0, 250.0),
                &[(0.0, rgba(255, 255, 255, 40)), (1.0, rgba(0, 0, 0, 70))],
                HERE,
            );
        }
        let mut x = left + 26.0;
        while x + 40.0 < right {
            for (top, bottom) in [(20.0, 80.0), (110.0, 170.0)] {
                if let Some(window) = rectangle(x, top, x + 34.0, bottom) {
                    shade(
                        on,
                        &window,
                        (top, bottom),
                        &[(0.0, rgb(92, 104, 116)), (1.0, rgb(52, 58, 66))],
                        HERE,
                    );
                }
            }
            x += 62.0;
        }
        left = right;
    }
}

fn pavement(on: &mut Pixmap) {
    if let Some(slab) = rectangle(0.0, 250.0, 960.0, 330.0) {
        shade(
            on,
            &slab,
            (250.0, 330.0),
            &[(0.0, rgb(136, 130, 124)), (1.0, rgb(170, 164, 156))],
            HERE,
        );
    }
    let mut x = -60.0;
    while x < 960.0 {
        if let Some(joint) = polygon(&[
            (x + 30.0, 250.0),
            (x + 32.0, 250.0),
            (x + 2.0, 330.0),
            (x, 330.0),
        ]) {
            fill(on, &joint, rgba(70, 66, 62, 90), HERE);
        }
        x += 60.0;
    }
    if let Some(kerb) = rectangle(0.0, 328.0, 960.0, 338.0) {
        shade(
            on,
            &kerb,
            (328.0, 338.0),
            &[(0.0, rgb(196, 192, 186)), (1.0, rgb(104, 100, 96))],
            HERE,
        );
    }
}

fn carriageway(on: &mut Pixmap) {
    if let Some(road) = rectangle(0.0, 338.0, 960.0, 540.0) {
        shade(
            on,
            &road,
            (338.0, 540.0),
            &[(0.0, rgb(84, 86, 90)), (1.0, rgb(104, 106, 110))],
            HERE,
        );
    }
    for (x, y, rx, ry) in [
        (180.0, 420.0, 150.0, 26.0),
        (620.0, 470.0, 200.0, 30.0),
        (860.0, 390.0, 110.0, 18.0),
    ] {
        glow(on, (x, y), (rx, ry), rgba(60, 60, 64, 90), HERE);
    }
    let mut x = 20.0;
    while x < 960.0 {
        if let Some(dash) = polygon(&[
            (x + 8.0, 512.0),
            (x + 98.0, 512.0),
            (x + 90.0, 520.0),
            (x, 520.0),
        ]) {
            fill(on, &dash, rgb(206, 206, 200), HERE);
        }
        x += 180.0;
    }
}
