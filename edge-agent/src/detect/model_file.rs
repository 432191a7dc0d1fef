//! Where a model's file lies, and whether it is the file that the manifest means.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::DetectError;
use super::library::{cache_dir, env_path};
use crate::config::{DetectConfig, Manifest, ModelConfig};

/// Name of the variable that says where copies of model files lie.
pub const MIRROR_VARIABLE: &str = "VONG_MODELS_MIRROR";

/// Where models lie: `[detect] models_dir`, or the cache.
#[must_use]
pub fn models_dir(detect: &DetectConfig) -> PathBuf {
    detect
        .models_dir
        .clone()
        .unwrap_or_else(|| cache_dir().join("models"))
}

/// A copy of the model's file in the mirror, where there is a mirror and it has one.
#[must_use]
pub fn in_mirror(manifest: &Manifest) -> Option<PathBuf> {
    let file = env_path(MIRROR_VARIABLE)?.join(&manifest.file.name);
    file.is_file().then_some(file)
}

/// Finds a model's file: its own `file` key, then the models' folder, then the mirror.
///
/// # Errors
/// [`DetectError::NoModel`] naming file, URL and folder.
pub fn find(model: &ModelConfig, detect: &DetectConfig) -> Result<PathBuf, DetectError> {
    let manifest = &model.manifest;
    let folder = models_dir(detect);
    let own = folder.join(&manifest.file.name);
    let looked = match &model.file {
        Some(file) if file.is_file() => return Ok(file.clone()),
        Some(file) => vec![file.display().to_string()],
        None if own.is_file() => return Ok(own),
        None => match in_mirror(manifest) {
            Some(file) => return Ok(file),
            None => vec![folder.display().to_string(), format!("${MIRROR_VARIABLE}")],
        },
    };
    let url = manifest.file.url.clone();
    Err(DetectError::NoModel {
        model: manifest.name.clone(),
        file: manifest.file.name.clone(),
        looked: looked.join(" and "),
        url: url.unwrap_or_else(|| "it (its manifest has no url)".to_owned()),
        folder: folder.display().to_string(),
    })
}

/// Reads a model's file and checks its hash: these very bytes are what is run.
///
/// # Errors
/// [`DetectError::Unreadable`], or [`DetectError::Hash`] where it is another file.
pub fn read_verified(manifest: &Manifest, file: &Path) -> Result<Vec<u8>, DetectError> {
    let unreadable = |source| DetectError::Unreadable {
        model: manifest.name.clone(),
        file: file.to_owned(),
        source,
    };
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let found = hex::encode(Sha256::digest(&bytes));
    if found == manifest.file.sha256 {
        return Ok(bytes);
    }
    Err(DetectError::Hash {
        model: manifest.name.clone(),
        file: file.to_owned(),
        found,
        expected: manifest.file.sha256.clone(),
    })
}

/// The SHA-256 of a file of any size, in lower-case hexadecimal digits.
///
/// # Errors
/// Where the file cannot be read.
pub fn sha256_of(file: &Path) -> std::io::Result<String> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Catalogue;

    fn nano() -> Manifest {
        Catalogue::built_in()
            .unwrap()
            .model("yolox-nano")
            .unwrap()
            .clone()
    }

    #[test]
    fn a_file_with_another_hash_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("yolox_nano.onnx");
        std::fs::write(&file, b"not a model").unwrap();
        let error = read_verified(&nano(), &file).unwrap_err();
        assert!(matches!(error, DetectError::Hash { .. }), "{error}");
        assert_eq!(sha256_of(&file).unwrap().len(), 64);
    }

    #[test]
    fn a_missing_model_names_file_url_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let detect = DetectConfig {
            models_dir: Some(folder.path().to_owned()),
            ..DetectConfig::default()
        };
        let file = Some(folder.path().join("gone.onnx"));
        let message = find(
            &ModelConfig {
                manifest: nano(),
                file,
            },
            &detect,
        )
        .unwrap_err()
        .to_string();
        let folder = folder.path().display().to_string();
        for part in [
            "yolox_nano.onnx",
            "https://github.com/Megvii",
            folder.as_str(),
        ] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
}
