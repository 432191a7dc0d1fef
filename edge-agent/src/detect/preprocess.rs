//! A decoded picture's planes to a model's input tensor, in one pass: no RGB picture exists.
//!
//! A picture, or a window of it, is resampled row by row (`resample`) and written into its place of
//! the batch: normalised floats, or bytes where the model takes them. Against the same in 64-bit
//! floats the error is below 0.01 levels of 255 for floats, and bytes are that number rounded.

use super::error::DetectError;
use super::letterbox::Letterbox;
use super::request::Window;
use super::resample::{Place, Resampler};
use crate::camera::Frame;
use crate::config::{ColorOrder, InputSpec, Layout};

/// What kind of numbers a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Element {
    /// 32-bit floats, normalised.
    #[default]
    F32,
    /// Levels of 0 to 255 as they are.
    U8,
}

/// The numbers of some pictures, one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tensor<'a> {
    /// Floats.
    F32(&'a [f32]),
    /// Bytes.
    U8(&'a [u8]),
}

/// Writes pictures into one model's input; owns the tensor and the tables between pictures.
#[derive(Debug)]
pub struct Preprocessor {
    input: InputSpec,
    numbers: Numbers,
    /// What lies in each place of the batch: its padding need not be written again.
    placed: Vec<Option<Letterbox>>,
    resampler: Resampler,
}

#[derive(Debug)]
enum Numbers {
    F32(Vec<f32>),
    U8(Vec<u8>),
}

impl Preprocessor {
    /// A preprocessor for one model's input.
    #[must_use]
    pub fn new(input: InputSpec, element: Element) -> Self {
        Self {
            input,
            numbers: match element {
                Element::F32 => Numbers::F32(Vec::new()),
                Element::U8 => Numbers::U8(Vec::new()),
            },
            placed: Vec::new(),
            resampler: Resampler::default(),
        }
    }

    /// Puts a window of a picture into a place of the batch; returns the map back to the picture. Places are taken from 0 on; the tensor grows to the greatest.
    ///
    /// # Errors
    /// [`DetectError::Picture`] where a plane has fewer bytes than the picture's size needs.
    pub fn fill(
        &mut self,
        place: usize,
        frame: &Frame,
        window: Window,
    ) -> Result<Letterbox, DetectError> {
        let letterbox = Letterbox::fit_window(frame.size, window, &self.input);
        if self.placed.len() <= place {
            self.placed.resize(place + 1, None);
        }
        let padding = match self.placed[place] == Some(letterbox) {
            true => Padding::IsThere,
            false => Padding::Missing,
        };
        // What fails half-way leaves a place that must be padded again.
        self.placed[place] = None;
        let picture = Picture {
            frame,
            letterbox,
            padding,
            input: &self.input,
        };
        match &mut self.numbers {
            Numbers::F32(numbers) => picture.write(place, numbers, &mut self.resampler)?,
            Numbers::U8(numbers) => picture.write(place, numbers, &mut self.resampler)?,
        }
        self.placed[place] = Some(letterbox);
        Ok(letterbox)
    }

    /// The first `pictures` places of the batch, which were filled.
    #[must_use]
    pub fn tensor(&self, pictures: usize) -> Tensor<'_> {
        let count = pictures * numbers_of(&self.input);
        match &self.numbers {
            Numbers::F32(numbers) => Tensor::F32(&numbers[..count]),
            Numbers::U8(numbers) => Tensor::U8(&numbers[..count]),
        }
    }
}

/// How many numbers a picture is.
const fn numbers_of(input: &InputSpec) -> usize {
    3 * input.width as usize * input.height as usize
}

/// Whether a place's padding is that of the picture before, and the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Padding {
    IsThere,
    Missing,
}

/// One picture on its way into the tensor.
struct Picture<'a> {
    frame: &'a Frame,
    letterbox: Letterbox,
    padding: Padding,
    input: &'a InputSpec,
}

impl Picture<'_> {
    fn write<T: Number>(
        &self,
        place: usize,
        numbers: &mut Vec<T>,
        resampler: &mut Resampler,
    ) -> Result<(), DetectError> {
        let count = numbers_of(self.input);
        if numbers.len() < (place + 1) * count {
            numbers.resize((place + 1) * count, T::default());
        }
        let numbers = &mut numbers[place * count..(place + 1) * count];
        let store = Store::of(self.input);
        let fitted = &self.letterbox;
        if self.padding == Padding::Missing {
            store.pad(numbers, self.input.pad);
        }
        let place = Place {
            picture: fitted.source,
            window: fitted.window,
            columns: fitted.width,
            rows: fitted.height,
        };
        let (width, left) = (self.input.width as usize, fitted.left as usize);
        resampler.rows(self.frame, place, |row, rgb| {
            let start = (fitted.top + row) as usize * width + left;
            store.write(numbers, start, rgb);
        })
    }
}

/// A number of a tensor, from a level after normalisation.
trait Number: Copy + Default {
    fn of(level: f32) -> Self;
}

impl Number for f32 {
    fn of(level: f32) -> Self {
        level
    }
}

impl Number for u8 {
    fn of(level: f32) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded; the cast saturates"
        )]
        let rounded = (level + 0.5) as Self;
        rounded
    }
}

/// Where a row's levels go, and how they are normalised.
#[derive(Clone, Copy)]
struct Store {
    layout: Layout,
    /// Pixels of the input, which are the numbers of a plane.
    pixels: usize,
    source: [usize; 3],
    mean: [f32; 3],
    factor: [f32; 3],
}

impl Store {
    fn of(input: &InputSpec) -> Self {
        Self {
            layout: input.layout,
            pixels: input.width as usize * input.height as usize,
            source: match input.color {
                ColorOrder::Rgb => [0, 1, 2],
                ColorOrder::Bgr => [2, 1, 0],
            },
            mean: input.mean,
            factor: input.std.map(f32::recip),
        }
    }

    /// Writes a row of red, green and blue from the pixel `start` on.
    fn write<T: Number>(&self, numbers: &mut [T], start: usize, rgb: [&[f32]; 3]) {
        for plane in 0..3 {
            let (mean, factor) = (self.mean[plane], self.factor[plane]);
            let levels = rgb[self.source[plane]];
            let normalised = levels.iter().map(|level| T::of((level - mean) * factor));
            match self.layout {
                Layout::Nchw => {
                    let from = plane * self.pixels + start;
                    let row = &mut numbers[from..from + levels.len()];
                    row.iter_mut()
                        .zip(normalised)
                        .for_each(|(to, level)| *to = level);
                }
                Layout::Nhwc => {
                    let row = numbers[3 * start + plane..].iter_mut().step_by(3);
                    row.zip(normalised).for_each(|(to, level)| *to = level);
                }
            }
        }
    }

    fn pad<T: Number>(&self, numbers: &mut [T], level: f32) {
        for plane in 0..3 {
            let level = T::of((level - self.mean[plane]) * self.factor[plane]);
            match self.layout {
                Layout::Nchw => numbers[plane * self.pixels..][..self.pixels].fill(level),
                Layout::Nhwc => {
                    let row = numbers[plane..].iter_mut().step_by(3);
                    row.for_each(|to| *to = level);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
