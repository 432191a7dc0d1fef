//! A city that never was, and what its cameras and people would report of it: labelled sets for
//! `ingest-server merge-eval`.
//!
//! It shares nothing with the scorer: no crate, no constant, no function; a test holds it to that.
//! What comes out is the documented file format and nothing else. Every set is a function of its
//! [`Plan`] and seed.

mod dice;
mod town;
mod typing;
mod kind;
mod phrases;
mod city;
mod noise;
mod happening;
mod words;
mod report;

pub use city::City;
pub use noise::Noise;

use dice::Dice;
use happening::{Happening, happenings};
use town::Town;

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The same seed gives the same set.
    pub seed: u64,
    /// The side of the square city, kilometres.
    pub side_km: f64,
    /// Days that are told.
    pub days: f64,
    /// Incidents a day and square kilometre.
    pub per_km2_day: f64,
    /// How people and machines err.
    pub noise: Noise,
}

impl Plan {
    /// A town of 25 km² in one week.
    #[must_use]
    pub const fn town(seed: u64, noise: Noise) -> Self {
        Self {
            seed,
            side_km: 5.0,
            days: 7.0,
            per_km2_day: 12.0,
            noise,
        }
    }

    /// Another city: smaller, busier, told for longer.
    #[must_use]
    pub const fn elsewhere(seed: u64, noise: Noise) -> Self {
        Self {
            seed,
            side_km: 4.0,
            days: 9.0,
            per_km2_day: 17.0,
            noise,
        }
    }

    /// A dense centre, for five days.
    #[must_use]
    pub const fn market(seed: u64, noise: Noise) -> Self {
        Self {
            seed,
            side_km: 2.5,
            days: 5.0,
            per_km2_day: 60.0,
            noise,
        }
    }

    /// A town by the water, for six days.
    #[must_use]
    pub const fn harbour(seed: u64, noise: Noise) -> Self {
        Self {
            seed,
            side_km: 4.5,
            days: 6.0,
            per_km2_day: 20.0,
            noise,
        }
    }

    /// A wide district, for three weeks.
    #[must_use]
    pub const fn province(seed: u64, noise: Noise) -> Self {
        Self {
            seed,
            side_km: 8.0,
            days: 21.0,
            per_km2_day: 1.6,
            noise,
        }
    }
}

/// The set, one JSON object a line, in the order in which the reports came in.
#[must_use]
pub fn generate(plan: &Plan) -> Vec<String> {
    let mut dice = Dice::new(plan.seed);
    let town = Town::build(&mut dice, plan.side_km);
    let mut lines: Vec<(i64, String)> = Vec::new();
    for happening in happenings(&mut dice, &town, plan) {
        tell(&mut dice, &town, plan, &happening, &mut lines);
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn tell(
    dice: &mut Dice,
    town: &Town,
    plan: &Plan,
    happening: &Happening,
    lines: &mut Vec<(i64, String)>,
) {
    let told = report::reports(dice, town, &plan.noise, happening);
    let last = told.iter().map(|(at, _)| *at).max();
    lines.extend(told);
    // Some are dealt with while people still pass by.
    if let Some(last) = last.filter(|_| dice.chance(0.3)) {
        let at = last + 60 + dice.below(7_200) as i64;
        lines.push((at, report::closure(happening, at)));
    }
}
