//! What the witnesses of one incident say together, in bounded space.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::category::{Category, Code};
use crate::model::Model;
use crate::place::{Place, fix, metres};
use crate::time::union;
use crate::witness::{Source, Span, Witness};

/// Witnesses that are kept of the beginning.
const FIRST: usize = 4;
/// Witnesses that are kept of the end.
const LAST: usize = 12;

/// The witnesses of an incident that decide what joins it: the first four and the last twelve, in
/// the order of their beginnings.
///
/// A function of the set of witnesses, as long as none is taken away: whatever order they join in,
/// the same are kept, for one that stands behind four and before twelve will always do so.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    members: Vec<Witness>,
    /// How many there are, the forgotten ones included.
    count: u32,
}

impl Profile {
    /// The profile of witnesses.
    #[must_use]
    pub fn of(witnesses: impl IntoIterator<Item = Witness>) -> Self {
        let mut profile = Self::default();
        for witness in witnesses {
            profile.join(witness);
        }
        profile
    }

    /// Takes a witness in; one that is known is replaced by its newest word.
    pub fn join(&mut self, witness: Witness) {
        if let Some(known) = self.members.iter_mut().find(|known| known.id == witness.id) {
            *known = witness;
        } else {
            self.count += 1;
            self.members.push(witness);
        }
        self.members
            .sort_by(|a, b| (a.occurred.start, &a.id).cmp(&(b.occurred.start, &b.id)));
        if self.members.len() > FIRST + LAST {
            self.members.remove(FIRST);
        }
    }

    /// Replaces what a kept witness said; one that is forgotten or unknown changes nothing.
    pub fn revise(&mut self, witness: Witness) {
        if self.members.iter().any(|known| known.id == witness.id) {
            self.join(witness);
        }
    }

    /// Those that are kept.
    #[must_use]
    pub fn members(&self) -> &[Witness] {
        &self.members
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// What most say it is; cameras and staff count twice, and among equals the first.
    #[must_use]
    pub fn category(&self) -> Option<&Code> {
        let mut votes: BTreeMap<&Code, (u32, std::cmp::Reverse<usize>)> = BTreeMap::new();
        for (at, member) in self.members.iter().enumerate() {
            let vote = votes
                .entry(member.believed())
                .or_insert((0, std::cmp::Reverse(at)));
            vote.0 += match member.source {
                Source::Camera | Source::Staff => 2,
                Source::Citizen | Source::Phone => 1,
            };
        }
        votes
            .into_iter()
            .max_by_key(|(_, vote)| *vote)
            .map(|(code, _)| code)
    }

    /// From the first start to the last end; none without witnesses.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.members
            .iter()
            .map(|member| member.occurred)
            .reduce(union)
    }

    /// Where it is for a report of a time, and how many seconds before or after it was there: for
    /// what stays, the witness in the middle of all, at no time apart; for what wanders, the one that
    /// saw it nearest in time; of bearings, where they cross.
    #[must_use]
    pub fn place(&self, model: &Model, category: &Category, at: Span) -> Option<(Place, f64)> {
        let placed: Vec<(&Witness, Place)> = self
            .members
            .iter()
            .filter_map(|member| Some((member, doubted(model, member)?)))
            .collect();
        let points: Vec<&(&Witness, Place)> = placed
            .iter()
            .filter(|(_, place)| matches!(place, Place::Point { .. }))
            .collect();
        if category.drift_mps > 0.0 {
            // A place is of the moment in which it was told, however long the thing went on.
            let seen = points
                .iter()
                .map(|(member, place)| (*place, apart_s(member.occurred, at)));
            if let Some(nearest) = seen.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
                return Some(nearest);
            }
        }
        if let Some(middle) = middle(&points) {
            return Some((middle, 0.0));
        }
        let bearings: Vec<Place> = placed.iter().map(|(_, place)| *place).collect();
        let place = fix(&bearings).or_else(|| bearings.last().copied())?;
        Some((place, 0.0))
    }

    /// Until when a report may still come into question; none while it goes on.
    #[must_use]
    pub fn until(&self, model: &Model) -> Option<Timestamp> {
        let category = model.category(self.category()?);
        let end = self.span()?.end?;
        let slack = self
            .members
            .iter()
            .map(|member| model.doubt(member.source).clock_s)
            .fold(0.0, f64::max);
        let people = self.members.iter().any(|member| member.source.is_person());
        let window_h = if people {
            category.window_h.max(model.prior().people_window_h)
        } else {
            category.window_h
        };
        Some(later(end, window_h * 3_600.0 + slack))
    }
}

