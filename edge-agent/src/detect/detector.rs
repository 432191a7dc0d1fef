//! One model at work for all cameras that name it: a thread of its own that looks at batches.
//!
//! Who goes next is decided by `schedule`; here are the thread, the waiting, the pictures and the
//! figures. A camera holds a [`Seat`] and waits in it, so what waits for a model is bounded by the
//! number of cameras; what they film meanwhile waits in their mailboxes, where the newest wins.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batching::{self, Alone};
use super::error::DetectError;
use super::preprocess::Preprocessor;
use super::request::{Request, Seen, Window};
use super::schedule::{Moment, Next, Schedule, SeatId, Terms, Waiting};
use super::session::{Bytes, Session, Wanted};
use super::{Detection, family, model_file, nms};
use crate::camera::Frame;
use crate::config::{DetectConfig, Family, InputSpec, Layout, Manifest, ModelConfig, Provider};
use crate::geometry::PixelBox;
use crate::telemetry::metric;

/// A handle to one model at work. Clones share it; the thread ends with the last one.
#[derive(Debug, Clone)]
pub struct Detector {
    manifest: Arc<Manifest>,
    sha256: Arc<str>,
    provider: Provider,
    desk: Arc<Desk>,
}

/// One camera's place at a model. It waits with one picture at a time.
#[derive(Debug)]
pub struct Seat {
    detector: Detector,
    id: SeatId,
    patience: Duration,
}

/// How long a picture outside any camera's rhythm is content to wait.
const NO_HURRY: Duration = Duration::from_secs(1);

