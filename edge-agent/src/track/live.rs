//! One track's life: what was seen of it, where it is expected, whether it is still there.

use std::sync::Arc;
use std::time::Duration;

use super::likeness::{self, Pace};
use super::motion::Motion;
use super::state::{Life, Track, TrackId};
use super::stillness::Stillness;
use super::tracker::TrackerOptions;
use crate::detect::Detection;
use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// One live track and what only the tracker knows of it.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) track: Track,
    motion: Motion,
    /// Where it is in this picture by the motion model.
    pub(super) expected: PixelBox,
    stillness: Stillness,
    votes: Vec<(Arc<str>, f32)>,
    hits: u32,
}

/// How a pass compares tracks with detections.
#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    /// Where the track is expected.
    Near,
    /// The same, more exactly.
    OnTheSpot,
    /// Anywhere that it may have got to.
    WithinReach,
}

impl Live {
    pub(super) fn begin(id: TrackId, at: StreamTime, detection: &Detection) -> Self {
        let track = Track {
            id,
            class: Arc::clone(&detection.class),
            score: detection.score,
            bbox: detection.bbox,
            first_seen: at,
            last_seen: at,
            life: Life::Tentative,
            still_since: None,
        };
        Self {
            track,
            motion: Motion::start(detection.bbox),
            expected: detection.bbox,
            stillness: Stillness::start(at, &detection.bbox),
            votes: vec![(Arc::clone(&detection.class), detection.score)],
            hits: 1,
        }
    }

    /// Moves on to the next picture.
    pub(super) fn predict(&mut self, dt: Duration) {
        // What stood still when it was covered stands there when it is uncovered.
        if self.track.life == Life::Lost && self.track.still_since.is_some() {
            self.motion.stand();
        }
        self.motion.predict(dt);
        self.expected = self.motion.bbox();
    }

    pub(super) fn is_seen(&self, at: StreamTime) -> bool {
        self.track.last_seen >= at
    }

    /// How alike it is to a detection; none where they cannot be one thing.
    pub(super) fn likeness(
        &self,
        detection: &Detection,
        at: StreamTime,
        comparison: Comparison,
    ) -> Option<f32> {
        let (expected, found) = (&self.expected, &detection.bbox);
        let likeness = match comparison {
            Comparison::Near => likeness::near(expected, found),
            Comparison::OnTheSpot => likeness::on_the_spot(expected, found),
            Comparison::WithinReach => {
                let absent = at.since(self.track.last_seen);
                let pace = Pace::of(&self.track.class);
                likeness::within_reach(expected, found, absent, pace)
            }
        };
        likeness.filter(|_| exchangeable(&self.track.class, &detection.class))
    }

    pub(super) fn see(&mut self, at: StreamTime, detection: &Detection, options: &TrackerOptions) {
        self.motion.correct(detection.bbox);
        self.hits = self.hits.saturating_add(1);
        self.vote(detection);
        let track = &mut self.track;
        track.bbox = halfway(&detection.bbox, &self.motion.bbox());
        track.last_seen = at;
        track.score = track.score.max(detection.score);
        let long_enough = at.since(track.first_seen) >= options.confirm_after;
        if track.life.is_believed() || (self.hits >= 2 && long_enough) {
            track.life = Life::Confirmed;
        }
        self.stillness.see(at, &track.bbox);
        track.still_since = self.stillness.since();
    }

    fn vote(&mut self, detection: &Detection) {
        let sum = self
            .votes
            .iter_mut()
            .find(|(class, _)| *class == detection.class);
        match sum {
            Some((_, sum)) => *sum += detection.score,
            None => self
                .votes
                .push((Arc::clone(&detection.class), detection.score)),
        }
        if self.votes.len() < 2 {
            return;
        }
        if let Some((class, _)) = self.votes.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            self.track.class = Arc::clone(class);
        }
    }

    /// What is not seen now is where the motion model expects it.
    pub(super) fn miss(&mut self, at: StreamTime) {
        if self.is_seen(at) {
            return;
        }
        self.track.bbox = self.expected;
        if self.track.life == Life::Confirmed {
            self.track.life = Life::Lost;
        }
    }

    pub(super) fn is_gone(&self, at: StreamTime, options: &TrackerOptions) -> bool {
        let patience = match (self.track.life, self.track.still_since) {
            (Life::Tentative, _) => options.tentative_patience,
            (_, Some(_)) => options.still_patience,
            (_, None) => options.lost_patience,
        };
        at.since(self.track.last_seen) > patience
    }
}

/// Models waver between car and lorry for one vehicle; a rider and the motorbike under them are two
/// things in one place.
pub(super) fn exchangeable(a: &Arc<str>, b: &Arc<str>) -> bool {
    let four_wheels = |class: &str| class == "car" || class == "large_vehicle";
    Arc::ptr_eq(a, b) || a == b || (four_wheels(a) && four_wheels(b))
}

fn halfway(a: &PixelBox, b: &PixelBox) -> PixelBox {
    PixelBox {
        x: f32::midpoint(a.x, b.x),
        y: f32::midpoint(a.y, b.y),
        w: f32::midpoint(a.w, b.w),
        h: f32::midpoint(a.h, b.h),
    }
}
