//! Whole files through the reader: the examples pass, and every fault is listed at once.

use std::path::Path;
use std::time::Duration;

use contract::v1::Severity;

use super::{Config, ConfigError, RuleKind, RuleMode};

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("agent.toml"))
}

fn faults(text: &str) -> String {
    parse(text).expect_err("this file has faults").to_string()
}

const SMALLEST: &str = r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
"#;

#[test]
fn the_smallest_file_gets_the_documented_defaults() {
    let config = parse(SMALLEST).unwrap();
    assert_eq!(config.agent.data_dir, Path::new("/var/lib/vong-agent"));
    assert_eq!(
        config.agent.event_log,
        Path::new("/var/lib/vong-agent/events.ndjson")
    );
    assert_eq!(config.outbox.max_bytes, 2 << 30);
    assert_eq!(config.outbox.reserved_report_bytes, 256 << 20);
    assert_eq!(config.evidence.max_age.as_secs(), 30 * 86_400);
    assert_eq!(config.evidence.key, None);
    assert_eq!(config.detect.threads, 2);
    let camera = &config.cameras[0];
    assert_eq!(
        (camera.name.as_str(), camera.model.as_str()),
        ("cam-1", "yolox-nano")
    );
    assert_eq!((camera.analyse_fps, camera.ring.max_bytes), (5.0, 64 << 20));
    assert_eq!(camera.ring.span, Duration::from_secs(30));
    assert_eq!(config.model_of(camera).unwrap().manifest.name, "yolox-nano");
}

#[test]
fn the_example_file_is_valid_and_shows_every_rule() {
    let text = include_str!("../../../config/agent.example.toml");
    // The example names a password file of a real installation.
    let text = text.replace("/etc/vong/cam-1.password", "Cargo.toml");
    let config = parse(&text).unwrap();
    let shown: Vec<&str> = config
        .cameras
        .iter()
        .flat_map(|camera| &camera.rules)
        .map(|rule| rule.kind.word())
        .collect();
    for word in RuleKind::WORDS {
        assert!(shown.contains(word), "the example does not show {word}");
    }
    let camera = config.camera("cam-1").unwrap();
    assert_eq!(camera.password.as_ref().unwrap().expose(), "[package]");
    assert!(
        !format!("{config:?}").contains("[package]"),
        "Debug shows a password"
    );
    let zone = camera.zones[0].id.clone();
    let rule = camera.rule("illegal_parking", Some(&zone)).unwrap();
    assert_eq!(rule.severity, Severity::Medium);
}

#[test]
fn the_example_of_a_tower_is_valid() {
    let config = parse(include_str!("../../../config/tower.example.toml")).unwrap();
    let names: Vec<&str> = config
        .cameras
        .iter()
        .flat_map(|camera| &camera.poses.named)
        .map(|pose| pose.name.as_str())
        .collect();
    assert_eq!(names, ["north", "east", "north", "east"]);
    assert!(config.cameras[2].calibration.is_some());
}

#[test]
fn every_fault_is_listed_at_once() {
    insta::assert_snapshot!(faults(include_str!("fixtures/faulty.toml")));
}

#[test]
fn a_syntax_error_has_a_line() {
    insta::assert_snapshot!(faults("[agent]\ndata_dir = /tmp\n[[camera]\n"));
}

