//! Suites as people write them, and what they are told about their slips.

use super::*;
use crate::config::RuleKind;

const SUITE: &str = r#"
name = "kerb"
folder = "clips"

[[camera]]
id = "mountain"
analyse_fps = 1
[[camera.rule]]
kind = "fire_smoke"

[[clip]]
file = "kerb.mp4"
model = "yolox-nano"
[[clip.zone]]
id = "kerb"
polygon = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
[[clip.rule]]
kind = "illegal_parking"
zone = "kerb"
[[clip.expect]]
rule = "illegal_parking"
zone = "kerb"
after_s = 8
before_s = 10.5
count = 2
cleared_after_s = 30
missed = "report"
note = "the grey car"

[[clip]]
name = "plume"
file = "plume.mp4"
camera = "mountain"
seconds_per_picture = 60
starts_at = "2026-05-01T06:00:00+07:00"
unexpected = "report"
[[clip.expect]]
rule = "smoke"
after_picture = 41
begins_picture = 46
[[clip.tolerate]]
rule = "fire_smoke"
before_picture = 2
"#;

fn suite(text: &str, swaps: &[ModelSwap]) -> Result<Suite, ConfigError> {
    Suite::parse(text, Path::new("suites/kerb.toml"), swaps)
}

#[test]
fn a_suite_is_read_as_it_is_written() {
    let suite = suite(SUITE, &[]).unwrap();
    assert_eq!(suite.folder.as_deref(), Some(Path::new("suites/clips")));
    let [kerb, plume] = suite.clips.as_slice() else {
        panic!("two clips");
    };
    assert_eq!((kerb.name.as_str(), plume.name.as_str()), ("kerb", "plume"));
    assert_eq!(kerb.model.manifest.name, "yolox-nano");
    assert_eq!(plume.model.manifest.name, "vong-starter");
    let expected = &kerb.expect[0];
    assert_eq!(expected.times, Times::Exactly(2));
    assert_eq!(expected.missed, Weight::Reports);
    assert_eq!(expected.begins.as_secs_f64(), 8.0);
    assert_eq!(
        expected.raised.before.map(|at| at.as_secs_f64()),
        Some(10.5)
    );
    assert_eq!(
        expected
            .cleared
            .map(|Clearance(span)| span.after.as_secs_f64()),
        Some(30.0)
    );
    let expected = &plume.expect[0];
    // The first picture is at zero.
    assert_eq!(expected.raised.after.as_secs_f64(), 2400.0);
    assert_eq!(expected.begins.as_secs_f64(), 2700.0);
    assert_eq!(plume.starts_at.to_string(), "2026-04-30T23:00:00Z");
    assert_eq!(
        (kerb.unexpected, plume.unexpected),
        (Weight::Fails, Weight::Reports)
    );
    assert_eq!(
        plume.tolerate[0].1.before.map(|at| at.as_secs_f64()),
        Some(60.0)
    );
}

#[test]
fn noon_is_noon() {
    let suite = suite(SUITE, &[]).unwrap();
    assert_eq!(suite.clips[0].starts_at.to_string(), "2026-01-05T05:00:00Z");
}

#[test]
fn another_model_runs_with_the_thresholds_of_its_own_card() {
    let cattle = "[[clip]]\nfile = \"herd.mp4\"\n[[clip.rule]]\nkind = \"stray_cattle\"\n";
    let least = |swaps: &[ModelSwap]| {
        let suite = suite(cattle, swaps).unwrap();
        let clip = &suite.clips[0];
        assert!(matches!(
            clip.camera.rules[0].kind,
            RuleKind::StrayCattle(_)
        ));
        (
            clip.model.manifest.name.clone(),
            clip.camera.rules[0].min_confidence,
        )
    };
    let swap = |of: Option<&str>| ModelSwap {
        of: of.map(str::to_owned),
        by: "yolox-nano".to_owned(),
    };
    let (starter, of_starter) = least(&[]);
    assert_eq!(starter, "vong-starter");
    for swap in [swap(None), swap(Some("vong-starter"))] {
        let (nano, of_nano) = least(&[swap]);
        assert_eq!(nano, "yolox-nano");
        assert!(
            (of_starter - of_nano).abs() > 0.01,
            "{of_starter} {of_nano}"
        );
    }
    let other = ModelSwap {
        of: Some("yolox-tiny".to_owned()),
        by: "yolox-nano".to_owned(),
    };
    assert_eq!(least(&[other]).0, "vong-starter", "another one is swapped");
}

