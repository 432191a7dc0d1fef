//! Boxes and points: pixel coordinates apart from normalised ones, so that they cannot mix.
//!
//! What does not belong here: zones (`scene`), letterboxing (`detect`).

use contract::v1::NormBox;

/// A picture's size in pixels; both sides at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureSize {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Pixels of `to` for one of `from`, across and down.
fn ratio(from: PictureSize, to: PictureSize) -> (f32, f32) {
    let ((from_x, from_y), (to_x, to_y)) = (from.as_f32(), to.as_f32());
    (to_x / from_x, to_y / from_y)
}

/// A point in pixels of the source picture; origin top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelPoint {
    /// Pixels from the left.
    pub x: f32,
    /// Pixels from the top.
    pub y: f32,
}

impl PixelPoint {
    /// The same place in the same picture of another size.
    #[must_use]
    pub fn resized(&self, from: PictureSize, to: PictureSize) -> Self {
        let (across, down) = ratio(from, to);
        Self {
            x: self.x * across,
            y: self.y * down,
        }
    }
}

/// A point in fractions of the picture, 0 to 1; origin top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormPoint {
    /// Fraction from the left.
    pub x: f32,
    /// Fraction from the top.
    pub y: f32,
}

/// A box in pixels of the source picture; origin top left; width and height not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PixelBox {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// A box this near to the picture's edge, in pixels, may be cut off by it.
const EDGE: f32 = 2.0;

impl PixelBox {
    /// Area in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.w * self.h
    }

    /// Area shared with `other`, in square pixels.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> f32 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Intersection over union, 0 to 1; 0 where both are empty.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// The middle.
    #[must_use]
    pub fn centre(&self) -> PixelPoint {
        PixelPoint {
            x: self.x + self.w / 2.0,
            y: self.y + self.h / 2.0,
        }
    }

    /// The middle of the lower edge: where a thing on the ground stands.
    #[must_use]
    pub fn bottom_centre(&self) -> PixelPoint {
        PixelPoint {
            x: self.x + self.w / 2.0,
            y: self.y + self.h,
        }
    }

    /// The same place in the same picture of another size.
    #[must_use]
    pub fn resized(&self, from: PictureSize, to: PictureSize) -> Self {
        let (across, down) = ratio(from, to);
        Self {
            x: self.x * across,
            y: self.y * down,
            w: self.w * across,
            h: self.h * down,
        }
    }

    /// Whether the picture's edge may cut it off: what it shows of a thing's size, and where it stands, is not to be
    /// believed.
    #[must_use]
    pub fn is_cut_off(&self, size: PictureSize) -> bool {
        let (width, height) = size.as_f32();
        self.x < EDGE
            || self.y < EDGE
            || self.x + self.w > width - EDGE
            || self.y + self.h > height - EDGE
    }

    /// The part inside the picture.
    #[must_use]
    pub fn clipped(&self, size: PictureSize) -> Self {
        let (width, height) = size.as_f32();
        let x = self.x.clamp(0.0, width);
        let y = self.y.clamp(0.0, height);
        let right = (self.x + self.w).clamp(0.0, width);
        let bottom = (self.y + self.h).clamp(0.0, height);
        Self {
            x,
            y,
            w: (right - x).max(0.0),
            h: (bottom - y).max(0.0),
        }
    }

    /// In fractions of the picture, clipped to it.
    #[must_use]
    pub fn normalised(&self, size: PictureSize) -> NormBox {
        let (width, height) = size.as_f32();
        let inside = self.clipped(size);
        NormBox {
            x: inside.x / width,
            y: inside.y / height,
            w: inside.w / width,
            h: inside.h / height,
        }
    }
}

impl PixelPoint {
    /// In fractions of the picture.
    #[must_use]
    pub fn normalised(&self, size: PictureSize) -> NormPoint {
        let (width, height) = size.as_f32();
        NormPoint {
            x: self.x / width,
            y: self.y / height,
        }
    }
}

impl PictureSize {
    /// Width and height for arithmetic; exact up to 2²⁴.
    #[must_use]
    pub fn as_f32(self) -> (f32, f32) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "no camera has 16 million pixels a side"
        )]
        let pair = (self.width as f32, self.height as f32);
        pair
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn pixel_box(x: f32, y: f32, w: f32, h: f32) -> PixelBox {
        PixelBox { x, y, w, h }
    }

    #[test]
    fn iou_of_known_boxes() {
        let a = pixel_box(0.0, 0.0, 10.0, 10.0);
        assert_eq!(a.iou(&a), 1.0);
        assert_eq!(a.iou(&pixel_box(20.0, 0.0, 5.0, 5.0)), 0.0);
        assert!((a.iou(&pixel_box(5.0, 0.0, 10.0, 10.0)) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(PixelBox::default().iou(&PixelBox::default()), 0.0);
    }

    #[test]
    fn normalising_clips_to_the_picture() {
        let size = PictureSize {
            width: 100,
            height: 50,
        };
        let norm = pixel_box(-10.0, 25.0, 60.0, 100.0).normalised(size);
        assert_eq!((norm.x, norm.y, norm.w, norm.h), (0.0, 0.5, 0.5, 0.5));
    }
}
