//! How a city lives: what happens how often and how long, who tells of it when, and who chooses wrong.

use crate::dice::Dice;
use crate::kind::{KINDS, Kind};
use crate::phrases::{ELSEWHERE, HARBOUR, MARKET, OWN, PROVINCE, Phrases};
use crate::town::{Spot, Town};

/// What is taken without reading the list: the first, or the one that says nothing.
const FIRST_OR_NONE: [&str; 3] = ["encroachment", "other", "other"];

/// How a city lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum City {
    /// The one that was in mind.
    Own,
    /// A busier one: other words, wild telephones, clocks of cameras that are off.
    Elsewhere,
    /// A dense centre of stalls and cars: short words, no addresses, told late, many twins.
    Market,
    /// A wide, slow district: long letters with addresses, told on the telephone, told hours late.
    Province,
    /// A town of lanes by the water, with words, clocks and errors of its own.
    Harbour,
}

/// When a person saw a thing, says to have seen it, and tells of it; seconds of Unix time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noticed {
    pub(crate) seen: f64,
    pub(crate) said: f64,
    pub(crate) told: f64,
}

impl City {
    /// Of the kinds, one after the other, so many.
    const fn shares(self) -> [u64; KINDS.len()] {
        match self {
            Self::Own => [300, 190, 170, 60, 90, 70, 50, 40, 10, 20],
            Self::Elsewhere => [180, 220, 210, 90, 70, 50, 80, 60, 10, 30],
            Self::Market => [380, 260, 120, 90, 30, 30, 40, 5, 15, 30],
            Self::Province => [100, 60, 200, 40, 240, 120, 100, 110, 10, 20],
            Self::Harbour => [210, 130, 240, 130, 70, 100, 40, 30, 10, 40],
        }
    }

