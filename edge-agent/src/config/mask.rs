//! `[[camera.mask]]`: parts of a camera's picture in which nothing is seen, e.g. a private garden or
//! a screen that shows traffic.

use super::section::Section;
use super::zone::{Polygon, polygon};

pub(super) fn read(camera: &Section<'_>) -> Vec<Polygon> {
    let sections = camera.tables("mask");
    let read_one = |section: Section<'_>| {
        let polygon = section.required("polygon", &polygon);
        section.finish();
        polygon
    };
    sections.into_iter().filter_map(read_one).collect()
}
