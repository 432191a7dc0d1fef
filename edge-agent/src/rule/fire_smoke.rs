//! Fire and smoke: places that burn for long enough in enough pictures, surely enough. One event for
//! as long as anything burns, since a fire spreads and its smoke drifts.
//!
//! What looked like fire for as long, but was not told, is held back: counted, with its reason.

use std::time::Duration;

use contract::v1::Kind;

use super::event::{EventChange, HeldBack, HeldBackReason, Observation, Rule};
use super::fire_place::{FireFilter, FirePlace, FirePlaces, Veto, together};
use super::life::{Facts, OpenEvent};
use crate::config::{DangerLevel, FireSmokeConfig, KnownSource, RuleConfig, RuleMode, Verify};
use crate::geometry::PixelBox;
use crate::scene::{Membership, Scene, Whereabouts, Zone};
use crate::time::StreamTime;
use crate::track::{Life, Track, TrackId};

/// Box edges that differ less than this share of its side are of a lamp, not of a flame: lamps and
/// sunlit walls measured up to 0.010, fires from 0.033 on.
const STILL: f32 = 0.02;
/// A foot that moved further than so many sides is of a head lamp or a cloud; what grows may move
/// further, since it spreads.
const WANDERS: f32 = 0.4;
const WANDERS_GROWING: f32 = 1.5;
/// How many times longer than flames smoke must be seen: it neither comes nor goes in seconds, and
/// blotches of wet asphalt do.
const SMOKE_LASTS: u32 = 3;
/// Growth by area that counts as spreading.
const GROWS: f32 = 1.5;
/// How far the verifier must be above what refutes to uphold a flame; of smoke it is not sure enough.
const UPHOLDS: f32 = 0.3;
/// What the threshold is multiplied with for a flame that is upheld, and for what grows unverified.
const EASED: f32 = 0.85;
/// What the threshold is multiplied with for places that join an open event.
const JOINS: f32 = 0.8;
/// Places have numbers of their own beside the tracker's, far above them.
const FIRST_NUMBER: u64 = 1 << 40;

/// Places that burn.
#[derive(Debug)]
pub(super) struct FireSmoke {
    facts: Facts,
    places: FirePlaces,
    class_words: Vec<std::sync::Arc<str>>,
    confirm: Duration,
    min_pictures: usize,
    persistence: f32,
    clear_after: Duration,
    cool_down: Duration,
    danger_level: Option<DangerLevel>,
    known_sources: Vec<(KnownSource, Option<Zone>)>,
    whereabouts: Whereabouts,
    open: Option<Burning>,
    cleared: Vec<Cleared>,
    held_back: Vec<HeldBack>,
    told: Vec<(u64, HeldBackReason)>,
}

/// The open event.
#[derive(Debug)]
struct Burning {
    facts: Facts,
    event: OpenEvent,
    /// The places of the event as they were last seen.
    places: Vec<(u64, PixelBox)>,
    last_hit: StreamTime,
    /// Pictures since then.
    missed: usize,
}

/// Where something burned until it was cleared.
#[derive(Debug)]
struct Cleared {
    at: StreamTime,
    extent: PixelBox,
}

pub(super) fn build(rule: &RuleConfig, own: &FireSmokeConfig, scene: &Scene) -> FireSmoke {
    let filter = FireFilter {
        zone: scene.area(rule.zone.as_ref()),
        ignored: own
            .ignore_zones
            .iter()
            .filter_map(|id| scene.zone(id).cloned())
            .collect(),
        classes: own
            .classes
            .iter()
            .cloned()
            .zip(own.thresholds.iter().copied())
            .collect(),
        max_area: own.max_area,
        veto: match own.verify {
            Verify::Auto => Veto::Below(own.veto_below),
            Verify::Off => Veto::Never,
        },
    };
    FireSmoke {
        facts: Facts::of(rule, Kind::FireSmoke, "fire_smoke/1"),
        places: FirePlaces::new(filter, own.window, own.min_pictures.saturating_mul(2)),
        class_words: own.classes.clone(),
        confirm: own.confirm,
        min_pictures: own.min_pictures,
        persistence: own.persistence,
        clear_after: rule.clear_after,
        cool_down: rule.cool_down,
        danger_level: own.danger_level,
        known_sources: own
            .known_sources
            .iter()
            .filter_map(|source| placed(source, scene))
            .collect(),
        whereabouts: scene.whereabouts().clone(),
        open: None,
        cleared: Vec::new(),
        held_back: Vec::new(),
        told: Vec::new(),
    }
}

