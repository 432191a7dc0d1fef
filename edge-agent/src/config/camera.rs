//! `[[camera]]`: one camera, where it is, what looks at it, and by which rules.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::v1::{
    CameraId, MAX_CAMERA_NAME_BYTES, MAX_SIMULATED_SECONDS, Place, Position, ZoneId,
};
use url::Url;

use super::calibration::{self, Calibration, Elevation};
use super::camera_stream;
use super::detect::ModelConfig;
use super::fault::{Wrong, suggestion};
use super::line::{self, LineConfig};
use super::mask;
use super::pose::{self, PoseId, Poses};
use super::rule::{self, Bearings, EvidenceWindow, RuleConfig, RuleContext, RuleKind, RuleMode};
use super::schedule;
use super::secret::Secret;
use super::section::Section;
use super::signal::{self, SignalConfig};
use super::value;
use super::zone::{self, Polygon, ZoneConfig};

/// `[[camera]]`: one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraConfig {
    /// Its name on the wire, unique within the agent.
    pub id: CameraId,
    /// Its name for people. Default: the id.
    pub name: String,
    /// `rtsp://[user@]host[:port]/path` or `rtsps://…`, never with a password in it. The stream that
    /// evidence is cut from, and that is analysed where there is no other.
    pub url: Url,
    /// A second, smaller stream of the same camera, which is analysed in place of the first.
    pub sub_url: Option<Url>,
    /// The password, read from `password_file` or `credentials_file`.
    pub password: Option<Secret>,
    /// What may carry the packets. Default TCP.
    pub transport: Transport,
    /// Whom to trust with `rtsps://`: authorities, or the camera's own certificate (PEM). Default: the
    /// system's authorities.
    pub ca_file: Option<PathBuf>,
    /// Where it stands.
    pub place: Option<Place>,
    /// Heights of the ground around it.
    pub elevation: Option<Elevation>,
    /// How it relates to the ground, where it does not turn.
    pub calibration: Option<Calibration>,
    /// Where it may look, and who says where it does.
    pub poses: Poses,
    /// The name of its `[[model]]`. Default: the only one.
    pub model: String,
    /// Pictures analysed a second, 0.1 to 30. Default 5.
    pub analyse_fps: f64,
    /// When its keyframes are enough. Default auto.
    pub gate: GateMode,
    /// Closer looks at small objects in each picture, 0 to 16. Default 0: the model sees the whole
    /// picture only.
    pub small_objects: usize,
    /// What it remembers of the stream.
    pub ring: RingConfig,
    /// How long its tracks are remembered, for rules to be simulated. Default 3600 s.
    pub remember_tracks: Duration,
    /// Whether anything is reported of it: in the shadow of another camera of the same address, nothing.
    pub mode: RuleMode,
    /// Its zones.
    pub zones: Vec<ZoneConfig>,
    /// Its lines.
    pub lines: Vec<LineConfig>,
    /// The traffic signals that its rules go by.
    pub signals: Vec<SignalConfig>,
    /// Where nothing is seen.
    pub masks: Vec<Polygon>,
    /// Where nothing is seen in one pose.
    pub pose_masks: Vec<(PoseId, Polygon)>,
    /// Its rules.
    pub rules: Vec<RuleConfig>,
}

/// Key `transport`: what may carry a stream's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transport {
    /// The RTSP connection itself.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// UDP, and TCP where UDP brings nothing.
    Auto,
}

/// Which of its pictures are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateMode {
    /// Keyframes while nothing stirs, else all that the analysis needs.
    Auto,
    /// Keyframes, whatever happens.
    Keyframes,
    /// All.
    Off,
}

/// `[camera.ring]`: encoded pictures kept in memory for the clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingConfig {
    /// How far back. Default 30 s.
    pub span: Duration,
    /// Most bytes. Default 64 MiB.
    pub max_bytes: u64,
}

impl CameraConfig {
    /// The shortest event that any of its rules must not miss; none where it has no rule.
    #[must_use]
    pub fn shortest_event(&self) -> Option<Duration> {
        let of_pictures = self.pictured_rules();
        of_pictures.map(|rule| rule.shortest_event).min()
    }

