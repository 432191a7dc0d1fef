//! Tracks over time: association in passes as in `ByteTrack` (Zhang et al., 2022), life cycle in
//! seconds of stream time.
//!
//! A track is tentative until it was detected for long enough, then confirmed; undetected it is
//! lost and coasts, and after a while it is removed. Numbers are never used again.

use std::sync::Arc;
use std::time::Duration;

use super::assignment::{Pair, assign};
use super::live::{Comparison, Live, exchangeable};
use super::state::{Track, TrackId};
use crate::config::Manifest;
use crate::detect::Detection;
use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// How the tracker decides.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerOptions {
    /// Least score of a detection that may begin a track, and that is matched first. Weaker ones
    /// only keep tracks alive. It belongs to the detector's scale of scores. Default 0.4.
    pub strong_score: f32,
    /// The same for single classes. Default: none has its own.
    pub strong_by_class: Vec<(Arc<str>, f32)>,
    /// Age at which a track that was detected again is believed. Default 0.1 s.
    pub confirm_after: Duration,
    /// Absence after which a tentative track is gone. Default 0.5 s.
    pub tentative_patience: Duration,
    /// Absence after which a confirmed track is gone. Default 2 s.
    pub lost_patience: Duration,
    /// The same for a track that stood still: what drives by covers a parked car. Default 8 s.
    pub still_patience: Duration,
    /// Most live tracks; beyond it none begins. Default 512.
    pub most_tracks: usize,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        Self {
            strong_score: 0.4,
            strong_by_class: Vec::new(),
            confirm_after: Duration::from_millis(100),
            tentative_patience: Duration::from_millis(500),
            lost_patience: Duration::from_secs(2),
            still_patience: Duration::from_secs(8),
            most_tracks: 512,
        }
    }
}

impl TrackerOptions {
    /// What suits a model's scale of scores.
    #[must_use]
    pub fn of(model: &Manifest) -> Self {
        let classes = model.object_classes().into_iter();
        let own = classes.map(|class| (Arc::from(class), model.strong_score(class)));
        Self {
            strong_score: model.strong_score(""),
            strong_by_class: own.collect(),
            ..Self::default()
        }
    }

    fn is_strong(&self, detection: &Detection) -> bool {
        let mut own = self.strong_by_class.iter();
        let own = own.find(|(class, _)| *class == detection.class);
        detection.score >= own.map_or(self.strong_score, |(_, least)| *least)
    }
}

/// From this `IoU` on, two detections of exchangeable classes are one thing seen twice.
const SAME_THING_IOU: f32 = 0.7;
/// A detection that overlaps a tracked one of its class by this much begins no track: detectors see
/// one person twice, whole and cut off.
const SECOND_LOOK_IOU: f32 = 0.6;

/// Follows one camera's objects.
#[derive(Debug)]
pub struct Tracker {
    options: TrackerOptions,
    live: Vec<Live>,
    next_id: u64,
    now: Option<StreamTime>,
}

/// The detections of one picture, and which of them belong to no track yet.
struct Offers<'a> {
    detections: Vec<&'a Detection>,
    taken: Vec<bool>,
    strong: Vec<bool>,
}

