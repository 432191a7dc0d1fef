//! Output families: what a model's output looks like, and who decodes it. One line a family.

use super::letterbox::Letterbox;
use super::{Detection, yolox};
use crate::config::{Family, Manifest};

/// The shape of the output that the manifest promises.
pub(super) fn output_shape(manifest: &Manifest) -> Vec<usize> {
    match manifest.family {
        Family::Yolox => yolox::output_shape(manifest),
    }
}

/// Every detection over the manifest's threshold, in pixels of the source picture, before NMS.
pub(super) fn decode(manifest: &Manifest, output: &[f32], letterbox: &Letterbox) -> Vec<Detection> {
    match manifest.family {
        Family::Yolox => yolox::decode(manifest, output, letterbox),
    }
}