    /// The ways to say things.
    pub(crate) const fn phrases(self) -> &'static Phrases {
        match self {
            Self::Own => &OWN,
            Self::Elsewhere => &ELSEWHERE,
            Self::Market => &MARKET,
            Self::Province => &PROVINCE,
            Self::Harbour => &HARBOUR,
        }
    }

    pub(crate) fn kind(self, dice: &mut Dice) -> usize {
        let shares = self.shares();
        let mut left = dice.below(shares.iter().sum());
        for (at, share) in shares.into_iter().enumerate() {
            if left < share {
                return at;
            }
            left -= share;
        }
        0
    }

    /// How long a thing lasts, seconds.
    pub(crate) fn lasts(self, dice: &mut Dice, kind: &Kind) -> f64 {
        let mean = kind.hours * 3_600.0;
        300.0
            + match self {
                Self::Own => dice.exponential(mean),
                // Most things are short, and some very long.
                Self::Elsewhere => mean * 0.6 * dice.normal().exp(),
                Self::Market => dice.exponential(mean * 0.35) + dice.exponential(mean * 0.35),
                Self::Province => mean * dice.between(0.2, 2.6),
                // Weibull's law: many are over at once.
                Self::Harbour => mean * 0.9 * dice.exponential(1.0).powf(1.4),
            }
    }

    /// How much faster herds go.
    pub(crate) const fn pace(self) -> f64 {
        match self {
            Self::Own | Self::Market => 1.0,
            Self::Elsewhere => 2.0,
            Self::Province => 0.5,
            Self::Harbour => 1.4,
        }
    }

    /// Where the twin of a thing stands.
    pub(crate) fn beside(self, dice: &mut Dice, town: &Town, spot: Spot) -> Spot {
        match self {
            Self::Own => town.next_to(dice, spot),
            Self::Elsewhere => town.beside(dice, spot),
            Self::Market => town.in_the_row(dice, spot),
            Self::Province => town.along(dice, spot),
            Self::Harbour => town.in_the_lane(dice, spot),
        }
    }

    /// Whether a camera sees it again, as another event.
    pub(crate) const fn seen_again(self) -> f64 {
        match self {
            Self::Own | Self::Elsewhere => 0.25,
            Self::Market => 0.4,
            Self::Province => 0.1,
            Self::Harbour => 0.3,
        }
    }

    /// How far off a camera's own clock is at a time; seconds.
    pub(crate) fn camera_clock(self, camera: usize, at: f64, most_s: f64) -> f64 {
        match self {
            Self::Own | Self::Province => 0.0,
            Self::Elsewhere => ((camera * 7_919) % 601) as f64 - 300.0,
            Self::Market => ((camera as f64 * 0.618).fract() * 2.0 - 1.0) * most_s,
            // Each runs away, and is set once a day.
            Self::Harbour => {
                let pace = (camera as f64 * 0.381).fract() * 2.0 - 1.0;
                pace * most_s * (at / 86_400.0).fract()
            }
        }
    }

    /// How far a camera's ground is laid wrong, always by the same; metres east and north.
    pub(crate) fn camera_bias(self, camera: usize) -> (f64, f64) {
        let metres = match self {
            Self::Own | Self::Elsewhere => 0.0,
            Self::Market => 5.0,
            Self::Province => 8.0,
            Self::Harbour => 3.0,
        };
        let angle = camera as f64 * 2.4;
        (metres * angle.sin(), metres * angle.cos())
    }

    /// Share of the people who telephone.
    pub(crate) const fn by_phone(self) -> f64 {
        match self {
            Self::Own | Self::Elsewhere => 0.12,
            Self::Market => 0.05,
            Self::Province => 0.35,
            Self::Harbour => 0.2,
        }
    }

    /// When a person sees a thing of some duration, and when he tells of it.
    pub(crate) fn noticed(self, dice: &mut Dice, start: f64, end: f64) -> Noticed {
        let span = end - start;
        let seen = match self {
            Self::Own => dice.between(start + 30.0, end),
            // Most people report what is new.
            Self::Elsewhere | Self::Market => {
                start + (30.0 + dice.exponential(span / 4.0)).min(span)
            }
            Self::Province => start + span * dice.between(0.1, 0.9),
            Self::Harbour => start + 60.0 + (span - 60.0) * dice.unit().powi(2),
        };
        match self {
            Self::Own | Self::Elsewhere => Noticed {
                seen,
                said: seen,
                told: seen + 20.0,
            },
            Self::Market => late(dice, seen, (0.35, 4_000.0), 1_800.0),
            Self::Province => late(dice, seen, (0.5, 20_000.0), 3_600.0),
            // Everybody a little later, some much.
            Self::Harbour => {
                let told = seen + 240.0 * (1.3 * dice.normal()).exp();
                let said = if dice.chance(0.3) { told } else { seen };
                Noticed { seen, said, told }
            }
        }
    }

    /// A category that is wrong.
    pub(crate) fn wrong(self, dice: &mut Dice, right: &'static str) -> &'static str {
        let at = KINDS.iter().position(|kind| kind.code == right);
        let at = at.unwrap_or_default();
        match self {
            // Most slip to the next ones of the list.
            Self::Elsewhere if dice.chance(0.6) => {
                let step = 1 + dice.below(2) as usize;
                KINDS[(at + step) % KINDS.len()].code
            }
            // Most take the first that comes, or none of the list.
            Self::Market if dice.chance(0.7) => dice.pick::<&str>(&FIRST_OR_NONE),
            // Most stay within the family, or call everything a matter of order.
            Self::Province if dice.chance(0.7) => {
                let family = |code: &'static str| code.split('/').next();
                let near = KINDS.iter().map(|kind| kind.code).find(|code| {
                    *code != right && family(code) == family(right) && dice.chance(0.5)
                });
                near.unwrap_or("urban_order")
            }
            // Most leave it to the office, or take the one above.
            Self::Harbour if dice.chance(0.4) => "other",
            Self::Harbour if dice.chance(0.5) => KINDS[(at + KINDS.len() - 1) % KINDS.len()].code,
            _ => dice.pick(&KINDS).code,
        }
    }
}

/// Some tell late: they say about when it was, or leave the hour in which they tell.
fn late(dice: &mut Dice, seen: f64, (share, mean_s): (f64, f64), round_s: f64) -> Noticed {
    if !dice.chance(share) {
        return Noticed {
            seen,
            said: seen,
            told: seen + 40.0,
        };
    }
    let told = seen + 60.0 + dice.exponential(mean_s);
    let said = if dice.chance(0.5) {
        told
    } else {
        (seen / round_s).round() * round_s
    };
    Noticed { seen, said, told }
}
