//! A decoded picture's planes to a model's input tensor, in one pass: no RGB picture exists.
//!
//! Luma and chroma are interpolated bilinearly where the input wants a pixel (pixel centres on
//! pixel centres, edges repeated, chroma sited between its luma pixels), then turned into colour,
//! normalised and written. Against the same in 64-bit floats the error is below 0.01 levels of 255.

use super::error::DetectError;
use super::letterbox::Letterbox;
use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat};
use crate::config::{ColorOrder, InputSpec, Layout};

/// Writes pictures into one model's input; owns the tensor and the tables between pictures.
#[derive(Debug)]
pub struct Preprocessor {
    input: InputSpec,
    tensor: Vec<f32>,
    columns: Columns,
}

/// For each input column of the picture: where it falls in a row of luma and of chroma.
#[derive(Debug, Default)]
struct Columns {
    letterbox: Option<Letterbox>,
    luma: Vec<Tap>,
    chroma: Vec<Tap>,
}

/// Two neighbours and the weight of the second.
#[derive(Debug, Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    weight: f32,
}

/// The rows of one plane that one input row falls between.
#[derive(Clone, Copy)]
struct Rows<'a> {
    first: &'a [u8],
    second: &'a [u8],
    weight: f32,
}

/// YCbCr levels to RGB levels, all 0 to 255.
#[derive(Debug, Clone, Copy)]
struct ToRgb {
    black: f32,
    luma: f32,
    red_cr: f32,
    green_cb: f32,
    green_cr: f32,
    blue_cb: f32,
}

impl Preprocessor {
    /// A preprocessor for one model's input.
    #[must_use]
    pub fn new(input: InputSpec) -> Self {
        let count = 3 * input.width as usize * input.height as usize;
        Self {
            input,
            tensor: vec![0.0; count],
            columns: Columns::default(),
        }
    }

    /// Fills the tensor with a picture; returns it with the map back to the picture.
    ///
    /// # Errors
    /// [`DetectError::Picture`] where a plane has fewer bytes than the picture's size needs.
    pub fn fill(&mut self, frame: &Frame) -> Result<(&[f32], Letterbox), DetectError> {
        let planes = Planes::of(frame)?;
        let letterbox = Letterbox::fit(frame.size, &self.input);
        self.columns.prepare(letterbox);
        self.pad();
        let to_rgb = ToRgb::of(frame.matrix, frame.range);
        for row in 0..letterbox.height {
            self.fill_row(&planes, &letterbox, row, to_rgb);
        }
        Ok((&self.tensor, letterbox))
    }

    fn fill_row(&mut self, planes: &Planes<'_>, letterbox: &Letterbox, row: u32, to_rgb: ToRgb) {
        let source_rows = letterbox.source.height as usize;
        let position = centre_of(row, letterbox.height, letterbox.source.height);
        let luma = planes.luma.rows(Tap::at(position, source_rows));
        let chroma_tap = Tap::at(position / 2.0 - 0.25, source_rows.div_ceil(2));
        let (cb, cr) = (planes.cb.rows(chroma_tap), planes.cr.rows(chroma_tap));
        let step = planes.chroma_step;
        let start =
            (letterbox.top + row) as usize * self.input.width as usize + letterbox.left as usize;
        let store = Store::of(&self.input);
        let taps = self.columns.luma.iter().zip(&self.columns.chroma);
        for (column, (luma_tap, chroma_tap)) in taps.enumerate() {
            let y = luma.sample(*luma_tap, 1);
            let cb = cb.sample(*chroma_tap, step) - 128.0;
            let cr = cr.sample(*chroma_tap, step) - 128.0;
            store.write(&mut self.tensor, start + column, to_rgb.convert(y, cb, cr));
        }
    }

    /// The padding is written each time: it costs little beside the picture, and a change of
    /// picture size leaves nothing of the last one.
    fn pad(&mut self) {
        let store = Store::of(&self.input);
        let level = self.input.pad;
        for pixel in 0..self.tensor.len() / 3 {
            store.write(&mut self.tensor, pixel, [level; 3]);
        }
    }
}

/// Where a pixel's three levels go, and how they are normalised.
#[derive(Clone, Copy)]
struct Store {
    per_pixel: usize,
    per_plane: usize,
    source: [usize; 3],
    mean: [f32; 3],
    factor: [f32; 3],
}

impl Store {
    fn of(input: &InputSpec) -> Self {
        let (per_pixel, per_plane) = match input.layout {
            Layout::Nchw => (1, input.width as usize * input.height as usize),
            Layout::Nhwc => (3, 1),
        };
        let source = match input.color {
            ColorOrder::Rgb => [0, 1, 2],
            ColorOrder::Bgr => [2, 1, 0],
        };
        Self {
            per_pixel,
            per_plane,
            source,
            mean: input.mean,
            factor: input.std.map(f32::recip),
        }
    }

    fn write(&self, tensor: &mut [f32], pixel: usize, rgb: [f32; 3]) {
        for plane in 0..3 {
            let level = (rgb[self.source[plane]] - self.mean[plane]) * self.factor[plane];
            tensor[pixel * self.per_pixel + plane * self.per_plane] = level;
        }
    }
}

impl Columns {
    fn prepare(&mut self, letterbox: Letterbox) {
        if self.letterbox == Some(letterbox) {
            return;
        }
        let width = letterbox.source.width as usize;
        let position = |column| centre_of(column, letterbox.width, letterbox.source.width);
        self.luma = (0..letterbox.width)
            .map(|column| Tap::at(position(column), width))
            .collect();
        self.chroma = (0..letterbox.width)
            .map(|column| Tap::at(position(column) / 2.0 - 0.25, width.div_ceil(2)))
            .collect();
        self.letterbox = Some(letterbox);
    }
}

/// Where the centre of pixel `index` of `count` lies among `source` pixels, in source pixels.
fn centre_of(index: u32, count: u32, source: u32) -> f32 {
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
    fn at(position: f32, count: usize) -> Self {
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
    fn sample(&self, tap: Tap, step: usize) -> f32 {
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
    fn of(matrix: ColorMatrix, range: ColorRange) -> Self {
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

    fn convert(&self, y: f32, cb: f32, cr: f32) -> [f32; 3] {
        let y = (y - self.black) * self.luma;
        let red = y + self.red_cr * cr;
        let green = y + self.green_cb * cb + self.green_cr * cr;
        let blue = y + self.blue_cb * cb;
        [red, green, blue].map(|level| level.clamp(0.0, 255.0))
    }
}

/// One plane, long enough for its rows.
#[derive(Clone, Copy)]
struct PlaneView<'a> {
    data: &'a [u8],
    stride: usize,
    row_bytes: usize,
}

struct Planes<'a> {
    luma: PlaneView<'a>,
    cb: PlaneView<'a>,
    cr: PlaneView<'a>,
    chroma_step: usize,
}

impl<'a> Planes<'a> {
    fn of(frame: &'a Frame) -> Result<Self, DetectError> {
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
    fn of(
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

    fn rows(&self, tap: Tap) -> Rows<'a> {
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

#[cfg(test)]
mod tests;
