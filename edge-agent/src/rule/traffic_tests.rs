//! Wrong way, line crossing and red light: tables of what must and must not fire, on clean pictures and on
//! a bad day's.

use std::path::Path;

use contract::v1::{Phase, ZoneId};

use super::event::{HeldBackReason, Rule};
use super::noise::{Noise, NoisyLook, SIZE, Thing, play, play_with};
use super::{EventChange, build};
use crate::config::Config;
use crate::scene::Scene;
use crate::signal::{Doubt, SignalReading, SignalState, Source};
use crate::time::StreamTime;
use crate::track::TrackId;

/// A rule as a user writes it, on a camera with the stop line `stop` across the middle at y = 500, whose
/// far side is above, the lane `lane` below, and the signal `main`.
fn rule(keys: &str) -> Box<dyn Rule> {
    let text = format!(
        r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
[[camera.zone]]
id = "lane"
polygon = [[0.3, 0.2], [0.7, 0.2], [0.7, 1.0], [0.3, 1.0]]
[[camera.line]]
id = "stop"
points = [[200, 500], [800, 500]]
towards = [500, 200]
pixels_of = [1000, 1000]
[[camera.signal]]
id = "main"
lamp = [[0.9, 0.1], [0.95, 0.1], [0.95, 0.25], [0.9, 0.25]]
[[camera.rule]]
{keys}
"#
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    let camera = &config.cameras[0];
    build(&camera.rules[0], &Scene::of(camera)).unwrap()
}

fn crossing() -> Box<dyn Rule> {
    rule("kind = \"line_crossing\"\nline = \"stop\"")
}

fn wrong_way() -> Box<dyn Rule> {
    rule("kind = \"wrong_way\"\nzone = \"lane\"\ndirection = [[0.5, 1.0], [0.5, 0.0]]")
}

fn red_light() -> Box<dyn Rule> {
    rule("kind = \"red_light\"\nline = \"stop\"")
}

const BIKE: (f32, f32) = (50.0, 90.0);
const CAR: (f32, f32) = (140.0, 110.0);

fn bike(from: (f32, f32), to: (f32, f32), seconds: (f64, f64)) -> Thing {
    Thing::drives("two_wheeler", BIKE, (from, to), seconds)
}

fn car(from: (f32, f32), to: (f32, f32), seconds: (f64, f64)) -> Thing {
    Thing::drives("car", CAR, (from, to), seconds)
}

fn raised(changes: &[(f64, EventChange)]) -> Vec<f64> {
    changes
        .iter()
        .filter(|(_, change)| change.phase == Phase::Raised)
        .map(|(second, _)| *second)
        .collect()
}

fn count(rule: &mut dyn Rule, looks: &[NoisyLook]) -> usize {
    raised(&play(rule, looks)).len()
}

/// What must cross once, and what must never.
fn crossers() -> Vec<(&'static str, usize, Vec<Thing>)> {
    vec![
        (
            "a motorbike crosses",
            1,
            vec![bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))],
        ),
        (
            "a car crosses aslant",
            1,
            vec![car((300.0, 900.0), (650.0, 200.0), (1.0, 6.0))],
        ),
        (
            "two side by side",
            2,
            vec![
                bike((420.0, 900.0), (420.0, 150.0), (1.0, 5.0)),
                bike((560.0, 930.0), (560.0, 180.0), (1.0, 5.0)),
            ],
        ),
        (
            "it comes back",
            0,
            vec![bike((500.0, 100.0), (500.0, 900.0), (1.0, 5.0))],
        ),
        (
            "it stops at the line",
            0,
            vec![
                bike((500.0, 900.0), (500.0, 510.0), (1.0, 4.0)),
                Thing::stands("two_wheeler", BIKE, (500.0, 510.0), (4.0, 30.0)),
            ],
        ),
        (
            "it stops with its wheel on the line",
            0,
            vec![
                bike((500.0, 900.0), (500.0, 492.0), (1.0, 4.0)),
                Thing::stands("two_wheeler", BIKE, (500.0, 492.0), (4.0, 30.0)),
            ],
        ),
        (
            "it drives along the line",
            0,
            vec![bike((220.0, 515.0), (780.0, 485.0), (1.0, 5.0))],
        ),
        (
            "it passes beside the line's end",
            0,
            vec![bike((100.0, 900.0), (100.0, 150.0), (1.0, 5.0))],
        ),
        (
            "one waits, another passes beyond it",
            0,
            vec![
                Thing::stands("car", CAR, (500.0, 560.0), (0.0, 20.0)),
                car((-100.0, 440.0), (1100.0, 440.0), (5.0, 9.0)),
            ],
        ),
        (
            "a queue in which those behind cut off those before",
            0,
            vec![
                Thing::stands("two_wheeler", BIKE, (500.0, 540.0), (0.0, 20.0)),
                Thing::new("two_wheeler", |second| {
                    // Its lower half is hidden now and then.
                    let h = if (second * 0.7).fract() < 0.4 {
                        45.0
                    } else {
                        90.0
                    };
                    Some(crate::geometry::PixelBox {
                        x: 575.0,
                        y: 450.0,
                        w: 50.0,
                        h,
                    })
                }),
            ],
        ),
    ]
}

