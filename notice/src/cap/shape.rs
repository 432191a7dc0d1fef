//! Where people are to be told: a circle around a point, or the wedge that a tower's camera looks
//! into. On a sphere: the error is below half a percent, the uncertainty is larger.

use contract::v1::{Bearing, Place, Position};

/// Mean radius of the earth in kilometres (IUGG).
const EARTH_KM: f64 = 6_371.008_8;
/// The radius that holds 95 % of a two-dimensional normal error, in standard deviations.
const SIGMAS_OF_CIRCLE: f64 = 2.447_7;
/// Half of the wedge that holds 95 % of a bearing's error, in standard deviations.
const SIGMAS_OF_WEDGE: f64 = 1.959_96;
/// Nobody searches less than this, in kilometres.
const LEAST_RADIUS_KM: f64 = 0.1;
/// Narrowest and widest half of a wedge, in degrees: the arc stays one.
const HALF_WEDGE_DEG: (f64, f64) = (0.5, 90.0);
/// Degrees between two corners of an arc.
const ARC_STEP_DEG: f64 = 5.0;

/// A shape on the ground.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Around a point.
    Circle {
        /// The point.
        centre: Position,
        /// Kilometres.
        radius_km: f64,
    },
    /// Corners in order, the first again at the end.
    Polygon(Vec<Position>),
}

impl Shape {
    /// The shape of a place; a bearing reaches `range_km` far.
    #[must_use]
    pub fn of(place: &Place, range_km: f64) -> Self {
        match place {
            Place::Point {
                position,
                uncertainty_m,
            } => Self::Circle {
                centre: *position,
                radius_km: (uncertainty_m / 1_000.0 * SIGMAS_OF_CIRCLE).max(LEAST_RADIUS_KM),
            },
            Place::Bearing(bearing) => Self::Polygon(wedge(bearing, range_km)),
        }
    }
}

fn wedge(bearing: &Bearing, range_km: f64) -> Vec<Position> {
    let (least, most) = HALF_WEDGE_DEG;
    let half = (bearing.uncertainty_deg * SIGMAS_OF_WEDGE).clamp(least, most);
    let steps = (2.0 * half / ARC_STEP_DEG).ceil().max(1.0);
    let mut corners = vec![bearing.from];
    let mut step = 0.0;
    while step <= steps {
        let degrees = bearing.degrees - half + 2.0 * half * step / steps;
        corners.push(ahead(bearing.from, degrees, range_km));
        step += 1.0;
    }
    corners.push(bearing.from);
    corners
}

/// The point that lies `km` ahead of `from` (direct problem on a sphere).
fn ahead(from: Position, degrees: f64, km: f64) -> Position {
    let (lat, lon) = (from.lat.to_radians(), from.lon.to_radians());
    let (course, arc) = (degrees.to_radians(), km / EARTH_KM);
    let sine = lat.sin() * arc.cos() + lat.cos() * arc.sin() * course.cos();
    let east = course.sin() * arc.sin() * lat.cos();
    let there = lon + east.atan2(arc.cos() - lat.sin() * sine);
    Position {
        lat: sine.clamp(-1.0, 1.0).asin().to_degrees(),
        lon: (there.to_degrees() + 540.0).rem_euclid(360.0) - 180.0,
    }
}

/// As the schema writes a polygon.
pub(super) fn polygon(corners: &[Position]) -> String {
    let corners: Vec<String> = corners.iter().map(|corner| pair(*corner)).collect();
    corners.join(" ")
}

/// As the schema writes a circle.
pub(super) fn circle(centre: Position, radius_km: f64) -> String {
    format!("{} {radius_km:.3}", pair(centre))
}

fn pair(position: Position) -> String {
    format!("{:.6},{:.6}", position.lat, position.lon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wedge_opens_around_its_bearing() {
        let from = Position {
            lat: 12.0,
            lon: 108.0,
        };
        let bearing = Bearing {
            from,
            degrees: 90.0,
            uncertainty_deg: 2.0,
        };
        let Shape::Polygon(corners) = Shape::of(&Place::Bearing(bearing), 10.0) else {
            panic!("a bearing is no circle");
        };
        assert_eq!(corners.first(), corners.last());
        assert_eq!(corners.first(), Some(&from));
        assert!(corners.len() >= 4);
        let arc = &corners[1..corners.len() - 1];
        // Ten kilometres east at 12° north are 0.0919° of longitude; half the wedge is 3.92°.
        for corner in arc {
            assert!((corner.lon - 108.0919).abs() < 5e-4, "{corner:?}");
            assert!((corner.lat - 12.0).abs() < 0.0063, "{corner:?}");
        }
        assert!(arc[0].lat > 12.0 && arc[arc.len() - 1].lat < 12.0);
    }

    #[test]
    fn a_wedge_knows_the_date_line_and_the_north() {
        let east = ahead(
            Position {
                lat: 0.0,
                lon: 179.99,
            },
            90.0,
            10.0,
        );
        assert!(east.lon < -179.0, "{east:?}");
        let north = ahead(Position { lat: 0.0, lon: 0.0 }, 0.0, 111.195);
        assert!((north.lat - 1.0).abs() < 1e-4 && north.lon.abs() < 1e-9);
    }

    #[test]
    fn a_circle_holds_the_error_and_is_never_a_dot() {
        let radius = |uncertainty_m| {
            let position = Position { lat: 1.0, lon: 2.0 };
            match Shape::of(
                &Place::Point {
                    position,
                    uncertainty_m,
                },
                1.0,
            ) {
                Shape::Circle { radius_km, .. } => radius_km,
                Shape::Polygon(_) => panic!("a point is no polygon"),
            }
        };
        assert!((radius(1_000.0) - 2.4477).abs() < 1e-9);
        assert!((radius(1.0) - 0.1).abs() < 1e-9);
    }
}
