//! A window of a picture at another size, row by row, as levels of red, green and blue: bilinear, in
//! one pass over the decoder's planes.
//!
//! Each output row is made in three steps over short arrays that stay in the processor's first
//! cache: the four neighbours of every column are gathered into one word, the words are blended, the
//! blends become colour. The last two are plain loops over slices, which compile to SIMD; gathering
//! is bound by loads. Pixel centres lie on pixel centres, edges are repeated, chroma is sited between
//! its luma pixels. What does not belong here: tensors and their layouts.

use super::error::DetectError;
use super::planes::{Chroma, Planes, ToRgb};
use crate::camera::Frame;
use crate::geometry::{PictureSize, PixelBox};

/// Which part of a picture is shown at which size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// The picture's size.
    pub(super) picture: PictureSize,
    /// The part of it, in its pixels; inside it.
    pub(super) window: PixelBox,
    /// Columns that the part is given.
    pub(super) columns: u32,
    /// Rows that the part is given.
    pub(super) rows: u32,
}

/// Two neighbours on one axis: the first, which has a second behind it unless the axis has but one
/// pixel, and the weight of the second.
#[derive(Debug, Clone, Copy)]
struct Tap {
    first: usize,
    weight: f32,
}

/// The taps of all columns, apart so that weights are read as one slice.
#[derive(Debug, Default)]
struct Taps {
    firsts: Vec<usize>,
    weights: Vec<f32>,
}

/// Makes rows of colour; owns the tables and the arrays between pictures.
#[derive(Debug, Default)]
pub(super) struct Resampler {
    place: Option<Place>,
    luma: Taps,
    chroma: Taps,
    packed: [Vec<u32>; 3],
    blended: [Vec<f32>; 3],
    rgb: [Vec<f32>; 3],
}

impl Resampler {
    /// Hands over each row with its number: red, green, blue, a level of 0 to 255 for each column.
    ///
    /// # Errors
    /// [`DetectError::Picture`] where a plane has fewer bytes than the picture's size needs.
    pub(super) fn rows(
        &mut self,
        frame: &Frame,
        place: Place,
        mut each: impl FnMut(u32, [&[f32]; 3]),
    ) -> Result<(), DetectError> {
        let planes = Planes::of(frame)?;
        self.prepare(place);
        let to_rgb = ToRgb::of(frame.matrix, frame.range);
        let height = place.picture.height as usize;
        let centre = Centres::of(place.window.y, place.window.h, place.rows);
        for row in 0..place.rows {
            let at = centre.at(row);
            let luma = Tap::at(at, height);
            let chroma = Tap::at(at / 2.0 - 0.25, height.div_ceil(2));
            self.gather(&planes, luma.pair(height), chroma.pair(height.div_ceil(2)));
            self.blend(luma.weight, chroma.weight);
            let [y, cb, cr] = &self.blended;
            let [red, green, blue] = &mut self.rgb;
            to_rgb.convert([y, cb, cr], [red, green, blue]);
            let [red, green, blue] = &self.rgb;
            each(row, [red, green, blue]);
        }
        Ok(())
    }

    fn prepare(&mut self, place: Place) {
        if self.place == Some(place) {
            return;
        }
        let width = place.picture.width as usize;
        let centre = Centres::of(place.window.x, place.window.w, place.columns);
        let at = |column| centre.at(column);
        self.luma = Taps::of((0..place.columns).map(|c| Tap::at(at(c), width)));
        let half = width.div_ceil(2);
        self.chroma = Taps::of((0..place.columns).map(|c| Tap::at(at(c) / 2.0 - 0.25, half)));
        let columns = place.columns as usize;
        self.packed
            .iter_mut()
            .for_each(|row| row.resize(columns, 0));
        let floats = self.blended.iter_mut().chain(&mut self.rgb);
        floats.for_each(|row| row.resize(columns, 0.0));
        self.place = Some(place);
    }

