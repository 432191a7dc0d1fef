//! A decoded picture to RGB and to JPEG, honouring the camera's levels and colour matrix.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, RgbImage};

use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};

/// High enough that a number plate stays readable; above it files grow without gain.
const QUALITY: u8 = 90;
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
    encode(&rgb(frame)?)
}

pub(super) fn encode(picture: &RgbImage) -> Result<Vec<u8>, StillError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(picture)
        .map_err(StillError::Encode)?;
    Ok(bytes)
}

/// The picture as 8-bit RGB.
pub(super) fn rgb(frame: &Frame) -> Result<RgbImage, StillError> {
    let (width, height) = (frame.size.width, frame.size.height);
    let layout = || StillError::Layout { width, height };
    let colours = Colours::of(frame.range, frame.matrix);
    let mut picture = RgbImage::new(width, height);
    let columns = usize::try_from(width).map_err(|_| layout())?;
    for (row, line) in picture.rows_mut().enumerate() {
        let luma = row_of(frame.planes.first(), row, columns).ok_or_else(layout)?;
        let chroma = Chroma::of(frame, row / 2, columns.div_ceil(2)).ok_or_else(layout)?;
        for (column, (pixel, y)) in line.zip(luma).enumerate() {
            let (u, v) = chroma.at(column / 2).ok_or_else(layout)?;
            pixel.0 = colours.rgb(*y, u, v);
        }
    }
    Ok(picture)
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
