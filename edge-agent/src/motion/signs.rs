//! What one picture says of its view without any model, for the rules.

use super::glance::Glance;
use super::shift::Shift;
use super::watch::Motion;

/// What one picture says of its view. Boxes are in pixels of the analysed picture.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneSigns {
    /// What moves and what stands that did not.
    pub motion: Motion,
    /// How bright and sharp it is.
    pub glance: Glance,
    /// Whether this is the view that is watched.
    pub pose: PoseSign,
}

/// How a picture lies to the view that was learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PoseSign {
    /// Nobody compared them.
    Unknown,
    /// It lies like this.
    Lies(Shift),
    /// The camera turns: a picture of no view.
    Turning,
}
