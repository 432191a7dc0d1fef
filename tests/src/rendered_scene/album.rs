//! Single pictures by dice, with the boxes of what is in them: for a detector to learn from.
//!
//! Lamps, tail lights and clouds come without a box: they are what fire and smoke are not.

use std::time::Duration;

use tiny_skia::{Pixmap, Transform};

use super::actor::{Actor, ActorKind, Class, Coat, Extent, Facing};
use super::backdrop::Backdrop;
use super::brush::{fill, glow, rectangle, rgba};
use super::dice::Dice;
use super::storyboard::Storyboard;
use super::{HEIGHT, PICTURES_PER_SECOND, Picture, WIDTH, noise, timecode};

/// Least part of a box that must lie in the picture, uncovered by what stands nearer.
const LEAST_SEEN: f32 = 0.35;
/// Least side of a box in pixels.
const LEAST_SIDE: f32 = 8.0;

/// One thing in a picture, as YOLO text has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// What it is.
    pub class: Class,
    /// Middle (x, y), width and height in fractions of the picture.
    pub bbox: [f32; 4],
}

/// A picture and what is in it.
#[derive(Debug, Clone)]
pub struct LabelledPicture {
    /// The picture.
    pub picture: Picture,
    /// Everything in it that a detector should see.
    pub labels: Vec<Label>,
}

