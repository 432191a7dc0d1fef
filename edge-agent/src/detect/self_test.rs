//! Whether a model that nobody ran before does what its manifest says: it loads, its shapes fit, it
//! looks at a picture, and what it says are numbers.

use std::time::{Duration, Instant};

use super::detector::load;
use super::error::DetectError;
use super::family::{self, Numbers, Outlet, Output};
use super::model_file;
use super::preprocess::Preprocessor;
use super::request::Window;
use super::session;
use super::{Detection, nms};
use crate::camera::Frame;
use crate::config::{DetectConfig, Layout, ModelConfig};

/// What a first look showed.
#[derive(Debug, Clone)]
pub struct SelfTest {
    /// The outputs' shapes, e.g. `f32[1, 84, 7]`.
    pub outputs: String,
    /// Numbers that are infinite or none at all, in outputs that are read as floats.
    pub not_finite: usize,
    /// What it sees over its threshold, after suppression, best first.
    pub detections: Vec<Detection>,
    /// How long loading took.
    pub loaded_in: Duration,
    /// How long the second look took, all in all; the first warms up.
    pub looked_in: Duration,
}

impl SelfTest {
    /// Runs a model on a picture.
    ///
    /// # Errors
    /// [`DetectError`]: the file, its hash, the runtime, a shape, the inference.
    pub fn run(
        model: &ModelConfig,
        detect: &DetectConfig,
        picture: &Frame,
    ) -> Result<Self, DetectError> {
        let chosen = model_file::choose(model, detect)?;
        let began = Instant::now();
        let mut session = load(&chosen.manifest, &chosen.read()?, detect)?;
        let loaded_in = began.elapsed();
        let manifest = &chosen.manifest;
        let mut preprocessor = Preprocessor::new(manifest.input.clone(), session.element());
        let mut look = || {
            let letterbox = preprocessor.fill(0, picture, Window::Whole)?;
            let looked = session.run(preprocessor.tensor(1), 1, |_, outputs| {
                let outlets: Vec<_> = outputs.iter().map(Output::outlet).collect();
                let found = family::decode(manifest, outputs, &letterbox)?;
                Ok((Outlet::shown(&outlets), not_finite(outputs), found))
            })?;
            looked
                .into_iter()
                .next()
                .ok_or_else(|| DetectError::Stopped {
                    model: manifest.name.clone(),
                })
        };
        look()?;
        let began = Instant::now();
        let (outputs, not_finite, found) = look()?;
        let detections = nms::suppress(found, manifest.thresholds.nms_iou);
        Ok(Self {
            outputs,
            not_finite,
            detections,
            loaded_in,
            looked_in: began.elapsed(),
        })
    }
}

/// Columns, rows and layout of a model's picture, where its file states them.
///
/// # Errors
/// [`DetectError`]: no runtime, a file that does not load.
pub fn stated_input(
    name: &str,
    bytes: &[u8],
    detect: &DetectConfig,
) -> Result<Option<(u32, u32, Layout)>, DetectError> {
    let shapes = session::stated_inputs(name, bytes, detect.onnxruntime.as_deref())?;
    let side = |axis: i64| u32::try_from(axis).ok();
    let read = |axes: &Vec<i64>| match *axes.as_slice() {
        [_, 3, rows, columns] => Some((side(columns)?, side(rows)?, Layout::Nchw)),
        [_, rows, columns, 3] => Some((side(columns)?, side(rows)?, Layout::Nhwc)),
        _ => None,
    };
    Ok(shapes.iter().find_map(read))
}

fn not_finite(outputs: &[Output<'_>]) -> usize {
    let count = |output: &Output<'_>| match output.numbers {
        Numbers::F32(numbers) => numbers.iter().filter(|number| !number.is_finite()).count(),
        Numbers::I64(_) | Numbers::Other => 0,
    };
    outputs.iter().map(count).sum()
}
