//! What the server wants of one camera, laid over its configuration.
//!
//! The wish is written into the camera's own table and that table is read by the same reader as the
//! file, so a wish is held to the same ranges, and its faults name the same keys. Each part is laid
//! on by itself: what cannot be had is refused with the reason, and the rest applies.

use contract::v1::{
    CameraDesired, CameraId, Corners, LampDesired, LineDesired, Parameter, Parameters, RefusedKey,
    RuleRef, ZoneId,
};
use toml::de::DeTable;
use toml::{Table, Value};

use super::fault::{FaultSink, suggestion};
use super::pose::PoseId;
use super::section::Section;
use super::{CameraConfig, Config, RuleMode, camera};

/// Most bytes of a refusal's reason: sixteen of them with the longest keys fit a status.
const MAX_REASON_BYTES: usize = 160;

/// One camera's table, as configured or with wishes laid over it.
#[derive(Debug, Clone)]
pub struct CameraOverlay<'a> {
    config: &'a Config,
    configured: &'a CameraConfig,
    table: Table,
    camera: CameraConfig,
}

impl<'a> CameraOverlay<'a> {
    /// The camera as configured; `None` where there is none of that id.
    #[must_use]
    pub fn of(config: &'a Config, id: &CameraId) -> Option<Self> {
        let configured = config.cameras.iter().find(|camera| camera.id == *id)?;
        let file: Table = config.source.text.parse().ok()?;
        let tables = file.get("camera")?.as_array()?;
        let mut table = tables
            .iter()
            .filter_map(Value::as_table)
            .find(|table| table.get("id").and_then(Value::as_str) == Some(id.as_str()))?
            .clone();
        // Read once, at the start: the file may be gone by now, and nobody wishes for a password.
        table.remove("password_file");
        table.remove("elevation");
        if let Some(poses) = table.get_mut("poses").and_then(Value::as_table_mut) {
            poses.remove("credentials_file");
        }
        Some(Self {
            config,
            configured,
            camera: configured.clone(),
            table,
        })
    }

    /// Lays a wish over it; returns what was refused.
    pub fn lay(&mut self, desired: &CameraDesired) -> Vec<RefusedKey> {
        let path = format!("cameras.{}", self.configured.id);
        let mut refused = Vec::new();
        if let Some(zones) = &desired.zones {
            let zones: Vec<Value> = zones.iter().map(|zone| self.zone_value(zone)).collect();
            refused.extend(self.set(format!("{path}.zones"), "zone", zones));
        }
        if let Some(masks) = &desired.masks {
            let masks: Vec<Value> = masks.iter().map(mask_value).collect();
            refused.extend(self.set(format!("{path}.masks"), "mask", masks));
        }
        if let Some(lines) = &desired.lines {
            let lines: Vec<Value> = lines.iter().map(|line| self.line_value(line)).collect();
            refused.extend(self.set(format!("{path}.lines"), "line", lines));
        }
        for (signal, lamp) in desired.lamps.iter().flatten() {
            refused.extend(self.lay_lamp(format!("{path}.lamps.{signal}"), signal, lamp));
        }
        for change in &desired.rules {
            refused.extend(self.lay_parameters(&change.rule, &change.parameters));
        }
        for mute in &desired.muted {
            let path = format!("{path}.muted.{}", mute.rule);
            refused.extend(
                self.rule_index(&mute.rule)
                    .err()
                    .map(|why| refusal(path, &why)),
            );
        }
        refused
    }

