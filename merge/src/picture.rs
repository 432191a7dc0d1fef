//! Pictures that were sent twice: by their bytes, or by what they show.
//!
//! The perceptual hash is that of the low frequencies of a 32 × 32 grey picture (discrete cosine
//! transform; Zauner 2010): it survives scaling and recompression, not another viewpoint.

use std::f64::consts::PI;

use crate::level::Level;
use crate::witness::Picture;

/// Side of the grey picture.
pub const SIDE: usize = 32;
/// Side of the block of low frequencies.
const LOW: usize = 8;
/// Bits apart up to which two pictures are copies.
const COPY: u32 = 6;
/// Bits apart up to which they are like each other.
const LIKE: u32 = 10;

/// The perceptual hash of a grey picture, row by row.
#[must_use]
pub fn perceptual(grey: &[u8; SIDE * SIDE]) -> u64 {
    let mut low = [0.0; LOW * LOW];
    for (index, value) in low.iter_mut().enumerate() {
        // The first row and column are brightness and gradients, which lamps change.
        let (u, v) = (index / LOW + 1, index % LOW + 1);
        *value = frequency(grey, u, v);
    }
    let mut sorted = low;
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[LOW * LOW / 2 - 1], sorted[LOW * LOW / 2]);
    low.iter()
        .fold(0, |hash, value| hash << 1 | u64::from(*value > median))
}

fn frequency(grey: &[u8; SIDE * SIDE], u: usize, v: usize) -> f64 {
    let wave = |at: usize, frequency: usize| {
        let turns = (2 * at + 1) as f64 * frequency as f64 / (2 * SIDE) as f64;
        (PI * turns).cos()
    };
    grey.iter()
        .enumerate()
        .map(|(at, value)| f64::from(*value) * wave(at / SIDE, u) * wave(at % SIDE, v))
        .sum()
}

/// The strongest likeness of any two pictures; none where nothing is alike, which says nothing:
/// two people seldom stand at the same spot.
#[must_use]
pub fn compare(a: &[Picture], b: &[Picture]) -> Option<Level> {
    a.iter()
        .flat_map(|left| b.iter().filter_map(|right| pair(left, right)))
        .min()
}

fn pair(a: &Picture, b: &Picture) -> Option<Level> {
    if a.sha256.eq_ignore_ascii_case(&b.sha256) {
        return Some(Level::PictureIdentical);
    }
    match (a.perceptual? ^ b.perceptual?).count_ones() {
        0..=COPY => Some(Level::PictureCopy),
        apart if apart <= LIKE => Some(Level::PictureLike),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(shift: usize, gain: f64) -> [u8; SIDE * SIDE] {
        let mut grey = [0; SIDE * SIDE];
        for (at, value) in grey.iter_mut().enumerate() {
            let (y, x) = (at / SIDE, at % SIDE + shift);
            let light = (x * x / 3 + y * 7 + (x / 5) * (y / 4) * 11) % 200;
            *value = (light as f64 * gain) as u8;
        }
        grey
    }

    #[test]
    fn a_darker_copy_hashes_alike_and_another_scene_does_not() {
        let original = perceptual(&scene(0, 1.0));
        let darker = perceptual(&scene(0, 0.8));
        let other = perceptual(&scene(9, 1.0));
        assert!((original ^ darker).count_ones() <= COPY);
        assert!((original ^ other).count_ones() > LIKE);
    }

    #[test]
    fn bytes_count_before_looks() {
        let picture = |sha: &str, perceptual| Picture {
            sha256: sha.to_owned(),
            perceptual,
        };
        let original = picture("aa", Some(0));
        for (other, expected) in [
            (picture("AA", None), Some(Level::PictureIdentical)),
            (picture("bb", Some(0b11_1111)), Some(Level::PictureCopy)),
            (picture("bb", Some(0x3ff)), Some(Level::PictureLike)),
            (picture("bb", Some(0x7ff)), None),
            (picture("bb", None), None),
        ] {
            let both = [picture("cc", Some(u64::MAX)), other];
            assert_eq!(compare(std::slice::from_ref(&original), &both), expected);
        }
    }
}