impl Detector {
    /// Finds, verifies and loads a model, and starts its thread.
    ///
    /// # Errors
    /// [`DetectError`] where the runtime or the model is missing or wrong.
    pub fn start(model: &ModelConfig, detect: &DetectConfig) -> Result<Self, DetectError> {
        let chosen = model_file::choose(model, detect)?;
        let bytes = chosen.read()?;
        let manifest = chosen.manifest;
        let mut session = load(&manifest, &bytes, detect)?;
        let sha256 = model_file::hash_of(&bytes).into();
        let provider = session.provider();
        let batch = batching::tried(&mut session, &manifest, detect.batch)?;
        tracing::info!(
            model = manifest.name,
            family = manifest.family.word(),
            origin = %chosen.origin,
            provider = provider.word(),
            batch = batch.unwrap_or(1),
            one_by_one = batch.err().map(Alone::word),
            "model loaded"
        );
        let manifest = Arc::new(manifest);
        let places = batch.unwrap_or(1);
        // Whoever is looked at alone gains nothing by waiting for others.
        let fill = match places {
            1 => Duration::ZERO,
            _ => detect.fill_window,
        };
        let shared = Arc::new(Shared::new(Terms { places, fill }));
        let worker = Worker {
            preprocessor: Preprocessor::new(manifest.input.clone(), session.element()),
            manifest: Arc::clone(&manifest),
            session,
            places,
        };
        let desk = Desk(Arc::clone(&shared));
        std::thread::Builder::new()
            .name(format!("detect {}", manifest.name))
            .spawn(move || worker.work(&shared))
            .map_err(|source| DetectError::Load {
                model: manifest.name.clone(),
                source: source.into(),
            })?;
        Ok(Self {
            manifest,
            sha256,
            provider,
            desk: Arc::new(desk),
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

    /// What it runs on: the processor, where what was configured cannot be had.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// A place for a camera whose pictures are to be looked at within `patience` each.
    #[must_use]
    pub fn seat(&self, patience: Duration) -> Seat {
        Seat {
            detector: self.clone(),
            id: self.desk.0.arrive(),
            patience,
        }
    }

    /// What the model sees in one picture, best first. Blocks until it has looked: call it from a
    /// thread that may wait, not from an async task.
    ///
    /// # Errors
    /// [`DetectError`] where the picture is malformed or the inference fails.
    pub fn detect(&self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        let request = Request::whole(frame.clone());
        let seen = self.seat(NO_HURRY).look(1, move || request)?;
        Ok(seen.windows.into_iter().flatten().collect())
    }

    /// What the model sees in windows of one picture: for each its detections in pixels of the whole
    /// picture, best first. Nothing is suppressed between windows. Blocks.
    ///
    /// # Errors
    /// As [`Detector::detect`].
    pub fn detect_in(
        &self,
        frame: &Frame,
        windows: &[PixelBox],
    ) -> Result<Vec<Vec<Detection>>, DetectError> {
        let windows: Vec<Window> = windows.iter().copied().map(Window::Part).collect();
        let places = windows.len();
        let frame = frame.clone();
        let request = Request { frame, windows };
        let seen = self.seat(NO_HURRY).look(places, move || request)?;
        Ok(seen.windows)
    }
}

impl Seat {
    /// Waits for its turn and for what the model says. `take` gives the picture when the turn has
    /// come, so that it may be a newer one than that which was there at first; `places` says how many
    /// windows it is likely to have. Blocks.
    ///
    /// # Errors
    /// [`DetectError`] where the picture is malformed or the inference fails.
    pub fn look(
        &mut self,
        places: usize,
        take: impl FnOnce() -> Request + Send + 'static,
    ) -> Result<Seen, DetectError> {
        let stopped = || DetectError::Stopped {
            model: self.detector.manifest.name.clone(),
        };
        // One answer a job: this channel is never full.
        let (answer, answered) = sync_channel(1);
        let job = Job {
            take: Box::new(take),
            answer,
        };
        let shared = &self.detector.desk.0;
        shared.put(self.id, job, places, self.patience);
        answered.recv().map_err(|_| stopped())?
    }

    /// The detector it belongs to.
    #[must_use]
    pub const fn detector(&self) -> &Detector {
        &self.detector
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.detector.desk.0.leave(self.id);
    }
}

struct Job {
    take: Box<dyn FnOnce() -> Request + Send>,
    answer: SyncSender<Result<Seen, DetectError>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// The cameras' side of a detector; the thread ends when it is dropped.
#[derive(Debug)]
struct Desk(Arc<Shared>);

impl Drop for Desk {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    began: Instant,
}

#[derive(Debug)]
struct State {
    schedule: Schedule<Job>,
    next_seat: u64,
    closed: bool,
}

impl Shared {
    fn new(terms: Terms) -> Self {
        Self {
            state: Mutex::new(State {
                schedule: Schedule::new(terms),
                next_seat: 0,
                closed: false,
            }),
            changed: Condvar::new(),
            began: Instant::now(),
        }
    }

    fn now(&self) -> Moment {
        self.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section leaves the state whole, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arrive(&self) -> SeatId {
        let mut state = self.lock();
        state.schedule.arrive();
        state.next_seat += 1;
        SeatId(state.next_seat)
    }

    fn leave(&self, seat: SeatId) {
        self.lock().schedule.leave(seat);
        // Those who waited for it to come need not any more.
        self.changed.notify_one();
    }

    /// Where the thread is gone the job is dropped, and its camera learns that.
    fn put(&self, seat: SeatId, job: Job, places: usize, patience: Duration) {
        let mut state = self.lock();
        if !state.closed {
            state.schedule.put(seat, job, places, self.now(), patience);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nobody looks any more: whoever waits learns it.
    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.schedule = Schedule::new(Terms {
            places: 1,
            fill: Duration::ZERO,
        });
        drop(state);
        self.changed.notify_one();
    }

    /// The next batch; `None` once it is closed.
    fn next(&self) -> Option<Vec<Waiting<Job>>> {
        let mut state = self.lock();
        while !state.closed {
            let now = self.now();
            state = match state.schedule.next(now) {
                Next::Look(batch) => return Some(batch),
                Next::WaitUntil(moment) => {
                    let waited = self.changed.wait_timeout(state, moment.saturating_sub(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Next::Rest => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        None
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
        bytes: match (input.mean, input.std) {
            ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]) => Bytes::Fit,
            _ => Bytes::DoNotFit,
        },
        // Boxes in pixels of the input, whatever the picture: the letterbox maps them back.
        target: (manifest.family == Family::Detr).then_some(size),
        threads: detect.threads,
        provider: detect.provider,
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
    /// Most windows in one inference.
    places: usize,
}

/// One window of one picture.
type View<'a> = (&'a Frame, Window);

impl Worker {
    fn work(mut self, shared: &Arc<Shared>) {
        // Closed at the end of the thread, by a panic too: nobody waits for ever.
        let _closing = Desk(Arc::clone(shared));
        let figures = Figures::of(&self.manifest.name);
        while let Some(batch) = shared.next() {
            let began = shared.now();
            for waiting in &batch {
                let waited = began.saturating_sub(waiting.since);
                figures.waited.record(waited);
            }
            self.answer(batch, shared, &figures);
        }
    }

    fn answer(&mut self, batch: Vec<Waiting<Job>>, shared: &Shared, figures: &Figures) {
        let taken = batch.into_iter().map(|waiting| {
            let Job { take, answer } = waiting.job;
            (take(), answer, waiting.deadline)
        });
        let taken: Vec<_> = taken.collect();
        let requests: Vec<&Request> = taken.iter().map(|(request, ..)| request).collect();
        let mut looks = self.look(&requests, figures).into_iter();
        let done = shared.now();
        for (request, answer, deadline) in taken {
            if done > deadline {
                figures.late.increment(1);
            }
            let Some(look) = looks.next() else { continue };
            if look.is_err() {
                figures.failures.increment(1);
            }
            let frame = request.frame;
            // A camera that went away meanwhile needs no answer.
            let _ = answer.send(look.map(|windows| Seen { frame, windows }));
        }
    }

    /// An answer for each request, in order. Where a batch fails each is looked at alone, so that one
    /// camera's malformed picture costs the others nothing but time.
    fn look(
        &mut self,
        requests: &[&Request],
        figures: &Figures,
    ) -> Vec<Result<Vec<Vec<Detection>>, DetectError>> {
        let views: Vec<View<'_>> = requests.iter().copied().flat_map(views_of).collect();
        match (self.look_at(&views, figures), requests) {
            (Ok(found), _) => {
                let mut found = found.into_iter();
                let of_one =
                    |request: &&Request| Ok(found.by_ref().take(request.windows.len()).collect());
                requests.iter().map(of_one).collect()
            }
            (Err(error), [_]) => vec![Err(error)],
            (Err(_), _) => {
                let alone = |request: &&Request| {
                    let views: Vec<View<'_>> = views_of(request).collect();
                    self.look_at(&views, figures)
                };
                requests.iter().map(alone).collect()
            }
        }
    }

    /// What is seen in each window.
    fn look_at(
        &mut self,
        views: &[View<'_>],
        figures: &Figures,
    ) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut found = Vec::with_capacity(views.len());
        for views in views.chunks(self.places) {
            let began = Instant::now();
            let fill = |(place, (frame, window)): (usize, &View<'_>)| {
                self.preprocessor.fill(place, frame, *window)
            };
            let letterboxes = views.iter().enumerate().map(fill);
            let letterboxes = letterboxes.collect::<Result<Vec<_>, _>>()?;
            let tensor = self.preprocessor.tensor(views.len());
            let manifest = &self.manifest;
            let decoded = self.session.run(tensor, views.len(), |at, outputs| {
                family::decode(manifest, outputs, &letterboxes[at])
            })?;
            let overlap = manifest.thresholds.nms_iou;
            found.extend(
                decoded
                    .into_iter()
                    .map(|found| nms::suppress(found, overlap)),
            );
            figures.took.record(began.elapsed());
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            figures.pictures.record(views.len() as f64);
        }
        Ok(found)
    }
}

fn views_of(request: &Request) -> impl Iterator<Item = View<'_>> {
    let windows = request.windows.iter();
    windows.map(|window| (&request.frame, *window))
}

/// One model's figures.
struct Figures {
    took: metrics::Histogram,
    waited: metrics::Histogram,
    pictures: metrics::Histogram,
    late: metrics::Counter,
    failures: metrics::Counter,
}

impl Figures {
    fn of(model: &str) -> Self {
        let model = model.to_owned();
        Self {
            took: metrics::histogram!(metric::INFERENCE, "model" => model.clone()),
            waited: metrics::histogram!(metric::INFERENCE_WAIT, "model" => model.clone()),
            pictures: metrics::histogram!(metric::INFERENCE_PICTURES, "model" => model.clone()),
            late: metrics::counter!(metric::INFERENCE_LATE, "model" => model.clone()),
            failures: metrics::counter!(metric::INFERENCE_FAILED, "model" => model),
        }
    }
}
