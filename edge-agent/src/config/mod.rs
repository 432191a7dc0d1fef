//! The agent's configuration: one TOML file, typed, with every fault listed at once.
//!
//! One small file a concern; each reads its own tables and notes what is wrong with them, so that a
//! person corrects the file in one go. What does not belong here: opening cameras, loading models
//! (`check --probe` does), and what the server wants (`contract::v1::Desired`).

mod agent;
mod built_in;
mod calibration;
mod camera;
mod camera_stream;
mod catalogue;
mod classifier;
mod clock;
mod detect;
mod evidence;
mod fault;
mod folders;
mod line;
mod manifest;
mod mask;
mod overlay;
mod pose;
mod rule;
mod schedule;
mod secret;
mod section;
mod suite;
mod signal;
mod value;
mod zone;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use section::{Section, read_document};

pub use agent::{AgentConfig, ClientCertificate, MetricsConfig, OutboxConfig, ServerConfig};
pub use built_in::{STARTER, built_in_file};
pub use calibration::{Calibration, Elevation, Land, StreetCalibration, TowerCalibration};
pub use camera::{CameraConfig, GateMode, RingConfig, Transport};
pub use catalogue::{Catalogue, LabelSet, Unrunnable};
pub use classifier::ClassifierManifest;
pub use clock::ClockConfig;
pub use detect::{DetectConfig, ModelConfig, Provider, VariantChoice};
pub use evidence::{EvidenceConfig, EvidenceKey};
pub use fault::{ConfigError, Fault};
pub use folders::{cache_dir, env_path};
pub use line::LineConfig;
pub use manifest::{
    ColorOrder, Family, InputSpec, Layout, Manifest, ModelFile, OBJECT_CLASSES, Placement,
    Thresholds, Variant,
};
pub use overlay::CameraOverlay;
pub use pose::{OnvifPoses, PoseConfig, PoseId, PoseSource, Poses, PtzPosition, Stand, TimedPoses};
pub use rule::{
    CameraHealthConfig, DangerLevel, Direction, EncroachmentConfig, EvidenceWindow,
    FireSmokeConfig, HealthConcern, IllegalParkingConfig, KnownSource, LeftObjects,
    LineCrossingConfig, PassageConfig, RedLightConfig, RuleConfig, RuleKind, RuleMode, RuleOrigin,
    Sector, StrayCattleConfig, Verify, WrongWayConfig,
};
pub use schedule::Schedule;
pub use secret::Secret;
pub use signal::{ControllerConfig, LampConfig, SignalConfig};
pub use suite::{
    Clearance, ClipConfig, EventPattern, Expectation, ModelSwap, Span, Suite, Times, Weight,
};
pub use zone::{Polygon, PolygonError, ZoneConfig};

/// Where the configuration lies unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/vong/agent.toml";

/// The whole configuration, valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// SHA-256 of the file's exact bytes: which configuration was in force.
    pub version: String,
    /// `[agent]`.
    pub agent: AgentConfig,
    /// `[server]`.
    pub server: ServerConfig,
    /// `[metrics]`.
    pub metrics: MetricsConfig,
    /// `[outbox]`.
    pub outbox: OutboxConfig,
    /// `[evidence]`.
    pub evidence: EvidenceConfig,
    /// `[clock]`.
    pub clock: ClockConfig,
    /// `[detect]`.
    pub detect: DetectConfig,
    /// `[[model]]`, each name once.
    pub models: Vec<ModelConfig>,
    /// `[[camera]]`, each id once.
    pub cameras: Vec<CameraConfig>,
    /// The catalogue that the models were looked up in.
    pub catalogue: Catalogue,
    source: Source,
}

/// What the configuration was read from: what the server wants is laid over it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    text: Arc<str>,
    /// The folder where relative paths start.
    base: PathBuf,
}

impl Config {
    /// Reads a configuration file and the password files it names.
    ///
    /// # Errors
    /// [`ConfigError`] where it cannot be read, or with every fault it has.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::load_with(file, &[])
    }

    fn load_with(
        file: &Path,
        swapped: &[(Option<String>, ModelConfig)],
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        Self::parse_with(&text, file, swapped)
    }

    /// Reads a configuration from its text; `file` names it in faults, and its folder is where
    /// relative paths start.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault it has.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::parse_with(text, file, &[])
    }

    /// The same, with models in place of those that it names: of that name, or of all.
    fn parse_with(
        text: &str,
        file: &Path,
        swapped: &[(Option<String>, ModelConfig)],
    ) -> Result<Self, ConfigError> {
        let base = file.parent().unwrap_or(Path::new(""));
        let source = Source {
            text: text.into(),
            base: base.to_owned(),
        };
        // The inner error is a catalogue's own: without it no model can be judged.
        let mut config = read_document(text, file, |root| Some(read(root, source, swapped)))??;
        config.version = hex::encode(Sha256::digest(text.as_bytes()));
        Ok(config)
    }

    /// The camera of that id.
    #[must_use]
    pub fn camera(&self, id: &str) -> Option<&CameraConfig> {
        self.cameras
            .iter()
            .find(|camera| camera.id.to_string() == id)
    }

    /// The model that a camera names.
    #[must_use]
    pub fn model_of(&self, camera: &CameraConfig) -> Option<&ModelConfig> {
        self.models
            .iter()
            .find(|model| model.manifest.name == camera.model)
    }
}

fn read(
    root: &Section<'_>,
    source: Source,
    swapped: &[(Option<String>, ModelConfig)],
) -> Result<Config, ConfigError> {
    let base = source.base.as_path();
    let agent = agent::read_agent(root.table("agent"), base);
    let server = agent::read_server(root.table("server"), base);
    let metrics = agent::read_metrics(root.table("metrics"));
    let outbox = agent::read_outbox(root.table("outbox"));
    let evidence = evidence::read(root.table("evidence"), base);
    let clock = clock::read(root.table("clock"));
    let detect = detect::read_detect(root.table("detect"), base);
    let catalogue = match &detect.catalog {
        Some(file) => Catalogue::load(file)?,
        None => Catalogue::built_in()?,
    }
    .with_added(&detect.models_folder())?;
    let models = detect::read_models(root, &catalogue, base);
    let of_cameras = camera::Models {
        swapped,
        ..camera::Models::of_agent(&models)
    };
    let cameras = camera::read(root, &of_cameras, base);
    root.finish();
    Ok(Config {
        version: String::new(),
        agent,
        server,
        metrics,
        outbox,
        evidence,
        clock,
        detect,
        models,
        cameras,
        catalogue,
        source,
    })
}

#[cfg(test)]
mod shape_tests;
#[cfg(test)]
mod tests;
