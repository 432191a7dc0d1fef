//! Lines, signals and the rules that go by them: each fault is told once, with its key and its remedy.

use std::path::Path;

use super::{Config, ConfigError};

/// The faults of a camera with these tables, as `check` prints them.
fn faults(tables: &str) -> Vec<String> {
    let text = format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n{tables}"
    );
    match Config::parse(&text, Path::new("agent.toml")) {
        Ok(_) => vec![],
        Err(ConfigError::Faulty { faults, .. }) => faults.iter().map(ToString::to_string).collect(),
        Err(other) => vec![other.to_string()],
    }
}

const STOP: &str =
    "[[camera.line]]\nid = \"stop\"\npoints = [[0.1, 0.5], [0.9, 0.5]]\ntowards = [0.5, 0.1]\n";
const NO_SIDES: &str = "[[camera.line]]\nid = \"stop\"\npoints = [[0.1, 0.5], [0.9, 0.5]]\n";
const MAIN: &str =
    "[[camera.signal]]\nid = \"main\"\nlamp = [[0.9, 0.1], [1.0, 0.1], [1.0, 0.3]]\n";
const RED_LIGHT: &str = "[[camera.rule]]\nkind = \"red_light\"\nline = \"stop\"\n";

#[test]
fn each_fault_of_a_shape_is_told_once() {
    let table: &[(&str, String, &[&str])] = &[
        ("all good", format!("{STOP}{MAIN}{RED_LIGHT}"), &[]),
        (
            "pixels outside of their picture",
            "[[camera.line]]\nid = \"l\"\npoints = [[10, 500], [10, 100]]\npixels_of = [640, 480]\n".to_owned(),
            &["camera[0].line[0].points: point [10, 500] lies outside the picture"],
        ),
        (
            "pixels without saying so",
            "[[camera.zone]]\nid = \"z\"\npolygon = [[10, 10], [90, 10], [90, 90]]\n".to_owned(),
            &["camera[0].zone[0].polygon: point 0 lies outside the picture"],
        ),
        (
            "one point",
            "[[camera.line]]\nid = \"l\"\npoints = [[0.5, 0.5], [0.5, 0.5]]\n".to_owned(),
            &["its two ends are one point"],
        ),
        (
            "towards nowhere",
            STOP.replace("[0.5, 0.1]", "[0.4, 0.5]"),
            &["camera[0].line[0].towards: lies on the line"],
        ),
        (
            "a line named like a zone",
            format!("[[camera.zone]]\nid = \"stop\"\npolygon = [[0, 0], [1, 0], [1, 1]]\n{STOP}"),
            &["is the name of another line or zone"],
        ),
        (
            "no such line",
            format!("{STOP}{MAIN}{}", RED_LIGHT.replace("\"stop\"", "\"stopp\"")),
            &["camera[0].rule[0].line: no line \"stopp\" in this camera; did you mean \"stop\"?"],
        ),
        (
            "a stop line without sides",
            format!("{NO_SIDES}{MAIN}{RED_LIGHT}"),
            &["does not say which way is forward"],
        ),
        (
            "a red light without a signal",
            format!("{STOP}{RED_LIGHT}"),
            &["camera[0].rule[0].signal: no signal to go by"],
        ),
        (
            "a zone in place of a line",
            format!("{STOP}{MAIN}[[camera.rule]]\nkind = \"red_light\"\nzone = \"stop\"\n"),
            &["rule[0].line: missing", "zone: unknown key"],
        ),
        (
            "a signal that nothing tells of",
            "[[camera.signal]]\nid = \"main\"\n".to_owned(),
            &["nothing tells its state"],
        ),
        (
            "a controller without a group",
            "[[camera.signal]]\nid = \"main\"\ncontroller = \"c-1\"\n".to_owned(),
            &["signal[0].group: missing"],
        ),
        (
            "a direction that is a point",
            "[[camera.rule]]\nkind = \"wrong_way\"\ndirection = [[0.5, 0.5]]\n".to_owned(),
            &["direction: is no way"],
        ),
    ];
    for (why, tables, wanted) in table {
        let told = faults(tables);
        assert_eq!(told.len(), wanted.len(), "{why}: {told:#?}");
        for fragment in *wanted {
            let says = told.iter().any(|fault| fault.contains(fragment));
            assert!(says, "{why}: {told:#?}");
        }
    }
}

#[test]
fn pixels_and_fractions_are_the_same_line() {
    let line = |keys: &str| {
        let text = format!(
            "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n\
             [[camera.line]]\nid = \"stop\"\n{keys}"
        );
        let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
        config.cameras[0].lines[0].clone()
    };
    assert_eq!(
        line("points = [[0.25, 0.5], [0.75, 0.5]]\ntowards = [0.5, 0.25]\n"),
        line("points = [[160, 240], [480, 240]]\ntowards = [320, 120]\npixels_of = [640, 480]\n")
    );
}
