//! A suite for `evaluate`: recordings, the camera that each is seen by, and what must be told of it.
//!
//! A suite is written like an agent's configuration: `[[camera]]`, `[[model]]` and `[detect]` mean what
//! they mean there, and are read by the same readers. What does not belong here: running it
//! (`cmd/evaluate`), judging what came of it (`scorecard`).

mod clip;
mod expectation;

use std::path::{Path, PathBuf};

use contract::v1::CameraId;

pub use clip::ClipConfig;
pub use expectation::{Clearance, EventPattern, Expectation, Span, Times, Weight};

use super::camera::{self, CameraConfig, Models, Reach};
use super::catalogue::Catalogue;
use super::detect::{self, DetectConfig, ModelConfig};
use super::fault::{ConfigError, Fault, Wrong, suggestion};
use super::section::{Section, read_document};
use super::{Config, value};

/// A whole suite, valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Its name for people: `name`, else the file's.
    pub name: String,
    /// `folder`: where the recordings lie.
    pub folder: Option<PathBuf>,
    /// `[detect]`.
    pub detect: DetectConfig,
    /// The recordings, in the order of the file; each name once.
    pub clips: Vec<ClipConfig>,
}

/// A model that is to run in place of those that a suite names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSwap {
    /// In place of which; of every one where it is absent.
    pub of: Option<String>,
    /// Its name in the catalogue, or of a `[[model]]` of the suite.
    pub by: String,
}

impl Suite {
    /// Reads a suite and the configuration that it names.
    ///
    /// # Errors
    /// [`ConfigError`] where it cannot be read, or with every fault it has.
    pub fn load(file: &Path, swaps: &[ModelSwap]) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::NoSuite {
            file: file.to_owned(),
            source,
        })?;
        Self::parse(&text, file, swaps)
    }

    /// Reads a suite from its text; `file` names it in faults, and its folder is where relative paths
    /// start.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault it has.
    pub fn parse(text: &str, file: &Path, swaps: &[ModelSwap]) -> Result<Self, ConfigError> {
        let mut names = Vec::new();
        let read = |root: &Section<'_>| Some(read(root, file, swaps, &mut names));
        let read = read_document(text, file, read);
        match read {
            Err(ConfigError::Faulty { file, faults }) => Err(ConfigError::Faulty {
                file,
                faults: faults
                    .into_iter()
                    .map(|fault| of_clip(fault, &names))
                    .collect(),
            }),
            Err(error) => Err(error),
            Ok(read) => read,
        }
    }
}

/// A fault of a clip tells its name too: `clip[17]` is hard to count.
fn of_clip(mut fault: Fault, names: &[String]) -> Fault {
    let index = fault.path.strip_prefix("clip[").and_then(|rest| {
        let (number, _) = rest.split_once(']')?;
        number.parse::<usize>().ok()
    });
    if let Some(name) = index.and_then(|index| names.get(index)) {
        fault.problem = format!("{} (clip {name:?})", fault.problem);
    }
    fault
}

fn read(
    root: &Section<'_>,
    file: &Path,
    swaps: &[ModelSwap],
    names: &mut Vec<String>,
) -> Result<Suite, ConfigError> {
    let base = file.parent().unwrap_or(Path::new(""));
    let stem = || file.file_stem().unwrap_or_default().to_string_lossy();
    let name = root.optional("name", &value::text);
    let folder = root.optional("folder", &value::path(base));
    let agent = read_agent(root, base);
    let own_detect = detect::read_detect(root.table("detect"), base);
    let detect = match &agent {
        Some((_, agent)) if !root.has("detect") => agent.detect.clone(),
        _ => own_detect,
    };
    let catalogue = match &detect.catalog {
        Some(file) => Catalogue::load(file)?,
        None => Catalogue::built_in()?,
    }
    .with_added(&detect.models_folder())?;
    let own = detect::read_models(root, &catalogue, base);
    let of_agent = agent.iter().flat_map(|(_, agent)| agent.models.clone());
    let known = each_once(own.iter().cloned().chain(of_agent), &catalogue);
    let swapped = swapped(root, swaps, &known);
    let models = Models {
        swapped: &swapped,
        known: &known,
        ..Models::of_agent(&own)
    };
    let mut cameras = read_cameras(root, &models, base);
    if let Some((file, agent)) = agent {
        // Its thresholds are those of the model's card, so it is read again where another one runs.
        cameras.extend(match swapped.is_empty() {
            true => agent.cameras,
            false => Config::load_with(&file, &swapped)?.cameras,
        });
    }
    twice(root, &cameras);
    let cameras = clip::Cameras {
        own: &cameras,
        models: &models,
        base,
    };
    let clips = clip::read(root, &cameras, names);
    root.finish();
    Ok(Suite {
        name: name.unwrap_or_else(|| stem().into_owned()),
        folder,
        detect,
        clips,
    })
}

/// The agent's configuration whose cameras and models the suite takes over.
fn read_agent(root: &Section<'_>, base: &Path) -> Option<(PathBuf, Config)> {
    let file = root.optional("config", &value::path(base))?;
    match Config::load(&file) {
        Ok(config) => Some((file, config)),
        Err(error) => {
            let wrong = Wrong::new(format!("cannot be used:\n{error}"), "correct that file");
            root.note("config", wrong);
            None
        }
    }
}

/// Cameras that clips may name.
fn read_cameras(root: &Section<'_>, models: &Models<'_>, base: &Path) -> Vec<CameraConfig> {
    let mut cameras = Vec::new();
    for section in root.tables("camera") {
        let id = section.required("id", &value::parsed::<CameraId>);
        let camera = camera::read_one(&section, id, models, base, Reach::Recording);
        section.finish();
        cameras.extend(camera);
    }
    cameras
}

fn twice(root: &Section<'_>, cameras: &[CameraConfig]) {
    for (index, camera) in cameras.iter().enumerate() {
        let mut before = cameras.iter().take(index);
        if before.any(|other| other.id == camera.id) {
            let wrong = Wrong::new(
                format!("camera \"{}\" is defined twice", camera.id),
                "rename one of them",
            );
            root.note("camera", wrong);
        }
    }
}

/// The suite's models, the agent's, then the catalogue's others: a clip may name any of them.
fn each_once(stated: impl Iterator<Item = ModelConfig>, catalogue: &Catalogue) -> Vec<ModelConfig> {
    let others = catalogue.models.iter().cloned().map(ModelConfig::of);
    let mut known: Vec<ModelConfig> = Vec::new();
    for model in stated.chain(others) {
        if !known
            .iter()
            .any(|other| other.manifest.name == model.manifest.name)
        {
            known.push(model);
        }
    }
    known
}

fn swapped(
    root: &Section<'_>,
    swaps: &[ModelSwap],
    known: &[ModelConfig],
) -> Vec<(Option<String>, ModelConfig)> {
    let model = |name: &str| known.iter().find(|model| model.manifest.name == name);
    let names: Vec<&str> = known
        .iter()
        .map(|model| model.manifest.name.as_str())
        .collect();
    for name in swaps
        .iter()
        .flat_map(|swap| swap.of.iter().chain([&swap.by]))
    {
        if model(name).is_none() {
            let wrong = Wrong::new(
                format!("--model: no model {name:?}"),
                suggestion(name, &names),
            );
            root.note("model", wrong);
        }
    }
    let found = |swap: &ModelSwap| Some((swap.of.clone(), model(&swap.by)?.clone()));
    swaps.iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests;
