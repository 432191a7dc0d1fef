//! Who comes when, stops where, and leaves.

use std::time::Duration;

use super::vehicle::{Vehicle, VehicleKind};
use super::{HEIGHT, PICTURES_PER_SECOND, WIDTH};

/// Seconds a vehicle takes to drive in, and to drive off.
const DRIVE_S: f32 = 2.0;

/// One vehicle's visit.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What comes.
    pub kind: VehicleKind,
    /// When it begins to drive in.
    pub arrives: Duration,
    /// When it begins to drive off; beyond the storyboard's length it never does.
    pub leaves: Duration,
    /// Where the middle of its wheels' line stands, in fractions of the picture.
    pub stands: (f32, f32),
    /// Its length in fractions of the picture's width.
    pub length: f32,
}

/// A scene that repeats after `length`.
#[derive(Debug, Clone)]
pub struct Storyboard {
    /// One round.
    pub length: Duration,
    /// Who comes; drawn in this order, so the farthest first.
    pub visits: Vec<Visit>,
}

impl Storyboard {
    /// A car comes, stands for 14 seconds and leaves; then a bus does the same: the demo's scene.
    #[must_use]
    pub fn street() -> Self {
        let mut storyboard = Self::parked_car(seconds(1), seconds(17), seconds(42));
        storyboard.visits.push(Visit {
            kind: VehicleKind::Bus,
            arrives: seconds(22),
            leaves: seconds(38),
            stands: (0.5, 0.90),
            length: 0.6,
        });
        storyboard
    }

    /// A minute of a busy street, the same for the same seed: cars and buses come at all times to
    /// two rows of places, stand for some seconds and leave. What the bench films.
    #[must_use]
    pub fn busy(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut visits = Vec::new();
        // The far row first: what is nearer is drawn over it.
        for (ground, length) in [(0.74, 0.26), (0.93, 0.36)] {
            for place in [0.2, 0.5, 0.8] {
                let mut free = u64::from(dice.below(4));
                while free < 48 {
                    let stays = 4 + u64::from(dice.below(6));
                    let kind = match dice.below(4) {
                        0 => VehicleKind::Bus,
                        _ => VehicleKind::Car,
                    };
                    visits.push(Visit {
                        kind,
                        arrives: seconds(free),
                        leaves: seconds(free + stays),
                        stands: (place, ground),
                        length,
                    });
                    free += stays + 4 + u64::from(dice.below(5));
                }
            }
        }
        Self {
            length: seconds(60),
            visits,
        }
    }

    /// A car comes, stands and leaves, and the street is empty for the rest of `length`.
    #[must_use]
    pub fn parked_car(arrives: Duration, leaves: Duration, length: Duration) -> Self {
        let car = Visit {
            kind: VehicleKind::Car,
            arrives,
            leaves,
            stands: (0.5, 0.91),
            length: 0.52,
        };
        Self {
            length,
            visits: vec![car],
        }
    }

    /// The number of the picture shown at `at` within its round, as the time code says it.
    pub(super) fn number_at(&self, at: Duration) -> u32 {
        let within = at.as_millis() % self.length.as_millis().max(1);
        u32::try_from(within * u128::from(PICTURES_PER_SECOND) / 1000).unwrap_or(u32::MAX)
    }

    pub(super) fn vehicles_at(&self, at: Duration) -> Vec<Vehicle> {
        let at = at.as_secs_f32() % self.length.as_secs_f32().max(f32::EPSILON);
        self.visits
            .iter()
            .filter_map(|visit| visit.vehicle_at(at))
            .collect()
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Numbers that look random and follow from a seed (`SplitMix64`, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    /// The next number below `sides`.
    fn below(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(sides)).unwrap_or_default()
    }
}

impl Visit {
    fn vehicle_at(&self, at: f32) -> Option<Vehicle> {
        let (arrives, leaves) = (self.arrives.as_secs_f32(), self.leaves.as_secs_f32());
        if at < arrives || at > leaves + DRIVE_S {
            return None;
        }
        let still_to_drive = 1.0 - ((at - arrives) / DRIVE_S).min(1.0);
        let driven_off = ((at - leaves) / DRIVE_S).clamp(0.0, 1.0);
        let way_in = self.stands.0 + self.length;
        let way_out = 1.0 - self.stands.0 + self.length;
        // Brakes on the way in, accelerates on the way out: distance goes with the square.
        let x = self.stands.0 - way_in * still_to_drive.powi(2) + way_out * driven_off.powi(2);
        #[expect(clippy::cast_precision_loss, reason = "picture sizes are small")]
        let (width, height) = (WIDTH as f32, HEIGHT as f32);
        Some(Vehicle {
            kind: self.kind,
            ground: (x * width, self.stands.1 * height),
            length: self.length * width,
        })
    }
}
