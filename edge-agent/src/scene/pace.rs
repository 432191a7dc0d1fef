//! How fast followed things move over the ground, where the camera is calibrated. Pure.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use ground::speed::{Speed, Step, speed};

use super::whereabouts::Whereabouts;
use crate::geometry::PictureSize;
use crate::time::StreamTime;
use crate::track::{Track, TrackId};

/// A speed is that of the last moments.
const SPAN: Duration = Duration::from_millis(2500);
/// Most steps remembered of one thing.
const MOST_STEPS: usize = 64;

/// The last steps of everything that is followed.
#[derive(Debug, Default)]
pub struct Pace {
    walks: HashMap<TrackId, VecDeque<Step>>,
}

impl Pace {
    /// Takes the tracks of one picture; those that are gone are forgotten.
    pub fn observe(
        &mut self,
        at: StreamTime,
        tracks: &[Track],
        size: PictureSize,
        ground: &Whereabouts,
    ) {
        self.walks
            .retain(|id, _| tracks.iter().any(|track| track.id == *id));
        // What the picture's edge cuts off seems to go half as fast as it does.
        let whole = |track: &&Track| track.last_seen == at && !track.bbox.is_cut_off(size);
        for track in tracks.iter().filter(whole) {
            let Some(step) = ground.step_of(&track.bbox, size, at) else {
                continue;
            };
            let walk = self.walks.entry(track.id).or_default();
            walk.push_back(step);
            let old = |first: &Step| step.at - first.at > SPAN.as_secs_f64();
            while walk.len() > MOST_STEPS || walk.front().is_some_and(old) {
                walk.pop_front();
            }
        }
    }

    /// How fast a thing moves; none where too few steps are known.
    #[must_use]
    pub fn of(&self, track: TrackId) -> Option<Speed> {
        let walk = self.walks.get(&track)?;
        let steps: Vec<Step> = walk.iter().copied().collect();
        speed(&steps)
    }

    /// The stream broke, or the camera turned.
    pub fn forget(&mut self) {
        self.walks.clear();
    }
}
