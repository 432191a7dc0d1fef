//! The motion model: a Kalman filter of constant velocity for each of middle x, middle y, width
//! and height, with the real time between pictures.
//!
//! The four are independent, as in SORT and ByteTrack, so each is a filter of two numbers. Noise is
//! in shares of the box's size, since what is near moves and jitters more pixels.

use std::time::Duration;

use crate::geometry::PixelBox;

/// Jitter of a detector's box, one standard deviation, as a share of the box's mean side.
const MEASUREMENT: f32 = 0.07;
/// Unmodelled acceleration, one standard deviation, in mean sides per second squared.
const ACCELERATION: f32 = 1.5;
/// The same for the sides: sizes change slowly.
const GROWTH: f32 = 0.15;
/// Uncertainty of a new track's speed, in mean sides per second.
const FIRST_SPEED: f32 = 1.5;
/// A prediction over a longer gap says nothing: the track stands where it was, and may be anywhere.
const LONGEST_PREDICTION: Duration = Duration::from_secs(3);

/// Position and speed along one axis with their covariance.
#[derive(Debug, Clone, Copy)]
struct Axis {
    position: f32,
    speed: f32,
    var_position: f32,
    covariance: f32,
    var_speed: f32,
}

/// Where a box is and how it moves.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    cx: Axis,
    cy: Axis,
    w: Axis,
    h: Axis,
}

impl Motion {
    pub(super) fn start(bbox: PixelBox) -> Self {
        let side = mean_side(&bbox);
        let centre = bbox.centre();
        let axis = |position| Axis::start(position, side);
        Self {
            cx: axis(centre.x),
            cy: axis(centre.y),
            w: axis(bbox.w),
            h: axis(bbox.h),
        }
    }

    /// Moves the estimate on by `dt`.
    pub(super) fn predict(&mut self, dt: Duration) {
        let side = mean_side(&self.bbox());
        let reliable = dt <= LONGEST_PREDICTION;
        let dt = dt.min(LONGEST_PREDICTION).as_secs_f32();
        for (axis, acceleration) in self.axes_mut() {
            if !reliable {
                axis.speed = 0.0;
            }
            axis.predict(dt, acceleration * side);
        }
        self.w.position = self.w.position.max(1.0);
        self.h.position = self.h.position.max(1.0);
    }

    /// Forgets its speed.
    pub(super) const fn stand(&mut self) {
        self.cx.speed = 0.0;
        self.cy.speed = 0.0;
        self.w.speed = 0.0;
        self.h.speed = 0.0;
    }

    /// Takes a detection in.
    pub(super) fn correct(&mut self, bbox: PixelBox) {
        let jitter = MEASUREMENT * mean_side(&bbox);
        let centre = bbox.centre();
        self.cx.correct(centre.x, jitter);
        self.cy.correct(centre.y, jitter);
        self.w.correct(bbox.w, jitter);
        self.h.correct(bbox.h, jitter);
    }

    /// Where the box is by the estimate.
    pub(super) fn bbox(&self) -> PixelBox {
        let (w, h) = (self.w.position, self.h.position);
        PixelBox {
            x: self.cx.position - w / 2.0,
            y: self.cy.position - h / 2.0,
            w,
            h,
        }
    }

    fn axes_mut(&mut self) -> [(&mut Axis, f32); 4] {
        [
            (&mut self.cx, ACCELERATION),
            (&mut self.cy, ACCELERATION),
            (&mut self.w, GROWTH),
            (&mut self.h, GROWTH),
        ]
    }

    /// Pixels per second of the middle.
    #[cfg(test)]
    pub(super) fn velocity(&self) -> (f32, f32) {
        (self.cx.speed, self.cy.speed)
    }
}

impl Axis {
    fn start(position: f32, side: f32) -> Self {
        Self {
            position,
            speed: 0.0,
            var_position: (2.0 * MEASUREMENT * side).powi(2),
            covariance: 0.0,
            var_speed: (FIRST_SPEED * side).powi(2),
        }
    }

    /// White-noise acceleration, integrated over `dt` seconds.
    fn predict(&mut self, dt: f32, acceleration: f32) {
        let noise = acceleration * acceleration;
        self.position += self.speed * dt;
        self.var_position +=
            dt * (2.0 * self.covariance + dt * self.var_speed) + noise * dt.powi(4) / 4.0;
        self.covariance += dt * self.var_speed + noise * dt.powi(3) / 2.0;
        self.var_speed += noise * dt * dt;
    }

    fn correct(&mut self, measured: f32, jitter: f32) {
        let total = self.var_position + jitter * jitter;
        if total <= 0.0 {
            return;
        }
        let (gain, speed_gain) = (self.var_position / total, self.covariance / total);
        let surprise = measured - self.position;
        self.position += gain * surprise;
        self.speed += speed_gain * surprise;
        self.var_speed -= speed_gain * self.covariance;
        self.covariance *= 1.0 - gain;
        self.var_position *= 1.0 - gain;
    }
}

fn mean_side(bbox: &PixelBox) -> f32 {
    ((bbox.w + bbox.h) / 2.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a box that moves at 100 pixels a second, seen at these times.
    fn speed_after(times_ms: &[u64]) -> f32 {
        let at = |ms: u64| PixelBox {
            x: ms as f32 / 10.0,
            y: 50.0,
            w: 40.0,
            h: 80.0,
        };
        let mut motion = Motion::start(at(times_ms[0]));
        for pair in times_ms.windows(2) {
            motion.predict(Duration::from_millis(pair[1] - pair[0]));
            motion.correct(at(pair[1]));
        }
        motion.velocity().0
    }

    #[test]
    fn dropped_pictures_do_not_bend_the_speed() {
        let steady: Vec<u64> = (0..20).map(|index| index * 200).collect();
        let dropped: Vec<u64> = steady
            .iter()
            .copied()
            .filter(|ms| ![600, 800, 1000, 2200, 2600].contains(ms))
            .collect();
        for times in [steady, dropped] {
            let speed = speed_after(&times);
            assert!(
                (speed - 100.0).abs() < 3.0,
                "{speed} pixels a second, not 100"
            );
        }
    }

    #[test]
    fn a_prediction_lands_where_the_box_is() {
        let mut motion = Motion::start(PixelBox {
            x: 0.0,
            y: 0.0,
            w: 40.0,
            h: 40.0,
        });
        for step in 1_u8..20 {
            motion.predict(Duration::from_millis(200));
            motion.correct(PixelBox {
                x: f32::from(step) * 10.0,
                y: 0.0,
                w: 40.0,
                h: 40.0,
            });
        }
        motion.predict(Duration::from_secs(1));
        let found = motion.bbox().x;
        assert!((found - 240.0).abs() < 4.0, "{found} is not 240");
    }

    #[test]
    fn a_long_gap_does_not_fling_the_box_away() {
        let mut motion = Motion::start(PixelBox {
            x: 0.0,
            y: 0.0,
            w: 40.0,
            h: 40.0,
        });
        motion.predict(Duration::from_millis(200));
        motion.correct(PixelBox {
            x: 30.0,
            y: 0.0,
            w: 40.0,
            h: 40.0,
        });
        let before = motion.bbox();
        motion.predict(Duration::from_secs(60));
        assert!((motion.bbox().x - before.x).abs() < 1e-3);
    }
}
