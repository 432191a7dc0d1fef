//! Encroachment by what stands in the view, over rendered pictures with a known truth: through the
//! same calls as in `run` and `replay`, with a detector that sees what the test says.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use contract::v1::Phase;
use jiff::Timestamp;

use super::{CameraAnalysis, Look};
use crate::camera::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
use crate::config::Config;
use crate::detect::Detection;
use crate::geometry::PixelBox;
use crate::motion::LumaPicture;
use crate::motion::rendered::{Camera, Paint, Thing, clip, painted, stall, walker};
use crate::time::StreamTime;
use crate::track::TrackerOptions;

/// Monday, 2 November 2026, 12:00 in Hanoi.
const NOON: i64 = 1_793_595_600;

/// A camera whose pavement is all of its picture but the upper tenth.
fn analysis(keys: &str) -> CameraAnalysis {
    analysis_over([[0.0, 0.1], [1.0, 0.1], [1.0, 1.0], [0.0, 1.0]], keys)
}

fn analysis_over(zone: [[f32; 2]; 4], keys: &str) -> CameraAnalysis {
    let text = format!(
        r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
time_zone = "+07:00"
[[camera.zone]]
id = "pavement"
polygon = {zone:?}
[[camera.rule]]
kind = "encroachment"
zone = "pavement"
dwell_s = 15
clear_after_s = 5
cool_down_s = 0
{keys}
"#
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    CameraAnalysis::new(&config.cameras[0], TrackerOptions::default())
}

fn frame(at: StreamTime, picture: &LumaPicture) -> Frame {
    let size = picture.size();
    let luma = Plane {
        data: Bytes::copy_from_slice(picture.levels()),
        stride: size.width as usize,
    };
    let grey = Plane {
        data: Bytes::from(vec![128; picture.levels().len().div_ceil(4)]),
        stride: size.width.div_ceil(2) as usize,
    };
    Frame {
        pts: at,
        wall: Timestamp::from_second(NOON).unwrap() + Duration::from_secs_f64(at.as_secs_f64()),
        size,
        format: PixelFormat::I420,
        range: ColorRange::Limited,
        matrix: ColorMatrix::Bt601,
        planes: vec![luma, grey.clone(), grey],
    }
}

/// What is to be seen at a second.
#[derive(Default)]
struct Moment {
    light: Option<f32>,
    things: Vec<Thing>,
    /// What the detector calls which of them.
    seen: Vec<(&'static str, PixelBox)>,
    aim: Option<(f32, f32, f32, f32)>,
}

fn person(x: f32) -> Moment {
    let thing = walker(x);
    Moment {
        seen: vec![("person", thing.bbox)],
        things: vec![thing],
        ..Moment::default()
    }
}

fn there(things: Vec<Thing>) -> Moment {
    Moment {
        things,
        ..Moment::default()
    }
}

/// So many pictures a second over these seconds; what was raised and cleared, and when.
fn told(
    keys: &str,
    seconds: u16,
    per_second: u16,
    moment: impl Fn(f32) -> Moment,
) -> Vec<(f32, Phase)> {
    let (mut analysis, mut camera) = (analysis(keys), Camera::new());
    let mut told = Vec::new();
    for number in 0..seconds * per_second {
        let now = f32::from(number) / f32::from(per_second);
        let moment = moment(now);
        camera.aim = moment.aim.unwrap_or((0.0, 0.0, 1.0, 0.0));
        let picture = camera.take(moment.light.unwrap_or(1.0), &moment.things);
        let frame = frame(StreamTime::from_secs_f64(f64::from(now)), &picture);
        let detections: Vec<Detection> = moment
            .seen
            .iter()
            .map(|(class, bbox)| Detection {
                class: (*class).into(),
                score: 0.8,
                bbox: *bbox,
            })
            .collect();
        analysis.watch_view(&frame).unwrap();
        let step = analysis.step(&Look {
            detections: &detections,
            wall: Some(frame.wall),
            ..Look::new(frame.pts, frame.size)
        });
        let news = step.changes.iter().map(|change| change.phase);
        told.extend(
            news.filter(|phase| *phase != Phase::Updated)
                .map(|phase| (now, phase)),
        );
    }
    told
}

/// The times of one event; raised once, cleared once.
fn once(told: &[(f32, Phase)]) -> (f32, f32) {
    let [(raised, Phase::Raised), (cleared, Phase::Cleared)] = told else {
        panic!("not one event from raised to cleared: {told:?}")
    };
    (*raised, *cleared)
}

#[test]
fn goods_left_at_15_s_are_one_event_until_they_go_through_clouds_and_passers_by() {
    let told = told("", 700, 2, |now| {
        let mut moment = person((now * 9.0) % 260.0 - 20.0);
        moment.light = Some(1.0 + 0.3 * (now / 20.0).sin());
        if (15.0..650.0).contains(&now) {
            moment.things.push(stall(70.0, 60.0));
        }
        moment
    });
    let (raised, cleared) = once(&told);
    assert!((29.0..36.0).contains(&raised), "raised at {raised} s");
    assert!((651.0..662.0).contains(&cleared), "cleared at {cleared} s");
}

#[test]
fn a_lamp_that_goes_out_neither_raises_nor_ends_anything() {
    let told = told("", 120, 5, |now| Moment {
        light: Some(if now < 60.0 { 1.0 } else { 0.7 }),
        things: (now >= 15.0)
            .then(|| stall(70.0, 60.0))
            .into_iter()
            .collect(),
        ..Moment::default()
    });
    assert!(matches!(told[..], [(_, Phase::Raised)]), "{told:?}");
}

#[test]
fn what_is_nothing_left_raises_nothing() {
    let car = Thing {
        bbox: PixelBox {
            x: 30.0,
            y: 50.0,
            w: 30.0,
            h: 16.0,
        },
        paint: Paint::Stripes(210.0, 170.0),
    };
    let shade = Thing {
        bbox: PixelBox {
            x: 90.0,
            y: 40.0,
            w: 30.0,
            h: 24.0,
        },
        paint: Paint::Shade(0.65),
    };
    let pan = |now: f32| Some(((now * 6.0).sin() * 30.0, now * 4.0, 1.0, 0.0));
    type Scene<'a> = (&'a str, &'a str, &'a dyn Fn(f32) -> Moment);
    let scenes: &[Scene<'_>] = &[
        ("a parked car that leaves", "", &|now| {
            there((now < 20.0).then_some(car).into_iter().collect())
        }),
        ("people passing", "", &|now| {
            person((now * 12.0) % 200.0 - 20.0)
        }),
        ("somebody who waits", "", &|now| match now < 20.0 {
            true => Moment::default(),
            false => person(80.0),
        }),
        ("a shadow", "", &|now| {
            there((now > 20.0).then_some(shade).into_iter().collect())
        }),
        ("a camera that turns all the time", "", &|now| Moment {
            aim: pan(now),
            ..Moment::default()
        }),
        ("a camera that is nudged", "", &|now| Moment {
            aim: (now > 30.0).then_some((4.0, -3.0, 1.0, 0.0)),
            ..Moment::default()
        }),
        (
            "goods where they are allowed",
            "allowed_hours = [\"11:00-13:00\"]",
            &|now| {
                there(
                    (now > 20.0)
                        .then(|| stall(70.0, 60.0))
                        .into_iter()
                        .collect(),
                )
            },
        ),
        (
            "goods that are none of its business",
            "left_objects = \"ignore\"",
            &|now| {
                there(
                    (now > 20.0)
                        .then(|| stall(70.0, 60.0))
                        .into_iter()
                        .collect(),
                )
            },
        ),
        ("goods above the zone", "min_overlap = 0.5", &|now| {
            there(
                (now > 20.0)
                    .then(|| stall(70.0, -6.0))
                    .into_iter()
                    .collect(),
            )
        }),
    ];
    for (what, keys, moment) in scenes {
        let told = told(keys, 80, 3, *moment);
        assert!(told.is_empty(), "{what}: {told:?}");
    }
}

/// The night market closes at 12:01: what stands there then has a dwell to go.
#[test]
fn goods_that_stay_after_the_market_are_raised_a_dwell_later() {
    let told = told("allowed_hours = [\"11:00-12:01\"]", 120, 5, |now| {
        there(
            (now > 20.0)
                .then(|| stall(70.0, 60.0))
                .into_iter()
                .collect(),
        )
    });
    assert!(
        matches!(told[..], [(raised, Phase::Raised)] if (74.5..77.0).contains(&raised)),
        "{told:?}"
    );
}

/// A quiet camera's gate lets through a picture each two seconds.
#[test]
fn keyframes_are_enough() {
    let told = told("", 200, 1, |now| {
        there(
            (60.0..120.0)
                .contains(&now)
                .then(|| stall(70.0, 60.0))
                .into_iter()
                .collect(),
        )
    });
    let (raised, cleared) = once(&told);
    assert!((74.0..84.0).contains(&raised), "raised at {raised} s");
    assert!((121.0..132.0).contains(&cleared), "cleared at {cleared} s");
}

/// A bag is put down by somebody who stands beside it for a while and walks off.
#[test]
fn a_bag_is_no_part_of_who_brought_it() {
    let bag = Thing {
        bbox: PixelBox {
            x: 80.0,
            y: 42.0,
            w: 6.0,
            h: 6.0,
        },
        paint: Paint::Stripes(25.0, 45.0),
    };
    let told = told("", 90, 5, |now| {
        let x = match now {
            ..20.0 => now * 8.0 - 87.0,
            20.0..30.0 => 73.0,
            _ => 73.0 + (now - 30.0) * 8.0,
        };
        let mut moment = person(x);
        if now >= 20.0 {
            moment.things.push(bag);
        }
        moment
    });
    assert!(
        matches!(told[..], [(raised, Phase::Raised)] if (33.0..45.0).contains(&raised)),
        "{told:?}"
    );
}

/// Somebody waits, half hiding a bag: he is nothing that counts, and what he leaves counts from then on.
#[test]
fn what_somebody_leaves_behind_who_waited_counts_from_when_he_goes() {
    let bag = Thing {
        bbox: PixelBox {
            x: 78.0,
            y: 43.0,
            w: 5.0,
            h: 5.0,
        },
        paint: Paint::Stripes(20.0, 35.0),
    };
    let waits = |now: f32| {
        let x = match now {
            ..20.0 => now * 8.0 - 87.0,
            20.0..50.0 => 73.0,
            _ => 73.0 + (now - 50.0) * 8.0,
        };
        person(x)
    };
    let left = told("", 90, 5, |now| {
        let mut moment = waits(now);
        if now >= 20.0 {
            moment.things.insert(0, bag);
        }
        moment
    });
    assert!(
        matches!(left[..], [(raised, Phase::Raised)] if (65.0..74.0).contains(&raised)),
        "{left:?}"
    );
    assert_eq!(told("", 90, 5, waits), [], "he leaves nothing");
}

/// A clip that begins a moment before the bag is put down: there is hardly time to know the view.
#[test]
fn goods_that_come_while_the_view_is_learnt_are_told_and_a_car_that_goes_then_is_not() {
    for came in [1.0, 2.5, 4.5] {
        let told = told("", 60, 5, |now| {
            there(
                (came..40.0)
                    .contains(&now)
                    .then(|| stall(70.0, 60.0))
                    .into_iter()
                    .collect(),
            )
        });
        let (raised, cleared) = once(&told);
        let dwelled = came + 15.0;
        assert!(
            (dwelled - 0.5..dwelled + 2.0).contains(&raised),
            "came at {came} s, raised at {raised} s"
        );
        assert!((44.0..52.0).contains(&cleared), "cleared at {cleared} s");
    }
    for went in [1.0, 2.5, 4.5] {
        let told = told("", 60, 5, |now| {
            there(
                (now < went)
                    .then(|| stall(70.0, 60.0))
                    .into_iter()
                    .collect(),
            )
        });
        assert_eq!(told, [], "went at {went} s");
    }
}

/// What encroachment tells of a lent clip, by its small pictures alone; none where it is not lent.
fn told_of_clip(
    name: &str,
    zone: [[f32; 2]; 4],
    paint: impl Fn(f64, LumaPicture) -> LumaPicture,
) -> Option<Vec<(f64, Phase)>> {
    let pictures = clip(name)?;
    let mut analysis = analysis_over(zone, "");
    let mut told = Vec::new();
    for (at, picture) in pictures {
        let second = at.as_secs_f64();
        let frame = frame(at, &paint(second, picture));
        analysis.watch_view(&frame).unwrap();
        let step = analysis.step(&Look {
            wall: Some(frame.wall),
            ..Look::new(frame.pts, frame.size)
        });
        let news = step.changes.iter().map(|change| change.phase);
        told.extend(
            news.filter(|phase| *phase != Phase::Updated)
                .map(|phase| (second, phase)),
        );
    }
    Some(told)
}

/// A room in which people come and go; the zone is a part of its floor where nobody stands long.
#[test]
fn in_a_real_room_a_box_is_one_event_and_without_it_there_is_none() {
    let floor = [[0.0, 0.6], [0.16, 0.6], [0.16, 0.95], [0.0, 0.95]];
    let room = "dwell_person_table_intel.mp4";
    let Some(told) = told_of_clip(room, floor, |second, picture| {
        match (30.0..100.0).contains(&second) {
            true => painted(&picture, (8, 90, 16)),
            false => picture,
        }
    }) else {
        println!("skipped: VONG_DEMO_CLIPS holds no clip of a room");
        return;
    };
    let [(raised, Phase::Raised), (cleared, Phase::Cleared)] = told[..] else {
        panic!("not one event: {told:?}")
    };
    assert!((44.0..50.0).contains(&raised), "raised at {raised}");
    assert!((104.0..112.0).contains(&cleared), "cleared at {cleared}");
    assert_eq!(
        told_of_clip(room, floor, |_, picture| picture),
        Some(vec![])
    );
}

/// Nothing is left behind in these: streets, a square, a camera that is carried along.
#[test]
fn where_nothing_is_left_real_clips_raise_nothing() {
    let whole = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    for name in [
        "encroach_london_roadworks_zoo.mp4",
        "traffic_suburb_ahmetozlu.mp4",
        "traffic_topdown_car_intel.mp4",
        "neg_lyons_clouds_20190728.mp4",
    ] {
        match told_of_clip(name, whole, |_, picture| picture) {
            Some(told) => assert_eq!(told, [], "{name}"),
            None => println!("skipped: VONG_DEMO_CLIPS holds no {name}"),
        }
    }
}
