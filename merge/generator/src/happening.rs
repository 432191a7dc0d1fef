//! What happens in the city: of which kind, where, how long, and who may notice.

use crate::Plan;
use crate::city::City;
use crate::dice::Dice;
use crate::kind::{KINDS, Kind};
use crate::town::{Spot, Town};

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
