//! What a camera asks a model, and what it is answered.

use super::Detection;
use crate::camera::Frame;
use crate::geometry::PixelBox;

/// The part of a picture that a model is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// All of it.
    Whole,
    /// This part, in pixels of the picture; what is outside the picture is cut off.
    Part(PixelBox),
}

/// A picture, and which parts of it are to be looked at.
#[derive(Debug, Clone)]
pub struct Request {
    /// The picture.
    pub frame: Frame,
    /// Each is one place of a batch.
    pub windows: Vec<Window>,
}

impl Request {
    /// All of a picture.
    #[must_use]
    pub fn whole(frame: Frame) -> Self {
        Self {
            frame,
            windows: vec![Window::Whole],
        }
    }
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The picture that was looked at.
    pub frame: Frame,
    /// For each window what the model saw in it, best first, in pixels of the picture. Nothing is
    /// suppressed between windows.
    pub windows: Vec<Vec<Detection>>,
}
