//! The catalogue: models that are known by name, with address, hash and licence.

use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use super::fault::{ConfigError, FaultSink, Wrong};
use super::manifest::{self, Manifest, read_thresholds};
use super::section::Section;
use super::value;

const BUILT_IN: &str = include_str!("../../../models/catalog.toml");

/// A list of class names that several models share, e.g. the 80 of COCO.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSet {
    /// Its name.
    pub name: String,
    /// As [`Manifest::classes`].
    pub classes: Vec<Option<Arc<str>>>,
}

/// Models that are known by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// The models, in the order of the file.
    pub models: Vec<Manifest>,
    /// The label sets that models, and a user's own, may name.
    pub label_sets: Vec<LabelSet>,
}

impl Catalogue {
    /// The catalogue that is compiled in.
    ///
    /// # Errors
    /// Never in a build whose tests passed; the type says what would be wrong.
    pub fn built_in() -> Result<Self, ConfigError> {
        Self::parse(BUILT_IN, Path::new("models/catalog.toml"))
    }

    /// Reads a catalogue file.
    ///
    /// # Errors
    /// [`ConfigError`] where it cannot be read or has faults.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        Self::parse(&text, file)
    }

    /// The model of that name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Manifest> {
        self.models.iter().find(|model| model.name == name)
    }

    fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let sink = FaultSink::of(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let offset = error.span().map_or(0, |span| span.start);
            sink.add("", offset, Wrong::new(error.message(), "correct the TOML"));
        }
        let catalogue = read(Section::root(table.get_ref(), &sink));
        match sink.into_faults() {
            faults if faults.is_empty() => Ok(catalogue),
            faults => Err(ConfigError::Faulty {
                file: file.to_owned(),
                faults,
            }),
        }
    }
}

fn read(root: Section<'_>) -> Catalogue {
    let mut label_sets = Vec::new();
    for section in root.tables("label_set") {
        let name = section.required("name", &value::text);
        let classes = manifest::read_labels(&section, "names");
        section.finish();
        if let (Some(name), Some(classes)) = (name, classes) {
            label_sets.push(LabelSet { name, classes });
        }
    }
    let mut models = Vec::new();
    for section in root.tables("model") {
        let name = section.required("name", &value::text);
        let manifest = manifest::read_body(&section, name.unwrap_or_default(), &label_sets);
        let thresholds = read_thresholds(&section, manifest::Thresholds::default());
        section.finish();
        models.extend(manifest.map(|manifest| Manifest {
            thresholds,
            ..manifest
        }));
    }
    root.finish();
    Catalogue { models, label_sets }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_whole() {
        let catalogue = Catalogue::built_in().unwrap();
        for model in &catalogue.models {
            assert!(model.file.url.is_some(), "{}: no url", model.name);
            assert!(model.file.bytes.is_some(), "{}: no size", model.name);
            assert!(model.file.licence.is_some(), "{}: no licence", model.name);
            assert!(
                !model.object_classes().is_empty(),
                "{}: sees nothing of ours",
                model.name
            );
        }
        let nano = catalogue.model("yolox-nano").unwrap();
        assert_eq!(nano.classes.len(), 80);
        assert_eq!(
            nano.object_classes(),
            ["person", "two_wheeler", "car", "large_vehicle", "cattle"]
        );
    }
}
