//! Output families: what a model's outputs look like, and the detections in them. One file each.
//!
//! A family is two pure functions. `select` finds the outputs it reads among those of a model, by
//! shape: once over the shapes that the file states, where an axis may be open, and again over those
//! of each answer. `decode` turns their numbers into detections before suppression. Whatever the
//! numbers are, infinite or not a number, it does not panic. What does not belong here: the runtime.

mod detr;
mod fastestdet;
mod nanodet;
mod output;
mod rows;
mod sight;
mod yolov8;
mod yolox;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod graph_tests;
#[cfg(test)]
mod reference;

pub(super) use output::{Kind, Numbers, Outlet, Output};

use super::Detection;
use super::error::DetectError;
use super::letterbox::Letterbox;
use crate::config::{Family, Manifest};
use rows::Rows;
use sight::Sight;

/// The outputs of a model are not those of its manifest's family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The shapes that were found.
    pub(super) found: String,
    /// The shapes that the family, the input's size and the classes ask for.
    pub(super) expected: String,
}

impl Misfit {
    /// As the error of one model; `end` is `input` or `output`.
    pub(super) fn of(self, model: &str, end: &'static str) -> DetectError {
        DetectError::Shape {
            model: model.to_owned(),
            end,
            found: self.found,
            expected: self.expected,
        }
    }
}

/// Whether the outputs that a file states are those of its manifest.
pub(super) fn check(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Result<(), Misfit> {
    let fits = match manifest.family {
        Family::Vong => Rows::Box.select(manifest, outlets).is_some(),
        Family::Yolox => yolox::select(manifest, outlets).is_some(),
        Family::Yolov5 => Rows::BoxAndObjectness.select(manifest, outlets).is_some(),
        Family::Yolov8 => yolov8::select(manifest, outlets).is_some(),
        Family::Nanodet { reg_max } => nanodet::select(manifest, reg_max, outlets).is_some(),
        Family::Fastestdet => fastestdet::select(manifest, outlets).is_some(),
        Family::Detr => detr::select(manifest, outlets).is_some(),
    };
    if fits {
        return Ok(());
    }
    Err(misfit(manifest, outlets))
}

/// Every detection over the manifest's threshold, in pixels of the source picture, before NMS.
pub(super) fn decode(
    manifest: &Manifest,
    outputs: &[Output<'_>],
    letterbox: &Letterbox,
) -> Result<Vec<Detection>, Misfit> {
    let sight = Sight {
        manifest,
        letterbox,
    };
    let found = match manifest.family {
        Family::Vong => Rows::Box.decode(&sight, outputs),
        Family::Yolox => yolox::decode(&sight, outputs),
        Family::Yolov5 => Rows::BoxAndObjectness.decode(&sight, outputs),
        Family::Yolov8 => yolov8::decode(&sight, outputs),
        Family::Nanodet { reg_max } => nanodet::decode(&sight, reg_max, outputs),
        Family::Fastestdet => fastestdet::decode(&sight, outputs),
        Family::Detr => detr::decode(&sight, outputs),
    };
    found.ok_or_else(|| misfit(manifest, &output::outlets(outputs)))
}

fn misfit(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Misfit {
    let classes = manifest.classes.len();
    Misfit {
        found: Outlet::shown(outlets),
        expected: match manifest.family {
            Family::Vong => Rows::Box.expected(classes),
            Family::Yolox => yolox::expected(manifest),
            Family::Yolov5 => Rows::BoxAndObjectness.expected(classes),
            Family::Yolov8 => yolov8::expected(classes),
            Family::Nanodet { reg_max } => nanodet::expected(manifest, reg_max),
            Family::Fastestdet => fastestdet::expected(manifest),
            Family::Detr => detr::expected(classes),
        },
    }
}

#[cfg(test)]
mod tests;
