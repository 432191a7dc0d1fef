//! The catalogue that ships is whole; a folder's own models join it.

use super::*;
use crate::config::{Family, Placement, built_in_file};

#[test]
fn the_built_in_catalogue_is_whole() {
    let catalogue = Catalogue::built_in().unwrap();
    for model in &catalogue.models {
        let shipped = built_in_file(&model.file.name).is_some();
        let told = model
            .file
            .note
            .as_ref()
            .is_some_and(|note| note.contains("https://"));
        assert!(
            model.file.url.is_some() || shipped || told,
            "{}: no url",
            model.name
        );
        assert!(model.file.licence.is_some(), "{}: no licence", model.name);
        assert_eq!(model.labels.len(), model.classes.len(), "{}", model.name);
        assert!(
            !model.object_classes().is_empty(),
            "{}: sees nothing of ours",
            model.name
        );
        let same = catalogue
            .models
            .iter()
            .filter(|other| other.name == model.name);
        assert_eq!(same.count(), 1, "{} stands there twice", model.name);
    }
    let nano = catalogue.model("yolox-nano").unwrap();
    assert_eq!(nano.classes.len(), 80);
    assert_eq!(
        nano.object_classes(),
        ["person", "two_wheeler", "car", "large_vehicle", "cattle"]
    );
}

#[test]
fn the_starter_is_in_the_program_with_all_its_variants() {
    let catalogue = Catalogue::built_in().unwrap();
    let starter = catalogue.starter().unwrap();
    let variants = starter.variants.iter().map(|variant| &variant.file);
    for file in std::iter::once(&starter.file).chain(variants) {
        assert!(
            built_in_file(&file.name).is_some(),
            "{} is not in the program",
            file.name
        );
    }
    assert!(
        ["fire", "smoke", "person"]
            .iter()
            .all(|class| starter.object_classes().contains(class))
    );
}

#[test]
fn what_is_in_the_program_has_the_hash_and_size_of_its_manifest() {
    use sha2::{Digest, Sha256};

    let verifier = crate::config::ClassifierManifest::fire_verifier().unwrap();
    let files = Catalogue::built_in().unwrap().models;
    let files = files.into_iter().map(|model| model.file);
    for file in files.chain(verifier.map(|verifier| verifier.file)) {
        let Some((_, bytes)) = built_in_file(&file.name) else {
            continue;
        };
        assert_eq!(
            file.sha256,
            Some(hex::encode(Sha256::digest(bytes))),
            "{}",
            file.name
        );
        assert_eq!(file.bytes, Some(bytes.len() as u64), "{}", file.name);
    }
}

const MINE: &str = r#"
name = "mine"
family = "yolov8"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
input = [640, 384]
color = "rgb"
placement = "stretch"
levels = "0-1"
classes = ["lửa", "person"]
map = { "lửa" = "fire" }
[confidence]
fire = 0.3
[[variant]]
name = "int8"
file_name = "mine-int8.onnx"
"#;

#[test]
fn a_model_of_the_folder_joins_the_catalogue_with_its_variants() {
    let folder = tempfile::tempdir().unwrap();
    let file = Catalogue::added_manifest(folder.path(), "mine");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(&file, MINE).unwrap();
    let catalogue = Catalogue::built_in()
        .unwrap()
        .with_added(folder.path())
        .unwrap();
    let mine = catalogue.model("mine").unwrap();
    assert_eq!(
        (mine.family, mine.input.placement),
        (Family::Yolov8, Placement::Stretch)
    );
    assert_eq!(mine.input.std, [255.0; 3]);
    assert_eq!(mine.object_classes(), ["person", "fire"]);
    assert_eq!(mine.confidence, [("fire".into(), 0.3)]);
    assert_eq!(
        mine.clone().in_own_words().classes[0].as_deref(),
        Some("lửa")
    );
    let int8 = catalogue.model("mine-int8").unwrap();
    assert_eq!(
        (int8.file.name.as_str(), &int8.file.sha256),
        ("mine-int8.onnx", &None)
    );
}

#[test]
fn a_faulty_manifest_of_the_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = Catalogue::added_manifest(folder.path(), "mine");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(&file, MINE.replace("mine-int8.onnx", "../mine.onnx")).unwrap();
    let error = Catalogue::built_in()
        .unwrap()
        .with_added(folder.path())
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("added/mine.toml:15") && message.contains("plain file name"),
        "{message}"
    );
}

#[test]
fn agpl_is_warned_of_wherever_it_is_said() {
    let catalogue = Catalogue::built_in().unwrap();
    let warned = |name: &str| {
        catalogue
            .model(name)
            .unwrap()
            .file
            .licence_warning()
            .is_some()
    };
    assert!(!warned("yolox-nano") && warned("pyronear-smoke"));
}
