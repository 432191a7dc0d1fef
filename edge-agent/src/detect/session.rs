//! ONNX Runtime: the only file that speaks to it. Tensors in, tensors out.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;
use ort::session::builder::SessionBuilder;
use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{DynValue, Outlet as OrtOutlet, TensorElementType, TensorRef};

use super::error::DetectError;
use super::family::{Kind, Misfit, Numbers, Outlet, Output};
use super::library;
use super::preprocess::{Element, Tensor};
use crate::config::Provider;
use crate::telemetry::chain;

/// A model that is loaded and whose shapes fit.
#[derive(Debug)]
pub(super) struct Session {
    model: String,
    input: Input,
    provider: Provider,
    inner: OrtSession,
}

/// What goes into a model.
#[derive(Debug)]
struct Input {
    name: String,
    /// Of one picture.
    shape: [usize; 4],
    element: Element,
    batch: BatchAxis,
    /// The second input of models that scale their boxes themselves: its name, and what it is told.
    target: Option<(String, [i64; 2])>,
}

/// Whether a file takes more than one picture at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchAxis {
    /// Any number.
    Open,
    /// One.
    One,
}

/// How a model is loaded.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// Its name, for errors.
    pub(super) model: &'a str,
    /// The shape of its first input for one picture.
    pub(super) input: [usize; 4],
    /// Whether that may be bytes: only where levels go in as they are.
    pub(super) bytes: Bytes,
    /// Width and height to tell a second input `i64[1, 2]`, for families that have one.
    pub(super) target: Option<[i64; 2]>,
    /// Threads of one inference.
    pub(super) threads: usize,
    /// What it is to run on.
    pub(super) provider: Provider,
    /// ONNX Runtime's library, where one is named.
    pub(super) runtime: Option<&'a Path>,
}

/// Whether a model's input may be bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    /// Its manifest asks for no normalisation.
    Fit,
    /// It asks for one, which bytes cannot hold.
    DoNotFit,
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
        let (inner, provider) = open(wanted, bytes)?;
        let input = Input::of(wanted, inner.inputs())?;
        let outlets: Vec<Outlet<'_>> = inner.outputs().iter().map(outlet).collect();
        check(&outlets).map_err(|misfit| misfit.of(wanted.model, "output"))?;
        Ok(Self {
            model: wanted.model.to_owned(),
            input,
            provider,
            inner,
        })
    }

    /// What kind of numbers it takes.
    pub(super) const fn element(&self) -> Element {
        self.input.element
    }

    /// Whether its file takes more than one picture at once.
    pub(super) const fn batch_axis(&self) -> BatchAxis {
        self.input.batch
    }

    /// What it runs on.
    pub(super) const fn provider(&self) -> Provider {
        self.provider
    }

    /// Runs some pictures' tensor through the model and hands the outputs for each to `decode`, as if
    /// it had been alone.
    ///
    /// # Errors
    /// [`DetectError::Inference`], or [`DetectError::Shape`] where the outputs are not those that
    /// the file promised.
    pub(super) fn run<T>(
        &mut self,
        tensor: Tensor<'_>,
        pictures: usize,
        decode: impl Fn(usize, &[Output<'_>]) -> Result<T, Misfit>,
    ) -> Result<Vec<T>, DetectError> {
        let model = &self.model;
        let failed = |source: ort::Error| DetectError::Inference {
            model: model.clone(),
            source: source.into(),
        };
        let [_, b, c, d] = self.input.shape;
        let shape = [pictures, b, c, d];
        let picture: SessionInputValue<'_> = match tensor {
            Tensor::F32(numbers) => TensorRef::from_array_view((shape, numbers))
                .map_err(failed)?
                .into(),
            Tensor::U8(numbers) => TensorRef::from_array_view((shape, numbers))
                .map_err(failed)?
                .into(),
        };
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            vec![(self.input.name.as_str().into(), picture)];
        let sizes: Vec<i64>;
        if let Some((name, size)) = &self.input.target {
            sizes = size.repeat(pictures);
            let size = TensorRef::from_array_view(([pictures, 2], sizes.as_slice()));
            inputs.push((name.as_str().into(), size.map_err(failed)?.into()));
        }
        let outputs = self.inner.run(inputs).map_err(failed)?;
        let read: Vec<Output<'_>> = outputs
            .keys()
            .enumerate()
            .map(|(at, name)| output(name, &outputs[at]))
            .collect();
        let misfit = |misfit: Misfit| misfit.of(model, "output");
        if pictures == 1 {
            return Ok(vec![decode(0, &read).map_err(misfit)?]);
        }
        let axes: Option<Vec<Vec<i64>>> = read
            .iter()
            .map(|output| axes_of_one(output, pictures))
            .collect();
        let axes = axes.ok_or_else(|| misfit(unsplit(&read, pictures)))?;
        let of_one = |at: usize| {
            let mut outputs = read.iter().zip(&axes);
            let outputs = outputs
                .by_ref()
                .map(|(all, axes)| all.part(at, pictures, axes));
            decode(at, &outputs.collect::<Vec<_>>()).map_err(misfit)
        };
        (0..pictures).map(of_one).collect()
    }
}

