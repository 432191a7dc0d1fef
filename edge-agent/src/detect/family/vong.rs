//! Ours: `[1, A, 4 + C]`. A row is the box's middle and size in pixels of the input, then a score
//! between 0 and 1 for each class. There is no objectness; suppression happens outside.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight};
use crate::config::Manifest;
use crate::detect::Detection;

/// Numbers before the class scores.
const HEAD: usize = 4;

pub(super) fn expected(classes: usize) -> String {
    format!("f32[1, A, {}]", HEAD + classes)
}

pub(super) fn select(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Option<usize> {
    let row = HEAD + manifest.classes.len();
    first(outlets, |outlet| outlet.is_f32(&[Some(1), None, Some(row)]))
}

pub(super) fn decode(sight: &Sight<'_>, outputs: &[Output<'_>]) -> Option<Vec<Detection>> {
    let chosen = select(sight.manifest, &outlets(outputs))?;
    let rows = outputs[chosen]
        .floats()?
        .chunks_exact(HEAD + sight.classes());
    Some(rows.filter_map(|row| decode_row(sight, row)).collect())
}

fn decode_row(sight: &Sight<'_>, row: &[f32]) -> Option<Detection> {
    let (class, score) = Sight::best(row[HEAD..].iter().copied())?;
    let at = Middle {
        cx: row[0],
        cy: row[1],
        w: row[2],
        h: row[3],
    };
    sight.detection(class, score, at)
}
