//! One thing a model saw in one picture.

use std::sync::Arc;

use crate::geometry::PixelBox;

/// One thing a model saw in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The class in our words (the manifest maps the model's), e.g. `cattle`, `car`, `person`.
    pub class: Arc<str>,
    /// The model's score, 0 to 1.
    pub score: f32,
    /// Where, in pixels of the source picture.
    pub bbox: PixelBox,
}