/// The axes of one picture's share of an output, where the first axis counts the pictures.
fn axes_of_one(output: &Output<'_>, pictures: usize) -> Option<Vec<i64>> {
    let (first, rest) = output.axes.split_first()?;
    let counts = usize::try_from(*first).is_ok_and(|first| first == pictures);
    counts.then(|| std::iter::once(1).chain(rest.iter().copied()).collect())
}

fn unsplit(outputs: &[Output<'_>], pictures: usize) -> Misfit {
    let outlets: Vec<_> = outputs.iter().map(Output::outlet).collect();
    Misfit {
        found: Outlet::shown(&outlets),
        expected: format!("a first axis of {pictures} for as many pictures"),
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
    let environment = environment(&library::find(runtime)?)?;
    let session = builder(&environment, model, 1)?
        .commit_from_memory(bytes)
        .map_err(|source| unloadable(model, source))?;
    let stated = session.inputs().iter().map(outlet);
    let floats = stated.filter(|outlet| outlet.kind == Kind::F32);
    Ok(floats.map(|outlet| outlet.axes.to_vec()).collect())
}

/// Opens a file on the wanted provider, or on the processor where that one cannot be had.
fn open(wanted: &Wanted<'_>, bytes: &[u8]) -> Result<(OrtSession, Provider), DetectError> {
    let environment = environment(&library::find(wanted.runtime)?)?;
    if wanted.provider == Provider::Cuda {
        let builder = builder(&environment, wanted.model, wanted.threads)?;
        match on_cuda(builder, bytes) {
            Ok(session) => return Ok((session, Provider::Cuda)),
            Err(error) => tracing::warn!(
                model = wanted.model,
                error = %chain(&error),
                "CUDA cannot be had; this model runs on the processor"
            ),
        }
    }
    let session = builder(&environment, wanted.model, wanted.threads)?
        .commit_from_memory(bytes)
        .map_err(|source| unloadable(wanted.model, source))?;
    Ok((session, Provider::Cpu))
}

#[cfg(feature = "cuda")]
fn on_cuda(builder: SessionBuilder, bytes: &[u8]) -> Result<OrtSession, ort::Error> {
    let cuda = ort::ep::CUDA::default().build().error_on_failure();
    let mut builder = builder.with_execution_providers([cuda])?;
    builder.commit_from_memory(bytes)
}

#[cfg(not(feature = "cuda"))]
fn on_cuda(_: SessionBuilder, _: &[u8]) -> Result<OrtSession, ort::Error> {
    Err(ort::Error::new(
        "this program was built without it (cargo feature `cuda` of edge-agent)",
    ))
}

fn builder(
    environment: &Environment,
    model: &str,
    threads: usize,
) -> Result<SessionBuilder, DetectError> {
    let load = |source: ort::Error| unloadable(model, source);
    OrtSession::builder(environment)
        .map_err(load)?
        .with_intra_threads(threads)
        .map_err(|error| load(error.into()))?
        // Spinning threads would take the cores from the decoders between two pictures.
        .with_intra_op_spinning(false)
        .map_err(|error| load(error.into()))
}

fn unloadable(model: &str, source: ort::Error) -> DetectError {
    DetectError::Load {
        model: model.to_owned(),
        source: source.into(),
    }
}

impl Input {
    fn of(wanted: &Wanted<'_>, stated: &[OrtOutlet]) -> Result<Self, DetectError> {
        let outlets: Vec<Outlet<'_>> = stated.iter().map(outlet).collect();
        let shape = wanted.input.map(Some);
        let takes = |outlet: &&Outlet<'_>| {
            outlet.is_f32(&shape) || (wanted.bytes == Bytes::Fit && outlet.is_u8(&shape))
        };
        let picture = outlets.iter().find(takes);
        let others = outlets.iter().filter(|outlet| !takes(outlet));
        let others: Vec<_> = others.collect();
        let (picture, target) = match (picture, others.as_slice(), wanted.target) {
            (Some(picture), [], _) => (picture, None),
            (Some(picture), [size], Some(target)) if size.is_i64(&[Some(1), Some(2)]) => {
                (picture, Some((size.name.to_owned(), target)))
            }
            _ => return Err(Self::misfit(wanted, &outlets)),
        };
        Ok(Self {
            name: picture.name.to_owned(),
            shape: wanted.input,
            element: match picture.kind {
                Kind::U8 => Element::U8,
                _ => Element::F32,
            },
            batch: match picture.axes.first() {
                Some(..0) => BatchAxis::Open,
                _ => BatchAxis::One,
            },
            target,
        })
    }

    fn misfit(wanted: &Wanted<'_>, outlets: &[Outlet<'_>]) -> DetectError {
        let size = wanted
            .target
            .map_or("", |_| ", or with i64[1, 2] beside it");
        let misfit = Misfit {
            found: Outlet::shown(outlets),
            expected: match wanted.bytes {
                Bytes::Fit => format!("f32{0:?} or u8{0:?}{size}", wanted.input),
                Bytes::DoNotFit => format!("f32{:?}{size}", wanted.input),
            },
        };
        misfit.of(wanted.model, "input")
    }
}

fn outlet(stated: &OrtOutlet) -> Outlet<'_> {
    let kind = match stated.dtype().tensor_type() {
        Some(TensorElementType::Float32) => Kind::F32,
        Some(TensorElementType::Int64) => Kind::I64,
        Some(TensorElementType::Float16) => Kind::Other("f16"),
        Some(TensorElementType::Uint8) => Kind::U8,
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
