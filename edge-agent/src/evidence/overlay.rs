//! The still with what the rule saw drawn in: zone, line and lamp, boxes with labels, camera and time.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Line, PrimitiveStyle, Rectangle};
use image::RgbImage;

use super::still::{EXPLANATION, StillError, encode, rgb};
use super::text::Canvas;
use crate::camera::Frame;
use crate::geometry::{NormPoint, PictureSize, PixelBox, PixelPoint};

/// Boxes: dark enough for white letters, seen on asphalt and on grass.
const BOX: Rgb888 = Rgb888::new(200, 30, 45);
/// Zone outline.
const ZONE: Rgb888 = Rgb888::new(20, 130, 190);
/// A line that is crossed, and a lamp that is read.
const LINE: Rgb888 = Rgb888::new(225, 120, 0);
/// Behind the caption.
const CAPTION: Rgb888 = Rgb888::new(0, 0, 0);

/// What to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlay {
    /// Camera and time, in words; top left.
    pub caption: String,
    /// The zone's corners in fractions of the picture; empty for none.
    pub zone: Vec<NormPoint>,
    /// The line that the rule watches, from one end to the other in fractions of the picture.
    pub line: Option<[NormPoint; 2]>,
    /// The traffic signal that the rule goes by.
    pub lamp: Option<OverlayLamp>,
    /// Where the objects came along, one way each, in pixels of the picture.
    pub trails: Vec<Vec<PixelPoint>>,
    /// The objects.
    pub boxes: Vec<OverlayBox>,
}

/// One traffic signal.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayLamp {
    /// Its head's corners in fractions of the picture.
    pub outline: Vec<NormPoint>,
    /// What stands at it, e.g. `main red`.
    pub label: String,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayBox {
    /// Where, in pixels of the picture.
    pub bbox: PixelBox,
    /// What it is said to be.
    pub label: Label,
}

/// What stands at a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The class, e.g. `car`.
    pub class: String,
    /// Its score, 0 to 1.
    pub score: f32,
    /// Its track's number, where it has one.
    pub track: Option<u64>,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:.2}", self.class, self.score)?;
        self.track.map_or(Ok(()), |track| write!(f, " #{track}"))
    }
}

/// The picture as JPEG, full size, with the overlay drawn in.
///
/// # Errors
/// [`StillError`].
pub fn overlay_jpeg(frame: &Frame, overlay: &Overlay) -> Result<Vec<u8>, StillError> {
    encode(&annotate(frame, overlay)?, EXPLANATION)
}

/// The picture as 8-bit RGB, full size, with the overlay drawn in.
///
/// # Errors
/// [`StillError::Layout`].
pub fn annotate(frame: &Frame, overlay: &Overlay) -> Result<RgbImage, StillError> {
    let mut picture = rgb(frame)?;
    draw(&mut Canvas(&mut picture), overlay, frame.size);
    Ok(picture)
}

/// Draws what is said of a picture of `size` onto that picture, which may have been made smaller.
pub(super) fn draw(canvas: &mut Canvas<'_>, overlay: &Overlay, size: PictureSize) {
    let stroke = canvas.stroke();
    let shown = canvas.size();
    let (width, height) = size.as_f32();
    let scaled = |x: f32, y: f32| {
        // Farther out nothing is seen.
        let far = -4096..=8192;
        let side = |share: f32, pixels: u32| {
            whole(share * pixels.saturating_sub(1) as f32).clamp(*far.start(), *far.end())
        };
        Point::new(side(x / width, shown.width), side(y / height, shown.height))
    };
    let placed = |points: &[NormPoint]| -> Vec<Point> {
        let points = points.iter();
        let points = points.map(|point| scaled(point.x * width, point.y * height));
        points.collect()
    };
    draw_outline(
        canvas,
        &placed(&overlay.zone),
        PrimitiveStyle::with_stroke(ZONE, stroke),
    );
    let line_style = PrimitiveStyle::with_stroke(LINE, stroke);
    if let Some([from, to]) = &overlay.line {
        let (from, to) = (placed(&[*from]), placed(&[*to]));
        for (from, to) in from.iter().zip(&to) {
            draw_line(canvas, *from, *to, line_style);
        }
    }
    if let Some(lamp) = &overlay.lamp {
        let corners = placed(&lamp.outline);
        draw_outline(canvas, &corners, line_style);
        let below = corners.iter().map(|corner| corner.y).max();
        let left = corners.iter().map(|corner| corner.x).min();
        if let (Some(x), Some(y)) = (left, below) {
            canvas.write(&lamp.label, Point::new(x, y), LINE);
        }
    }
    let frame_style = PrimitiveStyle::with_stroke(BOX, stroke);
    for trail in &overlay.trails {
        for (from, to) in trail.iter().zip(trail.iter().skip(1)) {
            let (from, to) = (scaled(from.x, from.y), scaled(to.x, to.y));
            draw_line(canvas, from, to, frame_style);
        }
    }
    for object in &overlay.boxes {
        let inside = object.bbox.clipped(size);
        let corner = scaled(inside.x, inside.y);
        let opposite = scaled(inside.x + inside.w, inside.y + inside.h);
        let extent = Size::new(
            (opposite.x - corner.x).unsigned_abs(),
            (opposite.y - corner.y).unsigned_abs(),
        );
        // Drawing on memory is infallible.
        let Ok(()) = Rectangle::new(corner, extent)
            .into_styled(frame_style)
            .draw(canvas);
        let above = Point::new(corner.x, corner.y - canvas.line_height());
        canvas.write(&object.label.to_string(), above, BOX);
    }
    if !overlay.caption.is_empty() {
        canvas.write(&overlay.caption, Point::zero(), CAPTION);
    }
}

fn draw_outline(canvas: &mut Canvas<'_>, corners: &[Point], style: PrimitiveStyle<Rgb888>) {
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        draw_line(canvas, *from, *to, style);
    }
}

/// Draws a line piece by piece: the arithmetic of thick lines overflows on long ones.
fn draw_line(canvas: &mut Canvas<'_>, from: Point, to: Point, style: PrimitiveStyle<Rgb888>) {
    const LONGEST: i32 = 256;
    let (across, down) = (to.x - from.x, to.y - from.y);
    let pieces = across.abs().max(down.abs()) / LONGEST + 1;
    let at = |piece: i32| {
        Point::new(
            from.x + across * piece / pieces,
            from.y + down * piece / pieces,
        )
    };
    for piece in 0..pieces {
        let Ok(()) = Line::new(at(piece), at(piece + 1))
            .into_styled(style)
            .draw(canvas);
    }
}

fn whole(value: f32) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; what is outside is cut off"
    )]
    let whole = value.round() as i32;
    whole
}

#[cfg(test)]
#[path = "overlay_tests.rs"]
mod tests;
