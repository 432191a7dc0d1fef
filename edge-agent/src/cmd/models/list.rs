//! `models list` and `models verify`.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cmd::say;
use crate::cmd::shelf::Shelf;
use crate::config::{ClassifierManifest, ModelConfig, ModelFile};
use crate::detect::model_file::{self, Chosen, Origin};

/// One line a model, then the licence warnings, then what is known but cannot be run.
pub(super) fn list(shelf: &Shelf) -> anyhow::Result<ExitCode> {
    let names = shelf
        .models
        .iter()
        .map(|model| model.manifest.name.chars().count());
    let width = names.max().unwrap_or(0);
    for model in &shelf.models {
        say(&line(model, width, shelf))?;
    }
    if let Some(verifier) = ClassifierManifest::fire_verifier()? {
        say(&verifier_line(&verifier, width))?;
    }
    for model in &shelf.models {
        if let Some(warning) = model.manifest.file.licence_warning() {
            say(&format!("WARNING: {}: {warning}", model.manifest.name))?;
        }
    }
    for model in &shelf.catalogue.unrunnable {
        let licence = licence(&model.file);
        say(&format!(
            "cannot be run: {} ({licence}): {}",
            model.name, model.reason
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(model: &ModelConfig, width: usize, shelf: &Shelf) -> String {
    let manifest = &model.manifest;
    let here = match model_file::choose(model, &shelf.detect) {
        Ok(Chosen {
            origin: Origin::Program(_),
            ..
        }) => "in the program",
        Ok(chosen) if chosen.manifest.file.sha256.is_none() => "not trusted",
        Ok(_) => "here",
        Err(_) => "not here",
    };
    let starter = match shelf.catalogue.starter() {
        Some(starter) if starter.name == manifest.name => {
            "  (runs where no [[model]] is configured)"
        }
        _ => "",
    };
    format!(
        "{:<width$}  {:<10}  {:>9}  {:>9}  {:<14}  {}  {}{starter}",
        manifest.name,
        manifest.family.word(),
        format!("{}×{}", manifest.input.width, manifest.input.height),
        size(&manifest.file),
        here,
        licence(&manifest.file),
        manifest.object_classes().join(" "),
    )
}

/// The second opinion that ships stands in the list too, so that nobody misses it.
fn verifier_line(verifier: &ClassifierManifest, width: usize) -> String {
    let side = verifier.size;
    format!(
        "{:<width$}  {:<10}  {:>9}  {:>9}  {:<14}  {}  a second look at fire and smoke, {} crops over time",
        verifier.name,
        "classifier",
        format!("{side}×{side}"),
        size(&verifier.file),
        "in the program",
        licence(&verifier.file),
        verifier.crops,
    )
}

pub(super) fn size(file: &ModelFile) -> String {
    let size = file
        .bytes
        .map(|bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    size.unwrap_or_else(|| "size ?".to_owned())
}

pub(super) fn licence(file: &ModelFile) -> String {
    let licence = file.licence.clone();
    let licence = licence.unwrap_or_else(|| "licence unknown".to_owned());
    match file.sha256 {
        Some(_) => licence,
        None => format!("{licence}, SHA-256 unknown"),
    }
}

/// A missing file is no failure: not every model is wanted. A wrong one is.
pub(super) fn verify(shelf: &Shelf) -> anyhow::Result<ExitCode> {
    let mut wrong = false;
    for model in &shelf.models {
        let name = &model.manifest.name;
        let Ok(chosen) = model_file::choose(model, &shelf.detect) else {
            say(&format!("{name}  {}  missing", model.manifest.file.name))?;
            continue;
        };
        let found = match &chosen.origin {
            Origin::File(file) => model_file::sha256_of(file)
                .with_context(|| format!("cannot read {}", file.display()))?,
            Origin::Program(_) => model_file::hash_of(&chosen.read()?),
        };
        let (origin, expected) = (&chosen.origin, chosen.manifest.file.sha256.as_deref());
        wrong |= expected.is_some_and(|expected| expected != found);
        say(&match expected {
            Some(expected) if expected == found => format!("{name}  {origin}  sha256 ok"),
            Some(expected) => {
                format!("{name}  {origin}  sha256 mismatch: {found}, expected {expected}")
            }
            None => format!(
                "{name}  {origin}  sha256 {found}, which nobody stated; trust it with `models pull \
                 {name} --trust-first`"
            ),
        })?;
    }
    Ok(if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