/// A known source with its zone; none where its zone is of another pose.
fn placed(source: &KnownSource, scene: &Scene) -> Option<(KnownSource, Option<Zone>)> {
    let zone = match &source.zone {
        Some(id) => Some(scene.zone(id)?.clone()),
        None => None,
    };
    Some((source.clone(), zone))
}

/// What becomes of a place in one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    /// Too little was seen yet.
    Unripe,
    Burns,
    HeldBack(HeldBackReason),
}

impl FireSmoke {
    fn judge(&self, place: &FirePlace, now: &Observation<'_>) -> Judgement {
        let at = now.at;
        let level = now.danger_level.or(self.danger_level);
        let run = place.window.run(self.persistence);
        let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else {
            return Judgement::Unripe;
        };
        let ripe = *last == at && run.len() >= self.min_pictures;
        let confirm = match &*self.class_of(place) == "smoke" {
            true => self.confirm * SMOKE_LASTS,
            false => self.confirm,
        };
        if !ripe || at.since(*first) < confirm {
            return Judgement::Unripe;
        }
        let joins = if self.open.is_some() { JOINS } else { 1.0 };
        let grows = run.growth() >= GROWS;
        let verdict = run.verdict();
        // Growth speaks where the verifier cannot: from far, and in a picture a minute.
        let eased = match verdict {
            Some(margin) => margin >= UPHOLDS && &*self.class_of(place) == "fire",
            None => grows,
        };
        let needed = if eased { joins * EASED } else { joins };
        let may_move = if grows { WANDERS_GROWING } else { WANDERS };
        let strength = run.strength();
        let reason = if strength < needed * DangerLevel::factor(level) {
            match strength < needed {
                true => HeldBackReason::Weak,
                false => HeldBackReason::DangerLevel,
            }
        } else if verdict.is_some_and(|margin| margin < 0.0) {
            HeldBackReason::Refuted
        } else if run.restlessness() < STILL {
            HeldBackReason::Still
        } else if run.wandering() > may_move {
            HeldBackReason::Wanders
        } else if self.is_known(&place.extent, now) {
            HeldBackReason::KnownSource
        } else if self.cools_down(&place.extent, at) {
            HeldBackReason::CoolDown
        } else {
            return Judgement::Burns;
        };
        Judgement::HeldBack(reason)
    }

    /// Whether it is something that is known to burn there now. Its foot tells: a plume drifts.
    fn is_known(&self, extent: &PixelBox, now: &Observation<'_>) -> bool {
        let foot = Membership::BottomCentre;
        // Where a camera turned to a pose that nobody measured, no direction is known, and a fire is told.
        let bearing = self.whereabouts.bearing_of(extent, now.size);
        self.known_sources.iter().any(|(source, zone)| {
            let is_there = zone
                .as_ref()
                .is_none_or(|zone| zone.holds(extent, now.size, foot));
            let in_direction = source
                .sector
                .is_none_or(|sector| bearing.is_some_and(|bearing| sector.holds(bearing)));
            source.may_burn(now.wall) && is_there && in_direction
        })
    }

    fn cools_down(&self, extent: &PixelBox, at: StreamTime) -> bool {
        self.cleared.iter().any(|cleared| {
            at.since(cleared.at) < self.cool_down && together(&cleared.extent, extent) > 0.0
        })
    }

    /// A place is listed once for each reason, and not at all where an open event tells of it.
    fn hold_back(&mut self, place: &FirePlace, at: StreamTime, reason: HeldBackReason) {
        let told_of = |open: &Burning| open.places.iter().any(|(_, extent)| place.holds(extent));
        if self.told.contains(&(place.key, reason)) || self.open.as_ref().is_some_and(told_of) {
            return;
        }
        self.told.push((place.key, reason));
        self.held_back.push(HeldBack {
            detail: self.facts.detail,
            zone: self.facts.zone.clone(),
            reason,
            at,
            since: self.since(place, at),
            class: self.class_of(place),
            confidence: place.window.run(self.persistence).score(),
            bbox: place.extent,
            mode: RuleMode::Live,
        });
    }

    fn class_of(&self, place: &FirePlace) -> std::sync::Arc<str> {
        let class = self.class_words.get(place.class);
        class.cloned().unwrap_or_else(|| "fire".into())
    }

    /// When it began to burn there.
    fn since(&self, place: &FirePlace, now: StreamTime) -> StreamTime {
        let run = place.window.run(self.persistence);
        run.first().map_or(now, |(at, _)| *at)
    }

