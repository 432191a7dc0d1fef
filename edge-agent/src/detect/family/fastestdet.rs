//! `FastestDet`: `[1, 5 + C, H / 16, W / 16]`. A cell is objectness, the middle's offset (through
//! tanh, in cells), the box's size (through the sigmoid, in fractions of the input), then a share
//! for each class.
//!
//! Source: the decoder of <https://github.com/dog-qiuqiu/FastestDet>; the score weighs objectness and
//! class as it does.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight, real, sigmoid};
use crate::config::Manifest;
use crate::detect::Detection;

/// Numbers before the class shares.
const HEAD: usize = 5;
const STRIDE: u32 = 16;
const OBJECTNESS_WEIGHT: f32 = 0.6;
const CLASS_WEIGHT: f32 = 0.4;

pub(super) fn expected(manifest: &Manifest) -> String {
    let (columns, rows) = grid(manifest);
    format!(
        "f32[1, {}, {rows}, {columns}]",
        HEAD + manifest.classes.len()
    )
}

pub(super) fn select(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Option<usize> {
    let planes = HEAD + manifest.classes.len();
    let (columns, rows) = grid(manifest);
    let shape = [Some(1), Some(planes), Some(rows), Some(columns)];
    first(outlets, |outlet| outlet.is_f32(&shape))
}

fn grid(manifest: &Manifest) -> (usize, usize) {
    let cells = |side: u32| (side / STRIDE) as usize;
    (cells(manifest.input.width), cells(manifest.input.height))
}

pub(super) fn decode(sight: &Sight<'_>, outputs: &[Output<'_>]) -> Option<Vec<Detection>> {
    let chosen = select(sight.manifest, &outlets(outputs))?;
    let (columns, rows) = grid(sight.manifest);
    let planes = Planes {
        numbers: outputs[chosen].floats()?,
        cells: rows * columns,
    };
    let mut detections = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let cell = row * columns + column;
            detections.extend(decode_cell(sight, &planes, cell, (column, row)));
        }
    }
    Some(detections)
}

struct Planes<'a> {
    numbers: &'a [f32],
    cells: usize,
}

impl Planes<'_> {
    /// The number of one plane at one cell. The shape was checked: there is one.
    fn at(&self, plane: usize, cell: usize) -> f32 {
        self.numbers[plane * self.cells + cell]
    }
}

fn decode_cell(
    sight: &Sight<'_>,
    planes: &Planes<'_>,
    cell: usize,
    (column, row): (usize, usize),
) -> Option<Detection> {
    let objectness = planes.at(0, cell).powf(OBJECTNESS_WEIGHT);
    // Most cells end here: a class's share is at most 1.
    if !sight.reaches(objectness) {
        return None;
    }
    let shares = (0..sight.classes()).map(|class| planes.at(HEAD + class, cell));
    let (class, share) = Sight::best(shares)?;
    let (width, height) = sight.input();
    let stride = real(STRIDE as usize);
    let at = Middle {
        cx: (real(column) + planes.at(1, cell).tanh()) * stride,
        cy: (real(row) + planes.at(2, cell).tanh()) * stride,
        w: sigmoid(planes.at(3, cell)) * width,
        h: sigmoid(planes.at(4, cell)) * height,
    };
    sight.detection(class, objectness * share.powf(CLASS_WEIGHT), at)
}
