//! What ails a camera whose stream goes on: its pictures, before they are encoded.

use std::time::Duration;

use crate::rendered_scene::{HEIGHT, PICTURES_PER_SECOND, Picture, WIDTH};

/// What ails a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ailment {
    /// Nothing.
    None,
    /// It sends its first picture again and again.
    Stuck,
    /// A plain surface is before the lens.
    Covered,
    /// It is out of focus.
    Soft,
    /// It was pushed aside, by a tenth of the picture's width.
    Nudged,
    /// It sends one picture a second.
    Slow,
    /// Its iris is shut: nearly black, and a little of everything is there.
    Dark,
}

/// Level of a plain surface.
const PLAIN: u8 = 96;
/// A dark picture's levels are so much lower.
const DARKER: u8 = 8;
/// Half the side of the square that a point of a soft picture is spread over.
const SPREAD: usize = 8;
/// Bytes of a pixel.
const PIXEL: usize = 4;

impl Ailment {
    /// Whether the camera sends the picture of that number.
    pub(super) fn sends(self, number: u64) -> bool {
        match self {
            Self::Slow => number.is_multiple_of(u64::from(PICTURES_PER_SECOND)),
            _ => true,
        }
    }

    /// When the scene is seen that its picture of that time shows.
    pub(super) const fn seen_at(self, at: Duration) -> Duration {
        match self {
            Self::Stuck => Duration::ZERO,
            _ => at,
        }
    }

    /// What is left of a picture.
    pub(super) fn suffered(self, picture: Picture) -> Picture {
        let mut rgba = picture.rgba;
        match self {
            Self::None | Self::Stuck | Self::Slow => {}
            Self::Covered => {
                // A little of the sensor's noise is left.
                for sample in &mut rgba {
                    *sample = PLAIN + *sample % 3;
                }
            }
            Self::Soft => {
                let (width, height) = (WIDTH as usize, HEIGHT as usize);
                for row in 0..height {
                    spread(&mut rgba, row * width * PIXEL, PIXEL, width);
                }
                for column in 0..width {
                    spread(&mut rgba, column * PIXEL, width * PIXEL, height);
                }
            }
            Self::Dark => {
                for sample in &mut rgba {
                    *sample /= DARKER;
                }
            }
            Self::Nudged => {
                let row = WIDTH as usize * PIXEL;
                for row in rgba.chunks_exact_mut(row) {
                    row.rotate_left(row.len() / PIXEL / 10 * PIXEL);
                }
            }
        }
        Picture { rgba }
    }
}

/// Replaces each of `count` pixels, `step` bytes apart, by the mean around it.
fn spread(rgba: &mut [u8], first: usize, step: usize, count: usize) {
    for channel in 0..3 {
        let before: Vec<u32> = (0..count)
            .map(|at| u32::from(rgba[first + at * step + channel]))
            .collect();
        let level = |at: isize| {
            let last = count.saturating_sub(1);
            before[usize::try_from(at).unwrap_or(0).min(last)]
        };
        let reach = SPREAD.cast_signed();
        let mut sum: u32 = (-reach..=reach).map(level).sum();
        for at in 0..count {
            let mean = sum / (2 * u32::try_from(SPREAD).unwrap_or(0) + 1);
            rgba[first + at * step + channel] = u8::try_from(mean).unwrap_or(u8::MAX);
            let here = at.cast_signed();
            sum = sum + level(here + reach + 1) - level(here - reach);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendered_scene::{Renderer, Storyboard};

    fn levels(ailment: Ailment) -> Vec<u8> {
        let storyboard = Storyboard::street();
        let renderer = Renderer::of(&storyboard);
        let seen = renderer.picture(ailment.seen_at(Duration::from_secs(2)));
        ailment.suffered(seen).rgba
    }

    fn contrast(rgba: &[u8]) -> f64 {
        let greens: Vec<f64> = rgba.chunks_exact(4).map(|pixel| pixel[1].into()).collect();
        let count = greens.len() as f64;
        let mean = greens.iter().sum::<f64>() / count;
        (greens.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / count).sqrt()
    }

    #[test]
    fn each_ailment_does_what_it_says() {
        let well = levels(Ailment::None);
        assert!(contrast(&well) > 20.0);
        assert!(contrast(&levels(Ailment::Covered)) < 2.0);
        assert_ne!(levels(Ailment::Stuck), well, "another moment");
        let soft = levels(Ailment::Soft);
        let roughness = |rgba: &[u8]| -> u64 {
            let pairs = rgba.chunks_exact(4).zip(rgba.chunks_exact(4).skip(1));
            pairs.map(|(a, b)| u64::from(a[1].abs_diff(b[1]))).sum()
        };
        assert!(roughness(&soft) * 4 < roughness(&well));
        let dark = contrast(&levels(Ailment::Dark));
        assert!((3.0..12.0).contains(&dark), "{dark}: neither plain nor lit");
        let nudged = levels(Ailment::Nudged);
        assert_eq!(nudged[..4], well[96 * 4..97 * 4]);
        let sent = (0..20)
            .filter(|number| Ailment::Slow.sends(*number))
            .count();
        assert_eq!(sent, 2);
    }
}
