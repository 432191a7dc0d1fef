//! Where on the ground a thing of the picture is, as well as the camera's calibration can tell. Pure.

use contract::v1::{Bearing, Place, Position};
use ground::ellipse::Covariance;
use ground::geodesy::{self, Offset};
use ground::homography::Homography;
use ground::speed::Step;
use ground::tower::{Hit, Ray};

use crate::config::{Calibration, CameraConfig, Elevation, Land, TowerCalibration};
use crate::geometry::{PictureSize, PixelBox};
use crate::time::StreamTime;

/// A box's lower edge wanders by this share of the box's side from picture to picture.
const JITTER: f64 = 0.05;
/// And by no less than this share of the picture.
const LEAST_JITTER: f64 = 0.001;
/// A place whose error is larger than this share of its distance is no better than its direction.
const WORST_SHARE: f64 = 0.5;

/// How one pose of a camera relates to the ground.
#[derive(Debug, Clone, Default)]
pub struct Whereabouts {
    calibration: Option<Calibration>,
    elevation: Option<Elevation>,
}

impl Whereabouts {
    /// Of a camera in one pose.
    #[must_use]
    pub fn of(camera: &CameraConfig) -> Self {
        Self {
            calibration: camera.calibration.clone(),
            elevation: camera.elevation.clone(),
        }
    }

    /// Where things are that stand on the lower edges of these boxes: a point where the calibration leads to
    /// the ground, a direction where it leads to none that is worth the name; none without a calibration, or
    /// where a street camera looks over its horizon.
    #[must_use]
    pub fn place_of(&self, boxes: &[PixelBox], size: PictureSize) -> Option<Place> {
        let points: Vec<Point> = boxes.iter().map(|bbox| Point::of(bbox, size)).collect();
        match self.calibration.as_ref()? {
            Calibration::Street(street) => on_street(&street.plane, &points),
            Calibration::Tower(tower) => self.seen_from_tower(tower, &points, size),
        }
    }

    /// A step of something that moves on a street; none on a tower, where a step is smaller than its error.
    #[must_use]
    pub fn step_of(&self, bbox: &PixelBox, size: PictureSize, at: StreamTime) -> Option<Step> {
        let Some(Calibration::Street(street)) = &self.calibration else {
            return None;
        };
        let point = Point::of(bbox, size);
        let offset = street.plane.offset_of(point.at)?;
        // What is off in the plane itself is off in every step alike: only the point counts.
        let moved = street
            .plane
            .offset_of([point.at[0], point.at[1] + point.sigma])?;
        let sigma = Offset {
            east: moved.east - offset.east,
            north: moved.north - offset.north,
        };
        Some(Step {
            at: at.as_secs_f64(),
            offset,
            sigma: sigma.length().max(0.01),
        })
    }

    /// The direction of a thing that stands on the lower edge of this box, in degrees clockwise from true north;
    /// none but on a tower.
    #[must_use]
    pub fn bearing_of(&self, bbox: &PixelBox, size: PictureSize) -> Option<f64> {
        let Some(Calibration::Tower(tower)) = &self.calibration else {
            return None;
        };
        let (width, height) = size.as_f32();
        let camera = tower.tower(f64::from(width) / f64::from(height));
        let point = Point::of(bbox, size);
        Some(camera.ray(point.at, point.sigma).bearing.degrees())
    }

