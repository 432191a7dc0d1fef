//! One model at work for all cameras that name it: a thread of its own and a short queue.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use super::error::DetectError;
use super::preprocess::Preprocessor;
use super::session::{Session, Wanted};
use super::{Detection, family, model_file, nms};
use crate::camera::Frame;
use crate::config::{DetectConfig, Family, InputSpec, Layout, Manifest, ModelConfig};

/// A handle to one model at work. Clones share it; the thread ends with the last one.
#[derive(Debug, Clone)]
pub struct Detector {
    manifest: Arc<Manifest>,
    sha256: Arc<str>,
    jobs: SyncSender<Job>,
}

struct Job {
    frame: Frame,
    answer: SyncSender<Result<Vec<Detection>, DetectError>>,
}

/// Pictures that wait for the model. When it is full the next camera's own thread waits; what a
/// waiting camera misses meanwhile is replaced and counted in its mailbox, where the newest wins.
const QUEUE: usize = 4;

impl Detector {
    /// Finds, verifies and loads a model, and starts its thread.
    ///
    /// # Errors
    /// [`DetectError`] where the runtime or the model is missing or wrong.
    pub fn start(model: &ModelConfig, detect: &DetectConfig) -> Result<Self, DetectError> {
        let chosen = model_file::choose(model, detect)?;
        let bytes = chosen.read()?;
        let manifest = chosen.manifest;
        let session = load(&manifest, &bytes, detect)?;
        let sha256 = model_file::hash_of(&bytes).into();
        tracing::info!(
            model = manifest.name,
            family = manifest.family.word(),
            origin = %chosen.origin,
            "model loaded"
        );
        let manifest = Arc::new(manifest);
        let (jobs, queue) = sync_channel(QUEUE);
        let worker = Worker {
            manifest: Arc::clone(&manifest),
            preprocessor: Preprocessor::new(manifest.input.clone()),
            session,
        };
        std::thread::Builder::new()
            .name(format!("detect {}", manifest.name))
            .spawn(move || worker.work(&queue))
            .map_err(|source| DetectError::Load {
                model: manifest.name.clone(),
                source: source.into(),
            })?;
        Ok(Self {
            manifest,
            sha256,
            jobs,
        })
    }

    /// What the model is: that of the variant, where one was chosen.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The SHA-256 of the very bytes that run.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What the model sees in one picture, best first. Blocks until it has looked: call it from a
    /// thread that may wait, not from an async task.
    ///
    /// # Errors
    /// [`DetectError`] where the picture is malformed or the inference fails.
    pub fn detect(&self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        let stopped = || DetectError::Stopped {
            model: self.manifest.name.clone(),
        };
        // One answer a job: this channel is never full.
        let (answer, answered) = sync_channel(1);
        let job = Job {
            frame: frame.clone(),
            answer,
        };
        self.jobs.send(job).map_err(|_| stopped())?;
        answered.recv().map_err(|_| stopped())?
    }
}

/// Loads a detector's session from its bytes.
pub(super) fn load(
    manifest: &Manifest,
    bytes: &[u8],
    detect: &DetectConfig,
) -> Result<Session, DetectError> {
    let input = &manifest.input;
    let size = [i64::from(input.width), i64::from(input.height)];
    let wanted = Wanted {
        model: &manifest.name,
        input: shape_of(input),
        // Boxes in pixels of the input, whatever the picture: the letterbox maps them back.
        target: (manifest.family == Family::Detr).then_some(size),
        threads: detect.threads,
        runtime: detect.onnxruntime.as_deref(),
    };
    Session::load(bytes, &wanted, |outlets| family::check(manifest, outlets))
}

fn shape_of(input: &InputSpec) -> [usize; 4] {
    let (width, height) = (input.width as usize, input.height as usize);
    match input.layout {
        Layout::Nchw => [1, 3, height, width],
        Layout::Nhwc => [1, height, width, 3],
    }
}

struct Worker {
    manifest: Arc<Manifest>,
    preprocessor: Preprocessor,
    session: Session,
}

impl Worker {
    fn work(mut self, queue: &Receiver<Job>) {
        let model = self.manifest.name.clone();
        while let Ok(job) = queue.recv() {
            let began = Instant::now();
            let found = self.look(&job.frame);
            metrics::histogram!("vong_inference_seconds", "model" => model.clone())
                .record(began.elapsed());
            if found.is_err() {
                metrics::counter!("vong_inference_failures_total", "model" => model.clone())
                    .increment(1);
            }
            // A camera that went away meanwhile needs no answer.
            let _ = job.answer.send(found);
        }
    }

    fn look(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        let (tensor, letterbox) = self.preprocessor.fill(frame)?;
        let manifest = &self.manifest;
        let found = self.session.run(tensor, |outputs| {
            family::decode(manifest, outputs, &letterbox)
        })?;
        Ok(nms::suppress(found, manifest.thresholds.nms_iou))
    }
}
