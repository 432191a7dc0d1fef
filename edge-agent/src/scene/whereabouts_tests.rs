//! Where on the ground a thing is, by each kind of calibration.

use std::path::Path;

use super::*;
use crate::config::Config;

const SIZE: PictureSize = PictureSize {
    width: 1920,
    height: 1080,
};

fn of(keys: &str) -> Whereabouts {
    let text = format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n\
         place = {{ lat = 16.5, lon = 107.5 }}\n{keys}\n"
    );
    Whereabouts::of(
        &Config::parse(&text, Path::new("agent.toml"))
            .unwrap()
            .cameras[0],
    )
}

/// A box of 40 by 40 pixels that stands at a point of the picture.
fn standing(x: f32, y: f32) -> PixelBox {
    PixelBox {
        x: x * 1920.0 - 20.0,
        y: y * 1080.0 - 40.0,
        w: 40.0,
        h: 40.0,
    }
}

/// A street 10 m wide and 40 m long, seen from its southern end.
const STREET: &str = "[camera.calibration]\nmark_error_m = 0.5\npairs = [[0.2, 0.9, 16.4637, 107.5909], \
    [0.8, 0.9, 16.4637, 107.590994], [0.4, 0.5, 16.46406, 107.5909], [0.6, 0.5, 16.46406, 107.590994]]\n";
const TOWER: &str = "[camera.calibration]\nheight_m = 30\nazimuth = 350\ntilt = 3\nfield_of_view = 60\n\
    uncertainty_deg = 0.5\n";

fn point(place: Option<Place>) -> (Position, f64) {
    match place {
        Some(Place::Point {
            position,
            uncertainty_m,
        }) => (position, uncertainty_m),
        other => panic!("a point, not {other:?}"),
    }
}

fn bearing(place: Option<Place>) -> Bearing {
    match place {
        Some(Place::Bearing(bearing)) => bearing,
        other => panic!("a bearing, not {other:?}"),
    }
}

#[test]
fn a_street_says_where_a_thing_stands() {
    let street = of(STREET);
    let (at, error) = point(street.place_of(&[standing(0.2, 0.9)], SIZE));
    let mark = geodesy::Place {
        lat: 16.4637,
        lon: 107.5909,
    };
    let off = mark.distance_to(geodesy::Place {
        lat: at.lat,
        lon: at.lon,
    });
    assert!(off < 0.1, "{off}");
    assert!((0.5..3.0).contains(&error), "{error}");
    let (_, far) = point(street.place_of(&[standing(0.5, 0.45)], SIZE));
    assert!(far > error, "farther away is less certain");
    let (_, apart) = point(street.place_of(&[standing(0.2, 0.9), standing(0.8, 0.9)], SIZE));
    assert!(apart >= 5.0, "two things ten metres apart: {apart}");
    assert_eq!(
        street.place_of(&[standing(0.5, 0.05)], SIZE),
        None,
        "the sky"
    );
    assert_eq!(street.place_of(&[], SIZE), None);
}

#[test]
fn a_tower_says_a_direction_and_on_level_ground_a_place() {
    let found = bearing(of(TOWER).place_of(&[standing(0.5, 0.5)], SIZE));
    assert_eq!((found.degrees, found.from.lat), (350.0, 16.5));
    assert!((0.5..0.6).contains(&found.uncertainty_deg));
    // Right of the middle of a camera that looks to the north-west lies north, and east of it.
    let right = bearing(of(TOWER).place_of(&[standing(0.75, 0.5)], SIZE));
    assert!((5.0..8.0).contains(&right.degrees), "{right:?}");
    let both = bearing(of(TOWER).place_of(&[standing(0.5, 0.5), standing(0.75, 0.5)], SIZE));
    assert!((355.0..360.0).contains(&both.degrees), "{both:?}");
    assert!(both.uncertainty_deg > 7.0, "as wide as they are apart");

    let flat = of(&format!("{TOWER}flat_ground = true\n"));
    let (at, error) = point(flat.place_of(&[standing(0.5, 0.5)], SIZE));
    let tower = geodesy::Place {
        lat: 16.5,
        lon: 107.5,
    };
    let away = tower.distance_to(geodesy::Place {
        lat: at.lat,
        lon: at.lon,
    });
    assert!(
        (away - 30.0 / 3.0_f64.to_radians().tan()).abs() < 15.0,
        "{away}"
    );
    assert!((50.0..200.0).contains(&error), "{error}");
    // Where half a degree is worth kilometres, a place would be a guess.
    let horizon = flat.place_of(&[standing(0.5, 0.42)], SIZE);
    assert!((349.0..351.0).contains(&bearing(horizon).degrees));
}

#[test]
fn a_wall_of_a_valley_is_met_where_the_map_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let tile: Vec<u8> = (0..1201_i32)
        .flat_map(|_| (0..1201_i32).map(|column| if column >= 720 { 400_i16 } else { 0 }))
        .flat_map(i16::to_be_bytes)
        .collect();
    std::fs::write(folder.path().join("N16E107.hgt"), tile).unwrap();
    let file = folder.path().join("N16E107.hgt");
    let east = TOWER.replace("azimuth = 350", "azimuth = 90");
    let keys = format!("elevation = \"{}\"\n{east}", file.display());
    let (at, _) = point(of(&keys).place_of(&[standing(0.5, 0.4)], SIZE));
    assert!(
        (at.lon - 107.6).abs() < 0.002 && (at.lat - 16.5).abs() < 0.001,
        "{at:?}"
    );
}

#[test]
fn without_calibration_nothing_is_said() {
    assert_eq!(of("").place_of(&[standing(0.5, 0.9)], SIZE), None);
    assert!(
        of(TOWER)
            .step_of(&standing(0.5, 0.9), SIZE, StreamTime::ZERO)
            .is_none()
    );
}
