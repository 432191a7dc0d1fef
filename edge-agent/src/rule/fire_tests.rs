//! What burns and what only looks like it, scripted; and the laws of both over random noise.

use std::path::Path;

use contract::v1::{Kind, Phase};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{EventChange, HeldBack, HeldBackReason, Observation, Rule, build};
use crate::config::{Config, DangerLevel, RuleMode};
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::verify::Verdict;

const SIZE: PictureSize = PictureSize {
    width: 1000,
    height: 1000,
};

/// A fire rule with these keys besides, on a camera with zones `kiln` (the right quarter) and `yard`
/// (the lower half).
fn rule(keys: &str) -> Box<dyn Rule> {
    rule_on("", keys)
}

/// The same on a camera with these keys.
fn rule_on(camera: &str, keys: &str) -> Box<dyn Rule> {
    let sha256 = "0".repeat(64);
    let text = format!(
        r#"
[[model]]
name = "burns"
family = "yolox"
file = "burns.onnx"
sha256 = "{sha256}"
input = [416, 416]
classes = ["fire", "smoke", "car"]
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
time_zone = "+00:00"
{camera}
[[camera.zone]]
id = "kiln"
polygon = [[0.75, 0.0], [1.0, 0.0], [1.0, 1.0], [0.75, 1.0]]
[[camera.zone]]
id = "yard"
polygon = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
[[camera.rule]]
kind = "fire_smoke"
min_confidence = 0.4
{keys}
"#
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    let camera = &config.cameras[0];
    build(&camera.rules[0], &Scene::of(camera)).unwrap()
}

/// A box with its foot at the given point.
fn burning(class: &str, score: f32, foot: (f32, f32), side: f32) -> Detection {
    Detection {
        class: class.into(),
        score,
        bbox: PixelBox {
            x: foot.0 - side / 2.0,
            y: foot.1 - side,
            w: side,
            h: side,
        },
    }
}

/// A flame of that score that flickers as flames do, by the picture's number.
fn flame(score: f32, foot: (f32, f32), picture: u32) -> Detection {
    let lick = [0.0_f32, 9.0, -6.0, 4.0, 12.0, -8.0, 2.0][picture as usize % 7];
    burning("fire", score, foot, 80.0 + lick)
}

#[derive(Default)]
struct Told {
    changes: Vec<(f64, EventChange)>,
    held_back: Vec<HeldBack>,
}

impl Told {
    fn at(&self, phase: Phase) -> Vec<f64> {
        let of_phase = self
            .changes
            .iter()
            .filter(|(_, change)| change.phase == phase);
        of_phase.map(|(second, _)| *second).collect()
    }

    fn reasons(&self) -> Vec<HeldBackReason> {
        self.held_back
            .iter()
            .map(|held_back| held_back.reason)
            .collect()
    }
}

/// What is known of one scripted picture.
#[derive(Default)]
struct Scripted {
    seen: Vec<Detection>,
    burning: Option<f32>,
    level: Option<u8>,
    wall: Option<Timestamp>,
}

impl From<Vec<Detection>> for Scripted {
    fn from(seen: Vec<Detection>) -> Self {
        Self {
            seen,
            ..Self::default()
        }
    }
}

/// Plays so many pictures, `period` seconds apart.
fn play<S: Into<Scripted>>(
    rule: &mut dyn Rule,
    period: f64,
    pictures: std::ops::Range<u32>,
    script: impl Fn(u32) -> S,
) -> Told {
    let mut told = Told::default();
    for picture in pictures {
        let second = f64::from(picture) * period;
        let Scripted {
            seen,
            burning,
            level,
            wall,
        } = script(picture).into();
        let verdict = |burning| {
            seen.iter().map(move |detection| Verdict {
                bbox: detection.bbox,
                burning,
                refutes_below: 0.3,
            })
        };
        let verdicts: Vec<Verdict> = burning.into_iter().flat_map(verdict).collect();
        let changes = rule.observe(&Observation {
            detections: &seen,
            verdicts: &verdicts,
            danger_level: level.and_then(DangerLevel::new),
            wall,
            ..Observation::new(StreamTime::from_secs_f64(second), SIZE)
        });
        told.changes
            .extend(changes.into_iter().map(|change| (second, change)));
        told.held_back.extend(rule.held_back());
    }
    told
}

/// A kiln that burns from six to six on workdays until the end of March, in UTC: when its foot, or one
/// beside it, burns, and whether that is told.
#[test]
fn boxes_in_pictures_of_another_size_are_of_another_place() {
    let narrow = PictureSize {
        width: 900,
        height: 1000,
    };
    let told = |sizes: [PictureSize; 2]| {
        let mut rule = rule("");
        let pictures = (0..20_u32).zip(sizes.into_iter().cycle());
        let changes = pictures.map(|(picture, size)| {
            let at = StreamTime::from_secs_f64(60.0 * f64::from(picture));
            let seen = [flame(0.9, (500.0, 700.0), picture)];
            let observation = Observation {
                detections: &seen,
                ..Observation::new(at, size)
            };
            rule.observe(&observation).len()
        });
        changes.sum::<usize>()
    };
    assert!(told([SIZE, SIZE]) > 0);
    assert_eq!(told([SIZE, narrow]), 0);
}

#[test]
fn what_is_known_to_burn_at_its_hours_is_held_back_and_nothing_else() {
    let source = "[[camera.rule.known_source]]\nname = \"brick kiln\"\nzone = \"kiln\"\n\
                  hours = [\"mon-fri 06:00-18:00\"]\nuntil = \"2026-03-31\"";
    for (wall, foot, held_back) in [
        (Some("2026-03-02T12:00:00Z"), 900.0, true),
        (Some("2026-03-02T12:00:00Z"), 600.0, false),
        (Some("2026-03-02T20:00:00Z"), 900.0, false),
        (Some("2026-03-01T12:00:00Z"), 900.0, false),
        (Some("2026-04-01T12:00:00Z"), 900.0, false),
        // Nobody knows what time it is.
        (None, 900.0, false),
    ] {
        let told = play(&mut *rule(source), 0.2, 0..60, |n| Scripted {
            wall: wall.map(|wall| wall.parse().unwrap()),
            ..vec![flame(0.6, (foot, 700.0), n)].into()
        });
        let reasons = told.reasons();
        assert_eq!(
            told.at(Phase::Raised).is_empty(),
            held_back,
            "{wall:?} {foot}"
        );
        assert_eq!(
            reasons == [HeldBackReason::KnownSource],
            held_back,
            "{wall:?} {foot}: {reasons:?}"
        );
    }
}

/// A camera that looks east from a tower, 60° wide: the middle of its picture lies at 90°, its right edge at 120°.
#[test]
fn what_is_known_to_burn_in_a_direction_is_held_back_wherever_it_seems_to_stand() {
    const TOWER: &str = "place = { lat = 16.2, lon = 107.8 }\ncalibration = { height_m = 30.0, azimuth = 90.0, \
        tilt = 0.0, field_of_view = 60.0, uncertainty_deg = 0.5 }";
    let at = |degrees: f64| {
        500.0 + 500.0 * (degrees - 90.0).to_radians().tan() / 30_f64.to_radians().tan()
    };
    let source = |keys: &str| {
        format!(
            "[[camera.rule.known_source]]\nname = \"brick kiln\"\n{keys}\nhours = [\"06:00-18:00\"]"
        )
    };
    let day = "2026-03-02T12:00:00Z";
    for (keys, degrees, height, wall, held_back) in [
        ("bearing = 105", 105.0, 600.0, day, true),
        ("bearing = 105", 106.5, 300.0, day, true),
        ("bearing = 105", 108.0, 600.0, day, false),
        ("bearing = 105\nwithin_deg = 4", 108.0, 600.0, day, true),
        ("bearing = 105", 105.0, 600.0, "2026-03-02T20:00:00Z", false),
        // What lies behind it in the same direction is told where a zone narrows it.
        ("bearing = 105\nzone = \"yard\"", 105.0, 700.0, day, true),
        ("bearing = 105\nzone = \"yard\"", 105.0, 300.0, day, false),
    ] {
        let mut rule = rule_on(TOWER, &source(keys));
        let told = play(&mut *rule, 0.2, 0..60, |n| Scripted {
            wall: Some(wall.parse().unwrap()),
            ..vec![flame(0.6, (at(degrees) as f32, height), n)].into()
        });
        assert_eq!(
            told.at(Phase::Raised).is_empty(),
            held_back,
            "{keys} {degrees} {height} {wall}"
        );
    }
}

#[test]
fn in_the_shadow_all_that_is_said_is_marked() {
    let mut shadow = rule("mode = \"shadow\"");
    let mut told = play(&mut *shadow, 0.2, 0..60, |n| {
        vec![
            flame(0.6, (300.0, 700.0), n),
            burning("fire", 0.6, (700.0, 300.0), 80.0),
        ]
    });
    let ended = shadow.end(StreamTime::from_secs_f64(20.0));
    told.changes
        .extend(ended.into_iter().map(|change| (20.0, change)));
    assert!(told.changes.len() >= 2 && !told.held_back.is_empty());
    assert!(
        told.changes
            .iter()
            .all(|(_, change)| change.mode == RuleMode::Shadow)
    );
    assert!(
        told.held_back
            .iter()
            .all(|one| one.mode == RuleMode::Shadow)
    );
}

#[test]
fn a_fire_is_one_event_from_confirmation_to_the_last_flame() {
    let told = play(&mut *rule("cool_down_s = 0"), 0.2, 0..500, |n| match n {
        10..200 => vec![flame(0.6, (300.0, 700.0), n)],
        _ => vec![],
    });
    assert_eq!(told.at(Phase::Raised), [4.0]);
    let cleared = told.at(Phase::Cleared);
    assert!(
        cleared.len() == 1 && (69.0..71.0).contains(&cleared[0]),
        "{cleared:?}"
    );
    let (_, raised) = &told.changes[0];
    assert_eq!((raised.kind, raised.detail), (Kind::FireSmoke, "fire"));
    assert_eq!(raised.began, StreamTime::from_secs_f64(2.0));
    assert!((raised.confidence - 0.6).abs() < 1e-3);
    assert_eq!((raised.tracks.len(), &*raised.tracks[0].class), (1, "fire"));
    assert!(told.held_back.is_empty());
}

#[test]
fn flame_and_smoke_of_one_place_are_one_event_of_both() {
    let told = play(&mut *rule(""), 0.2, 0..60, |n| {
        let drift = (n % 9) as f32 * 3.0;
        let mut seen = vec![burning("smoke", 0.5, (310.0 + drift, 660.0), 160.0)];
        if n >= 20 {
            seen.push(flame(0.6, (300.0, 700.0), n));
        }
        seen
    });
    assert_eq!(told.at(Phase::Raised).len(), 1);
    assert_eq!(told.changes[0].1.detail, "fire_smoke");
}

#[test]
fn a_second_fire_joins_the_open_event() {
    let told = play(&mut *rule("update_every_s = 1"), 0.2, 0..200, |n| {
        let mut seen = vec![flame(0.6, (200.0, 700.0), n)];
        if n >= 60 {
            seen.push(flame(0.5, (600.0, 900.0), n + 3));
        }
        seen
    });
    assert_eq!(told.at(Phase::Raised).len(), 1);
    assert_eq!(told.changes.last().unwrap().1.count, 2);
}

#[test]
fn a_picture_a_minute_is_enough_and_a_flash_is_not() {
    let told = play(&mut *rule(""), 60.0, 0..40, |n| match n {
        15 => vec![],
        10..30 => vec![burning(
            "smoke",
            0.45,
            (500.0, 400.0),
            40.0 + 3.0 * (n - 10) as f32,
        )],
        _ => vec![],
    });
    assert_eq!(told.at(Phase::Raised), [13.0 * 60.0]);
    let cleared = told.at(Phase::Cleared);
    assert!(
        cleared == [33.0 * 60.0],
        "after four empty pictures, not one: {cleared:?}"
    );
    let flash = play(&mut *rule(""), 60.0, 0..40, |n| match n {
        10..13 => vec![burning("smoke", 0.9, (500.0, 400.0), 40.0 + n as f32)],
        _ => vec![],
    });
    assert!(flash.changes.is_empty() && flash.held_back.is_empty());
}

#[test]
fn what_stands_as_still_as_a_lamp_is_held_back_once() {
    let told = play(&mut *rule(""), 0.2, 0..600, |n| {
        let noise = (n % 3) as f32 * 0.3;
        vec![burning("fire", 0.8, (300.0 + noise, 300.0), 60.0)]
    });
    assert!(told.changes.is_empty());
    assert_eq!(told.reasons(), [HeldBackReason::Still]);
}

#[test]
fn lights_that_pass_are_no_fire() {
    for speed in [30.0, 60.0, 250.0] {
        let told = play(&mut *rule(""), 0.2, 0..300, |n| {
            let along = n as f32 * 0.2 * speed;
            vec![flame(0.7, (along % 1000.0, 700.0), n)]
        });
        let raised = told.at(Phase::Raised);
        assert!(raised.is_empty(), "at {speed} pixels a second: {raised:?}");
    }
}

#[test]
fn the_danger_level_moves_the_threshold_and_what_it_holds_back_is_listed() {
    let weak = |level: Option<u8>, score: f32| {
        play(&mut *rule(""), 0.2, 0..60, move |n| Scripted {
            seen: vec![flame(score, (300.0, 700.0), n)],
            level,
            ..Scripted::default()
        })
    };
    assert_eq!(weak(None, 0.42).at(Phase::Raised).len(), 1);
    assert_eq!(weak(Some(3), 0.42).at(Phase::Raised).len(), 1);
    let quiet = weak(Some(1), 0.42);
    assert!(quiet.changes.is_empty());
    assert_eq!(quiet.reasons(), [HeldBackReason::DangerLevel]);
    let weaker = weak(None, 0.33);
    assert!(weaker.changes.is_empty());
    assert_eq!(weaker.reasons(), [HeldBackReason::Weak]);
    assert_eq!(weak(Some(5), 0.33).at(Phase::Raised).len(), 1);
    // The configured level holds where the server has declared none.
    let configured = play(&mut *rule("danger_level = 5"), 0.2, 0..60, |n| {
        vec![flame(0.33, (300.0, 700.0), n)]
    });
    assert_eq!(configured.at(Phase::Raised).len(), 1);
}

#[test]
fn the_verifier_refutes_until_it_changes_its_mind() {
    let scene = |n: u32| Scripted {
        seen: vec![flame(0.7, (300.0, 700.0), n)],
        burning: match n {
            ..8 => None,
            8..60 => Some(0.1),
            _ => Some(0.9),
        },
        ..Scripted::default()
    };
    let told = play(&mut *rule(""), 0.2, 0..300, scene);
    assert_eq!(told.reasons(), [HeldBackReason::Refuted]);
    let raised = told.at(Phase::Raised);
    assert!(raised.len() == 1 && raised[0] > 12.0, "{raised:?}");
    // A stricter or laxer operator has the last word.
    for keys in ["veto_below = 0.05", "verify = \"off\""] {
        let told = play(&mut *rule(keys), 0.2, 0..50, scene);
        assert_eq!(told.at(Phase::Raised).len(), 1, "{keys}");
    }
}

#[test]
fn zones_masks_and_size_say_where_nothing_counts() {
    let at = |keys: &str, x: f32, y: f32, side: f32| {
        let told = play(&mut *rule(keys), 0.2, 0..60, |n| {
            let lick = (n % 5) as f32 * side / 30.0;
            vec![burning("smoke", 0.7, (x, y), side + lick)]
        });
        told.at(Phase::Raised).len() + told.held_back.len()
    };
    assert_eq!(at("", 900.0, 500.0, 100.0), 1);
    assert_eq!(at("ignore_zones = [\"kiln\"]", 900.0, 500.0, 100.0), 0);
    assert_eq!(at("ignore_zones = [\"kiln\"]", 500.0, 500.0, 100.0), 1);
    assert_eq!(at("zone = \"yard\"", 500.0, 300.0, 100.0), 0);
    assert_eq!(at("zone = \"yard\"", 500.0, 800.0, 100.0), 1);
    assert_eq!(at("", 500.0, 1000.0, 950.0), 0, "haze fills the picture");
    assert_eq!(at("classes = [\"fire\"]", 500.0, 500.0, 100.0), 0);
}

#[test]
fn a_cleared_place_cools_down_and_another_does_not() {
    let keys = "clear_after_s = 2\ncool_down_s = 20";
    let told = play(&mut *rule(keys), 0.2, 0..300, |n| match n {
        0..40 => vec![flame(0.6, (200.0, 700.0), n)],
        40..65 => vec![],
        65..150 => vec![flame(0.6, (200.0, 700.0), n)],
        _ => vec![flame(0.6, (700.0, 700.0), n)],
    });
    let raised = told.at(Phase::Raised);
    assert_eq!(raised.len(), 2, "{raised:?}");
    assert!(raised[1] >= 30.0, "{raised:?}");
    assert_eq!(told.reasons(), [HeldBackReason::CoolDown]);
}

#[test]
fn the_end_of_the_stream_clears_what_burns() {
    let mut rule = rule("");
    play(&mut *rule, 0.2, 0..60, |n| {
        vec![flame(0.6, (200.0, 700.0), n)]
    });
    let at = StreamTime::from_secs_f64(13.0);
    let phases: Vec<Phase> = rule.end(at).iter().map(|change| change.phase).collect();
    assert_eq!(phases, [Phase::Cleared]);
    assert!(rule.end(at).is_empty());
}

fn config_fault(keys: &str) -> String {
    let text = format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"c\"\nurl = \"rtsp://h/p\"\n\
         [[camera.rule]]\nkind = \"fire_smoke\"\n{keys}"
    );
    Config::parse(&text, Path::new("agent.toml"))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_faulty_rule_says_what_is_wrong() {
    for (keys, words) in [
        ("", "does not see \"fire\""),
        ("danger_level = 6", "danger_level"),
        ("ignore_zones = [\"kiln\"]", "ignore_zones"),
        ("classes = [\"car\"]", "does not burn"),
        ("verify = \"maybe\"", "verify"),
        ("persistence = 1.5", "persistence"),
    ] {
        let fault = config_fault(keys);
        assert!(fault.contains(words), "{words} is not in: {fault}");
    }
}

/// Five noisy sightings, one of them missed: how the box jitters, and its score.
fn five_sightings() -> impl Strategy<Value = Vec<Option<(f32, f32, f32, f32)>>> {
    let seen = (-0.1_f32..0.1, -0.1_f32..0.1, -0.1_f32..0.1, 0.42_f32..0.8);
    (proptest::collection::vec(seen, 4), 0_usize..5).prop_map(|(seen, missed)| {
        let mut five: Vec<_> = seen.into_iter().map(Some).collect();
        five.insert(missed, None);
        five
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// 20 % misses and boxes off by 10 % of their side.
    #[test]
    fn a_fire_is_found_once_in_ten_seconds_or_fifteen_pictures_through_noise(
        noise in proptest::collection::vec(five_sightings(), 30),
        period in prop_oneof![Just(0.2), Just(0.5), Just(1.0)],
        foot in (150.0_f32..850.0, 300.0_f32..1000.0),
    ) {
        let noise = noise.concat();
        let pictures = u32::try_from(noise.len()).unwrap();
        let told = play(&mut *rule("update_every_s = 5"), period, 0..pictures, |n| {
            noise[n as usize].map(|(dx, dy, grow, score)| {
                let side = 90.0 * (1.0 + grow);
                burning("fire", score, (foot.0 + 90.0 * dx, foot.1 + 90.0 * dy), side)
            }).into_iter().collect::<Vec<_>>()
        });
        let raised = told.at(Phase::Raised);
        let patience = f64::max(10.0, 15.0 * period);
        prop_assert!(raised.len() == 1 && raised[0] <= patience, "{raised:?}");
        prop_assert!(told.at(Phase::Cleared).is_empty());
    }

    /// A detector that sees fire here and there, in a tenth of the pictures.
    #[test]
    fn ghosts_here_and_there_are_no_fire(
        ghosts in proptest::collection::vec(
            proptest::option::weighted(0.1, (0.0_f32..1000.0, 100.0_f32..1000.0, 20.0_f32..200.0, 0.3_f32..0.9)),
            400),
    ) {
        let told = play(&mut *rule(""), 0.2, 0..400, |n| {
            let ghost = ghosts[n as usize];
            ghost.map(|(x, y, side, score)| burning("smoke", score, (x, y), side)).into_iter().collect::<Vec<_>>()
        });
        prop_assert!(told.changes.is_empty());
    }

    #[test]
    fn every_fire_is_raised_updated_cleared(
        pictures in proptest::collection::vec(
            (1_i64..90_000, proptest::collection::vec(
                (any::<bool>(), 0.1_f32..1.0, 0.0_f32..1000.0, 0.0_f32..1000.0, 1.0_f32..600.0, proptest::option::of(0.0_f32..1.0)), 0..6)),
            1..200),
    ) {
        let mut rule = rule("clear_after_s = 5\ncool_down_s = 3\nupdate_every_s = 2\nconfirm_s = 0.5");
        let mut now = StreamTime::ZERO;
        let mut open = None;
        for (dt, seen) in pictures {
            now = now + std::time::Duration::from_millis(dt.unsigned_abs());
            let detections: Vec<Detection> = seen.iter().map(|(fire, score, x, y, side, _)| {
                // Coarse places, so that things stay now and then.
                let foot = ((x / 300.0).floor() * 300.0, (y / 300.0).floor() * 300.0);
                burning(if *fire { "fire" } else { "smoke" }, *score, foot, *side)
            }).collect();
            let verdicts: Vec<Verdict> = detections.iter().zip(&seen).filter_map(|(detection, seen)| {
                Some(Verdict { bbox: detection.bbox, burning: seen.5?, refutes_below: 0.3 })
            }).collect();
            let changes = rule.observe(&Observation {
                detections: &detections, verdicts: &verdicts, ..Observation::new(now, SIZE)
            });
            prop_assert!(changes.len() <= 1);
            for change in changes {
                prop_assert!(change.began <= change.at && change.at == now);
                prop_assert!((0.0..=1.0).contains(&change.confidence));
                match change.phase {
                    Phase::Raised => {
                        prop_assert!(open.replace(change.event_id).is_none());
                        prop_assert!(!change.tracks.is_empty());
                    }
                    Phase::Updated => prop_assert_eq!(open, Some(change.event_id)),
                    Phase::Cleared => prop_assert_eq!(open.take(), Some(change.event_id)),
                }
            }
            for held_back in rule.held_back() {
                prop_assert!(held_back.since <= held_back.at);
            }
        }
        prop_assert_eq!(rule.end(now).len(), usize::from(open.is_some()));
    }
}
