//! ONNX Runtime: the only file that speaks to it. Tensors in, tensors out.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;
use ort::session::Session as OrtSession;
use ort::value::TensorRef;

use super::error::DetectError;
use super::family;
use super::library;
use super::model_file;
use crate::config::{InputSpec, Layout, Manifest};

/// A model that is loaded and whose shapes fit its manifest.
#[derive(Debug)]
pub struct Session {
    model: String,
    input_shape: [usize; 4],
    inner: OrtSession,
}

/// The runtime allows one environment a process; it lives for as long as the process.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

impl Session {
    /// Loads a model's file, once its hash is that of the manifest and its shapes fit.
    ///
    /// # Errors
    /// [`DetectError`]: no runtime, another hash, a file that does not load, another shape.
    pub fn load(
        manifest: &Manifest,
        file: &Path,
        threads: usize,
        runtime: Option<&Path>,
    ) -> Result<Self, DetectError> {
        let bytes = model_file::read_verified(manifest, file)?;
        let environment = environment(&library::find(runtime)?)?;
        let load = |source: ort::Error| DetectError::Load {
            model: manifest.name.clone(),
            source: source.into(),
        };
        let inner = OrtSession::builder(&environment)
            .map_err(load)?
            .with_intra_threads(threads)
            .map_err(|error| load(error.into()))?
            // Spinning threads would take the cores from the decoders between two pictures.
            .with_intra_op_spinning(false)
            .map_err(|error| load(error.into()))?
            .commit_from_memory(&bytes)
            .map_err(load)?;
        let input_shape = shape_of(&manifest.input);
        check_shape(manifest, "input", inner.inputs(), &input_shape)?;
        check_shape(
            manifest,
            "output",
            inner.outputs(),
            &family::output_shape(manifest),
        )?;
        Ok(Self {
            model: manifest.name.clone(),
            input_shape,
            inner,
        })
    }

    /// Runs one picture's tensor through the model and hands its output, flat, to `decode`.
    ///
    /// # Errors
    /// [`DetectError::Inference`].
    pub fn run<T>(
        &mut self,
        tensor: &[f32],
        decode: impl FnOnce(&[f32]) -> T,
    ) -> Result<T, DetectError> {
        let model = &self.model;
        let failed = |source: ort::Error| DetectError::Inference {
            model: model.clone(),
            source: source.into(),
        };
        let input = TensorRef::from_array_view((self.input_shape, tensor)).map_err(failed)?;
        let outputs = self.inner.run(ort::inputs![input]).map_err(failed)?;
        let (_, flat) = outputs[0].try_extract_tensor::<f32>().map_err(failed)?;
        Ok(decode(flat))
    }
}

fn environment(library: &PathBuf) -> Result<Environment, DetectError> {
    let mut environment = ENVIRONMENT
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(environment) = &*environment {
        return Ok(environment.clone());
    }
    let failed = |source| DetectError::Runtime {
        file: library.clone(),
        source,
    };
    let built = ort::init_from(library)
        .map_err(|error| failed(error.into()))?
        .build()
        .map_err(|error| failed(error.into()))?;
    built.set_log_level(ort::logging::LogLevel::Warning);
    *environment = Some(built.clone());
    Ok(built)
}

fn shape_of(input: &InputSpec) -> [usize; 4] {
    let (width, height) = (input.width as usize, input.height as usize);
    match input.layout {
        Layout::Nchw => [1, 3, height, width],
        Layout::Nhwc => [1, height, width, 3],
    }
}

/// A dynamic axis (negative) fits anything; all others must be equal.
fn check_shape(
    manifest: &Manifest,
    end: &'static str,
    outlets: &[ort::value::Outlet],
    expected: &[usize],
) -> Result<(), DetectError> {
    let shape = match outlets {
        [outlet, ..] => outlet.dtype().tensor_shape().map(|shape| shape.to_vec()),
        [] => None,
    };
    let fits = |shape: &Vec<i64>| {
        shape.len() == expected.len()
            && shape.iter().zip(expected).all(|(&found, &wanted)| {
                found < 0 || usize::try_from(found).is_ok_and(|found| found == wanted)
            })
    };
    let extra_inputs = end == "input" && outlets.len() != 1;
    if shape.as_ref().is_some_and(fits) && !extra_inputs {
        return Ok(());
    }
    Err(DetectError::Shape {
        model: manifest.name.clone(),
        end,
        found: shape.map_or_else(|| "none".to_owned(), |shape| format!("{shape:?}")),
        expected: format!("{expected:?}"),
    })
}
