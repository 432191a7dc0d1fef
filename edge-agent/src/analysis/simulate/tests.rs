//! What a rule would have raised is what it would have raised.

use std::path::Path;
use std::time::Duration;

use contract::v1::Parameter;
use jiff::Timestamp;

use super::*;
use crate::analysis::{CameraAnalysis, Look, Plan, TrackMemory};
use crate::camera::Epoch;
use crate::config::{CameraOverlay, Config};
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::time::StreamTime;
use crate::track::TrackerOptions;

const SIZE: PictureSize = PictureSize {
    width: 1000,
    height: 1000,
};

fn config() -> Config {
    let text = r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
[[camera.rule]]
kind = "illegal_parking"
dwell_s = 60
clear_after_s = 5
"#;
    Config::parse(text, Path::new("agent.toml")).unwrap()
}

fn car() -> Vec<Detection> {
    let bbox = PixelBox {
        x: 400.0,
        y: 400.0,
        w: 100.0,
        h: 100.0,
    };
    vec![Detection {
        class: "car".into(),
        score: 0.9,
        bbox,
    }]
}

/// A car that stands for `stands` seconds of `seconds`, at 2 pictures a second.
fn watched(memory: &TrackMemory, stands: u32, seconds: u32) -> usize {
    let config = config();
    let mut analysis = CameraAnalysis::new(&config.cameras[0], TrackerOptions::default());
    let anchor = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::from_second(1_800_000_000).unwrap(),
    };
    let mut raised = 0;
    for picture in 0..seconds * 2 {
        let at = StreamTime::from_secs_f64(f64::from(picture) / 2.0);
        let detections = if picture < stands * 2 { car() } else { vec![] };
        let step = analysis.step(&Look {
            detections: &detections,
            ..Look::new(at, SIZE)
        });
        raised += step
            .changes
            .iter()
            .filter(|change| change.phase == Phase::Raised)
            .count();
        memory.keep(Remembered {
            epoch: Epoch(1),
            anchor,
            at,
            size: SIZE,
            pose: crate::config::PoseId::default(),
            tracks: step.tracks,
            detections,
            verdicts: vec![],
            scene: None,
            signals: vec![],
        });
    }
    raised
}

#[test]
fn as_it_is_the_rule_raises_what_it_raised_and_a_shorter_dwell_raises_more() {
    let memory = TrackMemory::new(Duration::from_secs(600));
    assert_eq!(watched(&memory, 40, 80), 0);
    let config = config();
    let camera = &config.cameras[0];
    let looks = memory.last(Duration::from_secs(600));
    assert_eq!(looks.len(), 160);
    assert_eq!(
        simulate(camera, &camera.rules[0], None, &looks),
        Supposed::default()
    );

    let mut overlay = CameraOverlay::of(&config, &camera.id).unwrap();
    let rule = contract::v1::RuleRef {
        rule: "illegal_parking".to_owned(),
        zone: None,
    };
    let parameters = [("dwell_s".to_owned(), Parameter::Whole(20))].into();
    assert_eq!(overlay.lay_parameters(&rule, &parameters), []);
    let changed = overlay.into_camera();
    let events = simulate(&changed, &changed.rules[0], None, &looks).events;
    assert_eq!(events.len(), 1, "{events:?}");
    let start = events[0].start.as_second() - 1_800_000_000;
    let end = events[0].end.unwrap().as_second() - 1_800_000_000;
    assert!(start <= 1 && (40..=50).contains(&end), "{start} {end}");
}

#[test]
fn a_memory_is_as_long_as_it_may_be() {
    let memory = TrackMemory::new(Duration::from_secs(30));
    watched(&memory, 0, 100);
    let all = memory.last(Duration::from_secs(600));
    assert!((59..=62).contains(&all.len()), "{}", all.len());
    assert!(memory.last(Duration::from_secs(10)).len() <= 21);
    let none = TrackMemory::new(Duration::ZERO);
    watched(&none, 0, 10);
    assert!(none.last(Duration::from_secs(600)).is_empty());
}