    /// Lays changed parameters of one rule over it, each by itself; returns what was refused.
    pub fn lay_parameters(&mut self, rule: &RuleRef, parameters: &Parameters) -> Vec<RefusedKey> {
        let path = format!("cameras.{}.rules.{rule}", self.configured.id);
        let index = match self.rule_index(rule) {
            Ok(index) => index,
            Err(why) => return vec![refusal(path, &why)],
        };
        let mut refused = Vec::new();
        for (name, value) in parameters {
            let key = format!("{path}.{name}");
            if ["kind", "zone", "line"].contains(&name.as_str()) {
                let why = "names the rule; change it in the agent's own configuration";
                refused.push(refusal(key, why));
                continue;
            }
            let mut table = self.table.clone();
            let none = Value::Array(Vec::new());
            let rules = table.entry("rule").or_insert(none).as_array_mut();
            if let Some(rules) = rules {
                // A rule that every camera has stands after those that are written.
                if rules.len() == index {
                    rules.push(rule_value(&rule.rule));
                }
                let rule = rules.get_mut(index).and_then(Value::as_table_mut);
                if let Some(rule) = rule {
                    rule.insert(name.clone(), parameter_value(value));
                }
            }
            refused.extend(self.take(key, table));
        }
        refused
    }

    /// Lays the place of a signal's head over it.
    fn lay_lamp(&mut self, key: String, signal: &ZoneId, lamp: &LampDesired) -> Option<RefusedKey> {
        let mut table = self.table.clone();
        let signals = table.get_mut("signal").and_then(Value::as_array_mut);
        let written = signals
            .into_iter()
            .flatten()
            .filter_map(Value::as_table_mut);
        let named =
            |table: &Table| table.get("id").and_then(Value::as_str) == Some(signal.as_str());
        let Some(own) = written.into_iter().find(|table| named(table)) else {
            let known: Vec<&str> = self
                .camera
                .signals
                .iter()
                .map(|known| known.id.as_str())
                .collect();
            let remedy = suggestion(signal.as_str(), &known);
            let why = format!("this camera has no signal \"{signal}\"; {remedy}");
            return Some(refusal(key, &why));
        };
        // Whatever the file measures in, a wish is in fractions.
        own.remove("pixels_of");
        own.insert("lamp".to_owned(), corners_value(&lamp.lamp));
        for (name, lens) in [
            ("red", &lamp.red),
            ("amber", &lamp.amber),
            ("green", &lamp.green),
        ] {
            own.remove(name);
            if let Some(lens) = lens {
                own.insert(name.to_owned(), corners_value(lens));
            }
        }
        if let Some(least) = lamp.lit_from {
            own.insert("lit_from".to_owned(), Value::Float(f64::from(least)));
        }
        self.take(key, table)
    }

    /// The camera with everything that was not refused.
    #[must_use]
    pub fn into_camera(self) -> CameraConfig {
        self.camera
    }

    /// Where a rule stands among the camera's rules.
    fn rule_index(&self, rule: &RuleRef) -> Result<usize, String> {
        let known = self.camera.rules.iter().map(|rule| RuleRef {
            rule: rule.kind.word().to_owned(),
            zone: rule.zone.clone(),
        });
        let known: Vec<RuleRef> = known.collect();
        let meant = |at: &usize| known.get(*at) == Some(rule);
        let live = |at: &usize| {
            let rule = self.camera.rules.get(*at);
            rule.is_some_and(|rule| rule.mode == RuleMode::Live)
        };
        let all = || (0..known.len()).filter(meant);
        // A rule that runs in the shadow of another of the same name is changed in the file alone.
        all().find(live).or_else(|| all().next()).ok_or_else(|| {
            let words: Vec<String> = known.iter().map(ToString::to_string).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let remedy = suggestion(&rule.to_string(), &words);
            format!("this camera has no rule \"{rule}\"; {remedy}")
        })
    }

    fn set(&mut self, key: String, name: &str, values: Vec<Value>) -> Option<RefusedKey> {
        let mut table = self.table.clone();
        table.insert(name.to_owned(), Value::Array(values));
        self.take(key, table)
    }

    /// Takes a changed table where the reader finds no fault in it.
    fn take(&mut self, key: String, table: Table) -> Option<RefusedKey> {
        match self.read(&table) {
            Ok(camera) => {
                self.camera = camera;
                self.table = table;
                None
            }
            Err(why) => Some(refusal(key, &why)),
        }
    }

