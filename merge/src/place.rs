//! How close two places are, measured in what both do not know.
//!
//! A point has a radius, a bearing is a wedge. The answer is a number of standard deviations, and
//! the ground over which an unrelated incident would have been compared: the prior counts on it.
//! Distances are of a sphere's tangent plane; within the kilometres that matter its error is far
//! below any uncertainty.

use serde::{Deserialize, Serialize};

const METRES_PER_DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;
/// Standard deviations within which two points are compared: with them the shares of the levels of
/// [`crate::level::Feature::Space`] for unrelated points are the areas of the rings.
const BLOCK_Z: f64 = 6.4;
/// The same across a wedge, where rings are strips: so wide that the levels weigh as on a plane.
const STRIP_Z: f64 = 25.0;
/// Two wedges cross by chance often: the ground counted is so many times the circle they reach into.
const CROSSING: f64 = 4.0;
/// Distances within so many deviations are explained: the errors of telephones have long tails.
const EXPLAINED_Z: f64 = 4.0;
/// Two cameras closer than this stand at one spot; metres.
const ONE_SPOT_M: f64 = 5.0;

/// Where something is. WGS84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// A point with a radius.
    Point {
        /// Latitude, −90 to 90.
        lat: f64,
        /// Longitude, −180 to 180.
        lon: f64,
        /// One standard deviation in metres, more than 0.
        uncertainty_m: f64,
    },
    /// A wedge.
    Bearing {
        /// Latitude of its apex.
        lat: f64,
        /// Longitude of its apex.
        lon: f64,
        /// Clockwise from true north, 0 to 360.
        degrees: f64,
        /// One standard deviation in degrees, more than 0.
        uncertainty_deg: f64,
    },
}

/// What the category allows besides the uncertainties.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// How large the thing is, metres.
    pub extent_m: f64,
    /// How far it may have wandered, metres: two deviations of how far it has.
    pub drift_m: f64,
    /// How far a bearing sees, metres.
    pub seen_m: f64,
}

impl Allowance {
    /// One deviation of where two reports of one thing see it.
    fn spread_m(self) -> f64 {
        self.extent_m.hypot(self.drift_m / 2.0)
    }
}

/// How close two places are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closeness {
    /// Standard deviations between them.
    pub z: f64,
    /// Metres between them; across the wedge for a bearing.
    pub metres: f64,
    /// One standard deviation of both together, metres.
    pub sigma_m: f64,
    /// The ground on which unrelated incidents would be compared, square kilometres.
    pub block_km2: f64,
}

impl Closeness {
    /// Metres that no uncertainty explains: what is left of the distance after four deviations.
    #[must_use]
    pub fn unexplained_m(&self) -> f64 {
        ((self.z - EXPLAINED_Z) * self.sigma_m).max(0.0)
    }

    /// How much likelier the distance is of one thing than of two that stand next door to each other,
    /// `next_door_m` (one deviation) apart: about 1 where both places are vague, much where they are
    /// precise and close, little where they are precise and not. Never less than an eighth: errors have tails.
    #[must_use]
    pub fn against_neighbour(&self, next_door_m: f64) -> f64 {
        let wider = self.sigma_m.powi(2) / (self.sigma_m.powi(2) + next_door_m.powi(2));
        let ratio = (-0.5 * self.z.powi(2) * (1.0 - wider)).exp() / wider;
        ratio.max(0.125)
    }
}

impl Place {
    /// Whether all numbers are finite and in range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let on_earth =
            |lat: f64, lon: f64| (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        match *self {
            Self::Point {
                lat,
                lon,
                uncertainty_m,
            } => on_earth(lat, lon) && uncertainty_m.is_finite() && uncertainty_m > 0.0,
            Self::Bearing {
                lat,
                lon,
                degrees,
                uncertainty_deg,
            } => {
                on_earth(lat, lon)
                    && (0.0..=360.0).contains(&degrees)
                    && uncertainty_deg > 0.0
                    && uncertainty_deg <= 180.0
            }
        }
    }

    /// The point, or the wedge's apex.
    #[must_use]
    pub const fn anchor(&self) -> (f64, f64) {
        match *self {
            Self::Point { lat, lon, .. } | Self::Bearing { lat, lon, .. } => (lat, lon),
        }
    }

