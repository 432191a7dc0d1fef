//! Batches through ONNX Runtime: which files take them, and that a batch says what each alone says.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::config::{Catalogue, DetectConfig, Family, ModelConfig, Provider};
use crate::detect::detector::load;
use crate::detect::{DetectError, Detector, Request, library, model_file};
use crate::geometry::PixelBox;

fn tiny(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/models")
        .join(name)
}

/// Whether this machine has ONNX Runtime; says so where it has not.
fn has_runtime() -> bool {
    let found = library::find(None);
    if let Err(error) = &found {
        println!("skipped: {error}");
    }
    found.is_ok()
}

/// A tiny file as a user describes it: three classes, an input of 64 × 64.
fn model(file: &str, family: Family) -> ModelConfig {
    let catalogue = Catalogue::built_in().unwrap();
    let mut model = ModelConfig::of(catalogue.model("yolox-nano").unwrap().clone());
    let manifest = &mut model.manifest;
    manifest.name = file.to_owned();
    manifest.family = family;
    (manifest.input.width, manifest.input.height) = (64, 64);
    manifest.labels = ["car", "dog", "cattle"].map(Into::into).to_vec();
    *manifest = manifest.clone().in_own_words();
    manifest.thresholds.score = 0.5;
    manifest.file.sha256 = Some(model_file::sha256_of(&tiny(file)).unwrap());
    model.file = Some(tiny(file));
    model
}

fn one_thread() -> DetectConfig {
    DetectConfig {
        threads: 1,
        ..DetectConfig::default()
    }
}

#[test]
fn a_batch_is_taken_only_where_it_answers_as_each_alone() {
    if !has_runtime() {
        return;
    }
    for (file, family, wanted) in [
        ("vong.onnx", Family::Vong, Ok(4)),
        ("vong-bytes.onnx", Family::Vong, Ok(4)),
        ("vong-int8.onnx", Family::Vong, Ok(4)),
        ("yolov5.onnx", Family::Yolov5, Ok(4)),
        ("detr-finished.onnx", Family::Detr, Ok(4)),
        ("yolox.onnx", Family::Yolox, Err(Alone::FixedAxis)),
        ("vong-dynamic.onnx", Family::Vong, Err(Alone::AnswersDiffer)),
    ] {
        let model = model(file, family);
        let bytes = std::fs::read(tiny(file)).unwrap();
        let mut session = load(&model.manifest, &bytes, &one_thread()).unwrap();
        let found = tried(&mut session, &model.manifest, 4).unwrap();
        assert_eq!(found, wanted, "{file}");
    }
}