    fn read(&self, table: &Table) -> Result<CameraConfig, String> {
        let mut file = Table::new();
        file.insert(
            "camera".to_owned(),
            Value::Array(vec![Value::Table(table.clone())]),
        );
        let text = toml::to_string(&file).map_err(|error| error.to_string())?;
        let sink = FaultSink::of(&text);
        let parsed = DeTable::parse(&text).map_err(|error| error.message().to_owned())?;
        let root = Section::root(parsed.get_ref(), &sink);
        let models = camera::Models::of_agent(&self.config.models);
        let mut cameras = camera::read(&root, &models, &self.config.source.base);
        if let Some(fault) = sink.into_faults().first() {
            return Err(format!("{}; {}", fault.problem, fault.remedy));
        }
        let mut camera = cameras.pop().ok_or("the camera's table is empty")?;
        camera.password.clone_from(&self.configured.password);
        camera.elevation.clone_from(&self.configured.elevation);
        camera.poses.clone_from(&self.configured.poses);
        Ok(camera)
    }

    /// A zone that stays in the pose in which the configuration has it; a new one is in every pose.
    fn zone_value(&self, (id, corners): (&ZoneId, &Corners)) -> Value {
        let mut zone = Table::new();
        zone.insert("id".to_owned(), Value::String(id.to_string()));
        zone.insert("polygon".to_owned(), corners_value(corners));
        let configured = self.configured.zones.iter().find(|zone| zone.id == *id);
        self.keep_pose(&mut zone, configured.and_then(|zone| zone.pose));
        Value::Table(zone)
    }

    /// The same of a line.
    fn line_value(&self, (id, desired): (&ZoneId, &LineDesired)) -> Value {
        let mut line = Table::new();
        line.insert("id".to_owned(), Value::String(id.to_string()));
        line.insert("points".to_owned(), corners_value(&desired.points));
        if let Some(towards) = &desired.towards {
            line.insert("towards".to_owned(), corner_value(towards));
        }
        let configured = self.configured.lines.iter().find(|line| line.id == *id);
        self.keep_pose(&mut line, configured.and_then(|line| line.pose));
        Value::Table(line)
    }

    fn keep_pose(&self, shape: &mut Table, pose: Option<PoseId>) {
        if let Some(name) = pose.and_then(|pose| self.configured.poses.name(pose)) {
            shape.insert("pose".to_owned(), Value::from(name));
        }
    }
}

fn refusal(key: String, why: &str) -> RefusedKey {
    let mut reason = why.to_owned();
    let mut end = MAX_REASON_BYTES.min(reason.len());
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.truncate(end);
    RefusedKey { key, reason }
}

/// A rule's table with its kind alone.
fn rule_value(kind: &str) -> Value {
    let mut rule = Table::new();
    rule.insert("kind".to_owned(), Value::String(kind.to_owned()));
    Value::Table(rule)
}

fn mask_value(corners: &Corners) -> Value {
    let mut mask = Table::new();
    mask.insert("polygon".to_owned(), corners_value(corners));
    Value::Table(mask)
}

fn corners_value(corners: &[[f32; 2]]) -> Value {
    Value::Array(corners.iter().map(corner_value).collect())
}

fn corner_value(corner: &[f32; 2]) -> Value {
    let numbers = corner.iter().map(|number| Value::Float(f64::from(*number)));
    Value::Array(numbers.collect())
}

