//! `NanoDet`: for each place of each stride a score for each class (between 0 and 1) and, for each of
//! the four sides, `reg_max + 1` weights of distances. Through softmax their mean is the side's
//! distance from the place, in strides.
//!
//! `NanoDet-Plus` writes one output, `[1, A, C + 4 · (reg_max + 1)]`, strides 8 to 64, places at the
//! cells' corners: its `get_single_level_center_priors`. The older form writes two outputs a stride,
//! scores `[1, a, C]` and distances `[1, a, 4 · (reg_max + 1)]`, places at the cells' middles.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight, real};
use crate::config::{InputSpec, Manifest};
use crate::detect::Detection;

const STRIDES: [u32; 4] = [8, 16, 32, 64];
/// A model has at least three of the strides.
const LEAST_STRIDES: usize = 3;

/// One stride's cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    stride: u32,
    columns: usize,
    rows: usize,
}

/// Where one stride's numbers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    grid: Grid,
    scores: usize,
    distances: usize,
}

pub(super) enum Form {
    Joined(usize, Vec<Grid>),
    Split(Vec<Split>),
}

pub(super) fn expected(manifest: &Manifest, reg_max: u32) -> String {
    let places: usize = grids(&manifest.input, u32::div_ceil)
        .iter()
        .map(Grid::cells)
        .sum();
    let (classes, distances) = (manifest.classes.len(), 4 * bins(reg_max));
    format!(
        "f32[1, {places}, {}], or for each stride f32[1, a, {classes}] and f32[1, a, {distances}]",
        classes + distances
    )
}

pub(super) fn select(manifest: &Manifest, reg_max: u32, outlets: &[Outlet<'_>]) -> Option<Form> {
    let (classes, distances) = (manifest.classes.len(), 4 * bins(reg_max));
    // Where a side is no multiple of a stride, exporters keep the last cell or drop it.
    let roundings = [u32::div_ceil, |side: u32, stride: u32| side / stride];
    for rounding in roundings {
        let all = grids(&manifest.input, rounding);
        for count in (LEAST_STRIDES..=all.len()).rev() {
            let grids = &all[..count];
            let places = grids.iter().map(Grid::cells).sum();
            let shape = [Some(1), Some(places), Some(classes + distances)];
            if let Some(joined) = first(outlets, |outlet| outlet.is_f32(&shape)) {
                return Some(Form::Joined(joined, grids.to_vec()));
            }
            let split: Option<Vec<Split>> = grids
                .iter()
                .map(|&grid| select_split(grid, (classes, distances), outlets))
                .collect();
            if let Some(split) = split {
                return Some(Form::Split(split));
            }
        }
    }
    None
}

/// Open axes would fit every stride: here they must be known.
fn select_split(
    grid: Grid,
    (classes, distances): (usize, usize),
    outlets: &[Outlet<'_>],
) -> Option<Split> {
    let is = |outlet: &Outlet<'_>, width: usize| {
        outlet.is_f32(&[Some(1), Some(grid.cells()), Some(width)])
            && outlet.axis(1) == Some(grid.cells())
    };
    let scores = first(outlets, |outlet| is(outlet, classes))?;
    let distances = outlets
        .iter()
        .enumerate()
        .position(|(at, outlet)| at != scores && is(outlet, distances))?;
    Some(Split {
        grid,
        scores,
        distances,
    })
}

pub(super) fn decode(
    sight: &Sight<'_>,
    reg_max: u32,
    outputs: &[Output<'_>],
) -> Option<Vec<Detection>> {
    let bins = bins(reg_max);
    let mut detections = Vec::new();
    match select(sight.manifest, reg_max, &outlets(outputs))? {
        Form::Joined(chosen, grids) => {
            let mut rows = outputs[chosen]
                .floats()?
                .chunks_exact(sight.classes() + 4 * bins);
            for grid in grids {
                let rows = rows.by_ref().take(grid.cells());
                let rows = rows.map(|row| row.split_at(sight.classes()));
                decode_grid(sight, grid, 0.0, rows, &mut detections);
            }
        }
        Form::Split(splits) => {
            for split in splits {
                let scores = outputs[split.scores]
                    .floats()?
                    .chunks_exact(sight.classes());
                let distances = outputs[split.distances].floats()?.chunks_exact(4 * bins);
                let middle = (real(split.grid.stride as usize) - 1.0) / 2.0;
                let rows = scores.zip(distances);
                decode_grid(sight, split.grid, middle, rows, &mut detections);
            }
        }
    }
    Some(detections)
}

fn decode_grid<'o>(
    sight: &Sight<'_>,
    grid: Grid,
    offset: f32,
    rows: impl Iterator<Item = (&'o [f32], &'o [f32])>,
    detections: &mut Vec<Detection>,
) {
    let stride = real(grid.stride as usize);
    let found = rows.enumerate().filter_map(|(cell, (scores, distances))| {
        let (class, score) = Sight::best(scores.iter().copied())?;
        if !sight.reaches(score) {
            return None;
        }
        let x = real(cell % grid.columns) * stride + offset;
        let y = real(cell / grid.columns) * stride + offset;
        let mut sides = distances
            .chunks_exact(distances.len() / 4)
            .map(mean_distance);
        let mut side = || sides.next().map(|distance| distance * stride);
        let (left, top, right, bottom) = (side()?, side()?, side()?, side()?);
        let at = Middle::of_corners([x - left, y - top, x + right, y + bottom]);
        sight.detection(class, score, at)
    });
    detections.extend(found);
}

/// The mean of `0, 1, 2 …` under the softmax of the weights.
fn mean_distance(weights: &[f32]) -> f32 {
    let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    let mut mean = 0.0;
    for (distance, weight) in weights.iter().enumerate() {
        let share = (weight - most).exp();
        sum += share;
        mean += share * real(distance);
    }
    mean / sum
}

const fn bins(reg_max: u32) -> usize {
    reg_max as usize + 1
}

fn grids(input: &InputSpec, cells: impl Fn(u32, u32) -> u32) -> Vec<Grid> {
    let grid = |stride| Grid {
        stride,
        columns: cells(input.width, stride) as usize,
        rows: cells(input.height, stride) as usize,
    };
    STRIDES.map(grid).to_vec()
}

impl Grid {
    const fn cells(&self) -> usize {
        self.columns * self.rows
    }
}
