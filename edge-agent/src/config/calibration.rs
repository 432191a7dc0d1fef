//! `[camera.calibration]` and `elevation`: from a point of a camera's picture to a place on the ground.
//!
//! A street camera is calibrated by point pairs, one on a tower by where it stands and looks. What does not
//! belong here: where a thing is (`scene`), which pose the camera is in (`pose`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::v1::Position;
use ground::elevation::{Grid, GridFault, Mosaic, Terrain as _};
use ground::geodesy::{Bearing, Place};
use ground::homography::{Homography, HomographyFault, Pair};
use ground::tower::{Tower, TowerFault};
use sha2::{Digest as _, Sha256};

use super::fault::Wrong;
use super::section::Section;
use super::value;

/// How one pose of a camera relates to the ground.
#[derive(Debug, Clone, PartialEq)]
pub enum Calibration {
    /// The plane of a street.
    Street(StreetCalibration),
    /// A direction, and where there is a map of heights a place.
    Tower(TowerCalibration),
}

/// The plane of a street, from point pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct StreetCalibration {
    /// Fractions of the picture to places.
    pub plane: Homography,
    /// From so many pairs.
    pub pairs: usize,
    version: String,
}

/// Where a camera stands and looks. The picture's shape makes a [`Tower`] of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TowerCalibration {
    /// Where it stands.
    pub position: Position,
    /// Metres of the lens above the ground at its foot.
    pub height_m: f64,
    /// Degrees clockwise from true north of the picture's middle.
    pub azimuth: f64,
    /// Degrees below the horizontal of the picture's middle.
    pub tilt: f64,
    /// Degrees by which it leans to its right.
    pub roll: f64,
    /// Degrees that the picture's width spans.
    pub field_of_view: f64,
    /// Standard deviation of azimuth and tilt, in degrees.
    pub uncertainty_deg: f64,
    /// What it looks down on where there is no map of heights.
    pub land: Land,
}

/// What is known of the ground without a map of heights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Land {
    /// Nothing: a point of the picture is a direction.
    Unknown,
    /// It is as level as the foot of the tower.
    Flat,
}

/// Heights of the ground around a camera; clones share them.
#[derive(Clone)]
pub struct Elevation {
    /// The map.
    pub map: Arc<Mosaic>,
    /// Its files.
    pub files: usize,
    sha256: String,
}

impl PartialEq for Elevation {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl std::fmt::Debug for Elevation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Elevation({} file(s), {})", self.files, self.sha256)
    }
}

impl Calibration {
    /// SHA-256 of every number that it rests on, hexadecimal: which calibration was in force.
    #[must_use]
    pub fn version(&self, elevation: Option<&Elevation>) -> String {
        match self {
            Self::Street(street) => street.version.clone(),
            Self::Tower(tower) => tower.version(elevation),
        }
    }
}

impl TowerCalibration {
    /// The camera in geometry's words, for pictures of that width over height.
    #[must_use]
    pub fn tower(&self, aspect: f64) -> Tower {
        Tower {
            place: place(self.position),
            height: self.height_m,
            azimuth: Bearing::from_degrees(self.azimuth),
            tilt: self.tilt,
            roll: self.roll,
            field_of_view: self.field_of_view,
            aspect,
            pointing_sigma: self.uncertainty_deg,
        }
    }

    fn version(&self, elevation: Option<&Elevation>) -> String {
        let mut hasher = Sha256::new();
        hasher.update("tower");
        for number in [
            self.position.lat,
            self.position.lon,
            self.height_m,
            self.azimuth,
            self.tilt,
            self.roll,
            self.field_of_view,
            self.uncertainty_deg,
        ] {
            hasher.update(number.to_be_bytes());
        }
        hasher.update(match self.land {
            Land::Unknown => "unknown",
            Land::Flat => "flat",
        });
        hasher.update(elevation.map_or("", |map| map.sha256.as_str()));
        hex::encode(hasher.finalize())
    }
}

/// A position in geometry's words.
pub(super) const fn place(position: Position) -> Place {
    Place {
        lat: position.lat,
        lon: position.lon,
    }
}

/// What a tower's table says, as far as it does: a pose says what differs from its camera.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TowerKeys {
    height_m: Option<f64>,
    azimuth: Option<f64>,
    tilt: Option<f64>,
    roll: Option<f64>,
    field_of_view: Option<f64>,
    uncertainty_deg: Option<f64>,
    land: Option<Land>,
}

/// What one `calibration` table says.
#[derive(Debug, Clone)]
pub(super) enum Said {
    Street(StreetCalibration),
    Tower(TowerKeys),
}

/// Keys of a tower's table.
const TOWER_KEYS: [&str; 7] = [
    "height_m",
    "azimuth",
    "tilt",
    "roll",
    "field_of_view",
    "uncertainty_deg",
    "flat_ground",
];

