//! Places on the ellipsoid, and metres around one of them.

use geographiclib_rs::{DirectGeodesic as _, Geodesic, InverseGeodesic as _};

/// A place in WGS84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Degrees north, −90 to 90.
    pub lat: f64,
    /// Degrees east, −180 to 180.
    pub lon: f64,
}

/// A direction over ground, in degrees clockwise from true north, 0 to 360.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bearing(f64);

impl Bearing {
    /// Takes any angle and brings it into 0 to 360.
    #[must_use]
    pub fn from_degrees(degrees: f64) -> Self {
        Self(degrees.rem_euclid(360.0))
    }

    /// Degrees clockwise from north.
    #[must_use]
    pub const fn degrees(self) -> f64 {
        self.0
    }

    /// The smaller angle between two directions, 0 to 180 degrees.
    #[must_use]
    pub fn between(self, other: Self) -> f64 {
        let turn = (self.0 - other.0).rem_euclid(360.0);
        turn.min(360.0 - turn)
    }
}

/// Metres east and north of a place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Offset {
    /// Metres east.
    pub east: f64,
    /// Metres north.
    pub north: f64,
}

impl Offset {
    /// How far, in metres.
    #[must_use]
    pub fn length(self) -> f64 {
        self.east.hypot(self.north)
    }

    /// In which direction.
    #[must_use]
    pub fn bearing(self) -> Bearing {
        Bearing::from_degrees(self.east.atan2(self.north).to_degrees())
    }

    /// The offset of a distance in a direction.
    #[must_use]
    pub fn towards(bearing: Bearing, metres: f64) -> Self {
        let (sin, cos) = bearing.degrees().to_radians().sin_cos();
        Self {
            east: metres * sin,
            north: metres * cos,
        }
    }
}

impl Place {
    /// The place this far away, on the shortest line.
    #[must_use]
    pub fn at(self, offset: Offset) -> Self {
        let (lat, lon) = Geodesic::wgs84().direct(
            self.lat,
            self.lon,
            offset.bearing().degrees(),
            offset.length(),
        );
        Self { lat, lon }
    }

    /// How another place lies from here, by the shortest line's length and first direction.
    #[must_use]
    pub fn offset_to(self, other: Self) -> Offset {
        let (metres, azimuth, _, _) =
            Geodesic::wgs84().inverse(self.lat, self.lon, other.lat, other.lon);
        Offset::towards(Bearing::from_degrees(azimuth), metres)
    }

    /// Metres to another place.
    #[must_use]
    pub fn distance_to(self, other: Self) -> f64 {
        self.offset_to(other).length()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_degree_of_latitude_is_about_110_kilometres() {
        let here = Place {
            lat: 16.0,
            lon: 107.0,
        };
        let there = here.offset_to(Place {
            lat: 17.0,
            lon: 107.0,
        });
        assert!((there.north - 110_664.0).abs() < 30.0, "{there:?}");
        assert!(there.east.abs() < 1e-6);
        assert!(
            (Bearing::from_degrees(350.0).between(Bearing::from_degrees(10.0)) - 20.0).abs() < 1e-9
        );
    }

    proptest! {
        #[test]
        fn there_and_back(east in -20_000.0_f64..20_000.0, north in -20_000.0_f64..20_000.0, lat in -70.0_f64..70.0) {
            let here = Place { lat, lon: 107.0 };
            let back = here.offset_to(here.at(Offset { east, north }));
            prop_assert!((back.east - east).abs() < 1e-4 && (back.north - north).abs() < 1e-4, "{:?}", back);
        }
    }
}
