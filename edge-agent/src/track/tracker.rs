//! Tracks over time: two-pass association as in ByteTrack (Zhang et al., 2022), life cycle in
//! seconds of stream time.
//!
//! A track is tentative until it was detected for long enough, then confirmed; undetected it is
//! lost and coasts, and after a while it is gone. Numbers are never used again.

use std::sync::Arc;
use std::time::Duration;

use super::assignment::assign;
use super::motion::Motion;
use super::state::{Track, TrackId};
use crate::detect::Detection;
use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// How the tracker decides.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerOptions {
    /// Least score of a detection that may begin a track, and that is matched first. Weaker ones
    /// only keep tracks alive. Default 0.4.
    pub high_score: f32,
    /// Age at which a track that was detected again is believed. Default 0.1 s.
    pub confirm_after: Duration,
    /// Absence after which a tentative track is gone. Default 0.5 s.
    pub tentative_patience: Duration,
    /// Absence after which a confirmed track is gone. Default 2 s.
    pub lost_patience: Duration,
    /// Most live tracks; beyond it none begins. Default 512.
    pub most_tracks: usize,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        Self {
            high_score: 0.4,
            confirm_after: Duration::from_millis(100),
            tentative_patience: Duration::from_millis(500),
            lost_patience: Duration::from_secs(2),
            most_tracks: 512,
        }
    }
}

/// Least IoU of a strong detection with a track's prediction.
const HIGH_IOU: f32 = 0.2;
/// Least IoU of a weak detection: it must lie well, since its score says little.
const LOW_IOU: f32 = 0.4;
/// Least IoU of boxes enlarged by half: finds what moved by more than its size between two
/// pictures a fifth of a second apart (C-BIoU, Yang et al., 2023).
const ENLARGED_IOU: f32 = 0.1;
/// From this IoU on, two detections of exchangeable classes are one thing seen twice.
const SAME_THING_IOU: f32 = 0.7;

/// Follows one camera's objects.
#[derive(Debug)]
pub struct Tracker {
    options: TrackerOptions,
    live: Vec<Live>,
    next_id: u64,
    now: Option<StreamTime>,
}

#[derive(Debug)]
struct Live {
    track: Track,
    motion: Motion,
    votes: Vec<(Arc<str>, f32)>,
    hits: u32,
}

impl Tracker {
    /// A tracker that has seen nothing yet.
    #[must_use]
    pub fn new(options: TrackerOptions) -> Self {
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
        for live in &mut self.live {
            live.motion.predict(dt);
        }
        let mut unmatched = distinct(detections);
        self.associate(at, &mut unmatched);
        self.live.retain(|live| !live.is_gone(at, &self.options));
        for detection in unmatched {
            self.begin(at, detection);
        }
        self.live.iter_mut().for_each(|live| live.show(at));
        self.live.iter().map(|live| live.track.clone()).collect()
    }

    /// The stream broke: forgets all tracks and the time. Numbers go on.
    pub fn forget(&mut self) {
        self.live.clear();
        self.now = None;
    }

    fn associate(&mut self, at: StreamTime, unmatched: &mut Vec<&Detection>) {
        let high = self.options.high_score;
        let strong = |detection: &Detection| detection.score >= high;
        let weak = |detection: &Detection| detection.score < high;
        self.pass(at, unmatched, strong, iou, HIGH_IOU);
        self.pass(at, unmatched, weak, iou, LOW_IOU);
        self.pass(at, unmatched, strong, enlarged_iou, ENLARGED_IOU);
    }

