//! Crops against plain arithmetic, and a classifier of known weights.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::*;
use crate::camera::{ColorMatrix, ColorRange, PixelFormat, Plane};
use crate::config::ModelFile;
use crate::time::StreamTime;

fn manifest(crops: usize) -> ClassifierManifest {
    ClassifierManifest {
        name: "verifier".to_owned(),
        file: ModelFile {
            name: "verifier.onnx".to_owned(),
            sha256: None,
            bytes: None,
            url: None,
            licence: None,
            note: None,
        },
        crops,
        size: 16,
        spacing: Duration::from_millis(500),
        context: 1.5,
        color: ColorOrder::Rgb,
        labels: vec!["neither".into(), "fire".into(), "smoke".into()],
        veto_below: 0.3,
    }
}

/// A grey picture whose level is `base` and one more for each column.
fn ramp(width: u32, height: u32, base: u8) -> Frame {
    let (w, h) = (width as usize, height as usize);
    let luma = (0..w * h)
        .map(|at| base + (at % w) as u8)
        .collect::<Vec<u8>>();
    let half = w.div_ceil(2) * h.div_ceil(2);
    let plane = |data: Vec<u8>, stride| Plane {
        data: Bytes::from(data),
        stride,
    };
    Frame {
        pts: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
        size: PictureSize { width, height },
        format: PixelFormat::I420,
        range: ColorRange::Full,
        matrix: ColorMatrix::Bt601,
        planes: vec![
            plane(luma, w),
            plane(vec![128; half], w.div_ceil(2)),
            plane(vec![128; half], w.div_ceil(2)),
        ],
    }
}

const fn pixel_box(x: f32, y: f32, w: f32, h: f32) -> PixelBox {
    PixelBox { x, y, w, h }
}

#[test]
fn the_square_is_around_the_box_and_inside_the_picture() {
    let size = PictureSize {
        width: 200,
        height: 100,
    };
    #[rustfmt::skip]
    let table = [
        // box                                 left   top   side
        (pixel_box(90.0, 40.0, 40.0, 20.0),     80.0, 20.0,  60.0),
        (pixel_box(100.0, 50.0, 4.0, 4.0),      86.0, 36.0,  32.0), // no smaller than 32
        (pixel_box(0.0, 0.0, 40.0, 20.0),        0.0,  0.0,  60.0), // shifted, not padded
        (pixel_box(180.0, 90.0, 20.0, 10.0),   168.0, 68.0,  32.0),
        (pixel_box(50.0, 10.0, 120.0, 80.0),    60.0,  0.0, 100.0), // no larger than the picture
    ];
    for (bbox, left, top, side) in table {
        let wanted = Square { left, top, side };
        assert_eq!(Square::around(&bbox, 1.5, size), Some(wanted), "{bbox:?}");
    }
    for bbox in [
        pixel_box(5.0, 5.0, 0.0, 9.0),
        pixel_box(300.0, 5.0, 9.0, 9.0),
        pixel_box(f32::NAN, 0.0, 1.0, 1.0),
    ] {
        assert_eq!(Square::around(&bbox, 1.5, size), None, "{bbox:?}");
    }
}

#[test]
fn crops_lie_in_time_order_and_are_sampled_at_pixel_centres() {
    let manifest = manifest(2);
    let frames = [ramp(100, 80, 10), ramp(100, 80, 60)];
    // The square is 32 pixels from column 24 and row 24: two pixels of it for each of the crop's.
    let tensor = stack(&manifest, &frames, &pixel_box(32.0, 32.0, 16.0, 16.0)).unwrap();
    assert_eq!(tensor.len(), 2 * 3 * 16 * 16);
    for (crop, base) in [10.0, 60.0].into_iter().enumerate() {
        for plane in 0..3 {
            for column in 0..16 {
                let wanted = base + 24.5 + 2.0 * column as f32;
                let found = tensor[(crop * 3 + plane) * 256 + 5 * 16 + column];
                assert!((found - wanted).abs() < 0.01, "{found} is not {wanted}");
            }
        }
    }
}

#[test]
fn wrong_stacks_are_errors_with_the_model_named() {
    let frames = [ramp(100, 80, 10), ramp(64, 80, 10)];
    let good = pixel_box(32.0, 32.0, 16.0, 16.0);
    for (frames, bbox, word) in [
        (&frames[..1], good, "wants 2 pictures, was given 1"),
        (&frames[..], good, "not one place"),
        (
            &[frames[0].clone(), frames[0].clone()][..],
            pixel_box(0.0, 0.0, 0.0, 0.0),
            "empty",
        ),
    ] {
        let error = stack(&manifest(2), frames, &bbox).unwrap_err().to_string();
        assert!(
            error.contains("verifier") && error.contains(word),
            "{error}"
        );
    }
}

#[test]
fn shares_that_are_no_numbers_speak_for_nothing() {
    use crate::detect::family::Numbers;

    let answer = |numbers: &[f32]| {
        let axes = [1, numbers.len() as i64];
        let output = Output {
            name: "probabilities",
            axes: &axes,
            numbers: Numbers::F32(numbers),
        };
        read(&manifest(4), &[output])
    };
    assert_eq!(answer(&[0.2, f32::NAN, 7.0]).unwrap(), [0.2, 0.0, 1.0]);
    let misfit = answer(&[0.2, 0.8]).unwrap_err();
    assert_eq!(
        (misfit.found.as_str(), misfit.expected.as_str()),
        ("f32[1, 2]", "f32[1, 3]")
    );
}