#[test]
fn who_crosses_the_line_is_told_once_and_nobody_else() {
    for (why, wanted, things) in crossers() {
        for fps in [3.0, 5.0, 12.0, 25.0] {
            let looks = Noise::NONE.looks(&things, fps, 32.0);
            assert_eq!(count(&mut *crossing(), &looks), wanted, "{why} at {fps}");
        }
    }
}

#[test]
fn no_bad_day_makes_a_crossing_of_none() {
    let (mut missed, mut there) = (0, 0);
    for (why, wanted, things) in crossers() {
        for seed in 1..=40 {
            let looks = Noise::usual(seed).looks(&things, 5.0, 32.0);
            let told = count(&mut *crossing(), &looks);
            assert!(told <= wanted, "{why}, seed {seed}: {told}");
            missed += wanted - told;
            there += wanted;
        }
    }
    assert!(missed * 5 <= there, "{missed} of {there} missed");
}

#[test]
fn a_number_that_jumps_over_the_line_has_not_crossed() {
    // A waits before the line, B stands beyond it: their numbers change places.
    let things = [
        bike((500.0, 900.0), (500.0, 540.0), (0.0, 3.0)),
        Thing::stands("two_wheeler", BIKE, (500.0, 540.0), (3.0, 12.0)),
        bike((560.0, 420.0), (560.0, 200.0), (5.0, 8.0)),
        Thing::stands("two_wheeler", BIKE, (560.0, 420.0), (0.0, 5.0)),
    ];
    let mut looks = Noise::NONE.looks(&things, 5.0, 12.0);
    let ids: Vec<TrackId> = looks[20].tracks.iter().map(|track| track.id).collect();
    assert_eq!(ids.len(), 2);
    for look in &mut looks[22..] {
        for track in &mut look.tracks {
            let other = ids.iter().find(|id| **id != track.id).unwrap();
            if ids.contains(&track.id) {
                track.id = *other;
            }
        }
    }
    assert_eq!(count(&mut *crossing(), &looks), 0);
}

#[test]
fn an_outage_at_the_line_is_no_crossing() {
    let things = [bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))];
    let mut looks = Noise::NONE.looks(&things, 5.0, 8.0);
    looks.retain(|look| !(2.4..4.4).contains(&look.at.as_secs_f64()));
    assert_eq!(count(&mut *crossing(), &looks), 0);
}

#[test]
fn directions_are_what_they_say() {
    let up = [bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))];
    let down = [bike((500.0, 150.0), (500.0, 900.0), (1.0, 5.0))];
    for (direction, wanted) in [("forward", (1, 0)), ("backward", (0, 1)), ("both", (1, 1))] {
        let keys =
            format!("kind = \"line_crossing\"\nline = \"stop\"\ndirection = \"{direction}\"");
        let told = |things: &[Thing]| {
            let looks = Noise::NONE.looks(things, 5.0, 8.0);
            count(&mut *rule(&keys), &looks)
        };
        assert_eq!((told(&up), told(&down)), wanted, "{direction}");
    }
}

