//! Where the detector's model lies, for tests and demo alike.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The file of the starter model, as `models/catalog.toml` names it.
const MODEL_FILE: &str = "yolox_nano.onnx";
/// Where it comes from.
const MODEL_URL: &str =
    "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx";

/// The folder that holds the model: `$VONG_MODELS_MIRROR`, else the project's cache.
///
/// # Errors
/// Where no folder holds it: one sentence naming file, URL and folder.
pub fn models_folder() -> anyhow::Result<PathBuf> {
    let mirror = std::env::var_os("VONG_MODELS_MIRROR").map(PathBuf::from);
    let cache = cache_folder()?.join("models");
    let found = mirror
        .into_iter()
        .chain([cache.clone()])
        .find(|folder| holds_model(folder));
    match found {
        Some(folder) => Ok(folder),
        None => bail!(
            "the model file {MODEL_FILE} is missing: fetch it from {MODEL_URL} into {}, or name a \
             folder that holds it in VONG_MODELS_MIRROR",
            cache.display()
        ),
    }
}

fn holds_model(folder: &Path) -> bool {
    folder.join(MODEL_FILE).is_file()
}

fn cache_folder() -> anyhow::Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(base.join("vong"))
}
