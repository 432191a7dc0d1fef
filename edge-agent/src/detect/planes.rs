//! A decoded picture's planes, checked and sampled: bilinear luma and chroma, and colour from them.

use super::error::DetectError;
use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat};

/// Two neighbours and the weight of the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tap {
    first: usize,
    second: usize,
    weight: f32,
}

/// The rows of one plane that one input row falls between.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    first: &'a [u8],
    second: &'a [u8],
    weight: f32,
}

/// YCbCr levels to RGB levels, all 0 to 255.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToRgb {
    black: f32,
    luma: f32,
    red_cr: f32,
    green_cb: f32,
    green_cr: f32,
    blue_cb: f32,
}

/// Where the centre of pixel `index` of `count` lies among `source` pixels, in source pixels.
pub(super) fn centre_of(index: u32, count: u32, source: u32) -> f32 {
    let exact = (f64::from(index) + 0.5) * f64::from(source) / f64::from(count) - 0.5;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "24 bits place a pixel to 1/1000 of it"
    )]
    let position = exact as f32;
    position
}

impl Tap {
    /// The neighbours of `position`, repeated at the edges of `0..count`.
    pub(super) fn at(position: f32, count: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a picture's side is small")]
        let last = (count - 1) as f32;
        let inside = position.clamp(0.0, last);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the picture"
        )]
        let first = inside as usize;
        Self {
            first,
            second: (first + 1).min(count - 1),
            weight: inside.fract(),
        }
    }
}

impl Rows<'_> {
    pub(super) fn sample(&self, tap: Tap, step: usize) -> f32 {
        let (left, right) = (tap.first * step, tap.second * step);
        let above = blend(self.first[left], self.first[right], tap.weight);
        let below = blend(self.second[left], self.second[right], tap.weight);
        above + (below - above) * self.weight
    }
}

fn blend(a: u8, b: u8, weight: f32) -> f32 {
    let (a, b) = (f32::from(a), f32::from(b));
    a + (b - a) * weight
}

impl ToRgb {
    /// ITU-R BT.601 and BT.709: the same form, other constants.
    pub(super) fn of(matrix: ColorMatrix, range: ColorRange) -> Self {
        let (red, blue) = match matrix {
            ColorMatrix::Bt601 => (0.299, 0.114),
            ColorMatrix::Bt709 => (0.2126, 0.0722),
        };
        let green: f32 = 1.0 - red - blue;
        let (black, luma, chroma) = match range {
            ColorRange::Limited => (16.0, 255.0 / 219.0, 255.0 / 224.0),
            ColorRange::Full => (0.0, 1.0, 1.0),
        };
        Self {
            black,
            luma,
            red_cr: 2.0 * (1.0 - red) * chroma,
            green_cb: -2.0 * blue * (1.0 - blue) / green * chroma,
            green_cr: -2.0 * red * (1.0 - red) / green * chroma,
            blue_cb: 2.0 * (1.0 - blue) * chroma,
        }
    }

    pub(super) fn convert(&self, y: f32, cb: f32, cr: f32) -> [f32; 3] {
        let y = (y - self.black) * self.luma;
        let red = y + self.red_cr * cr;
        let green = y + self.green_cb * cb + self.green_cr * cr;
        let blue = y + self.blue_cb * cb;
        [red, green, blue].map(|level| level.clamp(0.0, 255.0))
    }
}

/// One plane, long enough for its rows.
#[derive(Clone, Copy)]
pub(super) struct PlaneView<'a> {
    data: &'a [u8],
    stride: usize,
    row_bytes: usize,
}

pub(super) struct Planes<'a> {
    pub(super) luma: PlaneView<'a>,
    pub(super) cb: PlaneView<'a>,
    pub(super) cr: PlaneView<'a>,
    pub(super) chroma_step: usize,
}

impl<'a> Planes<'a> {
    pub(super) fn of(frame: &'a Frame) -> Result<Self, DetectError> {
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let luma = PlaneView::of(frame, 0, 0, width, height)?;
        match frame.format {
            PixelFormat::I420 => Ok(Self {
                luma,
                cb: PlaneView::of(frame, 1, 0, half_width, half_height)?,
                cr: PlaneView::of(frame, 2, 0, half_width, half_height)?,
                chroma_step: 1,
            }),
            PixelFormat::Nv12 => Ok(Self {
                luma,
                cb: PlaneView::of(frame, 1, 0, 2 * half_width, half_height)?,
                cr: PlaneView::of(frame, 1, 1, 2 * half_width - 1, half_height)?,
                chroma_step: 2,
            }),
        }
    }
}

impl<'a> PlaneView<'a> {
    pub(super) fn of(
        frame: &'a Frame,
        index: usize,
        skip: usize,
        row_bytes: usize,
        rows: usize,
    ) -> Result<Self, DetectError> {
        let short = DetectError::Picture {
            width: frame.size.width,
            height: frame.size.height,
            plane: index,
        };
        let Some(plane) = frame.planes.get(index) else {
            return Err(short);
        };
        let needed = plane.stride * rows.saturating_sub(1) + skip + row_bytes;
        if rows == 0 || plane.stride < row_bytes || plane.data.len() < needed {
            return Err(short);
        }
        Ok(Self {
            data: &plane.data[skip..],
            stride: plane.stride,
            row_bytes,
        })
    }

    pub(super) fn rows(&self, tap: Tap) -> Rows<'a> {
        let row = |index: usize| {
            let start = index * self.stride;
            &self.data[start..start + self.row_bytes]
        };
        Rows {
            first: row(tap.first),
            second: row(tap.second),
            weight: tap.weight,
        }
    }
}
