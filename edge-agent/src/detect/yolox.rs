//! YOLOX: a raw grid of `[cx, cy, w, h, objectness, class scores…]`, strides 8, 16 and 32.
//!
//! Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", and its `demo_postprocess`.

use super::Detection;
use super::letterbox::Letterbox;
use crate::config::Manifest;

const STRIDES: [u32; 3] = [8, 16, 32];

/// Numbers before the class scores.
const HEAD: usize = 5;

pub(super) fn output_shape(manifest: &Manifest) -> Vec<usize> {
    let cells = STRIDES.map(|stride| {
        (manifest.input.width / stride) as usize * (manifest.input.height / stride) as usize
    });
    vec![1, cells.iter().sum(), HEAD + manifest.classes.len()]
}

pub(super) fn decode(manifest: &Manifest, output: &[f32], letterbox: &Letterbox) -> Vec<Detection> {
    let mut rows = output.chunks_exact(HEAD + manifest.classes.len());
    let mut detections = Vec::new();
    for stride in STRIDES {
        for row in 0..manifest.input.height / stride {
            for column in 0..manifest.input.width / stride {
                let Some(cell) = rows.next() else {
                    return detections;
                };
                detections.extend(decode_cell(
                    manifest,
                    cell,
                    (column, row, stride),
                    letterbox,
                ));
            }
        }
    }
    detections
}

fn decode_cell(
    manifest: &Manifest,
    cell: &[f32],
    (column, row, stride): (u32, u32, u32),
    letterbox: &Letterbox,
) -> Option<Detection> {
    let objectness = cell[4];
    // Most cells end here: a class score is at most 1. NaN ends here too.
    if objectness.is_nan() || objectness < manifest.thresholds.score {
        return None;
    }
    // The best class of all, also of those that do not matter here: a dog is not a weak cow.
    let scores = cell[HEAD..].iter().zip(&manifest.classes);
    let (best, class) = scores.max_by(|a, b| a.0.total_cmp(b.0))?;
    let score = objectness * best;
    if score.is_nan() || score < manifest.thresholds.score {
        return None;
    }
    let class = class.clone()?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a grid has a few hundred cells a side"
    )]
    let (column, row, stride) = (column as f32, row as f32, stride as f32);
    let (cx, cy) = ((cell[0] + column) * stride, (cell[1] + row) * stride);
    let (w, h) = (cell[2].exp() * stride, cell[3].exp() * stride);
    let bbox = letterbox.to_source(cx, cy, w, h);
    let real = [bbox.x, bbox.y, bbox.w, bbox.h]
        .iter()
        .all(|side| side.is_finite());
    (real && bbox.area() > 0.0).then_some(Detection {
        class,
        score: score.min(1.0),
        bbox,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Catalogue;
    use crate::geometry::PictureSize;

    fn nano() -> Manifest {
        Catalogue::built_in()
            .unwrap()
            .model("yolox-nano")
            .unwrap()
            .clone()
    }

    fn square() -> Letterbox {
        Letterbox::fit(
            PictureSize {
                width: 416,
                height: 416,
            },
            &nano().input,
        )
    }

    fn one_cell(cell: usize, class: usize, numbers: [f32; 5]) -> Vec<f32> {
        let mut output = vec![0.0; 3549 * 85];
        output[cell * 85..cell * 85 + 5].copy_from_slice(&numbers);
        output[cell * 85 + 5 + class] = 0.9;
        output
    }

    #[test]
    fn the_shape_is_that_of_the_published_model() {
        assert_eq!(output_shape(&nano()), [1, 3549, 85]);
    }

    #[test]
    fn a_cell_decodes_by_the_formula() {
        // Cell (column 3, row 2) of stride 16 comes after the 52² cells of stride 8.
        let cell = 52 * 52 + 2 * 26 + 3;
        let output = one_cell(cell, 19, [0.5, 0.25, 1.0, 0.0, 0.8]);
        let found = decode(&nano(), &output, &square());
        assert_eq!(found.len(), 1);
        assert_eq!(&*found[0].class, "cattle");
        assert!((found[0].score - 0.72).abs() < 1e-6);
        let (w, cx, cy) = (1_f32.exp() * 16.0, 56.0, 36.0);
        let bbox = found[0].bbox;
        assert!((bbox.x - (cx - w / 2.0)).abs() < 1e-3 && (bbox.y - (cy - 8.0)).abs() < 1e-3);
        assert!((bbox.w - w).abs() < 1e-3 && (bbox.h - 16.0).abs() < 1e-3);
    }

    #[test]
    fn a_class_that_does_not_matter_is_not_the_next_best_that_does() {
        let mut output = one_cell(100, 16, [0.5, 0.5, 1.0, 1.0, 0.9]);
        output[100 * 85 + 5 + 19] = 0.6;
        assert!(
            decode(&nano(), &output, &square()).is_empty(),
            "a dog was called cattle"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_numbers_give_finite_boxes_inside_the_picture(
            numbers in proptest::collection::vec(
                proptest::prop_oneof![-1e30_f32..1e30, -5_f32..5.0, proptest::num::f32::ANY], 85 * 7),
        ) {
            for found in decode(&nano(), &numbers, &square()) {
                let b = found.bbox;
                proptest::prop_assert!(b.x >= 0.0 && b.y >= 0.0 && b.x + b.w <= 416.1 && b.y + b.h <= 416.1);
                proptest::prop_assert!((0.0..=1.0).contains(&found.score));
            }
        }
    }
}
