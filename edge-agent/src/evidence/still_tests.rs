//! Known colours through every layout, range and matrix.

use bytes::Bytes;
use jiff::Timestamp;

use super::*;
use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// A picture of one colour with padded rows, as decoders give them.
pub(in crate::evidence) fn plain(
    (width, height): (u32, u32),
    format: PixelFormat,
    (range, matrix): (ColorRange, ColorMatrix),
    [y, u, v]: [u8; 3],
) -> Frame {
    let plane = |row: Vec<u8>, rows: u32| {
        let stride = row.len() + 5;
        let mut data = Vec::new();
        for _ in 0..rows {
            data.extend_from_slice(&row);
            data.extend_from_slice(&[77; 5]);
        }
        // The last row needs no padding.
        data.truncate(data.len() - 5);
        Plane {
            data: Bytes::from(data),
            stride,
        }
    };
    let (columns, half) = (width as usize, width.div_ceil(2) as usize);
    let luma = plane(vec![y; columns], height);
    let rows = height.div_ceil(2);
    let planes = match format {
        PixelFormat::I420 => vec![luma, plane(vec![u; half], rows), plane(vec![v; half], rows)],
        PixelFormat::Nv12 => vec![luma, plane([u, v].repeat(half), rows)],
    };
    Frame {
        pts: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
        size: PictureSize { width, height },
        format,
        range,
        matrix,
        planes,
    }
}

#[test]
fn known_colours_come_out() {
    use ColorMatrix::{Bt601, Bt709};
    use ColorRange::{Full, Limited};
    // Values of ITU-R BT.601-7 and BT.709-6 for primaries at full saturation.
    for (range, matrix, yuv, expected) in [
        (Limited, Bt601, [16, 128, 128], [0, 0, 0]),
        (Limited, Bt601, [235, 128, 128], [255, 255, 255]),
        (Limited, Bt601, [81, 90, 240], [255, 0, 0]),
        (Limited, Bt601, [145, 54, 34], [0, 255, 0]),
        (Limited, Bt601, [41, 240, 110], [0, 0, 255]),
        (Limited, Bt709, [63, 102, 240], [255, 0, 0]),
        (Limited, Bt709, [173, 42, 26], [0, 255, 0]),
        (Limited, Bt709, [32, 240, 118], [0, 0, 255]),
        (Full, Bt601, [0, 128, 128], [0, 0, 0]),
        (Full, Bt601, [76, 85, 255], [255, 0, 0]),
        (Full, Bt709, [255, 128, 128], [255, 255, 255]),
    ] {
        for format in [PixelFormat::I420, PixelFormat::Nv12] {
            for size in [(4, 4), (5, 3), (1, 1)] {
                let picture = rgb(&plain(size, format, (range, matrix), yuv)).unwrap();
                assert_eq!(picture.dimensions(), size);
                for pixel in picture.pixels() {
                    for (got, wanted) in pixel.0.iter().zip(expected) {
                        let off = (i32::from(*got) - wanted).abs();
                        assert!(
                            off <= 3,
                            "{range:?} {matrix:?} {yuv:?} {format:?}: {pixel:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_region_is_what_the_whole_picture_has_there() {
    let colours = (ColorRange::Limited, ColorMatrix::Bt709);
    let mut frame = plain((9, 7), PixelFormat::I420, colours, [90, 100, 140]);
    let mut luma = frame.planes[0].data.to_vec();
    for (value, level) in (16..).zip(&mut luma) {
        *level = value;
    }
    frame.planes[0].data = Bytes::from(luma);
    let whole = rgb(&frame).unwrap();
    let bbox = |x, y, w, h| PixelBox { x, y, w, h };
    for (bbox, expected) in [
        (bbox(2.2, 1.0, 3.5, 2.0), Some((2, 1, 4, 2))),
        (bbox(-5.0, -5.0, 100.0, 100.0), Some((0, 0, 9, 7))),
        (bbox(7.5, 6.5, 10.0, 10.0), Some((7, 6, 2, 1))),
        (bbox(20.0, 2.0, 3.0, 3.0), None),
        (bbox(3.0, 3.0, 0.0, 0.0), None),
    ] {
        let region = Region::of(&bbox, frame.size);
        let sides = region.map(|r| (r.left, r.top, r.width, r.height));
        assert_eq!(sides, expected, "{bbox:?}");
        let Some(region) = region else { continue };
        let part = rgb_of(&frame, region).unwrap();
        for (x, y, pixel) in part.enumerate_pixels() {
            assert_eq!(pixel, whole.get_pixel(region.left + x, region.top + y));
        }
    }
}

#[test]
fn a_jpeg_has_the_full_size() {
    let colours = (ColorRange::Limited, ColorMatrix::Bt709);
    let bytes = jpeg(&plain(
        (101, 57),
        PixelFormat::I420,
        colours,
        [63, 102, 240],
    ))
    .unwrap();
    let back = image::load_from_memory(&bytes).unwrap().to_rgb8();
    assert_eq!(back.dimensions(), (101, 57));
    assert!(back.get_pixel(50, 28).0[0] > 245 && back.get_pixel(50, 28).0[2] < 12);
}

#[test]
fn a_short_plane_is_an_error_not_a_panic() {
    let colours = (ColorRange::Limited, ColorMatrix::Bt601);
    let mut frame = plain((8, 8), PixelFormat::I420, colours, [16, 128, 128]);
    frame.planes[1].data = frame.planes[1].data.slice(..4);
    assert!(matches!(
        jpeg(&frame),
        Err(StillError::Layout {
            width: 8,
            height: 8
        })
    ));
    frame.planes.truncate(1);
    assert!(jpeg(&frame).is_err());
}
