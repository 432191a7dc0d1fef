//! Every family in every form: by hand, against the slow reference, and over garbage.

use proptest::prelude::*;

use super::fixture::{Answer, CLASSES, Filled, SIDE, every_form, form, manifest};
use super::*;
use crate::config::Family;
use crate::geometry::PixelBox;

fn look(answer: &Answer) -> Vec<Detection> {
    decode(&answer.manifest, &answer.outputs(), &answer.letterbox()).unwrap()
}

/// Numbers from a seed, evenly between two bounds.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, low: f32, high: f32) -> f32 {
        // Knuth's MMIX constants.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 40) as f32 / (1_u64 << 24) as f32)
    }
}

/// Fills an answer with numbers of the kind that a real model says there.
fn fill(form: &str, answer: &mut Answer, dice: &mut Dice) {
    let side = SIDE as f32;
    for (name, axes, filled) in &mut answer.outputs {
        let width = *axes.last().unwrap() as usize;
        match filled {
            Filled::I64(labels) => labels
                .iter_mut()
                .for_each(|label| *label = dice.roll(0.0, 3.99) as i64),
            Filled::F32(numbers) => {
                for (at, number) in numbers.iter_mut().enumerate() {
                    let column = at % width;
                    *number = match (form, name.as_str(), column) {
                        ("yolox", _, 0..4) => dice.roll(-1.0, 2.0),
                        ("vong" | "yolov5", _, 0..4) => dice.roll(-5.0, side),
                        ("yolov8" | "yolov8 with heads", "output0" | "897", _)
                            if at < 4 * width =>
                        {
                            dice.roll(-5.0, side)
                        }
                        ("yolov8 suppressed", _, 0..4) => dice.roll(-5.0, 1.2 * side),
                        ("yolov8 suppressed", _, 4) => dice.roll(0.0, 1.0),
                        ("yolov8 suppressed", _, _) => dice.roll(0.0, 3.99).floor(),
                        ("nanodet", _, 3..) => dice.roll(-3.0, 3.0),
                        ("nanodet split", name, _) if name.starts_with("dis") => {
                            dice.roll(-3.0, 3.0)
                        }
                        ("fastestdet", _, _) if (16..80).contains(&at) => dice.roll(-2.0, 2.0),
                        ("detr" | "detr with nothing", "logits" | "labels", _) => {
                            dice.roll(-4.0, 4.0)
                        }
                        ("detr finished", "boxes", _) => dice.roll(-5.0, 1.2 * side),
                        _ => dice.roll(0.0, 1.0),
                    };
                }
            }
        }
    }
}

#[test]
fn every_form_says_what_the_slow_reference_says() {
    for (name, mut answer) in every_form() {
        let mut seen = 0;
        for seed in 0..20 {
            fill(name, &mut answer, &mut Dice(seed));
            let found = look(&answer);
            let wanted = reference::decode(name, &answer);
            assert_eq!(found.len(), wanted.len(), "{name}, seed {seed}");
            seen += found.len();
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_eq!(&*found.class, CLASSES[wanted.class], "{name}, seed {seed}");
                let PixelBox { x, y, w, h } = found.bbox;
                let corners = [x, y, x + w, y + h].map(f64::from);
                let far = corners
                    .iter()
                    .zip(wanted.corners)
                    .map(|(a, b)| (a - b).abs());
                let far = far.fold((f64::from(found.score) - wanted.score).abs(), f64::max);
                assert!(
                    far < 1e-3,
                    "{name}, seed {seed}: {found:?} is not {wanted:?}"
                );
            }
        }
        assert!(seen > 50, "{name}: the dice showed only {seen} things");
    }
}

