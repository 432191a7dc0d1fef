//! A decoded picture's planes, checked once and then read by rows; and colour from luma and chroma.

use super::error::DetectError;
use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat};

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

    /// A row of luma and chroma levels to a row of red, green and blue, 0 to 255; all are equally long.
    pub(super) fn convert(&self, [y, cb, cr]: [&[f32]; 3], [red, green, blue]: [&mut [f32]; 3]) {
        let levels = y.iter().zip(cb).zip(cr);
        let colours = red.iter_mut().zip(green).zip(blue);
        for (((y, cb), cr), ((red, green), blue)) in levels.zip(colours) {
            let y = (y - self.black) * self.luma;
            let (cb, cr) = (cb - 128.0, cr - 128.0);
            *red = (y + self.red_cr * cr).clamp(0.0, 255.0);
            *green = (y + self.green_cb * cb + self.green_cr * cr).clamp(0.0, 255.0);
            *blue = (y + self.blue_cb * cb).clamp(0.0, 255.0);
        }
    }
}

/// One plane, long enough for its rows.
#[derive(Clone, Copy)]
pub(super) struct PlaneView<'a> {
    data: &'a [u8],
    stride: usize,
    row_bytes: usize,
}

/// The planes of one picture.
pub(super) struct Planes<'a> {
    pub(super) luma: PlaneView<'a>,
    pub(super) chroma: Chroma<'a>,
}

/// Half as many columns and rows as luma has, rounded up.
#[derive(Clone, Copy)]
pub(super) enum Chroma<'a> {
    /// Cb, Cr: a plane each.
    Planar(PlaneView<'a>, PlaneView<'a>),
    /// Cb and Cr in turns.
    Interleaved(PlaneView<'a>),
}

impl<'a> Planes<'a> {
    pub(super) fn of(frame: &'a Frame) -> Result<Self, DetectError> {
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let half = |index, row_bytes| PlaneView::of(frame, index, row_bytes, half_height);
        Ok(Self {
            luma: PlaneView::of(frame, 0, width, height)?,
            chroma: match frame.format {
                PixelFormat::I420 => Chroma::Planar(half(1, half_width)?, half(2, half_width)?),
                PixelFormat::Nv12 => Chroma::Interleaved(half(1, 2 * half_width)?),
            },
        })
    }
}

impl<'a> PlaneView<'a> {
    fn of(
        frame: &'a Frame,
        index: usize,
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
        let needed = plane.stride * rows.saturating_sub(1) + row_bytes;
        if rows == 0 || plane.stride < row_bytes || plane.data.len() < needed {
            return Err(short);
        }
        Ok(Self {
            data: &plane.data,
            stride: plane.stride,
            row_bytes,
        })
    }

    /// A row's bytes, without its padding.
    pub(super) fn row(&self, index: usize) -> &'a [u8] {
        let start = index * self.stride;
        &self.data[start..start + self.row_bytes]
    }
}
