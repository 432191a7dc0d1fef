//! The deciding picture made small: what a weak link carries first.

use image::RgbImage;
use image::imageops::thumbnail;

use super::overlay::{Overlay, draw};
use super::still::{StillError, encode, rgb};
use super::text::Canvas;
use crate::camera::Frame;

/// Most bytes of a preview: six seconds at 32 kbit/s.
pub const MAX_PREVIEW_BYTES: usize = 25_000;
/// Widest a preview is, in pixels; enough to tell a cow from a cart.
const WIDEST: u32 = 640;
/// Tried in this order before the picture is made smaller still.
const QUALITIES: [u8; 4] = [75, 60, 45, 32];

/// The picture with the overlay drawn in, as JPEG of at most [`MAX_PREVIEW_BYTES`].
///
/// # Errors
/// [`StillError`].
pub fn preview_jpeg(frame: &Frame, overlay: &Overlay) -> Result<Vec<u8>, StillError> {
    let whole = rgb(frame)?;
    let mut width = frame.size.width.min(WIDEST);
    loop {
        let small = drawn(&whole, width, overlay, frame);
        for quality in QUALITIES {
            let bytes = encode(&small, quality)?;
            if bytes.len() <= MAX_PREVIEW_BYTES {
                return Ok(bytes);
            }
        }
        // Ends: a picture of a few pixels is a few hundred bytes.
        width = width * 3 / 4;
    }
}

fn drawn(whole: &RgbImage, width: u32, overlay: &Overlay, frame: &Frame) -> RgbImage {
    let height = (frame.size.height * width / frame.size.width.max(1)).max(1);
    let mut small = thumbnail(whole, width.max(1), height);
    draw(&mut Canvas(&mut small), overlay, frame.size);
    small
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::camera::{ColorMatrix, ColorRange, PixelFormat};
    use crate::evidence::still::tests::plain;

    #[test]
    fn a_preview_is_small_whatever_it_shows() {
        let colours = (ColorRange::Limited, ColorMatrix::Bt709);
        for size in [
            (1920, 1080),
            (3840, 2160),
            (640, 480),
            (320, 240),
            (40, 900),
            (1, 1),
        ] {
            let mut frame = plain(size, PixelFormat::I420, colours, [120, 128, 128]);
            // Noise is the worst that a JPEG can meet.
            let mut state = 7_u32;
            let noise = (0..frame.planes[0].data.len()).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            });
            frame.planes[0].data = Bytes::from(noise.collect::<Vec<u8>>());
            let bytes = preview_jpeg(&frame, &Overlay::default()).unwrap();
            assert!(
                bytes.len() <= MAX_PREVIEW_BYTES,
                "{size:?}: {}",
                bytes.len()
            );
            let back = image::load_from_memory(&bytes).unwrap();
            assert!(back.width() <= WIDEST && back.width() >= 1);
        }
    }
}
