//! A model's answer that came from somewhere else than a session: what fuzz targets feed the decoders.

use super::error::DetectError;
use super::family::{self, Numbers, Output};
use super::letterbox::Letterbox;
use super::{Detection, nms};
use crate::config::Manifest;
use crate::geometry::PictureSize;

/// One output of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its name.
    pub name: String,
    /// Its shape. Whether it has as many numbers is for the decoder to see.
    pub axes: Vec<i64>,
    /// Its numbers, flat, the last axis fastest.
    pub numbers: AnswerNumbers,
}

/// The numbers of an output.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerNumbers {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit integers.
    I64(Vec<i64>),
}

/// What a detector would have seen in a picture of that size, had its model said this.
///
/// # Errors
/// [`DetectError::Shape`] where these are not the outputs of the manifest's family.
pub fn read_answer(
    manifest: &Manifest,
    picture: PictureSize,
    outputs: &[Answer],
) -> Result<Vec<Detection>, DetectError> {
    let outputs: Vec<Output<'_>> = outputs.iter().map(output).collect();
    let letterbox = Letterbox::fit(picture, &manifest.input);
    let found = family::decode(manifest, &outputs, &letterbox);
    let found = found.map_err(|misfit| misfit.of(&manifest.name, "output"))?;
    Ok(nms::suppress(found, manifest.thresholds.nms_iou))
}

fn output(answer: &Answer) -> Output<'_> {
    Output {
        name: &answer.name,
        axes: &answer.axes,
        numbers: match &answer.numbers {
            AnswerNumbers::F32(numbers) => Numbers::F32(numbers),
            AnswerNumbers::I64(numbers) => Numbers::I64(numbers),
        },
    }
}
