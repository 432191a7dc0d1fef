//! Which file runs, and that no other does.

use std::collections::BTreeMap;

use super::*;
use crate::config::{Catalogue, ClassifierManifest, Variant};
use crate::detect::ledger::{self, BenchedModel, Trusted};

fn nano() -> Manifest {
    let catalogue = Catalogue::built_in().unwrap();
    catalogue.model("yolox-nano").unwrap().clone()
}

/// A model whose two files hold these bytes, in a folder of its own.
struct Shelf {
    folder: tempfile::TempDir,
    model: ModelConfig,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            ModelFile {
                name: name.to_owned(),
                sha256: Some(hash_of(bytes)),
                bytes: None,
                url: None,
                licence: None,
                note: None,
            }
        };
        let manifest = Manifest {
            name: "mine".to_owned(),
            file: file("mine.onnx", b"f32"),
            variants: vec![Variant {
                name: "int8".to_owned(),
                file: file("mine-int8.onnx", b"int8"),
            }],
            ..nano()
        };
        Self {
            folder,
            model: ModelConfig::of(manifest),
        }
    }

    fn detect(&self) -> DetectConfig {
        DetectConfig {
            models_dir: Some(self.folder.path().to_owned()),
            ..DetectConfig::default()
        }
    }

    fn chosen(&self) -> String {
        choose(&self.model, &self.detect()).unwrap().manifest.name
    }

    fn bench(&self, choice: &str) {
        let model = BenchedModel {
            choice: choice.to_owned(),
            milliseconds: BTreeMap::new(),
        };
        let bench = Bench {
            machine: ledger::machine(),
            model: BTreeMap::from([("mine".to_owned(), model)]),
        };
        bench.save(self.folder.path()).unwrap();
    }
}

#[test]
fn the_first_file_runs_until_the_bench_says_otherwise() {
    let mut shelf = Shelf::new();
    assert_eq!(shelf.chosen(), "mine");
    shelf.bench("int8");
    assert_eq!(shelf.chosen(), "mine-int8");
    shelf.model.variant = VariantChoice::First;
    assert_eq!(shelf.chosen(), "mine");
    shelf.bench("first");
    shelf.model.variant = VariantChoice::Auto;
    assert_eq!(shelf.chosen(), "mine");
    shelf.model.variant = VariantChoice::Named("int8".to_owned());
    assert_eq!(shelf.chosen(), "mine-int8");
}

#[test]
fn a_variant_whose_file_is_not_there_is_an_error_only_where_it_was_asked_for() {
    let mut shelf = Shelf::new();
    std::fs::remove_file(shelf.folder.path().join("mine-int8.onnx")).unwrap();
    shelf.bench("int8");
    assert_eq!(shelf.chosen(), "mine");
    shelf.model.variant = VariantChoice::Named("int8".to_owned());
    let error = choose(&shelf.model, &shelf.detect()).unwrap_err();
    assert!(error.to_string().contains("mine-int8.onnx"), "{error}");
}

#[test]
fn a_file_with_another_hash_is_refused() {
    let shelf = Shelf::new();
    let chosen = choose(&shelf.model, &shelf.detect()).unwrap();
    assert_eq!(&*chosen.read().unwrap(), b"f32");
    let file = shelf.folder.path().join("mine.onnx");
    std::fs::write(&file, b"not a model").unwrap();
    let error = chosen.read().unwrap_err();
    assert!(matches!(error, DetectError::Hash { .. }), "{error}");
    assert_eq!(sha256_of(&file).unwrap(), hash_of(b"not a model"));
}

#[test]
fn a_file_that_nobody_described_runs_only_once_it_was_trusted() {
    let mut shelf = Shelf::new();
    let sha256 = shelf.model.manifest.file.sha256.take().unwrap();
    let error = choose(&shelf.model, &shelf.detect())
        .unwrap()
        .read()
        .unwrap_err();
    assert!(matches!(error, DetectError::Untrusted { .. }), "{error}");
    assert!(error.to_string().contains("--trust-first"), "{error}");
    let trusted = Trusted {
        sha256,
        bytes: 3,
        origin: "by hand".to_owned(),
        at: String::new(),
    };
    let trust = Trust {
        file: BTreeMap::from([("mine.onnx".to_owned(), trusted)]),
    };
    trust.save(shelf.folder.path()).unwrap();
    assert!(
        choose(&shelf.model, &shelf.detect())
            .unwrap()
            .read()
            .is_ok()
    );
}

#[test]
fn a_missing_model_names_file_url_and_folder() {
    let shelf = Shelf::new();
    let model = ModelConfig {
        file: Some(shelf.folder.path().join("gone.onnx")),
        ..ModelConfig::of(nano())
    };
    let message = choose(&model, &shelf.detect()).unwrap_err().to_string();
    let folder = shelf.folder.path().display().to_string();
    for part in [
        "yolox_nano.onnx",
        "https://github.com/Megvii",
        folder.as_str(),
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

/// A verifier of one's own may be called as the one in the program.
#[test]
fn a_users_file_under_a_built_in_name_is_the_users_where_its_hash_says_so() {
    let shelf = Shelf::new();
    let shipped = ClassifierManifest::fire_verifier().unwrap().unwrap();
    let found = |file: &ModelFile| find(&shipped.name, file, None, &shelf.detect());
    std::fs::write(shelf.folder.path().join(&shipped.file.name), b"my own").unwrap();
    let theirs = ModelFile {
        sha256: Some(hash_of(b"my own")),
        ..shipped.file.clone()
    };
    let origin = found(&theirs).unwrap();
    let bytes = read_verified(&shipped.name, &theirs, &origin).unwrap();
    assert_eq!(&*bytes, b"my own");
    // What lies in the folder by chance does not stand before what ships.
    let origin = found(&shipped.file).unwrap();
    assert!(matches!(origin, Origin::Program(_)), "{origin}");
    assert!(read_verified(&shipped.name, &shipped.file, &origin).is_ok());
}
