//! A time code in the corner, as cameras burn in: the picture's number in black and white squares,
//! so that a test knows which picture it holds after any encoding.

use tiny_skia::{Pixmap, Transform};

use super::WIDTH;
use super::brush::{fill, rectangle, rgb};

/// Side of a square in pixels; the middle survives strong compression.
const SQUARE: usize = 14;
/// Distance from the picture's edges.
const MARGIN: usize = 8;
/// Bits of the number.
const BITS: usize = 12;
/// Where the first square begins: the top right corner, since captions are drawn at the left.
const LEFT: usize = WIDTH as usize - MARGIN - SQUARE * (BITS + 3);

/// The squares: one white, one black, the number from its highest bit, its parity.
fn squares(number: u32) -> impl Iterator<Item = bool> {
    let bits = (0..BITS).rev().map(move |bit| number >> bit & 1 == 1);
    [true, false]
        .into_iter()
        .chain(bits)
        .chain([parity(number)])
}

fn parity(number: u32) -> bool {
    number.count_ones() % 2 == 1
}

/// Draws the number.
pub(super) fn draw(on: &mut Pixmap, number: u32) {
    let mut left = LEFT;
    for white in squares(number) {
        let (top, side) = (pixels(MARGIN), pixels(SQUARE));
        let color = if white {
            rgb(235, 235, 235)
        } else {
            rgb(20, 20, 20)
        };
        let x = pixels(left);
        if let Some(square) = rectangle(x, top, x + side, top + side) {
            fill(on, &square, color, Transform::identity());
        }
        left += SQUARE;
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a picture has a few thousand pixels"
)]
const fn pixels(count: usize) -> f32 {
    count as f32
}

/// Reads the number out of a picture of one byte a pixel, [`WIDTH`] wide; none where there is none.
#[must_use]
pub fn read(grey: &[u8]) -> Option<u32> {
    let middle = SQUARE / 2;
    let square = |index: usize| {
        let at = (MARGIN + middle) * WIDTH as usize + LEFT + middle + index * SQUARE;
        grey.get(at).map(|level| *level > 127)
    };
    if (square(0)?, square(1)?) != (true, false) {
        return None;
    }
    let mut number = 0;
    for bit in 0..BITS {
        number = number << 1 | u32::from(square(2 + bit)?);
    }
    (square(2 + BITS)? == parity(number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{HEIGHT, PICTURES_PER_SECOND, Picture, Renderer, Storyboard};
    use super::*;

    fn grey(picture: &Picture) -> Vec<u8> {
        picture.rgba.chunks_exact(4).map(|pixel| pixel[1]).collect()
    }

    #[test]
    fn the_number_is_read_from_the_noisy_picture() {
        let storyboard = Storyboard::street();
        let renderer = Renderer::of(&storyboard);
        for number in [0, 1, 9, 255, 400] {
            let at = Duration::from_secs(1) * number / PICTURES_PER_SECOND;
            assert_eq!(read(&grey(&renderer.picture(at))), Some(number));
        }
    }

    #[test]
    fn a_picture_without_one_has_none() {
        assert_eq!(read(&vec![90; (WIDTH * HEIGHT) as usize]), None);
        assert_eq!(read(&[]), None);
    }
}
