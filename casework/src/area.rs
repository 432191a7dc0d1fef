//! Areas on the map, versioned: an area is valid from a day to a day, and keeps its old names as aliases.
//!
//! Administrative areas merge and split (Việt Nam's district level ended on 1 July 2025), so a report of last
//! June must still be found where it was, and today's must go where it belongs today.
//!
//! What does not belong here: which unit answers for an area (routing).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// An area's key, e.g. a five-digit commune code. Not a name: names change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AreaId(pub String);

/// One version of one area.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// Its key.
    pub id: AreaId,
    /// Its name on a screen.
    pub name: String,
    /// Names it had, or that its parts had.
    pub aliases: Vec<String>,
    /// Valid from this day on.
    pub from: Date,
    /// Valid until the day before this one; open where none is known.
    pub until: Option<Date>,
    /// Where it is.
    pub shape: Shape,
}

/// All versions of all areas. Invariant: the versions of one area do not overlap in time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Atlas(BTreeMap<AreaId, Vec<Area>>);

/// A place, in degrees of WGS84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Latitude, −90 to 90.
    pub lat: f64,
    /// Longitude, −180 to 180.
    pub lon: f64,
}

/// One or more polygons with their holes, as `GeoJSON` has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape(Vec<Vec<Ring>>);

/// A closed line of longitude and latitude, in degrees of WGS84.
type Ring = Vec<[f64; 2]>;

impl Shape {
    /// Does the place lie inside? By the even-odd rule: a ray crosses the rings of a polygon an odd number of
    /// times from inside, and holes are rings as well. A place on a border may count as inside or not.
    #[must_use]
    pub fn contains(&self, place: Place) -> bool {
        self.0.iter().any(|polygon| {
            let crossings: usize = polygon.iter().map(|ring| crossings(ring, place)).sum();
            crossings % 2 == 1
        })
    }
}

/// How often a ray to the east crosses the ring. A vertex belongs to the edge above it, so that it counts once.
fn crossings(ring: &Ring, place: Place) -> usize {
    ring.windows(2)
        .filter(|edge| {
            let ([x1, y1], [x2, y2]) = (edge[0], edge[1]);
            let spans = (y1 > place.lat) != (y2 > place.lat);
            spans && place.lon < x1 + (place.lat - y1) / (y2 - y1) * (x2 - x1)
        })
        .count()
}

