//! Rules of standing and of animals on a bad day: 20 % misses, 10 % jitter, numbers that change hands.

use std::path::Path;

use contract::v1::Phase;

use super::event::Rule;
use super::noise::{Noise, Thing, play};
use super::{EventChange, build};
use crate::config::Config;
use crate::geometry::PixelBox;
use crate::scene::Scene;

/// A rule as a user writes it, on a camera whose zone `kerb` is the lower half of the picture.
fn rule(keys: &str) -> Box<dyn Rule> {
    let text = format!(
        r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
[[camera.zone]]
id = "kerb"
polygon = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
[[camera.rule]]
zone = "kerb"
{keys}
"#
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    let camera = &config.cameras[0];
    build(&camera.rules[0], &Scene::of(camera)).unwrap()
}

const CAR: (f32, f32) = (140.0, 110.0);
const PERSON: (f32, f32) = (50.0, 130.0);
const COW: (f32, f32) = (120.0, 90.0);

/// What is told over many bad days: how often each number of events was raised.
fn told(keys: &str, things: impl Fn() -> Vec<Thing>, seconds: f64) -> Vec<Vec<(f64, EventChange)>> {
    (1..=20)
        .map(|seed| {
            let looks = Noise::usual(seed).looks(&things(), 5.0, seconds);
            play(&mut *rule(keys), &looks)
        })
        .collect()
}

fn raised(changes: &[(f64, EventChange)]) -> usize {
    let raised = changes.iter();
    raised
        .filter(|(_, change)| change.phase == Phase::Raised)
        .count()
}

/// On how many of the days exactly so many events were raised; on the others fewer.
fn days_with(wanted: usize, days: &[Vec<(f64, EventChange)>]) -> usize {
    for (day, changes) in days.iter().enumerate() {
        let count = raised(changes);
        assert!(count <= wanted, "{count} events on day {day}");
    }
    days.iter()
        .filter(|changes| raised(changes) == wanted)
        .count()
}

#[test]
fn a_parked_car_is_one_event_and_passing_ones_are_none() {
    let keys = "kind = \"illegal_parking\"\ndwell_s = 10\nclear_after_s = 8\ncool_down_s = 60";
    let street = || {
        vec![
            Thing::stands("car", CAR, (300.0, 800.0), (5.0, 60.0)),
            Thing::drives("car", CAR, ((-100.0, 650.0), (1100.0, 650.0)), (8.0, 12.0)),
            Thing::drives("car", CAR, ((1100.0, 950.0), (-100.0, 950.0)), (20.0, 25.0)),
        ]
    };
    let days = told(keys, street, 70.0);
    let good = days_with(1, &days);
    assert!(good >= 18, "{good} of 20");
    let passing = || street().into_iter().skip(1).collect();
    assert_eq!(days_with(0, &told(keys, passing, 40.0)), 20);
}

#[test]
fn a_zone_that_people_stay_in_is_one_event() {
    let keys = "kind = \"encroachment\"\nclasses = [\"person\"]\ndwell_s = 10\nclear_after_s = 6\ncool_down_s = 30";
    let pavement = || {
        vec![
            Thing::stands("person", PERSON, (400.0, 800.0), (2.0, 45.0)),
            Thing::stands("person", PERSON, (480.0, 810.0), (6.0, 45.0)),
            Thing::drives(
                "person",
                PERSON,
                ((0.0, 700.0), (1000.0, 700.0)),
                (10.0, 16.0),
            ),
        ]
    };
    let good = days_with(1, &told(keys, pavement, 60.0));
    assert!(good >= 18, "{good} of 20");
    let passing = || pavement().into_iter().skip(2).collect();
    assert_eq!(days_with(0, &told(keys, passing, 40.0)), 20);
}

#[test]
fn a_herd_is_one_event_and_what_flashes_up_is_none() {
    let keys = "kind = \"stray_cattle\"\nconfirm_s = 2\nclear_after_s = 6\ncool_down_s = 30";
    let herd = || {
        let walks = |from: (f32, f32), begin: f64| {
            let to = (from.0 + 300.0, from.1 + 40.0);
            Thing::drives("cattle", COW, (from, to), (begin, begin + 30.0))
        };
        vec![
            walks((100.0, 700.0), 1.0),
            walks((260.0, 760.0), 2.0),
            walks((130.0, 860.0), 2.5),
        ]
    };
    let days = told(keys, herd, 45.0);
    let good = days_with(1, &days);
    assert!(good >= 19, "{good} of 20");
    for changes in &days {
        let most = changes.iter().map(|(_, change)| change.count).max();
        assert!(most.is_some_and(|most| (2..=3).contains(&most)), "{most:?}");
    }
    // A ghost that a detector sees in two pictures now and then.
    let ghost = || {
        vec![Thing::new("cattle", |second| {
            let there = second % 7.0 < 0.4;
            there.then_some(PixelBox {
                x: 400.0,
                y: 700.0,
                w: 120.0,
                h: 90.0,
            })
        })]
    };
    assert_eq!(days_with(0, &told(keys, ghost, 60.0)), 20);
}
