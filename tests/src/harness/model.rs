//! Which detectors the agents of demo and tests run: what lies on this machine, the strongest first.
//!
//! The starter is in the agent itself, so there is always one. What does not belong here: fetching.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// The starter's manifest, which says what it sees.
const STARTER: &str = include_str!("../../../models/vong-starter/manifest.toml");
/// What the starter knows too badly for a scene to hang on it: see its card.
const TOO_WEAK: &str = "cattle";
/// A stronger detector's file, as `models/catalog.toml` names it.
const NANO_FILE: &str = "yolox_nano.onnx";
/// What it sees, in our words: the catalogue's map of COCO's.
const NANO_SEES: [&str; 5] = ["person", "two_wheeler", "car", "large_vehicle", "cattle"];
/// Runs this one alone, by its name, whatever else there is.
const CHOICE: &str = "VONG_MODEL";

/// A detector that an agent here can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name in the catalogue.
    pub name: String,
    /// What it sees, in our words.
    pub sees: Vec<String>,
    /// The folder that holds it; none where it is in the agent itself.
    pub folder: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Manifest {
    name: String,
    classes: Vec<String>,
}

impl Model {
    /// Whether it sees all of these.
    #[must_use]
    pub fn sees_all(&self, classes: &[String]) -> bool {
        classes.iter().all(|class| self.sees.contains(class))
    }
}

/// Every detector of this machine, the strongest first; with `VONG_MODEL=NAME` only that one.
///
/// # Errors
/// Where that one is not here.
pub fn models() -> anyhow::Result<Vec<Model>> {
    let mut models: Vec<Model> = folder_with_nano().map(nano).into_iter().collect();
    models.push(starter()?);
    let Some(choice) = std::env::var_os(CHOICE) else {
        return Ok(models);
    };
    let choice = choice.to_string_lossy().into_owned();
    let known: Vec<String> = models.iter().map(|model| model.name.clone()).collect();
    models.retain(|model| model.name == choice);
    ensure!(
        !models.is_empty(),
        "{CHOICE}={choice}: this machine has {} (a stronger one: edge-agent models pull NAME)",
        known.join(", ")
    );
    Ok(models)
}

/// The strongest detector of this machine.
///
/// # Errors
/// As [`models`].
pub fn strongest_model() -> anyhow::Result<Model> {
    models()?.into_iter().next().context("a detector")
}

/// The file of the starter, as it stands in the repository.
#[must_use]
pub fn starter_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/vong-starter/vong-starter.onnx")
}

/// The starter, which is in the agent itself.
///
/// # Errors
/// Where its manifest in the repository is none.
pub fn starter() -> anyhow::Result<Model> {
    let manifest: Manifest =
        toml::from_str(STARTER).context("models/vong-starter/manifest.toml")?;
    let classes = manifest.classes.into_iter();
    Ok(Model {
        name: manifest.name,
        sees: classes.filter(|class| class != TOO_WEAK).collect(),
        folder: None,
    })
}

fn nano(folder: PathBuf) -> Model {
    Model {
        name: "yolox-nano".to_owned(),
        sees: NANO_SEES.map(str::to_owned).to_vec(),
        folder: Some(folder),
    }
}

/// `$VONG_MODELS_MIRROR`, else the project's cache, where one of them holds it.
fn folder_with_nano() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mirror = set("VONG_MODELS_MIRROR").map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .map(|cache| cache.join("vong/models"));
    mirror
        .into_iter()
        .chain(cache)
        .find(|folder| folder.join(NANO_FILE).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_always_there_and_sees_fire() {
        let starter = starter().unwrap();
        assert_eq!(starter.name, "vong-starter");
        assert!(starter.sees_all(&["fire".to_owned(), "car".to_owned()]));
        assert!(!starter.sees_all(&["unicorn".to_owned()]));
        // Else the demo would show a herd that nobody reports.
        assert!(!starter.sees_all(&[TOO_WEAK.to_owned()]));
        assert!(starter_file().is_file());
    }
}