#[test]
fn a_passage_is_raised_and_cleared_with_its_moments_in_order() {
    let things = [bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))];
    let looks = Noise::NONE.looks(&things, 5.0, 12.0);
    let changes = play(&mut *crossing(), &looks);
    let phases: Vec<Phase> = changes.iter().map(|(_, change)| change.phase).collect();
    assert_eq!(
        (phases.first(), phases.last()),
        (Some(&Phase::Raised), Some(&Phase::Cleared))
    );
    let first = &changes[0].1;
    let moments = first.moments.unwrap();
    assert!(moments.before < moments.crossing && moments.crossing < moments.after);
    assert_eq!(first.zone, Some("stop".parse::<ZoneId>().unwrap()));
    // The foot is at 500 after 2.13 s of the way.
    assert!(
        (moments.crossing.as_secs_f64() - 3.13).abs() < 0.25,
        "{moments:?}"
    );
    assert!(
        changes
            .iter()
            .skip(1)
            .all(|(_, change)| change.moments.is_none())
    );
}

/// Who drives the wrong way in the lane, whose traffic goes up.
fn drivers() -> Vec<(&'static str, usize, Vec<Thing>)> {
    vec![
        (
            "against the lane",
            1,
            vec![bike((500.0, 250.0), (500.0, 950.0), (1.0, 6.0))],
        ),
        (
            "slowly against the lane",
            1,
            vec![car((450.0, 300.0), (480.0, 900.0), (1.0, 20.0))],
        ),
        (
            "with the lane",
            0,
            vec![bike((500.0, 950.0), (500.0, 250.0), (1.0, 6.0))],
        ),
        (
            "across it",
            0,
            vec![car((0.0, 500.0), (1000.0, 560.0), (1.0, 7.0))],
        ),
        (
            "beside it",
            0,
            vec![bike((850.0, 250.0), (850.0, 950.0), (1.0, 6.0))],
        ),
        (
            "parked",
            0,
            vec![Thing::stands("car", CAR, (500.0, 600.0), (0.0, 30.0))],
        ),
        (
            "backs a little to park",
            0,
            vec![
                car((500.0, 900.0), (500.0, 500.0), (0.0, 5.0)),
                car((500.0, 500.0), (500.0, 620.0), (5.0, 8.0)),
                Thing::stands("car", CAR, (500.0, 620.0), (8.0, 30.0)),
            ],
        ),
        (
            "one with it, one against it",
            1,
            vec![
                bike((560.0, 950.0), (560.0, 250.0), (1.0, 6.0)),
                bike((430.0, 250.0), (430.0, 950.0), (1.5, 6.5)),
            ],
        ),
    ]
}

#[test]
fn who_drives_against_the_lane_is_told_once_and_nobody_else() {
    for (why, wanted, things) in drivers() {
        for fps in [3.0, 5.0, 12.0, 25.0] {
            let looks = Noise::NONE.looks(&things, fps, 32.0);
            assert_eq!(count(&mut *wrong_way(), &looks), wanted, "{why} at {fps}");
        }
    }
}

#[test]
fn no_bad_day_makes_a_wrong_way_of_none() {
    let (mut missed, mut there) = (0, 0);
    for (why, wanted, things) in drivers() {
        for seed in 1..=40 {
            let looks = Noise::usual(seed).looks(&things, 5.0, 32.0);
            let told = count(&mut *wrong_way(), &looks);
            assert!(told <= wanted, "{why}, seed {seed}: {told}");
            missed += wanted - told;
            there += wanted;
        }
    }
    assert!(missed * 5 <= there, "{missed} of {there} missed");
}

/// Green until it turns, then red; unknown between two seconds.
fn lamp(
    red_from: f64,
    red_to: f64,
    hidden: std::ops::Range<f64>,
) -> impl Fn(f64) -> Vec<SignalReading> {
    let time = StreamTime::from_secs_f64;
    move |second| {
        let (state, since, seen_at) = if hidden.contains(&second) {
            let doubt = SignalState::Unknown(Doubt::Hidden);
            (doubt, hidden.start, hidden.start)
        } else if (red_from..red_to).contains(&second) {
            let since = if second >= hidden.end {
                red_from.max(hidden.end)
            } else {
                red_from
            };
            (SignalState::Red, since, second)
        } else if second < red_from {
            (SignalState::Green, 0.0, second)
        } else {
            (SignalState::Green, red_to, second)
        };
        vec![SignalReading {
            signal: "main".parse().unwrap(),
            state,
            since: time(since),
            seen_at: time(seen_at),
            source: Source::Lamp,
        }]
    }
}

const NEVER: std::ops::Range<f64> = 99.0..99.0;