/// Pictures by dice; the same seed gives the same album.
#[derive(Debug, Clone, Copy)]
pub struct Album {
    /// What the dice begin with.
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Light {
    Day,
    Dusk,
    Night,
}

impl Light {
    /// A plume is as bright as the light on it.
    fn falls_on(self, actor: &mut Actor) {
        let part = match self {
            Self::Day => 4,
            Self::Dusk => 3,
            Self::Night => 2,
        };
        if actor.kind == ActorKind::Smoke {
            let (r, g, b) = actor.coat;
            actor.coat = (r / 4 * part, g / 4 * part, b / 4 * part);
        }
    }
}

impl Album {
    /// The picture of that number. Every fourth is one of the demo's storyboards.
    #[must_use]
    pub fn picture(&self, number: u32) -> LabelledPicture {
        let mut dice = Dice::new(self.seed.wrapping_mul(1_000_003) ^ u64::from(number));
        let at = Duration::from_millis(u64::from(number) * 37);
        if number.is_multiple_of(4) {
            return of_storyboard(&mut dice, at);
        }
        let light = match dice.below(10) {
            0 | 1 => Light::Night,
            2 | 3 => Light::Dusk,
            _ => Light::Day,
        };
        let painting = u8::try_from(dice.below(24)).unwrap_or(0);
        let backdrop = match dice.below(3) {
            0 => Backdrop::Street(painting),
            1 => Backdrop::CountryRoad(painting),
            _ => Backdrop::Hills(painting),
        };
        let mut cast = cast(backdrop, &mut dice);
        cast.iter_mut().for_each(|actor| light.falls_on(actor));
        let mut pixmap = backdrop.draw();
        for actor in cast.iter().filter(|actor| !shines(actor.kind)) {
            actor.draw(&mut pixmap);
        }
        darken(&mut pixmap, light);
        lamps(&mut pixmap, light, &mut dice);
        for actor in cast.iter().filter(|actor| shines(actor.kind)) {
            actor.draw(&mut pixmap);
        }
        finished(pixmap, &cast, at)
    }
}

/// Drawn over the darkness, since it shines, or is lit by what does.
const fn shines(kind: ActorKind) -> bool {
    matches!(kind, ActorKind::Fire | ActorKind::Smoke)
}

fn of_storyboard(dice: &mut Dice, seed: Duration) -> LabelledPicture {
    let storyboard = if dice.happens(0.5) {
        Storyboard::street()
    } else {
        Storyboard::yard_fire()
    };
    let at = storyboard.length.mul_f32(dice.share());
    let cast = storyboard.actors_at(at);
    let mut pixmap = storyboard.backdrop.draw();
    for actor in &cast {
        actor.draw(&mut pixmap);
    }
    timecode::draw(&mut pixmap, storyboard.number_at(at));
    finished(pixmap, &cast, seed)
}

fn finished(pixmap: Pixmap, cast: &[Actor], at: Duration) -> LabelledPicture {
    let mut rgba = pixmap.take();
    noise::add(&mut rgba, at * PICTURES_PER_SECOND);
    LabelledPicture {
        picture: Picture { rgba },
        labels: labels(cast),
    }
}

/// Who is there, the farthest first.
fn cast(backdrop: Backdrop, dice: &mut Dice) -> Vec<Actor> {
    let kinds: &[ActorKind] = match backdrop {
        Backdrop::Street(_) => &[
            ActorKind::Person,
            ActorKind::Person,
            ActorKind::Motorbike,
            ActorKind::Motorbike,
            ActorKind::Car,
            ActorKind::Lorry,
            ActorKind::Bus,
            ActorKind::Fire,
            ActorKind::Smoke,
        ],
        Backdrop::CountryRoad(_) => &[
            ActorKind::Cow,
            ActorKind::Cow,
            ActorKind::Cow,
            ActorKind::Person,
            ActorKind::Motorbike,
            ActorKind::Car,
            ActorKind::Lorry,
            ActorKind::Smoke,
            ActorKind::Fire,
        ],
        Backdrop::Hills(_) => &[ActorKind::Smoke, ActorKind::Smoke, ActorKind::Fire],
    };
    let most = if matches!(backdrop, Backdrop::Hills(_)) {
        3
    } else {
        8
    };
    let mut cast: Vec<Actor> = (0..dice.below(most))
        .filter_map(|_| Some(actor(dice.pick(kinds)?, backdrop, dice)))
        .collect();
    cast.sort_by(|a, b| a.ground.1.total_cmp(&b.ground.1));
    cast
}

fn actor(kind: ActorKind, backdrop: Backdrop, dice: &mut Dice) -> Actor {
    let (far, near) = backdrop.ground();
    let depth = dice.share();
    let y = far + (near - far) * depth;
    // What stands nearer is larger.
    let scale = match backdrop {
        Backdrop::Hills(_) => 0.25 + 0.5 * depth,
        Backdrop::Street(_) | Backdrop::CountryRoad(_) => 0.3 + 0.9 * depth,
    };
    let length = match kind {
        ActorKind::Car => 270.0,
        ActorKind::Bus | ActorKind::Lorry => 420.0,
        ActorKind::Motorbike => 150.0,
        ActorKind::Person => 190.0,
        ActorKind::Cow => 190.0,
        ActorKind::Fire => dice.between(40.0, 170.0),
        ActorKind::Smoke => dice.between(30.0, 130.0),
    };
    Actor {
        kind,
        ground: (dice.between(0.0, 960.0), y * 540.0),
        size: length * scale * dice.between(0.8, 1.25),
        coat: coat(kind, dice),
        facing: if dice.happens(0.5) {
            Facing::Right
        } else {
            Facing::Left
        },
        age: dice.between(0.8, 40.0),
    }
}

fn coat(kind: ActorKind, dice: &mut Dice) -> Coat {
    const HIDES: [Coat; 5] = [
        (150, 96, 52),
        (196, 168, 128),
        (92, 60, 38),
        (214, 206, 194),
        (52, 44, 40),
    ];
    const PAINTS: [Coat; 9] = [
        (49, 51, 56),
        (196, 198, 200),
        (232, 232, 230),
        (150, 24, 28),
        (30, 62, 130),
        (24, 116, 74),
        (196, 150, 40),
        (110, 114, 118),
        (96, 70, 52),
    ];
    const SMOKES: [Coat; 4] = [
        (196, 196, 198),
        (150, 150, 152),
        (92, 90, 90),
        (222, 222, 224),
    ];
    let of: &[Coat] = match kind {
        ActorKind::Cow => &HIDES,
        ActorKind::Fire | ActorKind::Smoke => &SMOKES,
        ActorKind::Car
        | ActorKind::Bus
        | ActorKind::Lorry
        | ActorKind::Motorbike
        | ActorKind::Person => &PAINTS,
    };
    dice.pick(of).unwrap_or(PAINTS[0])
}

fn darken(on: &mut Pixmap, light: Light) {
    let veil = match light {
        Light::Day => return,
        Light::Dusk => rgba(40, 30, 50, 110),
        Light::Night => rgba(6, 8, 20, 205),
    };
    if let Some(all) = rectangle(0.0, 0.0, pixels(WIDTH), pixels(HEIGHT)) {
        fill(on, &all, veil, Transform::identity());
    }
}

/// Street lamps, head lamps and tail lights.
fn lamps(on: &mut Pixmap, light: Light, dice: &mut Dice) {
    let count = match light {
        Light::Day => dice.below(2),
        Light::Dusk | Light::Night => 2 + dice.below(6),
    };
    const HUES: [Coat; 4] = [
        (255, 214, 150),
        (255, 244, 226),
        (255, 60, 40),
        (255, 170, 60),
    ];
    for _ in 0..count {
        let (r, g, b) = dice.pick(&HUES).unwrap_or(HUES[0]);
        let at = (dice.between(0.0, 960.0), dice.between(60.0, 500.0));
        let radius = dice.between(4.0, 26.0);
        for (wide, alpha) in [(3.0, 50), (1.6, 110), (0.8, 240)] {
            let radii = (radius * wide, radius * wide);
            glow(on, at, radii, rgba(r, g, b, alpha), Transform::identity());
        }
    }
}

fn labels(cast: &[Actor]) -> Vec<Label> {
    let mut labels = Vec::new();
    for (index, actor) in cast.iter().enumerate() {
        let nearer: Vec<Extent> = cast
            .iter()
            .skip(index + 1)
            .filter(|other| !shines(other.kind))
            .flat_map(Actor::seen_as)
            .map(|(_, extent)| extent)
            .collect();
        for (class, extent) in actor.seen_as() {
            labels.extend(label(class, extent, &nearer));
        }
    }
    labels
}

fn label(class: Class, extent: Extent, nearer: &[Extent]) -> Option<Label> {
    let [left, top, right, bottom] = extent;
    let (width, height) = (pixels(WIDTH), pixels(HEIGHT));
    let inside = shared(&extent, &[0.0, 0.0, width, height]);
    let whole = (right - left) * (bottom - top);
    let covered: f32 = nearer.iter().map(|other| shared(&extent, other)).sum();
    let (left, right) = (left.clamp(0.0, width), right.clamp(0.0, width));
    let (top, bottom) = (top.clamp(0.0, height), bottom.clamp(0.0, height));
    let (w, h) = (right - left, bottom - top);
    if inside - covered < LEAST_SEEN * whole || w < LEAST_SIDE || h < LEAST_SIDE {
        return None;
    }
    let bbox = [
        (left + right) / 2.0 / width,
        (top + bottom) / 2.0 / height,
        w / width,
        h / height,
    ];
    Some(Label { class, bbox })
}

fn shared(a: &Extent, b: &Extent) -> f32 {
    let w = a[2].min(b[2]) - a[0].max(b[0]);
    let h = a[3].min(b[3]) - a[1].max(b[1]);
    w.max(0.0) * h.max(0.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a picture has a few thousand pixels"
)]
const fn pixels(count: u32) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_album_repeats_and_its_boxes_lie_inside() {
        let album = Album { seed: 7 };
        let mut classes = std::collections::BTreeSet::new();
        for number in 0..40 {
            let LabelledPicture { picture, labels } = album.picture(number);
            assert_eq!(picture.rgba.len(), (WIDTH * HEIGHT * 4) as usize);
            for label in &labels {
                let [x, y, w, h] = label.bbox;
                assert!(w > 0.0 && h > 0.0, "{label:?}");
                assert!(x - w / 2.0 >= -1e-4 && x + w / 2.0 <= 1.0001, "{label:?}");
                assert!(y - h / 2.0 >= -1e-4 && y + h / 2.0 <= 1.0001, "{label:?}");
                classes.insert(label.class);
            }
            assert_eq!(album.picture(number).labels, labels);
        }
        assert_eq!(classes.len(), 7, "{classes:?}");
    }
}
