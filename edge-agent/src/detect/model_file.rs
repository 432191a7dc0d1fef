//! Which of a model's files runs, where it lies, and whether it is the file that is meant.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::DetectError;
use super::ledger::{Bench, Trust};
use crate::config::{
    DetectConfig, Manifest, ModelConfig, ModelFile, VariantChoice, built_in_file, env_path,
};

/// Name of the variable that says where copies of model files lie.
pub const MIRROR_VARIABLE: &str = "VONG_MODELS_MIRROR";

/// Where a model's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file.
    File(PathBuf),
    /// In the program itself.
    Program(&'static str),
}

/// A model, the variant of it that runs, and its bytes' place.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// What it is.
    pub manifest: Manifest,
    /// Where it is.
    pub origin: Origin,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Program(_) => f.write_str("in the program"),
        }
    }
}

impl Chosen {
    /// Reads the bytes and checks their hash: these very bytes are what is run.
    ///
    /// # Errors
    /// [`DetectError::Unreadable`], [`DetectError::Hash`] where it is another file,
    /// [`DetectError::Untrusted`] where nobody has said which file is meant.
    pub fn read(&self) -> Result<Cow<'static, [u8]>, DetectError> {
        read_verified(&self.manifest.name, &self.manifest.file, &self.origin)
    }
}

/// Chooses the variant of a model that runs here, and finds its file. A hash that a person trusted
/// stands for one that the manifest lacks.
///
/// # Errors
/// [`DetectError::NoModel`] naming file, URL and folder; [`DetectError::Ledger`].
pub fn choose(model: &ModelConfig, detect: &DetectConfig) -> Result<Chosen, DetectError> {
    let folder = detect.models_folder();
    let found = |manifest: Manifest, own: Option<&Path>| {
        let manifest = trusted(manifest, &folder)?;
        let origin = find(&manifest.name, &manifest.file, own, detect)?;
        Ok(Chosen { manifest, origin })
    };
    let named = match &model.variant {
        VariantChoice::First => None,
        VariantChoice::Named(name) => Some(name.clone()),
        // A file that the configuration names is the one that is wanted.
        VariantChoice::Auto if model.file.is_some() => None,
        VariantChoice::Auto => best_here(&model.manifest, &folder)?,
    };
    let variants = &model.manifest.variants;
    let variant = named.and_then(|name| variants.iter().find(|variant| variant.name == name));
    let Some(variant) = variant else {
        return found(model.manifest.clone(), model.file.as_deref());
    };
    let quicker = found(model.manifest.as_variant(variant), None);
    match (&model.variant, quicker) {
        // What was found best is a wish: without its file the model still runs.
        (VariantChoice::Auto, Err(_)) => found(model.manifest.clone(), None),
        (_, result) => result,
    }
}

/// The variant that `models bench` chose on this machine, where it was run.
fn best_here(manifest: &Manifest, folder: &Path) -> Result<Option<String>, DetectError> {
    if manifest.variants.is_empty() {
        return Ok(None);
    }
    let mut bench = Bench::load(folder)?;
    Ok(bench.model.remove(&manifest.name).map(|model| model.choice))
}

fn trusted(manifest: Manifest, folder: &Path) -> Result<Manifest, DetectError> {
    if manifest.file.sha256.is_some() {
        return Ok(manifest);
    }
    let mut trust = Trust::load(folder)?;
    let trusted = trust.file.remove(&manifest.file.name);
    Ok(Manifest {
        file: ModelFile {
            sha256: trusted.map(|file| file.sha256),
            ..manifest.file
        },
        ..manifest
    })
}

/// The file's name in the program, where the program has the file that is meant: a user's own may
/// have the same name.
fn in_program(file: &ModelFile) -> Option<&'static str> {
    let (name, bytes) = built_in_file(&file.name)?;
    let meant = file.sha256.as_ref()?;
    (*meant == hash_of(bytes)).then_some(name)
}

/// A copy of a file in the mirror, where there is a mirror and it has one.
#[must_use]
pub fn in_mirror(file: &ModelFile) -> Option<PathBuf> {
    let copy = env_path(MIRROR_VARIABLE)?.join(&file.name);
    copy.is_file().then_some(copy)
}

/// Finds a model's file: the `own` one that a configuration names, then the program itself where it
/// has these very bytes, then the models' folder, then the mirror.
///
/// # Errors
/// [`DetectError::NoModel`] naming file, URL and folder.
pub fn find(
    model: &str,
    file: &ModelFile,
    own: Option<&Path>,
    detect: &DetectConfig,
) -> Result<Origin, DetectError> {
    let folder = detect.models_folder();
    let usual = folder.join(&file.name);
    let looked = match own {
        Some(own) if own.is_file() => return Ok(Origin::File(own.to_owned())),
        Some(own) => own.display().to_string(),
        None => {
            if let Some(name) = in_program(file) {
                return Ok(Origin::Program(name));
            }
            let there = usual.is_file().then_some(usual).or_else(|| in_mirror(file));
            match there {
                Some(there) => return Ok(Origin::File(there)),
                None => format!("{} and ${MIRROR_VARIABLE}", folder.display()),
            }
        }
    };
    let url = file.url.clone();
    Err(DetectError::NoModel {
        model: model.to_owned(),
        file: file.name.clone(),
        looked,
        url: url.unwrap_or_else(|| "it (its manifest has no url)".to_owned()),
        folder: folder.display().to_string(),
    })
}

/// Reads a model's bytes and checks their hash.
///
/// # Errors
/// As [`Chosen::read`].
pub fn read_verified(
    model: &str,
    file: &ModelFile,
    origin: &Origin,
) -> Result<Cow<'static, [u8]>, DetectError> {
    let Some(expected) = &file.sha256 else {
        return Err(DetectError::Untrusted {
            model: model.to_owned(),
            file: file.name.clone(),
        });
    };
    let (bytes, path) = match origin {
        Origin::File(path) => {
            let bytes = std::fs::read(path).map_err(|source| DetectError::Unreadable {
                model: model.to_owned(),
                file: path.clone(),
                source,
            })?;
            (Cow::Owned(bytes), path.clone())
        }
        Origin::Program(name) => {
            let bytes = built_in_file(name).map_or(&[][..], |(_, bytes)| bytes);
            (Cow::Borrowed(bytes), PathBuf::from(name))
        }
    };
    let found = hash_of(&bytes);
    if found == *expected {
        return Ok(bytes);
    }
    Err(DetectError::Hash {
        model: model.to_owned(),
        file: path,
        found,
        expected: expected.clone(),
    })
}

/// The SHA-256 of some bytes, in lower-case hexadecimal digits.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
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
#[path = "model_file_tests.rs"]
mod tests;
