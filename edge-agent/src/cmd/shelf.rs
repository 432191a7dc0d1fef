//! The models that a command can name: the configuration's, then the catalogue's others.

use std::path::Path;

use anyhow::Context as _;

use crate::config::{Catalogue, Config, DEFAULT_PATH, DetectConfig, Manifest, ModelConfig};

/// The models that are known here, and where their files lie.
pub(super) struct Shelf {
    pub(super) detect: DetectConfig,
    pub(super) models: Vec<ModelConfig>,
    pub(super) catalogue: Catalogue,
}

impl Shelf {
    /// Models can be used before there is a configuration: without a file at the default path, the
    /// built-in catalogue and the added models are all.
    pub(super) fn open(config: &Path) -> anyhow::Result<Self> {
        if config == Path::new(DEFAULT_PATH) && !config.exists() {
            let detect = DetectConfig::default();
            let catalogue = Catalogue::built_in()?.with_added(&detect.models_folder())?;
            return Ok(Self::of(detect, Vec::new(), catalogue));
        }
        let config = Config::load(config)?;
        Ok(Self::of(config.detect, config.models, config.catalogue))
    }

    pub(super) fn of(
        detect: DetectConfig,
        mut models: Vec<ModelConfig>,
        catalogue: Catalogue,
    ) -> Self {
        for manifest in &catalogue.models {
            let known = |model: &ModelConfig| model.manifest.name == manifest.name;
            if !models.iter().any(known) {
                models.push(ModelConfig::of(manifest.clone()));
            }
        }
        Self {
            detect,
            models,
            catalogue,
        }
    }

    /// The models that are no variant of another.
    pub(super) fn bases(&self) -> impl Iterator<Item = &ModelConfig> {
        let variant = |model: &ModelConfig| {
            let of = |base: &Manifest| {
                let mut names = base
                    .variants
                    .iter()
                    .map(|variant| base.as_variant(variant).name);
                names.any(|name| name == model.manifest.name)
            };
            self.models.iter().any(|base| of(&base.manifest))
        };
        self.models.iter().filter(move |model| !variant(model))
    }

    /// The model of that name; without a name the starter.
    pub(super) fn model(&self, name: Option<&str>) -> anyhow::Result<&ModelConfig> {
        let starter = || self.catalogue.starter().map(|model| model.name.as_str());
        let name = name
            .or_else(starter)
            .context("this build has no model in it; name one with --model")?;
        if let Some(known) = self
            .catalogue
            .unrunnable
            .iter()
            .find(|known| known.name == name)
        {
            anyhow::bail!(
                "model {name:?} is known but cannot be run: {}",
                known.reason
            );
        }
        let found = self.models.iter().find(|model| model.manifest.name == name);
        found.with_context(|| {
            let names = self.models.iter().map(|model| model.manifest.name.as_str());
            let names: Vec<&str> = names.collect();
            format!("no model {name:?}; known: {}", names.join(", "))
        })
    }
}