    /// The same place with an uncertainty as large as experience says.
    #[must_use]
    pub fn doubted(self, factor: f64, least_m: f64) -> Self {
        match self {
            Self::Point {
                lat,
                lon,
                uncertainty_m,
            } => Self::Point {
                lat,
                lon,
                uncertainty_m: (uncertainty_m * factor).max(least_m),
            },
            Self::Bearing { .. } => self,
        }
    }
}

/// Metres east and north of `origin`.
fn offset(origin: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    let mut east = to.1 - origin.1;
    if east > 180.0 {
        east -= 360.0;
    } else if east < -180.0 {
        east += 360.0;
    }
    let narrow = f64::midpoint(origin.0, to.0).to_radians().cos();
    (
        east * METRES_PER_DEGREE * narrow,
        (to.0 - origin.0) * METRES_PER_DEGREE,
    )
}

/// Metres between two anchors.
#[must_use]
pub fn metres(a: &Place, b: &Place) -> f64 {
    let (east, north) = offset(a.anchor(), b.anchor());
    east.hypot(north)
}

/// How close two places are.
#[must_use]
pub fn closeness(a: &Place, b: &Place, allowance: Allowance) -> Closeness {
    match (*a, *b) {
        (
            Place::Point { uncertainty_m, .. },
            Place::Point {
                uncertainty_m: other,
                ..
            },
        ) => points(metres(a, b), uncertainty_m.hypot(other), allowance),
        (bearing @ Place::Bearing { .. }, point @ Place::Point { uncertainty_m, .. })
        | (point @ Place::Point { uncertainty_m, .. }, bearing @ Place::Bearing { .. }) => {
            wedge(&bearing, &point, uncertainty_m, allowance)
        }
        (Place::Bearing { .. }, Place::Bearing { .. }) => wedges(a, b, allowance),
    }
}

fn points(metres: f64, sigma_m: f64, allowance: Allowance) -> Closeness {
    let sigma_m = sigma_m.hypot(allowance.spread_m());
    let reach_m = BLOCK_Z * sigma_m;
    Closeness {
        z: metres / sigma_m,
        metres,
        sigma_m,
        block_km2: std::f64::consts::PI * reach_m * reach_m / 1e6,
    }
}

/// A direction and its deviation, radians clockwise from north.
fn direction(place: &Place) -> (f64, f64) {
    match *place {
        Place::Bearing {
            degrees,
            uncertainty_deg,
            ..
        } => (degrees.to_radians(), uncertainty_deg.to_radians()),
        Place::Point { .. } => (0.0, std::f64::consts::PI),
    }
}

/// The smaller angle between two directions, radians.
fn between(a: f64, b: f64) -> f64 {
    let apart = (a - b).rem_euclid(std::f64::consts::TAU);
    apart.min(std::f64::consts::TAU - apart)
}

fn wedge(bearing: &Place, point: &Place, sigma_m: f64, allowance: Allowance) -> Closeness {
    let (east, north) = offset(bearing.anchor(), point.anchor());
    let range = east.hypot(north);
    let (towards, spread) = direction(bearing);
    let off = between(towards, east.atan2(north));
    let across = if off < std::f64::consts::FRAC_PI_2 {
        range * off.sin()
    } else {
        range
    };
    let steady = sigma_m.hypot(allowance.spread_m());
    let sigma_m = steady.hypot(range * spread);
    let beyond = (range - allowance.seen_m).max(0.0);
    let metres = across.hypot(beyond);
    Closeness {
        z: metres / sigma_m,
        metres,
        sigma_m,
        block_km2: sector_km2(spread, steady, allowance.seen_m),
    }
}

/// The ground of a wedge as wide as it is compared, never more than the whole circle.
fn sector_km2(spread: f64, steady_m: f64, seen_m: f64) -> f64 {
    let sector = STRIP_Z * (spread * seen_m * seen_m + 2.0 * steady_m * seen_m);
    let circle = CROSSING * std::f64::consts::PI * seen_m * seen_m;
    sector.min(circle) / 1e6
}