/// Who may meet whom in one pass, and how they are compared.
#[derive(Clone, Copy)]
struct Pass {
    tracks: Believed,
    detections: Strength,
    comparison: Comparison,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Believed {
    Yes,
    No,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

/// Believed tracks choose first, so that what flashes up beside a person does not take their place;
/// weak detections keep only what is believed.
const PASSES: [Pass; 5] = {
    const fn pass(tracks: Believed, detections: Strength, comparison: Comparison) -> Pass {
        Pass {
            tracks,
            detections,
            comparison,
        }
    }
    [
        pass(Believed::Yes, Strength::Strong, Comparison::Near),
        pass(Believed::Yes, Strength::Weak, Comparison::OnTheSpot),
        pass(Believed::Yes, Strength::Strong, Comparison::WithinReach),
        pass(Believed::No, Strength::Strong, Comparison::Near),
        pass(Believed::No, Strength::Strong, Comparison::WithinReach),
    ]
};

impl Tracker {
    /// A tracker that has seen nothing yet.
    #[must_use]
    pub const fn new(options: TrackerOptions) -> Self {
        Self {
            options,
            live: Vec::new(),
            next_id: 1,
            now: None,
        }
    }

    /// Takes one picture's detections; returns every live track, seen now or coasting, by number.
    pub fn step(&mut self, at: StreamTime, detections: &[Detection]) -> Vec<Track> {
        let dt = self.now.map_or(Duration::ZERO, |before| at.since(before));
        self.now = Some(self.now.map_or(at, |before| before.max(at)));
        self.live.iter_mut().for_each(|live| live.predict(dt));
        let mut offers = Offers::of(detections, &self.options);
        for pass in PASSES {
            self.associate(at, &mut offers, pass);
        }
        self.live.retain(|live| !live.is_gone(at, &self.options));
        for detection in offers.left() {
            self.begin(at, detection);
        }
        self.live.iter_mut().for_each(|live| live.miss(at));
        self.live.iter().map(|live| live.track.clone()).collect()
    }

    /// Takes other options, from the next picture on.
    pub fn set_options(&mut self, options: TrackerOptions) {
        self.options = options;
    }

    /// The stream broke: forgets all tracks and the time. Numbers go on.
    pub fn forget(&mut self) {
        self.live.clear();
        self.now = None;
    }

    /// Matches the tracks not yet seen at `at` with the detections not yet taken.
    fn associate(&mut self, at: StreamTime, offers: &mut Offers<'_>, pass: Pass) {
        let mut pairs = Vec::new();
        for (row, live) in self.live.iter().enumerate() {
            let believed = live.track.life.is_believed();
            if live.is_seen(at) || believed != (pass.tracks == Believed::Yes) {
                continue;
            }
            for (column, detection) in offers.free() {
                if offers.strong[column] != (pass.detections == Strength::Strong) {
                    continue;
                }
                let likeness = live.likeness(detection, at, pass.comparison);
                pairs.extend(likeness.map(|likeness| Pair {
                    row,
                    column,
                    likeness,
                }));
            }
        }
        for (row, column) in assign(pairs) {
            self.live[row].see(at, offers.detections[column], &self.options);
            offers.taken[column] = true;
        }
    }

    fn begin(&mut self, at: StreamTime, detection: &Detection) {
        let second_look = |live: &Live| {
            live.is_seen(at)
                && exchangeable(&live.track.class, &detection.class)
                && live.track.bbox.iou(&detection.bbox) >= SECOND_LOOK_IOU
        };
        if !self.options.is_strong(detection)
            || self.live.len() >= self.options.most_tracks
            || self.live.iter().any(second_look)
        {
            return;
        }
        let id = TrackId(self.next_id);
        self.next_id += 1;
        self.live.push(Live::begin(id, at, detection));
    }
}

impl<'a> Offers<'a> {
    /// Best first, without those that show a thing a second time under an exchangeable class.
    fn of(detections: &'a [Detection], options: &TrackerOptions) -> Self {
        let mut best_first: Vec<&Detection> =
            detections.iter().filter(|d| is_real(&d.bbox)).collect();
        best_first.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<&Detection> = Vec::with_capacity(best_first.len());
        for candidate in best_first {
            let again = kept.iter().any(|better| {
                better.class != candidate.class
                    && exchangeable(&better.class, &candidate.class)
                    && better.bbox.iou(&candidate.bbox) >= SAME_THING_IOU
            });
            if !again {
                kept.push(candidate);
            }
        }
        Self {
            taken: vec![false; kept.len()],
            strong: kept.iter().map(|one| options.is_strong(one)).collect(),
            detections: kept,
        }
    }

    fn free(&self) -> impl Iterator<Item = (usize, &'a Detection)> {
        let all = self.detections.iter().zip(&self.taken).enumerate();
        all.filter(|(_, (_, taken))| !**taken)
            .map(|(index, (detection, _))| (index, *detection))
    }

    fn left(&self) -> impl Iterator<Item = &'a Detection> {
        self.free().map(|(_, detection)| detection)
    }
}

fn is_real(bbox: &PixelBox) -> bool {
    [bbox.x, bbox.y, bbox.w, bbox.h]
        .iter()
        .all(|side| side.is_finite())
        && bbox.w > 0.0
        && bbox.h > 0.0
}

#[cfg(test)]
mod tests;
