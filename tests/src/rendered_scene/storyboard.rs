//! Who comes when, stops where, and leaves.

use std::time::Duration;

use super::actor::{Actor, ActorKind, Coat, Facing};
use super::backdrop::Backdrop;
use super::dice::Dice;
use super::{HEIGHT, PICTURES_PER_SECOND, WIDTH};

/// Seconds a visitor takes to come in, and to go off.
const DRIVE_S: f32 = 2.0;
/// Seconds in which a fire grows to its size.
const GROWS_S: f32 = 8.0;

/// One visit.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What comes.
    pub kind: ActorKind,
    /// When it begins to come in; fire and smoke begin in their place.
    pub arrives: Duration,
    /// When it begins to go off; beyond the storyboard's length it never does.
    pub leaves: Duration,
    /// Where the middle of its foot stands, in fractions of the picture.
    pub stands: (f32, f32),
    /// Its length (a person's height, a fire's width) in fractions of the picture's width.
    pub length: f32,
}

/// A scene that repeats after `length`.
#[derive(Debug, Clone)]
pub struct Storyboard {
    /// One round.
    pub length: Duration,
    /// What stands still.
    pub backdrop: Backdrop,
    /// Who comes; drawn in this order, so the farthest first.
    pub visits: Vec<Visit>,
}

impl Storyboard {
    /// Somebody walks by, a car comes, stands for 14 seconds and leaves, a motorbike passes; then a
    /// bus does as the car did: the demo's street.
    #[must_use]
    pub fn street() -> Self {
        let mut storyboard = Self::parked_car(seconds(1), seconds(17), seconds(42));
        let visits = &mut storyboard.visits;
        visits.insert(0, visit(ActorKind::Person, (4, 9), (0.82, 0.60), 0.14));
        visits.push(visit(ActorKind::Bus, (22, 38), (0.5, 0.90), 0.6));
        visits.push(visit(ActorKind::Motorbike, (19, 21), (0.5, 0.97), 0.22));
        storyboard
    }

    /// A minute of a busy street, the same for the same seed: cars and buses come at all times to
    /// two rows of places, stand for some seconds and leave. What the bench films.
    #[must_use]
    pub fn busy(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut visits = Vec::new();
        // The far row first: what is nearer is drawn over it.
        for (ground, length) in [(0.74, 0.26), (0.93, 0.36)] {
            for place in [0.2, 0.5, 0.8] {
                let mut free = dice.below(4);
                while free < 48 {
                    let stays = 4 + dice.below(6);
                    let kind = match dice.below(4) {
                        0 => ActorKind::Bus,
                        _ => ActorKind::Car,
                    };
                    visits.push(visit(kind, (free, free + stays), (place, ground), length));
                    free += stays + 4 + dice.below(5);
                }
            }
        }
        Self {
            length: seconds(60),
            backdrop: Backdrop::Street(0),
            visits,
        }
    }

    /// A car comes, stands and leaves, and the street is empty for the rest of `length`.
    #[must_use]
    pub fn parked_car(arrives: Duration, leaves: Duration, length: Duration) -> Self {
        let car = Visit {
            kind: ActorKind::Car,
            arrives,
            leaves,
            stands: (0.5, 0.91),
            length: 0.52,
        };
        Self {
            length,
            backdrop: Backdrop::Street(0),
            visits: vec![car],
        }
    }

    /// Somebody walks by, and some seconds later something burns by the kerb for a quarter of a minute.
    #[must_use]
    pub fn yard_fire() -> Self {
        Self {
            length: seconds(30),
            backdrop: Backdrop::Street(1),
            visits: vec![
                visit(ActorKind::Person, (1, 4), (0.3, 0.62), 0.15),
                visit(ActorKind::Smoke, (6, 22), (0.64, 0.72), 0.12),
                visit(ActorKind::Fire, (5, 22), (0.64, 0.74), 0.16),
            ],
        }
    }

    /// The number of the picture shown at `at` within its round, as the time code says it.
    pub(super) fn number_at(&self, at: Duration) -> u32 {
        let within = at.as_millis() % self.length.as_millis().max(1);
        u32::try_from(within * u128::from(PICTURES_PER_SECOND) / 1000).unwrap_or(u32::MAX)
    }

    pub(super) fn actors_at(&self, at: Duration) -> Vec<Actor> {
        let at = at.as_secs_f32() % self.length.as_secs_f32().max(f32::EPSILON);
        self.visits
            .iter()
            .filter_map(|visit| visit.actor_at(at))
            .collect()
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn visit(kind: ActorKind, (from, to): (u64, u64), stands: (f32, f32), length: f32) -> Visit {
    Visit {
        kind,
        arrives: seconds(from),
        leaves: seconds(to),
        stands,
        length,
    }
}

/// The colour that a storyboard's visitor has.
const fn usual_coat(kind: ActorKind) -> Coat {
    match kind {
        ActorKind::Car => (49, 51, 56),
        ActorKind::Bus => (24, 116, 74),
        ActorKind::Lorry => (30, 70, 140),
        ActorKind::Motorbike => (170, 24, 30),
        ActorKind::Person => (60, 96, 150),
        ActorKind::Cow => (150, 96, 52),
        ActorKind::Fire | ActorKind::Smoke => (150, 150, 152),
    }
}

impl Visit {
    fn actor_at(&self, at: f32) -> Option<Actor> {
        let (arrives, leaves) = (self.arrives.as_secs_f32(), self.leaves.as_secs_f32());
        let stays_put = matches!(self.kind, ActorKind::Fire | ActorKind::Smoke);
        let over = leaves + if stays_put { 0.0 } else { DRIVE_S };
        if at < arrives || at > over {
            return None;
        }
        let (x, size) = if stays_put {
            let grown = ((at - arrives) / GROWS_S).min(1.0);
            (self.stands.0, self.length * 0.75f32.mul_add(grown, 0.25))
        } else {
            (self.driven_to(at), self.length)
        };
        #[expect(clippy::cast_precision_loss, reason = "picture sizes are small")]
        let (width, height) = (WIDTH as f32, HEIGHT as f32);
        Some(Actor {
            kind: self.kind,
            ground: (x * width, self.stands.1 * height),
            size: size * width,
            coat: usual_coat(self.kind),
            facing: Facing::Right,
            age: at - arrives,
        })
    }

    /// Brakes on the way in, accelerates on the way out: distance goes with the square.
    fn driven_to(&self, at: f32) -> f32 {
        let (arrives, leaves) = (self.arrives.as_secs_f32(), self.leaves.as_secs_f32());
        let still_to_drive = 1.0 - ((at - arrives) / DRIVE_S).min(1.0);
        let driven_off = ((at - leaves) / DRIVE_S).clamp(0.0, 1.0);
        let way_in = self.stands.0 + self.length;
        let way_out = 1.0 - self.stands.0 + self.length;
        self.stands.0 - way_in * still_to_drive.powi(2) + way_out * driven_off.powi(2)
    }
}