/// One thing, by hand: which numbers of which output, and what must come of them.
#[rustfmt::skip]
#[test]
fn one_thing_by_hand() {
    let e = std::f32::consts::E;
    // Form, output, (place in the output, number) …, class, score, x, y, w, h.
    type Row = (&'static str, usize, Vec<(usize, f32)>, &'static str, f32, [f32; 4]);
    let table: Vec<Row> = vec![
        ("vong", 0, vec![(70, 32.0), (71, 20.0), (72, 10.0), (73, 8.0), (76, 0.75)],
            "cattle", 0.75, [27.0, 16.0, 10.0, 8.0]),
        // Stride 16 begins after the 64 cells of stride 8; its cell 5 is column 1, row 1.
        ("yolox", 0, vec![(552, 0.5), (553, 0.25), (554, 0.0), (555, 1.0), (556, 0.8), (559, 0.5)],
            "cattle", 0.4, [16.0, 20.0 - 8.0 * e, 16.0, 16.0 * e]),
        ("yolov5", 0, vec![(8, 32.0), (9, 20.0), (10, 10.0), (11, 8.0), (12, 0.8), (13, 0.9)],
            "car", 0.72, [27.0, 16.0, 10.0, 8.0]),
        ("yolov8", 0, vec![(10, 32.0), (94, 20.0), (178, 10.0), (262, 8.0), (514, 0.6)],
            "cattle", 0.6, [27.0, 16.0, 10.0, 8.0]),
        ("yolov8 with heads", 1, vec![(10, 32.0), (94, 20.0), (178, 10.0), (262, 8.0), (346, 0.6)],
            "car", 0.6, [27.0, 16.0, 10.0, 8.0]),
        ("yolov8 suppressed", 0, vec![(6, 4.0), (7, 5.0), (8, 24.0), (9, 15.0), (10, 0.9), (11, 2.0)],
            "cattle", 0.9, [4.0, 5.0, 20.0, 10.0]),
        // Even weights: each side 3.5 strides from the place. Cell 9 of stride 8 is column 1, row 1.
        ("nanodet", 0, vec![(9 * 35, 0.5)],
            "car", 0.5, [0.0, 0.0, 36.0, 36.0]),
        ("nanodet split", 4, vec![(2 * 3, 0.5)],
            "car", 0.5, [0.0, 0.0, 64.0, 64.0]),
        // Cell 6 is column 2, row 1; no offset, half the input wide and high.
        ("fastestdet", 0, vec![(6, 0.5), (5 * 16 + 6, 0.5)],
            "car", 0.5, [16.0, 0.0, 32.0, 32.0]),
        ("detr finished", 2, vec![(0, 0.0)],
            "", 0.0, [0.0; 4]),
    ];
    for (name, output, numbers, class, score, [x, y, w, h]) in table {
        let mut answer = form(name);
        for (at, number) in numbers {
            answer.floats_mut(output)[at] = number;
        }
        let found = look(&answer);
        if class.is_empty() {
            assert!(found.is_empty(), "{name}: {found:?}");
            continue;
        }
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        let wanted = PixelBox { x, y, w, h }.clipped(answer.letterbox().source);
        let bbox = found[0].bbox;
        assert_eq!(&*found[0].class, class, "{name}");
        assert!((found[0].score - score).abs() < 1e-5, "{name}: {}", found[0].score);
        for (found, wanted) in [(bbox.x, wanted.x), (bbox.y, wanted.y), (bbox.w, wanted.w), (bbox.h, wanted.h)] {
            assert!((found - wanted).abs() < 1e-3, "{name}: {bbox:?} is not {wanted:?}");
        }
    }
}

#[test]
fn a_class_that_does_not_matter_is_not_the_next_best_that_does() {
    let mut answer = form("vong");
    answer.floats_mut(0)[..7].copy_from_slice(&[32.0, 32.0, 9.0, 9.0, 0.0, 0.9, 0.6]);
    assert!(look(&answer).is_empty(), "a dog was called cattle");
    answer.manifest = answer.manifest.clone().in_own_words();
    assert_eq!(&*look(&answer)[0].class, "dog");
}

