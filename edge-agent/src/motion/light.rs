//! How bright a view is beside its background: a gain, and how the levels differ from it.
//!
//! Clouds multiply all levels alike; a camera's exposure and its tone curve lift what is dark more than what
//! is bright (on a lent street by 1.35 and 1.10 at once). The first pictures of a view, in which a camera
//! exposes anew, are held beside each other level by level; later ones by the gain.
//!
//! Pure. What does not belong here: which pixels are ground.

/// Bands of background levels that have a share of their own,
const BANDS: usize = 6;
/// from this level on, each so wide.
const FIRST_LEVEL: f32 = 20.0;
const BAND: f32 = 37.0;
/// Levels outside are cut off by the camera and say nothing about the light.
const UNCLIPPED: std::ops::RangeInclusive<f32> = 20.0..=240.0;
/// A band says something from this share of all pixels on: a thing that comes must not be most of one.
const LEAST_IN_BAND: f32 = 0.05;
/// So much of all pixels must be ground for any to say something.
const LEAST_GROUND: f32 = 0.05;
/// A band's gain differs from that of all by at most this factor.
const MOST_APART: f32 = 1.25;
/// How fast a band's share follows, in seconds: slower than a thing comes, faster than it stands.
const FOLLOWS: f32 = 2.0;
/// How fast the light that is usual follows, in seconds.
const USUAL: f32 = 60.0;
/// Light changes at once by at most this factor: what is darker or brighter is no light, but
/// something before the lens.
const SUDDEN: f32 = 2.0;
/// Ratios from 1/8 to 8, evenly in their logarithm.
const BINS: usize = 256;
const OCTAVES: f32 = 6.0;

/// The light of a view.
#[derive(Debug)]
pub(super) struct Light {
    gain: f32,
    usual: f32,
    /// Each band's gain as a multiple of the gain of all.
    shares: [f32; BANDS],
    /// What each level would be at the light of the background.
    at_ground: Vec<f32>,
}

impl Light {
    /// As bright as the background.
    pub(super) fn new() -> Self {
        Self {
            gain: 1.0,
            usual: 1.0,
            shares: [1.0; BANDS],
            at_ground: (0..=u8::MAX).map(f32::from).collect(),
        }
    }

    /// Takes a picture in, `dt` seconds after the last one: the level of each pixel that was ground, and
    /// of the ground there, out of so many pixels. Where too few say anything the light is as it was.
    pub(super) fn look(&mut self, dt: f32, ground: impl Iterator<Item = (u8, f32)>, pixels: usize) {
        let mut bands: [Ratios; BANDS] = std::array::from_fn(|_| Ratios::default());
        for (level, slow) in ground {
            let level = f32::from(level);
            if UNCLIPPED.contains(&level)
                && UNCLIPPED.contains(&slow)
                && let Some(band) = bands.get_mut(band_of(slow))
            {
                band.note(level / slow);
            }
        }
        let whole = count(u32::try_from(pixels.max(1)).unwrap_or(u32::MAX));
        let mut all = Ratios::default();
        bands.iter().for_each(|band| all.add(band));
        let share_of = |ratios: &Ratios| count(ratios.total) / whole;
        let Some(gain) = all.middle().filter(|_| share_of(&all) >= LEAST_GROUND) else {
            return;
        };
        self.gain = gain.clamp(self.usual / SUDDEN, self.usual * SUDDEN);
        self.usual += share_in(dt, USUAL) * (self.gain - self.usual);
        for (share, band) in self.shares.iter_mut().zip(&bands) {
            let said = band.middle().filter(|_| share_of(band) >= LEAST_IN_BAND);
            if let Some(ratio) = said {
                let apart = (ratio / self.gain).clamp(1.0 / MOST_APART, MOST_APART);
                *share += share_in(dt, FOLLOWS) * (apart - *share);
            }
        }
        self.turn_round();
    }

    /// How much brighter than its background the view is, on the whole.
    pub(super) const fn gain(&self) -> f32 {
        self.gain
    }

    /// What a level of the picture would be at the light of the background.
    pub(super) fn at_ground(&self, level: u8) -> f32 {
        let known = self.at_ground.get(usize::from(level));
        known.copied().unwrap_or(f32::from(level))
    }

    /// What a level of the background is in the light of now.
    pub(super) fn now(&self, slow: f32) -> f32 {
        let place = ((slow - FIRST_LEVEL) / BAND - 0.5).clamp(0.0, LAST_BAND);
        let (below, part) = (place.floor(), place.fract());
        let share = |place: f32| self.shares.get(index(place)).copied().unwrap_or(1.0);
        let mixed = share(below) + part * (share((below + 1.0).min(LAST_BAND)) - share(below));
        slow * self.gain * mixed
    }

    /// Makes the way back: from a level of now to that of the background. A darker ground is never
    /// brighter in any light.
    fn turn_round(&mut self) {
        let mut ground = 0.0_f32;
        let (mut before, mut now) = (0.0, 0.0_f32);
        let mut turned = Vec::with_capacity(self.at_ground.len());
        for level in (0..=u8::MAX).map(f32::from) {
            while now < level && ground < 4.0 * 255.0 {
                ground += 1.0;
                (before, now) = (now, self.now(ground).max(now));
            }
            let step = (now - before).max(f32::EPSILON);
            let short = ((now - level) / step).clamp(0.0, 1.0);
            turned.push((ground - short).max(0.0));
        }
        self.at_ground = turned;
    }
}

