//! How far off a place may be: an ellipse, from the covariance of its metres east and north.

use crate::geodesy::Bearing;

/// Variances and covariance of metres east and north, in square metres.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Covariance {
    /// Variance east.
    pub east: f64,
    /// Variance north.
    pub north: f64,
    /// Covariance.
    pub cross: f64,
}

/// One standard deviation around a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ellipse {
    /// Metres along the long axis.
    pub major: f64,
    /// Metres along the short axis.
    pub minor: f64,
    /// Direction of the long axis, 0 to 180 degrees of bearing.
    pub along: Bearing,
}

impl Covariance {
    /// The same error in every direction, of this standard deviation in metres.
    #[must_use]
    pub fn round(sigma: f64) -> Self {
        Self {
            east: sigma * sigma,
            north: sigma * sigma,
            cross: 0.0,
        }
    }

    /// Errors along a direction and across it, as standard deviations in metres.
    #[must_use]
    pub fn along(direction: Bearing, along: f64, across: f64) -> Self {
        let (sin, cos) = direction.degrees().to_radians().sin_cos();
        let (a, c) = (along * along, across * across);
        Self {
            east: a * sin * sin + c * cos * cos,
            north: a * cos * cos + c * sin * sin,
            cross: (a - c) * sin * cos,
        }
    }

    /// Both errors, where neither knows of the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            east: self.east + other.east,
            north: self.north + other.north,
            cross: self.cross + other.cross,
        }
    }

    /// The ellipse of one standard deviation: eigenvectors of the matrix.
    #[must_use]
    pub fn ellipse(self) -> Ellipse {
        let mean = f64::midpoint(self.east, self.north);
        let spread = ((self.east - self.north) / 2.0).hypot(self.cross);
        // The long axis' angle from north, by 2θ.
        let theta = 0.5 * (2.0 * self.cross).atan2(self.north - self.east);
        Ellipse {
            major: (mean + spread).max(0.0).sqrt(),
            minor: (mean - spread).max(0.0).sqrt(),
            along: Bearing::from_degrees(theta.to_degrees().rem_euclid(180.0)),
        }
    }
}

impl Ellipse {
    /// A radius that says the same to somebody who only takes one number: half the square root of the sum of
    /// squares would hide the long axis, so it is the long axis.
    #[must_use]
    pub const fn radius(self) -> f64 {
        self.major
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn axes_and_direction_survive(along in 1.0_f64..500.0, share in 0.01_f64..0.9, degrees in 0.0_f64..180.0) {
            let direction = Bearing::from_degrees(degrees);
            let ellipse = Covariance::along(direction, along, along * share).ellipse();
            prop_assert!((ellipse.major - along).abs() < 1e-6 * along);
            prop_assert!((ellipse.minor - along * share).abs() < 1e-6 * along);
            let off = ellipse.along.between(direction);
            prop_assert!(off.min(180.0 - off) < 1e-3, "{} {}", ellipse.along.degrees(), degrees);
        }
    }
}
