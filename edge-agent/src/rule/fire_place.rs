//! Places where something seems to burn: boxes of flame and smoke that lie together, over time.
//!
//! No tracker: flames split, merge and change shape from one picture to the next; what stays is the
//! place. What does not belong here: the life of an event, thresholds of the whole.

use std::sync::Arc;
use std::time::Duration;

use super::event::Observation;
use super::score_window::{Hit, ScoreWindow};
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::scene::{Membership, Zone};
use crate::time::StreamTime;

/// Which boxes count.
#[derive(Debug, Clone)]
pub(super) struct FireFilter {
    pub(super) zone: Option<Zone>,
    pub(super) ignored: Vec<Zone>,
    /// Classes with the mean score from which each counts in full.
    pub(super) classes: Vec<(Arc<str>, f32)>,
    /// Largest box, as a share of the picture.
    pub(super) max_area: f32,
    pub(super) veto: Veto,
}

/// What a verifier's word counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Veto {
    /// Nothing.
    Never,
    /// It refutes below this probability; where there is none, below its maker's.
    Below(Option<f32>),
}

/// Strength from which a box says anything of a place: the mean decides, not the single picture.
const WEAKEST: f32 = 0.6;
/// Shortest side in pixels, and longest side in shortest ones, of a box that counts: a sliver along the
/// picture's edge is no fire. A far plume that the wind lays down is long, too (seen up to 8.2).
const LEAST_SIDE: f32 = 6.0;
const MOST_SLENDER: f32 = 6.0;
const MOST_SLENDER_SMOKE: f32 = 12.0;
/// Share of a box in the zone from which it counts.
const IN_ZONE: f32 = 0.3;
/// Share of a box in an ignored zone from which it does not.
const IGNORED: f32 = 0.5;
/// Share of the smaller of two boxes from which they are of one place.
const SAME_PLACE: f32 = 0.3;
/// Part of the strongest box's strength from which another one is a part of the same fire.
const OF_ONE_FIRE: f32 = 0.75;
/// How quickly a place follows its boxes: one fifth of the way a picture.
const FOLLOWS: f32 = 0.2;
/// Most places; beyond it the weakest new ones are not taken up.
const MOST_PLACES: usize = 64;

/// A box that counts.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    class: usize,
    hit: Hit,
}

impl FireFilter {
    /// The boxes of a picture that count, the strongest first.
    fn sightings(&self, observation: &Observation<'_>) -> Vec<Sighting> {
        let mut found: Vec<Sighting> = observation
            .detections
            .iter()
            .filter_map(|detection| self.sighting(detection, observation))
            .collect();
        found.sort_by(|a, b| b.hit.strength.total_cmp(&a.hit.strength));
        found
    }

    fn sighting(&self, detection: &Detection, observation: &Observation<'_>) -> Option<Sighting> {
        let class = self
            .classes
            .iter()
            .position(|(class, _)| *class == detection.class)?;
        let threshold = self.classes.get(class)?.1.max(0.01);
        let strength = detection.score / threshold;
        let (bbox, size) = (detection.bbox, observation.size);
        let (width, height) = size.as_f32();
        let within = |zone: &Zone, share| zone.holds(&bbox, size, Membership::Overlap(share));
        let counts = strength >= WEAKEST
            && is_compact(&bbox, &detection.class)
            && bbox.clipped(size).area() <= self.max_area * width * height
            && self.zone.as_ref().is_none_or(|zone| within(zone, IN_ZONE))
            && !self.ignored.iter().any(|zone| within(zone, IGNORED));
        let said = observation.verdicts.iter().find(|said| said.bbox == bbox);
        let verdict = said.and_then(|said| match self.veto {
            Veto::Never => None,
            Veto::Below(least) => Some(said.burning - least.unwrap_or(said.refutes_below)),
        });
        let hit = Hit {
            score: detection.score,
            strength,
            bbox,
            verdict,
        };
        counts.then_some(Sighting { class, hit })
    }
}

/// One place where something seems to burn.
#[derive(Debug, Clone)]
pub(super) struct FirePlace {
    /// Unique within one rule, never used again.
    pub(super) key: u64,
    pub(super) window: ScoreWindow,
    /// Where it is, following its boxes slowly.
    pub(super) extent: PixelBox,
    /// What it shows, as its index in the filter's classes: a weak haze around a flame must not speak
    /// for it.
    pub(super) class: usize,
}

