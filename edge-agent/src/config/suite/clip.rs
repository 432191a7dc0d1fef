//! `[[clip]]`: one recording, as which camera it is watched, and what is expected of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::v1::CameraId;
use jiff::Timestamp;

use super::expectation::{self, EventPattern, Expectation, Span, Weight};
use crate::config::camera::{self, CameraConfig, Models, Reach};
use crate::config::detect::ModelConfig;
use crate::config::fault::{Wrong, suggestion};
use crate::config::section::Section;
use crate::config::value;

/// One recording.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipConfig {
    /// Its name, unique within the suite. Default: its file's, without the ending.
    pub name: String,
    /// The recording, or a folder of pictures, from the suite's folder on.
    pub file: PathBuf,
    /// The camera it is watched as.
    pub camera: CameraConfig,
    /// That camera's model.
    pub model: ModelConfig,
    /// Time-lapse: from one picture to the next.
    pub seconds_per_picture: Option<Duration>,
    /// The wall clock of its first picture. Default: noon in Viet Nam, on a Monday.
    pub starts_at: Timestamp,
    /// What must be told of it; nothing, where it shows nothing.
    pub expect: Vec<Expectation>,
    /// What may be told of it and need not.
    pub tolerate: Vec<(EventPattern, Span)>,
    /// What an event means that nobody expects.
    pub unexpected: Weight,
    /// What a person wrote about it.
    pub note: Option<String>,
}

/// What clips are read with.
pub(super) struct Cameras<'a> {
    pub(super) own: &'a [CameraConfig],
    pub(super) models: &'a Models<'a>,
    pub(super) base: &'a Path,
}

/// 2026-01-05T12:00:00+07:00.
const NOON: i64 = 1_767_589_200;

/// Keys of a camera that a clip may have in its place.
const OF_CAMERA: &[&str] = &[
    "zone",
    "line",
    "signal",
    "mask",
    "rule",
    "model",
    "analyse_fps",
    "small_objects",
];

pub(super) fn read(
    root: &Section<'_>,
    cameras: &Cameras<'_>,
    names: &mut Vec<String>,
) -> Vec<ClipConfig> {
    let sections = root.tables("clip");
    if sections.is_empty() {
        root.note("clip", Wrong::new("no clip", "add one as `[[clip]]`"));
    }
    let mut clips = Vec::new();
    for section in sections {
        let file = section.required("file", &value::text).map(PathBuf::from);
        let stem = |file: &PathBuf| {
            file.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let name = section.optional("name", &value::text);
        let name = name.or_else(|| file.as_ref().map(stem)).unwrap_or_default();
        if names.contains(&name) {
            let wrong = Wrong::new(
                format!("a second clip of name {name:?}"),
                "give one of them another `name`",
            );
            section.note("name", wrong);
        }
        names.push(name.clone());
        clips.extend(read_one(&section, name, file, cameras));
        section.finish();
    }
    clips
}

fn read_one(
    section: &Section<'_>,
    name: String,
    file: Option<PathBuf>,
    cameras: &Cameras<'_>,
) -> Option<ClipConfig> {
    let period = value::seconds(0.001..=86_400.0);
    let seconds_per_picture = section.optional("seconds_per_picture", &period);
    let starts_at = section.optional("starts_at", &value::parsed::<Timestamp>);
    let unexpected = section.or(
        "unexpected",
        Weight::Fails,
        &value::one_of(expectation::WEIGHTS),
    );
    let note = section.optional("note", &value::text);
    let camera = read_camera(section, cameras);
    let context = expectation::Context {
        camera: camera.as_ref(),
        seconds_per_picture,
    };
    let expect = expectation::read(section, &context);
    let tolerate = expectation::read_tolerated(section, &context);
    let camera = camera?;
    let model = cameras.models.of(&camera.model)?.clone();
    Some(ClipConfig {
        name,
        file: file?,
        camera,
        model,
        seconds_per_picture,
        starts_at: starts_at.or_else(|| Timestamp::from_second(NOON).ok())?,
        expect,
        tolerate,
        unexpected,
        note,
    })
}

/// The camera that the clip names, or the clip itself as one.
fn read_camera(section: &Section<'_>, cameras: &Cameras<'_>) -> Option<CameraConfig> {
    if !section.has("camera") {
        let id = "clip".parse::<CameraId>().ok();
        let camera = camera::read_one(section, id, cameras.models, cameras.base, Reach::Recording);
        if camera
            .as_ref()
            .is_some_and(|camera| camera.rules.is_empty())
        {
            let wrong = Wrong::new(
                "no rule: nothing would be looked for",
                "add `[[clip.rule]]`, or name one of the cameras by `camera = …`",
            );
            section.note("rule", wrong);
        }
        return camera;
    }
    let id = section.optional("camera", &value::text)?;
    let found = cameras.own.iter().find(|camera| camera.id.as_str() == id);
    for key in OF_CAMERA.iter().filter(|key| section.has(key)) {
        let wrong = Wrong::new(
            format!("is said by camera {id:?} already"),
            "remove it, or remove `camera` and say all of it here",
        );
        section.note(key, wrong);
    }
    if found.is_none() {
        let known: Vec<&str> = cameras
            .own
            .iter()
            .map(|camera| camera.id.as_str())
            .collect();
        let remedy = match known.is_empty() {
            true => "add it as `[[camera]]`, or name an agent's configuration by `config = …`"
                .to_owned(),
            false => suggestion(&id, &known),
        };
        section.note(
            "camera",
            Wrong::new(format!("no camera {id:?} in this suite"), remedy),
        );
    }
    found.cloned()
}
