//! Heights of the ground, from grids that anybody can have: SRTM tiles (`.hgt`) and `GeoTIFF`.
//!
//! What does not belong here: fetching them. The bytes come from the caller.

mod geotiff;
mod hgt;

use crate::geodesy::Place;

/// Heights on a regular grid of latitude and longitude.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Latitude and longitude of the first sample, at the north-west.
    north_west: Place,
    /// Degrees from one sample to the next: southwards, eastwards.
    step: [f64; 2],
    /// Samples from north to south, from west to east.
    size: [usize; 2],
    /// Metres above sea level, row by row.
    heights: Heights,
}

/// Samples in as few bytes as their format has.
#[derive(Debug, Clone, PartialEq)]
enum Heights {
    /// Whole metres; [`hgt::VOID`] where nothing was measured.
    Whole(Vec<i16>),
    /// None where nothing was measured.
    Fine(Vec<Option<f32>>),
}

impl Heights {
    fn at(&self, index: usize) -> Option<f64> {
        match self {
            Self::Whole(samples) => samples
                .get(index)
                .filter(|height| **height != hgt::VOID)
                .map(|height| f64::from(*height)),
            Self::Fine(samples) => samples.get(index).copied().flatten().map(f64::from),
        }
    }
}

/// Ground whose height is known.
pub trait Terrain {
    /// Metres above sea level; none where it is not known.
    fn height_at(&self, place: Place) -> Option<f64>;

    /// Metres from one measured height to the next.
    fn spacing(&self) -> f64;
}

/// Several grids as one map; where they overlap, the first one that knows speaks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mosaic(Vec<Grid>);

impl Mosaic {
    /// A map of these grids.
    #[must_use]
    pub const fn new(grids: Vec<Grid>) -> Self {
        Self(grids)
    }
}

impl Terrain for Mosaic {
    fn height_at(&self, place: Place) -> Option<f64> {
        self.0.iter().find_map(|grid| grid.height_at(place))
    }

    /// That of the coarsest grid.
    fn spacing(&self) -> f64 {
        self.0.iter().map(Grid::spacing).fold(0.0, f64::max)
    }
}

impl Terrain for Grid {
    fn height_at(&self, place: Place) -> Option<f64> {
        Self::height_at(self, place)
    }

    fn spacing(&self) -> f64 {
        Self::spacing(self)
    }
}

/// Why bytes are no elevation grid.
#[derive(Debug, thiserror::Error)]
pub enum GridFault {
    /// The name of an SRTM tile says where it lies.
    #[error("{0:?} is no tile's name: N16E107.hgt is one")]
    TileName(String),
    /// A tile is cut short or no square of a known size.
    #[error(
        "the tile has {found} bytes: a whole one has {} (3″) or {} (1″); fetch it again",
        hgt::BYTES_3,
        hgt::BYTES_1
    )]
    TileSize {
        /// How many there are.
        found: usize,
    },
    /// The TIFF cannot be read; cut short, or of an unknown kind.
    #[error("the GeoTIFF cannot be read; fetch it again")]
    Tiff(#[source] tiff::TiffError),
    /// It is a TIFF without a place.
    #[error("the TIFF does not say where it lies (tags ModelPixelScale and ModelTiepoint)")]
    NoPlace,
    /// Its coordinates are no degrees.
    #[error("the GeoTIFF is not in degrees of WGS84: reproject it (gdalwarp -t_srs EPSG:4326)")]
    NotDegrees,
    /// It holds colours or another thing that is no height.
    #[error("the GeoTIFF holds no heights: one band of numbers is needed")]
    NoHeights,
}

impl Grid {
    /// Reads an SRTM tile. `name` is its file name, which says where it lies.
    ///
    /// # Errors
    /// [`GridFault::TileName`], [`GridFault::TileSize`].
    pub fn from_hgt(name: &str, bytes: &[u8]) -> Result<Self, GridFault> {
        hgt::read(name, bytes)
    }

