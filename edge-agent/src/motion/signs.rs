//! What one picture says of its view without any model, for the rules.

use super::glance::Glance;
use super::reference::Aim;
use super::shift::Shift;
use super::watch::Motion;

/// What one picture says of its view. Boxes are in pixels of the analysed picture.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneSigns {
    /// What moves and what stands that did not.
    pub motion: Motion,
    /// How bright and sharp it is.
    pub glance: Glance,
    /// The share of the picture that is not as it was in the last one looked at, 0 to 1; none for
    /// the first.
    pub change: Option<f32>,
    /// How the picture lies to the view that was learnt.
    pub pose: PoseSign,
    /// Whether the camera still looks where it did when it was first seen.
    pub aim: Aim,
}

/// How a picture lies to the view that was learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PoseSign {
    /// Nobody compared them lately.
    Unknown,
    /// It was compared, and lies like this.
    Lies(Shift),
    /// So much changes at once that the camera itself must be moving.
    Turning,
}
