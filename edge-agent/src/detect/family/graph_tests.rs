//! Every family through ONNX Runtime: tiny files of each exporter's graph shape, which
//! `tests/models/make.py` writes, and the real models where they are lent.

use std::path::{Path, PathBuf};

use super::fixture::{Answer, Filled, SIDE, manifest};
use super::output::{Numbers, Output};
use super::reference;
use crate::camera::{Frame, read_picture};
use crate::config::{
    Catalogue, ClassifierManifest, ColorOrder, DetectConfig, Family, Manifest, ModelConfig,
    Placement, Provider,
};
use crate::detect::preprocess::Tensor;
use crate::detect::session::{Bytes, Session, Wanted};
use crate::detect::{Classifier, DetectError, Detection, Detector, library, model_file};
use crate::geometry::PixelBox;

const NANODET: Family = Family::Nanodet { reg_max: 7 };

/// File, family, the form that the reference decodes.
const FILES: [(&str, Family, &str); 14] = [
    ("vong.onnx", Family::Vong, "vong"),
    ("vong-int8.onnx", Family::Vong, "vong"),
    ("vong-dynamic.onnx", Family::Vong, "vong"),
    ("yolox.onnx", Family::Yolox, "yolox"),
    ("yolov5.onnx", Family::Yolov5, "yolov5"),
    ("yolov8.onnx", Family::Yolov8, "yolov8"),
    ("yolov8-heads.onnx", Family::Yolov8, "yolov8"),
    (
        "yolov8-suppressed.onnx",
        Family::Yolov8,
        "yolov8 suppressed",
    ),
    ("nanodet.onnx", NANODET, "nanodet"),
    ("nanodet-split.onnx", NANODET, "nanodet split"),
    ("fastestdet.onnx", Family::Fastestdet, "fastestdet"),
    ("detr.onnx", Family::Detr, "detr"),
    ("detr-nothing.onnx", Family::Detr, "detr with nothing"),
    ("detr-finished.onnx", Family::Detr, "detr finished"),
];

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

fn load(file: &Path, manifest: &Manifest) -> Result<Session, DetectError> {
    let side = SIDE as usize;
    let wanted = Wanted {
        model: &manifest.name,
        input: [1, 3, side, side],
        bytes: Bytes::Fit,
        target: (manifest.family == Family::Detr).then_some([i64::from(SIDE); 2]),
        threads: 1,
        provider: Provider::Cpu,
        runtime: None,
    };
    let bytes = std::fs::read(file).unwrap();
    Session::load(&bytes, &wanted, |outlets| super::check(manifest, outlets))
}

