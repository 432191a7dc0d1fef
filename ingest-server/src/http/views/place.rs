//! Places, as the contract writes them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A point on the WGS84 ellipsoid, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Position)]
pub struct PositionView {
    /// Latitude, −90 to 90, north positive.
    pub lat: f64,
    /// Longitude, −180 to 180, east positive.
    pub lon: f64,
}

/// Where the event is, as well as the camera can tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Place)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PlaceView {
    /// A point with a radius.
    Point {
        /// The point.
        position: PositionView,
        /// One standard deviation in metres.
        uncertainty_m: f64,
    },
    /// A wedge from the camera, for a thing whose distance is unknown.
    Bearing {
        /// Where the camera stands.
        from: PositionView,
        /// Degrees clockwise from true north.
        degrees: f64,
        /// Half width of the wedge in degrees.
        uncertainty_deg: f64,
    },
}

/// A box in fractions of the picture: origin top left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = NormBox)]
pub struct NormBoxView {
    /// Left edge, 0 to 1.
    pub x: f32,
    /// Top edge, 0 to 1.
    pub y: f32,
    /// Width, 0 to 1.
    pub w: f32,
    /// Height, 0 to 1.
    pub h: f32,
}

#[cfg(test)]
mod tests {
    use contract::v1::{Bearing, Place, Position};

    use super::*;

    #[test]
    fn the_view_reads_what_the_contract_writes_and_writes_it_again() {
        let from = Position {
            lat: 16.5,
            lon: 107.25,
        };
        let bearing = Bearing {
            from,
            degrees: 90.0,
            uncertainty_deg: 2.5,
        };
        for place in [
            Place::Point {
                position: from,
                uncertainty_m: 20.0,
            },
            Place::Bearing(bearing),
        ] {
            let wire = serde_json::to_value(place).unwrap();
            let view: PlaceView = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!(serde_json::to_value(view).unwrap(), wire);
        }
    }
}