    /// Pictures a second that its rules need: four in the shortest event of each, and no more than
    /// are to be analysed; none where it has no rule.
    #[must_use]
    pub fn needed_fps(&self) -> Option<f64> {
        let needed = self.pictured_rules().map(|rule| {
            let shortest = rule.shortest_event.as_secs_f64().max(0.1);
            (4.0 / shortest).min(self.analyse_fps)
        });
        needed.reduce(f64::max)
    }

    /// Its rules about what is in its pictures.
    fn pictured_rules(&self) -> impl Iterator<Item = &RuleConfig> {
        self.rules.iter().filter(is_of_pictures)
    }

    /// The rule that speaks with this detail for this zone; the live one where another runs in its
    /// shadow.
    #[must_use]
    pub fn rule(&self, detail: &str, zone: Option<&ZoneId>) -> Option<&RuleConfig> {
        let live_first = |rule: &&RuleConfig| rule.mode != RuleMode::Live;
        let mut rules: Vec<&RuleConfig> = self.rules.iter().collect();
        rules.sort_by_key(live_first);
        rules
            .into_iter()
            .find(|rule| rule.kind.details().contains(&detail) && rule.zone.as_ref() == zone)
    }
}

/// Between two keyframes lie at most this many seconds, so a clip may have to begin this early.
const LONGEST_GOP: Duration = Duration::from_secs(10);

/// The models that a camera may name.
pub(super) struct Models<'m> {
    pub(super) known: &'m [ModelConfig],
    /// What a camera has that names none.
    pub(super) usual: Option<&'m ModelConfig>,
    /// What runs in place of the model of that name, or of every one.
    pub(super) swapped: &'m [(Option<String>, ModelConfig)],
}

impl<'m> Models<'m> {
    /// Those of an agent's configuration.
    pub(super) const fn of_agent(known: &'m [ModelConfig]) -> Self {
        let usual = match known {
            [only] => Some(only),
            _ => None,
        };
        Self {
            known,
            usual,
            swapped: &[],
        }
    }

    /// The model that a camera got.
    pub(super) fn of(&self, name: &str) -> Option<&'m ModelConfig> {
        let swapped = self.swapped.iter().map(|(_, model)| model);
        let mut all = swapped.chain(self.known);
        all.find(|model| model.manifest.name == name)
    }

    /// What runs where that one was named.
    fn instead_of(&self, model: &'m ModelConfig) -> &'m ModelConfig {
        let name = &model.manifest.name;
        let mut swaps = self.swapped.iter();
        let swap = swaps.find(|(of, _)| of.as_ref().is_none_or(|of| of == name));
        swap.map_or(model, |(_, by)| by)
    }
}

/// Where a camera's pictures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Its address, which is needed.
    Address,
    /// A recording; an address is not.
    Recording,
}

pub(super) fn read(root: &Section<'_>, models: &Models<'_>, base: &Path) -> Vec<CameraConfig> {
    let mut cameras: Vec<CameraConfig> = Vec::new();
    let mut ids: Vec<CameraId> = Vec::new();
    let sections = root.tables("camera");
    if sections.is_empty() {
        root.note("camera", Wrong::new("no camera", "add one as `[[camera]]`"));
    }
    for section in sections {
        let id = section.required("id", &value::parsed::<CameraId>);
        if let Some(id) = &id {
            if ids.contains(id) {
                let wrong = Wrong::new(
                    format!("camera \"{id}\" is defined twice"),
                    "rename one of them",
                );
                section.note("id", wrong);
            }
            ids.push(id.clone());
        }
        cameras.extend(read_one(&section, id, models, base, Reach::Address));
        section.finish();
    }
    cameras
}