#[test]
fn a_crossing_is_told_when_the_lamp_was_red_before_at_and_after_it() {
    // It is on the line at 3.13 s, and its third picture beyond it is at 3.8 s.
    let things = [bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))];
    let looks = Noise::NONE.looks(&things, 5.0, 9.0);
    let held = |reason| (0, vec![reason]);
    for (why, lamp, wanted) in [
        ("red all along", lamp(0.0, 60.0, NEVER), (1, vec![])),
        ("green", lamp(60.0, 61.0, NEVER), (0, vec![])),
        (
            "turned red just before",
            lamp(2.9, 60.0, NEVER),
            held(HeldBackReason::LampTurned),
        ),
        ("turned red after it", lamp(3.5, 60.0, NEVER), (0, vec![])),
        (
            "turned green while it crossed",
            lamp(0.0, 3.3, NEVER),
            held(HeldBackReason::LampTurned),
        ),
        (
            "a lorry stood before the lamp",
            lamp(0.0, 60.0, 2.0..6.0),
            held(HeldBackReason::LampHidden),
        ),
        (
            "a lorry came when it crossed",
            lamp(0.0, 60.0, 3.2..8.0),
            held(HeldBackReason::LampHidden),
        ),
    ] {
        let mut rule = red_light();
        let mut reasons = Vec::new();
        let mut told = 0;
        for look in &looks {
            told += raised(&play_one(&mut *rule, look, &lamp)).len();
            reasons.extend(rule.held_back().into_iter().map(|held| held.reason));
        }
        assert_eq!((told, reasons), wanted, "{why}");
    }
}

fn play_one(
    rule: &mut dyn Rule,
    look: &NoisyLook,
    lamp: &impl Fn(f64) -> Vec<SignalReading>,
) -> Vec<(f64, EventChange)> {
    let signals = lamp(look.at.as_secs_f64());
    let observation = super::Observation {
        tracks: &look.tracks,
        detections: &look.detections,
        signals: &signals,
        ..super::Observation::new(look.at, SIZE)
    };
    let said = rule.observe(&observation).into_iter();
    said.map(|change| (look.at.as_secs_f64(), change)).collect()
}

#[test]
fn no_bad_day_makes_a_red_light_of_a_green_one_or_of_who_waits() {
    let (mut missed, mut there) = (0, 0);
    for (why, wanted, things) in crossers() {
        for seed in 1..=20 {
            let looks = Noise::usual(seed).looks(&things, 5.0, 32.0);
            let red = raised(&play_with(
                &mut *red_light(),
                &looks,
                lamp(0.0, 60.0, NEVER),
            ))
            .len();
            assert!(red <= wanted, "{why}, seed {seed}: {red}");
            let green = raised(&play_with(
                &mut *red_light(),
                &looks,
                lamp(60.0, 61.0, NEVER),
            ));
            assert_eq!(green, [] as [f64; 0], "{why}, seed {seed}");
            missed += wanted - red;
            there += wanted;
        }
    }
    assert!(missed * 5 <= there, "{missed} of {there} missed");
}

#[test]
fn a_red_that_is_dated_otherwise_each_time_is_one_red() {
    // A controller says it every half a second, and the word is under way for now more, now less.
    let word = |began: f64| {
        move |second: f64| {
            let jitter = (second * 7.3).sin() * 0.05;
            vec![SignalReading {
                signal: "main".parse().unwrap(),
                state: SignalState::Red,
                since: StreamTime::from_secs_f64(began + jitter),
                seen_at: StreamTime::from_secs_f64(second),
                source: Source::Controller,
            }]
        }
    };
    let things = [bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))];
    let looks = Noise::NONE.looks(&things, 5.0, 9.0);
    for (began, wanted) in [(-20.0, 1), (0.5, 1), (3.0, 0), (3.4, 0)] {
        let told = raised(&play_with(&mut *red_light(), &looks, word(began))).len();
        assert_eq!(told, wanted, "red since {began} s, crossed at 3.13 s");
    }
}

#[test]
fn without_a_signal_nothing_is_told() {
    let things = [bike((500.0, 900.0), (500.0, 150.0), (1.0, 5.0))];
    let looks = Noise::NONE.looks(&things, 5.0, 9.0);
    let mut rule = red_light();
    let changes = play(&mut *rule, &looks);
    assert_eq!(raised(&changes), [] as [f64; 0]);
    let held = rule.held_back();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].reason, HeldBackReason::SignalSilent);
}
