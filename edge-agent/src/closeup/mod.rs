//! Small objects: which parts of a picture are worth a closer look, and what those looks add.
//!
//! A model sees a picture at its own input size, where a motorbike across a junction is a dozen
//! pixels. Square windows around what moves and what is followed are shown to it as well, within a
//! budget; what is left of the budget goes round the picture, for what stands. Pure: tracks, blobs and
//! detections in, windows and detections out. What does not belong here: pictures, models, motion.

mod merge;
mod patrol;
mod sizes;
mod window;

use crate::geometry::{PictureSize, PixelBox};
use crate::motion::Blob;
use crate::time::StreamTime;
use crate::track::Track;
use patrol::Looked;
use sizes::SizeMap;
use window::Subject;

pub use merge::merged;

/// Chooses one camera's close looks.
#[derive(Debug)]
pub struct CloseUp {
    budget: usize,
    input: f32,
    sizes: SizeMap,
    looked: Looked,
    followed: Vec<PixelBox>,
}

impl CloseUp {
    /// At most `budget` windows a picture, for a model with an input of `input` pixels.
    #[must_use]
    pub fn new(budget: usize, input: PictureSize) -> Self {
        let (width, height) = input.as_f32();
        Self {
            budget,
            input: width.min(height),
            sizes: SizeMap::default(),
            looked: Looked::default(),
            followed: Vec::new(),
        }
    }

    /// Most windows a picture.
    #[must_use]
    pub const fn budget(&self) -> usize {
        self.budget
    }

    /// The windows for a picture of that size: squares within it, none twice, at most the budget.
    /// None where the model sees the whole picture at its own size anyway.
    pub fn windows(&mut self, at: StreamTime, size: PictureSize, moving: &[Blob]) -> Vec<PixelBox> {
        let frame = window::Framing::of(size, self.input);
        if !frame.magnifies() {
            return Vec::new();
        }
        let subjects = self.subjects(at, &frame, moving);
        let mut chosen = window::around(&subjects, &frame, self.budget);
        let side = self.sizes.usual().map(|usual| frame.side_for(usual));
        let left = self.budget - chosen.len();
        chosen.extend(self.looked.stalest(at, &frame, side, left, &chosen));
        self.looked.note(at, &frame, &chosen);
        chosen
    }

    /// Learns from what is followed: where it is expected next, and how large things are where.
    pub fn learn(&mut self, size: PictureSize, tracks: &[Track]) {
        // A tentative track needs the second look most, but is not yet what things there are like.
        self.followed = tracks.iter().map(|track| track.bbox).collect();
        for track in tracks.iter().filter(|track| track.life.is_believed()) {
            self.sizes.learn(size, &track.bbox);
        }
    }

    /// The stream broke: what is followed is not there any more. Sizes stay.
    pub fn forget(&mut self) {
        self.followed.clear();
        self.looked = Looked::default();
    }

    /// What is too small in the whole picture. What moves is as large as things there usually are:
    /// a blob is half of something, or three of them.
    fn subjects(&self, at: StreamTime, frame: &window::Framing, moving: &[Blob]) -> Vec<Subject> {
        let followed = self.followed.iter().map(|bbox| (*bbox, longer_side(bbox)));
        let moving = moving.iter().map(|blob| {
            let own = longer_side(&blob.bbox);
            let usual = self.sizes.at(frame.size, &blob.bbox);
            (blob.bbox, usual.unwrap_or(own))
        });
        followed
            .chain(moving)
            .filter(|(_, side)| frame.is_small(*side))
            .map(|(bbox, side)| Subject {
                bbox,
                side: frame.side_for(side),
                weight: self.looked.staleness(at, frame, &bbox),
            })
            .collect()
    }
}

fn longer_side(bbox: &PixelBox) -> f32 {
    bbox.w.max(bbox.h)
}

#[cfg(test)]
mod tests;
