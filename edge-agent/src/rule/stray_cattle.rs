//! Stray cattle: animals in the zone. A herd is one event, counted by the most seen at once.

use std::time::Duration;

use contract::v1::Kind;

use super::event::{EventChange, Observation, Rule};
use super::life::{Facts, OpenEvent};
use super::place::PlaceOptions;
use crate::config::{RuleConfig, StrayCattleConfig};
use crate::scene::{Membership, Scene};
use crate::time::StreamTime;
use crate::track::Track;

/// Animals in a zone.
#[derive(Debug)]
pub(super) struct StrayCattle {
    facts: Facts,
    animals: PlaceOptions,
    confirm: Duration,
    min_count: usize,
    cool_down: Duration,
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
        presence: None,
        open: None,
        cleared_at: None,
    }
}

impl StrayCattle {
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

impl Rule for StrayCattle {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let at = observation.at;
        let herd: Vec<Track> = observation
            .tracks
            .iter()
            .filter(|track| self.animals.counts(track, observation))
            .cloned()
            .collect();
        let there = herd.len() >= self.min_count.max(1);
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

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.presence = None;
        self.cleared_at = None;
        self.open
            .take()
            .map(|open| self.facts.clear(&open, at))
            .into_iter()
            .collect()
    }
}
