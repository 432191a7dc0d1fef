//! Things that stay in a zone for longer than a dwell: the core of encroachment and parking rules.
//!
//! Encroachment is a state of the zone: one event from the first thing that dwelled to the last
//! that left. Parking is an act of each vehicle: one event a place.

use std::collections::HashMap;
use std::time::Duration;

use super::event::{EventChange, Observation, Rule};
use super::left_object::ObjectWitness;
use super::life::{Facts, OpenEvent};
use super::place::{Occupant, PlaceOptions, Places};
use crate::geometry::PixelBox;
use crate::time::StreamTime;
use crate::track::Track;

/// What an event is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Of the zone, for as long as anything that dwelled is in it.
    Zone,
    /// Of each place.
    Place,
}

/// Things that stay in a zone.
#[derive(Debug)]
pub(super) struct ZoneDwell {
    facts: Facts,
    grouping: Grouping,
    cool_down: Duration,
    places: Places,
    open: HashMap<u64, OpenEvent>,
    cleared: Vec<Cleared>,
    objects: Option<ObjectWitness>,
}

/// A place, or the zone, that is cooling down.
#[derive(Debug)]
struct Cleared {
    at: StreamTime,
    bbox: Option<PixelBox>,
}

/// All events of a zone have this key; places count from 0 and never get there.
const ZONE_KEY: u64 = u64::MAX;
/// IoU from which a vehicle stands where another one was cleared.
const SAME_PLACE_IOU: f32 = 0.3;

impl ZoneDwell {
    pub(super) fn new(
        facts: Facts,
        grouping: Grouping,
        cool_down: Duration,
        options: PlaceOptions,
    ) -> Self {
        let places = Places::new(options);
        Self {
            facts,
            grouping,
            cool_down,
            places,
            open: HashMap::new(),
            cleared: Vec::new(),
            objects: None,
        }
    }

    /// The same, where what nobody has a class for counts too.
    pub(super) fn with_objects(self, objects: Option<ObjectWitness>) -> Self {
        Self { objects, ..self }
    }

    fn key_of(&self, occupant: &Occupant) -> u64 {
        match self.grouping {
            Grouping::Zone => ZONE_KEY,
            Grouping::Place => occupant.key,
        }
    }

    /// What dwelled, by event, in the order of arrival.
    fn groups(&self) -> Vec<(u64, Vec<Occupant>)> {
        let mut groups: Vec<(u64, Vec<Occupant>)> = Vec::new();
        for occupant in self
            .places
            .occupants()
            .iter()
            .filter(|occupant| occupant.dwelled)
        {
            let key = self.key_of(occupant);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(occupant.clone()),
                None => groups.push((key, vec![occupant.clone()])),
            }
        }
        groups
    }

    fn cools_down(&self, at: StreamTime, members: &[Occupant]) -> bool {
        self.cleared.iter().any(|cleared| {
            at.since(cleared.at) < self.cool_down
                && cleared.bbox.is_none_or(|bbox| {
                    members
                        .iter()
                        .any(|member| member.track.bbox.iou(&bbox) >= SAME_PLACE_IOU)
                })
        })
    }
}

impl Rule for ZoneDwell {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let at = observation.at;
        let before: HashMap<u64, PixelBox> = self
            .places
            .occupants()
            .iter()
            .map(|o| (o.key, o.track.bbox))
            .collect();
        match &mut self.objects {
            Some(objects) => {
                let tracks = objects.beside_tracks(observation);
                self.places.observe(&Observation {
                    tracks: &tracks,
                    ..*observation
                });
            }
            None => self.places.observe(observation),
        }
        self.cleared
            .retain(|cleared| at.since(cleared.at) < self.cool_down);
        let groups = self.groups();
        let mut changes = Vec::new();
        let over: Vec<u64> = self
            .open
            .keys()
            .filter(|open| !groups.iter().any(|(key, _)| key == *open))
            .copied()
            .collect();
        for key in over {
            if let Some(open) = self.open.remove(&key) {
                changes.push(self.facts.clear(&open, at));
                self.cleared.push(Cleared {
                    at,
                    bbox: before.get(&key).copied(),
                });
            }
        }
        for (key, members) in &groups {
            let present: Vec<Track> = members
                .iter()
                .filter(|member| member.present_at == at)
                .map(|member| member.track.clone())
                .collect();
            if let Some(open) = self.open.get_mut(key) {
                changes.extend(self.facts.update(open, at, present));
                continue;
            }
            if present.is_empty() || self.cools_down(at, members) {
                continue;
            }
            let began = members
                .iter()
                .map(|member| member.since)
                .min()
                .unwrap_or(at);
            let (open, change) = self.facts.raise(at, began, present);
            self.open.insert(*key, open);
            changes.push(change);
        }
        changes
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        let open = std::mem::take(&mut self.open);
        let mut changes: Vec<EventChange> = open
            .values()
            .map(|open| self.facts.clear(open, at))
            .collect();
        changes.sort_by_key(|change| change.event_id);
        self.places.forget();
        self.objects.iter_mut().for_each(ObjectWitness::forget);
        self.cleared.clear();
        changes
    }
}
