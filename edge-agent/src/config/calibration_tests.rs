//! Calibrations as they are written, and every way to write them wrong.

use std::path::Path;

use super::super::Config;
use super::*;

fn camera(keys: &str) -> String {
    format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam-1\"\nurl = \"rtsp://host/path\"\n{keys}\n"
    )
}

fn read_in(folder: &Path, keys: &str) -> Result<Config, String> {
    Config::parse(&camera(keys), &folder.join("agent.toml")).map_err(|error| error.to_string())
}

fn calibrated(keys: &str) -> Result<Calibration, String> {
    let config = read_in(Path::new(""), keys)?;
    Ok(config.cameras[0].calibration.clone().unwrap())
}

const STREET: &str = "[camera.calibration]\npairs = [[0.2, 0.9, 16.4637, 107.5909], [0.8, 0.9, 16.4637, 107.59095], \
    [0.35, 0.5, 16.4639, 107.5909], [0.65, 0.5, 16.4639, 107.59095]]\n";
const TOWER: &str = "place = { lat = 16.5, lon = 107.5 }\n[camera.calibration]\nheight_m = 30\nazimuth = 42\n\
    tilt = 4\nfield_of_view = 60\n";

#[test]
fn a_street_is_measured_by_fractions_or_pixels_alike() {
    let by_fractions = calibrated(STREET).unwrap();
    let pixels = STREET
        .replace("pairs", "pixels_of = [1000, 500]\npairs")
        .replace("[0.2, 0.9,", "[200, 450,")
        .replace("[0.8, 0.9,", "[800, 450,")
        .replace("[0.35, 0.5,", "[350, 250,")
        .replace("[0.65, 0.5,", "[650, 250,");
    let by_pixels = calibrated(&pixels).unwrap();
    assert_eq!(by_pixels.version(None), by_fractions.version(None));
    let Calibration::Street(street) = by_fractions else {
        panic!("a street");
    };
    assert_eq!(street.pairs, 4);
    assert!(street.plane.reprojection_error() < 0.01);
}

#[test]
fn a_version_changes_with_every_number_and_with_nothing_else() {
    let tower = calibrated(TOWER).unwrap().version(None);
    assert_eq!(tower, calibrated(TOWER).unwrap().version(None));
    assert_eq!(tower.len(), 64, "a report has room for so many bytes");
    for (from, to) in [
        ("height_m = 30", "height_m = 31"),
        ("azimuth = 42", "azimuth = 43"),
        ("tilt = 4", "tilt = 5"),
        ("lon = 107.5", "lon = 107.6"),
        ("field_of_view = 60", "field_of_view = 60\nroll = 1"),
        (
            "field_of_view = 60",
            "field_of_view = 60\nuncertainty_deg = 2",
        ),
        (
            "field_of_view = 60",
            "field_of_view = 60\nflat_ground = true",
        ),
    ] {
        let other = calibrated(&TOWER.replace(from, to)).unwrap();
        assert_ne!(tower, other.version(None), "{to}");
    }
    let street = calibrated(STREET).unwrap().version(None);
    let moved = calibrated(&STREET.replace("16.4639", "16.4640")).unwrap();
    assert_ne!(street, moved.version(None));
}

#[test]
fn what_cannot_be_is_one_clear_fault() {
    let collinear = "[camera.calibration]\npairs = [[0.1, 0.9, 16.1, 107.1], [0.2, 0.8, 16.2, 107.2], \
        [0.3, 0.7, 16.3, 107.3], [0.4, 0.6, 16.4, 107.4]]\n";
    for (keys, path, said) in [
        (
            collinear.to_owned(),
            "camera[0].calibration.pairs",
            "lie on one line",
        ),
        (
            "[camera.calibration]\npairs = [[0.1, 0.9, 16.1, 107.1]]\n".to_owned(),
            "camera[0].calibration.pairs",
            "1 point pairs were given, and at least 4",
        ),
        (
            STREET.replace("[0.2, 0.9,", "[200, 450,"),
            "camera[0].calibration.pairs",
            "pixels_of = [width, height]",
        ),
        (
            TOWER.replace("tilt = 4", "tilt = 95"),
            "camera[0].calibration.tilt",
            "between -45 and 90",
        ),
        (
            TOWER.replace("field_of_view = 60", "field_of_view = 190"),
            "camera[0].calibration.field_of_view",
            "between 0.5 and 120",
        ),
        (
            TOWER.replace("height_m = 30\n", ""),
            "camera[0].calibration.height_m",
            "missing",
        ),
        (
            TOWER.replace("place = { lat = 16.5, lon = 107.5 }\n", ""),
            "camera[0].calibration.azimuth",
            "where the camera stands",
        ),
        (
            TOWER.replace("height_m", "pairs = []\nheight_m"),
            "camera[0].calibration.height_m",
            "keep one of the two",
        ),
        (
            "[camera.calibration]\n".to_owned(),
            "camera[0].calibration.pairs",
            "missing",
        ),
    ] {
        let fault = calibrated(&keys).unwrap_err();
        assert!(
            fault.contains(path) && fault.contains(said),
            "{keys}\n{fault}"
        );
        assert_eq!(fault.lines().count(), 1, "one fault, once:\n{fault}");
    }
}

#[test]
fn a_map_of_heights_is_read_and_must_reach_the_camera() {
    let folder = tempfile::tempdir().unwrap();
    let tile: Vec<u8> = (0..1201 * 1201)
        .flat_map(|_| 25_i16.to_be_bytes())
        .collect();
    std::fs::write(folder.path().join("N16E107.hgt"), &tile).unwrap();
    std::fs::write(folder.path().join("N17E107.hgt"), &tile[..tile.len() / 2]).unwrap();
    std::fs::write(folder.path().join("N18E107.hgt"), &tile).unwrap();
    let with = |key: &str| read_in(folder.path(), &format!("{key}\n{TOWER}"));
    let config = with("elevation = \"N16E107.hgt\"").unwrap();
    let elevation = config.cameras[0].elevation.clone().unwrap();
    assert_eq!(elevation.files, 1);
    let calibration = config.cameras[0].calibration.clone().unwrap();
    assert_ne!(
        calibration.version(None),
        calibration.version(Some(&elevation))
    );
    let both = with("elevation = [\"N16E107.hgt\", \"N18E107.hgt\"]").unwrap();
    assert_eq!(both.cameras[0].elevation.as_ref().unwrap().files, 2);
    for (key, said) in [
        ("elevation = \"N17E107.hgt\"", "1442401 bytes"),
        ("elevation = \"N15E107.hgt\"", "cannot be read"),
        (
            "elevation = \"N18E107.hgt\"",
            "does not reach where the camera stands",
        ),
        ("elevation = \"agent.toml\"", "cannot be read"),
    ] {
        let fault = with(key).unwrap_err();
        assert!(fault.contains(said), "{key}: {fault}");
        assert!(fault.contains("camera[0].elevation"), "{fault}");
    }
}
