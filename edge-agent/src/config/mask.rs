//! `[[camera.mask]]`: parts of a camera's picture in which nothing is seen, e.g. a private garden or
//! a screen that shows traffic.

use super::pose::{PoseId, Poses};
use super::section::Section;
use super::zone::{Measure, Polygon, polygon, read_pose};

/// A mask, and the pose in which it holds; in every one where none is named.
pub(super) type Placed = (Option<PoseId>, Polygon);

pub(super) fn read(camera: &Section<'_>, poses: &Poses) -> Vec<Placed> {
    let sections = camera.tables("mask");
    let read_one = |section: Section<'_>| {
        let measure = Measure::read(&section);
        let polygon = section.required("polygon", &|raw| polygon(raw, measure));
        let pose = read_pose(&section, poses);
        section.finish();
        Some((pose, polygon?))
    };
    sections.into_iter().filter_map(read_one).collect()
}