/// Reads a `calibration` table; what is wrong is noted.
pub(super) fn read(section: &Section<'_>) -> Option<Said> {
    let of_tower: Vec<&str> = TOWER_KEYS
        .into_iter()
        .filter(|key| section.has(key))
        .collect();
    let said = match (section.has("pairs"), of_tower.first()) {
        (true, Some(key)) => {
            let wrong = Wrong::new(
                "is of a camera on a tower, and `pairs` is of a street camera",
                "keep one of the two",
            );
            section.note(key, wrong);
            None
        }
        (true, None) => read_street(section).map(Said::Street),
        (false, Some(_)) => Some(Said::Tower(read_tower(section))),
        (false, None) => {
            let wrong = Wrong::new(
                "missing",
                "give `pairs` for a street camera, or `height_m`, `azimuth`, `tilt` and `field_of_view` for \
                 one on a tower",
            );
            section.note("pairs", wrong);
            None
        }
    };
    section.finish();
    said
}

fn read_street(section: &Section<'_>) -> Option<StreetCalibration> {
    let numbers = value::array::<4, f64>(value::number(-100_000.0..=100_000.0));
    let rows = section.optional("pairs", &value::list(numbers));
    let sides = value::array::<2, f64>(value::number(1.0..=100_000.0));
    let picture = section.or("pixels_of", [1.0, 1.0], &sides);
    let mark_error_m = section.or("mark_error_m", 1.0, &value::number(0.01..=1000.0));
    let rows = rows?;
    let pair = |[x, y, lat, lon]: &[f64; 4]| Pair {
        picture: [x / picture[0], y / picture[1]],
        place: Place {
            lat: *lat,
            lon: *lon,
        },
    };
    let pairs: Vec<Pair> = rows.iter().map(pair).collect();
    match Homography::fit(&pairs) {
        Ok(plane) => Some(StreetCalibration {
            version: version_of(&pairs, mark_error_m),
            plane: plane.marked_within(mark_error_m),
            pairs: pairs.len(),
        }),
        Err(fault) => {
            section.note("pairs", Wrong::new(fault.to_string(), remedy(fault)));
            None
        }
    }
}

const fn remedy(fault: HomographyFault) -> &'static str {
    match fault {
        HomographyFault::TooFew(_) => {
            "mark more points of the road that can be found on a map, as [x, y, lat, lon]"
        }
        HomographyFault::BadPair(_) => {
            "give [x, y, lat, lon]; where x and y are pixels, say `pixels_of = [width, height]`"
        }
        HomographyFault::Collinear => {
            "mark at least four points of the road of which no three lie on one line"
        }
    }
}

fn version_of(pairs: &[Pair], mark_error_m: f64) -> String {
    let mut hasher = Sha256::new();
    hasher.update("street");
    hasher.update(mark_error_m.to_be_bytes());
    for Pair { picture, place } in pairs {
        for number in [picture[0], picture[1], place.lat, place.lon] {
            hasher.update(number.to_be_bytes());
        }
    }
    hex::encode(hasher.finalize())
}

/// Ranges that no key can be out of by itself are checked here; the others by [`Tower::check`].
fn read_tower(section: &Section<'_>) -> TowerKeys {
    let any = value::number(-1000.0..=1000.0);
    let lands = |raw: &toml::de::DeValue<'_>| match raw.as_bool() {
        Some(true) => Ok(Land::Flat),
        Some(false) => Ok(Land::Unknown),
        None => Err(Wrong::new(
            format!("is a {}, not true or false", raw.type_str()),
            "give true or false",
        )),
    };
    TowerKeys {
        height_m: section.optional("height_m", &any),
        azimuth: section.optional("azimuth", &value::number(0.0..=360.0)),
        tilt: section.optional("tilt", &any),
        roll: section.optional("roll", &any),
        field_of_view: section.optional("field_of_view", &any),
        uncertainty_deg: section.optional("uncertainty_deg", &any),
        land: section.optional("flat_ground", &lands),
    }
}

/// How far a tower's azimuth and tilt are off unless somebody measured it.
const POINTING_DEG: f64 = 1.0;

impl TowerKeys {
    /// What a pose says, and what its camera says where the pose does not.
    const fn over(self, camera: Self) -> Self {
        const fn first<T: Copy>(own: Option<T>, other: Option<T>) -> Option<T> {
            match own {
                Some(_) => own,
                None => other,
            }
        }
        Self {
            height_m: first(self.height_m, camera.height_m),
            azimuth: first(self.azimuth, camera.azimuth),
            tilt: first(self.tilt, camera.tilt),
            roll: first(self.roll, camera.roll),
            field_of_view: first(self.field_of_view, camera.field_of_view),
            uncertainty_deg: first(self.uncertainty_deg, camera.uncertainty_deg),
            land: first(self.land, camera.land),
        }
    }