#[test]
fn an_empty_file_says_what_is_missing() {
    insta::assert_snapshot!(faults(""));
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let text = SMALLEST.replace("rtsp://host", "rtsp://user:hunter2@host");
    let message = faults(&text);
    assert!(message.contains("password_file"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn a_user_describes_their_own_model() {
    let text = r#"
[[model]]
name = "mine"
family = "yolox"
file = "mine.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
input = [640, 384]
color = "rgb"
classes = ["cattle", "goat", "lorry"]
map = { lorry = "large_vehicle" }
score_threshold = 0.2
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
"#;
    let config = parse(text).unwrap();
    let manifest = &config.models[0].manifest;
    assert_eq!(manifest.object_classes(), ["large_vehicle", "cattle"]);
    assert_eq!((manifest.input.width, manifest.input.height), (640, 384));
    assert_eq!(manifest.thresholds.score, 0.2);
}

#[test]
fn what_is_strong_goes_by_the_user_the_card_and_what_is_told() {
    let strong = |keys: &str, class: &str| {
        let camera = "[[camera]]\nid = \"a\"\nurl = \"rtsp://h/p\"\n";
        let text = format!("[[model]]\nname = \"vong-starter\"\n{keys}\n{camera}");
        parse(&text).unwrap().models[0].manifest.strong_score(class)
    };
    let card = "confidence = { person = 0.28, fire = 0.46 }";
    assert_eq!(strong(card, "person"), 0.28);
    assert_eq!(strong(card, "fire"), 0.4);
    assert_eq!(strong(card, "car"), 0.4);
    assert_eq!(strong("strong_score = 0.7", "person"), 0.7);
    assert_eq!(strong("score_threshold = 0.6", "person"), 0.6);
}

#[test]
fn smoke_is_not_looked_for_in_parts_of_a_picture() {
    let rest = "id = \"cam-1\"\nurl = \"rtsp://host/path\"\n";
    let text = |rules: &str| {
        format!("[[model]]\nname = \"vong-starter\"\n[[camera]]\nsmall_objects = 4\n{rest}{rules}")
    };
    let fire = "[[camera.rule]]\nkind = \"fire_smoke\"\n";
    let message = faults(&text(fire));
    assert!(message.contains("small_objects"), "{message}");
    assert!(message.contains("never looked for in parts"), "{message}");
    let parking = "[[camera.rule]]\nkind = \"illegal_parking\"\n";
    let config = parse(&text(&format!("{fire}{parking}"))).unwrap();
    assert_eq!(config.cameras[0].small_objects, 4);
}

/// Scores of one class differ from model to model; a card says from which on they are believed.
#[test]
fn stray_cattle_asks_for_what_the_models_card_believes_unless_the_rule_says_more() {
    let text = r#"
[[model]]
name = "mine"
family = "yolox"
file = "mine.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
input = [640, 384]
color = "rgb"
classes = ["cattle", "car"]
score_threshold = 0.1
[model.confidence]
cattle = 0.23
car = 0.7
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
[[camera.rule]]
kind = "stray_cattle"
"#;
    let least = |text: &str| parse(text).unwrap().cameras[0].rules[0].min_confidence;
    assert_eq!(least(text), 0.23);
    assert_eq!(least(&text.replace("cattle = 0.23\n", "")), 0.4);
    assert_eq!(least(&format!("{text}min_confidence = 0.6\n")), 0.6);
    let parking = text.replace("stray_cattle", "illegal_parking");
    assert_eq!(least(&parking), 0.4);
}

/// What stands after two rules of a kind, or at the camera, and the modes of the two; none where it is a
/// fault.
#[test]
fn a_rule_may_run_in_the_shadow_of_another() {
    for (of_camera, first, second, wanted) in [
        (
            "",
            "",
            "mode = \"shadow\"",
            Some([RuleMode::Live, RuleMode::Shadow]),
        ),
        (
            "",
            "mode = \"shadow\"",
            "",
            Some([RuleMode::Shadow, RuleMode::Live]),
        ),
        (
            "mode = \"shadow\"",
            "",
            "mode = \"live\"",
            Some([RuleMode::Shadow, RuleMode::Live]),
        ),
        ("", "", "", None),
        ("mode = \"shadow\"", "", "", None),
    ] {
        let text = format!(
            "[[camera]]\nid = \"cam-1\"\nurl = \"rtsp://h/p\"\n{of_camera}\n\
             [[camera.rule]]\nkind = \"illegal_parking\"\n{first}\n\
             [[camera.rule]]\nkind = \"illegal_parking\"\n{second}\n"
        );
        let read = parse(&text);
        let modes = read.as_ref().ok().map(|config| {
            let rules = &config.cameras[0].rules;
            assert_eq!(
                config.cameras[0]
                    .rule("illegal_parking", None)
                    .unwrap()
                    .mode,
                RuleMode::Live
            );
            [rules[0].mode, rules[1].mode]
        });
        assert_eq!(modes, wanted, "{of_camera} {first} {second}");
        if let Err(error) = read {
            assert!(error.to_string().contains("mode = \"shadow\""), "{error}");
        }
    }
}

#[test]
fn a_name_that_no_report_has_room_for_is_refused() {
    let name = "á".repeat(200);
    let text = SMALLEST.replace("[[camera]]", &format!("[[camera]]\nname = \"{name}\""));
    let message = faults(&text);
    assert!(message.contains("has 400 bytes"), "{message}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]a-z_=\" .0-9\n{}#-]{0,200}") {
        let _ = parse(&text);
    }
}