/// How much of the way to a new value is gone after `dt`, both in seconds.
pub(super) fn share_in(dt: f32, constant: f32) -> f32 {
    1.0 - (-dt / constant).exp()
}

/// The place of the last band.
const LAST_BAND: f32 = 5.0;

fn band_of(slow: f32) -> usize {
    index(((slow - FIRST_LEVEL) / BAND).clamp(0.0, LAST_BAND))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never below zero, and no table is that long"
)]
const fn index(place: f32) -> usize {
    place as usize
}

fn count(pixels: u32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
    let count = pixels as f32;
    count
}

/// How often each ratio was seen.
#[derive(Debug)]
struct Ratios {
    counts: [u32; BINS],
    sums: [f32; BINS],
    total: u32,
}

impl Default for Ratios {
    fn default() -> Self {
        Self {
            counts: [0; BINS],
            sums: [0.0; BINS],
            total: 0,
        }
    }
}

impl Ratios {
    fn note(&mut self, ratio: f32) {
        let bin = index(((ratio.log2() / OCTAVES + 0.5) * 256.0).clamp(0.0, 255.0));
        self.counts[bin] += 1;
        self.sums[bin] += ratio;
        self.total += 1;
    }

    fn add(&mut self, other: &Self) {
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            *own += more;
        }
        for (own, more) in self.sums.iter_mut().zip(&other.sums) {
            *own += more;
        }
        self.total += other.total;
    }

    /// The ratio in the middle; none of none.
    fn middle(&self) -> Option<f32> {
        let mut below = 0;
        let bin = self.counts.iter().position(|count| {
            below += count;
            *count > 0 && below * 2 >= self.total
        })?;
        Some(self.sums[bin] / count(self.counts[bin]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A street's tone curve, as it was seen: dark things gain more than bright ones.
    fn exposed(slow: f32) -> f32 {
        let lift = 1.38 - 0.0012 * slow;
        (slow * lift).min(250.0)
    }

    /// Ground of all levels, each as often.
    fn ground(light: impl Fn(f32) -> f32) -> Vec<(u8, f32)> {
        let slow = (0..10_000_u16).map(|number| 20.0 + f32::from(number % 200));
        slow.map(|slow| (light(slow).round().clamp(0.0, 255.0) as u8, slow))
            .collect()
    }

    #[test]
    fn each_level_comes_back_to_what_it_was() {
        let mut light = Light::new();
        for _ in 0..20 {
            light.look(0.4, ground(exposed).into_iter(), 10_000);
        }
        for slow in [40.0, 75.0, 110.0, 150.0, 180.0] {
            let back = light.at_ground(exposed(slow).round() as u8);
            assert!((back - slow).abs() < 4.0, "{slow} came back as {back}");
            let there = light.now(slow);
            assert!((there - exposed(slow)).abs() < 5.0, "{slow} became {there}");
        }
        assert!((light.gain() - 1.25).abs() < 0.06, "{}", light.gain());
    }

    #[test]
    fn a_lamp_and_clouds_are_a_gain_and_no_light_is_none() {
        for gain in [0.7, 1.0, 1.3] {
            let mut light = Light::new();
            light.look(0.4, ground(|slow| slow * gain).into_iter(), 10_000);
            assert!((light.gain() - gain).abs() < 0.02, "{}", light.gain());
            let back = light.at_ground((120.0 * gain).round() as u8);
            assert!((back - 120.0).abs() < 3.0, "{gain}: {back}");
        }
        let mut light = Light::new();
        light.look(0.4, ground(|slow| slow * 1.3).into_iter().take(300), 10_000);
        assert!((light.gain() - 1.0).abs() < 1e-6, "too few say so");
    }

    #[test]
    fn a_thing_that_comes_is_not_taken_for_light() {
        // Six in ten pixels of one band turn dark at once.
        let mut light = Light::new();
        let covered = ground(|slow| slow).into_iter().enumerate();
        let covered = covered.map(|(number, (level, slow))| {
            let hidden = (131.0..168.0).contains(&slow) && number % 10 < 6;
            (if hidden { 60 } else { level }, slow)
        });
        light.look(0.4, covered.collect::<Vec<_>>().into_iter(), 10_000);
        let back = light.at_ground(60);
        assert!((back - 60.0).abs() < 8.0, "it stays dark: {back}");
        let back = light.at_ground(150);
        assert!(
            (back - 150.0).abs() < 12.0,
            "the ground beside it stays: {back}"
        );
    }

    #[test]
    fn no_light_makes_it_fail() {
        for (dt, level, slow) in [(0.0, 255, 20.0), (1e9, 20, 240.0), (0.4, 240, 20.0)] {
            let mut light = Light::new();
            for _ in 0..50 {
                light.look(dt, std::iter::repeat_n((level, slow), 100), 100);
            }
            assert!(light.gain().is_finite() && light.gain() > 0.0);
            assert!((0..=u8::MAX).all(|level| light.at_ground(level).is_finite()));
        }
    }
}
