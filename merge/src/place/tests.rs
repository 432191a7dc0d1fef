//! Places and bearings: distances in their own errors, wedges, and what cannot be one place.

use proptest::prelude::*;

use super::*;

const HERE: (f64, f64) = (16.4637, 107.5909);

fn point(east: f64, north: f64, uncertainty_m: f64) -> Place {
    let lat = HERE.0 + north / METRES_PER_DEGREE;
    Place::Point {
        lat,
        lon: HERE.1 + east / (METRES_PER_DEGREE * HERE.0.to_radians().cos()),
        uncertainty_m,
    }
}

fn bearing(east: f64, north: f64, degrees: f64, uncertainty_deg: f64) -> Place {
    let (lat, lon) = point(east, north, 1.0).anchor();
    Place::Bearing {
        lat,
        lon,
        degrees,
        uncertainty_deg,
    }
}

const PLAIN: Allowance = Allowance {
    extent_m: 0.0,
    drift_m: 0.0,
    seen_m: 15_000.0,
};

fn z(a: &Place, b: &Place, allowance: Allowance) -> f64 {
    closeness(a, b, allowance).z
}

#[test]
fn the_worked_example_of_the_research_page() {
    let z = z(&point(0.0, 0.0, 5.0), &point(18.0, 0.0, 20.0), PLAIN);
    assert!((z - 0.873).abs() < 0.005, "{z}");
}

#[test]
fn extent_and_drift_forgive() {
    let (a, b) = (point(0.0, 0.0, 5.0), point(60.0, 80.0, 5.0));
    let drifted = Allowance {
        drift_m: 90.0,
        ..PLAIN
    };
    assert!((closeness(&a, &b, PLAIN).metres - 100.0).abs() < 0.2);
    assert!(z(&a, &b, PLAIN) > 10.0);
    // Two deviations reach as far as it may have wandered.
    assert!((z(&a, &b, drifted) - 100.0 / 50.0_f64.sqrt().hypot(45.0)).abs() < 0.01);
    let large = Allowance {
        extent_m: 100.0,
        ..PLAIN
    };
    assert!((0.9..1.1).contains(&z(&a, &b, large)));
}

#[test]
fn precise_places_tell_neighbours_apart_and_vague_ones_do_not() {
    let of = |metres: f64, sigma: f64| {
        closeness(&point(0.0, 0.0, sigma), &point(metres, 0.0, sigma), PLAIN)
            .against_neighbour(15.0)
    };
    assert!(of(2.0, 4.0) > 5.0, "one spot, seen well");
    assert!(of(14.0, 4.0) < 1.0, "the next door, seen well");
    for metres in [0.0, 14.0, 40.0] {
        assert!(
            (0.7..1.3).contains(&of(metres, 25.0)),
            "anything, told vaguely"
        );
    }
}

#[test]
fn a_wedge_takes_what_lies_in_it_and_nothing_behind() {
    let wedge = bearing(0.0, 0.0, 90.0, 2.0);
    assert!(z(&wedge, &point(6_000.0, 100.0, 300.0), PLAIN) < 1.0);
    assert!(z(&wedge, &point(6_000.0, 2_000.0, 300.0), PLAIN) > 4.0);
    assert!(z(&wedge, &point(-6_000.0, 0.0, 300.0), PLAIN) > 8.0);
    assert!(z(&wedge, &point(25_000.0, 0.0, 300.0), PLAIN) > 8.0);
    let same = closeness(&point(6_000.0, 100.0, 300.0), &wedge, PLAIN);
    assert_eq!(
        same,
        closeness(&wedge, &point(6_000.0, 100.0, 300.0), PLAIN)
    );
}

#[test]
fn two_wedges_meet_or_miss() {
    let west = bearing(0.0, 0.0, 45.0, 1.0);
    assert!(z(&west, &bearing(8_000.0, 0.0, 315.0, 1.0), PLAIN) < 0.1);
    assert!(z(&west, &bearing(8_000.0, 0.0, 135.0, 1.0), PLAIN) > 8.0);
    // One tower: only the angle counts.
    assert!((z(&west, &bearing(0.0, 0.0, 47.0, 1.0), PLAIN) - 2.0_f64.sqrt()).abs() < 1e-6);
    assert!(
        z(
            &bearing(0.0, 0.0, 359.0, 1.0),
            &bearing(0.0, 0.0, 1.0, 1.0),
            PLAIN
        ) < 1.5
    );
}

#[test]
fn two_bearings_become_a_fix() {
    let Some(Place::Point { uncertainty_m, .. }) = fix(&[
        bearing(0.0, 0.0, 45.0, 1.0),
        bearing(8_000.0, 0.0, 315.0, 1.0),
    ]) else {
        panic!("the rays cross");
    };
    let found = fix(&[
        bearing(0.0, 0.0, 45.0, 1.0),
        bearing(8_000.0, 0.0, 315.0, 1.0),
    ])
    .unwrap();
    assert!(metres(&found, &point(4_000.0, 4_000.0, 1.0)) < 15.0);
    // One degree at 5.7 km is 99 m for each ray.
    assert!((80.0..120.0).contains(&uncertainty_m), "{uncertainty_m}");
    assert_eq!(fix(&[bearing(0.0, 0.0, 45.0, 1.0)]), None);
    assert_eq!(
        fix(&[
            bearing(0.0, 0.0, 45.0, 1.0),
            bearing(8_000.0, 0.0, 45.0, 1.0)
        ]),
        None
    );
    assert_eq!(
        fix(&[
            bearing(0.0, 0.0, 225.0, 1.0),
            bearing(8_000.0, 0.0, 135.0, 1.0)
        ]),
        None,
        "behind both"
    );
}

fn any_place() -> impl Strategy<Value = Place> {
    let spot = (-89.0..89.0_f64, -180.0..180.0_f64);
    prop_oneof![
        (spot.clone(), 0.1..5_000.0_f64).prop_map(|((lat, lon), uncertainty_m)| Place::Point {
            lat,
            lon,
            uncertainty_m
        }),
        (spot, 0.0..360.0_f64, 0.1..90.0_f64).prop_map(|((lat, lon), degrees, uncertainty_deg)| {
            Place::Bearing {
                lat,
                lon,
                degrees,
                uncertainty_deg,
            }
        }),
    ]
}

proptest! {
    /// Anywhere on earth, in either order: finite, not negative, the same both ways.
    #[test]
    fn closeness_is_a_distance(a in any_place(), b in any_place()) {
        let allowance = Allowance { extent_m: 10.0, drift_m: 50.0, seen_m: 10_000.0 };
        let (one, two) = (closeness(&a, &b, allowance), closeness(&b, &a, allowance));
        prop_assert!(one.z.is_finite() && one.z >= 0.0);
        prop_assert!(one.block_km2.is_finite() && one.block_km2 > 0.0);
        prop_assert!((one.z - two.z).abs() <= 1e-6 * (1.0 + one.z));
    }
}