/// What is written instead of a part of the suite, and what must be said of it.
#[test]
fn slips_are_named_with_their_clip() {
    for (part, instead, wanted) in [
        (
            "rule = \"illegal_parking\"",
            "rule = \"ilegal_parking\"",
            "did you mean \"illegal_parking\"?",
        ),
        (
            "zone = \"kerb\"\nafter_s",
            "zone = \"curb\"\nafter_s",
            "no zone \"curb\" in the clip's camera (clip \"kerb\"); did you mean",
        ),
        (
            "before_s = 10.5",
            "before_s = 7",
            "clip[0].expect[0].before_s: is before the beginning",
        ),
        (
            "after_s = 8",
            "after_picture = 8",
            "without `seconds_per_picture` (clip \"kerb\")",
        ),
        (
            "camera = \"mountain\"",
            "camera = \"hill\"",
            "clip[1].camera: no camera \"hill\" in this suite (clip \"plume\")",
        ),
        (
            "camera = \"mountain\"",
            "",
            "clip[1].rule: no rule: nothing would be looked for",
        ),
        (
            "name = \"plume\"",
            "name = \"kerb\"",
            "clip[1].name: a second clip of name \"kerb\"",
        ),
        (
            "unexpected = \"report\"",
            "unexpected = \"maybe\"",
            "known: fail, report",
        ),
        (
            "seconds_per_picture = 60",
            "seconds_per_pictures = 60",
            "did you mean \"seconds_per_picture\"?",
        ),
        (
            "camera = \"mountain\"",
            "camera = \"mountain\"\nmodel = \"yolox-nano\"",
            "is said by camera \"mountain\" already",
        ),
        (
            "begins_picture = 46",
            "begins_picture = 46\nbegins_s = 7",
            "says again what begins_s says",
        ),
        ("file = \"plume.mp4\"", "", "clip[1].file: missing"),
        (
            "name = \"kerb\"\nfolder",
            "config = \"nowhere.toml\"\nfolder",
            "config: cannot be used",
        ),
    ] {
        let text = SUITE.replacen(part, instead, 1);
        assert_ne!(text, SUITE, "{part}");
        let said = suite(&text, &[]).unwrap_err().to_string();
        assert!(
            said.contains(wanted),
            "{instead}: {wanted:?} is not in: {said}"
        );
        assert!(said.contains("suites/kerb.toml:"), "{said}");
    }
    let swap = ModelSwap {
        of: None,
        by: "yolox-nan".to_owned(),
    };
    let said = suite(SUITE, &[swap]).unwrap_err().to_string();
    assert!(said.contains("did you mean \"yolox-nano\"?"), "{said}");
    let said = suite("", &[]).unwrap_err().to_string();
    assert!(said.contains("no clip; add one as `[[clip]]`"), "{said}");
}

#[test]
fn cameras_and_models_of_an_agents_configuration_may_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let agent = "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"gate\"\nurl = \"rtsp://h/p\"\n\
                 [[camera.rule]]\nkind = \"stray_cattle\"\n";
    std::fs::write(folder.path().join("agent.toml"), agent).unwrap();
    let text = "config = \"agent.toml\"\n[[clip]]\nfile = \"a.mp4\"\ncamera = \"gate\"\n";
    let file = folder.path().join("suite.toml");
    let read = |swaps: &[ModelSwap]| Suite::parse(text, &file, swaps).unwrap().clips.remove(0);
    assert_eq!(read(&[]).model.manifest.name, "yolox-nano");
    let swap = ModelSwap {
        of: None,
        by: "vong-starter".to_owned(),
    };
    let swapped = read(&[swap]);
    assert_eq!(swapped.model.manifest.name, "vong-starter");
    assert!((swapped.camera.rules[0].min_confidence - 0.46).abs() < 1e-6);
}
