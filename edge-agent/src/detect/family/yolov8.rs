//! `YOLOv8`, v9, 11: `[1, 4 + C, A]`, a column for each place: the box's middle and size in pixels of
//! the input, then a score for each class. Raw heads beside it are ignored.
//!
//! Exported with suppression inside (and `YOLOv10`, `YOLO26`): `[1, K, 6]`, a row for each detection,
//! best first: left, top, right, bottom in pixels of the input, score, class; unused rows are zero.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight};
use crate::config::Manifest;
use crate::detect::Detection;

/// Numbers before the class scores.
const HEAD: usize = 4;
/// Numbers of a detection that was suppressed inside.
const ROW: usize = 6;

pub(super) enum Form {
    Raw(usize),
    Suppressed(usize),
}

pub(super) fn expected(classes: usize) -> String {
    format!("f32[1, {}, A] or f32[1, K, {ROW}]", HEAD + classes)
}

pub(super) fn select(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Option<Form> {
    let rows = HEAD + manifest.classes.len();
    let raw = |outlet: &Outlet<'_>| outlet.is_f32(&[Some(1), Some(rows), None]);
    let suppressed = |outlet: &Outlet<'_>| outlet.is_f32(&[Some(1), None, Some(ROW)]);
    let raw = first(outlets, raw).map(Form::Raw);
    raw.or_else(|| first(outlets, suppressed).map(Form::Suppressed))
}

pub(super) fn decode(sight: &Sight<'_>, outputs: &[Output<'_>]) -> Option<Vec<Detection>> {
    match select(sight.manifest, &outlets(outputs))? {
        Form::Raw(chosen) => decode_columns(sight, outputs[chosen].floats()?),
        Form::Suppressed(chosen) => {
            let rows = outputs[chosen].floats()?.chunks_exact(ROW);
            Some(rows.filter_map(|row| decode_row(sight, row)).collect())
        }
    }
}

/// Row by row, as the numbers lie in memory: first the best class of every place, then the boxes of
/// the few that reach the threshold.
fn decode_columns(sight: &Sight<'_>, numbers: &[f32]) -> Option<Vec<Detection>> {
    let places = numbers.len() / (HEAD + sight.classes());
    if places == 0 {
        return Some(Vec::new());
    }
    let (boxes, scores) = numbers.split_at_checked(HEAD * places)?;
    let mut best = vec![(0, f32::NEG_INFINITY); places];
    for (class, row) in scores.chunks_exact(places).enumerate() {
        for (best, &score) in best.iter_mut().zip(row) {
            if score.total_cmp(&best.1).is_ge() {
                *best = (class, score);
            }
        }
    }
    let detections = best
        .iter()
        .enumerate()
        .filter_map(|(place, &(class, score))| {
            let at = Middle {
                cx: boxes[place],
                cy: boxes[places + place],
                w: boxes[2 * places + place],
                h: boxes[3 * places + place],
            };
            sight.detection(class, score, at)
        });
    Some(detections.collect())
}

fn decode_row(sight: &Sight<'_>, row: &[f32]) -> Option<Detection> {
    let &[left, top, right, bottom, score, class] = row else {
        return None;
    };
    let class = index_of(class)?;
    sight.detection(class, score, Middle::of_corners([left, top, right, bottom]))
}

/// A class that was written as a float.
fn index_of(class: f32) -> Option<usize> {
    let whole = class.is_finite() && class.fract() == 0.0 && (0.0..1e6).contains(&class);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to a million"
    )]
    let index = class as usize;
    whole.then_some(index)
}
