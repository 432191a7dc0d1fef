//! Poses as they are written, and every way to write them wrong.

use super::super::{Config, RuleKind};
use super::*;

fn file(keys: &str) -> String {
    format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"tower\"\nurl = \"rtsp://viewer@host/path\"\n{keys}\n"
    )
}

fn read(keys: &str) -> Result<Config, String> {
    Config::parse(&file(keys), Path::new("agent.toml")).map_err(|error| error.to_string())
}

const POSES: &str = r#"
place = { lat = 16.5, lon = 107.5 }
[camera.calibration]
height_m = 35
field_of_view = 50
tilt = 3
[camera.poses]
source = "timed"
since = "2026-01-01T00:00:00+07:00"
tour = [{ pose = "north", seconds = 60 }, { pose = "east", seconds = 60 }]
[[camera.pose]]
name = "north"
calibration = { azimuth = 0 }
[[camera.pose]]
name = "east"
calibration = { azimuth = 90, tilt = 6 }
[[camera.zone]]
id = "road"
pose = "north"
polygon = [[0, 0.5], [1, 0.5], [1, 1]]
[[camera.zone]]
id = "kiln"
pose = "east"
polygon = [[0, 0.5], [1, 0.5], [1, 1]]
[[camera.mask]]
pose = "east"
polygon = [[0, 0], [1, 0], [1, 0.1]]
[[camera.mask]]
polygon = [[0, 0], [0.1, 0], [0.1, 0.1]]
[[camera.rule]]
kind = "illegal_parking"
zone = "road"
[[camera.rule]]
kind = "encroachment"
"#;

#[test]
fn each_pose_has_its_own_zones_masks_rules_and_direction() {
    let config = read(POSES).unwrap();
    let camera = &config.cameras[0];
    let seen = |pose: u16| {
        let here = camera.in_pose(PoseId(pose));
        let Some(Calibration::Tower(tower)) = here.calibration else {
            panic!("a tower");
        };
        let zones: Vec<String> = here.zones.iter().map(|zone| zone.id.to_string()).collect();
        (
            zones,
            here.masks.len(),
            // Every camera tells of its own health, wherever it looks.
            here.rules
                .iter()
                .filter(|rule| !matches!(rule.kind, RuleKind::CameraHealth(_)))
                .count(),
            tower.azimuth,
            tower.tilt,
            tower.height_m,
        )
    };
    assert_eq!(seen(0), (vec!["road".to_owned()], 1, 2, 0.0, 3.0, 35.0));
    assert_eq!(seen(1), (vec!["kiln".to_owned()], 2, 1, 90.0, 6.0, 35.0));
    assert_eq!(camera.poses.find("east"), Some(PoseId(1)));
    assert_eq!(camera.poses.all(), [PoseId(0), PoseId(1)]);
}

#[test]
fn a_camera_without_poses_is_in_its_only_one() {
    let config = read("").unwrap();
    let camera = &config.cameras[0];
    assert!(camera.poses.is_fixed());
    assert_eq!(camera.poses.all(), [PoseId(0)]);
    assert_eq!(camera.in_pose(PoseId(0)), *camera);
    assert_eq!(camera.poses.name(PoseId(0)), None);
}

#[test]
fn who_is_asked_over_onvif_is_the_cameras_own_user_unless_said() {
    let keys = "password_file = \"Cargo.toml\"\n[camera.poses]\nsource = \"onvif\"\n\
        url = \"http://host/onvif/device_service\"\n[[camera.pose]]\nname = \"a\"\npreset = \"1\"\n";
    let config = read(keys).unwrap();
    let PoseSource::Onvif(onvif) = &config.cameras[0].poses.source else {
        panic!("onvif");
    };
    let (user, password) = onvif.login.as_ref().unwrap();
    assert_eq!((user.as_str(), password.expose()), ("viewer", "[package]"));
    assert_eq!(onvif.poll, Duration::from_secs(1));
    assert!(!format!("{config:?}").contains("[package]"));
}

