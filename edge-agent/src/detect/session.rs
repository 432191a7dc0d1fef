//! ONNX Runtime: the only file that speaks to it. Tensors in, tensors out.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;
use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{DynValue, Outlet as OrtOutlet, TensorElementType, TensorRef};

use super::error::DetectError;
use super::family::{Kind, Misfit, Numbers, Outlet, Output};
use super::library;

/// A model that is loaded and whose shapes fit.
#[derive(Debug)]
pub(super) struct Session {
    model: String,
    input: Input,
    inner: OrtSession,
}

/// What goes into a model.
#[derive(Debug)]
struct Input {
    name: String,
    shape: [usize; 4],
    /// The second input of models that scale their boxes themselves: its name, and what it is told.
    target: Option<(String, [i64; 2])>,
}

/// How a model is loaded.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// Its name, for errors.
    pub(super) model: &'a str,
    /// The shape of its first input, f32.
    pub(super) input: [usize; 4],
    /// Width and height to tell a second input `i64[1, 2]`, for families that have one.
    pub(super) target: Option<[i64; 2]>,
    /// Threads of one inference.
    pub(super) threads: usize,
    /// ONNX Runtime's library, where one is named.
    pub(super) runtime: Option<&'a Path>,
}

/// The runtime allows one environment a process; it lives for as long as the process.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

impl Session {
    /// Loads a model whose bytes are those that are meant, if its shapes fit; `check` judges the
    /// outputs that it states.
    ///
    /// # Errors
    /// [`DetectError`]: no runtime, a file that does not load, another shape.
    pub(super) fn load(
        bytes: &[u8],
        wanted: &Wanted<'_>,
        check: impl FnOnce(&[Outlet<'_>]) -> Result<(), Misfit>,
    ) -> Result<Self, DetectError> {
        let inner = open(wanted.model, bytes, wanted.threads, wanted.runtime)?;
        let input = Input::of(wanted, inner.inputs())?;
        let outlets: Vec<Outlet<'_>> = inner.outputs().iter().map(outlet).collect();
        check(&outlets).map_err(|misfit| misfit.of(wanted.model, "output"))?;
        Ok(Self {
            model: wanted.model.to_owned(),
            input,
            inner,
        })
    }

    /// Runs one tensor through the model and hands its outputs to `decode`.
    ///
    /// # Errors
    /// [`DetectError::Inference`], or [`DetectError::Shape`] where the outputs are not those that
    /// the file promised.
    pub(super) fn run<T>(
        &mut self,
        tensor: &[f32],
        decode: impl FnOnce(&[Output<'_>]) -> Result<T, Misfit>,
    ) -> Result<T, DetectError> {
        let model = &self.model;
        let failed = |source: ort::Error| DetectError::Inference {
            model: model.clone(),
            source: source.into(),
        };
        let picture = TensorRef::from_array_view((self.input.shape, tensor)).map_err(failed)?;
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            vec![(self.input.name.as_str().into(), picture.into())];
        if let Some((name, size)) = &self.input.target {
            let size = TensorRef::from_array_view(([1_usize, 2], size.as_slice()));
            inputs.push((name.as_str().into(), size.map_err(failed)?.into()));
        }
        let outputs = self.inner.run(inputs).map_err(failed)?;
        let read: Vec<Output<'_>> = outputs
            .keys()
            .enumerate()
            .map(|(at, name)| output(name, &outputs[at]))
            .collect();
        decode(&read).map_err(|misfit| misfit.of(model, "output"))
    }
}

/// The shapes of the float inputs that a file states; an open axis is negative.
///
/// # Errors
/// [`DetectError`]: no runtime, a file that does not load.
pub(super) fn stated_inputs(
    model: &str,
    bytes: &[u8],
    runtime: Option<&Path>,
) -> Result<Vec<Vec<i64>>, DetectError> {
    let session = open(model, bytes, 1, runtime)?;
    let stated = session.inputs().iter().map(outlet);
    let floats = stated.filter(|outlet| outlet.kind == Kind::F32);
    Ok(floats.map(|outlet| outlet.axes.to_vec()).collect())
}

fn open(
    model: &str,
    bytes: &[u8],
    threads: usize,
    runtime: Option<&Path>,
) -> Result<OrtSession, DetectError> {
    let environment = environment(&library::find(runtime)?)?;
    let load = |source: ort::Error| DetectError::Load {
        model: model.to_owned(),
        source: source.into(),
    };
    OrtSession::builder(&environment)
        .map_err(load)?
        .with_intra_threads(threads)
        .map_err(|error| load(error.into()))?
        // Spinning threads would take the cores from the decoders between two pictures.
        .with_intra_op_spinning(false)
        .map_err(|error| load(error.into()))?
        .commit_from_memory(bytes)
        .map_err(load)
}

impl Input {
    fn of(wanted: &Wanted<'_>, stated: &[OrtOutlet]) -> Result<Self, DetectError> {
        let outlets: Vec<Outlet<'_>> = stated.iter().map(outlet).collect();
        let shape = wanted.input.map(Some);
        let picture = outlets.iter().find(|outlet| outlet.is_f32(&shape));
        let others = outlets.iter().filter(|outlet| !outlet.is_f32(&shape));
        let others: Vec<_> = others.collect();
        let (name, target) = match (picture, others.as_slice(), wanted.target) {
            (Some(picture), [], _) => (picture.name, None),
            (Some(picture), [size], Some(target)) if size.is_i64(&[Some(1), Some(2)]) => {
                (picture.name, Some((size.name.to_owned(), target)))
            }
            _ => return Err(Self::misfit(wanted, &outlets)),
        };
        Ok(Self {
            name: name.to_owned(),
            shape: wanted.input,
            target,
        })
    }

    fn misfit(wanted: &Wanted<'_>, outlets: &[Outlet<'_>]) -> DetectError {
        let size = wanted
            .target
            .map_or("", |_| ", or with i64[1, 2] beside it");
        let misfit = Misfit {
            found: Outlet::shown(outlets),
            expected: format!("f32{:?}{size}", wanted.input),
        };
        misfit.of(wanted.model, "input")
    }
}

fn outlet(stated: &OrtOutlet) -> Outlet<'_> {
    let kind = match stated.dtype().tensor_type() {
        Some(TensorElementType::Float32) => Kind::F32,
        Some(TensorElementType::Int64) => Kind::I64,
        Some(TensorElementType::Float16) => Kind::Other("f16"),
        Some(TensorElementType::Uint8) => Kind::Other("u8"),
        Some(TensorElementType::Int32) => Kind::Other("i32"),
        _ => Kind::Other("other"),
    };
    Outlet {
        name: stated.name(),
        axes: stated.dtype().tensor_shape().map_or(&[], |shape| shape),
        kind,
    }
}

fn output<'a>(name: &'a str, value: &'a DynValue) -> Output<'a> {
    let dtype = value.dtype();
    let numbers = match dtype.tensor_type() {
        Some(TensorElementType::Float32) => {
            let floats = value.try_extract_tensor::<f32>();
            floats.map_or(Numbers::Other, |(_, floats)| Numbers::F32(floats))
        }
        Some(TensorElementType::Int64) => {
            let whole = value.try_extract_tensor::<i64>();
            whole.map_or(Numbers::Other, |(_, whole)| Numbers::I64(whole))
        }
        _ => Numbers::Other,
    };
    Output {
        name,
        axes: dtype.tensor_shape().map_or(&[], |shape| shape),
        numbers,
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
