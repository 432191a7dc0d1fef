//! Models of every family and form with small outputs, for tests.

use super::output::{Numbers, Output};
use crate::config::{Catalogue, Family, Manifest};
use crate::detect::Letterbox;
use crate::geometry::PictureSize;

/// Side of the input and of the picture: places are few, and boxes need no mapping back.
pub(super) const SIDE: u32 = 64;
/// The model's own classes; the second does not matter to us.
pub(super) const CLASSES: [&str; 3] = ["car", "dog", "cattle"];

/// One output's numbers, owned.
#[derive(Debug, Clone)]
pub(super) enum Filled {
    F32(Vec<f32>),
    I64(Vec<i64>),
}

/// One model's answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) manifest: Manifest,
    pub(super) outputs: Vec<(String, Vec<i64>, Filled)>,
}

impl Answer {
    pub(super) fn outputs(&self) -> Vec<Output<'_>> {
        self.outputs
            .iter()
            .map(|(name, axes, numbers)| Output {
                name,
                axes,
                numbers: match numbers {
                    Filled::F32(numbers) => Numbers::F32(numbers),
                    Filled::I64(numbers) => Numbers::I64(numbers),
                },
            })
            .collect()
    }

    pub(super) fn floats(&self, output: usize) -> &[f32] {
        match &self.outputs[output].2 {
            Filled::F32(numbers) => numbers,
            Filled::I64(_) => panic!("output {output} holds integers"),
        }
    }

    pub(super) fn floats_mut(&mut self, output: usize) -> &mut [f32] {
        match &mut self.outputs[output].2 {
            Filled::F32(numbers) => numbers,
            Filled::I64(_) => panic!("output {output} holds integers"),
        }
    }

    pub(super) fn letterbox(&self) -> Letterbox {
        let size = PictureSize {
            width: SIDE,
            height: SIDE,
        };
        Letterbox::fit(size, &self.manifest.input)
    }
}

pub(super) fn manifest(family: Family) -> Manifest {
    let catalogue = Catalogue::built_in().unwrap();
    let mut manifest = catalogue.model("yolox-nano").unwrap().clone();
    manifest.family = family;
    (manifest.input.width, manifest.input.height) = (SIDE, SIDE);
    manifest.labels = CLASSES.map(Into::into).to_vec();
    manifest.classes = [Some("car"), None, Some("cattle")]
        .map(|class| class.map(Into::into))
        .to_vec();
    manifest.thresholds.score = 0.25;
    manifest
}

/// The outputs' names and shapes.
type Shapes = Vec<(&'static str, Vec<i64>)>;

/// Every family in every form it is read in, with its outputs' names and shapes as its exporter
/// writes them; the numbers are nought.
pub(super) fn every_form() -> Vec<(&'static str, Answer)> {
    let nanodet = Family::Nanodet { reg_max: 7 };
    #[rustfmt::skip]
    let forms: Vec<(&str, Family, Shapes)> = vec![
        ("vong",              Family::Vong,   vec![("detections", vec![1, 84, 7])]),
        ("yolox",             Family::Yolox,  vec![("output", vec![1, 84, 8])]),
        ("yolov5",            Family::Yolov5, vec![("output0", vec![1, 252, 8])]),
        ("yolov8",            Family::Yolov8, vec![("output0", vec![1, 7, 84])]),
        ("yolov8 with heads", Family::Yolov8, vec![("a", vec![1, 67, 8, 8]), ("897", vec![1, 7, 84]), ("b", vec![1, 67, 16])]),
        ("yolov8 suppressed", Family::Yolov8, vec![("output0", vec![1, 300, 6])]),
        ("nanodet",           nanodet,        vec![("output", vec![1, 85, 35])]),
        ("nanodet split",     nanodet,        vec![
            ("cls_8", vec![1, 64, 3]), ("dis_8", vec![1, 64, 32]), ("cls_16", vec![1, 16, 3]), ("dis_16", vec![1, 16, 32]),
            ("cls_32", vec![1, 4, 3]), ("dis_32", vec![1, 4, 32]), ("cls_64", vec![1, 1, 3]), ("dis_64", vec![1, 1, 32]),
        ]),
        ("fastestdet",        Family::Fastestdet, vec![("758", vec![1, 8, 4, 4])]),
        ("detr",              Family::Detr,   vec![("logits", vec![1, 30, 3]), ("pred_boxes", vec![1, 30, 4])]),
        ("detr with nothing", Family::Detr,   vec![("dets", vec![1, 30, 4]), ("labels", vec![1, 30, 4])]),
        ("detr finished",     Family::Detr,   vec![("labels", vec![1, 30]), ("boxes", vec![1, 30, 4]), ("scores", vec![1, 30])]),
    ];
    forms
        .into_iter()
        .map(|(form, family, shapes)| {
            let outputs = shapes.into_iter().map(|(name, axes)| {
                let count = usize::try_from(axes.iter().product::<i64>()).unwrap();
                let filled = match (form, name) {
                    ("detr finished", "labels") => Filled::I64(vec![0; count]),
                    _ => Filled::F32(vec![0.0; count]),
                };
                (name.to_owned(), axes, filled)
            });
            let answer = Answer {
                manifest: manifest(family),
                outputs: outputs.collect(),
            };
            (form, answer)
        })
        .collect()
}

/// One form of [`every_form`].
pub(super) fn form(name: &str) -> Answer {
    let found = every_form().into_iter().find(|(form, _)| *form == name);
    found.unwrap().1
}
