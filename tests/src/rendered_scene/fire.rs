//! Flames and smoke: soft shapes that move with their age, and where they reach.
//!
//! Coordinates: the origin is at the foot of the flames, y downwards; a fire is one unit wide, a
//! plume's foot as well.

use tiny_skia::{Pixmap, Transform};

use super::actor::{Coat, Extent};
use super::brush::{glow, rgba};

/// Tongues of a fire.
const TONGUES: u8 = 9;
/// Puffs of a plume.
const PUFFS: u8 = 26;
/// Seconds that a puff lives.
const PUFF_LIVES: f32 = 6.5;

/// One tongue: where it stands, how wide and how high it is, how far its tip leans.
struct Tongue {
    x: f32,
    width: f32,
    height: f32,
    lean: f32,
}

fn tongues(age: f32) -> impl Iterator<Item = Tongue> {
    (0..TONGUES).map(move |index| {
        let number = f32::from(index);
        let phase = number * 2.4;
        let x = -0.42 + 0.84 * number / f32::from(TONGUES - 1);
        let inner = 1.0 - (x / 0.62).powi(2);
        let flicker =
            0.72 + 0.20 * (age * 7.3 + phase).sin() + 0.12 * (age * 11.9 + phase * 1.7).sin();
        Tongue {
            x,
            width: 0.13 + 0.03 * (age * 5.1 + phase).sin(),
            height: (0.35 + 0.75 * inner) * flicker,
            lean: 0.09 * (age * 3.7 + phase).sin(),
        }
    })
}

/// How far the flames reach at that age.
pub(super) fn flame_extent(age: f32) -> Extent {
    let top = tongues(age).map(|tongue| tongue.height).fold(0.0, f32::max);
    [-0.52, -0.92 * top, 0.52, 0.02]
}

/// Draws flames.
pub(super) fn flames(on: &mut Pixmap, age: f32, place: Transform) {
    let breath = 1.0 + 0.08 * (age * 6.1).sin();
    glow(
        on,
        (0.0, -0.35),
        (1.3 * breath, 1.1 * breath),
        rgba(255, 120, 30, 90),
        place,
    );
    for (shrink, heats) in LAYERS {
        for tongue in tongues(age) {
            lick(on, &tongue, shrink, &heats, place);
        }
    }
    let core = rgba(255, 250, 214, 190);
    glow(on, (0.0, -0.10), (0.40, 0.24), core, place);
    for spark in 0_u8..6 {
        let phase = f32::from(spark) * 0.37;
        let rise = (age * 0.9 + phase).fract();
        let x = 0.5 * (phase * 9.0).sin() + 0.1 * (age * 2.0 + phase).sin();
        let glowing = rgba(255, 190, 80, 200);
        glow(on, (x, -0.5 - 1.1 * rise), (0.022, 0.022), glowing, place);
    }
}

/// Colour and opacity from the foot of a tongue to its tip.
type Heats = [(Coat, u8); 3];

/// From the outer, cooler flame to the inner, hotter one: how much smaller it is, and its heats.
const LAYERS: [(f32, Heats); 3] = [
    (
        1.0,
        [
            ((236, 96, 18), 120),
            ((214, 62, 12), 130),
            ((150, 36, 10), 70),
        ],
    ),
    (
        0.78,
        [
            ((255, 160, 40), 150),
            ((250, 128, 24), 140),
            ((226, 78, 14), 90),
        ],
    ),
    (
        0.52,
        [
            ((255, 232, 150), 190),
            ((255, 206, 84), 170),
            ((255, 160, 44), 120),
        ],
    ),
];

/// One tongue of one layer: soft discs that shrink and lean towards the tip.
fn lick(on: &mut Pixmap, tongue: &Tongue, shrink: f32, heats: &Heats, place: Transform) {
    const DISCS: u8 = 9;
    for disc in 0..DISCS {
        let up = f32::from(disc) / f32::from(DISCS - 1);
        let ((r, g, b), alpha) = heats[usize::from(disc * 2 / (DISCS - 1)).min(2)];
        let bend = tongue.lean * up * up + 0.03 * (up * 7.0 + tongue.x * 9.0).sin();
        let middle = (tongue.x + bend, -tongue.height * shrink * up);
        let radius = 1.7 * tongue.width * shrink * (1.0 - 0.78 * up);
        glow(
            on,
            middle,
            (radius, radius * 1.35),
            rgba(r, g, b, alpha),
            place,
        );
    }
}

/// One puff: middle, radius and opacity.
struct Puff {
    x: f32,
    y: f32,
    radius: f32,
    opacity: f32,
}

fn puffs(age: f32) -> impl Iterator<Item = Puff> {
    (0..PUFFS).filter_map(move |index| {
        let number = f32::from(index);
        let born = number * PUFF_LIVES / f32::from(PUFFS);
        if age < born {
            return None;
        }
        let life = ((age - born) % PUFF_LIVES) / PUFF_LIVES;
        let sway = (number * 2.1 + age * 0.4).sin();
        Some(Puff {
            x: 0.9 * life * life + 0.16 * sway * (0.4 + life),
            y: -0.15 - 2.3 * life,
            radius: 0.22 + 0.55 * life,
            opacity: (life * 6.0).min(1.0) * (1.0 - life).powf(0.8),
        })
    })
}

/// How far the smoke that can be seen reaches at that age.
pub(super) fn smoke_extent(age: f32) -> Extent {
    let whole = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    let extent = puffs(age).filter(|puff| puff.opacity > 0.25).fold(
        whole,
        |[left, top, right, bottom], puff| {
            let seen = puff.radius * 0.72;
            [
                left.min(puff.x - seen),
                top.min(puff.y - seen),
                right.max(puff.x + seen),
                bottom.max(puff.y + seen),
            ]
        },
    );
    if extent[0] < extent[2] {
        extent
    } else {
        [-0.1, -0.1, 0.1, 0.0]
    }
}

/// Draws a plume.
pub(super) fn smoke(on: &mut Pixmap, coat: Coat, age: f32, place: Transform) {
    for (index, puff) in (0_u8..).zip(puffs(age)) {
        let tone = 12.0 * (f32::from(index) * 1.9).sin();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let level = |base: u8| (f32::from(base) + tone).clamp(0.0, 255.0) as u8;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let alpha = (150.0 * puff.opacity).clamp(0.0, 255.0) as u8;
        let color = rgba(level(coat.0), level(coat.1), level(coat.2), alpha);
        glow(
            on,
            (puff.x, puff.y),
            (puff.radius, puff.radius * 0.9),
            color,
            place,
        );
    }
}
