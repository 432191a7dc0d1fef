//! What the second look said of one detection.

use crate::geometry::PixelBox;

/// What the second look said of one detection of flame or smoke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The detection's box, as the detector gave it.
    pub bbox: PixelBox,
    /// The probability that something burns there, 0 to 1.
    pub burning: f32,
    /// Below this the verifier's maker takes it for refuted.
    pub refutes_below: f32,
}
