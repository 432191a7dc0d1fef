//! Whether a model answers several pictures at once as it answers each alone: tried, not believed.
//!
//! A file may say that its batch axis is open and still not mean it. Suppression inside the graph
//! mixes the pictures' rows; dynamic quantisation takes one scale for the whole batch, so that what
//! one camera films would change what is seen on another. So two unlike pictures are looked at
//! alone and together once at loading, and where the answers differ, pictures go one by one.

use bytes::Bytes;
use jiff::Timestamp;

use super::error::DetectError;
use super::family::{Numbers, Output};
use super::preprocess::Preprocessor;
use super::request::Window;
use super::session::{BatchAxis, Session};
use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
use crate::config::Manifest;
use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// Why pictures go to a model one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alone {
    /// The configuration says so.
    Configured,
    /// The file takes one picture.
    FixedAxis,
    /// Together the pictures were answered otherwise than alone.
    AnswersDiffer,
    /// Together they were not answered at all.
    Fails,
}

impl Alone {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::FixedAxis => "fixed batch axis",
            Self::AnswersDiffer => "answers differ in a batch",
            Self::Fails => "a batch fails",
        }
    }
}

/// The share of a number, or the absolute amount near nought, by which two answers may differ:
/// kernels add up in another order for another batch.
const MOST_DIFFERENCE: f32 = 2e-3;

/// Whether pictures may be batched.
///
/// # Errors
/// [`DetectError`] where the model cannot look at a single picture.
pub(super) fn tried(
    session: &mut Session,
    manifest: &Manifest,
    wanted: usize,
) -> Result<Result<usize, Alone>, DetectError> {
    if wanted < 2 {
        return Ok(Err(Alone::Configured));
    }
    if session.batch_axis() == BatchAxis::One {
        return Ok(Err(Alone::FixedAxis));
    }
    let mut preprocessor = Preprocessor::new(manifest.input.clone(), session.element());
    let pictures = [picture(1, 255), picture(2, 60)];
    let mut alone = Vec::new();
    for picture in &pictures {
        preprocessor.fill(0, picture, Window::Whole)?;
        alone.extend(session.run(preprocessor.tensor(1), 1, |_, outputs| Ok(owned(outputs)))?);
    }
    for (place, picture) in pictures.iter().enumerate() {
        preprocessor.fill(place, picture, Window::Whole)?;
    }
    let together = session.run(preprocessor.tensor(2), 2, |_, outputs| Ok(owned(outputs)));
    Ok(match together {
        Err(_) => Err(Alone::Fails),
        Ok(together) if alone.iter().zip(&together).all(|(a, b)| same(a, b)) => Ok(wanted),
        Ok(_) => Err(Alone::AnswersDiffer),
    })
}

/// One output's shape and numbers.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    axes: Vec<i64>,
    floats: Vec<f32>,
    whole: Vec<i64>,
}

fn owned(outputs: &[Output<'_>]) -> Vec<Answer> {
    let one = |output: &Output<'_>| Answer {
        axes: output.axes.to_vec(),
        floats: match output.numbers {
            Numbers::F32(numbers) => numbers.to_vec(),
            _ => Vec::new(),
        },
        whole: match output.numbers {
            Numbers::I64(numbers) => numbers.to_vec(),
            _ => Vec::new(),
        },
    };
    outputs.iter().map(one).collect()
}

fn same(alone: &[Answer], together: &[Answer]) -> bool {
    let near = |(a, b): (&f32, &f32)| {
        // Numbers that are none are the same where both are.
        a.total_cmp(b).is_eq() || (a - b).abs() <= MOST_DIFFERENCE * a.abs().max(1.0)
    };
    let output = |(a, b): (&Answer, &Answer)| {
        a.axes == b.axes && a.whole == b.whole && a.floats.iter().zip(&b.floats).all(near)
    };
    alone.len() == together.len() && alone.iter().zip(together).all(output)
}

/// A picture of dice up to a level; no two seeds give the same.
pub(super) fn picture(seed: u64, most: u8) -> Frame {
    const SIDE: u32 = 96;
    let mut state = seed;
    let mut dice = |count: u32| {
        let level = |_| {
            // Knuth's MMIX constants.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0] % most
        };
        (0..count).map(level).collect::<Vec<u8>>()
    };
    let plane = |levels: Vec<u8>, side: u32| Plane {
        data: Bytes::from(levels),
        stride: side as usize,
    };
    let half = SIDE / 2;
    Frame {
        pts: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
        size: PictureSize {
            width: SIDE,
            height: SIDE,
        },
        format: PixelFormat::I420,
        range: ColorRange::Full,
        matrix: ColorMatrix::Bt601,
        planes: vec![
            plane(dice(SIDE * SIDE), SIDE),
            plane(dice(half * half), half),
            plane(dice(half * half), half),
        ],
    }
}

#[cfg(test)]
#[path = "batching_tests.rs"]
mod tests;