    fn gather(&mut self, planes: &Planes<'_>, luma: (usize, usize), chroma: (usize, usize)) {
        let [y, cb, cr] = &mut self.packed;
        gather(
            planes.luma.row(luma.0),
            planes.luma.row(luma.1),
            &self.luma.firsts,
            y,
        );
        let firsts = &self.chroma.firsts;
        match planes.chroma {
            Chroma::Planar(blue, red) => {
                gather(blue.row(chroma.0), blue.row(chroma.1), firsts, cb);
                gather(red.row(chroma.0), red.row(chroma.1), firsts, cr);
            }
            Chroma::Interleaved(both) => {
                gather_both(both.row(chroma.0), both.row(chroma.1), firsts, cb, cr);
            }
        }
    }

    fn blend(&mut self, luma: f32, chroma: f32) {
        let [y, cb, cr] = &self.packed;
        let [y_out, cb_out, cr_out] = &mut self.blended;
        blend(y, &self.luma.weights, luma, y_out);
        blend(cb, &self.chroma.weights, chroma, cb_out);
        blend(cr, &self.chroma.weights, chroma, cr_out);
    }
}

/// Where the centres of output pixels lie on one axis of the picture, in its pixels.
#[derive(Clone, Copy)]
struct Centres {
    start: f64,
    step: f64,
}

impl Centres {
    fn of(start: f32, length: f32, count: u32) -> Self {
        Self {
            start: f64::from(start),
            step: f64::from(length) / f64::from(count),
        }
    }

    fn at(self, index: u32) -> f64 {
        self.start + (f64::from(index) + 0.5) * self.step - 0.5
    }
}

impl Tap {
    /// The neighbours of `position`, repeated at the edges of `0..count`.
    fn at(position: f64, count: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a picture's side is small")]
        let inside = position.clamp(0.0, (count - 1) as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the picture"
        )]
        let first = (inside as usize).min(count.saturating_sub(2));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a weight of 0 to 1"
        )]
        let weight = (inside - first as f64) as f32;
        Self { first, weight }
    }

    const fn pair(self, count: usize) -> (usize, usize) {
        match self.first + 1 < count {
            true => (self.first, self.first + 1),
            false => (self.first, self.first),
        }
    }
}

impl Taps {
    fn of(taps: impl Iterator<Item = Tap>) -> Self {
        let (firsts, weights) = taps.map(|tap| (tap.first, tap.weight)).unzip();
        Self { firsts, weights }
    }
}

/// For each column its four neighbours in one word: upper left, upper right, lower left, lower right.
fn gather(upper: &[u8], lower: &[u8], firsts: &[usize], packed: &mut [u32]) {
    for (first, packed) in firsts.iter().zip(packed) {
        let ([a, b], [c, d]) = (two(upper, *first), two(lower, *first));
        *packed = u32::from_le_bytes([a, b, c, d]);
    }
}

/// As [`gather`], for two channels whose bytes lie in turns.
fn gather_both(upper: &[u8], lower: &[u8], firsts: &[usize], blue: &mut [u32], red: &mut [u32]) {
    for ((first, blue), red) in firsts.iter().zip(blue).zip(red) {
        let ([a, e, b, f], [c, g, d, h]) = (four(upper, 2 * first), four(lower, 2 * first));
        *blue = u32::from_le_bytes([a, b, c, d]);
        *red = u32::from_le_bytes([e, f, g, h]);
    }
}

/// Two neighbouring bytes; the last one twice where nothing is behind it.
fn two(row: &[u8], at: usize) -> [u8; 2] {
    match row.get(at..at + 2) {
        Some(&[a, b]) => [a, b],
        _ => [row[at]; 2],
    }
}

/// Two neighbouring pairs; the last one twice where nothing is behind it.
fn four(row: &[u8], at: usize) -> [u8; 4] {
    match row.get(at..at + 4) {
        Some(&[a, b, c, d]) => [a, b, c, d],
        _ => [row[at], row[at + 1], row[at], row[at + 1]],
    }
}

fn blend(packed: &[u32], weights: &[f32], down: f32, blended: &mut [f32]) {
    for ((packed, across), blended) in packed.iter().zip(weights).zip(blended) {
        let [a, b, c, d] = packed.to_le_bytes().map(f32::from);
        let above = a + (b - a) * across;
        let below = c + (d - c) * across;
        *blended = above + (below - above) * down;
    }
}
