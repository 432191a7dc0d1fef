//! The company that an incident may stand in: unrelated ones of its kind, anywhere on the compared ground
//! and next door. The prior counts both; what place, time and words say against strangers is held to what
//! they can say against a neighbour.

use super::{Finding, Pair, Score, Subject, in_view};
use crate::category::{Category, Relation, Zones};
use crate::level::{Feature, Level};
use crate::model::Model;
use crate::profile::Profile;
use crate::witness::{Span, Witness};

/// How little experience a rate is of: so many incidents.
const FEW: f64 = 0.3;
/// What is seen over kilometres is counted around a report as far as so many times its radius.
const AROUND_FAR: f64 = 4.0;

/// The unrelated incidents of the report's category that are expected. Most lie anywhere on the compared
/// ground, and place, time and words tell them apart; some stand next door at the same time, and those do
/// not: what they say is worth no more than the odds against a neighbour.
pub(crate) struct Company {
    anywhere: f64,
    next_door: f64,
}

impl Company {
    pub(crate) fn of(
        model: &Model,
        subject: &Subject<'_>,
        profile: &Profile,
        pair: &Pair<'_>,
        others: u32,
    ) -> Self {
        let density = Density::around(model, subject.witness, others);
        Self {
            anywhere: anywhere(model, subject.witness, pair, density),
            next_door: next_door(model, subject.witness, profile, pair) * density.crowding(),
        }
    }

    /// −log2 of how many they are.
    pub(crate) fn prior_bits(&self, model: &Model) -> f64 {
        let prior = model.prior();
        let all = self.anywhere + self.next_door;
        (-all.log2()).clamp(prior.least_bits, prior.most_bits)
    }

    /// What the score says against strangers and cannot say against neighbours.
    pub(crate) fn excess(&self, score: &Score) -> Option<Finding> {
        let told: f64 = score
            .findings
            .iter()
            .filter(|found| neighbours_share(found))
            .map(|found| found.bits)
            .sum();
        let most = -(self.anywhere * (-told).exp2() + self.next_door).log2();
        let excess = score.prior_bits + told - most;
        (told > 0.0 && excess > 0.0).then_some(Finding {
            level: Level::Neighbours,
            bits: -excess,
            measured: None,
        })
    }
}

/// What neighbours share as a matter of course: the place, the hour, one zone of a camera, which holds more
/// than one stall, and the words for what they are. Words that differ are news.
fn neighbours_share(found: &Finding) -> bool {
    match found.level.feature() {
        Feature::Space | Feature::Time => true,
        Feature::Text => found.bits > 0.0,
        _ => found.level == Level::ZoneSame,
    }
}

/// How far around a report others of its category are counted, metres.
pub(crate) fn around_m(model: &Model, habit: &Category) -> f64 {
    let near = model.prior().around_m;
    if habit.is_far() {
        near.max(AROUND_FAR * habit.radius_m)
    } else {
        near
    }
}

/// How many incidents of the report's category a square kilometre holds: what is usual of the category, as
/// far as it is known, and what is seen around just now.
#[derive(Debug, Clone, Copy)]
struct Density {
    usual: f64,
    per_km2: f64,
}

impl Density {
    fn around(model: &Model, witness: &Witness, others: u32) -> Self {
        let prior = model.prior();
        let habit = model.category(witness.believed());
        let around_km2 = std::f64::consts::PI * (around_m(model, habit) / 1_000.0).powi(2);
        let usual = habit.per_km2(local_hour(witness.occurred, prior.utc_offset_h));
        let experience_km2 = prior.experience_km2.max(FEW / usual);
        let seen = usual * experience_km2 + f64::from(others);
        Self {
            usual,
            per_km2: seen / (experience_km2 + around_km2),
        }
    }

    /// Where more than usual are about, more than usual stand next door to each other.
    fn crowding(self) -> f64 {
        (self.per_km2 / self.usual).max(1.0)
    }
}

/// Unrelated incidents of the report's category on the compared ground.
fn anywhere(model: &Model, witness: &Witness, pair: &Pair<'_>, density: Density) -> f64 {
    let habit = model.category(witness.believed());
    let ground_km2 = pair.close.map_or_else(
        || std::f64::consts::PI * (habit.radius_m / 1_000.0).powi(2),
        |close| close.block_km2,
    );
    // Counted within the window of the report's category; compared within that of the pair.
    let wider = pair.habit.window_h / habit.window_h;
    density.per_km2 * ground_km2 * wider
}

/// Unrelated incidents of the report's category next door at the same time. A camera tells
/// neighbours apart by its zones and tracks; people's pins do so less. How far apart the two are told
/// says what it can.
fn next_door(model: &Model, witness: &Witness, profile: &Profile, pair: &Pair<'_>) -> f64 {
    let prior = model.prior();
    if pair.relation == Relation::Other {
        return 0.0;
    }
    let people = profile
        .members()
        .iter()
        .all(|member| member.source.is_person());
    // What a camera sees while people tell of it is the thing they tell of; what it sees later may be the next.
    let factor = if people && (witness.source.is_person() || pair.gap_s > 0.0) {
        prior.people_factor
    } else if pair.habit.zones == Zones::Apart && in_view(witness, profile) {
        prior.one_view_factor
    } else {
        1.0
    };
    let against = pair
        .close
        .map_or(1.0, |close| close.against_neighbour(prior.next_door_m));
    model.category(witness.believed()).clump * factor / against
}

fn local_hour(occurred: Span, utc_offset_h: f64) -> usize {
    let local = occurred.start.as_second() as f64 / 3_600.0 + utc_offset_h;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 23"
    )]
    let hour = local.rem_euclid(24.0) as usize;
    hour
}
