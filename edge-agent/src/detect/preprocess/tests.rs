//! The one-pass preprocessor against a plain reference in 64-bit floats.

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::camera::{ColorMatrix, ColorRange, PixelFormat, Plane};
use crate::config::{Catalogue, Placement};
use crate::geometry::{PictureSize, PixelBox};
use crate::time::StreamTime;

/// Levels of 255 that the two may differ by; the module's documentation states it.
const MOST_ERROR: f64 = 0.01;

fn input(width: u32, height: u32) -> InputSpec {
    let nano = Catalogue::built_in()
        .unwrap()
        .model("yolox-nano")
        .unwrap()
        .input
        .clone();
    InputSpec {
        width,
        height,
        ..nano
    }
}

fn plane(width: usize, rows: usize, padding: usize, seed: u8) -> Plane {
    let stride = width + padding;
    let level = |at: usize| {
        let (row, column) = (at / stride, at % stride);
        // Padding is white, so that reading it would show.
        let mixed = (row * 37 + column * 91 + row * column * 13) as u8;
        if column < width {
            mixed.wrapping_add(seed)
        } else {
            255
        }
    };
    Plane {
        data: (0..stride * rows).map(level).collect::<Vec<u8>>().into(),
        stride,
    }
}

fn frame(width: u32, height: u32, format: PixelFormat, padding: usize) -> Frame {
    let (w, h) = (width as usize, height as usize);
    let (half_w, half_h) = (w.div_ceil(2), h.div_ceil(2));
    let mut planes = vec![plane(w, h, padding, 3)];
    match format {
        PixelFormat::I420 => {
            planes.push(plane(half_w, half_h, padding, 90));
            planes.push(plane(half_w, half_h, padding + 1, 200));
        }
        PixelFormat::Nv12 => planes.push(plane(2 * half_w, half_h, padding, 120)),
    }
    Frame {
        pts: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
        size: PictureSize { width, height },
        format,
        range: ColorRange::Limited,
        matrix: ColorMatrix::Bt601,
        planes,
    }
}

/// The level of channel 0 (Y), 1 (Cb) or 2 (Cr) at a pixel of that channel's own grid.
fn level(frame: &Frame, channel: usize, column: usize, row: usize) -> f64 {
    let (plane, at) = match (frame.format, channel) {
        (_, 0) => (0, column),
        (PixelFormat::I420, _) => (channel, column),
        (PixelFormat::Nv12, _) => (1, 2 * column + channel - 1),
    };
    let plane = &frame.planes[plane];
    f64::from(plane.data[row * plane.stride + at])
}