/// Why areas were not taken. Nothing of the file stands.
#[derive(Debug, thiserror::Error)]
pub enum AtlasFault {
    /// It is no `GeoJSON`.
    #[error("it is no GeoJSON")]
    NotGeoJson(#[source] Box<geojson::Error>),
    /// It is not a `FeatureCollection`.
    #[error("it is no FeatureCollection")]
    NotACollection,
    /// A property is missing or wrong.
    #[error("feature {index}: property {key} is missing or no {wanted}")]
    Property {
        /// Which feature, from 0.
        index: usize,
        /// Which property.
        key: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// The geometry is no area.
    #[error("feature {index}: the geometry is no polygon in longitude and latitude")]
    Shape {
        /// Which feature, from 0.
        index: usize,
    },
    /// Two versions of an area are valid on one day.
    #[error("area {id}: two versions are valid on {day}")]
    Overlap {
        /// Which area.
        id: String,
        /// A day on which both are.
        day: Date,
    },
}

impl Atlas {
    /// Reads a `GeoJSON` `FeatureCollection` of polygons with the properties `id`, `name`, `from`, and where they
    /// are known `until` and `aliases`.
    ///
    /// # Errors
    /// [`AtlasFault`] names the feature, counted from 0, and the property.
    pub fn from_geojson(text: &str) -> Result<Self, AtlasFault> {
        let read: geojson::GeoJson = text
            .parse()
            .map_err(|error| AtlasFault::NotGeoJson(Box::new(error)))?;
        let geojson::GeoJson::FeatureCollection(collection) = read else {
            return Err(AtlasFault::NotACollection);
        };
        let mut atlas = Self::default();
        for (index, feature) in collection.features.into_iter().enumerate() {
            atlas.add(area_of(index, feature)?)?;
        }
        Ok(atlas)
    }

    /// Adds a version of an area.
    ///
    /// # Errors
    /// [`AtlasFault::Overlap`].
    pub fn add(&mut self, area: Area) -> Result<(), AtlasFault> {
        let versions = self.0.entry(area.id.clone()).or_default();
        if let Some(other) = versions.iter().find(|other| overlap(other, &area)) {
            return Err(AtlasFault::Overlap {
                id: area.id.0,
                day: other.from.max(area.from),
            });
        }
        versions.push(area);
        Ok(())
    }

    /// Was there ever an area with this key?
    #[must_use]
    pub fn knows(&self, id: &AreaId) -> bool {
        self.0.contains_key(id)
    }

    /// The version of an area that is valid on a day.
    #[must_use]
    pub fn on(&self, id: &AreaId, day: Date) -> Option<&Area> {
        self.0.get(id)?.iter().find(|area| area.is_valid(day))
    }

    /// Every area that holds a place on a day, by key. A place on a border may lie in none.
    pub fn at(&self, place: Place, day: Date) -> impl Iterator<Item = &Area> {
        self.0
            .values()
            .flatten()
            .filter(move |area| area.is_valid(day) && area.shape.contains(place))
    }

    /// Areas of any time whose name or an old name is this one, whatever the case.
    pub fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Area> {
        let wanted = name.trim().to_lowercase();
        self.0.values().flatten().filter(move |area| {
            std::iter::once(&area.name)
                .chain(&area.aliases)
                .any(|own| own.to_lowercase() == wanted)
        })
    }
}

impl Area {
    fn is_valid(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

fn overlap(a: &Area, b: &Area) -> bool {
    let begins_before_end = |x: &Area, y: &Area| y.until.is_none_or(|until| x.from < until);
    begins_before_end(a, b) && begins_before_end(b, a)
}

fn area_of(index: usize, feature: geojson::Feature) -> Result<Area, AtlasFault> {
    let missing = |key, wanted| AtlasFault::Property { index, key, wanted };
    let text = |key: &'static str| {
        let value = feature.property(key)?;
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let from = text("from")
        .and_then(|day| day.parse().ok())
        .ok_or_else(|| missing("from", "day"))?;
    let until = match feature.property("until") {
        None | Some(serde_json::Value::Null) => None,
        Some(value) => {
            let day = value.as_str().and_then(|day| day.parse::<Date>().ok());
            Some(
                day.filter(|until| *until > from)
                    .ok_or_else(|| missing("until", "day after `from`"))?,
            )
        }
    };
    let aliases = match feature.property("aliases") {
        None | Some(serde_json::Value::Null) => Vec::new(),
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|_| missing("aliases", "list of names"))?,
    };
    Ok(Area {
        id: AreaId(text("id").ok_or_else(|| missing("id", "text"))?),
        name: text("name").ok_or_else(|| missing("name", "text"))?,
        aliases,
        from,
        until,
        shape: shape_of(index, feature)?,
    })
}

fn shape_of(index: usize, feature: geojson::Feature) -> Result<Shape, AtlasFault> {
    let fault = || AtlasFault::Shape { index };
    let polygons = match feature.geometry.ok_or_else(fault)?.value {
        geojson::Value::Polygon(polygon) => vec![polygon],
        geojson::Value::MultiPolygon(polygons) => polygons,
        _ => return Err(fault()),
    };
    let rings = |polygon: Vec<Vec<Vec<f64>>>| {
        let rings = polygon
            .iter()
            .map(|ring| ring_of(ring))
            .collect::<Option<Vec<Ring>>>()?;
        (!rings.is_empty()).then_some(rings)
    };
    let shape = polygons
        .into_iter()
        .map(rings)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(fault)?;
    if shape.is_empty() {
        return Err(fault());
    }
    Ok(Shape(shape))
}

/// A ring is closed and has at least four points (RFC 7946 §3.1.6), all of them on earth.
fn ring_of(points: &[Vec<f64>]) -> Option<Ring> {
    let ring = points
        .iter()
        .map(|point| match point.as_slice() {
            [lon, lat, ..] if lon.abs() <= 180.0 && lat.abs() <= 90.0 => Some([*lon, *lat]),
            _ => None,
        })
        .collect::<Option<Ring>>()?;
    (ring.len() >= 4 && ring.first() == ring.last()).then_some(ring)
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;

    use super::*;

    /// Two communes that became one on 1 July 2025.
    pub(crate) const MERGED: &str = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"id":"a","name":"Đông","from":"2000-01-01","until":"2025-07-01"},
         "geometry":{"type":"Polygon","coordinates":[[[107,16],[107.1,16],[107.1,16.1],[107,16.1],[107,16]]]}},
        {"type":"Feature","properties":{"id":"b","name":"Tây","from":"2000-01-01","until":"2025-07-01"},
         "geometry":{"type":"Polygon","coordinates":[[[106.9,16],[107,16],[107,16.1],[106.9,16.1],[106.9,16]]]}},
        {"type":"Feature","properties":{"id":"c","name":"Hợp","from":"2025-07-01","aliases":["Đông","Tây"]},
         "geometry":{"type":"Polygon","coordinates":[[[106.9,16],[107.1,16],[107.1,16.1],[106.9,16.1],[106.9,16]]]}}
    ]}"#;

    fn ids<'a>(areas: impl Iterator<Item = &'a Area>) -> Vec<&'a str> {
        areas.map(|area| area.id.0.as_str()).collect()
    }

    #[test]
    fn a_place_lies_where_it_lay_on_that_day() {
        let atlas = Atlas::from_geojson(MERGED).unwrap();
        let east = Place {
            lat: 16.05,
            lon: 107.05,
        };
        assert_eq!(ids(atlas.at(east, date(2025, 6, 30))), ["a"]);
        assert_eq!(ids(atlas.at(east, date(2025, 7, 1))), ["c"]);
        assert_eq!(
            ids(atlas.at(
                Place {
                    lat: 17.0,
                    lon: 107.0
                },
                date(2025, 7, 1)
            )),
            Vec::<&str>::new()
        );
        assert_eq!(ids(atlas.named(" đông ")), ["a", "c"]);
        assert!(
            atlas
                .on(&AreaId("a".to_owned()), date(2026, 1, 1))
                .is_none()
        );
    }

    #[test]
    fn a_hole_is_outside_and_an_island_inside() {
        let ring = |low: f64, high: f64| {
            vec![
                [low, low],
                [high, low],
                [high, high],
                [low, high],
                [low, low],
            ]
        };
        let shape = Shape(vec![
            vec![ring(0.0, 10.0), ring(2.0, 8.0)],
            vec![ring(4.0, 6.0)],
        ]);
        for (at, inside) in [
            (1.0, true),
            (3.0, false),
            (5.0, true),
            (11.0, false),
            (-1.0, false),
        ] {
            assert_eq!(shape.contains(Place { lat: at, lon: at }), inside, "{at}");
        }
    }

    #[test]
    fn a_bad_file_names_the_feature_and_the_property() {
        let cases = [
            ("{", "no GeoJSON"),
            (
                r#"{"type":"Point","coordinates":[1,2]}"#,
                "FeatureCollection",
            ),
            (
                &MERGED.replace(r#""name":"Tây","#, ""),
                "feature 1: property name",
            ),
            (
                &MERGED.replace("2000-01-01", "spring"),
                "feature 0: property from",
            ),
            (
                &MERGED.replace(r#""until":"2025-07-01""#, r#""until":"1999-01-01""#),
                "feature 0: property until",
            ),
            (
                &MERGED.replace(r#"["Đông","Tây"]"#, "7"),
                "feature 2: property aliases",
            ),
            (
                &MERGED.replace("[107,16],[107.1,16]", "[1070,16],[107.1,16]"),
                "feature 0: the geometry",
            ),
            (
                &MERGED
                    .replace(r#""id":"c""#, r#""id":"a""#)
                    .replace("2025-07-01\",\"aliases", "2025-06-01\",\"aliases"),
                "area a: two versions",
            ),
        ];
        for (text, expected) in cases {
            let fault = Atlas::from_geojson(text).unwrap_err().to_string();
            assert!(fault.contains(expected), "{expected}: {fault}");
        }
    }
}