/// Seconds between two beginnings.
#[must_use]
pub fn apart_s(a: Span, b: Span) -> f64 {
    a.start.duration_since(b.start).as_secs_f64().abs()
}

/// A witness's place, as far as its source is trusted.
#[must_use]
pub fn doubted(model: &Model, witness: &Witness) -> Option<Place> {
    let doubt = model.doubt(witness.source);
    let place = witness.place.filter(Place::is_valid)?;
    Some(place.doubted(doubt.place_factor, doubt.least_m))
}

/// A time some seconds later; the end of time where it lies beyond.
#[must_use]
pub fn later(at: Timestamp, seconds: f64) -> Timestamp {
    let span =
        jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or(jiff::SignedDuration::MAX);
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// The point from which the others are nearest in sum, each by its own precision.
fn middle(points: &[&(&Witness, Place)]) -> Option<Place> {
    let precision = |place: &Place| match place {
        Place::Point { uncertainty_m, .. } => uncertainty_m.max(1.0).recip(),
        Place::Bearing { .. } => 0.0,
    };
    let far = |from: &Place| -> f64 {
        let others = points
            .iter()
            .map(|(_, to)| metres(from, to) * precision(to));
        // Among equals the most precise.
        others.sum::<f64>() - precision(from)
    };
    points
        .iter()
        .map(|(_, place)| *place)
        .min_by(|a, b| far(a).total_cmp(&far(b)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) fn witness(id: usize, start: i64, source: Source, category: &str) -> Witness {
        Witness {
            id: format!("{id:03}"),
            source,
            category: Code::new(category),
            named: None,
            place: None,
            occurred: Span::at(Timestamp::from_second(start).unwrap()),
            text: None,
            pictures: vec![],
            plate: None,
            camera: None,
            zone: None,
            reporter: None,
        }
    }

    #[test]
    fn cameras_outvote_one_citizen_and_the_first_breaks_a_tie() {
        use Source::{Camera, Citizen};
        for (members, expected) in [
            (vec![(Citizen, "a"), (Camera, "b")], "b"),
            (vec![(Citizen, "b"), (Citizen, "a")], "b"),
            (vec![(Citizen, "b"), (Citizen, "a"), (Citizen, "a")], "a"),
        ] {
            let profile = Profile::of(
                members
                    .iter()
                    .zip(0..)
                    .map(|((source, code), at)| witness(at as usize, at, *source, code)),
            );
            assert_eq!(profile.category().map(Code::as_str), Some(expected));
        }
    }

    proptest! {
        /// In whatever order they come, and however often each comes, the same are kept.
        #[test]
        fn a_profile_is_a_function_of_the_set(
            order in (1_usize..40).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
            again in proptest::collection::vec(any::<proptest::sample::Index>(), 0..10),
        ) {
            let of = |id: &usize| witness(*id, (*id as i64 * 7) % 11, Source::Citizen, "a");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            let straight = Profile::of(sorted.iter().map(of));
            let mut shuffled = Profile::of(order.iter().map(of));
            for index in again {
                shuffled.revise(of(index.get(&order)));
            }
            prop_assert_eq!(&shuffled, &straight);
            prop_assert!(straight.members().len() <= FIRST + LAST);
            prop_assert_eq!(straight.count() as usize, order.len());
        }
    }
}
