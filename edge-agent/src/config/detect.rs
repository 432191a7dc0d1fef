//! `[detect]` and `[[model]]`: the inference library, and which models run with which thresholds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::v1::MAX_WORD_BYTES;
use toml::de::DeValue;

use super::catalogue::Catalogue;
use super::fault::{Wrong, suggestion};
use super::folders::cache_dir;
use super::manifest::{self, Manifest};
use super::section::Section;
use super::value;

/// `[detect]`: inference as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectConfig {
    /// Threads of one inference. Default 2.
    pub threads: usize,
    /// What models run on. Default the processor.
    pub provider: Provider,
    /// Most pictures in one inference, where a model takes several. Default 4.
    pub batch: usize,
    /// How long the first picture of a batch waits for others. Default 2 ms.
    pub fill_window: Duration,
    /// ONNX Runtime's shared library. Default: `ORT_DYLIB_PATH`, then the newest in
    /// `$XDG_CACHE_HOME/vong/onnxruntime/*/`, then the system's.
    pub onnxruntime: Option<PathBuf>,
    /// Folder of model files. Default `$XDG_CACHE_HOME/vong/models`.
    pub models_dir: Option<PathBuf>,
    /// A catalogue in place of the built-in one.
    pub catalog: Option<PathBuf>,
    /// The manifest of a fire verifier in place of the built-in one; its file lies beside it.
    pub fire_verifier: Option<PathBuf>,
}

const PROVIDERS: [(&str, Provider); 2] = [("cpu", Provider::Cpu), ("cuda", Provider::Cuda)];
/// On a processor a batch saves little; more pictures only make the first wait longer.
const DEFAULT_BATCH: usize = 4;
/// What Savant takes by default: far below any camera's period.
const DEFAULT_FILL_WINDOW: Duration = Duration::from_millis(2);

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA device, through ONNX Runtime's CUDA provider; the processor where that cannot be had.
    Cuda,
}

impl Provider {
    /// Its word in the configuration and in the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

impl Default for DetectConfig {
    fn default() -> Self {
        Self {
            threads: 2,
            provider: Provider::Cpu,
            batch: DEFAULT_BATCH,
            fill_window: DEFAULT_FILL_WINDOW,
            onnxruntime: None,
            models_dir: None,
            catalog: None,
            fire_verifier: None,
        }
    }
}

impl DetectConfig {
    /// Where model files lie: `models_dir`, or the cache.
    #[must_use]
    pub fn models_folder(&self) -> PathBuf {
        let cached = || cache_dir().join("models");
        self.models_dir.clone().unwrap_or_else(cached)
    }
}

/// Which of a model's files runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum VariantChoice {
    /// What `models bench` found best on this machine; the model's first file where it was not
    /// run, or where the file it chose is not there.
    #[default]
    Auto,
    /// The model's first file.
    First,
    /// The variant of that name.
    Named(String),
}

/// `[[model]]`: one model that cameras may name.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// What the model is; thresholds as configured here.
    pub manifest: Manifest,
    /// Its file, where it is not found by its name in the models' folder.
    pub file: Option<PathBuf>,
    /// Which of its files runs.
    pub variant: VariantChoice,
}

impl ModelConfig {
    /// A model as the catalogue describes it.
    #[must_use]
    pub fn of(manifest: Manifest) -> Self {
        Self {
            manifest,
            file: None,
            variant: VariantChoice::default(),
        }
    }
}

pub(super) fn read_detect(section: Section<'_>, base: &Path) -> DetectConfig {
    let path = value::path(base);
    let config = DetectConfig {
        threads: section.or("threads", 2, &value::integer(1..=64)),
        provider: section.or("provider", Provider::Cpu, &value::one_of(&PROVIDERS)),
        batch: section.or("batch", DEFAULT_BATCH, &value::integer(1..=64)),
        fill_window: section.or(
            "fill_window_s",
            DEFAULT_FILL_WINDOW,
            &value::seconds(0.0..=0.1),
        ),
        onnxruntime: section.optional("onnxruntime", &path),
        models_dir: section.optional("models_dir", &path),
        catalog: section.optional("catalog", &path),
        fire_verifier: section.optional("fire_verifier", &path),
    };
    section.finish();
    config
}

/// The models of the file. Where it has none the starter is the only one, so that a configuration
/// of cameras alone runs.
pub(super) fn read_models(
    root: &Section<'_>,
    catalogue: &Catalogue,
    base: &Path,
) -> Vec<ModelConfig> {
    if !root.has("model") {
        let starter = catalogue.starter().cloned();
        return starter.map(ModelConfig::of).into_iter().collect();
    }
    let mut models: Vec<ModelConfig> = Vec::new();
    for section in root.tables("model") {
        let Some(name) = section.required("name", &value::text_up_to(MAX_WORD_BYTES)) else {
            continue;
        };
        if models.iter().any(|model| model.manifest.name == name) {
            section.note(
                "name",
                Wrong::new(format!("{name:?} is defined twice"), "keep one of them"),
            );
        }
        models.extend(read_model(&section, name, catalogue, base));
    }
    models
}

fn read_model(
    section: &Section<'_>,
    name: String,
    catalogue: &Catalogue,
    base: &Path,
) -> Option<ModelConfig> {
    let file = section.optional("file", &value::path(base));
    let manifest = if section.has("family") {
        let described = manifest::read_body(section, name, &catalogue.label_sets);
        if !section.has("sha256") {
            let wrong = Wrong::new("missing", "add the file's (`sha256sum FILE` prints it)");
            section.note("sha256", wrong);
        }
        described
    } else if let Some(known) = catalogue.model(&name) {
        Some(manifest::read_overrides(section, known.clone()))
    } else {
        section.note("name", unknown_model(&name, catalogue));
        None
    };
    let variants = manifest
        .as_ref()
        .map(|manifest| manifest.variants.as_slice());
    let names = variants.unwrap_or_default().iter();
    let names: Vec<&str> = names.map(|variant| variant.name.as_str()).collect();
    let variant = section.or("variant", VariantChoice::Auto, &|raw| choice(raw, &names));
    // A model that is not known has keys that nobody could judge.
    if manifest.is_some() || section.has("family") {
        section.finish();
    }
    Some(ModelConfig {
        manifest: manifest?,
        file,
        variant,
    })
}

fn choice(raw: &DeValue<'_>, names: &[&str]) -> Result<VariantChoice, Wrong> {
    let word = value::text(raw)?;
    match word.as_str() {
        "auto" => Ok(VariantChoice::Auto),
        "first" => Ok(VariantChoice::First),
        name if names.contains(&name) => Ok(VariantChoice::Named(word)),
        name => {
            let known: Vec<&str> = ["auto", "first"].iter().chain(names).copied().collect();
            Err(Wrong::new(
                format!("{name:?} is no variant of this model"),
                suggestion(name, &known),
            ))
        }
    }
}

fn unknown_model(name: &str, catalogue: &Catalogue) -> Wrong {
    let known: Vec<&str> = catalogue
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    let remedy = format!(
        "{} Or describe your own with `family`, `file`, `sha256`, `input` and its classes, or add it \
         with `edge-agent models add`",
        suggestion(name, &known)
    );
    Wrong::new(format!("no model {name:?} in the catalogue"), remedy)
}
