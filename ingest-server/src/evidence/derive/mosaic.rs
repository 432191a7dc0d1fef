//! Makes areas of a picture unrecognisable: coarse blocks, each of one colour, its mean.
//!
//! A block is at least a sixth of its area's longer side: of a plate in a car's lower part two or three
//! blocks remain, of a head six. What is left of letters in such a mean cannot be told from noise.

use super::area::Area;

/// Smallest block, in pixels.
const MIN_BLOCK: usize = 16;
/// Most blocks along an area's longer side.
const BLOCKS: usize = 6;

/// One channel of a picture.
pub(super) struct Channel<'a> {
    pub(super) data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub(super) stride: usize,
    /// Bytes from one value to the next in a row.
    pub(super) step: usize,
    /// Byte of the first value.
    pub(super) offset: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    /// How many times narrower and lower it is than the picture: 2 of chroma in 4:2:0.
    pub(super) shrunk: usize,
}

/// Covers an area in one channel. Channels of one picture get the same blocks.
pub(super) fn cover(channel: &mut Channel<'_>, area: Area) {
    let (x0, x1) = pixels(area.x0, area.x1, channel.width);
    let (y0, y1) = pixels(area.y0, area.y1, channel.height);
    let longer = (x1 - x0).max(y1 - y0);
    let block = longer
        .div_ceil(BLOCKS)
        .max(MIN_BLOCK / channel.shrunk.max(1))
        .max(1);
    for top in (y0..y1).step_by(block) {
        for left in (x0..x1).step_by(block) {
            flatten(
                channel,
                (left, (left + block).min(x1)),
                (top, (top + block).min(y1)),
            );
        }
    }
}

/// The pixels that an interval touches at all, one more on either side.
fn pixels(from: f32, to: f32, length: usize) -> (usize, usize) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a float becomes the nearest pixel within the picture"
    )]
    let pixel = |share: f32| (share.clamp(0.0, 1.0) * length as f32) as usize;
    let start = pixel(from).saturating_sub(1).min(length);
    (start, (pixel(to) + 2).clamp(start, length))
}

fn flatten(channel: &mut Channel<'_>, (x0, x1): (usize, usize), (y0, y1): (usize, usize)) {
    let (mut sum, mut count) = (0_u64, 0_u64);
    each(channel, (x0, x1), (y0, y1), |value| {
        sum += u64::from(*value);
        count += 1;
    });
    let mean = u8::try_from(sum.checked_div(count).unwrap_or_default()).unwrap_or(u8::MAX);
    each(channel, (x0, x1), (y0, y1), |value| *value = mean);
}

fn each(
    channel: &mut Channel<'_>,
    (x0, x1): (usize, usize),
    (y0, y1): (usize, usize),
    mut act: impl FnMut(&mut u8),
) {
    for y in y0..y1 {
        let start = y * channel.stride + channel.offset;
        for x in x0..x1 {
            if let Some(value) = channel.data.get_mut(start + x * channel.step) {
                act(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_becomes_blocks_and_the_rest_stays() {
        let (width, height) = (200, 100);
        let mut data: Vec<u8> = (0..width * height).map(|at| (at * 7 % 251) as u8).collect();
        let before = data.clone();
        let mut channel = Channel {
            data: &mut data,
            stride: width,
            step: 1,
            offset: 0,
            width,
            height,
            shrunk: 1,
        };
        let area = Area {
            x0: 0.25,
            y0: 0.2,
            x1: 0.75,
            y1: 0.8,
        };
        cover(&mut channel, area);
        let inside: std::collections::BTreeSet<u8> = (22..78)
            .flat_map(|y| data[y * width + 52..y * width + 148].to_vec())
            .collect();
        // 6 × 4 blocks at most.
        assert!(inside.len() <= 24, "{}", inside.len());
        for (at, (new, old)) in data.iter().zip(&before).enumerate() {
            let (x, y) = (at % width, at / width);
            if !(48..=152).contains(&x) || !(18..=82).contains(&y) {
                assert_eq!(new, old, "{x}, {y}");
            }
        }
    }

    #[test]
    fn areas_at_the_edge_and_of_no_size_are_no_fault() {
        let mut data = vec![3; 16 * 16 * 3];
        for area in [
            Area {
                x0: 0.9,
                y0: 0.9,
                x1: 1.5,
                y1: 7.0,
            },
            Area {
                x0: 0.5,
                y0: 0.5,
                x1: 0.5,
                y1: 0.5,
            },
            Area {
                x0: 0.8,
                y0: 0.8,
                x1: 0.1,
                y1: 0.1,
            },
            Area {
                x0: f32::NAN,
                y0: 0.0,
                x1: 1.0,
                y1: f32::NAN,
            },
        ] {
            let mut channel = Channel {
                data: &mut data,
                stride: 48,
                step: 3,
                offset: 1,
                width: 16,
                height: 16,
                shrunk: 1,
            };
            cover(&mut channel, area);
        }
        assert!(data.iter().all(|value| *value == 3));
    }
}