#[test]
fn cameras_share_a_model_and_each_gets_its_own_answer() {
    if !has_runtime() {
        return;
    }
    let detect = DetectConfig {
        fill_window: Duration::from_millis(20),
        ..one_thread()
    };
    for file in ["vong.onnx", "vong-bytes.onnx", "vong-dynamic.onnx"] {
        let detector = Detector::start(&model(file, Family::Vong), &detect).unwrap();
        let pictures: Vec<Frame> = (1..=6).map(|seed| picture(seed, 40 * seed as u8)).collect();
        let alone: Vec<_> = pictures
            .iter()
            .map(|one| detector.detect(one).unwrap())
            .collect();
        assert!(
            alone.iter().any(|found| !found.is_empty()),
            "{file} sees nothing"
        );
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for (picture, alone) in pictures.iter().zip(&alone) {
                let (detector, taken) = (&detector, &taken);
                scope.spawn(move || {
                    let mut seat = detector.seat(Duration::from_millis(100));
                    for _ in 0..20 {
                        let request = Request::whole(picture.clone());
                        let seen = seat.look(1, move || request).unwrap();
                        let found = seen.windows.first().unwrap();
                        assert_eq!(found.len(), alone.len(), "{file}");
                        for (found, alone) in found.iter().zip(alone) {
                            assert_eq!(found.class, alone.class, "{file}");
                            assert!(found.bbox.iou(&alone.bbox) > 0.99, "{file}");
                        }
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(taken.load(Ordering::Relaxed), 120);
    }
}

#[test]
fn one_cameras_broken_picture_harms_no_other() {
    if !has_runtime() {
        return;
    }
    let detect = DetectConfig {
        fill_window: Duration::from_millis(100),
        ..one_thread()
    };
    let detector = Detector::start(&model("vong.onnx", Family::Vong), &detect).unwrap();
    let good = picture(3, 200);
    let wanted = detector.detect(&good).unwrap();
    let mut broken = good.clone();
    broken.planes.pop();
    std::thread::scope(|scope| {
        // Seats are taken before anybody looks, so that the two meet in one batch.
        let seats = [good.clone(), broken].map(|frame| (detector.seat(Duration::ZERO), frame));
        let looks = seats.map(|(mut seat, frame)| {
            scope.spawn(move || seat.look(1, move || Request::whole(frame)))
        });
        let [good, broken] = looks.map(|look| look.join().unwrap());
        assert_eq!(good.unwrap().windows, [wanted]);
        assert!(matches!(broken, Err(DetectError::Picture { plane: 2, .. })));
    });
}

#[test]
fn windows_of_a_picture_are_looked_at_and_mapped_back() {
    if !has_runtime() {
        return;
    }
    let detector = Detector::start(&model("vong.onnx", Family::Vong), &one_thread()).unwrap();
    let frame = picture(5, 250);
    assert!(detector.detect_in(&frame, &[]).unwrap().is_empty());
    let whole = PixelBox {
        x: 0.0,
        y: 0.0,
        w: 96.0,
        h: 96.0,
    };
    let part = PixelBox {
        x: 40.0,
        y: 30.0,
        w: 32.0,
        h: 32.0,
    };
    // More windows than a batch has places.
    let windows = [whole, part, part, whole, part, whole, part];
    let found = detector.detect_in(&frame, &windows).unwrap();
    assert_eq!(found.len(), windows.len());
    assert_eq!(found[0], detector.detect(&frame).unwrap());
    for (window, found) in windows.iter().zip(&found) {
        for seen in found {
            let inside = seen.bbox.intersection(window);
            assert!(
                (inside - seen.bbox.area()).abs() < 0.1,
                "{seen:?} is not in {window:?}"
            );
        }
    }
}

/// The program is built without CUDA, and machines of tests have none: a wish for it is not refused.
#[test]
fn without_cuda_a_model_runs_on_the_processor() {
    if !has_runtime() {
        return;
    }
    let detect = DetectConfig {
        provider: Provider::Cuda,
        ..one_thread()
    };
    let detector = Detector::start(&model("vong.onnx", Family::Vong), &detect).unwrap();
    detector.detect(&picture(1, 200)).unwrap();
    if cfg!(not(feature = "cuda")) {
        assert_eq!(detector.provider(), Provider::Cpu);
    }
}

#[test]
fn bytes_and_floats_of_one_model_see_the_same() {
    if !has_runtime() {
        return;
    }
    let look = |file: &str| {
        let detector = Detector::start(&model(file, Family::Vong), &one_thread()).unwrap();
        detector.detect(&picture(2, 220)).unwrap()
    };
    let (floats, bytes) = (look("vong.onnx"), look("vong-bytes.onnx"));
    assert_eq!(floats.len(), bytes.len());
    for (a, b) in floats.iter().zip(&bytes) {
        assert!(
            a.bbox.iou(&b.bbox) > 0.95 && (a.score - b.score).abs() < 0.02,
            "{a:?} {b:?}"
        );
    }
    let mut normalised = model("vong-bytes.onnx", Family::Vong);
    normalised.manifest.input.std = [255.0; 3];
    let error = Detector::start(&normalised, &one_thread())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("u8[?, 3, 64, 64]") && error.contains("f32[1, 3, 64, 64]"),
        "{error}"
    );
}

/// What waits when the last handle goes is told, and nobody waits for ever.
#[test]
fn a_seat_outlives_nobody() {
    if !has_runtime() {
        return;
    }
    let detector = Detector::start(&model("vong.onnx", Family::Vong), &one_thread()).unwrap();
    let mut seat = detector.seat(Duration::ZERO);
    drop(detector);
    let seen = seat.look(1, || Request::whole(picture(1, 9)));
    assert!(seen.is_ok(), "a seat holds its model");
    let panicking = seat.look(1, || unreachable!("a defect in whoever gives the picture"));
    assert!(matches!(panicking, Err(DetectError::Stopped { .. })));
    let after = seat.look(1, || Request::whole(picture(1, 9)));
    assert!(matches!(after, Err(DetectError::Stopped { .. })));
}
