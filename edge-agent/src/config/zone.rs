//! `[[camera.zone]]`: named parts of a camera's picture, as polygons in fractions of it, and what the
//! numbers of every shape mean.

use contract::v1::{ZoneId, check_polygon};
use sha2::{Digest as _, Sha256};
use toml::de::DeValue;

use super::fault::{Wrong, suggestion};
use super::pose::{PoseId, Poses};
use super::section::Section;
use super::value;
use crate::geometry::{NormPoint, PictureSize};

pub use contract::v1::PolygonError;

/// A polygon in fractions of the picture: at least three points, an area, no edge across another.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon(Vec<NormPoint>);

impl Polygon {
    /// A polygon of these corners, in order, either way round; the last joins the first.
    ///
    /// # Errors
    /// [`PolygonError`] where they are not one.
    pub fn new(points: Vec<NormPoint>) -> Result<Self, PolygonError> {
        let corners: Vec<[f32; 2]> = points.iter().map(|point| [point.x, point.y]).collect();
        check_polygon(&corners)?;
        Ok(Self(points))
    }

    /// SHA-256 of the corners in order, hexadecimal: which zone was in force.
    #[must_use]
    pub fn version(&self) -> String {
        let mut hasher = Sha256::new();
        for point in &self.0 {
            hasher.update(point.x.to_be_bytes());
            hasher.update(point.y.to_be_bytes());
        }
        hex::encode(hasher.finalize())
    }

    /// The corners in order.
    #[must_use]
    pub fn points(&self) -> &[NormPoint] {
        &self.0
    }
}

/// `[[camera.zone]]`: a named part of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneConfig {
    /// Its name, unique within the camera.
    pub id: ZoneId,
    /// Where it is.
    pub polygon: Polygon,
    /// The pose in which it is there; none where it is there in every one.
    pub pose: Option<PoseId>,
}

pub(super) fn read(camera: &Section<'_>, poses: &Poses) -> Vec<ZoneConfig> {
    let mut zones: Vec<ZoneConfig> = Vec::new();
    for section in camera.tables("zone") {
        let id = section.required("id", &value::parsed::<ZoneId>);
        let measure = Measure::read(&section);
        let polygon = section.required("polygon", &|raw| polygon(raw, measure));
        let pose = read_pose(&section, poses);
        if let Some(id) = &id
            && zones.iter().any(|zone| zone.id == *id)
        {
            let wrong = Wrong::new(
                format!("zone \"{id}\" is defined twice"),
                "rename one of them",
            );
            section.note("id", wrong);
        }
        section.finish();
        if let (Some(id), Some(polygon)) = (id, polygon) {
            zones.push(ZoneConfig { id, polygon, pose });
        }
    }
    zones
}

/// The pose that a zone or mask names.
pub(super) fn read_pose(section: &Section<'_>, poses: &Poses) -> Option<PoseId> {
    let name = section.optional("pose", &value::text)?;
    let found = poses.find(&name);
    if found.is_none() {
        let known: Vec<&str> = poses.named.iter().map(|pose| pose.name.as_str()).collect();
        let wrong = Wrong::new(format!("no pose {name:?}"), suggestion(&name, &known));
        section.note("pose", wrong);
    }
    found
}

/// What the numbers of a shape mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    /// Fractions of the picture.
    Fractions,
    /// Pixels of a picture of that width and height.
    PixelsOf(f32, f32),
}

/// Most pixels of a side that a shape may be measured in.
const MOST_PIXELS: u32 = 65_536;

impl Measure {
    /// Key `pixels_of` of a shape's table.
    pub(super) fn read(section: &Section<'_>) -> Self {
        let side = value::integer(1..=MOST_PIXELS);
        let size = section.optional("pixels_of", &value::array::<2, u32>(side));
        size.map_or(Self::Fractions, |[width, height]| {
            let (width, height) = PictureSize { width, height }.as_f32();
            Self::PixelsOf(width, height)
        })
    }

    /// In fractions of the picture, wherever it lies.
    pub(super) fn fractions(self, point: NormPoint) -> NormPoint {
        match self {
            Self::Fractions => point,
            Self::PixelsOf(width, height) => NormPoint {
                x: point.x / width,
                y: point.y / height,
            },
        }
    }

    /// In fractions of the picture, inside of it.
    pub(super) fn point(self, point: NormPoint) -> Result<NormPoint, Wrong> {
        let inside = self.fractions(point);
        let share = 0.0..=1.0;
        if share.contains(&inside.x) && share.contains(&inside.y) {
            return Ok(inside);
        }
        Err(Wrong::new(
            format!("point [{}, {}] lies outside the picture", point.x, point.y),
            self.remedy(),
        ))
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::Fractions => {
                "give fractions of the picture, 0 to 1, or add `pixels_of = [width, height]` for pixels"
            }
            Self::PixelsOf(..) => "give pixels inside the picture that `pixels_of` names",
        }
    }
}

pub(super) fn polygon(raw: &DeValue<'_>, measure: Measure) -> Result<Polygon, Wrong> {
    let points = value::list(value::array::<2, f32>(value::real))(raw)?;
    let points = points
        .into_iter()
        .map(|[x, y]| measure.fractions(NormPoint { x, y }))
        .collect();
    Polygon::new(points).map_err(|error| {
        let remedy = match (error, measure) {
            (PolygonError::Outside(_), Measure::PixelsOf(..)) => measure.remedy(),
            _ => "give the corners in order as [[x, y], …] in fractions of the picture",
        };
        Wrong::new(error.to_string(), remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon_of(corners: &[(f32, f32)]) -> Result<Polygon, PolygonError> {
        Polygon::new(corners.iter().map(|&(x, y)| NormPoint { x, y }).collect())
    }

    #[test]
    fn good_polygons_pass_either_way_round_and_concave() {
        let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        assert!(polygon_of(&square).is_ok());
        let reversed: Vec<_> = square.iter().rev().copied().collect();
        assert!(polygon_of(&reversed).is_ok());
        assert!(polygon_of(&[(0.0, 0.0), (1.0, 0.0), (0.2, 0.2), (0.0, 1.0)]).is_ok());
        assert!(polygon_of(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]).is_ok());
    }

    #[test]
    fn bad_polygons_say_why() {
        let bow_tie = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)];
        assert_eq!(
            polygon_of(&bow_tie),
            Err(PolygonError::SelfIntersecting(0, 2))
        );
        assert_eq!(
            polygon_of(&[(0.0, 0.0), (1.0, 1.0)]),
            Err(PolygonError::TooFew(2))
        );
        assert_eq!(
            polygon_of(&[(0.0, 0.0), (0.5, 1.5), (1.0, 0.0)]),
            Err(PolygonError::Outside(1))
        );
        assert_eq!(
            polygon_of(&[(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]),
            Err(PolygonError::Flat)
        );
        let nan = [(f32::NAN, 0.0), (0.5, 0.5), (1.0, 0.0)];
        assert_eq!(polygon_of(&nan), Err(PolygonError::Outside(0)));
    }
}