#[test]
fn what_cannot_be_is_said() {
    let without = |line: &str| POSES.replace(line, "");
    for (keys, path, said) in [
        (
            POSES.replace("{ pose = \"east\"", "{ pose = \"eats\""),
            "camera[0].poses.tour[1].pose",
            "did you mean \"east\"",
        ),
        (
            POSES.replace("pose = \"north\"\npolygon", "pose = \"south\"\npolygon"),
            "camera[0].zone[0].pose",
            "no pose \"south\"",
        ),
        (
            POSES.replace("name = \"east\"", "name = \"north\""),
            "camera[0].pose[1].name",
            "defined twice",
        ),
        (
            without("since = \"2026-01-01T00:00:00+07:00\"\n"),
            "camera[0].poses.since",
            "missing",
        ),
        (
            without("source = \"timed\"\n"),
            "camera[0].pose",
            "nobody says",
        ),
        (
            POSES.replace("seconds = 60 }]", "seconds = 6 }]"),
            "camera[0].poses.tour[1].seconds",
            "over before the camera stands",
        ),
        (
            POSES.replace("azimuth = 90, tilt = 6", "azimuth = 90, tilt = 96"),
            "camera[0].pose[1].calibration.tilt",
            "between -45 and 90",
        ),
        (
            without("height_m = 35\n"),
            "camera[0].pose[0].calibration.height_m",
            "missing",
        ),
        (
            "[camera.poses]\nsource = \"mqtt\"\n".to_owned(),
            "camera[0].poses.source",
            "names no pose",
        ),
        (
            "[camera.poses]\nsource = \"onvif\"\nurl = \"http://host\"\n[[camera.pose]]\nname = \"a\"\n"
                .to_owned(),
            "camera[0].pose",
            "where the camera's motors stand",
        ),
        (
            "[camera.poses]\nsource = \"onvif\"\nurl = \"http://u:hunter2@host\"\n[[camera.pose]]\nname = \"a\"\npreset = \"1\"\n"
                .to_owned(),
            "camera[0].poses.url",
            "no address",
        ),
    ] {
        let fault = read(&keys).unwrap_err();
        assert!(fault.contains(path) && fault.contains(said), "{keys}\n{fault}");
        assert!(!fault.contains("hunter2"));
    }
}

/// What traffic rules go by in the pose that looks at a junction.
const JUNCTION: &str = r#"
[camera.poses]
source = "mqtt"
[[camera.pose]]
name = "north"
[[camera.pose]]
name = "east"
[[camera.line]]
id = "stop"
pose = "east"
points = [[0.1, 0.5], [0.9, 0.5]]
towards = [0.5, 0.1]
[[camera.line]]
id = "everywhere"
points = [[0.1, 0.5], [0.9, 0.5]]
[[camera.signal]]
id = "main"
pose = "east"
lamp = [[0.9, 0.1], [1.0, 0.1], [1.0, 0.3]]
[[camera.signal]]
id = "told"
controller = "nga-tu-1"
group = "1"
[[camera.rule]]
kind = "red_light"
line = "stop"
signal = "main"
[[camera.rule]]
kind = "line_crossing"
line = "everywhere"
"#;

#[test]
fn lines_and_signals_of_a_pose_are_there_alone_and_so_are_rules_that_go_by_them() {
    let config = read(JUNCTION).unwrap();
    let seen = |pose: u16| {
        let here = config.cameras[0].in_pose(PoseId(pose));
        let lines: Vec<String> = here.lines.iter().map(|line| line.id.to_string()).collect();
        let signals: Vec<String> = here
            .signals
            .iter()
            .map(|signal| signal.id.to_string())
            .collect();
        let rules: Vec<&str> = here.rules.iter().map(|rule| rule.kind.word()).collect();
        (lines.join(" "), signals.join(" "), rules.join(" "))
    };
    let both = |words: [&str; 3]| {
        let [lines, signals, rules] = words.map(str::to_owned);
        (lines, signals, rules)
    };
    assert_eq!(
        seen(0),
        both(["everywhere", "told", "line_crossing camera_health"])
    );
    assert_eq!(
        seen(1),
        both([
            "stop everywhere",
            "main told",
            "red_light line_crossing camera_health"
        ])
    );
    // By the signal alone, where the line is in every view.
    let by_signal = JUNCTION.replacen("pose = \"east\"\npoints", "points", 1);
    let config = read(&by_signal).unwrap();
    let north = config.cameras[0].in_pose(PoseId(0));
    assert!(
        north
            .rules
            .iter()
            .all(|rule| rule.kind.word() != "red_light")
    );
}

#[test]
fn a_signal_that_cannot_be_seen_where_it_is_needed_is_one_clear_fault() {
    for (keys, path, said) in [
        (
            JUNCTION.replace("pose = \"east\"\nlamp", "lamp"),
            "camera[0].signal[0].lamp",
            "in which pose its head lies there",
        ),
        (
            JUNCTION.replace("pose = \"east\"\nlamp", "pose = \"north\"\nlamp"),
            "camera[0].rule[0].line",
            "never seen together",
        ),
        (
            JUNCTION.replace("pose = \"east\"\npoints", "pose = \"eats\"\npoints"),
            "camera[0].line[0].pose",
            "did you mean \"east\"?",
        ),
    ] {
        let fault = read(&keys).unwrap_err();
        assert!(fault.contains(path) && fault.contains(said), "{fault}");
        assert_eq!(fault.lines().count(), 1, "{fault}");
    }
}