pub(super) fn read_one(
    section: &Section<'_>,
    id: Option<CameraId>,
    models: &Models<'_>,
    base: &Path,
    reach: Reach,
) -> Option<CameraConfig> {
    let name = section.optional("name", &value::text_up_to(MAX_CAMERA_NAME_BYTES));
    let streams = camera_stream::read(section, base, reach);
    let place = section
        .has("place")
        .then(|| read_place(section.table("place")))
        .flatten();
    let ground = read_ground(section, base, place, &streams);
    let model = read_model(section, models);
    let analyse_fps = section.or("analyse_fps", 5.0, &value::number(0.1..=30.0));
    let modes = [
        ("auto", GateMode::Auto),
        ("keyframes", GateMode::Keyframes),
        ("off", GateMode::Off),
    ];
    let gate = section.or("gate", GateMode::Auto, &value::one_of(&modes));
    let small_objects = section.or("small_objects", 0, &value::integer(0..=16));
    let ring = read_ring(section.table("ring"));
    let remember_tracks = section.or(
        "remember_tracks_s",
        Duration::from_secs(3600),
        &value::seconds(0.0..=f64::from(MAX_SIMULATED_SECONDS)),
    );
    let time_zone = schedule::read_zone(section);
    let zones = zone::read(section, &ground.poses);
    let lines = line::read(section, &zones, &ground.poses);
    let signals = signal::read(section, &ground.poses);
    let (pose_masks, masks) = mask::read(section, &ground.poses)
        .into_iter()
        .partition::<Vec<_>, _>(|(pose, _)| pose.is_some());
    let pose_masks = pose_masks.into_iter();
    let pose_masks = pose_masks.filter_map(|(pose, mask)| Some((pose?, mask)));
    let mode = rule::read_mode(section, RuleMode::Live);
    let context = RuleContext {
        zones: &zones,
        lines: &lines,
        signals: &signals,
        model,
        time_zone: &time_zone,
        mode,
        bearings: ground.bearings(),
    };
    let mut rules = rule::read(section, &context);
    if reach == Reach::Address {
        let health = rule::implied(&rules, &context);
        rules.extend(health);
    }
    // A fault of the camera has what clip there is.
    for rule in rules.iter().filter(is_of_pictures) {
        check_ring(section, ring, rule);
    }
    check_small_objects(section, small_objects, &rules);
    let id = id?;
    Some(CameraConfig {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        url: streams.url?,
        sub_url: streams.sub_url,
        password: streams.password,
        transport: streams.transport,
        ca_file: streams.ca_file,
        place,
        elevation: ground.elevation,
        calibration: ground.calibration,
        poses: ground.poses,
        model: model?.manifest.name.clone(),
        analyse_fps,
        gate,
        small_objects,
        ring,
        remember_tracks,
        mode,
        zones,
        lines,
        signals,
        masks: masks.into_iter().map(|(_, mask)| mask).collect(),
        pose_masks: pose_masks.collect(),
        rules,
    })
}

/// How a camera and each of its poses relate to the ground.
struct GroundConfig {
    elevation: Option<Elevation>,
    calibration: Option<Calibration>,
    poses: Poses,
}

impl GroundConfig {
    /// Whether it is known in which direction the camera looks.
    fn bearings(&self) -> Bearings {
        let of_poses = self.poses.named.iter().map(|pose| &pose.calibration);
        let towers = |known: &Option<Calibration>| matches!(known, Some(Calibration::Tower(_)));
        match of_poses.chain([&self.calibration]).any(towers) {
            true => Bearings::Known,
            false => Bearings::Unknown,
        }
    }
}

fn read_ground(
    section: &Section<'_>,
    base: &Path,
    place: Option<Place>,
    streams: &camera_stream::Streams,
) -> GroundConfig {
    let position = match place {
        Some(Place::Point { position, .. }) => Some(position),
        Some(Place::Bearing(_)) | None => None,
    };
    let elevation = calibration::read_elevation(section, base, position);
    let table = section
        .has("calibration")
        .then(|| section.table("calibration"));
    let said = table.as_ref().and_then(calibration::read);
    let poses = pose::read(
        section,
        &pose::Context {
            base,
            position,
            shared: said.as_ref(),
            login: streams.login(),
        },
    );
    let calibration = match (said, &table) {
        (Some(said), Some(table)) if poses.named.is_empty() => said.alone(table, position),
        (Some(calibration::Said::Street(_)), Some(table)) => {
            let wrong = Wrong::new(
                "are of one pose, and this camera has several",
                "move the table into its pose, as `[camera.pose.calibration]`",
            );
            table.note("pairs", wrong);
            None
        }
        // Its poses took what they share.
        _ => None,
    };
    GroundConfig {
        elevation,
        calibration,
        poses,
    }
}

