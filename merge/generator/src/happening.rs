//! What happens in the city: of which kind, where, how long, and who may notice.

use crate::Plan;
use crate::city::City;
use crate::dice::Dice;
use crate::town::{Spot, Town};

/// A kind of thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    /// How long it lasts on average, hours.
    pub(crate) hours: f64,
    /// Whether cameras know it.
    pub(crate) seen_by_cameras: f64,
    /// People who report it, on average, beyond the first.
    pub(crate) more_reports: f64,
    /// How fast it walks, metres a second.
    pub(crate) walks: f64,
    /// How large it is, metres.
    pub(crate) wide: f64,
    /// Whether it is a vehicle with a plate.
    pub(crate) plate: bool,
}

pub(crate) const KINDS: [Kind; 10] = [
    Kind {
        code: "encroachment",
        hours: 3.5,
        seen_by_cameras: 0.7,
        more_reports: 0.9,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "traffic_violation/illegal_parking",
        hours: 1.0,
        seen_by_cameras: 0.5,
        more_reports: 0.5,
        walks: 0.0,
        wide: 3.0,
        plate: true,
    },
    Kind {
        code: "environment/litter",
        hours: 60.0,
        seen_by_cameras: 0.0,
        more_reports: 0.8,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "environment/noise",
        hours: 3.0,
        seen_by_cameras: 0.0,
        more_reports: 0.7,
        walks: 0.0,
        wide: 15.0,
        plate: false,
    },
    Kind {
        code: "infrastructure/road",
        hours: 200.0,
        seen_by_cameras: 0.0,
        more_reports: 0.9,
        walks: 0.0,
        wide: 5.0,
        plate: false,
    },
    Kind {
        code: "infrastructure/street_light",
        hours: 90.0,
        seen_by_cameras: 0.0,
        more_reports: 0.7,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "infrastructure/water_leak",
        hours: 20.0,
        seen_by_cameras: 0.0,
        more_reports: 1.1,
        walks: 0.0,
        wide: 4.0,
        plate: false,
    },
    Kind {
        code: "stray_cattle",
        hours: 0.8,
        seen_by_cameras: 0.8,
        more_reports: 1.6,
        walks: 0.25,
        wide: 12.0,
        plate: false,
    },
    Kind {
        code: "fire_smoke",
        hours: 1.2,
        seen_by_cameras: 0.8,
        more_reports: 2.5,
        walks: 0.0,
        wide: 15.0,
        plate: false,
    },
    Kind {
        code: "urban_order",
        hours: 2.0,
        seen_by_cameras: 0.0,
        more_reports: 0.6,
        walks: 0.0,
        wide: 10.0,
        plate: false,
    },
];

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) label: String,
    pub(crate) kind: &'static Kind,
    /// The ways to say it in its city.
    pub(crate) ways: &'static [&'static str],
    pub(crate) spot: Spot,
    /// Seconds of Unix time.
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) heading: f64,
    pub(crate) plate: String,
    /// The words that people on the spot would choose.
    pub(crate) said: usize,
}

/// An evening of late 2025.
const EPOCH: f64 = 1_764_000_000.0;

pub(crate) fn happenings(dice: &mut Dice, town: &Town, plan: &Plan) -> Vec<Happening> {
    let km2 = (town.side_m / 1_000.0).powi(2);
    let count = (km2 * plan.days * plan.per_km2_day) as usize;
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let one = happening(dice, town, plan, all.len());
        if dice.chance(plan.noise.twins) {
            let twin = twin(dice, town, plan, &one, all.len() + 1);
            all.push(one);
            all.push(twin);
        } else {
            all.push(one);
        }
    }
    all
}

fn happening(dice: &mut Dice, town: &Town, plan: &Plan, number: usize) -> Happening {
    let city = plan.noise.city;
    let number_of_kind = city.kind(dice);
    let kind = &KINDS[number_of_kind];
    let start = EPOCH + dice.between(0.0, plan.days * 86_400.0);
    Happening {
        label: format!("i{number}"),
        kind,
        ways: city.phrases()[number_of_kind],
        spot: town.spot(dice),
        start,
        end: start + city.lasts(dice, kind),
        heading: dice.between(0.0, std::f64::consts::TAU),
        plate: plate(dice),
        said: dice.below(64) as usize,
    }
}

/// The same kind of thing a few steps away, while the first goes on.
fn twin(dice: &mut Dice, town: &Town, plan: &Plan, one: &Happening, number: usize) -> Happening {
    let start = dice.between(one.start, one.end);
    let spot = plan.noise.city.beside(dice, town, one.spot);
    Happening {
        label: format!("i{number}"),
        spot,
        start,
        end: start + plan.noise.city.lasts(dice, one.kind),
        plate: plate(dice),
        said: dice.below(64) as usize,
        ..one.clone()
    }
}

fn plate(dice: &mut Dice) -> String {
    let letter = char::from(b'A' + dice.below(8) as u8);
    format!("{}{letter}-{:05}", 10 + dice.below(80), dice.below(100_000))
}

impl Happening {
    /// Where it is at a time, metres east and north.
    pub(crate) fn at(&self, time: f64, city: City) -> (f64, f64) {
        let walked = self.kind.walks * city.pace() * (time - self.start).max(0.0);
        (
            self.spot.east + walked * self.heading.sin(),
            self.spot.north + walked * self.heading.cos(),
        )
    }
}
