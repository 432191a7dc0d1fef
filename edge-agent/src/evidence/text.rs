//! Words and lines on a picture, with a bitmap font that is part of the program.
//!
//! The font is misc-fixed 10×20 (public domain), which has every Vietnamese letter in its composed
//! form. What it lacks (decomposed letters, emoji) is drawn as its replacement glyph.

use std::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Baseline, Text};
use embedded_graphics_unicodefonts::MONO_10X20;
use image::{Rgb, RgbImage};

/// Pictures taller than this get letters of double size.
const TALL: u32 = 900;

/// An RGB picture to draw on; what falls outside is cut off.
pub(super) struct Canvas<'a>(pub(super) &'a mut RgbImage);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            if let (Ok(x), Ok(y)) = (point.x.try_into(), point.y.try_into())
                && let Some(pixel) = self.0.get_pixel_mut_checked(x, y)
            {
                *pixel = Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

impl Canvas<'_> {
    /// Thickness of lines that are seen on a picture of this size, in pixels.
    pub(super) fn stroke(&self) -> u32 {
        (self.0.height() / 240).clamp(1, 6)
    }

    /// Height of a line of text, in pixels.
    pub(super) fn line_height(&self) -> i32 {
        20 * self.text_scale()
    }

    fn text_scale(&self) -> i32 {
        if self.0.height() > TALL { 2 } else { 1 }
    }

    /// Writes a line in white on `background`, its top left at `at`, moved as far as needed to
    /// stay inside the picture.
    pub(super) fn write(&mut self, text: &str, at: Point, background: Rgb888) {
        let scale = self.text_scale();
        let style = MonoTextStyle::new(&MONO_10X20, Rgb888::WHITE);
        let words = Text::with_baseline(text, Point::zero(), style, Baseline::Top);
        let bounds = words.bounding_box();
        let size = bounds.size * scale.unsigned_abs();
        let at = self.inside(at, size);
        let box_style = PrimitiveStyle::with_fill(background);
        // Drawing on memory is infallible.
        let Ok(()) = Rectangle::new(at, size).into_styled(box_style).draw(self);
        let Ok(_) = words.draw(&mut Scaled {
            canvas: self,
            at,
            scale,
        });
    }

    fn inside(&self, at: Point, size: Size) -> Point {
        let room = |picture: u32, wanted: u32| {
            i32::try_from(picture.saturating_sub(wanted)).unwrap_or(i32::MAX)
        };
        let limit = (
            room(self.0.width(), size.width),
            room(self.0.height(), size.height),
        );
        Point::new(at.x.clamp(0, limit.0), at.y.clamp(0, limit.1))
    }
}

/// Draws each pixel as a square, from a place of the canvas on.
struct Scaled<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    at: Point,
    scale: i32,
}

impl Dimensions for Scaled<'_, '_> {
    fn bounding_box(&self) -> Rectangle {
        self.canvas.bounding_box()
    }
}

impl DrawTarget for Scaled<'_, '_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            let corner = self.at + point * self.scale;
            let square = Rectangle::new(corner, Size::new_equal(self.scale.unsigned_abs()));
            square
                .into_styled(PrimitiveStyle::with_fill(colour))
                .draw(self.canvas)?;
        }
        Ok(())
    }
}
