//! Places, as the contract writes them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::incident::crossing::Crossing;

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

/// How far off a place may be: one standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = ErrorEllipse)]
pub struct EllipseView {
    /// Metres along the long axis.
    pub major_m: f64,
    /// Metres along the short axis.
    pub minor_m: f64,
    /// Direction of the long axis, degrees clockwise from true north, 0 to 180.
    pub along_deg: f64,
}

/// Where the bearings of several cameras cross.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = Fix)]
pub struct FixView {
    /// Where.
    pub position: PositionView,
    /// How far off that may be.
    pub error: EllipseView,
    /// From how many spots it is seen; of each its newest bearing counts.
    pub spots: usize,
    /// The largest angle by which a bearing misses it, in that bearing's standard deviations.
    pub worst_miss: f64,
}

impl FixView {
    /// A crossing as the API shows it.
    #[must_use]
    pub fn new(crossing: &Crossing) -> Self {
        let (fix, error) = (crossing.fix, crossing.fix.error);
        Self {
            position: PositionView {
                lat: fix.place.lat,
                lon: fix.place.lon,
            },
            error: EllipseView {
                major_m: error.major,
                minor_m: error.minor,
                along_deg: error.along.degrees(),
            },
            spots: crossing.spots,
            worst_miss: fix.worst_miss,
        }
    }
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