    /// Reads a `GeoTIFF` of one band in degrees of WGS84.
    ///
    /// # Errors
    /// [`GridFault`].
    pub fn from_geotiff(bytes: &[u8]) -> Result<Self, GridFault> {
        geotiff::read(bytes)
    }

    /// Metres above sea level, between the four samples around the place; none outside, or beside a hole.
    #[must_use]
    pub fn height_at(&self, place: Place) -> Option<f64> {
        let row = (self.north_west.lat - place.lat) / self.step[0];
        let column = (place.lon - self.north_west.lon) / self.step[1];
        let (top, down) = split(row, self.size[0])?;
        let (left, right) = split(column, self.size[1])?;
        let sample = |row: usize, column: usize| self.heights.at(row * self.size[1] + column);
        let across =
            |row| Some(sample(row, left)? * (1.0 - right) + sample(row, left + 1)? * right);
        Some(across(top)? * (1.0 - down) + across(top + 1)? * down)
    }

    /// Metres from one sample to the next, southwards: how fine the grid is.
    #[must_use]
    pub fn spacing(&self) -> f64 {
        self.step[0] * 110_600.0
    }
}

/// The sample before a coordinate, and the part of the way to the next; none outside the samples.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked to lie within the samples, of which there are fewer than 2^52"
)]
fn split(at: f64, count: usize) -> Option<(usize, f64)> {
    let last = count.checked_sub(2)?;
    if !(0.0..=(last + 1) as f64).contains(&at) {
        return None;
    }
    let before = (at.floor() as usize).min(last);
    Some((before, at - before as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tile whose height is its row plus ten times its column, big-endian as the format has it.
    fn tile() -> Vec<u8> {
        let samples = (0..1201_i32)
            .flat_map(|row| (0..1201_i32).map(move |column| (row + 10 * column).min(9_000)));
        samples
            .flat_map(|height| i16::try_from(height).unwrap().to_be_bytes())
            .collect()
    }

    #[test]
    fn a_tile_is_read_and_interpolated() {
        let grid = Grid::from_hgt("N16E107.hgt", &tile()).unwrap();
        let step = 1.0 / 1200.0;
        let at = |row: f64, column: f64| {
            grid.height_at(Place {
                lat: 17.0 - row * step,
                lon: 107.0 + column * step,
            })
        };
        for (row, column, expected) in [
            (0.0, 0.0, 0.0),
            (1.0, 0.0, 1.0),
            (0.5, 0.5, 5.5),
            (3.25, 2.0, 23.25),
        ] {
            assert!(
                (at(row, column).unwrap() - expected).abs() < 1e-6,
                "{row} {column}"
            );
        }
        assert!(at(1200.0, 1200.0).is_some(), "the last sample is inside");
        assert!(at(-0.1, 0.0).is_none());
        assert!(at(0.0, 1200.1).is_none());
    }

    #[test]
    fn a_hole_in_the_measurement_gives_no_height() {
        let mut bytes = tile();
        bytes[2..4].copy_from_slice(&i16::MIN.to_be_bytes());
        let grid = Grid::from_hgt("n16e107.HGT", &bytes).unwrap();
        assert!(
            grid.height_at(Place {
                lat: 17.0,
                lon: 107.0004
            })
            .is_none()
        );
    }

    #[test]
    fn a_bad_tile_says_what_is_wrong() {
        let whole = tile();
        for (name, bytes, expected) in [
            ("N16E107.hgt", &whole[..whole.len() - 1], "2884801 bytes"),
            ("N16E107.hgt", &[][..], "0 bytes"),
            ("somewhere.hgt", &whole[..], "no tile's name"),
            ("N96E107.hgt", &whole[..], "no tile's name"),
            ("N16E107", &whole[..], "no tile's name"),
        ] {
            let fault = Grid::from_hgt(name, bytes).unwrap_err().to_string();
            assert!(fault.contains(expected), "{name}: {fault}");
        }
    }
}
