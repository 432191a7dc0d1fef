//! Whether a thing stands still, with hysteresis in place and in time.
//!
//! Distances are in mean sides of the box, since what is near jitters more pixels.

use std::time::Duration;

use crate::geometry::{PixelBox, PixelPoint};
use crate::time::StreamTime;

/// A thing that stays this near to one place
const STAYS_WITHIN: f32 = 0.15;
/// for so long stands still.
const STAYS_FOR: Duration = Duration::from_secs(3);
/// It moves again when it is farther from there than this
const LEAVES_BEYOND: f32 = 0.35;
/// for so long: a box that an occlusion cuts short does not move.
const LEAVES_FOR: Duration = Duration::from_secs(1);

/// One thing's state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stillness {
    place: PixelPoint,
    since: StreamTime,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// It was at `place` at `since`, and has not been far from there.
    Moving,
    /// It stands at `place` since `since`; `away` since when it seems not to.
    Still { away: Option<StreamTime> },
}

impl Stillness {
    pub(super) fn start(at: StreamTime, bbox: &PixelBox) -> Self {
        Self {
            place: bbox.bottom_centre(),
            since: at,
            state: State::Moving,
        }
    }

    /// Takes in where the thing is seen.
    pub(super) fn see(&mut self, at: StreamTime, bbox: &PixelBox) {
        let place = bbox.bottom_centre();
        let side = ((bbox.w + bbox.h) / 2.0).max(1.0);
        let distance = (place.x - self.place.x).hypot(place.y - self.place.y) / side;
        match self.state {
            State::Moving if distance > STAYS_WITHIN => *self = Self::start(at, bbox),
            State::Moving if at.since(self.since) >= STAYS_FOR => {
                self.state = State::Still { away: None };
            }
            State::Moving => {}
            State::Still { away } if distance > LEAVES_BEYOND => {
                let away = away.unwrap_or(at);
                self.state = State::Still { away: Some(away) };
                if at.since(away) >= LEAVES_FOR {
                    *self = Self::start(at, bbox);
                }
            }
            State::Still { .. } => self.state = State::Still { away: None },
        }
    }

    /// Since when it stands still.
    pub(super) fn since(&self) -> Option<StreamTime> {
        (self.state != State::Moving).then_some(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of a fifth of a second; returns when it was still, in fifths.
    fn still_at(xs: impl IntoIterator<Item = f32>) -> Vec<usize> {
        let bbox = |x| PixelBox {
            x,
            y: 0.0,
            w: 100.0,
            h: 100.0,
        };
        let at = |step: usize| StreamTime::from_secs_f64(step as f64 / 5.0);
        let mut stillness = Stillness::start(at(0), &bbox(0.0));
        let mut still = Vec::new();
        for (step, x) in xs.into_iter().enumerate() {
            stillness.see(at(step), &bbox(x));
            still.extend(stillness.since().map(|_| step));
        }
        still
    }

    #[test]
    fn what_stays_is_still_after_a_while_and_what_creeps_is_not() {
        let jitter = |step: u16| if step.is_multiple_of(2) { 4.0 } else { -4.0 };
        let still = still_at((0..30).map(jitter));
        assert_eq!(still, (15..30).collect::<Vec<_>>());
        let creeps = still_at((0..60).map(|step: u16| f32::from(step) * 2.0));
        assert_eq!(
            creeps,
            [] as [usize; 0],
            "ten pixels a second are a tenth of its side"
        );
    }

    #[test]
    fn a_short_cut_off_is_no_movement_and_a_departure_is_one() {
        let place = |step: usize| match step {
            // Four pictures, 0.6 s from first to last.
            20..24 => 50.0,
            40.. => (step - 39) as f32 * 20.0,
            _ => 0.0,
        };
        let still = still_at((0..80).map(place));
        assert!((15..41).all(|step| still.contains(&step)), "{still:?}");
        assert!((48..80).all(|step| !still.contains(&step)), "{still:?}");
    }
}
