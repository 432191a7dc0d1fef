//! Where a picture, or a window of it, lies in a model's input: scaled as a whole and the rest padded,
//! or stretched.

use super::request::Window;
use crate::config::{InputSpec, Placement};
use crate::geometry::{PictureSize, PixelBox};

/// The map between a picture, or a window of it, and a model's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letterbox {
    /// The picture.
    pub source: PictureSize,
    /// The part of it that the model is shown, in its pixels; inside it.
    pub window: PixelBox,
    /// Input pixels per picture pixel, across.
    pub scale_x: f32,
    /// Input pixels per picture pixel, down. The same as across unless the picture is stretched.
    pub scale_y: f32,
    /// First column of the picture in the input.
    pub left: u32,
    /// First row of the picture in the input.
    pub top: u32,
    /// Columns of the picture in the input.
    pub width: u32,
    /// Rows of the picture in the input.
    pub height: u32,
}

impl Letterbox {
    /// Fits a picture into a model's input.
    #[must_use]
    pub fn fit(source: PictureSize, input: &InputSpec) -> Self {
        Self::fit_window(source, Window::Whole, input)
    }

    /// Fits a window of a picture into a model's input. The window is clipped to the picture; one
    /// that has less than a pixel in it, or a side that is no number, is as good as the whole picture.
    #[must_use]
    pub fn fit_window(source: PictureSize, window: Window, input: &InputSpec) -> Self {
        let window = inside(window, source);
        let (source_width, source_height) = (window.w, window.h);
        let room = PictureSize {
            width: input.width,
            height: input.height,
        };
        let (room_width, room_height) = room.as_f32();
        if input.placement == Placement::Stretch {
            return Self {
                source,
                window,
                scale_x: room_width / source_width,
                scale_y: room_height / source_height,
                left: 0,
                top: 0,
                width: input.width,
                height: input.height,
            };
        }
        let scale = (room_width / source_width).min(room_height / source_height);
        let width = side(source_width * scale, input.width);
        let height = side(source_height * scale, input.height);
        let (left, top) = match input.placement {
            Placement::TopLeft | Placement::Stretch => (0, 0),
            Placement::Centre => ((input.width - width) / 2, (input.height - height) / 2),
        };
        Self {
            source,
            window,
            scale_x: scale,
            scale_y: scale,
            left,
            top,
            width,
            height,
        }
    }

    /// A box of the input, given by middle and size, in pixels of the picture and clipped to the
    /// window: what is outside was not seen.
    #[must_use]
    pub fn to_source(&self, cx: f32, cy: f32, w: f32, h: f32) -> PixelBox {
        let (left, top) = PictureSize {
            width: self.left,
            height: self.top,
        }
        .as_f32();
        let window = &self.window;
        let x = (cx - w / 2.0 - left) / self.scale_x;
        let y = (cy - h / 2.0 - top) / self.scale_y;
        let right = (x + w / self.scale_x).clamp(0.0, window.w);
        let bottom = (y + h / self.scale_y).clamp(0.0, window.h);
        let (x, y) = (x.clamp(0.0, window.w), y.clamp(0.0, window.h));
        PixelBox {
            x: window.x + x,
            y: window.y + y,
            w: (right - x).max(0.0),
            h: (bottom - y).max(0.0),
        }
    }
}

/// The part of a window that is in the picture, or all of the picture.
fn inside(window: Window, source: PictureSize) -> PixelBox {
    if let Window::Part(part) = window {
        let clipped = part.clipped(source);
        let sides = [clipped.x, clipped.y, clipped.w, clipped.h];
        if sides.iter().all(|side| side.is_finite()) && clipped.w >= 1.0 && clipped.h >= 1.0 {
            return clipped;
        }
    }
    let (w, h) = source.as_f32();
    PixelBox {
        x: 0.0,
        y: 0.0,
        w,
        h,
    }
}

/// YOLOX truncates (`int(w * r)`), and so do we, so that pixels lie where they lay in training. The
/// small amount keeps 416/640·640 from becoming 415.
fn side(scaled: f32, room: u32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "truncation is meant; a picture's side is positive and small"
    )]
    let truncated = (scaled + 1e-3) as u32;
    truncated.clamp(1, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Catalogue;

    #[test]
    fn boxes_come_back_where_they_were() {
        let mut input = Catalogue::built_in()
            .unwrap()
            .model("yolox-nano")
            .unwrap()
            .input
            .clone();
        for placement in [Placement::TopLeft, Placement::Centre, Placement::Stretch] {
            input.placement = placement;
            for (width, height) in [(640, 352), (768, 432), (576, 996), (416, 416), (1601, 1201)] {
                let fitted = Letterbox::fit(PictureSize { width, height }, &input);
                assert!(fitted.left + fitted.width <= 416 && fitted.top + fitted.height <= 416);
                let (left, top) = (fitted.left as f32, fitted.top as f32);
                let (cx, cy) = (left + 50.0 * fitted.scale_x, top + 60.0 * fitted.scale_y);
                let back = fitted.to_source(cx, cy, 20.0 * fitted.scale_x, 10.0 * fitted.scale_y);
                for (found, wanted) in [
                    (back.x, 40.0),
                    (back.y, 55.0),
                    (back.w, 20.0),
                    (back.h, 10.0),
                ] {
                    assert!((found - wanted).abs() < 0.01, "{found} is not {wanted}");
                }
            }
        }
    }

    #[test]
    fn a_window_is_mapped_back_to_the_picture_and_clipped_to_itself() {
        let input = &Catalogue::built_in().unwrap().models[0].input;
        let source = PictureSize {
            width: 1920,
            height: 1080,
        };
        let window = PixelBox {
            x: 1700.0,
            y: 300.0,
            w: 400.0,
            h: 220.0,
        };
        let fitted = Letterbox::fit_window(source, Window::Part(window), input);
        assert_eq!(
            (fitted.window.x, fitted.window.w, fitted.window.h),
            (1700.0, 220.0, 220.0)
        );
        let (left, top) = (fitted.left as f32, fitted.top as f32);
        let at = |x: f32, y: f32| (left + x * fitted.scale_x, top + y * fitted.scale_y);
        let (cx, cy) = at(100.0, 50.0);
        let back = fitted.to_source(cx, cy, 20.0 * fitted.scale_x, 10.0 * fitted.scale_y);
        assert!(
            (back.x - 1790.0).abs() < 0.01 && (back.y - 345.0).abs() < 0.01,
            "{back:?}"
        );
        let (cx, cy) = at(0.0, 0.0);
        let cut = fitted.to_source(cx, cy, 20.0 * fitted.scale_x, 10.0 * fitted.scale_y);
        assert!(
            (cut.x - 1700.0).abs() < 0.01 && (cut.w - 10.0).abs() < 0.01,
            "{cut:?}"
        );
        for nothing in [
            PixelBox::default(),
            PixelBox {
                x: f32::NAN,
                y: 0.0,
                w: 9.0,
                h: 9.0,
            },
        ] {
            assert_eq!(
                Letterbox::fit_window(source, Window::Part(nothing), input),
                Letterbox::fit(source, input)
            );
        }
    }

    #[test]
    fn the_fitted_side_is_whole() {
        let input = Catalogue::built_in()
            .unwrap()
            .model("yolox-nano")
            .unwrap()
            .input
            .clone();
        let fitted = Letterbox::fit(
            PictureSize {
                width: 640,
                height: 352,
            },
            &input,
        );
        assert_eq!((fitted.width, fitted.height), (416, 228));
    }
}
