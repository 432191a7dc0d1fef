//! Stray cattle: animals in the zone. A herd is one event, counted by the most seen at once.
//!
//! A detector that is unsure calls one thing by two names, and one animal two: what another class fits
//! better is no animal, and a count is believed once it held in most of a few pictures.

use std::collections::VecDeque;
use std::time::Duration;

use contract::v1::Kind;

use super::event::{EventChange, HeldBack, HeldBackReason, Observation, Rule};
use super::life::{Facts, OpenEvent};
use super::place::PlaceOptions;
use crate::config::{RuleConfig, RuleMode, StrayCattleConfig};
use crate::scene::{Membership, Scene};
use crate::time::StreamTime;
use crate::track::{Track, TrackId};

/// Animals in a zone.
#[derive(Debug)]
pub(super) struct StrayCattle {
    facts: Facts,
    animals: PlaceOptions,
    confirm: Duration,
    min_count: usize,
    cool_down: Duration,
    /// How many were there in the last pictures.
    counts: VecDeque<usize>,
    held_back: Vec<HeldBack>,
    /// Tracks that were held back, each told once.
    told: Vec<TrackId>,
    presence: Option<Presence>,
    open: Option<OpenEvent>,
    cleared_at: Option<StreamTime>,
}

/// A stay of the herd, with the gaps that a detector leaves.
#[derive(Debug, Clone, Copy)]
struct Presence {
    since: StreamTime,
    last: StreamTime,
}

/// Gaps of a detector that do not end a stay which is not confirmed yet.
const FLICKER: Duration = Duration::from_millis(1500);

pub(super) fn build(rule: &RuleConfig, own: &StrayCattleConfig, scene: &Scene) -> StrayCattle {
    StrayCattle {
        facts: Facts::of(rule, Kind::StrayCattle, "stray_cattle/1"),
        animals: PlaceOptions {
            zone: scene.area(rule.zone.as_ref()),
            membership: Membership::BottomCentre,
            classes: vec!["cattle".into()],
            min_confidence: rule.min_confidence,
            max_move: None,
            clear_after: rule.clear_after,
            dwell: own.confirm,
        },
        confirm: own.confirm,
        min_count: own.min_count as usize,
        cool_down: rule.cool_down,
        counts: VecDeque::new(),
        held_back: Vec::new(),
        told: Vec::new(),
        presence: None,
        open: None,
        cleared_at: None,
    }
}

/// Pictures whose middle count is believed.
const COUNTED_OVER: usize = 5;
/// IoU from which a box of another class is of the same thing.
const SAME_THING_IOU: f32 = 0.5;
/// A box of which most lies in a surer animal's is of its legs or its shadow, or of one so far behind it that
/// nobody could count it: a herd is counted at least, never at most.
const PART_OF_ONE: f32 = 0.7;

impl StrayCattle {
    /// The animals of a picture, the surest first.
    fn herd(&mut self, observation: &Observation<'_>) -> Vec<Track> {
        let tracks = observation.tracks;
        let live = |id: &TrackId| tracks.iter().any(|track| track.id == *id);
        self.told.retain(live);
        let mut herd = Vec::new();
        for track in tracks {
            if !self.animals.counts(track, observation) {
                continue;
            }
            if tracks
                .iter()
                .any(|other| is_rival(track, other, observation.at))
            {
                self.hold_back(track, observation.at);
            } else {
                herd.push(track.clone());
            }
        }
        herd.sort_by(|a, b| b.score.total_cmp(&a.score));
        each_once(herd)
    }

    fn hold_back(&mut self, track: &Track, at: StreamTime) {
        if self.told.contains(&track.id) {
            return;
        }
        self.told.push(track.id);
        self.held_back.push(HeldBack {
            detail: self.facts.detail,
            zone: self.facts.zone.clone(),
            reason: HeldBackReason::Rival,
            at,
            since: track.first_seen,
            class: track.class.clone(),
            confidence: track.score,
            bbox: track.bbox,
            mode: RuleMode::Live,
        });
    }

    /// How many there are: the middle one of the last counts, so that one picture in which an animal is
    /// seen twice, or not, says nothing. At least one where any is seen.
    fn steady(&mut self, now: usize) -> usize {
        self.counts.push_back(now);
        if self.counts.len() > COUNTED_OVER {
            self.counts.pop_front();
        }
        let mut counts: Vec<usize> = self.counts.iter().copied().collect();
        counts.sort_unstable();
        let middle = counts.get(counts.len() / 2).copied().unwrap_or(now);
        middle.clamp(now.min(1), now)
    }