fn parameter_value(parameter: &Parameter) -> Value {
    match parameter {
        Parameter::Flag(flag) => Value::Boolean(*flag),
        Parameter::Whole(number) => Value::Integer(*number),
        Parameter::Number(number) => Value::Float(*number),
        Parameter::Word(word) => Value::String(word.clone()),
        Parameter::Words(words) => Value::Array(words.iter().cloned().map(Value::String).collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const FILE: &str = r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
password_file = "Cargo.toml"
[[camera.zone]]
id = "kerb"
polygon = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
[[camera.rule]]
kind = "illegal_parking"
zone = "kerb"
dwell_s = 300
[[camera.rule]]
kind = "stray_cattle"
[[camera]]
id = "cam-2"
url = "rtsp://host/other"
"#;

    fn config() -> Config {
        Config::parse(FILE, Path::new("agent.toml")).unwrap()
    }

    fn laid(desired: serde_json::Value) -> (CameraConfig, Vec<(String, String)>) {
        let config = config();
        let mut overlay = CameraOverlay::of(&config, &"cam-1".parse().unwrap()).unwrap();
        let refused = overlay.lay(&serde_json::from_value(desired).unwrap());
        let refused = refused.into_iter().map(|one| (one.key, one.reason));
        (overlay.clone().into_camera(), refused.collect())
    }

    #[test]
    fn an_empty_wish_leaves_the_camera_as_configured() {
        let (camera, refused) = laid(json!({}));
        assert_eq!(refused, []);
        assert_eq!(camera, config().cameras[0]);
    }

    #[test]
    fn what_is_wished_for_is_had_and_the_rest_stays() {
        let (camera, refused) = laid(json!({
            "zones": { "kerb": [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]], "new": [[0.1, 0.1], [0.2, 0.1], [0.1, 0.2]] },
            "masks": [[[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]]],
            "rules": [{ "rule": "illegal_parking", "zone": "kerb", "parameters": {
                "dwell_s": 60.5, "min_confidence": 1, "severity": "critical", "classes": ["car"] } }],
            "muted": [{ "rule": "stray_cattle", "until": "2030-01-01T00:00:00Z" }]
        }));
        assert_eq!(refused, []);
        assert_eq!((camera.zones.len(), camera.masks.len()), (2, 1));
        let rule = &camera.rules[0];
        assert_eq!(rule.severity, contract::v1::Severity::Critical);
        let super::super::RuleKind::IllegalParking(own) = &rule.kind else {
            panic!("the order of rules changed");
        };
        assert_eq!(own.dwell, Duration::from_secs_f64(60.5));
        assert_eq!(camera.rules[1], config().cameras[0].rules[1]);
        assert!(camera.password.is_some(), "the password is kept");
    }

    #[test]
    fn each_part_that_cannot_be_had_is_refused_by_itself() {
        let (camera, refused) = laid(json!({
            "zones": { "other": [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]] },
            "masks": [[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]],
            "rules": [
                { "rule": "illegal_parking", "zone": "kerb", "parameters": {
                    "dwell_s": -3, "dwel_s": 3, "kind": "stray_cattle", "min_confidence": 0.9,
                    "pre_roll_s": 60 } },
                { "rule": "illegal_parking", "parameters": { "dwell_s": 3 } }
            ],
            "muted": [{ "rule": "fires", "until": "2030-01-01T00:00:00Z" }]
        }));
        let keys: Vec<&str> = refused.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "cameras.cam-1.zones",
                "cameras.cam-1.masks",
                "cameras.cam-1.rules.illegal_parking@kerb.dwel_s",
                "cameras.cam-1.rules.illegal_parking@kerb.dwell_s",
                "cameras.cam-1.rules.illegal_parking@kerb.kind",
                "cameras.cam-1.rules.illegal_parking@kerb.pre_roll_s",
                "cameras.cam-1.rules.illegal_parking",
                "cameras.cam-1.muted.fires",
            ]
        );
        let reason = |key: &str| &refused.iter().find(|(k, _)| k.ends_with(key)).unwrap().1;
        assert!(
            reason(".zones").contains("no zone \"kerb\""),
            "{refused:#?}"
        );
        assert!(reason(".dwell_s").contains("out of range"), "{refused:#?}");
        assert!(
            reason(".dwel_s").contains("did you mean \"dwell_s\""),
            "{refused:#?}"
        );
        assert!(
            reason(".pre_roll_s").contains("at least"),
            "the ring is too short: {refused:#?}"
        );
        assert_eq!(camera.rules[0].min_confidence, 0.9, "the good part applies");
        assert_eq!(camera.zones, config().cameras[0].zones);
    }

    const JUNCTION: &str = r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
