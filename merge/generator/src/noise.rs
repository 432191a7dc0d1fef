//! How people and machines err, and how a city lives: three worlds. Two are for development; the third is
//! held out, and nothing of a scorer may be tuned by looking at it.

use crate::city::City;
use crate::dice::Dice;
use crate::typing::Typing;

/// How positions err.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gps {
    /// Gaussian, and the phone knows how much.
    Honest,
    /// Long tails and a bias between tall houses, while the phone claims always the same.
    Canyon,
    /// Student's law with three degrees of freedom, while the phone claims what it likes.
    Wild,
    /// A good fix, a poor one, or one from the mast, while the telephone claims nothing: ten metres for all.
    Mute,
    /// Laplace's law, and the phone knows about how much; some pins are rounded to a grid and claim the best.
    Pinned,
    /// Errors of a lognormal law in any direction; two telephones in five claim a constant, the others too little.
    Echoes,
}

/// How everything errs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// How the city lives.
    pub city: City,
    /// Positions.
    pub gps: Gps,
    /// Words.
    pub typing: Typing,
    /// Clocks are off by up to so many seconds.
    pub clock_s: f64,
    /// Share of people's reports with a wrong category.
    pub wrong_category: f64,
    /// Share of incidents with another of the same category a few steps away at the same time.
    pub twins: f64,
}

impl Noise {
    /// The world that was in mind: for development.
    pub const PLAIN: Self = Self {
        city: City::Own,
        gps: Gps::Honest,
        typing: Typing::Careful,
        clock_s: 30.0,
        wrong_category: 0.06,
        twins: 0.02,
    };
    /// The same city, where everybody errs more: for development.
    pub const ROUGH: Self = Self {
        city: City::Own,
        gps: Gps::Canyon,
        typing: Typing::Hasty,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.06,
    };
    /// Another city, other laws of error, other words: for development since it was looked at.
    pub const ELSEWHERE: Self = Self {
        city: City::Elsewhere,
        gps: Gps::Wild,
        typing: Typing::Thumbs,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.05,
    };
    /// A dense centre whose telephones say nothing of themselves: for development.
    pub const MARKET: Self = Self {
        city: City::Market,
        gps: Gps::Mute,
        typing: Typing::Short,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.10,
    };
    /// A wide district of letters and calls: for development.
    pub const PROVINCE: Self = Self {
        city: City::Province,
        gps: Gps::Pinned,
        typing: Typing::Dictated,
        clock_s: 120.0,
        wrong_category: 0.15,
        twins: 0.03,
    };
    /// A town by the water, other laws in everything: held out.
    pub const HELD_OUT: Self = Self {
        city: City::Harbour,
        gps: Gps::Echoes,
        typing: Typing::Keys,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.06,
    };
}

impl Gps {
    /// An error east and north, and what the phone claims, metres.
    pub(crate) fn error(self, dice: &mut Dice) -> (f64, f64, f64) {
        match self {
            Self::Honest => {
                let sigma = dice.between(4.0, 22.0);
                let claimed = sigma * dice.between(0.85, 1.3);
                (sigma * dice.normal(), sigma * dice.normal(), claimed)
            }
            Self::Canyon => {
                let far = dice.exponential(11.0);
                let angle = dice.between(0.0, std::f64::consts::TAU);
                let bias = if dice.chance(0.12) {
                    dice.between(15.0, 55.0)
                } else {
                    0.0
                };
                let towards = dice.between(0.0, std::f64::consts::TAU);
                (
                    far * angle.sin() + bias * towards.sin(),
                    far * angle.cos() + bias * towards.cos(),
                    *dice.pick(&[8.0, 10.0, 12.0, 20.0]),
                )
            }
            Self::Wild => {
                let sigma = 8.0 * (0.5 * dice.normal()).exp();
                let chi: f64 = (0..3).map(|_| dice.normal().powi(2)).sum();
                let wide = sigma * (3.0 / chi.max(0.05)).sqrt();
                let claimed = (sigma * (0.6 * dice.normal()).exp()).clamp(3.0, 80.0);
                (wide * dice.normal(), wide * dice.normal(), claimed)
            }
            Self::Mute => {
                let sigma = match dice.below(100) {
                    0..70 => 6.0,
                    70..93 => 18.0,
                    _ => 50.0,
                };
                (sigma * dice.normal(), sigma * dice.normal(), 10.0)
            }
            Self::Pinned => {
                let scale = 6.0 * (0.6 * dice.normal()).exp();
                let mut laplace = || {
                    let far = dice.exponential(scale);
                    if dice.chance(0.5) { far } else { -far }
                };
                let (east, north) = (laplace(), laplace());
                if dice.chance(0.2) {
                    let grid = |metres: f64| (metres / 22.0).round() * 22.0;
                    return (grid(east), grid(north), 5.0);
                }
                (
                    east,
                    north,
                    scale * std::f64::consts::SQRT_2 * dice.between(0.6, 1.6),
                )
            }
            Self::Echoes => {
                let far = 9.0 * (0.8 * dice.normal()).exp();
                let angle = dice.between(0.0, std::f64::consts::TAU);
                let claimed = if dice.chance(0.4) {
                    30.0
                } else {
                    dice.between(3.0, 14.0)
                };
                (far * angle.sin(), far * angle.cos(), claimed)
            }
        }
    }
}
