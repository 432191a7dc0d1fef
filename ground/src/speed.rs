//! Velocity and speed from places in time, with their error; over ground, where the camera is calibrated.

use crate::geodesy::Offset;

/// Where something was, when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Seconds of stream time.
    pub at: f64,
    /// Metres from any one origin.
    pub offset: Offset,
    /// How far off that may be: standard deviation in metres, more than 0.
    pub sigma: f64,
}

/// A speed with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Kilometres per hour, 0 or more.
    pub kmh: f64,
    /// Standard deviation, in kilometres per hour.
    pub sigma: f64,
}

/// A velocity with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Velocity {
    /// The way of one second, in the unit of the places.
    pub a_second: Offset,
    /// Standard deviation along any direction, in the same unit.
    pub sigma: f64,
}

/// Fewest places: two are a line through any error.
const FEWEST: usize = 4;

/// Speed over ground, of places in metres; none as [`velocity`].
#[must_use]
pub fn speed(steps: &[Step]) -> Option<Speed> {
    let found = velocity(steps)?;
    Some(Speed {
        kmh: found.a_second.length() * 3.6,
        sigma: found.sigma * 3.6,
    })
}

/// Velocity by a straight line through the places, each weighed by its error; none for too few of them, or where
/// all were taken at one time.
///
/// The error is the larger of what the places state and what they scatter around the line, so that a track
/// that turns or jumps is not called exact.
#[must_use]
pub fn velocity(steps: &[Step]) -> Option<Velocity> {
    if steps.len() < FEWEST {
        return None;
    }
    let weight = |step: &Step| 1.0 / (step.sigma * step.sigma);
    let total: f64 = steps.iter().map(weight).sum();
    let mean = |value: fn(&Step) -> f64| {
        steps
            .iter()
            .map(|step| weight(step) * value(step))
            .sum::<f64>()
            / total
    };
    let (t, e, n) = (
        mean(|s| s.at),
        mean(|s| s.offset.east),
        mean(|s| s.offset.north),
    );
    let spread: f64 = steps.iter().map(|s| weight(s) * (s.at - t).powi(2)).sum();
    if spread <= 0.0 || !spread.is_finite() {
        return None;
    }
    let slope = |value: fn(&Step) -> f64, middle: f64| {
        steps
            .iter()
            .map(|s| weight(s) * (s.at - t) * (value(s) - middle))
            .sum::<f64>()
            / spread
    };
    let (ve, vn) = (slope(|s| s.offset.east, e), slope(|s| s.offset.north, n));
    let scatter: f64 = steps
        .iter()
        .map(|s| {
            let east = s.offset.east - e - ve * (s.at - t);
            let north = s.offset.north - n - vn * (s.at - t);
            weight(s) * (east * east + north * north)
        })
        .sum();
    let freedom = 2.0 * f64::from(u32::try_from(steps.len()).ok()?) - 4.0;
    let variance = (1.0 / spread) * (scatter / freedom).max(1.0);
    Some(Velocity {
        a_second: Offset {
            east: ve,
            north: vn,
        },
        sigma: variance.sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn walk(metres_per_second: f64, wobble: f64) -> Vec<Step> {
        (0..20)
            .map(|i| {
                let at = f64::from(i) * 0.2;
                let side = if i % 2 == 0 { wobble } else { -wobble };
                Step {
                    at,
                    offset: Offset {
                        east: metres_per_second * at,
                        north: side,
                    },
                    sigma: 0.3,
                }
            })
            .collect()
    }

    #[test]
    fn fifty_kilometres_per_hour_are_fifty() {
        let found = speed(&walk(50.0 / 3.6, 0.0)).unwrap();
        assert!((found.kmh - 50.0).abs() < 1e-6, "{found:?}");
        assert!(found.sigma > 0.1 && found.sigma < 1.0, "{found:?}");
        assert!(
            speed(&walk(50.0 / 3.6, 3.0)).unwrap().sigma > 3.0 * found.sigma,
            "what scatters is less exact"
        );
    }

    #[test]
    fn too_little_is_no_speed() {
        assert_eq!(speed(&walk(10.0, 0.0)[..3]), None);
        let at_once: Vec<Step> = walk(10.0, 0.0)
            .into_iter()
            .map(|step| Step { at: 1.0, ..step })
            .collect();
        assert_eq!(speed(&at_once), None);
    }

    proptest! {
        #[test]
        fn any_speed_is_found(kmh in 0.0_f64..120.0) {
            let found = speed(&walk(kmh / 3.6, 0.0)).unwrap();
            prop_assert!((found.kmh - kmh).abs() < 1e-6);
        }
    }
}