#[test]
fn an_open_axis_fits_and_a_wrong_one_is_told_with_both_shapes() {
    let stated = |axes: &'static [i64]| Outlet {
        name: "output",
        axes,
        kind: Kind::F32,
    };
    let check = |family, axes| check(&manifest(family), &[stated(axes)]);
    assert_eq!(check(Family::Vong, &[-1, -1, 7]), Ok(()));
    assert_eq!(check(Family::Yolox, &[-1, 84, 8]), Ok(()));
    assert_eq!(check(Family::Yolov8, &[-1, -1, -1]), Ok(()));
    assert_eq!(check(Family::Nanodet { reg_max: 7 }, &[-1, -1, 35]), Ok(()));
    #[rustfmt::skip]
    let table: [(Family, &[i64], &str, &str); 7] = [
        (Family::Vong,       &[1, 84, 8],     "f32[1, 84, 8]",    "f32[1, A, 7]"),
        (Family::Yolox,      &[1, 3549, 8],   "f32[1, 3549, 8]",  "f32[1, 84, 8]"),
        (Family::Yolov5,     &[2, 252, 8],    "f32[2, 252, 8]",   "f32[1, A, 8]"),
        (Family::Yolov8,     &[1, 84, 8400],  "f32[1, 84, 8400]",    "f32[1, 7, A] or f32[1, K, 6]"),
        (Family::Nanodet { reg_max: 10 }, &[1, 85, 35], "f32[1, 85, 35]", "f32[1, 85, 47], or for each stride"),
        (Family::Fastestdet, &[1, 8, 22, 22], "f32[1, 8, 22, 22]", "f32[1, 8, 4, 4]"),
        (Family::Detr,       &[1, 300, 3],    "f32[1, 300, 3]",   "f32[1, Q, 3] (or 4 with \"nothing\") and f32[1, Q, 4]"),
    ];
    for (family, axes, found, expected) in table {
        let misfit = check(family, axes).unwrap_err();
        assert_eq!(misfit.found, found, "{family:?}");
        assert!(
            misfit.expected.starts_with(expected),
            "{family:?}: {}",
            misfit.expected
        );
    }
    assert_eq!(
        super::check(&manifest(Family::Vong), &[])
            .unwrap_err()
            .found,
        "none"
    );
}

#[test]
fn the_published_models_shapes_fit_their_manifests() {
    let catalogue = crate::config::Catalogue::built_in().unwrap();
    #[rustfmt::skip]
    let table: [(&str, &[i64]); 4] = [
        ("yolox-nano",     &[1, 3549, 85]),
        ("yolox-s",        &[1, 8400, 85]),
        ("nanodet-plus-m", &[1, 3598, 112]),
        ("fastestdet",     &[1, 85, 22, 22]),
    ];
    for (name, axes) in table {
        let outlet = Outlet {
            name: "output",
            axes,
            kind: Kind::F32,
        };
        assert_eq!(
            check(catalogue.model(name).unwrap(), &[outlet]),
            Ok(()),
            "{name}"
        );
    }
}

fn any_number() -> impl Strategy<Value = f32> {
    prop_oneof![
        -5_f32..5.0,
        0_f32..1.0,
        -1e30_f32..1e30,
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        proptest::num::f32::ANY,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_gives_finite_boxes_inside_the_picture_or_none(
        numbers in proptest::collection::vec(any_number(), 1..200),
        labels in proptest::collection::vec(any::<i64>(), 30),
    ) {
        for (name, mut answer) in every_form() {
            for (_, _, filled) in &mut answer.outputs {
                match filled {
                    Filled::F32(floats) => {
                        let mut garbage = numbers.iter().copied().cycle();
                        floats.iter_mut().for_each(|float| *float = garbage.next().unwrap());
                    }
                    Filled::I64(whole) => whole.copy_from_slice(&labels),
                }
            }
            for found in look(&answer) {
                let b = found.bbox;
                prop_assert!((0.0..=1.0).contains(&found.score), "{} {:?}", name, found);
                let side = SIDE as f32 + 0.1;
                let inside = b.x >= 0.0 && b.y >= 0.0 && b.x + b.w <= side && b.y + b.h <= side;
                prop_assert!(inside && b.w > 0.0 && b.h > 0.0, "{} {:?}", name, found);
            }
        }
    }

    #[test]
    fn any_shape_and_any_count_of_numbers_is_decoded_or_refused(
        shapes in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![-2_i64..40, Just(i64::MAX), Just(84), Just(300)], 0..5), 0..4),
        count in 0_usize..700,
    ) {
        let numbers = vec![0.5; count];
        let outputs: Vec<Output<'_>> = shapes.iter().map(|axes| Output {
            name: "output",
            axes,
            numbers: Numbers::F32(&numbers),
        }).collect();
        for (_, answer) in every_form() {
            let outlets: Vec<_> = outputs.iter().map(Output::outlet).collect();
            let _ = check(&answer.manifest, &outlets);
            let _ = decode(&answer.manifest, &outputs, &answer.letterbox());
        }
    }
}
