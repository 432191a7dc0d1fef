//! One camera's analysis: tracker, scene and rules, the same in `run` and `replay`.
//!
//! Pure: detections and a time in, tracks and event changes out. What does not belong here:
//! pictures, models, queues.

use crate::config::CameraConfig;
use crate::detect::Detection;
use crate::geometry::PictureSize;
use crate::rule::{self, EventChange, Observation, Rule};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{Track, Tracker, TrackerOptions};

/// What one picture led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Every live track, seen in this picture or coasting.
    pub tracks: Vec<Track>,
    /// What the rules say, in the order of the configuration.
    pub changes: Vec<EventChange>,
}

/// Tracker and rules of one camera.
pub struct CameraAnalysis {
    tracker: Tracker,
    rules: Vec<Box<dyn Rule>>,
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
        }
    }

    /// Takes one picture's detections. Times must not go back between two calls of
    /// [`CameraAnalysis::end`].
    pub fn step(&mut self, at: StreamTime, size: PictureSize, detections: &[Detection]) -> Step {
        let tracks = self.tracker.step(at, detections);
        let observation = Observation {
            at,
            size,
            tracks: &tracks,
        };
        let changes = self
            .rules
            .iter_mut()
            .flat_map(|rule| rule.observe(&observation))
            .collect();
        Step { tracks, changes }
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
