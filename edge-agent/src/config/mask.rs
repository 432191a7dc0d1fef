//! `[[camera.mask]]`: parts of a camera's picture in which nothing is seen, e.g. a private garden or
//! a screen that shows traffic.

use super::section::Section;
use super::zone::{Measure, Polygon, polygon};

pub(super) fn read(camera: &Section<'_>) -> Vec<Polygon> {
    let sections = camera.tables("mask");
    let read_one = |section: Section<'_>| {
        let measure = Measure::read(&section);
        let polygon = section.required("polygon", &|raw| polygon(raw, measure));
        section.finish();
        polygon
    };
    sections.into_iter().filter_map(read_one).collect()
}
