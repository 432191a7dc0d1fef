//! Which parts of a picture one camera's model is shown beside the whole, and what it saw in all of
//! them together; the same in `run` and `replay`.

use crate::camera::Frame;
use crate::closeup::{CloseUp, merged};
use crate::config::{CameraConfig, Manifest};
use crate::detect::{Detection, Window};
use crate::geometry::{PictureSize, PixelBox};
use crate::motion::{LumaPicture, MotionError, MotionOptions, MotionWatch};
use crate::track::Track;

/// Width of the luma pictures in which motion is looked for.
const MOTION_WIDTH: u32 = 320;
/// A model that sees each thing once suppresses nothing, but two windows show one thing twice.
const MOST_IOU: f32 = 0.6;

/// Where one camera's model looks.
#[derive(Debug)]
pub struct Gaze {
    /// None where it sees the whole picture only.
    close: Option<Close>,
}

#[derive(Debug)]
struct Close {
    motion: MotionWatch,
    close_up: CloseUp,
    nms_iou: f32,
    sight: Sight,
}

/// Whether motion could be looked for in the last picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Clear,
    Failing,
}

impl Gaze {
    /// Of a configured camera and its model.
    #[must_use]
    pub fn of(camera: &CameraConfig, model: &Manifest) -> Self {
        Self::new(camera.small_objects, model)
    }

    /// With at most `budget` closer looks a picture.
    #[must_use]
    pub fn new(budget: usize, model: &Manifest) -> Self {
        let input = PictureSize {
            width: model.input.width,
            height: model.input.height,
        };
        Self {
            close: (budget > 0).then(|| Close {
                motion: MotionWatch::new(MotionOptions::default()),
                close_up: CloseUp::new(budget, input),
                nms_iou: model.thresholds.nms_iou.min(MOST_IOU),
                sight: Sight::Clear,
            }),
        }
    }

    /// Most windows of a picture.
    #[must_use]
    pub fn places(&self) -> usize {
        let budget = self.close.as_ref().map(|close| close.close_up.budget());
        1 + budget.unwrap_or_default()
    }

    /// The windows of a picture, the whole first. Where its motion cannot be seen, tracks and turns
    /// alone decide; for the first picture of an outage the reason is given too.
    pub fn windows(&mut self, frame: &Frame) -> (Vec<Window>, Option<MotionError>) {
        let mut windows = vec![Window::Whole];
        let Some(close) = &mut self.close else {
            return (windows, None);
        };
        let small = LumaPicture::of(frame, MOTION_WIDTH);
        let motion = small.and_then(|picture| close.motion.look(frame.pts, &picture));
        let (moving, error) = match motion {
            Ok(motion) => (motion.moving, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let before = std::mem::replace(
            &mut close.sight,
            match error {
                None => Sight::Clear,
                Some(_) => Sight::Failing,
            },
        );
        let error = error.filter(|_| before == Sight::Clear);
        let parts = close.close_up.windows(frame.pts, frame.size, &moving);
        windows.extend(parts.into_iter().map(Window::Part));
        (windows, error)
    }

    /// What was seen in these windows of a picture, each thing once, best first.
    #[must_use]
    pub fn together(
        &self,
        size: PictureSize,
        windows: &[Window],
        seen: Vec<Vec<Detection>>,
    ) -> Vec<Detection> {
        let mut whole = Vec::new();
        let mut parts: Vec<(PixelBox, Vec<Detection>)> = Vec::new();
        for (window, seen) in windows.iter().zip(seen) {
            match window {
                Window::Whole => whole.extend(seen),
                Window::Part(part) => parts.push((*part, seen)),
            }
        }
        match &self.close {
            Some(close) if !parts.is_empty() => merged(whole, parts, size, close.nms_iou),
            _ => whole,
        }
    }

    /// Learns from what is followed.
    pub fn learn(&mut self, size: PictureSize, tracks: &[Track]) {
        if let Some(close) = &mut self.close {
            close.close_up.learn(size, tracks);
        }
    }

    /// The stream ended or broke.
    pub fn end(&mut self) {
        if let Some(close) = &mut self.close {
            close.motion.forget();
            close.close_up.forget();
        }
    }
}
