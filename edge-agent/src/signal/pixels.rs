//! The colours of a signal head out of a decoded picture: the one place here that knows planes.

use super::lamp::HeadPixels;
use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
use crate::config::{LampConfig, Polygon};
use crate::geometry::{NormPoint, PictureSize};
use crate::scene::polygon_holds;

/// Most pixels looked at a side: a head that is larger is looked at through a grid.
const MOST_A_SIDE: usize = 96;

/// Which pixels of a picture of one size are a head's, and in which lenses they lie.
#[derive(Debug, Clone)]
pub(super) struct HeadMap {
    size: PictureSize,
    pixels: Vec<(usize, usize, [bool; 3])>,
}

impl HeadMap {
    pub(super) fn of(lamp: &LampConfig, size: PictureSize) -> Self {
        let (width, height) = size.as_f32();
        let (columns, rows) = (
            span(&lamp.head, |point| point.x * width, size.width),
            span(&lamp.head, |point| point.y * height, size.height),
        );
        let step = |from: usize, to: usize| (to.saturating_sub(from) / MOST_A_SIDE).max(1);
        let mut pixels = Vec::new();
        for row in (rows.0..rows.1).step_by(step(rows.0, rows.1)) {
            for column in (columns.0..columns.1).step_by(step(columns.0, columns.1)) {
                let middle = NormPoint {
                    x: (column as f32 + 0.5) / width,
                    y: (row as f32 + 0.5) / height,
                };
                if !polygon_holds(&lamp.head, middle) {
                    continue;
                }
                let told = lamp.lenses.iter().any(Option::is_some);
                let lenses = [0, 1, 2].map(|at| match lamp.lenses.get(at) {
                    Some(Some(lens)) => polygon_holds(lens, middle),
                    // Where some lenses are told, a colour without one may be anywhere else.
                    _ if told => !lamp
                        .lenses
                        .iter()
                        .flatten()
                        .any(|lens| polygon_holds(lens, middle)),
                    _ => true,
                });
                pixels.push((column, row, lenses));
            }
        }
        Self { size, pixels }
    }

    pub(super) const fn size(&self) -> PictureSize {
        self.size
    }

    /// The head's colours; nothing where the picture's planes are too short.
    pub(super) fn read(&self, frame: &Frame) -> HeadPixels {
        let mut head = HeadPixels::default();
        for (column, row, lenses) in &self.pixels {
            if let Some(colour) = colour(frame, *column, *row) {
                head.colours.push(colour);
                head.lenses.push(*lenses);
            }
        }
        head
    }
}

/// The first pixel that a shape touches on one axis, and the one after its last.
fn span(shape: &Polygon, axis: impl Fn(&NormPoint) -> f32, pixels: u32) -> (usize, usize) {
    let ends = shape.points().iter().map(axis);
    let (low, high) = ends.fold((f32::INFINITY, 0.0_f32), |(low, high), at| {
        (low.min(at), high.max(at))
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "shapes lie inside the picture, and casts saturate"
    )]
    let (first, end) = (low.floor() as usize, high.ceil() as usize);
    (first, end.min(pixels as usize))
}

/// One pixel's red, green and blue, 0 to 1 (ITU-R BT.601 or BT.709).
fn colour(frame: &Frame, column: usize, row: usize) -> Option<[f32; 3]> {
    let luma = level(frame.planes.first(), column, row)?;
    let (half_column, half_row) = (column / 2, row / 2);
    let (u, v) = match frame.format {
        PixelFormat::I420 => (
            level(frame.planes.get(1), half_column, half_row)?,
            level(frame.planes.get(2), half_column, half_row)?,
        ),
        PixelFormat::Nv12 => (
            level(frame.planes.get(1), half_column * 2, half_row)?,
            level(frame.planes.get(1), half_column * 2 + 1, half_row)?,
        ),
    };
    let (y, u, v) = match frame.range {
        ColorRange::Limited => (
            (luma - 16.0) / 219.0,
            (u - 128.0) / 224.0,
            (v - 128.0) / 224.0,
        ),
        ColorRange::Full => (luma / 255.0, (u - 128.0) / 255.0, (v - 128.0) / 255.0),
    };
    let (kr, kb) = match frame.matrix {
        ColorMatrix::Bt601 => (0.299, 0.114),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    };
    let (red, blue) = (y + 2.0 * (1.0 - kr) * v, y + 2.0 * (1.0 - kb) * u);
    let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
    Some([red, green, blue].map(|level: f32| level.clamp(0.0, 1.0)))
}