fn bilinear(frame: &Frame, channel: usize, x: f64, y: f64) -> f64 {
    let (mut width, mut height) = (frame.size.width as usize, frame.size.height as usize);
    if channel > 0 {
        (width, height) = (width.div_ceil(2), height.div_ceil(2));
    }
    let x = x.clamp(0.0, (width - 1) as f64);
    let y = y.clamp(0.0, (height - 1) as f64);
    let (x0, y0) = (x.floor() as usize, y.floor() as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (fx, fy) = (x.fract(), y.fract());
    let above = level(frame, channel, x0, y0) * (1.0 - fx) + level(frame, channel, x1, y0) * fx;
    let below = level(frame, channel, x0, y1) * (1.0 - fx) + level(frame, channel, x1, y1) * fx;
    above * (1.0 - fy) + below * fy
}

/// Red, green, blue by the textbook's matrices.
fn colour(frame: &Frame, y: f64, cb: f64, cr: f64) -> [f64; 3] {
    let (y, cb, cr) = match frame.range {
        ColorRange::Limited => (
            (y - 16.0) / 219.0,
            (cb - 128.0) / 224.0,
            (cr - 128.0) / 224.0,
        ),
        ColorRange::Full => (y / 255.0, (cb - 128.0) / 255.0, (cr - 128.0) / 255.0),
    };
    let rgb = match frame.matrix {
        ColorMatrix::Bt601 => [
            y + 1.402 * cr,
            y - 0.344_136_286 * cb - 0.714_136_286 * cr,
            y + 1.772 * cb,
        ],
        ColorMatrix::Bt709 => [
            y + 1.5748 * cr,
            y - 0.187_324_273 * cb - 0.468_124_273 * cr,
            y + 1.8556 * cb,
        ],
    };
    rgb.map(|level| (level * 255.0).clamp(0.0, 255.0))
}

fn reference(frame: &Frame, input: &InputSpec, window: Window) -> Vec<f64> {
    let fitted = Letterbox::fit_window(frame.size, window, input);
    let part = fitted.window;
    let (width, height) = (input.width as usize, input.height as usize);
    let mut tensor = vec![0.0; 3 * width * height];
    for row in 0..height {
        for column in 0..width {
            let inner_column = column as i64 - i64::from(fitted.left);
            let inner_row = row as i64 - i64::from(fitted.top);
            let inside = (0..i64::from(fitted.width)).contains(&inner_column)
                && (0..i64::from(fitted.height)).contains(&inner_row);
            let rgb = if inside {
                let x = f64::from(part.x)
                    + (inner_column as f64 + 0.5) * f64::from(part.w) / f64::from(fitted.width)
                    - 0.5;
                let y = f64::from(part.y)
                    + (inner_row as f64 + 0.5) * f64::from(part.h) / f64::from(fitted.height)
                    - 0.5;
                let (cx, cy) = ((x + 0.5) / 2.0 - 0.5, (y + 0.5) / 2.0 - 0.5);
                colour(
                    frame,
                    bilinear(frame, 0, x, y),
                    bilinear(frame, 1, cx, cy),
                    bilinear(frame, 2, cx, cy),
                )
            } else {
                [f64::from(input.pad); 3]
            };
            for plane in 0..3 {
                let source = if input.color == ColorOrder::Bgr {
                    2 - plane
                } else {
                    plane
                };
                let level =
                    (rgb[source] - f64::from(input.mean[plane])) / f64::from(input.std[plane]);
                let at = match input.layout {
                    Layout::Nchw => plane * width * height + row * width + column,
                    Layout::Nhwc => (row * width + column) * 3 + plane,
                };
                tensor[at] = level;
            }
        }
    }
    tensor
}

fn worst(frame: &Frame, input: &InputSpec) -> f64 {
    worst_in(frame, input, Window::Whole)
}

fn worst_in(frame: &Frame, input: &InputSpec, window: Window) -> f64 {
    let mut preprocessor = Preprocessor::new(input.clone(), Element::F32);
    preprocessor.fill(0, frame, window).unwrap();
    let found = floats(&preprocessor, 1);
    let pairs = found.iter().zip(reference(frame, input, window));
    pairs
        .map(|(found, wanted)| (f64::from(*found) - wanted).abs())
        .fold(0.0, f64::max)
}

fn floats(preprocessor: &Preprocessor, pictures: usize) -> Vec<f32> {
    match preprocessor.tensor(pictures) {
        Tensor::F32(numbers) => numbers.to_vec(),
        Tensor::U8(_) => panic!("floats were asked for"),
    }
}

#[test]
fn every_format_range_matrix_and_odd_size_agrees_with_the_reference() {
    for (width, height) in [(64, 36), (63, 37), (1, 1), (2, 3), (97, 201), (300, 17)] {
        for format in [PixelFormat::I420, PixelFormat::Nv12] {
            for (range, matrix) in [
                (ColorRange::Limited, ColorMatrix::Bt601),
                (ColorRange::Full, ColorMatrix::Bt601),
                (ColorRange::Limited, ColorMatrix::Bt709),
                (ColorRange::Full, ColorMatrix::Bt709),
            ] {
                let picture = Frame {
                    range,
                    matrix,
                    ..frame(width, height, format, 7)
                };
                let error = worst(&picture, &input(96, 64));
                assert!(
                    error < MOST_ERROR,
                    "{width}×{height} {format:?} {range:?} {matrix:?}: {error}"
                );
            }
        }
    }
}

#[test]
fn layout_colour_order_placement_and_normalisation_agree_with_the_reference() {
    let picture = frame(50, 30, PixelFormat::I420, 0);
    for layout in [Layout::Nchw, Layout::Nhwc] {
        for color in [ColorOrder::Rgb, ColorOrder::Bgr] {
            for placement in [Placement::TopLeft, Placement::Centre, Placement::Stretch] {
                let spec = InputSpec {
                    layout,
                    color,
                    placement,
                    mean: [103.53, 116.28, 123.675],
                    std: [57.375, 57.12, 58.395],
                    ..input(64, 64)
                };
                assert!(worst(&picture, &spec) < MOST_ERROR, "{spec:?}");
            }
        }
    }
}

#[test]
fn black_white_and_grey_come_out_as_such() {
    for (luma, wanted) in [(16, 0.0), (235, 255.0), (126, 128.082)] {
        let flat = |level: u8, count: usize| Plane {
            data: Bytes::from(vec![level; count]),
            stride: 8,
        };
        let mut picture = frame(8, 8, PixelFormat::I420, 0);
        picture.planes = vec![flat(luma, 64), flat(128, 64), flat(128, 64)];
        let mut preprocessor = Preprocessor::new(input(32, 32), Element::F32);
        preprocessor.fill(0, &picture, Window::Whole).unwrap();
        let levels = floats(&preprocessor, 1);
        assert!(
            levels.iter().all(|level| (level - wanted).abs() < 0.01),
            "luma {luma}"
        );
    }
}

#[test]
fn a_large_picture_agrees_with_the_reference_to_its_last_column() {
    for (width, height) in [(7680, 6), (3, 4320)] {
        for format in [PixelFormat::I420, PixelFormat::Nv12] {
            let error = worst(&frame(width, height, format, 3), &input(416, 416));
            assert!(error < MOST_ERROR, "{width}×{height} {format:?}: {error}");
        }
    }
}

#[test]
fn bytes_are_the_floats_rounded_in_every_layout() {
    let picture = frame(97, 53, PixelFormat::Nv12, 5);
    for layout in [Layout::Nchw, Layout::Nhwc] {
        let spec = InputSpec {
            layout,
            ..input(64, 48)
        };
        let mut preprocessor = Preprocessor::new(spec.clone(), Element::U8);
        preprocessor.fill(0, &picture, Window::Whole).unwrap();
        let Tensor::U8(found) = preprocessor.tensor(1) else {
            panic!("bytes were asked for");
        };
        let wanted = reference(&picture, &spec, Window::Whole);
        for (found, wanted) in found.iter().zip(wanted) {
            let far = (f64::from(*found) - wanted).abs();
            assert!(far <= 0.5 + MOST_ERROR, "{found} is not {wanted}");
        }
    }
}

#[test]
fn places_of_a_batch_do_not_touch_each_other() {
    let spec = input(64, 48);
    let pictures = [
        frame(40, 60, PixelFormat::Nv12, 0),
        frame(60, 20, PixelFormat::I420, 4),
        frame(64, 48, PixelFormat::I420, 0),
    ];
    let mut together = Preprocessor::new(spec.clone(), Element::F32);
    // From the back, so that the tensor grows under nobody.
    for (place, picture) in pictures.iter().enumerate().rev() {
        together.fill(place, picture, Window::Whole).unwrap();
    }
    let count = 3 * 64 * 48;
    let all = floats(&together, 3);
    for (place, picture) in pictures.iter().enumerate() {
        let mut alone = Preprocessor::new(spec.clone(), Element::F32);
        alone.fill(0, picture, Window::Whole).unwrap();
        assert_eq!(all[place * count..][..count], floats(&alone, 1), "{place}");
    }
}

#[test]
fn a_change_of_size_leaves_nothing_of_the_last_picture() {
    let spec = input(64, 64);
    let mut used = Preprocessor::new(spec.clone(), Element::F32);
    let tall = frame(40, 60, PixelFormat::Nv12, 0);
    used.fill(0, &tall, Window::Whole).unwrap();
    let mut short = tall.clone();
    short.planes.pop();
    used.fill(0, &short, Window::Whole).unwrap_err();
    let wide = frame(60, 20, PixelFormat::I420, 4);
    used.fill(0, &wide, Window::Whole).unwrap();
    let mut new = Preprocessor::new(spec, Element::F32);
    new.fill(0, &wide, Window::Whole).unwrap();
    assert_eq!(floats(&used, 1), floats(&new, 1));
}

#[test]
fn a_short_plane_is_an_error_and_not_a_panic() {
    for short in 0..3 {
        let mut picture = frame(20, 20, PixelFormat::I420, 0);
        let plane = &mut picture.planes[short];
        plane.data = plane.data.slice(..plane.data.len() - plane.stride);
        let error = fill(&picture).unwrap_err();
        assert!(
            matches!(error, DetectError::Picture { plane, .. } if plane == short),
            "{error}"
        );
    }
    let mut picture = frame(20, 20, PixelFormat::Nv12, 0);
    picture.planes.truncate(1);
    assert!(fill(&picture).is_err());
}

fn fill(picture: &Frame) -> Result<Letterbox, DetectError> {
    Preprocessor::new(input(32, 32), Element::F32).fill(0, picture, Window::Whole)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_size_and_stride_agrees_with_the_reference(
        width in 1_u32..150, height in 1_u32..150, padding in 0_usize..20, nv12 in any::<bool>(),
    ) {
        let format = if nv12 { PixelFormat::Nv12 } else { PixelFormat::I420 };
        prop_assert!(worst(&frame(width, height, format, padding), &input(64, 32)) < MOST_ERROR);
    }

    #[test]
    fn any_window_agrees_with_the_reference(
        x in -20_f32..140.0, y in -20_f32..100.0, w in 0_f32..200.0, h in 0_f32..200.0, nv12 in any::<bool>(),
    ) {
        let format = if nv12 { PixelFormat::Nv12 } else { PixelFormat::I420 };
        let window = Window::Part(PixelBox { x, y, w, h });
        prop_assert!(worst_in(&frame(131, 87, format, 3), &input(64, 32), window) < MOST_ERROR);
    }
}
