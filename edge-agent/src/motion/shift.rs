//! How far a view shifted, turned or zoomed between two pictures.

use super::cv;
use super::error::MotionError;
use super::glance::same_size;
use super::luma::LumaPicture;

/// How the second of two pictures lies to the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Pixels of the source that what was in the middle went right.
    pub dx: f32,
    /// And down.
    pub dy: f32,
    /// How much larger things are; 1 is as large.
    pub scale: f32,
    /// Degrees that the view turned, clockwise.
    pub turn: f32,
    /// How sure that is, 0 to 1. Below about 0.1 the two have nothing in common.
    pub confidence: f32,
}

impl Shift {
    /// Nothing is known of it.
    const UNKNOWN: Self = Self {
        dx: 0.0,
        dy: 0.0,
        scale: 1.0,
        turn: 0.0,
        confidence: 0.0,
    };
}

/// A picture with fewer pixels a side says nothing.
const LEAST_SIDE: u32 = 16;
/// From this share of agreeing points on, they are believed before the spectrum.
const ENOUGH_AGREE: f32 = 0.15;
/// So few points agree by chance.
const CHANCE: usize = 12;

/// Compares two pictures of one size. Points that both have tell of shift, scale and turn; where
/// there are too few (fog, a plain wall), their spectra tell of a shift alone.
///
/// # Errors
/// [`MotionError::Sizes`] where they are not of one size.
pub fn shift_between(from: &LumaPicture, to: &LumaPicture) -> Result<Shift, MotionError> {
    same_size(from, to)?;
    let (across, down) = to.scale();
    if to.size().width.min(to.size().height) < LEAST_SIDE {
        return Ok(Shift::UNKNOWN);
    }
    if let Some(found) = cv::similarity(from, to)? {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred points")]
        let confidence = found.agreeing as f32 / found.points as f32;
        if confidence >= ENOUGH_AGREE && found.agreeing > CHANCE {
            return Ok(Shift {
                dx: found.dx * across,
                dy: found.dy * down,
                scale: found.scale,
                turn: found.turn.to_degrees(),
                confidence,
            });
        }
    }
    let (dx, dy, response) = cv::phase_shift(from, to)?;
    #[expect(clippy::cast_possible_truncation, reason = "pixels and a share")]
    let [dx, dy, confidence] = [dx, dy, response].map(|number| number as f32);
    Ok(Shift {
        dx: dx * across,
        dy: dy * down,
        scale: 1.0,
        turn: 0.0,
        confidence,
    })
}