#[test]
fn a_plan_silences_what_it_names_until_the_mute_ends() {
    let config = config();
    let camera = config.cameras[0].clone();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let until = now + jiff::SignedDuration::from_secs(60);
    let mut plan = Plan::of(camera.clone(), String::new());
    let rule = contract::v1::RuleRef {
        rule: "illegal_parking".to_owned(),
        zone: None,
    };
    assert!(!plan.silences(&camera.rules[0], now));
    plan.muted.push(contract::v1::Mute { rule, until });
    assert!(plan.silences(&camera.rules[0], now));
    assert_eq!(plan.next_end(now), Some(until));
    assert!(!plan.silences(&camera.rules[0], until));
    assert_eq!(plan.next_end(until), None);
}

/// What rules say while a plan changes under them.
#[test]
fn a_changed_rule_ends_its_events_and_an_unchanged_one_does_not_notice() {
    let config = config();
    let camera = config.cameras[0].clone();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let mut analysis = CameraAnalysis::new(&camera, TrackerOptions::default());
    let second = |second: u32| StreamTime::from_secs_f64(f64::from(second));
    let phases = |analysis: &mut CameraAnalysis, from: u32, to: u32| -> Vec<Phase> {
        (from..to)
            .flat_map(|at| {
                let look = Look {
                    detections: &car(),
                    ..Look::new(second(at), SIZE)
                };
                analysis.step(&look).changes
            })
            .map(|change| change.phase)
            .filter(|phase| *phase != Phase::Updated)
            .collect()
    };
    assert_eq!(phases(&mut analysis, 0, 70), [Phase::Raised]);
    let mut plan = Plan::of(camera.clone(), String::new());
    assert!(
        analysis.follow(&plan, now, second(70)).is_empty(),
        "nothing changed"
    );
    assert_eq!(phases(&mut analysis, 70, 80), []);

    plan.camera.rules[0].min_confidence = 0.95;
    let ended: Vec<Phase> = analysis
        .follow(&plan, now, second(80))
        .iter()
        .map(|c| c.phase)
        .collect();
    assert_eq!(ended, [Phase::Cleared]);
    assert_eq!(phases(&mut analysis, 80, 400), [], "0.9 is too weak now");

    plan.camera = camera;
    analysis.follow(&plan, now, second(400));
    assert_eq!(
        phases(&mut analysis, 400, 500),
        [Phase::Raised],
        "as configured again"
    );
    plan.muted.push(contract::v1::Mute {
        rule: contract::v1::RuleRef {
            rule: "illegal_parking".to_owned(),
            zone: None,
        },
        until: now + jiff::SignedDuration::from_secs(60),
    });
    let ended: Vec<Phase> = analysis
        .follow(&plan, now, second(500))
        .iter()
        .map(|c| c.phase)
        .collect();
    assert_eq!(ended, [Phase::Cleared]);
    assert_eq!(phases(&mut analysis, 500, 900), [], "muted");
    let later = now + jiff::SignedDuration::from_secs(60);
    assert!(analysis.follow(&plan, later, second(900)).is_empty());
    assert_eq!(
        phases(&mut analysis, 900, 1000),
        [Phase::Raised],
        "the mute ended"
    );
}

#[test]
fn nothing_is_seen_in_a_mask() {
    let mut plan = Plan::of(config().cameras[0].clone(), String::new());
    let corners = [[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]];
    let points = corners.map(|[x, y]| crate::geometry::NormPoint { x, y });
    let mask = crate::config::Polygon::new(points.to_vec()).unwrap();
    let step = |plan: &Plan| {
        let mut analysis = CameraAnalysis::new(&plan.camera, TrackerOptions::default());
        let detections = car();
        (0..10)
            .map(|at| {
                analysis.step(&Look {
                    detections: &detections,
                    ..Look::new(StreamTime::from_secs_f64(f64::from(at)), SIZE)
                })
            })
            .map(|step| step.tracks.len())
            .sum::<usize>()
    };
    assert!(step(&plan) > 0);
    plan.camera.masks.push(mask);
    assert_eq!(step(&plan), 0);
}
