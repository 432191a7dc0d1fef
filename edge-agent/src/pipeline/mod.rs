//! The wiring: every stage's task, the bounded channels between them, and the ordered shutdown.
//!
//! ```text
//! camera (task) ─► mailbox ─► watch (thread) ─► desk (task) ─► store ─► publisher, uploader (tasks)
//!            └───► ring ─────► exhibits (clip tasks) ─┘
//! ```
//! A camera with a main stream beside the analysed one has a second task, whose ring is cut from.
//! A stop goes the same way: cameras first, so that open events end; then the analysis, the clips
//! that can be cut, the desk, and last the publisher, which flushes and says good-bye.
//!
//! What does not belong here: deciding anything. The stages do.

mod clock_watch;
mod clocks;
mod desk;
mod event_log;
mod exhibits;
mod facts;
mod health;
mod load;
mod orders;
mod outbound;
mod poses;
mod seal;
mod status;
mod streams;
mod vault;
mod watch;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{CameraCounters, CameraId};
use tokio::runtime::Handle;
use tokio::sync::watch as latest;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::analysis::{Gaze, Plan, PosedAnalysis, TrackMemory};
use crate::camera::{Camera, Counters, StreamUrlError};
use crate::clock::{CameraClock, ClockBoard};
use crate::config::{CameraConfig, ClockConfig, Config};
use crate::detect::{Classifier, DetectError, Detector};
use crate::identity::{Identity, TlsError};
use crate::outbox::{BrokerAddressError, StoreError};
use crate::pose::PoseHandle;
use crate::report::CameraFacts;
use crate::signal::SignalWatch;
use crate::telemetry::chain;
use crate::track::TrackerOptions;
use crate::verify::{self, FireVerifier};

use clock_watch::ClockWatch;
use clocks::{Spokesman, WatchClocks};
pub use event_log::EventLogError;
use exhibits::Exhibits;
use facts::{PosedFacts, all_facts};
use health::HealthWatch;
use orders::{Orders, Post};
use outbound::Outbound;
use status::StatusReporter;
use streams::Streams;
use vault::Vault;
use watch::{Failing, Watch};