impl FirePlace {
    /// Whether a box lies there.
    pub(super) fn holds(&self, bbox: &PixelBox) -> bool {
        together(&self.extent, bbox) >= SAME_PLACE
    }

    fn likeness(&self, sighting: &Sighting) -> f32 {
        match sighting.class == self.class {
            true => together(&self.extent, &sighting.hit.bbox),
            false => 0.0,
        }
    }

    fn take(&mut self, at: StreamTime, sightings: &[Sighting]) {
        let Some(first) = sightings.first() else {
            self.window.push(at, None);
            return;
        };
        // What is much weaker than the strongest says nothing of the place.
        let telling = || {
            let least = OF_ONE_FIRE * first.hit.strength;
            sightings
                .iter()
                .filter(move |sighting| sighting.hit.strength >= least)
        };
        let all = telling().fold(first.hit.bbox, |all, more| union(&all, &more.hit.bbox));
        self.window.push(at, Some(first.hit));
        self.extent = towards(&self.extent, &all, FOLLOWS);
    }
}

/// The places of one camera.
#[derive(Debug)]
pub(super) struct FirePlaces {
    filter: FireFilter,
    span: Duration,
    least_pictures: usize,
    /// Of the last picture: boxes of another size lie elsewhere.
    size: Option<PictureSize>,
    places: Vec<FirePlace>,
    next_key: u64,
}

impl FirePlaces {
    pub(super) const fn new(filter: FireFilter, span: Duration, least_pictures: usize) -> Self {
        Self {
            filter,
            span,
            least_pictures,
            size: None,
            places: Vec::new(),
            next_key: 0,
        }
    }

    /// Every place with a sighting in its window, oldest first.
    pub(super) fn places(&self) -> &[FirePlace] {
        &self.places
    }

    /// Takes the next observation; places without a sighting left in their window are gone, and all are
    /// where the pictures are of another size: a folder of many cameras' pictures is no one place.
    pub(super) fn observe(&mut self, observation: &Observation<'_>) {
        if self.size != Some(observation.size) {
            self.size = Some(observation.size);
            self.places.clear();
        }
        let sightings = self.filter.sightings(observation);
        let mut of_place: Vec<Vec<Sighting>> = vec![Vec::new(); self.places.len()];
        for sighting in sightings {
            let nearest = self
                .places
                .iter()
                .map(|place| place.likeness(&sighting))
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .filter(|(_, likeness)| *likeness >= SAME_PLACE);
            match nearest {
                Some((index, _)) => of_place[index].push(sighting),
                None if self.places.len() < MOST_PLACES => {
                    self.places.push(self.place_of(&sighting));
                    self.next_key += 1;
                    of_place.push(vec![sighting]);
                }
                None => {}
            }
        }
        for (place, sightings) in self.places.iter_mut().zip(of_place) {
            place.take(observation.at, &sightings);
        }
        self.places.retain(|place| place.window.hit_count() > 0);
    }

    /// The stream broke: what comes next is another time line.
    pub(super) fn forget(&mut self) {
        self.places.clear();
    }

    fn place_of(&self, sighting: &Sighting) -> FirePlace {
        FirePlace {
            key: self.next_key,
            window: ScoreWindow::new(self.span, self.least_pictures),
            extent: sighting.hit.bbox,
            class: sighting.class,
        }
    }
}

fn is_compact(bbox: &PixelBox, class: &str) -> bool {
    let (short, long) = (bbox.w.min(bbox.h), bbox.w.max(bbox.h));
    let most = match class {
        "smoke" => MOST_SLENDER_SMOKE,
        _ => MOST_SLENDER,
    };
    short >= LEAST_SIDE && long <= most * short
}

/// The share of the smaller box that lies in the other, 0 to 1.
pub(super) fn together(a: &PixelBox, b: &PixelBox) -> f32 {
    let smaller = a.area().min(b.area());
    if smaller > 0.0 {
        a.intersection(b) / smaller
    } else {
        0.0
    }
}

fn union(a: &PixelBox, b: &PixelBox) -> PixelBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    PixelBox {
        x,
        y,
        w: (a.x + a.w).max(b.x + b.w) - x,
        h: (a.y + a.h).max(b.y + b.h) - y,
    }
}

fn towards(from: &PixelBox, to: &PixelBox, share: f32) -> PixelBox {
    let mix = |a: f32, b: f32| (b - a).mul_add(share, a);
    PixelBox {
        x: mix(from.x, to.x),
        y: mix(from.y, to.y),
        w: mix(from.w, to.w),
        h: mix(from.h, to.h),
    }
}
