//! The catalogue: models that are known by name, with address, hash and licence.
//!
//! Three sources make it up: the file that is compiled in, the models that are in the program, and
//! the ones that a person added to the models' folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::built_in::{self, STARTER};
use super::fault::ConfigError;
use super::manifest::{self, Manifest, ModelFile};
use super::section::{Section, read_document};
use super::value;

const BUILT_IN: &str = include_str!("../../../models/catalog.toml");

/// Folder, below the models' own, of the manifests of models that a person added.
const ADDED: &str = "added";

/// A list of class names that several models share, e.g. the 80 of COCO.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSet {
    /// Its name.
    pub name: String,
    /// As [`Manifest::labels`].
    pub labels: Vec<Arc<str>>,
    /// As [`Manifest::classes`].
    pub classes: Vec<Option<Arc<str>>>,
}

/// A model that is known and that the agent cannot run.
#[derive(Debug, Clone, PartialEq)]
pub struct Unrunnable {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: ModelFile,
    /// Why not.
    pub reason: String,
}

/// Models that are known by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// The models, in the order of the file. A variant is a model of its own too.
    pub models: Vec<Manifest>,
    /// Models that are known and cannot be run.
    pub unrunnable: Vec<Unrunnable>,
    /// The label sets that models, and a user's own, may name.
    pub label_sets: Vec<LabelSet>,
}

impl Catalogue {
    /// The catalogue that is compiled in.
    ///
    /// # Errors
    /// Never in a build whose tests passed; the type says what would be wrong.
    pub fn built_in() -> Result<Self, ConfigError> {
        read_document(BUILT_IN, Path::new("models/catalog.toml"), |root| {
            Some(read(root))
        })?
        .with_shipped()
    }

    /// Reads a catalogue file, which stands in place of the one that is compiled in.
    ///
    /// # Errors
    /// [`ConfigError`] where it cannot be read or has faults.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        read_document(&text_of(file)?, file, |root| Some(read(root)))?.with_shipped()
    }

    /// This catalogue and the models that were added to a models' folder. An added model stands in
    /// place of one of the same name.
    ///
    /// # Errors
    /// [`ConfigError`] where a manifest there cannot be read or has faults.
    pub fn with_added(mut self, models_folder: &Path) -> Result<Self, ConfigError> {
        for file in manifests_in(&models_folder.join(ADDED)) {
            let sets = self.label_sets.clone();
            let manifest = read_document(&text_of(&file)?, &file, |root| {
                manifest::read_whole(root, &sets)
            })?;
            self.models.retain(|known| known.name != manifest.name);
            self.add(manifest);
        }
        Ok(self)
    }

    /// Where the manifest of an added model lies.
    #[must_use]
    pub fn added_manifest(models_folder: &Path, name: &str) -> PathBuf {
        models_folder.join(ADDED).join(format!("{name}.toml"))
    }

    /// Reads one manifest, as [`Self::with_added`] would; `file` names it in faults.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault it has.
    pub fn parse_manifest(&self, text: &str, file: &Path) -> Result<Manifest, ConfigError> {
        read_document(text, file, |root| {
            manifest::read_whole(root, &self.label_sets)
        })
    }

    /// The model of that name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Manifest> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The model that is in the program and runs where no other is configured.
    #[must_use]
    pub fn starter(&self) -> Option<&Manifest> {
        self.model(STARTER)
    }

    fn with_shipped(mut self) -> Result<Self, ConfigError> {
        for shipped in built_in::DETECTORS {
            let file = Path::new(shipped.origin);
            let manifest = self.parse_manifest(shipped.manifest, file)?;
            self.add(manifest);
        }
        Ok(self)
    }

    fn add(&mut self, manifest: Manifest) {
        let variants = manifest.variants.iter();
        let variants: Vec<_> = variants.map(|other| manifest.as_variant(other)).collect();
        self.models.push(manifest);
        self.models.extend(variants);
    }
}

fn text_of(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
        file: file.to_owned(),
        source,
    })
}

/// In the order of their names. No folder, no models.
fn manifests_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
}

fn read(root: &Section<'_>) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for section in root.tables("label_set") {
        let name = section.required("name", &value::text);
        let read = manifest::read_labels(&section, "names");
        section.finish();
        if let (Some(name), Some((labels, classes))) = (name, read) {
            catalogue.label_sets.push(LabelSet {
                name,
                labels,
                classes,
            });
        }
    }
    for section in root.tables("model") {
        if let Some(manifest) = manifest::read_whole(&section, &catalogue.label_sets) {
            catalogue.add(manifest);
        }
    }
    for section in root.tables("unrunnable") {
        let name = section.required("name", &value::text);
        let reason = section.required("reason", &value::text);
        let file = manifest::read_file(&section, name.as_deref().unwrap_or_default());
        section.finish();
        if let (Some(name), Some(file), Some(reason)) = (name, file, reason) {
            catalogue.unrunnable.push(Unrunnable { name, file, reason });
        }
    }
    root.finish();
    catalogue
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
