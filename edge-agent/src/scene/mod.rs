//! What a camera looks at: zones and lines of its picture, where boxes are in them, and where on the ground.
//!
//! Pure geometry. What does not belong here: what a zone is for, which pose the camera is in.

mod course;
mod line;
mod pace;
mod whereabouts;
mod zone;

use contract::v1::ZoneId;

pub use course::Course;
pub use line::Line;
pub use pace::Pace;
pub use whereabouts::Whereabouts;
pub use zone::{Mask, Membership, Zone, polygon_holds};

use crate::config::CameraConfig;
use crate::geometry::{PictureSize, PixelBox};

/// One camera's zones and lines.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    zones: Vec<Zone>,
    lines: Vec<Line>,
    masks: Vec<Mask>,
    whereabouts: Whereabouts,
}

impl Scene {
    /// The scene of a configured camera.
    #[must_use]
    pub fn of(camera: &CameraConfig) -> Self {
        let zone =
            |zone: &crate::config::ZoneConfig| Zone::new(zone.id.clone(), zone.polygon.clone());
        Self {
            zones: camera.zones.iter().map(zone).collect(),
            lines: camera.lines.iter().map(Line::of).collect(),
            masks: camera.masks.iter().cloned().map(Mask::new).collect(),
            whereabouts: Whereabouts::of(camera),
        }
    }

    /// Whether anything is masked at all.
    #[must_use]
    pub const fn has_masks(&self) -> bool {
        !self.masks.is_empty()
    }

    /// Whether the middle of a box lies where nothing is to be seen.
    #[must_use]
    pub fn masks(&self, bbox: &PixelBox, size: PictureSize) -> bool {
        self.masks.iter().any(|mask| mask.hides(bbox, size))
    }

    /// How it relates to the ground.
    #[must_use]
    pub const fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }

    /// The zone of that id.
    #[must_use]
    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.id() == id)
    }

    /// The line of that id.
    #[must_use]
    pub fn line(&self, id: &ZoneId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id() == id)
    }

    /// The zone that a rule names, or the whole picture where it names none.
    #[must_use]
    pub fn area(&self, id: Option<&ZoneId>) -> Option<Zone> {
        id.and_then(|id| self.zone(id)).cloned()
    }
}
