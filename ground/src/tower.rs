//! A camera on a tower or a ridge: from a point of its picture to a bearing, and where there is ground to hit,
//! to a place.
//!
//! A pinhole without distortion, rolled, tilted and turned in that order. A ray bends with the air: the earth falls away below it
//! by `d² (1 − k) / 2R` with `k` = 0.13 for standard refraction (Torge & Müller, *Geodesy*, §5.1).

use crate::elevation::Terrain;
use crate::ellipse::{Covariance, Ellipse};
use crate::geodesy::{Bearing, Offset, Place};

/// Mean radius of the earth, in metres.
const EARTH: f64 = 6_371_000.0;
/// Standard refraction.
const REFRACTION: f64 = 0.13;
/// No ray is followed farther: haze ends sight long before.
pub const FARTHEST: f64 = 60_000.0;
/// Nearer than this a ray is not followed: the ground at the tower's foot hides behind its railing.
const NEAREST: f64 = 10.0;

/// Where a camera stands and looks, for one pose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tower {
    /// Where it stands.
    pub place: Place,
    /// Metres of the lens above the ground at its foot.
    pub height: f64,
    /// Direction of the picture's middle.
    pub azimuth: Bearing,
    /// Degrees by which the picture's middle looks below the horizontal; negative looks up.
    pub tilt: f64,
    /// Degrees by which the camera leans to its right, so that the horizon rises there; 0 where it is level.
    pub roll: f64,
    /// Degrees that the picture's width spans.
    pub field_of_view: f64,
    /// Width over height.
    pub aspect: f64,
    /// How far off azimuth and tilt may be: standard deviation in degrees.
    pub pointing_sigma: f64,
}

/// Why numbers describe no camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TowerFault {
    /// Height.
    #[error("height must be more than 0 and at most 500 metres")]
    Height,
    /// Tilt.
    #[error("tilt must lie between -45 and 90 degrees")]
    Tilt,
    /// Roll.
    #[error("roll must lie between -45 and 45 degrees")]
    Roll,
    /// Field of view.
    #[error("field_of_view must lie between 0.5 and 120 degrees")]
    FieldOfView,
    /// Picture.
    #[error("aspect must lie between 0.2 and 5")]
    Aspect,
    /// Error.
    #[error(
        "pointing_sigma must be more than 0 and at most 45 degrees: no camera points without an error"
    )]
    Sigma,
}

/// A direction from the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Over ground.
    pub bearing: Bearing,
    /// Degrees below the horizontal.
    pub down: f64,
    /// How far off both may be: standard deviation in degrees.
    pub sigma: f64,
}

/// Where a ray meets the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Where.
    pub place: Place,
    /// Metres from the camera, over ground.
    pub distance: f64,
    /// How far off the place may be.
    pub error: Ellipse,
}

