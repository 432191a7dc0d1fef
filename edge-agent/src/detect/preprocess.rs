//! A decoded picture's planes to a model's input tensor, in one pass: no RGB picture exists.
//!
//! Luma and chroma are interpolated bilinearly where the input wants a pixel (pixel centres on
//! pixel centres, edges repeated, chroma sited between its luma pixels), then turned into colour,
//! normalised and written. Against the same in 64-bit floats the error is below 0.01 levels of 255.

use super::error::DetectError;
use super::letterbox::Letterbox;
use super::planes::{Planes, Tap, ToRgb, centre_of};
use crate::camera::Frame;
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

#[cfg(test)]
mod tests;