/// A camera that is looked at seldom is not made to wait as long for the model.
const LONGEST_PERIOD: Duration = Duration::from_secs(1);
/// How long each step of the shutdown may take before the next one begins without it.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The server's or broker's address in the enrolment is no address.
    #[error("the enrolment names no usable address; enrol anew with `edge-agent enroll --again`")]
    Address(#[source] url::ParseError),
    /// The broker's address is of another kind.
    #[error("[server] mqtt_url, or the enrolment, names no broker")]
    Broker(#[source] BrokerAddressError),
    /// Trust for HTTP and MQTT cannot be set up.
    #[error("[server] ca_file, client_certificate or client_key")]
    Tls(#[source] TlsError),
    /// The outbox cannot be opened.
    #[error("[agent] data_dir: the outbox does not start")]
    Outbox(#[source] StoreError),
    /// The event log cannot be read or opened.
    #[error("[agent] event_log")]
    EventLog(#[source] EventLogError),
    /// A camera's address is not one.
    #[error("camera `{camera}`: url")]
    Camera {
        /// The camera.
        camera: CameraId,
        /// Why not.
        #[source]
        source: StreamUrlError,
    },
    /// Trust for a camera's web service cannot be set up.
    #[error("camera `{camera}`: ca_file")]
    CameraTls {
        /// The camera.
        camera: CameraId,
        /// Why not.
        #[source]
        source: Box<TlsError>,
    },
    /// A camera names a model that is not there.
    #[error("camera `{camera}`: no [[model]] of name `{model}`")]
    NoModel {
        /// The camera.
        camera: CameraId,
        /// The name.
        model: String,
    },
    /// A model cannot run.
    #[error("camera `{camera}` cannot be analysed")]
    Model {
        /// A camera that names it.
        camera: CameraId,
        /// Why not.
        #[source]
        source: Box<DetectError>,
    },
    /// The operating system gives no thread.
    #[error("camera `{camera}`: cannot start a thread")]
    Thread {
        /// The camera.
        camera: CameraId,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Runs all cameras until `stop` is cancelled; returns when everything has ended in order.
///
/// # Errors
/// [`PipelineError`] where the agent cannot start. Once it runs, faults are waited out.
pub async fn run(
    config: Config,
    identity: Identity,
    stop: CancellationToken,
) -> Result<(), PipelineError> {
    let agent = Agent::start(config, identity).await?;
    stop.cancelled().await;
    agent.stop().await;
    Ok(())
}

/// A running agent. It goes on until it is stopped.
pub struct Agent {
    halt: CancellationToken,
    cameras: Vec<Running>,
    helpers: [JoinHandle<()>; 2],
    outbound: Outbound,
}

impl Agent {
    /// Starts everything.
    ///
    /// # Errors
    /// [`PipelineError`]. Once it runs, faults are waited out.
    pub async fn start(config: Config, identity: Identity) -> Result<Self, PipelineError> {
        let detectors = start_detectors(&config)?;
        let verifier = start_verifier(&config);
        let facts = all_facts(&config, &detectors);
        let poses = all_poses(&config);
        let outbound = Outbound::start(&config, identity, &facts, &poses).await?;
        let mut cameras = Vec::new();
        let mut posts = HashMap::new();
        let halt = CancellationToken::new();
        let site = Site {
            outbound: &outbound,
            detectors: &detectors,
            verifier: verifier.as_ref(),
            facts: &facts,
            poses: &poses,
            version: &config.version,
            clock: &config.clock,
            board: Arc::new(ClockBoard::default()),
            halt: halt.clone(),
        };
        for camera in &config.cameras {
            // One camera of an agent tells of the agent's own clock: a report is always a camera's.
            let spokesman = match cameras.is_empty() {
                true => Spokesman::Yes,
                false => Spokesman::No,
            };
            let (running, post) = site.start_camera(camera, spokesman)?;
            posts.insert(camera.id.clone(), post);
            cameras.push(running);
        }
        let clock_watch = ClockWatch {
            config: config.clock.clone(),
            board: Arc::clone(&site.board),
            cameras: cameras
                .iter()
                .map(|camera| Arc::clone(&camera.clock))
                .collect(),
            status: Arc::clone(&outbound.condition),
        };
        let orders = Orders {
            agent: outbound.agent.clone(),
            key: Arc::clone(&outbound.key),
            config: Arc::new(config.clone()),
            inbox: outbound.inbox.clone(),
            posts,
            board: Arc::clone(&outbound.condition),
        };
        let helpers = [
            tokio::spawn(clock_watch.run(halt.clone())),
            tokio::spawn(orders.run(halt.clone())),
        ];
        tracing::info!(
            agent = %outbound.agent,
            cameras = cameras.len(),
            version = env!("CARGO_PKG_VERSION"),
            "watching"
        );
        Ok(Self {
            halt,
            cameras,
            helpers,
            outbound,
        })
    }

    /// What each camera did so far, in the order of the configuration.
    #[must_use]
    pub fn counters(&self) -> Vec<CameraCounters> {
        let cameras = self.cameras.iter();
        cameras.map(|camera| camera.counters.snapshot()).collect()
    }

    /// Ends everything in order.
    pub async fn stop(self) {
        self.halt.cancel();
        for camera in self.cameras {
            camera.ended().await;
        }
        for helper in self.helpers {
            in_time("orders", STEP_TIMEOUT, helper).await;
        }
        self.outbound.stop().await;
        tracing::info!("stopped");
    }
}

/// What all cameras share.
struct Site<'a> {
    outbound: &'a Outbound,
    detectors: &'a HashMap<String, Detector>,
    verifier: Option<&'a Classifier>,
    facts: &'a HashMap<CameraId, Arc<CameraFacts>>,
    poses: &'a HashMap<CameraId, PoseHandle>,
    version: &'a str,
    clock: &'a ClockConfig,
    board: Arc<ClockBoard>,
    halt: CancellationToken,
}

/// One camera's tasks.
struct Running {
    clock: Arc<CameraClock>,
    counters: Arc<Counters>,
    supervisor: JoinHandle<()>,
    /// The main stream's, where the camera has one beside the stream that is analysed.
    main: Option<JoinHandle<()>>,
    /// Asks the camera where it looks, where it is one that is asked.
    asked: Option<JoinHandle<()>>,
    watch: JoinHandle<()>,
    status: JoinHandle<()>,
}

impl Running {
    async fn ended(self) {
        in_time("camera", STEP_TIMEOUT, self.supervisor).await;
        if let Some(main) = self.main {
            in_time("main stream", STEP_TIMEOUT, main).await;
        }
        if let Some(asked) = self.asked {
            in_time("pose", STEP_TIMEOUT, asked).await;
        }
        in_time("analysis", STEP_TIMEOUT, self.watch).await;
        in_time("status", STEP_TIMEOUT, self.status).await;
    }
}

impl Site<'_> {
    fn start_camera(
        &self,
        config: &CameraConfig,
        spokesman: Spokesman,
    ) -> Result<(Running, Post), PipelineError> {
        let no_model = || PipelineError::NoModel {
            camera: config.id.clone(),
            model: config.model.clone(),
        };
        let detector = self.detectors.get(&config.model).ok_or_else(no_model)?;
        let facts = self.facts.get(&config.id).ok_or_else(no_model)?;
        let Streams {
            analysed,
            footage,
            health,
            main,
        } = streams::start(config, &self.halt)?;
        let Camera {
            frames,
            counters,
            clock,
            gate,
            task,
            ..
        } = analysed;
        let pose = self.poses.get(&config.id).ok_or_else(no_model)?.clone();
        let asked = poses::start(config, &pose, &self.halt)?;
        poses::tell_gate(config, pose.clone(), gate.clone(), self.halt.clone());
        let status = StatusReporter {
            agent: self.outbound.agent.clone(),
            camera: config.id.clone(),
            name: config.name.clone(),
            counters: Arc::clone(&counters),
            gate: gate.clone(),
            board: Arc::clone(&self.outbound.board),
            poses: config.poses.clone(),
            pose: pose.clone(),
        };
        let exhibits = Exhibits {
            camera: Arc::new(config.clone()),
            footage,
            gallery: Arc::default(),
            vault: Vault {
                store: Arc::clone(&self.outbound.store),
                desk: self.outbound.papers.clone(),
            },
            desk: self.outbound.papers.clone(),
            clips: self.outbound.clips.clone(),
            encoders: Arc::clone(&self.outbound.encoders),
        };
        let (plan, planned) =
            latest::channel(Arc::new(Plan::of(config.clone(), self.version.to_owned())));
        let memory = TrackMemory::new(config.remember_tracks);
        let post = Post {
            exhibits: exhibits.clone(),
            memory: memory.clone(),
            health: health.clone(),
            plan,
        };
        let watch = Watch {
            health: HealthWatch::new(config, health.clone(), Arc::clone(&counters)),
            facts: PosedFacts::of(facts, self.version, config),
            pose: pose.clone(),
            standing: None,
            frames,
            counters: Arc::clone(&counters),
            gate,
            seat: detector.seat(period(config.analyse_fps)),
            gaze: Gaze::of(config, detector.manifest()),
            signals: SignalWatch::of(config, self.outbound.signals.clone()),
            verifier: self
                .verifier
                .filter(|_| verify::wanted(config))
                .map(|classifier| FireVerifier::new(classifier.clone())),
            analysis: PosedAnalysis::new(config, &TrackerOptions::of(detector.manifest())),
            event_log: Arc::clone(&self.outbound.event_log),
            desk: self.outbound.papers.clone(),
            exhibits,
            classifier: self.verifier.cloned(),
            plan: planned,
            mute_ends: None,
            memory,
            clocks: WatchClocks::new(
                self.clock.clone(),
                Arc::clone(&self.board),
                Arc::clone(&clock),
                spokesman,
            ),
            unseen: Failing::No,
            analysed: None,
        };
        let running = Running {
            clock,
            counters: Arc::clone(&counters),
            supervisor: task,
            main,
            asked,
            watch: start_watch(config, watch)?,
            status: tokio::spawn(status.run(health)),
        };
        Ok((running, post))
    }
}

/// Starts the analysis thread; the handle ends with it.
fn start_watch(config: &CameraConfig, watch: Watch) -> Result<JoinHandle<()>, PipelineError> {
    let runtime = Handle::current();
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::Builder::new()
        .name(format!("watch {}", config.id))
        .spawn(move || {
            // Dropped at the end of the thread, by a panic too.
            let _ended = ended;
            watch.run(&runtime);
        })
        .map_err(|source| PipelineError::Thread {
            camera: config.id.clone(),
            source,
        })?;
    Ok(tokio::spawn(async move {
        let _ = end.await;
    }))
}

/// Who knows where each camera looks.
fn all_poses(config: &Config) -> HashMap<CameraId, PoseHandle> {
    let cameras = config.cameras.iter();
    cameras
        .map(|camera| (camera.id.clone(), PoseHandle::of(&camera.poses)))
        .collect()
}

/// How long a camera's picture may wait for the model: until its next one is due.
fn period(fps: f64) -> Duration {
    let period = Duration::try_from_secs_f64(fps.recip()).unwrap_or(LONGEST_PERIOD);
    period.min(LONGEST_PERIOD)
}

/// One detector for each model that a camera names.
fn start_detectors(config: &Config) -> Result<HashMap<String, Detector>, PipelineError> {
    let mut detectors = HashMap::new();
    for camera in &config.cameras {
        let Some(model) = config.model_of(camera) else {
            continue;
        };
        if !detectors.contains_key(&camera.model) {
            let detector = Detector::start(model, &config.detect)
                .map_err(|error| model_fault(camera, error))?;
            detectors.insert(camera.model.clone(), detector);
        }
    }
    Ok(detectors)
}

/// The second look at what burns. An agent without it watches all the same.
fn start_verifier(config: &Config) -> Option<Classifier> {
    let wanted = config
        .cameras
        .iter()
        .filter(|camera| verify::wanted(camera));
    let cameras = wanted.count();
    match verify::start(config) {
        Ok(Some(classifier)) => {
            let name = classifier.manifest().name.as_str();
            tracing::info!(model = name, cameras, "fire and smoke are looked at twice");
            Some(classifier)
        }
        Ok(None) if cameras > 0 => {
            tracing::info!(
                cameras,
                "no fire verifier; fire_smoke goes by the detector alone"
            );
            None
        }
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(
                error = %chain(&error),
                "the fire verifier does not start; fire_smoke goes by the detector alone"
            );
            None
        }
    }
}

fn model_fault(camera: &CameraConfig, error: DetectError) -> PipelineError {
    PipelineError::Model {
        camera: camera.id.clone(),
        source: Box::new(error),
    }
}

async fn in_time<T>(what: &str, limit: Duration, step: impl Future<Output = T>) {
    if tokio::time::timeout(limit, step).await.is_err() {
        tracing::warn!(
            step = what,
            "did not end in time; the next start takes up what it left"
        );
    }
}
