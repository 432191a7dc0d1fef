//! One camera's analysis: tracker, scene and rules, the same in `run` and `replay`.
//!
//! Pure: detections and a time in, tracks and event changes out. What does not belong here:
//! pictures, models, queues.

use crate::config::{CameraConfig, DangerLevel};
use crate::detect::Detection;
use crate::geometry::PictureSize;
use crate::rule::{self, EventChange, HeldBack, Observation, Rule};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{Track, Tracker, TrackerOptions};
use crate::verify::Verdict;

/// What one picture led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Every live track, seen in this picture or coasting.
    pub tracks: Vec<Track>,
    /// What the rules say, in the order of the configuration.
    pub changes: Vec<EventChange>,
    /// What the rules nearly said, and why not.
    pub held_back: Vec<HeldBack>,
}

/// What is known of one picture.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Its time.
    pub at: StreamTime,
    /// Its size.
    pub size: PictureSize,
    /// What the detector saw in it.
    pub detections: &'a [Detection],
    /// What the second look said of that.
    pub verdicts: &'a [Verdict],
}

/// Tracker and rules of one camera.
pub struct CameraAnalysis {
    tracker: Tracker,
    rules: Vec<Box<dyn Rule>>,
    danger_level: Option<DangerLevel>,
}

impl CameraAnalysis {
    /// The analysis of a configured camera that has seen nothing yet.
    #[must_use]
    pub fn new(camera: &CameraConfig) -> Self {
        let scene = Scene::of(camera);
        Self {
            tracker: Tracker::new(TrackerOptions::default()),
            rules: camera
                .rules
                .iter()
                .map(|rule| rule::build(rule, &scene))
                .collect(),
            danger_level: None,
        }
    }

    /// From the next picture on the server's danger level replaces the configured ones; none gives
    /// them back.
    pub const fn set_danger_level(&mut self, level: Option<DangerLevel>) {
        self.danger_level = level;
    }

    /// Takes what is known of one picture. Times must not go back between two calls of
    /// [`CameraAnalysis::end`].
    pub fn step(&mut self, look: &Look<'_>) -> Step {
        let tracks = self.tracker.step(look.at, look.detections);
        let observation = Observation {
            at: look.at,
            size: look.size,
            tracks: &tracks,
            detections: look.detections,
            verdicts: look.verdicts,
            danger_level: self.danger_level,
        };
        let changes = self
            .rules
            .iter_mut()
            .flat_map(|rule| rule.observe(&observation))
            .collect();
        let held_back = self.rules.iter_mut().flat_map(|rule| rule.held_back());
        let held_back = held_back.collect();
        Step {
            tracks,
            changes,
            held_back,
        }
    }

    /// The stream ended or broke: clears what is open and forgets the tracks. The next picture may
    /// be of another time line; track numbers go on.
    pub fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.tracker.forget();
        self.rules
            .iter_mut()
            .flat_map(|rule| rule.end(at))
            .collect()
    }
}