fn level(plane: Option<&Plane>, column: usize, row: usize) -> Option<f32> {
    let plane = plane?;
    let at = row.checked_mul(plane.stride)?.checked_add(column)?;
    plane.data.get(at).copied().map(f32::from)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::time::StreamTime;

    const SIZE: PictureSize = PictureSize {
        width: 40,
        height: 40,
    };

    /// A picture that is black but for one colour, given as Y, U and V, in its left half.
    fn frame(format: PixelFormat, range: ColorRange, [y, u, v]: [u8; 3]) -> Frame {
        let black = if range == ColorRange::Limited { 16 } else { 0 };
        let half = |side: usize, on: u8, off: u8| -> Vec<u8> {
            let row = (0..side).map(|column| if column < side / 2 { on } else { off });
            let row: Vec<u8> = row.collect();
            row.repeat(side)
        };
        let (us, vs) = (half(20, u, 128), half(20, v, 128));
        let plane = |data: Vec<u8>, stride| Plane {
            data: Bytes::from(data),
            stride,
        };
        let luma = plane(half(40, y, black), 40);
        let planes = match format {
            PixelFormat::I420 => vec![luma, plane(us, 20), plane(vs, 20)],
            PixelFormat::Nv12 => {
                let pairs = us.into_iter().zip(vs).flat_map(|(u, v)| [u, v]);
                vec![luma, plane(pairs.collect(), 40)]
            }
        };
        Frame {
            pts: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
            size: SIZE,
            format,
            range,
            matrix: ColorMatrix::Bt709,
            planes,
        }
    }

    fn lamp(corners: &[(f32, f32)], red: Option<&[(f32, f32)]>) -> LampConfig {
        let polygon = |corners: &[(f32, f32)]| {
            Polygon::new(corners.iter().map(|&(x, y)| NormPoint { x, y }).collect()).unwrap()
        };
        LampConfig {
            head: polygon(corners),
            lenses: [red.map(polygon), None, None],
            lit_from: 0.3,
        }
    }

    const LEFT: [(f32, f32); 4] = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.9), (0.1, 0.9)];

    #[test]
    fn colours_are_those_of_the_picture_in_every_layout() {
        // BT.709 red: in video levels, and in full ones.
        for (format, range, yuv) in [
            (PixelFormat::I420, ColorRange::Limited, [63, 102, 240]),
            (PixelFormat::Nv12, ColorRange::Limited, [63, 102, 240]),
            (PixelFormat::I420, ColorRange::Full, [54, 99, 255]),
        ] {
            let map = HeadMap::of(&lamp(&LEFT, None), SIZE);
            let head = map.read(&frame(format, range, yuv));
            assert_eq!(head.colours.len(), 12 * 32);
            let [red, green, blue] = head.colours[100];
            assert!(
                red > 0.95 && green < 0.05 && blue < 0.05,
                "{format:?} {range:?}"
            );
        }
    }

    #[test]
    fn a_lens_is_a_part_of_the_head() {
        let upper = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.5), (0.1, 0.5)];
        let map = HeadMap::of(&lamp(&LEFT, Some(&upper)), SIZE);
        let head = map.read(&frame(PixelFormat::I420, ColorRange::Full, [54, 99, 255]));
        let red = head.lenses.iter().filter(|lenses| lenses[0]).count();
        assert_eq!(red, 12 * 16, "red counts in its lens");
        let green = head.lenses.iter().filter(|lenses| lenses[2]).count();
        assert_eq!(green, 12 * 16, "and the others in the rest");
    }

    #[test]
    fn a_plane_that_is_too_short_has_no_colours() {
        let mut frame = frame(PixelFormat::I420, ColorRange::Full, [54, 99, 255]);
        frame.planes[2].data.truncate(3);
        let map = HeadMap::of(&lamp(&LEFT, None), SIZE);
        assert!(map.read(&frame).colours.len() < 8);
    }
}
