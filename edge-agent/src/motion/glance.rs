//! One picture by itself: brightness, focus, and a hash to know the view by.

use super::cv;
use super::error::MotionError;
use super::luma::LumaPicture;

/// What one picture says of the camera that took it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glance {
    /// Its brightness.
    pub luma: LumaStatistics,
    /// How much fine detail it has beside its contrast, 0 and more: the variance of its Laplacian
    /// over that of its levels. It falls to a fraction when the lens loses focus or fogs, and hardly
    /// with the light. Compare with the same view only.
    pub focus: f32,
    /// A hash of the view.
    pub hash: PictureHash,
}

/// How bright a picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LumaStatistics {
    /// The mean level, 0 to 255.
    pub mean: f32,
    /// The standard deviation of the levels. A covered lens has next to none.
    pub contrast: f32,
    /// The share of pixels at the darkest levels (16 and less), 0 to 1.
    pub black: f32,
    /// The share of pixels at the brightest levels (235 and more), 0 to 1.
    pub white: f32,
}

/// A 64-bit perceptual hash: alike pictures have nearly the same bits. It knows the layout of a
/// view, not its light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureHash(pub u64);

/// Limited range: what is darker or brighter is noise.
const BLACK: u8 = 16;
const WHITE: u8 = 235;

impl Glance {
    /// Looks at a picture.
    ///
    /// # Errors
    /// [`MotionError::OpenCv`] where `OpenCV` refuses.
    pub fn of(picture: &LumaPicture) -> Result<Self, MotionError> {
        let luma = LumaStatistics::of(picture);
        // A view without contrast has no focus either; one level keeps noise from looking sharp.
        let variance = f64::from(luma.contrast).powi(2).max(1.0);
        #[expect(clippy::cast_possible_truncation, reason = "a small ratio")]
        let focus = (cv::detail(picture)? / variance) as f32;
        Ok(Self {
            luma,
            focus,
            hash: PictureHash::of(picture)?,
        })
    }
}

impl LumaStatistics {
    /// Of a picture; all zero where it has no pixels.
    #[must_use]
    pub fn of(picture: &LumaPicture) -> Self {
        let mut counts = [0_u32; 256];
        for level in picture.levels() {
            counts[usize::from(*level)] += 1;
        }
        let total = f64::from(counts.iter().sum::<u32>()).max(1.0);
        let levels = || (0_u8..=255).zip(counts);
        let mean: f64 = levels()
            .map(|(level, count)| f64::from(level) * f64::from(count))
            .sum::<f64>()
            / total;
        let variance = levels()
            .map(|(level, count)| (f64::from(level) - mean).powi(2) * f64::from(count))
            .sum::<f64>()
            / total;
        let share = |in_it: &dyn Fn(u8) -> bool| {
            let counted = levels().filter(|(level, _)| in_it(*level));
            f64::from(counted.map(|(_, count)| count).sum::<u32>()) / total
        };
        #[expect(clippy::cast_possible_truncation, reason = "levels and shares")]
        let [mean, contrast, black, white] = [
            mean,
            variance.sqrt(),
            share(&|level| level <= BLACK),
            share(&|level| level >= WHITE),
        ]
        .map(|number| number as f32);
        Self {
            mean,
            contrast,
            black,
            white,
        }
    }
}

impl PictureHash {
    /// Which of the 63 lowest frequencies are above their median (pHash, Zauner, 2010). The lowest
    /// of all is the brightness, and says nothing.
    ///
    /// # Errors
    /// [`MotionError::OpenCv`] where `OpenCV` refuses.
    pub fn of(picture: &LumaPicture) -> Result<Self, MotionError> {
        let waves = cv::low_frequencies(picture)?;
        let mut sorted = waves;
        let (_, rest) = sorted.split_at_mut(1);
        let (_, median, _) = rest.select_nth_unstable_by(31, f32::total_cmp);
        let median = *median;
        let bits = waves.iter().enumerate().skip(1);
        Ok(Self(bits.fold(0, |hash, (index, wave)| {
            hash | u64::from(*wave > median) << index
        })))
    }

    /// In how many of 64 bits two differ. The same view in other light: a few; another view: about
    /// thirty.
    #[must_use]
    pub const fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// By how many levels two pictures of one size differ on the mean. A live camera's noise keeps this
/// above 0 even where nothing moves; a frozen one gives 0 for ever.
///
/// # Errors
/// [`MotionError::Sizes`] where they are not of one size.
pub fn change_between(a: &LumaPicture, b: &LumaPicture) -> Result<f32, MotionError> {
    same_size(a, b)?;
    let differences = a.levels().iter().zip(b.levels());
    let sum: u64 = differences.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    #[expect(clippy::cast_precision_loss, reason = "a mean of levels")]
    let mean = sum as f32 / a.levels().len().max(1) as f32;
    Ok(mean)
}

pub(super) fn same_size(a: &LumaPicture, b: &LumaPicture) -> Result<(), MotionError> {
    let (a, b) = (a.size(), b.size());
    match a == b {
        true => Ok(()),
        false => Err(MotionError::Sizes(a.width, a.height, b.width, b.height)),
    }
}