    /// The whole calibration; what is missing or impossible is noted.
    fn whole(self, section: &Section<'_>, position: Option<Position>) -> Option<TowerCalibration> {
        let needed = |key: &str, number: Option<f64>| {
            if number.is_none() {
                section.note(key, Wrong::new("missing", format!("add `{key} = …`")));
            }
            number
        };
        let height_m = needed("height_m", self.height_m);
        let azimuth = needed("azimuth", self.azimuth);
        let tilt = needed("tilt", self.tilt);
        let field_of_view = needed("field_of_view", self.field_of_view);
        if position.is_none() {
            let wrong = Wrong::new(
                "needs to know where the camera stands",
                "add `place = { lat = …, lon = … }` to the camera",
            );
            section.note("azimuth", wrong);
        }
        let whole = TowerCalibration {
            position: position?,
            height_m: height_m?,
            azimuth: azimuth?,
            tilt: tilt?,
            roll: self.roll.unwrap_or(0.0),
            field_of_view: field_of_view?,
            uncertainty_deg: self.uncertainty_deg.unwrap_or(POINTING_DEG),
            land: self.land.unwrap_or(Land::Unknown),
        };
        match whole.tower(16.0 / 9.0).check() {
            Ok(_) => Some(whole),
            Err(fault) => {
                let key = match fault {
                    TowerFault::Height => "height_m",
                    TowerFault::Tilt => "tilt",
                    TowerFault::Roll => "roll",
                    TowerFault::FieldOfView | TowerFault::Aspect => "field_of_view",
                    TowerFault::Sigma => "uncertainty_deg",
                };
                section.note(key, Wrong::new(fault.to_string(), "correct it"));
                None
            }
        }
    }
}

impl Said {
    /// The calibration of a camera without poses.
    pub(super) fn alone(
        self,
        section: &Section<'_>,
        position: Option<Position>,
    ) -> Option<Calibration> {
        match self {
            Self::Street(street) => Some(Calibration::Street(street)),
            Self::Tower(keys) => keys.whole(section, position).map(Calibration::Tower),
        }
    }

    /// The calibration of a pose whose camera says `camera`.
    pub(super) fn in_pose(
        self,
        section: &Section<'_>,
        position: Option<Position>,
        camera: Option<&Self>,
    ) -> Option<Calibration> {
        let over = match (&self, camera) {
            (Self::Tower(own), Some(Self::Tower(camera))) => Self::Tower(own.over(*camera)),
            _ => self,
        };
        over.alone(section, position)
    }
}

/// Reads the files of `elevation`; the camera must stand on the map that they make.
pub(super) fn read_elevation(
    camera: &Section<'_>,
    base: &Path,
    position: Option<Position>,
) -> Option<Elevation> {
    let one = |raw: &toml::de::DeValue<'_>| value::path(base)(raw).map(|file| vec![file]);
    let several = value::list(value::path(base));
    let either = |raw: &toml::de::DeValue<'_>| match raw.as_array() {
        Some(_) => several(raw),
        None => one(raw),
    };
    let files = camera.optional("elevation", &either)?;
    let mut hasher = Sha256::new();
    let mut grids = Vec::new();
    for file in &files {
        match read_grid(file, &mut hasher) {
            Ok(grid) => grids.push(grid),
            Err(wrong) => camera.note("elevation", wrong),
        }
    }
    if grids.len() < files.len() || grids.is_empty() {
        return None;
    }
    let elevation = Elevation {
        files: grids.len(),
        map: Arc::new(Mosaic::new(grids)),
        sha256: hex::encode(hasher.finalize()),
    };
    let on_map = position.is_some_and(|at| elevation.map.height_at(place(at)).is_some());
    if !on_map {
        let wrong = Wrong::new(
            "does not reach where the camera stands",
            "name the file whose degrees hold the camera's `place`",
        );
        camera.note("elevation", wrong);
        return None;
    }
    Some(elevation)
}

fn read_grid(file: &PathBuf, hasher: &mut Sha256) -> Result<Grid, Wrong> {
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| {
        Wrong::new(
            format!("{shown} cannot be read: {error}"),
            "put an SRTM tile (.hgt) or a GeoTIFF there, readable by the agent's user",
        )
    })?;
    hasher.update(Sha256::digest(&bytes));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_tile = Path::new(name.as_ref())
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("hgt"));
    let grid = match is_tile {
        true => Grid::from_hgt(&name, &bytes),
        false => Grid::from_geotiff(&bytes),
    };
    grid.map_err(|fault| {
        let cause = match &fault {
            GridFault::Tiff(source) => format!(" ({source})"),
            _ => String::new(),
        };
        Wrong::new(
            format!("{shown}: {fault}{cause}"),
            "name an SRTM tile (N16E107.hgt) or a GeoTIFF of heights in degrees of WGS84",
        )
    })
}

#[cfg(test)]
#[path = "calibration_tests.rs"]
mod tests;
