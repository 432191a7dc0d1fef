//! What commands left in the models' folder: which hashes a person trusted, and which variant
//! `models bench` found best on this machine.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::DetectError;

/// `trusted.toml`: files whose hash nobody stated and that a person accepted at the first pull.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// By the file's name.
    #[serde(default)]
    pub file: BTreeMap<String, Trusted>,
}

/// One file that was trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trusted {
    /// Its hash, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Where it came from.
    pub origin: String,
    /// When, in UTC.
    pub at: String,
}

/// `bench.toml`: the times of each model on this machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bench {
    /// The processor's name; on another one the figures mean nothing.
    pub machine: String,
    /// By the model's name.
    #[serde(default)]
    pub model: BTreeMap<String, BenchedModel>,
}

/// The times of one model's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchedModel {
    /// The variant to use, or `first`.
    #[serde(rename = "use")]
    pub choice: String,
    /// Median milliseconds a picture on one core, by variant; `first` is the model's first file.
    pub milliseconds: BTreeMap<String, f64>,
}

impl Trust {
    const NAME: &str = "trusted.toml";

    /// What was trusted in this folder.
    ///
    /// # Errors
    /// [`DetectError::Ledger`].
    pub fn load(models_folder: &Path) -> Result<Self, DetectError> {
        load(&models_folder.join(Self::NAME))
    }

    /// Writes it.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn save(&self, models_folder: &Path) -> io::Result<PathBuf> {
        const HEAD: &str = "# Files without a stated SHA-256 that a person trusted at their first \
                            pull. Written by `edge-agent models pull NAME --trust-first`.\n\n";
        save(self, HEAD, &models_folder.join(Self::NAME))
    }
}

impl Bench {
    const NAME: &str = "bench.toml";
    /// The word for a model's first file.
    pub const FIRST: &str = "first";

    /// What was measured in this folder; nothing where it was on another machine.
    ///
    /// # Errors
    /// [`DetectError::Ledger`].
    pub fn load(models_folder: &Path) -> Result<Self, DetectError> {
        let here = machine();
        let bench: Self = load(&models_folder.join(Self::NAME))?;
        let fits = bench.machine == here;
        Ok(Self {
            machine: here,
            model: if fits { bench.model } else { BTreeMap::new() },
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn save(&self, models_folder: &Path) -> io::Result<PathBuf> {
        const HEAD: &str = "# Milliseconds a picture on one core of this machine, and which file of \
                            each model is best.\n# Written by `edge-agent models bench`, read where a \
                            [[model]] says variant = \"auto\".\n\n";
        save(self, HEAD, &models_folder.join(Self::NAME))
    }
}

/// The processor's name, from Linux's `/proc/cpuinfo`; the architecture where it has none.
#[must_use]
pub(super) fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let key = key.trim();
        matches!(key, "model name" | "Model" | "Hardware").then(|| value.trim().to_owned())
    });
    named.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// A file that is not there says nothing.
fn load<T: DeserializeOwned + Default>(file: &Path) -> Result<T, DetectError> {
    let failed = |source| DetectError::Ledger {
        file: file.to_owned(),
        source,
    };
    match std::fs::read_to_string(file) {
        Ok(text) => toml::from_str(&text).map_err(|error| failed(error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(failed(error.into())),
    }
}

/// Written beside and renamed, so that a reader sees the old file or the new one.
fn save<T: Serialize>(value: &T, head: &str, file: &Path) -> io::Result<PathBuf> {
    let text = toml::to_string(value).map_err(io::Error::other)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("toml.part");
    std::fs::write(&part, format!("{head}{text}"))?;
    std::fs::rename(&part, file)?;
    Ok(file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_broken_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Trust::load(folder.path()).unwrap(), Trust::default());
        let trusted = Trusted {
            sha256: "0".repeat(64),
            bytes: 5,
            origin: "https://example.org/m.onnx".to_owned(),
            at: "2026-01-02T03:04:05Z".to_owned(),
        };
        let trust = Trust {
            file: BTreeMap::from([("m.onnx".to_owned(), trusted)]),
        };
        let file = trust.save(folder.path()).unwrap();
        assert_eq!(Trust::load(folder.path()).unwrap(), trust);
        std::fs::write(&file, "file = 3").unwrap();
        let error = Trust::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("trusted.toml"), "{error}");
    }

    #[test]
    fn times_of_another_machine_count_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let model = BenchedModel {
            choice: "int8".to_owned(),
            milliseconds: BTreeMap::from([("first".to_owned(), 10.0), ("int8".to_owned(), 5.0)]),
        };
        let mut bench = Bench {
            machine: machine(),
            model: BTreeMap::from([("m".to_owned(), model)]),
        };
        bench.save(folder.path()).unwrap();
        assert_eq!(Bench::load(folder.path()).unwrap(), bench);
        bench.machine = "another".to_owned();
        bench.save(folder.path()).unwrap();
        assert!(Bench::load(folder.path()).unwrap().model.is_empty());
    }
}
