//! `[detect]` and `[[model]]`: the inference library, and which models run with which thresholds.

use std::path::{Path, PathBuf};

use contract::v1::MAX_WORD_BYTES;

use super::catalogue::Catalogue;
use super::fault::{Wrong, suggestion};
use super::manifest::{self, Manifest};
use super::section::Section;
use super::value;

/// `[detect]`: inference as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectConfig {
    /// Threads of one inference. Default 2.
    pub threads: usize,
    /// ONNX Runtime's shared library. Default: `ORT_DYLIB_PATH`, then the newest in
    /// `$XDG_CACHE_HOME/vong/onnxruntime/*/`, then the system's.
    pub onnxruntime: Option<PathBuf>,
    /// Folder of model files. Default `$XDG_CACHE_HOME/vong/models`.
    pub models_dir: Option<PathBuf>,
    /// A catalogue in place of the built-in one.
    pub catalog: Option<PathBuf>,
}

impl Default for DetectConfig {
    fn default() -> Self {
        Self {
            threads: 2,
            onnxruntime: None,
            models_dir: None,
            catalog: None,
        }
    }
}

/// `[[model]]`: one model that cameras may name.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// What the model is; thresholds as configured here.
    pub manifest: Manifest,
    /// Its file, where it is not found by its name in the models' folder.
    pub file: Option<PathBuf>,
}

pub(super) fn read_detect(section: Section<'_>, base: &Path) -> DetectConfig {
    let path = value::path(base);
    let config = DetectConfig {
        threads: section.or("threads", 2, &value::integer(1..=64)),
        onnxruntime: section.optional("onnxruntime", &path),
        models_dir: section.optional("models_dir", &path),
        catalog: section.optional("catalog", &path),
    };
    section.finish();
    config
}

pub(super) fn read_models(
    root: &Section<'_>,
    catalogue: &Catalogue,
    base: &Path,
) -> Vec<ModelConfig> {
    let mut models: Vec<ModelConfig> = Vec::new();
    for section in root.tables("model") {
        let file = section.optional("file", &value::path(base));
        let Some(name) = section.required("name", &value::text_up_to(MAX_WORD_BYTES)) else {
            continue;
        };
        if models.iter().any(|model| model.manifest.name == name) {
            section.note(
                "name",
                Wrong::new(format!("{name:?} is defined twice"), "keep one of them"),
            );
        }
        let own = section.has("family");
        let manifest = match (own, catalogue.model(&name)) {
            (true, _) => manifest::read_body(&section, name, &catalogue.label_sets),
            (false, Some(known)) => Some(known.clone()),
            (false, None) => {
                section.note("name", unknown_model(&name, catalogue));
                None
            }
        };
        let thresholds = manifest.as_ref().map(|manifest| manifest.thresholds);
        let thresholds = manifest::read_thresholds(&section, thresholds.unwrap_or_default());
        section.finish();
        if let Some(manifest) = manifest {
            models.push(ModelConfig {
                manifest: Manifest {
                    thresholds,
                    ..manifest
                },
                file,
            });
        }
    }
    models
}

fn unknown_model(name: &str, catalogue: &Catalogue) -> Wrong {
    let known: Vec<&str> = catalogue
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    let remedy = format!(
        "{} Or describe your own with `family`, `file`, `sha256`, `input` and its classes",
        suggestion(name, &known)
    );
    Wrong::new(format!("no model {name:?} in the catalogue"), remedy)
}