    /// Takes in whether enough animals are there now; returns since when they are, if they are.
    fn presence(&mut self, at: StreamTime, there: bool) -> Option<Presence> {
        let patience = if self.open.is_some() {
            self.animals.clear_after
        } else {
            FLICKER
        };
        let lasting = self
            .presence
            .filter(|presence| at.since(presence.last) <= patience);
        self.presence = match (lasting, there) {
            (Some(presence), true) => Some(Presence {
                last: at,
                ..presence
            }),
            (None, true) => Some(Presence {
                since: at,
                last: at,
            }),
            (lasting, false) => lasting,
        };
        self.presence
    }

    fn cools_down(&self, at: StreamTime) -> bool {
        self.cleared_at
            .is_some_and(|cleared| at.since(cleared) < self.cool_down)
    }
}

/// Animals without what is a part of a surer one; the surest come first.
fn each_once(herd: Vec<Track>) -> Vec<Track> {
    let mut animals: Vec<Track> = Vec::with_capacity(herd.len());
    for track in herd {
        let within = |animal: &Track| {
            animal.bbox.intersection(&track.bbox) >= PART_OF_ONE * track.bbox.area()
        };
        if !animals.iter().any(within) {
            animals.push(track);
        }
    }
    animals
}

/// Whether a track of another class is of the same thing, and as sure of it.
fn is_rival(animal: &Track, other: &Track, now: StreamTime) -> bool {
    other.id != animal.id
        && other.class != animal.class
        && other.life.is_believed()
        && other.last_seen == now
        && other.score >= animal.score
        && other.bbox.iou(&animal.bbox) >= SAME_THING_IOU
}

impl Rule for StrayCattle {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let at = observation.at;
        let mut herd = self.herd(observation);
        let there = herd.len() >= self.min_count.max(1);
        herd.truncate(self.steady(herd.len()));
        let presence = self.presence(at, there);
        let cools_down = self.cools_down(at);
        let change = match (&mut self.open, presence) {
            (Some(open), Some(_)) => self.facts.update(open, at, herd),
            (Some(open), None) => {
                let change = self.facts.clear(open, at);
                self.open = None;
                self.cleared_at = Some(at);
                Some(change)
            }
            (None, Some(presence))
                if there && at.since(presence.since) >= self.confirm && !cools_down =>
            {
                let (open, change) = self.facts.raise(at, presence.since, herd);
                self.open = Some(open);
                Some(change)
            }
            (None, _) => None,
        };
        change.into_iter().collect()
    }

    fn held_back(&mut self) -> Vec<HeldBack> {
        std::mem::take(&mut self.held_back)
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.counts.clear();
        self.told.clear();
        self.presence = None;
        self.cleared_at = None;
        self.open
            .take()
            .map(|open| self.facts.clear(&open, at))
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use crate::track::Life;

    /// A cow and her calf as a lent clip shows them, and what the detector makes of the calf's shadow.
    #[test]
    fn a_shadow_and_legs_are_no_animal_and_those_beside_each_other_are_two() {
        let animal = |number, score, [x, y, w, h]: [f32; 4]| Track {
            id: TrackId(number),
            class: "cattle".into(),
            score,
            bbox: PixelBox { x, y, w, h },
            first_seen: StreamTime::ZERO,
            last_seen: StreamTime::ZERO,
            life: Life::Confirmed,
            still_since: None,
        };
        let cow = animal(1, 0.92, [168.0, 51.0, 393.0, 295.0]);
        let calf = animal(2, 0.86, [32.0, 136.0, 155.0, 209.0]);
        let shadow = animal(3, 0.63, [3.0, 259.0, 139.0, 95.0]);
        let beside = animal(4, 0.5, [300.0, 100.0, 390.0, 290.0]);
        let numbers = |herd: &[&Track]| -> Vec<u64> {
            let herd = herd.iter().map(|one| (*one).clone()).collect();
            each_once(herd).iter().map(|one| one.id.0).collect()
        };
        assert_eq!(numbers(&[&cow, &calf, &shadow]), [1, 2]);
        assert_eq!(numbers(&[&cow, &beside]), [1, 4], "one behind another");
        assert_eq!(numbers(&[]), [0_u64; 0]);
    }
}
