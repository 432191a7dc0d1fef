//! Things without a class: what stands in the view and did not before, told like a track. Goods, a
//! stall, a bag; not a person or an animal that the detector knows and the rule does not count.
//!
//! What does not belong here: where a thing counts, and for how long it must stand (`place`).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::event::Observation;
use crate::geometry::PixelBox;
use crate::motion::{PoseSign, RegionId, SceneSigns, StillRegion, View};
use crate::time::StreamTime;
use crate::track::{Life, Track, TrackId};

/// The class of a thing that has none.
pub(super) const OBJECT: &str = "object";

/// Detections from this score on say what a thing is.
const SAYS: f32 = 0.3;
/// They do where they cover so much of it,
const COVERS: f32 = 0.6;
/// and it fills so much of them: a bag beside somebody's feet is no part of them.
const FILLS: f32 = 0.2;
/// A thing that was taken for something else in more than this share of the looks is that.
const TAKEN_FOR: f32 = 0.3;
/// Looks that count; the older half is forgotten beyond.
const MOST_LOOKS: u32 = 400;
/// Something larger than this share of the picture is no thing on the ground, but the view itself.
const LARGEST: f32 = 0.3;
/// What was seen so long ago is not known any more.
const KNOWN_FOR: Duration = Duration::from_secs(15);
/// Boxes of one region that have so much in common (IoU) are of one thing; what has less became another:
/// somebody left, and what stood beside him did not.
const SAME_SHAPE: f32 = 0.5;
/// So much of a thing's box in what it became part of: somebody stands by it.
const SWALLOWED: f32 = 0.7;
/// Looks after which what became another thing is judged anew: two seconds at five pictures a second, as
/// long as a detector may flicker elsewhere.
const ENOUGH_LOOKS: u32 = 5;
/// A difference of so many levels to the ground is as good as none.
const FAINT: f32 = 20.0;
/// Track numbers of things without a class begin here: trackers never get there, and JSON holds it.
const FIRST_NUMBER: u64 = 1 << 52;

/// What stands there and has no class.
#[derive(Debug)]
pub(super) struct ObjectWitness {
    /// Classes that the rule counts by themselves.
    counted: Vec<Arc<str>>,
    taken_for: HashMap<RegionId, Looks>,
    standing: Vec<StillRegion>,
    looked_at: Option<StreamTime>,
    /// The first picture since the rule looks: nothing stood in its hours before.
    since: Option<StreamTime>,
}

/// How often something was looked at, and taken for something that the detector knows.
#[derive(Debug, Clone, Copy)]
struct Looks {
    /// What is looked at: the box that it had when the counts began.
    shape: PixelBox,
    /// Since when it stands as that.
    since: StreamTime,
    all: u32,
    explained: u32,
    /// What was made of it before it became another thing.
    before: Option<Nature>,
}

/// What something that stands there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// A thing without a class.
    Object,
    /// Something that the detector knows and the rule does not count.
    SomethingElse,
}

impl ObjectWitness {
    pub(super) fn new(counted: Vec<Arc<str>>) -> Self {
        Self {
            counted,
            taken_for: HashMap::new(),
            standing: Vec::new(),
            looked_at: None,
            since: None,
        }
    }

    /// The observation's tracks, and what stands there beside them.
    pub(super) fn beside_tracks(&mut self, observation: &Observation<'_>) -> Vec<Track> {
        let at = observation.at;
        let since = *self.since.get_or_insert(at);
        if let Some(scene) = observation.scene {
            self.look(observation, scene);
        }
        if self.looked_at.is_none_or(|last| at.since(last) > KNOWN_FOR) {
            self.standing.clear();
        }
        let mut tracks = observation.tracks.to_vec();
        let things = self.standing.iter().filter(|thing| {
            !self.is_something_else(thing) && !self.is_tracked(&thing.bbox, observation)
        });
        tracks.extend(things.map(|thing| told(thing, at, since)));
        tracks
    }

    /// The rule looks no more.
    pub(super) fn forget(&mut self) {
        self.taken_for.clear();
        self.standing.clear();
        (self.looked_at, self.since) = (None, None);
    }

