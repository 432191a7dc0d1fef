//! Where something is, a place on the ground or a bearing from a known place, and which way it moves. WGS84
//! throughout.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point on the WGS84 ellipsoid, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Latitude in degrees, −90 to 90, north positive.
    #[schemars(range(min = -90.0, max = 90.0))]
    pub lat: f64,
    /// Longitude in degrees, −180 to 180, east positive.
    #[schemars(range(min = -180.0, max = 180.0))]
    pub lon: f64,
}

impl Position {
    /// Whether both angles are finite and in range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        (-90.0..=90.0).contains(&self.lat) && (-180.0..=180.0).contains(&self.lon)
    }
}

/// A direction from the camera, for a thing whose distance is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bearing {
    /// Where the camera stands.
    pub from: Position,
    /// Degrees clockwise from true north, 0 ≤ x < 360.
    #[schemars(range(min = 0.0, max = 360.0))]
    pub degrees: f64,
    /// Half width of the wedge, one standard deviation, in degrees; more than 0.
    #[schemars(range(min = 0.0, max = 180.0))]
    pub uncertainty_deg: f64,
}

/// Where the event is, as well as the camera can tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Place {
    /// A point with a radius.
    Point {
        /// The point.
        position: Position,
        /// One standard deviation in metres; more than 0.
        uncertainty_m: f64,
    },
    /// A wedge from the camera.
    Bearing(Bearing),
}

impl Place {
    /// Whether all numbers are finite and in range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Point {
                position,
                uncertainty_m,
            } => position.is_valid() && uncertainty_m.is_finite() && *uncertainty_m > 0.0,
            Self::Bearing(bearing) => {
                bearing.from.is_valid()
                    && (0.0..360.0).contains(&bearing.degrees)
                    && bearing.uncertainty_deg > 0.0
                    && bearing.uncertainty_deg <= 180.0
            }
        }
    }
}

/// Which way something moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Heading {
    /// Over the ground.
    Ground {
        /// Degrees clockwise from true north, 0 ≤ x < 360.
        #[schemars(range(min = 0.0, max = 360.0))]
        degrees: f64,
        /// One standard deviation, in degrees; more than 0.
        #[schemars(range(min = 0.0, max = 180.0))]
        uncertainty_deg: f64,
    },
    /// In the picture, where nobody knows how it lies to the ground.
    Picture {
        /// Degrees clockwise from the picture's upper edge, 0 ≤ x < 360: 90 is to the right.
        #[schemars(range(min = 0.0, max = 360.0))]
        degrees: f64,
        /// One standard deviation, in degrees; more than 0.
        #[schemars(range(min = 0.0, max = 180.0))]
        uncertainty_deg: f64,
    },
}

impl Heading {
    /// Whether all numbers are finite and in range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let (Self::Ground {
            degrees,
            uncertainty_deg,
        }
        | Self::Picture {
            degrees,
            uncertainty_deg,
        }) = self;
        (0.0..360.0).contains(degrees) && *uncertainty_deg > 0.0 && *uncertainty_deg <= 180.0
    }
}
