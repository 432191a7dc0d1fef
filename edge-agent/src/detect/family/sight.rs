//! What the families share: which class is best, and whether a box is a detection.

use crate::config::Manifest;
use crate::detect::{Detection, Letterbox};

/// Narrower than this many pixels of the source, nothing of a box is inside the picture.
const SLIVER: f32 = 0.01;

/// One picture through one model's eyes.
pub(super) struct Sight<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) letterbox: &'a Letterbox,
}

/// A box by its middle and size, in pixels of the model's input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Middle {
    pub(super) cx: f32,
    pub(super) cy: f32,
    pub(super) w: f32,
    pub(super) h: f32,
}

impl Middle {
    /// From the corners, left, top, right, bottom.
    pub(super) fn of_corners([left, top, right, bottom]: [f32; 4]) -> Self {
        Self {
            cx: left.midpoint(right),
            cy: top.midpoint(bottom),
            w: right - left,
            h: bottom - top,
        }
    }
}

impl Sight<'_> {
    pub(super) fn classes(&self) -> usize {
        self.manifest.classes.len()
    }

    /// Whether a score is a number that reaches the manifest's threshold.
    pub(super) fn reaches(&self, score: f32) -> bool {
        score.is_finite() && score >= self.manifest.thresholds.score
    }

    /// The best of all classes, also of those that do not matter here: a dog is not a weak cow.
    /// Where one is not a number it is the best, and no detection comes of it.
    pub(super) fn best(scores: impl Iterator<Item = f32>) -> Option<(usize, f32)> {
        scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// A detection, where the class matters to us, the score reaches the threshold and something of
    /// the box is inside the picture.
    pub(super) fn detection(&self, class: usize, score: f32, at: Middle) -> Option<Detection> {
        if !self.reaches(score) {
            return None;
        }
        let class = self.manifest.classes.get(class)?.clone()?;
        let bbox = self.letterbox.to_source(at.cx, at.cy, at.w, at.h);
        let sides = [bbox.x, bbox.y, bbox.w, bbox.h];
        let real = sides.iter().all(|side| side.is_finite());
        // A sliver at the edge of the picture is what rounding left, not something seen.
        (real && bbox.w.min(bbox.h) >= SLIVER).then_some(Detection {
            class,
            score: score.min(1.0),
            bbox,
        })
    }

    /// The input's width and height.
    pub(super) fn input(&self) -> (f32, f32) {
        let input = &self.manifest.input;
        #[expect(clippy::cast_precision_loss, reason = "at most 4096 a side")]
        let size = (input.width as f32, input.height as f32);
        size
    }
}

pub(super) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// A whole number of a grid, which has at most 4096 cells a side, as a float.
pub(super) fn real(whole: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2²⁴")]
    let real = whole as f32;
    real
}