impl Tower {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`TowerFault`] names the first that does not fit.
    pub fn check(self) -> Result<Self, TowerFault> {
        let within = |holds: bool, fault| if holds { Ok(()) } else { Err(fault) };
        within(
            self.height > 0.0 && self.height <= 500.0,
            TowerFault::Height,
        )?;
        within((-45.0..=90.0).contains(&self.tilt), TowerFault::Tilt)?;
        within((-45.0..=45.0).contains(&self.roll), TowerFault::Roll)?;
        within(
            (0.5..=120.0).contains(&self.field_of_view),
            TowerFault::FieldOfView,
        )?;
        within((0.2..=5.0).contains(&self.aspect), TowerFault::Aspect)?;
        within(
            self.pointing_sigma > 0.0 && self.pointing_sigma <= 45.0,
            TowerFault::Sigma,
        )?;
        Ok(self)
    }

    /// The direction of a point of the picture; `sigma` is how far off the point may be, as a fraction of the
    /// width.
    #[must_use]
    pub fn ray(&self, [x, y]: [f64; 2], sigma: f64) -> Ray {
        let half = (self.field_of_view / 2.0).to_radians().tan();
        let across = (2.0 * x - 1.0) * half;
        let along = (2.0 * y - 1.0) * half / self.aspect;
        // What lies to the right of a camera that leans to its right lies lower than it seems.
        let (sin, cos) = self.roll.to_radians().sin_cos();
        let right = across * cos - along * sin;
        let below = across * sin + along * cos;
        let (sin, cos) = self.tilt.to_radians().sin_cos();
        // Forward and down over ground, after the camera is tilted.
        let forward = cos - below * sin;
        let down = sin + below * cos;
        let over_ground = forward.hypot(right);
        let of_point = sigma * self.field_of_view;
        Ray {
            bearing: Bearing::from_degrees(
                self.azimuth.degrees() + right.atan2(forward).to_degrees(),
            ),
            down: down.atan2(over_ground).to_degrees(),
            sigma: self.pointing_sigma.hypot(of_point),
        }
    }

    /// Where a ray meets level ground as high as the tower's foot; none at or above the horizon.
    #[must_use]
    pub fn hit_flat(&self, ray: Ray) -> Option<Hit> {
        self.hit(ray, |distance| Some(self.sinks(distance)), 0.0)
    }

    /// Where a ray first meets the ground of a map; none where it passes over it, leaves the grid, or meets a
    /// hole of the measurement.
    #[must_use]
    pub fn hit_terrain(&self, ray: Ray, terrain: &impl Terrain) -> Option<Hit> {
        let foot = terrain.height_at(self.place)?;
        let bearing = ray.bearing;
        let ground = |distance: f64| {
            let place = self.place.at(Offset::towards(bearing, distance));
            Some(foot - terrain.height_at(place)? + self.sinks(distance))
        };
        self.hit(ray, ground, terrain.spacing())
    }

    /// How far level ground lies below the foot's level at a distance, by curvature and refraction.
    fn sinks(&self, distance: f64) -> f64 {
        distance * distance * (1.0 - REFRACTION) / (2.0 * EARTH)
    }

    /// `below(distance)` is how far the ground lies below the tower's foot there.
    fn hit(&self, ray: Ray, below: impl Fn(f64) -> Option<f64>, spacing: f64) -> Option<Hit> {
        let distance = self.meet(ray.down, &below, spacing)?;
        // The same ray a standard deviation lower and higher: what the angle is worth here.
        let near = self
            .meet(ray.down + ray.sigma, &below, spacing)
            .unwrap_or(distance);
        let far = self
            .meet(ray.down - ray.sigma, &below, spacing)
            .unwrap_or(FARTHEST);
        let along = ((far - near) / 2.0).abs().max(spacing);
        let across = (distance * ray.sigma.to_radians().tan()).max(spacing / 2.0);
        Some(Hit {
            place: self.place.at(Offset::towards(ray.bearing, distance)),
            distance,
            error: Covariance::along(ray.bearing, along, across).ellipse(),
        })
    }

    /// The first distance at which a ray this far below the horizontal is no longer above the ground.
    fn meet(&self, down: f64, below: &impl Fn(f64) -> Option<f64>, spacing: f64) -> Option<f64> {
        let slope = down.to_radians().tan();
        let above = |distance: f64| Some(self.height + below(distance)? - slope * distance);
        let mut before = NEAREST;
        if above(before)? <= 0.0 {
            return Some(before);
        }
        while before < FARTHEST {
            // A hundredth of the distance is finer than any angle is known; never coarser than the grid.
            let step = (before / 100.0).max(1.0).min(if spacing > 0.0 {
                spacing / 2.0
            } else {
                f64::MAX
            });
            let next = before + step;
            if above(next)? <= 0.0 {
                return bisect(before, next, above);
            }
            before = next;
        }
        None
    }
}