    /// The place as a track, for the report.
    fn shown(&self, place: &FirePlace, now: StreamTime) -> Track {
        let run = place.window.run(self.persistence);
        let last = run.last();
        Track {
            id: TrackId(FIRST_NUMBER + place.key),
            class: self.class_of(place),
            score: run.score(),
            bbox: last.map_or(place.extent, |(_, hit)| hit.bbox),
            first_seen: self.since(place, now),
            last_seen: last.map_or(now, |(at, _)| *at),
            life: Life::Confirmed,
            still_since: None,
        }
    }

    /// The word for what burns: flame, smoke, or both.
    fn detail(&self, burning: &[FirePlace]) -> &'static str {
        let shows = |word: &str| burning.iter().any(|place| &*self.class_of(place) == word);
        match (shows("fire"), shows("smoke")) {
            (true, false) => "fire",
            (false, true) => "smoke",
            (true, true) | (false, false) => "fire_smoke",
        }
    }

    fn raise(&mut self, at: StreamTime, burning: &[FirePlace]) -> EventChange {
        let facts = self.facts.with_detail(self.detail(burning));
        let began = burning.iter().map(|place| self.since(place, at)).min();
        let began = began.unwrap_or(at);
        let tracks = burning.iter().map(|place| self.shown(place, at)).collect();
        let (event, change) = facts.raise(at, began, tracks);
        self.open = Some(Burning {
            facts,
            event,
            places: extents(burning),
            last_hit: at,
            missed: 0,
        });
        change
    }

    /// The open event goes on with what burns now, or is over.
    fn go_on(
        &mut self,
        mut open: Burning,
        at: StreamTime,
        burning: &[FirePlace],
    ) -> Option<EventChange> {
        for (key, extent) in extents(burning) {
            open.places.retain(|(known, _)| *known != key);
            open.places.push((key, extent));
        }
        let of_event = |place: &&FirePlace| {
            place.window.is_hit() && open.places.iter().any(|(_, extent)| place.holds(extent))
        };
        let seen: Vec<Track> = self
            .places
            .places()
            .iter()
            .filter(of_event)
            .map(|place| self.shown(place, at))
            .collect();
        if seen.is_empty() {
            open.missed += 1;
        } else {
            (open.last_hit, open.missed) = (at, 0);
        }
        if at.since(open.last_hit) > self.clear_after && open.missed >= self.min_pictures {
            let cleared = open.places.iter().map(|(_, extent)| Cleared {
                at,
                extent: *extent,
            });
            self.cleared.extend(cleared);
            return Some(open.facts.clear(&open.event, at));
        }
        let change = open.facts.update(&mut open.event, at, seen);
        self.open = Some(open);
        change
    }
}

fn extents(places: &[FirePlace]) -> Vec<(u64, PixelBox)> {
    let extent = |place: &FirePlace| (place.key, place.extent);
    places.iter().map(extent).collect()
}

impl Rule for FireSmoke {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let at = observation.at;
        self.places.observe(observation);
        let cool_down = self.cool_down;
        self.cleared
            .retain(|cleared| at.since(cleared.at) < cool_down);
        let live = |key: u64| self.places.places().iter().any(|place| place.key == key);
        let told: Vec<_> = self
            .told
            .iter()
            .filter(|(key, _)| live(*key))
            .copied()
            .collect();
        self.told = told;
        let judged: Vec<(FirePlace, Judgement)> = self
            .places
            .places()
            .iter()
            .map(|place| (place, self.judge(place, observation)))
            .filter(|(_, judgement)| *judgement != Judgement::Unripe)
            .map(|(place, judgement)| (place.clone(), judgement))
            .collect();
        let mut burning = Vec::new();
        for (place, judgement) in judged {
            match judgement {
                Judgement::Burns => burning.push(place),
                Judgement::HeldBack(reason) => self.hold_back(&place, at, reason),
                Judgement::Unripe => {}
            }
        }
        let change = match self.open.take() {
            Some(open) => self.go_on(open, at, &burning),
            None if burning.is_empty() => None,
            None => Some(self.raise(at, &burning)),
        };
        change.into_iter().collect()
    }

    fn held_back(&mut self) -> Vec<HeldBack> {
        std::mem::take(&mut self.held_back)
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.places.forget();
        self.cleared.clear();
        self.told.clear();
        self.open
            .take()
            .map(|open| open.facts.clear(&open.event, at))
            .into_iter()
            .collect()
    }
}
