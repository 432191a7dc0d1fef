//! DETR-style models (RT-DETR, D-FINE, RF-DETR, DETR): a fixed number of queries, each a thing or
//! nothing; no suppression.
//!
//! Two outputs: scores before the sigmoid `[1, Q, C]` and boxes `[1, Q, 4]`, middle and size in
//! fractions of the input. With `C + 1` scores the last means "nothing" and they go through softmax,
//! as in the first DETR. Three outputs, from exporters that add the last steps to the graph: class
//! `i64[1, Q]`, box `[1, Q, 4]` as corners in pixels of the size that a second input states (we state
//! the input's own), score `[1, Q]`. Further outputs, e.g. masks, are ignored.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight, sigmoid};
use crate::config::Manifest;
use crate::detect::Detection;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// Scores through the sigmoid.
    Sigmoid { scores: usize, boxes: usize },
    /// Scores through softmax, the last one meaning "nothing".
    Softmax { scores: usize, boxes: usize },
    /// Labels, boxes, scores.
    Finished {
        labels: usize,
        boxes: usize,
        scores: usize,
    },
}

pub(super) fn expected(classes: usize) -> String {
    format!(
        "f32[1, Q, {classes}] (or {} with \"nothing\") and f32[1, Q, 4], or i64[1, Q], f32[1, Q, 4] \
         and f32[1, Q]",
        classes + 1
    )
}

pub(super) fn select(manifest: &Manifest, outlets: &[Outlet<'_>]) -> Option<Form> {
    let classes = manifest.classes.len();
    let boxes = select_boxes(outlets)?;
    let queries = outlets[boxes].axis(1);
    let wide = |width: usize| {
        let shape = [Some(1), queries, Some(width)];
        let other = |(at, outlet): (usize, &Outlet<'_>)| at != boxes && outlet.is_f32(&shape);
        outlets.iter().enumerate().position(other)
    };
    if let Some(scores) = wide(classes) {
        return Some(Form::Sigmoid { scores, boxes });
    }
    if let Some(scores) = wide(classes + 1) {
        return Some(Form::Softmax { scores, boxes });
    }
    Some(Form::Finished {
        labels: first(outlets, |outlet| outlet.is_i64(&[Some(1), queries]))?,
        boxes,
        scores: first(outlets, |outlet| outlet.is_f32(&[Some(1), queries]))?,
    })
}

/// The output of four numbers a query. Where scores are four too, the one that is named for boxes.
fn select_boxes(outlets: &[Outlet<'_>]) -> Option<usize> {
    let shape = [Some(1), None, Some(4)];
    let named = |outlet: &Outlet<'_>| outlet.name.contains("box") || outlet.name.contains("dets");
    let is_boxes = |outlet: &Outlet<'_>| outlet.is_f32(&shape);
    first(outlets, |outlet| is_boxes(outlet) && named(outlet)).or_else(|| first(outlets, is_boxes))
}

pub(super) fn decode(sight: &Sight<'_>, outputs: &[Output<'_>]) -> Option<Vec<Detection>> {
    match select(sight.manifest, &outlets(outputs))? {
        Form::Sigmoid { scores, boxes } => {
            let best = |row: &[f32]| {
                let (class, logit) = Sight::best(row.iter().copied())?;
                Some((class, sigmoid(logit)))
            };
            let scores = outputs[scores].floats()?.chunks_exact(sight.classes());
            queries(sight, scores.map(best), outputs[boxes].floats()?)
        }
        Form::Softmax { scores, boxes } => {
            let scores = outputs[scores].floats()?.chunks_exact(sight.classes() + 1);
            queries(sight, scores.map(best_of_softmax), outputs[boxes].floats()?)
        }
        Form::Finished {
            labels,
            boxes,
            scores,
        } => {
            let labels = outputs[labels].integers()?.iter();
            let boxes = outputs[boxes].floats()?.chunks_exact(4);
            let scores = outputs[scores].floats()?.iter();
            let rows = labels.zip(boxes).zip(scores);
            let found = rows.filter_map(|((label, corners), score)| {
                let corners = <[f32; 4]>::try_from(corners).ok()?;
                let class = usize::try_from(*label).ok()?;
                sight.detection(class, *score, Middle::of_corners(corners))
            });
            Some(found.collect())
        }
    }
}

fn queries(
    sight: &Sight<'_>,
    best: impl Iterator<Item = Option<(usize, f32)>>,
    boxes: &[f32],
) -> Option<Vec<Detection>> {
    let (width, height) = sight.input();
    let found = best.zip(boxes.chunks_exact(4)).filter_map(|(best, at)| {
        let (class, score) = best?;
        let at = Middle {
            cx: at[0] * width,
            cy: at[1] * height,
            w: at[2] * width,
            h: at[3] * height,
        };
        sight.detection(class, score, at)
    });
    Some(found.collect())
}

/// The best class beside "nothing", and its share.
fn best_of_softmax(row: &[f32]) -> Option<(usize, f32)> {
    let (nothing, classes) = row.split_last()?;
    let (class, logit) = Sight::best(classes.iter().copied())?;
    let most = logit.max(*nothing);
    let sum: f32 = row.iter().map(|other| (other - most).exp()).sum();
    Some((class, (logit - most).exp() / sum))
}