    fn look(&mut self, observation: &Observation<'_>, scene: &SceneSigns) {
        // A picture that shows no known view says nothing: what was known stays for a while.
        if scene.motion.view != View::Steady || scene.pose == PoseSign::Turning {
            if scene.motion.view == View::Relearnt {
                self.standing.clear();
            }
            return;
        }
        let (width, height) = observation.size.as_f32();
        self.looked_at = Some(observation.at);
        self.standing.clear();
        let things = scene.motion.still.iter();
        let small = things.filter(|thing| thing.bbox.area() <= LARGEST * width * height);
        self.standing.extend(small.copied());
        let known = &self.standing;
        self.taken_for
            .retain(|id, _| known.iter().any(|thing| thing.id == *id));
        for thing in &mut self.standing {
            let looks = self.taken_for.entry(thing.id);
            let looks = looks.or_insert_with(|| Looks::of(thing));
            looks.follow(thing, observation.at);
            (thing.bbox, thing.since) = (looks.shape, looks.since);
            let explained = is_explained(&thing.bbox, observation, &self.counted);
            looks.note(explained);
        }
    }

    fn is_something_else(&self, thing: &StillRegion) -> bool {
        let looks = self.taken_for.get(&thing.id);
        looks.is_some_and(|looks| looks.nature() == Nature::SomethingElse)
    }

    /// Whether it is one of the things that the tracker follows and the rule counts anyway.
    fn is_tracked(&self, bbox: &PixelBox, observation: &Observation<'_>) -> bool {
        observation.tracks.iter().any(|track| {
            track.life.is_believed()
                && track.last_seen == observation.at
                && self.counted.contains(&track.class)
                && covers(&track.bbox, bbox)
        })
    }
}

impl Looks {
    const fn of(thing: &StillRegion) -> Self {
        Self {
            shape: thing.bbox,
            since: thing.since,
            all: 0,
            explained: 0,
            before: None,
        }
    }

    /// The thing is seen as this now. What grew around it is somebody beside it, or more of the same;
    /// what is left of it, or lies elsewhere, is another thing and stands since now.
    fn follow(&mut self, thing: &StillRegion, at: StreamTime) {
        let same = thing.bbox.iou(&self.shape) >= SAME_SHAPE;
        let swallowed = thing.bbox.intersection(&self.shape) >= SWALLOWED * self.shape.area();
        if !same && !swallowed {
            *self = Self {
                shape: thing.bbox,
                since: at,
                all: 0,
                explained: 0,
                before: Some(self.nature()),
            };
        } else if same {
            self.shape = thing.bbox;
        }
    }

    fn nature(&self) -> Nature {
        if let Some(before) = self.before.filter(|_| self.all < ENOUGH_LOOKS) {
            return before;
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundred looks")]
        let share = self.explained as f32 / self.all.max(1) as f32;
        match share > TAKEN_FOR {
            true => Nature::SomethingElse,
            false => Nature::Object,
        }
    }

    const fn note(&mut self, explained: bool) {
        if self.all >= MOST_LOOKS {
            (self.all, self.explained) = (self.all / 2, self.explained / 2);
        }
        self.all += 1;
        if explained {
            self.explained += 1;
        }
    }
}

/// Whether the detector sees something there that the rule does not count.
fn is_explained(bbox: &PixelBox, observation: &Observation<'_>, counted: &[Arc<str>]) -> bool {
    observation.detections.iter().any(|seen| {
        seen.score >= SAYS
            && is_solid(&seen.class)
            && !counted.contains(&seen.class)
            && covers(&seen.bbox, bbox)
    })
}

/// Fire and smoke hide nothing and are nothing that stands.
fn is_solid(class: &str) -> bool {
    !matches!(class, "fire" | "smoke")
}

fn covers(seen: &PixelBox, thing: &PixelBox) -> bool {
    let common = seen.intersection(thing);
    common >= COVERS * thing.area() && common >= FILLS * seen.area()
}

fn told(thing: &StillRegion, at: StreamTime, watched_since: StreamTime) -> Track {
    let since = thing.since.max(watched_since);
    Track {
        id: TrackId(FIRST_NUMBER + thing.id.0),
        class: OBJECT.into(),
        score: thing.contrast / (thing.contrast + FAINT),
        bbox: thing.bbox,
        first_seen: since,
        last_seen: at,
        life: Life::Confirmed,
        still_since: Some(since),
    }
}