/// The distance between `above` and `under` at which a ray passes into the ground, to a centimetre.
fn bisect(mut above: f64, mut under: f64, height: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    while under - above > 0.01 {
        let middle = f64::midpoint(above, under);
        if height(middle)? > 0.0 {
            above = middle;
        } else {
            under = middle;
        }
    }
    Some(under)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::elevation::{Grid, Mosaic};

    fn tower() -> Tower {
        Tower {
            place: Place {
                lat: 16.5,
                lon: 107.5,
            },
            height: 30.0,
            azimuth: Bearing::from_degrees(90.0),
            tilt: 3.0,
            roll: 0.0,
            field_of_view: 60.0,
            aspect: 16.0 / 9.0,
            pointing_sigma: 0.2,
        }
    }

    /// A tile that is level but for a wall of 400 m in its east, from the given longitude on.
    fn valley(from: f64) -> Grid {
        let samples = (0..1201_i32).flat_map(|_| {
            (0..1201_i32).map(move |column| {
                let lon = 107.0 + f64::from(column) / 1200.0;
                if lon >= from { 400_i16 } else { 0 }
            })
        });
        let bytes: Vec<u8> = samples.flat_map(i16::to_be_bytes).collect();
        Grid::from_hgt("N16E107.hgt", &bytes).unwrap()
    }

    #[test]
    fn the_middle_of_the_picture_looks_where_the_camera_points() {
        let ray = tower().ray([0.5, 0.5], 0.0);
        assert!((ray.bearing.degrees() - 90.0).abs() < 1e-9 && (ray.down - 3.0).abs() < 1e-9);
        let edge = Tower {
            tilt: 0.0,
            ..tower()
        }
        .ray([1.0, 0.5], 0.0);
        assert!(
            (edge.bearing.degrees() - 120.0).abs() < 1e-9,
            "half the field of view to the right"
        );
    }

    #[test]
    fn a_leaning_camera_sees_the_horizon_lean() {
        let level = Tower {
            tilt: 0.0,
            ..tower()
        };
        let leaning = Tower {
            roll: 10.0,
            ..level
        };
        let middle = leaning.ray([0.5, 0.5], 0.0);
        assert!(middle.down.abs() < 1e-9, "the middle stays where it is");
        // The horizon of a camera that leans to its right runs from lower left to upper right.
        assert!(leaning.ray([0.9, 0.5], 0.0).down > 3.0);
        assert!(leaning.ray([0.1, 0.5], 0.0).down < -3.0);
        // Turned by 90 degrees more than allowed, right would be below: half way there both mix.
        let on_side = Tower {
            roll: 45.0,
            ..level
        };
        let ray = on_side.ray([1.0, 0.5], 0.0);
        let half = 30.0_f64.to_radians().tan();
        let expected = (half * 45.0_f64.to_radians().sin())
            .atan2(1.0_f64.hypot(half * 45.0_f64.to_radians().cos()));
        assert!((ray.down - expected.to_degrees()).abs() < 1e-9);
    }

    #[test]
    fn two_tiles_are_one_map() {
        let tile = |name: &str, height: i16| {
            let bytes: Vec<u8> = (0..1201 * 1201)
                .flat_map(|_| height.to_be_bytes())
                .collect();
            Grid::from_hgt(name, &bytes).unwrap()
        };
        let both = Mosaic::new(vec![tile("N16E107.hgt", 0), tile("N16E108.hgt", 300)]);
        let tower = Tower {
            place: Place {
                lat: 16.5,
                lon: 107.95,
            },
            ..tower()
        };
        let ray = Ray {
            down: 0.0,
            ..tower.ray([0.5, 0.5], 0.0)
        };
        let hit = tower.hit_terrain(ray, &both).unwrap();
        assert!((hit.place.lon - 108.0).abs() < 2e-3, "{hit:?}");
        let alone = Mosaic::new(vec![tile("N16E107.hgt", 0)]);
        assert!(tower.hit_terrain(ray, &alone).is_none(), "off the map");
    }

    #[test]
    fn level_ground_is_met_where_the_angle_says() {
        let hit = tower().hit_flat(tower().ray([0.5, 0.5], 0.0)).unwrap();
        let expected = 30.0 / 3.0_f64.to_radians().tan();
        assert!(
            (hit.distance - expected).abs() < 0.02 * expected,
            "{}",
            hit.distance
        );
        assert!(hit.error.major > 5.0 * hit.error.minor, "{:?}", hit.error);
        let off = hit.error.along.between(Bearing::from_degrees(90.0));
        assert!(off < 1.0, "the long axis lies along the line of sight");
        let up = tower().ray([0.5, 0.0], 0.0);
        assert!(
            up.down < 0.0 && tower().hit_flat(up).is_none(),
            "the sky is no place"
        );
    }

    #[test]
    fn a_slope_is_met_where_the_map_has_it() {
        let grid = valley(107.6);
        let level = tower().ray([0.5, 0.45], 0.0);
        assert!(level.down > -2.0 && level.down < 3.0);
        let horizontal = Ray { down: 0.0, ..level };
        let hit = tower().hit_terrain(horizontal, &grid).unwrap();
        let to_wall = Place {
            lat: 16.5,
            lon: 107.6,
        }
        .distance_to(tower().place);
        assert!(
            (hit.distance - to_wall).abs() < 100.0,
            "{} {to_wall}",
            hit.distance
        );
        let over = Ray {
            down: -5.0,
            ..level
        };
        assert!(tower().hit_terrain(over, &grid).is_none(), "over the wall");
        let west = Ray {
            bearing: Bearing::from_degrees(270.0),
            down: 0.0,
            sigma: 0.2,
        };
        assert!(tower().hit_terrain(west, &grid).is_none(), "out of the map");
    }

    #[test]
    fn numbers_that_describe_no_camera_are_named() {
        for (tower, expected) in [
            (
                Tower {
                    height: 0.0,
                    ..tower()
                },
                TowerFault::Height,
            ),
            (
                Tower {
                    tilt: 91.0,
                    ..tower()
                },
                TowerFault::Tilt,
            ),
            (
                Tower {
                    roll: -50.0,
                    ..tower()
                },
                TowerFault::Roll,
            ),
            (
                Tower {
                    field_of_view: 0.0,
                    ..tower()
                },
                TowerFault::FieldOfView,
            ),
            (
                Tower {
                    aspect: f64::NAN,
                    ..tower()
                },
                TowerFault::Aspect,
            ),
            (
                Tower {
                    pointing_sigma: 0.0,
                    ..tower()
                },
                TowerFault::Sigma,
            ),
        ] {
            assert_eq!(tower.check(), Err(expected));
        }
        assert!(tower().check().is_ok());
    }

    proptest! {
        /// Lower in the picture is nearer, and the error grows with the distance.
        #[test]
        fn lower_is_nearer(x in 0.0_f64..1.0, y in 0.5_f64..0.95) {
            let tower = tower();
            let at = |y| tower.hit_flat(tower.ray([x, y], 0.001));
            if let (Some(far), Some(near)) = (at(y), at(y + 0.05)) {
                prop_assert!(near.distance < far.distance);
                prop_assert!(near.error.major <= far.error.major + 1e-6);
            }
        }
    }
}