fn owned(outputs: &[Output<'_>]) -> Vec<(String, Vec<i64>, Filled)> {
    let numbers = |numbers| match numbers {
        Numbers::F32(numbers) => Filled::F32(numbers.to_vec()),
        Numbers::I64(numbers) => Filled::I64(numbers.to_vec()),
        Numbers::Other => panic!("no family reads this"),
    };
    outputs
        .iter()
        .map(|output| {
            let name = output.name.to_owned();
            (name, output.axes.to_vec(), numbers(output.numbers))
        })
        .collect()
}

#[test]
fn every_exporters_graph_runs_and_is_decoded_as_the_reference_decodes_it() {
    if !has_runtime() {
        return;
    }
    for (file, family, form) in FILES {
        let manifest = manifest(family);
        let mut session = load(&tiny(file), &manifest).unwrap();
        let mut seen = 0;
        for seed in 0..4_usize {
            let pixels = 3 * (SIDE * SIDE) as usize;
            let picture = (0..pixels).map(|at| ((at * (7 + seed) + at / 640 * 31) % 256) as f32);
            let picture: Vec<f32> = picture.collect();
            seen += session
                .run(Tensor::F32(&picture), 1, |_, outputs| {
                    let answer = Answer {
                        manifest: manifest.clone(),
                        outputs: owned(outputs),
                    };
                    let found = super::decode(&manifest, outputs, &answer.letterbox())?;
                    let wanted = reference::decode(form, &answer);
                    assert_eq!(found.len(), wanted.len(), "{file}");
                    for (found, wanted) in found.iter().zip(&wanted) {
                        let PixelBox { x, y, w, h } = found.bbox;
                        let far = [x, y, x + w, y + h].into_iter().zip(wanted.corners);
                        let far = far
                            .map(|(a, b)| (f64::from(a) - b).abs())
                            .fold(0.0, f64::max);
                        assert!(far < 1e-3, "{file}: {found:?} is not {wanted:?}");
                    }
                    Ok(found.len())
                })
                .unwrap()
                .iter()
                .sum::<usize>();
        }
        assert!(seen > 0, "{file} sees nothing at all");
    }
}

#[test]
fn a_file_of_another_family_or_class_count_is_refused_with_both_shapes() {
    if !has_runtime() {
        return;
    }
    for (file, family, _) in FILES {
        let mut other = manifest(family);
        other.classes.push(Some("car".into()));
        other.classes.push(Some("car".into()));
        let message = match load(&tiny(file), &other) {
            // Rows of suppressed detections do not say how many classes there are.
            Ok(_) if file == "yolov8-suppressed.onnx" || file == "detr-finished.onnx" => continue,
            Ok(_) => panic!("{file} was taken for a model of five classes"),
            Err(error) => error.to_string(),
        };
        assert!(
            message.contains("output has shape f32["),
            "{file}: {message}"
        );
        assert!(message.contains("needs f32["), "{file}: {message}");
    }
    let wide = Manifest {
        family: Family::Vong,
        ..manifest(Family::Vong)
    };
    let wanted = Wanted {
        model: "wide",
        input: [1, 3, 64, 96],
        bytes: Bytes::DoNotFit,
        target: None,
        threads: 1,
        provider: Provider::Cpu,
        runtime: None,
    };
    let bytes = std::fs::read(tiny("vong.onnx")).unwrap();
    let error = Session::load(&bytes, &wanted, |outlets| super::check(&wide, outlets));
    let message = error.unwrap_err().to_string();
    let shapes = "input has shape f32[?, 3, 64, 64], its manifest (family, input and classes) needs \
                  f32[1, 3, 64, 96]";
    assert!(message.contains(shapes), "{message}");
    let error = load(&tiny("detr-finished.onnx"), &manifest(Family::Vong)).unwrap_err();
    assert!(error.to_string().contains("i64[?, 2]"), "{error}");
    let error = load(&tiny("vong-half.onnx"), &manifest(Family::Vong)).unwrap_err();
    assert!(error.to_string().contains("f16[?, 3, 64, 64]"), "{error}");
}

/// A model as a user describes it, its file anywhere.
fn user_model(file: &Path, manifest: Manifest) -> ModelConfig {
    let mut model = ModelConfig::of(manifest);
    model.manifest.file.sha256 = Some(model_file::sha256_of(file).unwrap());
    model.file = Some(file.to_owned());
    model
}

fn look(model: &ModelConfig, frame: &Frame) -> Vec<Detection> {
    let detector = Detector::start(model, &DetectConfig::default()).unwrap();
    assert_eq!(
        Some(detector.sha256()),
        model.manifest.file.sha256.as_deref()
    );
    detector.detect(frame).unwrap()
}

#[test]
fn a_classifier_judges_a_stack() {
    if !has_runtime() {
        return;
    }
    let file = tiny("verifier.onnx");
    let text = format!(
        "name = \"verifier\"\nfamily = \"fire_verifier\"\nsha256 = \"{}\"\ncrops = 4\nsize = 16\n\
         spacing_s = 0.5\ncontext = 1.5\ncolor = \"rgb\"\nlabels = [\"neither\", \"fire\", \
         \"smoke\"]\nveto_below = 0.3\n",
        model_file::sha256_of(&file).unwrap()
    );
    let folder = tempfile::tempdir().unwrap();
    let described = folder.path().join("manifest.toml");
    std::fs::write(&described, text).unwrap();
    let manifest = ClassifierManifest::load(&described).unwrap();
    let detect = DetectConfig {
        models_dir: Some(file.parent().unwrap().to_owned()),
        ..DetectConfig::default()
    };
    let classifier = Classifier::start(&manifest, &detect).unwrap();
    let grey = image::RgbImage::from_pixel(80, 60, image::Rgb([200, 90, 30]));
    let frames = vec![crate::camera::frame_of(&grey); 4];
    let place = PixelBox {
        x: 20.0,
        y: 20.0,
        w: 30.0,
        h: 20.0,
    };
    let shares = classifier.judge(&frames, &place).unwrap();
    let sum: f32 = shares.iter().map(|(_, share)| share).sum();
    assert!((sum - 1.0).abs() < 1e-4 && shares.of("fire").is_some() && shares.of("cow").is_none());
}

/// A lent file below `shared/data`, or `None` with a printed reason.
fn lent(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(path);
    if file.is_file() && has_runtime() {
        return Some(file);
    }
    println!("skipped: no {}", file.display());
    None
}

fn count(found: &[Detection], class: &str, least: f32) -> usize {
    let of = |detection: &&Detection| &*detection.class == class && detection.score >= least;
    found.iter().filter(of).count()
}

/// A street with cars and people: what the published decoders see there, our decoders see.
#[test]
fn the_real_coco_models_see_a_street() {
    let catalogue = Catalogue::built_in().unwrap();
    for (name, file, cars) in [
        ("yolox-nano", "models/yolox_nano.onnx", 3),
        ("fastestdet", "models/FastestDet.onnx", 1),
    ] {
        let (Some(model), Some(street)) = (lent(file), lent("images/coco_demo/street.png")) else {
            return;
        };
        let manifest = catalogue.model(name).unwrap().clone();
        let found = look(
            &user_model(&model, manifest),
            &read_picture(&street).unwrap(),
        );
        println!("{name}: {found:?}");
        assert!(count(&found, "car", 0.35) >= cars, "{name}: {found:?}");
    }
}

fn ultralytics(classes: &[(&str, Option<&str>)]) -> Manifest {
    let mut manifest = manifest(Family::Yolov8);
    manifest.labels = classes.iter().map(|(theirs, _)| (*theirs).into()).collect();
    manifest.classes = classes
        .iter()
        .map(|(_, ours)| ours.map(Into::into))
        .collect();
    (manifest.input.width, manifest.input.height) = (416, 416);
    manifest.input.color = ColorOrder::Rgb;
    manifest.input.placement = Placement::Centre;
    manifest.input.std = [255.0; 3];
    manifest
}

#[test]
fn the_real_int8_models_run_as_they_are() {
    let (Some(cattle), Some(dog)) = (
        lent("models/yolov8n_cattle_int8dyn_416.onnx"),
        lent("images/coco_demo/dog.jpg"),
    ) else {
        return;
    };
    let Some(fire) = lent("models/yolov8n_fireflare_int8qdq_416.onnx") else {
        return;
    };
    let frame = read_picture(&dog).unwrap();
    let classes = [("cattle", Some("cattle"))];
    let mut dynamic = user_model(&cattle, ultralytics(&classes));
    dynamic.manifest.thresholds.score = 0.0;
    assert!(
        !look(&dynamic, &frame).is_empty(),
        "no place has any score at all"
    );
    let classes = [("small_flame", Some("fire")), ("smoke", Some("smoke"))];
    let mut fixed = user_model(&fire, ultralytics(&classes));
    fixed.manifest.thresholds.score = 0.0;
    assert!(
        look(&fixed, &frame)
            .iter()
            .all(|seen| seen.score.is_finite())
    );
}

#[test]
fn the_real_cattle_model_sees_the_cows() {
    let (Some(cattle), Some(clip)) = (
        lent("models/yolov8n_cattle_int8dyn_416.onnx"),
        lent("videos/cattle_pasture_two_cows_dpmanoj.mp4"),
    ) else {
        return;
    };
    use crate::camera::{DecoderOptions, FileItem, FileSource, Timing};

    let source = FileSource::open(
        &clip,
        Timing::AsRecorded,
        jiff::Timestamp::now(),
        DecoderOptions::default(),
    )
    .unwrap();
    let frames = source.filter_map(|item| match item.unwrap() {
        FileItem::Frame(frame) => Some(frame),
        _ => None,
    });
    let model = user_model(&cattle, ultralytics(&[("cattle", Some("cattle"))]));
    let detector = Detector::start(&model, &DetectConfig::default()).unwrap();
    let frames: Vec<Frame> = frames.skip(60).step_by(30).take(4).collect();
    let seeing = frames.iter().filter(|frame| {
        let found = detector.detect(frame).unwrap();
        println!("{found:?}");
        count(&found, "cattle", 0.3) > 0
    });
    assert!(seeing.count() >= 2, "cows in at least half of the pictures");
}