    /// Matches the tracks not yet seen at `at` with the detections that `admit` lets in.
    fn pass(
        &mut self,
        at: StreamTime,
        unmatched: &mut Vec<&Detection>,
        admit: impl Fn(&Detection) -> bool,
        likeness: fn(&PixelBox, &PixelBox) -> f32,
        least: f32,
    ) {
        let tracks: Vec<usize> = (0..self.live.len())
            .filter(|&index| !self.live[index].is_seen(at))
            .collect();
        let offered: Vec<usize> = (0..unmatched.len())
            .filter(|&index| admit(unmatched[index]))
            .collect();
        let cost = |live: &Live, detection: &Detection| {
            let alike = exchangeable(&live.track.class, &detection.class);
            let likeness = likeness(&live.motion.bbox(), &detection.bbox);
            // The threshold itself is a match, so the forbidden cost lies just above it.
            if alike && likeness >= least {
                1.0 - likeness
            } else {
                2.0
            }
        };
        let costs: Vec<Vec<f32>> = tracks
            .iter()
            .map(|&track| {
                offered
                    .iter()
                    .map(|&offer| cost(&self.live[track], unmatched[offer]))
                    .collect()
            })
            .collect();
        let mut taken = Vec::new();
        for (row, column) in assign(&costs, offered.len(), 1.5) {
            self.live[tracks[row]].see(at, unmatched[offered[column]], &self.options);
            taken.push(offered[column]);
        }
        taken.sort_unstable();
        for index in taken.into_iter().rev() {
            unmatched.swap_remove(index);
        }
    }

    fn begin(&mut self, at: StreamTime, detection: &Detection) {
        if detection.score < self.options.high_score || self.live.len() >= self.options.most_tracks
        {
            return;
        }
        let track = Track {
            id: TrackId(self.next_id),
            class: Arc::clone(&detection.class),
            score: detection.score,
            bbox: detection.bbox,
            first_seen: at,
            last_seen: at,
            confirmed: false,
        };
        self.next_id += 1;
        self.live.push(Live {
            track,
            motion: Motion::start(detection.bbox),
            votes: vec![(Arc::clone(&detection.class), detection.score)],
            hits: 1,
        });
    }
}

impl Live {
    fn is_seen(&self, at: StreamTime) -> bool {
        self.track.last_seen >= at
    }

    fn see(&mut self, at: StreamTime, detection: &Detection, options: &TrackerOptions) {
        self.motion.correct(detection.bbox);
        self.hits = self.hits.saturating_add(1);
        self.vote(detection);
        let track = &mut self.track;
        track.bbox = detection.bbox;
        track.last_seen = at;
        track.score = track.score.max(detection.score);
        track.confirmed |= self.hits >= 2 && at.since(track.first_seen) >= options.confirm_after;
    }

    fn vote(&mut self, detection: &Detection) {
        match self
            .votes
            .iter_mut()
            .find(|(class, _)| *class == detection.class)
        {
            Some((_, sum)) => *sum += detection.score,
            None => self
                .votes
                .push((Arc::clone(&detection.class), detection.score)),
        }
        if let Some((class, _)) = self.votes.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            self.track.class = Arc::clone(class);
        }
    }

    fn is_gone(&self, at: StreamTime, options: &TrackerOptions) -> bool {
        let patience = match self.track.confirmed {
            true => options.lost_patience,
            false => options.tentative_patience,
        };
        at.since(self.track.last_seen) > patience
    }

    /// What is not seen now is where the motion model expects it.
    fn show(&mut self, at: StreamTime) {
        if !self.is_seen(at) {
            self.track.bbox = self.motion.bbox();
        }
    }
}

/// Detections without those that show a thing a second time under an exchangeable class.
fn distinct(detections: &[Detection]) -> Vec<&Detection> {
    let mut best_first: Vec<&Detection> = detections.iter().filter(|d| is_real(&d.bbox)).collect();
    best_first.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<&Detection> = Vec::new();
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
    kept
}

fn is_real(bbox: &PixelBox) -> bool {
    [bbox.x, bbox.y, bbox.w, bbox.h]
        .iter()
        .all(|side| side.is_finite())
        && bbox.w > 0.0
        && bbox.h > 0.0
}

/// Models waver between car and lorry for one vehicle; a rider and the motorbike under them are two
/// things in one place.
fn exchangeable(a: &str, b: &str) -> bool {
    let four_wheels = |class: &str| class == "car" || class == "large_vehicle";
    a == b || (four_wheels(a) && four_wheels(b))
}

fn iou(a: &PixelBox, b: &PixelBox) -> f32 {
    a.iou(b)
}

fn enlarged_iou(a: &PixelBox, b: &PixelBox) -> f32 {
    let enlarged = |bbox: &PixelBox| PixelBox {
        x: bbox.x - bbox.w / 2.0,
        y: bbox.y - bbox.h / 2.0,
        w: 2.0 * bbox.w,
        h: 2.0 * bbox.h,
    };
    enlarged(a).iou(&enlarged(b))
}

#[cfg(test)]
mod tests;
