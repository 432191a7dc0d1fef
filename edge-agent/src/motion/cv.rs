//! Everything that is asked of `OpenCV`: bytes in, numbers out.
//!
//! What does not belong here: time, state, judgement.

use opencv::boxed_ref::BoxedRef;
use opencv::core::{
    self, BORDER_CONSTANT, CV_32F, CV_64F, Mat, Point, Point2f, Scalar, Size, Vector,
};
use opencv::prelude::*;
use opencv::{calib3d, features2d, imgproc};

use super::error::MotionError;
use super::luma::LumaPicture;

/// One connected part of a mask, in pixels of the mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Its pixels, by their place in the mask.
    pub(super) cells: Vec<u32>,
}

/// How one picture came out of another, by points found in both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Similarity {
    pub(super) scale: f32,
    /// Radians, clockwise in the picture.
    pub(super) turn: f32,
    /// Where the middle of the first picture lies in the second, from its middle, in pixels.
    pub(super) dx: f32,
    pub(super) dy: f32,
    /// Points that agree, and points that could.
    pub(super) agreeing: usize,
    pub(super) points: usize,
}

/// Makes a mask (0 or 255, `width` wide) whole: single pixels go, small holes close.
pub(super) fn cleaned(mask: &[u8], width: u32) -> Result<Vec<u8>, MotionError> {
    let mask = matrix(mask, width)?;
    let kernel = imgproc::get_structuring_element_def(imgproc::MORPH_RECT, Size::new(3, 3))?;
    let (mut opened, mut closed) = (Mat::default(), Mat::default());
    imgproc::morphology_ex_def(&mask, &mut opened, imgproc::MORPH_OPEN, &kernel)?;
    imgproc::morphology_ex(
        &opened,
        &mut closed,
        imgproc::MORPH_CLOSE,
        &kernel,
        Point::new(-1, -1),
        2,
        BORDER_CONSTANT,
        Scalar::all(0.0),
    )?;
    Ok(closed.data_bytes()?.to_vec())
}

/// The parts of a mask that hang together, over gaps of up to four pixels too, of at least `least`
/// pixels.
pub(super) fn components(
    mask: &[u8],
    width: u32,
    least: usize,
) -> Result<Vec<Component>, MotionError> {
    let kernel = imgproc::get_structuring_element_def(imgproc::MORPH_RECT, Size::new(5, 5))?;
    let (mut joined, mut labels) = (Mat::default(), Mat::default());
    imgproc::morphology_ex_def(
        &matrix(mask, width)?,
        &mut joined,
        imgproc::MORPH_DILATE,
        &kernel,
    )?;
    let count = imgproc::connected_components_def(&joined, &mut labels)?;
    let mut parts: Vec<Vec<u32>> = vec![Vec::new(); usize::try_from(count).unwrap_or_default()];
    for ((cell, label), in_mask) in (0_u32..).zip(labels.data_typed::<i32>()?).zip(mask) {
        let part = usize::try_from(*label).ok().filter(|_| *in_mask > 0);
        if let Some(part) = part.and_then(|label| parts.get_mut(label)) {
            part.push(cell);
        }
    }
    parts.retain(|cells| !cells.is_empty() && cells.len() >= least);
    Ok(parts
        .into_iter()
        .map(|cells| Component::of(cells, width))
        .collect())
}

/// The variance of the Laplacian after a slight blur, in levels squared: fine detail without the
/// noise of single pixels.
pub(super) fn detail(picture: &LumaPicture) -> Result<f64, MotionError> {
    let levels = picture_matrix(picture)?;
    let (mut smooth, mut laplacian) = (Mat::default(), Mat::default());
    imgproc::gaussian_blur_def(&levels, &mut smooth, Size::new(3, 3), 0.0)?;
    imgproc::laplacian_def(&smooth, &mut laplacian, CV_32F)?;
    let (mut mean, mut deviation) = (Mat::default(), Mat::default());
    core::mean_std_dev_def(&laplacian, &mut mean, &mut deviation)?;
    Ok(deviation.at::<f64>(0)?.powi(2))
}

/// The 8 × 8 lowest frequencies of a picture shrunk to 32 × 32, row by row.
pub(super) fn low_frequencies(picture: &LumaPicture) -> Result<[f32; 64], MotionError> {
    let levels = picture_matrix(picture)?;
    let (mut small, mut real, mut waves) = (Mat::default(), Mat::default(), Mat::default());
    let side = Size::new(32, 32);
    imgproc::resize(&levels, &mut small, side, 0.0, 0.0, imgproc::INTER_AREA)?;
    small.convert_to_def(&mut real, CV_32F)?;
    core::dct_def(&real, &mut waves)?;
    let all = waves.data_typed::<f32>()?;
    Ok(std::array::from_fn(|index| all[index / 8 * 32 + index % 8]))
}