/// Whether a rule is about what is in the pictures, not about the camera.
fn is_of_pictures(rule: &&RuleConfig) -> bool {
    !matches!(rule.kind, RuleKind::CameraHealth(_))
}

/// Smoke is told from haze by what is around it: no part of a picture shows that.
fn check_small_objects(section: &Section<'_>, looks: usize, rules: &[RuleConfig]) {
    let fire = |rule: &RuleConfig| matches!(rule.kind, RuleKind::FireSmoke(_));
    let mut pictured = rules.iter().filter(is_of_pictures).peekable();
    if looks > 0 && pictured.peek().is_some() && pictured.all(fire) {
        let wrong = Wrong::new(
            "fire and smoke are never looked for in parts of a picture",
            "leave it out; a model with a larger input sees smoke that is farther away",
        );
        section.note("small_objects", wrong);
    }
}

fn read_place(section: Section<'_>) -> Option<Place> {
    let lat = section.required("lat", &value::number(-90.0..=90.0));
    let lon = section.required("lon", &value::number(-180.0..=180.0));
    let uncertainty_m = section.or("uncertainty_m", 20.0, &value::number(0.1..=100_000.0));
    section.finish();
    Some(Place::Point {
        position: Position {
            lat: lat?,
            lon: lon?,
        },
        uncertainty_m,
    })
}

fn read_model<'m>(section: &Section<'_>, models: &Models<'m>) -> Option<&'m ModelConfig> {
    let named = read_named_model(section, models);
    named.map(|model| models.instead_of(model))
}

fn read_named_model<'m>(section: &Section<'_>, models: &Models<'m>) -> Option<&'m ModelConfig> {
    let known: Vec<&str> = models
        .known
        .iter()
        .map(|model| model.manifest.name.as_str())
        .collect();
    let name = section.optional("model", &value::text);
    match (name, models.usual) {
        (None, Some(usual)) if !section.has("model") => Some(usual),
        (None, _) if section.has("model") => None,
        (None, _) => {
            let remedy = match known.is_empty() {
                true => "define one as `[[model]]`, e.g. `name = \"yolox-nano\"`".to_owned(),
                false => format!("add `model = …`; known: {}", known.join(", ")),
            };
            section.note("model", Wrong::new("missing", remedy));
            None
        }
        (Some(name), _) => {
            let mut all = models.known.iter();
            let found = all.find(|model| model.manifest.name == name);
            if found.is_none() {
                let wrong = Wrong::new(
                    format!("no [[model]] of name {name:?}"),
                    match known.is_empty() {
                        true => format!("add `[[model]]` with `name = {name:?}`"),
                        false => suggestion(&name, &known),
                    },
                );
                section.note("model", wrong);
            }
            found
        }
    }
}

fn read_ring(section: Section<'_>) -> RingConfig {
    let seconds = value::seconds(1.0..=600.0);
    let bytes = value::integer(1 << 20..=1_u64 << 32);
    let ring = RingConfig {
        span: section.or("seconds", Duration::from_secs(30), &seconds),
        max_bytes: section.or("max_bytes", 64 << 20, &bytes),
    };
    section.finish();
    ring
}

fn check_ring(section: &Section<'_>, ring: RingConfig, rule: &RuleConfig) {
    let EvidenceWindow {
        pre_roll,
        post_roll,
        ..
    } = rule.evidence;
    let needed = pre_roll + post_roll + LONGEST_GOP;
    if ring.span < needed {
        let wrong = Wrong::new(
            format!(
                "{} s cannot hold the clip of rule {} ({} s before, {} s after, and up to {} s back \
                 to a keyframe)",
                ring.span.as_secs_f64(),
                rule.kind.word(),
                pre_roll.as_secs_f64(),
                post_roll.as_secs_f64(),
                LONGEST_GOP.as_secs(),
            ),
            format!(
                "give at least {} seconds, or shorten the clip",
                needed.as_secs_f64()
            ),
        );
        section.note("ring", wrong);
    }
}
