//! A decoded picture to RGB and to JPEG, honouring the camera's levels and colour matrix.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, RgbImage};

use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
use crate::geometry::{PictureSize, PixelBox};

/// High enough that a number plate stays readable; above it files grow without gain.
pub(super) const PROOF: u8 = 90;
/// For pictures with something drawn in: they explain, the plain ones prove.
pub(super) const EXPLANATION: u8 = 75;
/// Fixed-point fraction bits of the colour arithmetic.
const BITS: i32 = 14;

/// Why there is no still.
#[derive(Debug, thiserror::Error)]
pub enum StillError {
    /// The frame's planes are shorter than its size says.
    #[error("the picture's planes do not hold {width}×{height} pixels")]
    Layout {
        /// Stated width.
        width: u32,
        /// Stated height.
        height: u32,
    },
    /// The JPEG encoder failed.
    #[error("the still could not be encoded")]
    Encode(#[source] ImageError),
}

/// The picture as JPEG, full size, nothing drawn in.
///
/// # Errors
/// [`StillError`].
pub fn jpeg(frame: &Frame) -> Result<Vec<u8>, StillError> {
    encode(&rgb(frame)?, PROOF)
}

pub(super) fn encode(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, StillError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .map_err(StillError::Encode)?;
    Ok(bytes)
}

/// A part of a picture in whole pixels, inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Region {
    /// The whole pixels that a box touches inside the picture; `None` where there are none.
    pub(super) fn of(bbox: &PixelBox, size: PictureSize) -> Option<Self> {
        let inside = bbox.clipped(size);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clipped to the picture"
        )]
        let (left, top, right, bottom) = (
            inside.x.floor() as u32,
            inside.y.floor() as u32,
            ((inside.x + inside.w).ceil() as u32).min(size.width),
            ((inside.y + inside.h).ceil() as u32).min(size.height),
        );
        let (width, height) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
        (width > 0 && height > 0).then_some(Self {
            left,
            top,
            width,
            height,
        })
    }

    const fn all(size: PictureSize) -> Self {
        Self {
            left: 0,
            top: 0,
            width: size.width,
            height: size.height,
        }
    }
}

/// The picture as 8-bit RGB.
pub(super) fn rgb(frame: &Frame) -> Result<RgbImage, StillError> {
    rgb_of(frame, Region::all(frame.size))
}

/// A part of the picture as 8-bit RGB.
pub(super) fn rgb_of(frame: &Frame, region: Region) -> Result<RgbImage, StillError> {
    let (width, height) = (frame.size.width, frame.size.height);
    let layout = || StillError::Layout { width, height };
    let colours = Colours::of(frame.range, frame.matrix);
    let mut picture = RgbImage::new(region.width, region.height);
    let whole = |pixels: u32| usize::try_from(pixels).map_err(|_| layout());
    let (left, top) = (whole(region.left)?, whole(region.top)?);
    let columns = whole(region.left + region.width)?;
    for (row, line) in (top..).zip(picture.rows_mut()) {
        let luma = row_of(frame.planes.first(), row, columns).ok_or_else(layout)?;
        let chroma = Chroma::of(frame, row / 2, columns.div_ceil(2)).ok_or_else(layout)?;
        for (column, pixel) in (left..).zip(line) {
            let (u, v) = chroma.at(column / 2).ok_or_else(layout)?;
            let y = luma.get(column).ok_or_else(layout)?;
            pixel.0 = colours.rgb(*y, u, v);
        }
    }
    Ok(picture)
}

/// A row of luma from its first pixel on.
pub(super) fn luma_row(frame: &Frame, row: usize) -> Option<&[u8]> {
    let columns = usize::try_from(frame.size.width).ok()?;
    row_of(frame.planes.first(), row, columns)
}

/// One row of chroma, shared by two rows of luma.
enum Chroma<'a> {
    Planar(&'a [u8], &'a [u8]),
    Interleaved(&'a [u8]),
}

impl<'a> Chroma<'a> {
    fn of(frame: &'a Frame, row: usize, columns: usize) -> Option<Self> {
        Some(match frame.format {
            PixelFormat::I420 => Self::Planar(
                row_of(frame.planes.get(1), row, columns)?,
                row_of(frame.planes.get(2), row, columns)?,
            ),
            PixelFormat::Nv12 => Self::Interleaved(row_of(frame.planes.get(1), row, columns * 2)?),
        })
    }

    fn at(&self, column: usize) -> Option<(u8, u8)> {
        match self {
            Self::Planar(u, v) => Some((*u.get(column)?, *v.get(column)?)),
            Self::Interleaved(uv) => Some((*uv.get(column * 2)?, *uv.get(column * 2 + 1)?)),
        }
    }
}

fn row_of(plane: Option<&Plane>, row: usize, bytes: usize) -> Option<&[u8]> {
    let plane = plane?;
    let start = row.checked_mul(plane.stride)?;
    plane.data.get(start..start.checked_add(bytes)?)
}

/// ITU-R BT.601 / BT.709 in fixed point.
struct Colours {
    black: i32,
    luma: i32,
    red_v: i32,
    green_u: i32,
    green_v: i32,
    blue_u: i32,
}

impl Colours {
    fn of(range: ColorRange, matrix: ColorMatrix) -> Self {
        let (kr, kb) = match matrix {
            ColorMatrix::Bt601 => (0.299, 0.114),
            ColorMatrix::Bt709 => (0.2126, 0.0722),
        };
        let kg = 1.0 - kr - kb;
        let (black, luma, chroma) = match range {
            ColorRange::Limited => (16, 255.0 / 219.0, 255.0 / 224.0),
            ColorRange::Full => (0, 1.0, 1.0),
        };
        let (red, blue) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
        Self {
            black,
            luma: fixed(luma),
            red_v: fixed(red),
            green_u: fixed(-blue * kb / kg),
            green_v: fixed(-red * kr / kg),
            blue_u: fixed(blue),
        }
    }

    fn rgb(&self, y: u8, u: u8, v: u8) -> [u8; 3] {
        let y = (i32::from(y) - self.black) * self.luma;
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        [
            level(y + v * self.red_v),
            level(y + u * self.green_u + v * self.green_v),
            level(y + u * self.blue_u),
        ]
    }
}

fn fixed(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "coefficients are below 3")]
    let fixed = (value * f64::from(1 << BITS)).round() as i32;
    fixed
}

fn level(value: i32) -> u8 {
    let rounded = (value + (1 << (BITS - 1))) >> BITS;
    u8::try_from(rounded.clamp(0, 255)).unwrap_or(u8::MAX)
}

#[cfg(test)]
#[path = "still_tests.rs"]
pub(in crate::evidence) mod tests;
