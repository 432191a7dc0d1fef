//! `[[camera.zone]]`: named parts of a camera's picture, as polygons in fractions of it.

use contract::v1::ZoneId;
use toml::de::DeValue;

use super::fault::Wrong;
use super::section::Section;
use super::value;
use crate::geometry::NormPoint;

/// A polygon in fractions of the picture: at least three points, an area, no edge across another.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon(Vec<NormPoint>);

/// Why points are not a polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolygonError {
    /// Fewer than three.
    #[error("has {0} points, and a polygon has at least 3")]
    TooFew(usize),
    /// A point lies outside the picture.
    #[error("point {0} lies outside the picture (fractions are 0 to 1)")]
    Outside(usize),
    /// Two edges cross or touch.
    #[error("edge {0} crosses edge {1}")]
    SelfIntersecting(usize, usize),
    /// All points lie on one line.
    #[error("has no area")]
    Flat,
}

impl Polygon {
    /// A polygon of these corners, in order, either way round; the last joins the first.
    ///
    /// # Errors
    /// [`PolygonError`] where they are not one.
    pub fn new(points: Vec<NormPoint>) -> Result<Self, PolygonError> {
        let count = points.len();
        if count < 3 {
            return Err(PolygonError::TooFew(count));
        }
        let inside = |p: &NormPoint| (0.0..=1.0).contains(&p.x) && (0.0..=1.0).contains(&p.y);
        if let Some(index) = points.iter().position(|point| !inside(point)) {
            return Err(PolygonError::Outside(index));
        }
        for first in 0..count {
            for second in first + 1..count {
                let neighbours = second == first + 1 || (first == 0 && second == count - 1);
                if !neighbours && edges_cross(&points, first, second) {
                    return Err(PolygonError::SelfIntersecting(first, second));
                }
            }
        }
        let twice_area: f32 = (0..count)
            .map(|at| cross(points[at], points[(at + 1) % count]))
            .sum();
        if twice_area.abs() < 1e-6 {
            return Err(PolygonError::Flat);
        }
        Ok(Self(points))
    }

    /// The corners in order.
    #[must_use]
    pub fn points(&self) -> &[NormPoint] {
        &self.0
    }
}

fn cross(a: NormPoint, b: NormPoint) -> f32 {
    a.x * b.y - b.x * a.y
}

/// Which side of the line `a`–`b` the point lies on: the sign of the result.
fn side(a: NormPoint, b: NormPoint, point: NormPoint) -> f32 {
    (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
}

fn edges_cross(points: &[NormPoint], first: usize, second: usize) -> bool {
    let (a, b) = (points[first], points[(first + 1) % points.len()]);
    let (c, d) = (points[second], points[(second + 1) % points.len()]);
    side(a, b, c) * side(a, b, d) <= 0.0
        && side(c, d, a) * side(c, d, b) <= 0.0
        && boxes_meet(a, b, c, d)
}

/// Parallel edges on one line have no sides; they meet where their extents do.
fn boxes_meet(a: NormPoint, b: NormPoint, c: NormPoint, d: NormPoint) -> bool {
    a.x.min(b.x) <= c.x.max(d.x)
        && c.x.min(d.x) <= a.x.max(b.x)
        && a.y.min(b.y) <= c.y.max(d.y)
        && c.y.min(d.y) <= a.y.max(b.y)
}

/// `[[camera.zone]]`: a named part of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneConfig {
    /// Its name, unique within the camera.
    pub id: ZoneId,
    /// Where it is.
    pub polygon: Polygon,
}

pub(super) fn read(camera: &Section<'_>) -> Vec<ZoneConfig> {
    let mut zones: Vec<ZoneConfig> = Vec::new();
    for section in camera.tables("zone") {
        let id = section.required("id", &value::parsed::<ZoneId>);
        let polygon = section.required("polygon", &polygon);
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
            zones.push(ZoneConfig { id, polygon });
        }
    }
    zones
}

fn polygon(raw: &DeValue<'_>) -> Result<Polygon, Wrong> {
    let points = value::list(value::array::<2, f32>(value::real))(raw)?;
    let points = points
        .into_iter()
        .map(|[x, y]| NormPoint { x, y })
        .collect();
    Polygon::new(points).map_err(|error| {
        Wrong::new(
            error.to_string(),
            "give the corners in order as [[x, y], …] in fractions of the picture",
        )
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
