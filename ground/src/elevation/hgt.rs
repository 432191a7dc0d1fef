//! SRTM tiles: one degree by one degree, big-endian metres, named after their south-west corner.

use super::{Grid, GridFault, Heights};
use crate::geodesy::Place;

/// Bytes of a whole tile of 3 arc seconds.
pub(super) const BYTES_3: usize = 1201 * 1201 * 2;
/// Bytes of a whole tile of 1 arc second.
pub(super) const BYTES_1: usize = 3601 * 3601 * 2;

/// What stands where nothing was measured.
pub(super) const VOID: i16 = i16::MIN;

pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Grid, GridFault> {
    let south_west = corner(name).ok_or_else(|| GridFault::TileName(name.to_owned()))?;
    let (side, intervals) = match bytes.len() {
        BYTES_3 => (1201, 1200.0),
        BYTES_1 => (3601, 3600.0),
        found => return Err(GridFault::TileSize { found }),
    };
    let height = |pair: &[u8]| i16::from_be_bytes([pair[0], pair[1]]);
    Ok(Grid {
        north_west: Place {
            lat: south_west.lat + 1.0,
            lon: south_west.lon,
        },
        step: [1.0 / intervals; 2],
        size: [side; 2],
        heights: Heights::Whole(bytes.chunks_exact(2).map(height).collect()),
    })
}

/// `N16E107.hgt` → 16, 107.
fn corner(name: &str) -> Option<Place> {
    let name = name.to_ascii_uppercase();
    let stem = name.strip_suffix(".HGT")?;
    let (north, rest) = signed(stem, 'N', 'S', 2, 90.0)?;
    let (east, rest) = signed(rest, 'E', 'W', 3, 180.0)?;
    rest.is_empty().then_some(Place {
        lat: north,
        lon: east,
    })
}

fn signed(text: &str, plus: char, minus: char, digits: usize, most: f64) -> Option<(f64, &str)> {
    let sign = match text.chars().next()? {
        letter if letter == plus => 1.0,
        letter if letter == minus => -1.0,
        _ => return None,
    };
    let (number, rest) = text.get(1..)?.split_at_checked(digits)?;
    let degrees: f64 = number
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| number.parse().ok())??;
    (degrees <= most).then_some((sign * degrees, rest))
}
