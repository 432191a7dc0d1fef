//! YOLOX: a raw grid of `[cx, cy, w, h, objectness, class scores…]`, strides 8, 16 and 32.
//!
//! Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", and its `demo_postprocess`.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight, real};
use crate::config::Manifest;
use crate::detect::Detection;

const STRIDES: [u32; 3] = [8, 16, 32];

/// Numbers before the class scores.
const HEAD: usize = 5;

pub(super) fn expected(manifest: &Manifest) -> String {
    let [places, row] = shape(manifest);
    format!("f32[1, {places}, {row}]")
}

pub(super) fn select(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Option<usize> {
    let [places, row] = shape(manifest);
    let wanted = [Some(1), Some(places), Some(row)];
    first(outlets, |outlet| outlet.is_f32(&wanted))
}

fn shape(manifest: &Manifest) -> [usize; 2] {
    let cells = STRIDES.map(|stride| {
        (manifest.input.width / stride) as usize * (manifest.input.height / stride) as usize
    });
    [cells.iter().sum(), HEAD + manifest.classes.len()]
}

pub(super) fn decode(sight: &Sight<'_>, outputs: &[Output<'_>]) -> Option<Vec<Detection>> {
    let chosen = select(sight.manifest, &outlets(outputs))?;
    let mut cells = outputs[chosen]
        .floats()?
        .chunks_exact(HEAD + sight.classes());
    let mut detections = Vec::new();
    for stride in STRIDES.map(|stride| stride as usize) {
        let columns = sight.manifest.input.width as usize / stride;
        let rows = sight.manifest.input.height as usize / stride;
        for (place, cell) in cells.by_ref().take(columns * rows).enumerate() {
            let place = (place % columns, place / columns);
            detections.extend(decode_cell(sight, cell, place, stride));
        }
    }
    Some(detections)
}

fn decode_cell(
    sight: &Sight<'_>,
    cell: &[f32],
    (column, row): (usize, usize),
    stride: usize,
) -> Option<Detection> {
    let objectness = cell[4];
    // Most cells end here: a class score is at most 1.
    if !sight.reaches(objectness) {
        return None;
    }
    let (class, score) = Sight::best(cell[HEAD..].iter().copied())?;
    let stride = real(stride);
    let at = Middle {
        cx: (cell[0] + real(column)) * stride,
        cy: (cell[1] + real(row)) * stride,
        w: cell[2].exp() * stride,
        h: cell[3].exp() * stride,
    };
    sight.detection(class, objectness * score, at)
}