/// By how many pixels the second picture lies from the first, right and down, and how much of their
/// common spectrum says so, 0 to 1 (phase correlation, Kuglin and Hines, 1975). On gradients, so
/// that light counts little.
pub(super) fn phase_shift(
    from: &LumaPicture,
    to: &LumaPicture,
) -> Result<(f64, f64, f64), MotionError> {
    let (from, to) = (gradients(from)?, gradients(to)?);
    let mut window = Mat::default();
    imgproc::create_hanning_window(&mut window, from.size()?, CV_64F)?;
    let mut response = 0.0;
    let shift = imgproc::phase_correlate(&from, &to, &window, Some(&mut response))?;
    Ok((shift.x, shift.y, response.clamp(0.0, 1.0)))
}

/// The turn, scale and shift between two pictures by ORB points (Rublee et al., 2011) and RANSAC;
/// none where they share too few points.
pub(super) fn similarity(
    from: &LumaPicture,
    to: &LumaPicture,
) -> Result<Option<Similarity>, MotionError> {
    let ((from_points, from_words), (to_points, to_words)) = (points(from)?, points(to)?);
    let possible = from_points.len().min(to_points.len());
    if possible < 8 {
        return Ok(None);
    }
    // Each is the other's best: of two alike windows neither is.
    let matcher = features2d::BFMatcher::create(core::NORM_HAMMING, true)?;
    let mut pairs = Vector::new();
    matcher.train_match_def(&from_words, &to_words, &mut pairs)?;
    let place = |points: &Vector<core::KeyPoint>, index: i32| -> Result<Point2f, MotionError> {
        let index = usize::try_from(index).unwrap_or_default();
        Ok(points.get(index)?.pt())
    };
    let (mut here, mut there) = (Vector::<Point2f>::new(), Vector::<Point2f>::new());
    for pair in &pairs {
        here.push(place(&from_points, pair.query_idx)?);
        there.push(place(&to_points, pair.train_idx)?);
    }
    if here.len() < 8 {
        return Ok(None);
    }
    let mut agrees = Mat::default();
    let found = calib3d::estimate_affine_partial_2d(
        &here,
        &there,
        &mut agrees,
        calib3d::RANSAC,
        2.0,
        2000,
        0.99,
        10,
    )?;
    if found.empty() {
        return Ok(None);
    }
    let agreeing = agrees
        .data_bytes()?
        .iter()
        .filter(|flag| **flag != 0)
        .count();
    let at = |row, column| found.at_2d::<f64>(row, column).copied();
    let (a, b, x, y) = (at(0, 0)?, at(1, 0)?, at(0, 2)?, at(1, 2)?);
    let (width, height) = from.size().as_f32();
    let (cx, cy) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    Ok(Some(Similarity {
        scale: single(a.hypot(b)),
        turn: single(b.atan2(a)),
        dx: single(a * cx - b * cy + x - cx),
        dy: single(b * cx + a * cy + y - cy),
        agreeing,
        points: possible,
    }))
}

fn points(picture: &LumaPicture) -> Result<(Vector<core::KeyPoint>, Mat), MotionError> {
    let levels = picture_matrix(picture)?;
    let mut orb = features2d::ORB::create(
        400,
        1.2,
        4,
        15,
        0,
        2,
        features2d::ORB_ScoreType::HARRIS_SCORE,
        31,
        12,
    )?;
    let (mut found, mut words) = (Vector::new(), Mat::default());
    let everywhere = core::no_array();
    orb.detect_and_compute_def(&levels, &everywhere, &mut found, &mut words)?;
    Ok((found, words))
}

fn gradients(picture: &LumaPicture) -> Result<Mat, MotionError> {
    let levels = picture_matrix(picture)?;
    let (mut smooth, mut across, mut down) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::gaussian_blur_def(&levels, &mut smooth, Size::new(3, 3), 0.0)?;
    imgproc::sobel_def(&smooth, &mut across, CV_64F, 1, 0)?;
    imgproc::sobel_def(&smooth, &mut down, CV_64F, 0, 1)?;
    let mut magnitude = Mat::default();
    core::magnitude(&across, &down, &mut magnitude)?;
    Ok(magnitude)
}

fn picture_matrix(picture: &LumaPicture) -> Result<BoxedRef<'_, Mat>, MotionError> {
    matrix(picture.levels(), picture.size().width)
}

fn matrix(bytes: &[u8], width: u32) -> Result<BoxedRef<'_, Mat>, MotionError> {
    let columns = i32::try_from(width).unwrap_or(i32::MAX);
    let rows = i32::try_from(bytes.len() / width.max(1) as usize).unwrap_or(i32::MAX);
    Ok(Mat::new_rows_cols_with_data(rows, columns, bytes)?)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "24 bits place a pixel to 1/1000 of it"
)]
fn single(number: f64) -> f32 {
    number as f32
}

impl Component {
    pub(super) fn of(cells: Vec<u32>, width: u32) -> Self {
        let columns = cells.iter().map(|cell| cell % width);
        let rows = cells.iter().map(|cell| cell / width);
        let (left, right) = columns.fold((u32::MAX, 0), |(l, r), x| (l.min(x), r.max(x)));
        let (top, bottom) = rows.fold((u32::MAX, 0), |(t, b), y| (t.min(y), b.max(y)));
        Self {
            left,
            top,
            width: right + 1 - left,
            height: bottom + 1 - top,
            cells,
        }
    }
}
