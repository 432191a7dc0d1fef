//! Weights from experience: shares re-estimated from pairs, labelled by operators or not.
//!
//! Expectation and maximisation after Fellegi, Sunter and Winkler: a pair without a label counts to
//! both sides by its probability. What is known before counts as so many pairs, so that a level seen
//! three times does not swing. What geometry and the prior fix is left alone: the shares of unrelated
//! pairs for space and category.

use crate::level::{Feature, Level};
use crate::model::{Model, Shares};
use crate::score::{Score, probability};

/// Pairs that the shares known before are worth, on each side.
const KNOWN_BEFORE: f64 = 50.0;
/// Rounds; the shares settle long before.
const ROUNDS: usize = 20;
/// No share leaves this range.
const LEAST_SHARE: f64 = 1e-5;

/// A pair that was weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The prior it was weighed with.
    pub prior_bits: f64,
    /// What place and time could not tell: the bits of [`Level::Neighbours`], 0 or less.
    pub neighbour_bits: f64,
    /// What was found.
    pub levels: Vec<Level>,
    /// Whether it is one, where somebody said so.
    pub one: Option<bool>,
}

impl Pair {
    /// A pair as it was scored.
    #[must_use]
    pub fn of(score: &Score, one: Option<bool>) -> Self {
        let neighbours = score
            .findings
            .iter()
            .filter(|found| found.level == Level::Neighbours);
        Self {
            prior_bits: score.prior_bits,
            neighbour_bits: neighbours.map(|found| found.bits).sum(),
            levels: score.findings.iter().map(|found| found.level).collect(),
            one,
        }
    }
}

/// What was learnt of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learnt {
    /// The level.
    pub level: Level,
    /// How often it was seen.
    pub seen: usize,
    /// The shares before.
    pub before: Shares,
    /// The shares now.
    pub after: Shares,
}

/// Re-estimates a model's shares.
#[must_use]
pub fn reestimate(model: &Model, pairs: &[Pair]) -> (Model, Vec<Learnt>) {
    let mut current = model.clone();
    if pairs.iter().any(|pair| pair.one.is_none()) {
        for _ in 0..ROUNDS {
            current = model.with_levels(maximise(model, &current, pairs));
        }
    } else {
        current = model.with_levels(maximise(model, &current, pairs));
    }
    let learnt = Level::ALL.map(|level| Learnt {
        level,
        seen: pairs
            .iter()
            .filter(|pair| pair.levels.contains(&level))
            .count(),
        before: model.shares(level),
        after: current.shares(level),
    });
    (current, learnt.to_vec())
}

/// How likely a pair is one under a model, or what was said.
fn likely(model: &Model, pair: &Pair) -> f64 {
    match pair.one {
        Some(true) => 1.0,
        Some(false) => 0.0,
        None => {
            let bits = pair.levels.iter().map(|level| model.bits(*level));
            probability(pair.prior_bits + pair.neighbour_bits + bits.sum::<f64>())
        }
    }
}

fn maximise(before: &Model, current: &Model, pairs: &[Pair]) -> Vec<(Level, Shares)> {
    let mut found = [(0.0, 0.0); Level::ALL.len()];
    let mut compared = [(0.0, 0.0); Level::ALL.len()];
    let mut all = (0.0, 0.0);
    for pair in pairs {
        let one = likely(current, pair);
        let count = |sum: &mut (f64, f64)| {
            sum.0 += one;
            sum.1 += 1.0 - one;
        };
        count(&mut all);
        for level in &pair.levels {
            count(&mut found[level.index()]);
            for same in Level::ALL {
                if same.feature() == level.feature() && same.is_across() == level.is_across() {
                    count(&mut compared[same.index()]);
                }
            }
        }
    }
    Level::ALL
        .into_iter()
        .map(|level| {
            // A picture, plate or reporter that matches nothing leaves no finding behind.
            let of = match level.feature() {
                Feature::Picture | Feature::Reporter => all,
                _ => compared[level.index()],
            };
            (level, shares(before, level, found[level.index()], of))
        })
        .collect()
}

fn shares(before: &Model, level: Level, found: (f64, f64), of: (f64, f64)) -> Shares {
    let known = before.shares(level);
    let smooth = |found: f64, of: f64, known: f64| {
        let share = (found + KNOWN_BEFORE * known) / (of + KNOWN_BEFORE);
        share.clamp(LEAST_SHARE, 1.0)
    };
    let same = smooth(found.0, of.0, known.same);
    match level.feature() {
        // A wrong category is one of several: its share is that of the one that was chosen.
        Feature::Category if matches!(level, Level::CategoryRelated | Level::CategoryOther) => {
            let alternatives = before.categories().count().saturating_sub(1).max(1) as f64;
            let prior = KNOWN_BEFORE * known.same;
            let share = (found.0 / alternatives + prior) / (of.0 + KNOWN_BEFORE);
            Shares {
                same: share.clamp(LEAST_SHARE, 1.0),
                ..known
            }
        }
        Feature::Category | Feature::Space => Shares { same, ..known },
        // It is no finding of its own, but what place and time cannot tell.
        Feature::Neighbours => known,
        _ => Shares {
            same,
            other: smooth(found.1, of.1, known.other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(levels: &[Level], one: Option<bool>) -> Pair {
        Pair {
            prior_bits: 0.0,
            neighbour_bits: 0.0,
            levels: levels.to_vec(),
            one,
        }
    }

    fn bits(model: &Model, level: Level) -> f64 {
        model.bits(level)
    }

    #[test]
    fn decisions_move_the_weights_and_a_handful_does_not_swing_them() {
        let model = Model::shipped();
        let declined = |n| vec![pair(&[Level::TextAlike], Some(false)); n];
        let (few, _) = reestimate(&model, &declined(3));
        let (many, learnt) = reestimate(&model, &declined(500));
        let start = bits(&model, Level::TextAlike);
        assert!(start - bits(&few, Level::TextAlike) < 1.0);
        assert!(start - bits(&many, Level::TextAlike) > 2.0);
        let seen = learnt.iter().find(|l| l.level == Level::TextAlike);
        assert_eq!(seen.map(|learnt| learnt.seen), Some(500));
    }

    #[test]
    fn geometry_is_not_learnt() {
        let model = Model::shipped();
        let (after, _) = reestimate(
            &model,
            &vec![pair(&[Level::SpaceWithin1, Level::CategorySame], Some(false)); 500],
        );
        for level in [Level::SpaceWithin1, Level::CategorySame] {
            let (then, now) = (model.shares(level).other, after.shares(level).other);
            assert!((then - now).abs() < 1e-12);
        }
    }

    /// Without a label the sure findings teach the unsure ones: pictures say which pairs are one,
    /// and whatever comes with them gains.
    #[test]
    fn unlabelled_pairs_teach_by_their_likelihood() {
        let model = Model::shipped();
        let mut pairs = vec![pair(&[Level::PictureIdentical, Level::TextUnlike], None); 300];
        pairs.extend(vec![
            pair(&[Level::SpaceBeyond, Level::TextAlike], None);
            300
        ]);
        let (after, _) = reestimate(&model, &pairs);
        assert!(bits(&after, Level::TextUnlike) > bits(&model, Level::TextUnlike) + 0.5);
        assert!(bits(&after, Level::TextAlike) < bits(&model, Level::TextAlike) - 0.5);
    }
}