fn wedges(a: &Place, b: &Place, allowance: Allowance) -> Closeness {
    let ((one, spread), (two, other)) = (direction(a), direction(b));
    let sigma = spread.hypot(other);
    let seen = allowance.seen_m;
    let apart = metres(a, b);
    if apart < ONE_SPOT_M {
        let angle = between(one, two);
        return Closeness {
            z: angle / sigma,
            metres: angle * seen / 2.0,
            sigma_m: sigma * seen / 2.0,
            block_km2: sector_km2(sigma, allowance.extent_m, seen),
        };
    }
    // The least turn of both that makes the rays meet within sight.
    let turn = match meeting(a, b) {
        Some((near, far)) if near <= seen && far <= seen => 0.0,
        _ => turn_to_meet(a, b, one, two, seen),
    };
    Closeness {
        z: turn / sigma,
        metres: turn * seen / 2.0,
        sigma_m: sigma * seen / 2.0,
        block_km2: CROSSING * std::f64::consts::PI * seen * seen / 1e6,
    }
}

/// How far along each ray they cross; none where they do not.
fn meeting(a: &Place, b: &Place) -> Option<(f64, f64)> {
    let (east, north) = offset(a.anchor(), b.anchor());
    let ((one, _), (two, _)) = (direction(a), direction(b));
    let cross = one.sin() * two.cos() - one.cos() * two.sin();
    if cross.abs() < 1e-6 {
        return None;
    }
    let along = (east * two.cos() - north * two.sin()) / cross;
    let other = (east * one.cos() - north * one.sin()) / cross;
    (along > 0.0 && other > 0.0).then_some((along, other))
}

/// Radians by which the rays miss: how far the one must turn to point at what the other sees best.
fn turn_to_meet(a: &Place, b: &Place, one: f64, two: f64, seen: f64) -> f64 {
    let steps = 16;
    (1..=steps)
        .map(|step| seen * f64::from(step) / f64::from(steps))
        .map(|range| {
            let (east, north) = offset(a.anchor(), b.anchor());
            let on_one = (range * one.sin(), range * one.cos());
            let on_two = (east + range * two.sin(), north + range * two.cos());
            let from_two = (on_one.0 - east, on_one.1 - north);
            between(two, from_two.0.atan2(from_two.1)).min(between(one, on_two.0.atan2(on_two.1)))
        })
        .fold(std::f64::consts::PI, f64::min)
}

/// Where bearings cross: the point nearest to all of them, each weighed by what it knows there.
/// None where fewer than two spots look, or they look the same way.
#[must_use]
pub fn fix(bearings: &[Place]) -> Option<Place> {
    let origin = bearings.first()?.anchor();
    let (mut east, mut north) = (0.0, 0.0);
    let mut answer = None;
    // The weights depend on the ranges, which the first round does not know yet.
    for round in 0..3 {
        let (mut xx, mut xy, mut yy, mut x, mut y) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for bearing in bearings {
            let (towards, spread) = direction(bearing);
            let (from_east, from_north) = offset(origin, bearing.anchor());
            let range = if round == 0 {
                1_000.0
            } else {
                (east - from_east).hypot(north - from_north).max(1.0)
            };
            let weight = (range * spread).powi(-2);
            let (across_east, across_north) = (towards.cos(), -towards.sin());
            let distance = from_east * across_east + from_north * across_north;
            xx += weight * across_east * across_east;
            xy += weight * across_east * across_north;
            yy += weight * across_north * across_north;
            x += weight * across_east * distance;
            y += weight * across_north * distance;
        }
        let determinant = xx * yy - xy * xy;
        if determinant <= 1e-4 * (xx + yy).powi(2) {
            return None;
        }
        east = (x * yy - y * xy) / determinant;
        north = (y * xx - x * xy) / determinant;
        let variance = (xx + yy) / determinant;
        answer = Some((east, north, (variance / 2.0).sqrt()));
    }
    let (east, north, uncertainty_m) = answer?;
    let lat = origin.0 + north / METRES_PER_DEGREE;
    let narrow = f64::midpoint(origin.0, lat).to_radians().cos();
    let found = Place::Point {
        lat,
        lon: origin.1 + east / (METRES_PER_DEGREE * narrow),
        uncertainty_m,
    };
    let ahead = |bearing: &Place| {
        let (to_east, to_north) = offset(bearing.anchor(), found.anchor());
        between(direction(bearing).0, to_east.atan2(to_north)) < std::f64::consts::FRAC_PI_2
    };
    (found.is_valid() && bearings.iter().all(ahead)).then_some(found)
}

#[cfg(test)]
mod tests;