poses = { source = "mqtt" }
[[camera.pose]]
name = "north"
[[camera.pose]]
name = "east"
[[camera.line]]
id = "stop"
pose = "east"
points = [[0.1, 0.5], [0.9, 0.5]]
towards = [0.5, 0.1]
[[camera.signal]]
id = "main"
pose = "east"
lamp = [[576, 48], [640, 48], [640, 144]]
red = [[576, 48], [640, 48], [640, 96]]
pixels_of = [640, 480]
controller = "nga-tu-1"
group = "1"
[[camera.rule]]
kind = "red_light"
line = "stop"
"#;

    fn moved(desired: serde_json::Value) -> (CameraConfig, Vec<(String, String)>) {
        let config = Config::parse(JUNCTION, Path::new("agent.toml")).unwrap();
        let mut overlay = CameraOverlay::of(&config, &"cam-1".parse().unwrap()).unwrap();
        let refused = overlay.lay(&serde_json::from_value(desired).unwrap());
        let refused = refused.into_iter().map(|one| (one.key, one.reason));
        (overlay.clone().into_camera(), refused.collect())
    }

    #[test]
    fn a_line_and_a_lamp_are_moved_in_their_pose() {
        let (camera, refused) = moved(json!({
            "lines": { "stop": { "points": [[0.2, 0.75], [0.8, 0.75]], "towards": [0.5, 0.25] } },
            "lamps": { "main": { "lamp": [[0.5, 0.0], [0.75, 0.0], [0.75, 0.25]], "lit_from": 0.5 } }
        }));
        assert_eq!(refused, []);
        let (line, signal) = (&camera.lines[0], &camera.signals[0]);
        assert_eq!((line.ends[0].x, line.ends[1].y), (0.2, 0.75));
        assert_eq!((line.pose, signal.pose), (Some(PoseId(1)), Some(PoseId(1))));
        let lamp = signal.lamp.as_ref().unwrap();
        assert_eq!((lamp.head.points()[1].x, lamp.lit_from), (0.75, 0.5));
        assert_eq!(
            lamp.lenses,
            [None, None, None],
            "lenses of the old place are gone"
        );
        assert!(signal.controller.is_some(), "who tells its state stays");
    }

    #[test]
    fn a_line_that_a_rule_needs_and_a_lamp_that_nobody_has_are_refused() {
        let before = moved(json!({})).0;
        for (desired, key, why) in [
            (
                json!({ "lines": {} }),
                "cameras.cam-1.lines",
                "no line \"stop\"",
            ),
            (
                json!({ "lines": { "stop": { "points": [[0.2, 0.75], [0.8, 0.75]] } } }),
                "cameras.cam-1.lines",
                "which way is forward",
            ),
            (
                json!({ "lines": { "stop": { "points": [[0.2, 0.75], [0.2, 0.75]], "towards": [0.5, 0.25] } } }),
                "cameras.cam-1.lines",
                "one point",
            ),
            (
                json!({ "lamps": { "mian": { "lamp": [[0.5, 0.0], [0.75, 0.0], [0.75, 0.25]] } } }),
                "cameras.cam-1.lamps.mian",
                "did you mean \"main\"?",
            ),
            (
                json!({ "lamps": { "main": { "lamp": [[0.5, 0.0], [0.75, 0.0]] } } }),
                "cameras.cam-1.lamps.main",
                "at least 3",
            ),
        ] {
            let (camera, refused) = moved(desired);
            assert_eq!(refused.len(), 1, "{refused:?}");
            assert_eq!(refused[0].0, key);
            assert!(refused[0].1.contains(why), "{refused:?}");
            assert_eq!(camera, before, "all stays as it was");
        }
    }

    #[test]
    fn a_camera_that_is_not_configured_has_no_overlay() {
        assert!(CameraOverlay::of(&config(), &"cam-9".parse().unwrap()).is_none());
    }
}
