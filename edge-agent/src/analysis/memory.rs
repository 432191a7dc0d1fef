//! What a camera's rules were told lately, so that a rule can be run over it again.
//!
//! Bounded in time and in things remembered: a crowded street is remembered for a shorter time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::camera::Epoch;
use crate::config::PoseId;
use crate::detect::Detection;
use crate::geometry::PictureSize;
use crate::motion::SceneSigns;
use crate::signal::SignalReading;
use crate::time::{ClockAnchor, StreamTime};
use crate::track::Track;
use crate::verify::Verdict;

/// Most tracks and detections that one camera remembers; about 16 MB. An hour at five pictures a second
/// with ten things in each.
const MOST_THINGS: usize = 200_000;

/// What the rules were told of one picture.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The connection.
    pub epoch: Epoch,
    /// Its wall clock.
    pub anchor: ClockAnchor,
    /// The picture's time.
    pub at: StreamTime,
    /// Its size.
    pub size: PictureSize,
    /// The pose the camera was in.
    pub pose: PoseId,
    /// Every live track.
    pub tracks: Vec<Track>,
    /// What the detector saw.
    pub detections: Vec<Detection>,
    /// What the second look said.
    pub verdicts: Vec<Verdict>,
    /// What the view showed without a model.
    pub scene: Option<SceneSigns>,
    /// What the camera's traffic signals showed.
    pub signals: Vec<SignalReading>,
}

impl Remembered {
    fn things(&self) -> usize {
        let scene = self.scene.as_ref();
        let shown = scene.map_or(0, |scene| {
            scene.motion.still.len() + scene.motion.moving.len()
        });
        1 + self.tracks.len() + self.detections.len() + self.verdicts.len() + shown
    }
}

/// The memory of one camera; clones share it.
#[derive(Debug, Clone)]
pub struct TrackMemory {
    span: Duration,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    looks: VecDeque<Arc<Remembered>>,
    things: usize,
}

impl TrackMemory {
    /// An empty memory of that length; zero remembers nothing.
    #[must_use]
    pub fn new(span: Duration) -> Self {
        Self {
            span,
            held: Arc::default(),
        }
    }

    /// Remembers one picture and forgets what is too old or too much.
    pub fn keep(&self, look: Remembered) {
        if self.span.is_zero() {
            return;
        }
        let now = look.anchor.wall_at(look.at);
        let mut guard = self.lock();
        let held = &mut *guard;
        held.things += look.things();
        held.looks.push_back(Arc::new(look));
        while let Some(oldest) = held.looks.front() {
            // A clock that was set back makes ages negative: those stay until they are too many.
            let age = now.duration_since(oldest.anchor.wall_at(oldest.at));
            let old = Duration::try_from(age).is_ok_and(|age| age > self.span);
            if !old && held.things <= MOST_THINGS {
                break;
            }
            held.things -= oldest.things();
            held.looks.pop_front();
        }
    }

    /// The last `back` of it, oldest first.
    #[must_use]
    pub fn last(&self, back: Duration) -> Vec<Arc<Remembered>> {
        let held = self.lock();
        let Some(newest) = held.looks.back() else {
            return Vec::new();
        };
        let from = newest.anchor.wall_at(newest.at)
            - jiff::SignedDuration::try_from(back).unwrap_or_default();
        let recent = |look: &&Arc<Remembered>| look.anchor.wall_at(look.at) >= from;
        held.looks.iter().filter(recent).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
