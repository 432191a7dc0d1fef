//! Occupied places: where things stay, however often their tracks change numbers.
//!
//! A tracker flickers and switches numbers; what stays is the place. An occupant is a place with
//! a thing in it, followed by its track's number first and by overlap when the number is gone.

use std::sync::Arc;
use std::time::Duration;

use super::event::Observation;
use super::left_object::OBJECT;
use crate::geometry::PixelBox;
use crate::scene::{Membership, Zone};
use crate::time::StreamTime;
use crate::track::{Track, TrackId};

/// Which things count, and when a place counts as left.
#[derive(Debug, Clone)]
pub(super) struct PlaceOptions {
    pub(super) zone: Option<Zone>,
    pub(super) membership: Membership,
    pub(super) classes: Vec<Arc<str>>,
    pub(super) min_confidence: f32,
    /// Most that a standing thing's middle wanders, as a share of its mean side; `None` lets it
    /// move about the zone.
    pub(super) max_move: Option<f32>,
    /// Absence after which a place that dwelled is free again.
    pub(super) clear_after: Duration,
    /// Stay after which a place counts as dwelled.
    pub(super) dwell: Duration,
}

/// Gaps of a detector that do not end a stay which has not dwelled yet.
const FLICKER: Duration = Duration::from_secs(2);
/// Stay after which an heir is believed.
const HEIR_STAYS: Duration = Duration::from_millis(800);
/// IoU from which a new track is the old thing under another number.
const SAME_PLACE_IOU: f32 = 0.3;

/// One place with a thing in it.
#[derive(Debug, Clone)]
pub(super) struct Occupant {
    /// Unique within one rule, never used again.
    pub(super) key: u64,
    /// When the stay began.
    pub(super) since: StreamTime,
    /// When the thing was last there.
    pub(super) present_at: StreamTime,
    /// Whether the stay lasted for the dwell.
    pub(super) dwelled: bool,
    /// The thing as it was when last there.
    pub(super) track: Track,
    anchor: PixelBox,
    id: TrackId,
    inheritance: Option<Inheritance>,
}

/// A change of number that may turn out to be another thing passing by.
#[derive(Debug, Clone, Copy)]
struct Inheritance {
    at: StreamTime,
    present_before: StreamTime,
}

/// The occupied places of one zone.
#[derive(Debug)]
pub(super) struct Places {
    options: PlaceOptions,
    occupants: Vec<Occupant>,
    next_key: u64,
}

impl Places {
    pub(super) fn new(options: PlaceOptions) -> Self {
        Self {
            options,
            occupants: Vec::new(),
            next_key: 0,
        }
    }

    /// The places as of the last observation, oldest first.
    pub(super) fn occupants(&self) -> &[Occupant] {
        &self.occupants
    }

    /// Takes the next observation. Places whose thing left are gone afterwards.
    pub(super) fn observe(&mut self, observation: &Observation<'_>) {
        let at = observation.at;
        let mut inside: Vec<&Track> = observation
            .tracks
            .iter()
            .filter(|track| self.options.counts(track, observation))
            .collect();
        let had: Vec<TrackId> = self.occupants.iter().map(|occupant| occupant.id).collect();
        for occupant in &mut self.occupants {
            if let Some(index) = inside.iter().position(|track| track.id == occupant.id) {
                occupant.visit(at, inside.swap_remove(index), &self.options);
            }
        }
        // A thing that is plainly elsewhere has not changed its number: nobody inherits its place.
        let elsewhere = |id: TrackId| {
            observation
                .tracks
                .iter()
                .any(|track| track.id == id && track.last_seen == at)
        };
        for occupant in &mut self.occupants {
            if occupant.present_at == at || elsewhere(occupant.id) {
                continue;
            }
            let heir = inside.iter().position(|track| {
                !had.contains(&track.id) && track.bbox.iou(&occupant.track.bbox) >= SAME_PLACE_IOU
            });
            if let Some(index) = heir {
                let present_before = occupant.present_at;
                occupant.inheritance = Some(Inheritance { at, present_before });
                occupant.visit(at, inside.swap_remove(index), &self.options);
            }
        }
        self.occupants
            .retain(|occupant| !occupant.is_gone(at, &self.options));
        for track in inside {
            self.settle(at, track);
        }
        for occupant in &mut self.occupants {
            occupant.dwelled |= occupant.present_at.since(occupant.since) >= self.options.dwell
                && occupant.present_at == at
                && occupant.inheritance.is_none();
        }
    }

    /// The stream broke: what comes next is another time line.
    pub(super) fn forget(&mut self) {
        self.occupants.clear();
    }

    fn settle(&mut self, at: StreamTime, track: &Track) {
        if self
            .occupants
            .iter()
            .any(|occupant| occupant.id == track.id)
        {
            return;
        }
        // A thing without a class is told of only once it stands.
        let stands = track.still_since.filter(|_| *track.class == *OBJECT);
        self.occupants.push(Occupant {
            key: self.next_key,
            since: stands.unwrap_or(at),
            present_at: at,
            dwelled: false,
            track: track.clone(),
            anchor: track.bbox,
            id: track.id,
            inheritance: None,
        });
        self.next_key += 1;
    }
}

impl PlaceOptions {
    /// Whether a track is a thing that counts, seen now, in the zone.
    pub(super) fn counts(&self, track: &Track, observation: &Observation<'_>) -> bool {
        track.life.is_believed()
            && track.last_seen == observation.at
            && track.score >= self.min_confidence
            && self.classes.contains(&track.class)
            && self
                .zone
                .as_ref()
                .is_none_or(|zone| zone.holds(&track.bbox, observation.size, self.membership))
    }
}

impl Occupant {
    /// The thing is seen: in its place, unless it moved away from it.
    fn visit(&mut self, at: StreamTime, track: &Track, options: &PlaceOptions) {
        self.id = track.id;
        let stays = options
            .max_move
            .is_none_or(|most| wandered(&self.anchor, &track.bbox) <= most);
        self.judge_heir(at, stays);
        if stays {
            self.present_at = at;
            self.track = track.clone();
        } else if !self.dwelled && at.since(self.since) <= FLICKER {
            // It is still rolling: its stay begins where it comes to rest.
            (self.anchor, self.since, self.present_at) = (track.bbox, at, at);
            self.track = track.clone();
        }
    }

    /// An heir that stays for a while is the thing itself; one that moves on was only passing, and
    /// the place is as empty as it was before.
    fn judge_heir(&mut self, at: StreamTime, stays: bool) {
        let Some(inheritance) = self.inheritance else {
            return;
        };
        if !stays {
            self.present_at = inheritance.present_before;
            self.inheritance = None;
        } else if at.since(inheritance.at) >= HEIR_STAYS {
            self.inheritance = None;
        }
    }

    fn is_gone(&self, at: StreamTime, options: &PlaceOptions) -> bool {
        let patience = if self.dwelled {
            options.clear_after
        } else {
            FLICKER.min(options.clear_after)
        };
        at.since(self.present_at) > patience
    }
}

/// How far a box's middle is from that of another, as a share of its mean side.
fn wandered(from: &PixelBox, to: &PixelBox) -> f32 {
    let (a, b) = (from.centre(), to.centre());
    let side = ((from.w + from.h) / 2.0).max(1.0);
    (b.x - a.x).hypot(b.y - a.y) / side
}