    fn seen_from_tower(
        &self,
        tower: &TowerCalibration,
        points: &[Point],
        size: PictureSize,
    ) -> Option<Place> {
        let (width, height) = size.as_f32();
        let camera = tower.tower(f64::from(width) / f64::from(height));
        let rays: Vec<Ray> = points
            .iter()
            .map(|point| camera.ray(point.at, point.sigma))
            .collect();
        let hit = |ray: &Ray| match (&self.elevation, tower.land) {
            (Some(elevation), _) => camera.hit_terrain(*ray, &*elevation.map),
            (None, Land::Flat) => camera.hit_flat(*ray),
            (None, Land::Unknown) => None,
        };
        let near = |hit: &Hit| hit.error.major <= WORST_SHARE * hit.distance;
        let hits: Option<Vec<Hit>> = rays.iter().map(|ray| hit(ray).filter(near)).collect();
        let found = hits.and_then(|hits| {
            let places: Vec<(geodesy::Place, f64)> = hits
                .iter()
                .map(|hit| (hit.place, hit.error.radius()))
                .collect();
            middle(&places)
        });
        found.or_else(|| direction(tower.position, &rays))
    }
}

/// Where a thing touches the ground, in fractions of the picture.
struct Point {
    at: [f64; 2],
    /// Standard deviation, as a fraction.
    sigma: f64,
}

impl Point {
    fn of(bbox: &PixelBox, size: PictureSize) -> Self {
        let inside = bbox.clipped(size);
        let foot = inside.bottom_centre().normalised(size);
        let (width, height) = size.as_f32();
        let side = f64::from((inside.w / width).max(inside.h / height));
        Self {
            at: [f64::from(foot.x), f64::from(foot.y)],
            sigma: (JITTER * side).max(LEAST_JITTER),
        }
    }
}

fn on_street(plane: &Homography, points: &[Point]) -> Option<Place> {
    let places: Option<Vec<(geodesy::Place, f64)>> = points
        .iter()
        .map(|point| {
            let fixed = plane.place_of(point.at, point.sigma)?;
            Some((fixed.place, fixed.error.radius()))
        })
        .collect();
    middle(&places?)
}

/// The middle of several places; as uncertain as they are far apart, and as any one of them is by itself.
fn middle(places: &[(geodesy::Place, f64)]) -> Option<Place> {
    let (first, _) = places.first()?;
    let count = f64::from(u32::try_from(places.len()).ok()?);
    let offsets: Vec<Offset> = places.iter().map(|(at, _)| first.offset_to(*at)).collect();
    let mean = Offset {
        east: offsets.iter().map(|offset| offset.east).sum::<f64>() / count,
        north: offsets.iter().map(|offset| offset.north).sum::<f64>() / count,
    };
    let square =
        |offset: &Offset| (offset.east - mean.east).powi(2) + (offset.north - mean.north).powi(2);
    let apart = offsets.iter().map(square).sum::<f64>() / count;
    let own = places.iter().map(|(_, sigma)| *sigma).fold(0.0, f64::max);
    let at = first.at(mean);
    let error = Covariance::round(own)
        .plus(Covariance::round(apart.sqrt()))
        .ellipse();
    Some(Place::Point {
        position: Position {
            lat: rounded(at.lat, 1e7),
            lon: rounded(at.lon, 1e7),
        },
        uncertainty_m: rounded(error.radius(), 10.0).max(0.1),
    })
}

/// The middle of several directions.
fn direction(from: Position, rays: &[Ray]) -> Option<Place> {
    let first = rays.first()?.bearing.degrees();
    let count = f64::from(u32::try_from(rays.len()).ok()?);
    let turns: Vec<f64> = rays
        .iter()
        .map(|ray| (ray.bearing.degrees() - first + 180.0).rem_euclid(360.0) - 180.0)
        .collect();
    let mean = turns.iter().sum::<f64>() / count;
    let apart = turns.iter().map(|turn| (turn - mean).powi(2)).sum::<f64>() / count;
    let own = rays.iter().map(|ray| ray.sigma).fold(0.0, f64::max);
    Some(Place::Bearing(Bearing {
        from,
        degrees: rounded(first + mean, 100.0).rem_euclid(360.0),
        uncertainty_deg: rounded(own.hypot(apart.sqrt()), 100.0).clamp(0.01, 180.0),
    }))
}

/// As many digits as the number is worth.
fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}

#[cfg(test)]
#[path = "whereabouts_tests.rs"]
mod tests;
