//! Adding a model by its options, into a folder of its own.

use std::path::Path;

use clap::Parser as _;

use super::*;
use crate::config::{ConfigError, DetectConfig};
use crate::detect::library;

#[derive(Debug, clap::Parser)]
struct Typed {
    #[command(flatten)]
    args: Args,
}

fn tiny(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    folder.join(name).display().to_string()
}

struct Desk(tempfile::TempDir);

impl Desk {
    /// `None`, and a printed reason, on a machine without ONNX Runtime.
    fn new() -> Option<Self> {
        if let Err(error) = library::find(None) {
            println!("skipped: {error}");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn shelf(&self) -> Shelf {
        let detect = DetectConfig {
            models_dir: Some(self.0.path().to_owned()),
            ..DetectConfig::default()
        };
        let catalogue = Catalogue::built_in()
            .unwrap()
            .with_added(self.0.path())
            .unwrap();
        Shelf::of(detect, Vec::new(), catalogue)
    }

    fn add(&self, options: &[&str]) -> anyhow::Result<ExitCode> {
        let typed = ["add"].iter().chain(options);
        run(&self.shelf(), &Typed::parse_from(typed).args)
    }
}

#[test]
fn a_model_that_was_added_is_known_and_runs() {
    let Some(desk) = Desk::new() else { return };
    let file = tiny("yolov8.onnx");
    let options = [
        &*file,
        "--family",
        "yolov8",
        "--classes",
        "xe,chó,cattle",
        "--map",
        "xe=car",
        "--name",
        "mine",
    ];
    desk.add(&options).unwrap();
    let shelf = desk.shelf();
    let mine = shelf.model(Some("mine")).unwrap();
    assert_eq!(mine.manifest.object_classes(), ["car", "cattle"]);
    assert_eq!(
        (mine.manifest.input.width, mine.manifest.input.std),
        (64, [255.0; 3])
    );
    assert_eq!(
        SelfTest::run(mine, &shelf.detect, &drawn())
            .unwrap()
            .not_finite,
        0
    );
    let error = desk.add(&options).unwrap_err().to_string();
    assert!(error.contains("--replace"), "{error}");
    desk.add(&[&options[..], &["--replace"]].concat()).unwrap();
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_nothing() {
    let Some(desk) = Desk::new() else { return };
    let file = tiny("yolov8.onnx");
    #[rustfmt::skip]
    let table: [(&[&str], &str); 5] = [
        (&["--family", "yolov8", "--classes", "car"], "output has shape f32[?, 7, 84]"),
        (&["--family", "yolox", "--classes", "car,dog,cow"], "needs f32[1, 84, 8]"),
        (&["--family", "yolov8", "--classes", "a,b,c"], "--map"),
        (&["--family", "yolov8", "--classes", "car,dog,cow", "--input", "96x64"], "input has shape"),
        (&["--family", "yolov8", "--classes", "car,dog,cow", "--name", "../x"], "no name for a model"),
    ];
    for (options, word) in table {
        let error = desk.add(&[&[&*file], options].concat()).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains(word), "{options:?}: {message}");
    }
    let error = desk.add(&[
        &*file,
        "--family",
        "yolov8",
        "--classes",
        "car,dog,cow",
        "--map",
        "pig=cattle",
    ]);
    assert!(error.unwrap_err().downcast_ref::<ConfigError>().is_some());
    desk.add(&[
        &*file,
        "--family",
        "yolov8",
        "--classes",
        "car,dog,cow",
        "--dry-run",
    ])
    .unwrap();
    assert_eq!(fs::read_dir(desk.0.path()).unwrap().count(), 0);
}
