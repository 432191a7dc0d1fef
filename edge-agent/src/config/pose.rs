//! `[[camera.pose]]` and `[camera.poses]`: where a camera that turns may look, and who says where it looks.
//!
//! What does not belong here: asking anybody (`pose`).

use std::path::Path;
use std::time::Duration;

use contract::v1::{MAX_WORD_BYTES, Position, ZoneId};
use jiff::Timestamp;
use url::Url;

use super::calibration::{self, Calibration, Said};
use super::fault::{Wrong, suggestion};
use super::secret::{self, Secret};
use super::section::Section;
use super::value;
use super::{CameraConfig, RuleConfig, RuleKind};

/// A pose of a camera: its number among the camera's poses; the only one of a camera that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PoseId(pub u16);

/// `[[camera.pose]]`: somewhere that a camera looks.
#[derive(Debug, Clone, PartialEq)]
pub struct PoseConfig {
    /// Its name in reports, unique within the camera; at most 64 bytes.
    pub name: String,
    /// Where the camera's motors stand there.
    pub stand: Option<Stand>,
    /// How it relates to the ground.
    pub calibration: Option<Calibration>,
}

/// How a pose is known by the camera's motors.
#[derive(Debug, Clone, PartialEq)]
pub enum Stand {
    /// In the units of the camera's own position space, usually −1 to 1 and 0 to 1.
    At(PtzPosition),
    /// By the name or token of a preset of the camera's.
    Preset(String),
}

/// A position as ONVIF has it, in the camera's own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PtzPosition {
    /// Left and right.
    pub pan: f64,
    /// Down and up.
    pub tilt: f64,
    /// Wide to narrow; none where the camera does not say it.
    pub zoom: Option<f64>,
}

/// Where a camera may look, and who says where it does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Poses {
    /// `[[camera.pose]]`, in the order of the file: the index is the [`PoseId`].
    pub named: Vec<PoseConfig>,
    /// `[camera.poses]`.
    pub source: PoseSource,
    /// How long a camera stands before it is believed to stand.
    pub settle: Duration,
    /// How long what was last heard is believed.
    pub max_age: Duration,
}

/// Who says where a camera looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum PoseSource {
    /// Nobody: it does not turn.
    #[default]
    Fixed,
    /// The clock.
    Timed(TimedPoses),
    /// The camera, over ONVIF.
    Onvif(OnvifPoses),
    /// Whoever turns it, over MQTT.
    Mqtt,
}

/// A tour by the clock.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedPoses {
    /// Each stop and how long it lasts, the way to it included.
    pub tour: Vec<(PoseId, Duration)>,
    /// A moment at which the tour began.
    pub since: Timestamp,
    /// How long the way to a stop takes at most.
    pub turn: Duration,
    /// How far the camera's own clock may be off.
    pub slack: Duration,
}

/// A camera that is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct OnvifPoses {
    /// Its device service.
    pub url: Url,
    /// Whom to ask as.
    pub login: Option<(String, Secret)>,
    /// The token of the media profile; the first one with motors where not said.
    pub profile: Option<String>,
    /// How often it is asked.
    pub poll: Duration,
    /// How far from a pose its motors may stand to be in it, in units of the position space.
    pub tolerance: f64,
}

impl Poses {
    /// Whether the camera looks in one direction only.
    #[must_use]
    pub const fn is_fixed(&self) -> bool {
        matches!(self.source, PoseSource::Fixed)
    }

    /// The name of a pose; none for a camera that has no names for them.
    #[must_use]
    pub fn name(&self, pose: PoseId) -> Option<&str> {
        let named = self.named.get(usize::from(pose.0));
        named.map(|pose| pose.name.as_str())
    }

    /// The pose of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PoseId> {
        let at = self.named.iter().position(|pose| pose.name == name)?;
        u16::try_from(at).ok().map(PoseId)
    }

    /// Every pose that the camera may be in.
    #[must_use]
    pub fn all(&self) -> Vec<PoseId> {
        let most = u16::try_from(self.named.len().max(1)).unwrap_or(u16::MAX);
        (0..most).map(PoseId).collect()
    }
}

impl CameraConfig {
    /// Whether a zone or line is of another pose.
    #[must_use]
    pub fn is_elsewhere(&self, zone: &ZoneId, pose: PoseId) -> bool {
        let zones = self.zones.iter().map(|known| (&known.id, known.pose));
        let lines = self.lines.iter().map(|known| (&known.id, known.pose));
        let mut known = zones.chain(lines);
        known.any(|(id, of)| id == zone && of.is_some_and(|other| other != pose))
    }

    /// Whether a rule looks at a zone, crosses a line, or goes by a signal of another pose.
    fn looks_elsewhere(&self, rule: &RuleConfig, pose: PoseId) -> bool {
        let signal = match &rule.kind {
            RuleKind::RedLight(own) => own.signal.as_ref(),
            _ => None,
        };
        let of_signal = self.signals.iter().find(|known| Some(&known.id) == signal);
        let elsewhere = |other: PoseId| other != pose;
        rule.zone
            .as_ref()
            .is_some_and(|zone| self.is_elsewhere(zone, pose))
            || of_signal.is_some_and(|signal| signal.pose.is_some_and(elsewhere))
    }

    /// The camera as it is while it stands in a pose: its zones, lines, signals, masks and rules there, and its
    /// calibration.
    #[must_use]
    pub fn in_pose(&self, pose: PoseId) -> Self {
        let elsewhere = |other: Option<PoseId>| other.is_some_and(|other| other != pose);
        let mut here = self.clone();
        here.zones.retain(|zone| !elsewhere(zone.pose));
        here.lines.retain(|line| !elsewhere(line.pose));
        here.signals.retain(|signal| !elsewhere(signal.pose));
        let masks = self.pose_masks.iter();
        let masks = masks.filter(|(of, _)| *of == pose).map(|(_, mask)| mask);
        here.masks.extend(masks.cloned());
        here.pose_masks.clear();
        here.rules.retain(|rule| !self.looks_elsewhere(rule, pose));
        if let Some(named) = self.poses.named.get(usize::from(pose.0)) {
            here.calibration.clone_from(&named.calibration);
        }
        here
    }
}

/// What poses are read beside.
pub(super) struct Context<'a> {
    pub(super) base: &'a Path,
    pub(super) position: Option<Position>,
    /// What the camera's own calibration table says, which poses share.
    pub(super) shared: Option<&'a Said>,
    /// The camera's user and password.
    pub(super) login: Option<(String, Secret)>,
}

/// The defaults of a camera that nobody says anything of.
const SETTLE_S: f64 = 2.0;
const MAX_AGE_S: f64 = 10.0;
/// Most poses of one camera: each has a tracker, rules and a background of its own.
const MOST_POSES: usize = 32;

pub(super) fn read(camera: &Section<'_>, context: &Context<'_>) -> Poses {
    let named = read_named(camera, context);
    let section = camera.table("poses");
    let source = read_source(camera, &section, &named, context);
    let poses = Poses {
        settle: section.or(
            "settle_s",
            Duration::from_secs_f64(SETTLE_S),
            &value::seconds(0.0..=600.0),
        ),
        max_age: section.or(
            "max_age_s",
            Duration::from_secs_f64(MAX_AGE_S),
            &value::seconds(1.0..=86_400.0),
        ),
        source,
        named,
    };
    section.finish();
    poses
}

fn read_named(camera: &Section<'_>, context: &Context<'_>) -> Vec<PoseConfig> {
    let mut named: Vec<PoseConfig> = Vec::new();
    let sections = camera.tables("pose");
    if sections.len() > MOST_POSES {
        let wrong = Wrong::new(
            format!("{} poses", sections.len()),
            format!("keep at most {MOST_POSES}"),
        );
        camera.note("pose", wrong);
    }
    for section in sections {
        let name = section.required("name", &value::text_up_to(MAX_WORD_BYTES));
        let stand = read_stand(&section);
        let calibration = match section.has("calibration") {
            true => {
                let table = section.table("calibration");
                let said = calibration::read(&table);
                said.and_then(|said| said.in_pose(&table, context.position, context.shared))
            }
            false => None,
        };
        section.finish();
        let Some(name) = name else { continue };
        if named.iter().any(|pose| pose.name == name) {
            let wrong = Wrong::new(
                format!("pose {name:?} is defined twice"),
                "rename one of them",
            );
            section.note("name", wrong);
        }
        named.push(PoseConfig {
            name,
            stand,
            calibration,
        });
    }
    named
}

fn read_stand(section: &Section<'_>) -> Option<Stand> {
    let position = section.has("ptz").then(|| {
        let table = section.table("ptz");
        let any = value::number(-100_000.0..=100_000.0);
        let (pan, tilt) = (table.required("pan", &any), table.required("tilt", &any));
        let zoom = table.optional("zoom", &any);
        table.finish();
        Some(PtzPosition {
            pan: pan?,
            tilt: tilt?,
            zoom,
        })
    });
    let preset = section.optional("preset", &value::text_up_to(MAX_WORD_BYTES));
    match (position, preset) {
        (Some(_), Some(_)) => {
            let wrong = Wrong::new(
                "says the position a second time: ptz is there too",
                "keep one",
            );
            section.note("preset", wrong);
            None
        }
        (Some(position), None) => position.map(Stand::At),
        (None, preset) => preset.map(Stand::Preset),
    }
}

fn read_source(
    camera: &Section<'_>,
    section: &Section<'_>,
    named: &[PoseConfig],
    context: &Context<'_>,
) -> PoseSource {
    let words = [
        ("fixed", 'f'),
        ("timed", 't'),
        ("onvif", 'o'),
        ("mqtt", 'm'),
    ];
    let word = section.or("source", 'f', &value::one_of(&words));
    if word == 'f' && named.len() > 1 {
        let wrong = Wrong::new(
            "nobody says in which of its poses the camera is",
            "add `[camera.poses]` with `source = \"timed\"`, \"onvif\" or \"mqtt\"",
        );
        camera.note("pose", wrong);
    }
    if word != 'f' && named.is_empty() {
        let wrong = Wrong::new(
            "names no pose",
            "add each place where the camera looks as `[[camera.pose]]`",
        );
        section.note("source", wrong);
    }
    let source = match word {
        't' => read_timed(section, named).map(PoseSource::Timed),
        'o' => read_onvif(camera, section, named, context).map(PoseSource::Onvif),
        'm' => Some(PoseSource::Mqtt),
        _ => None,
    };
    source.unwrap_or_default()
}

fn read_timed(section: &Section<'_>, named: &[PoseConfig]) -> Option<TimedPoses> {
    let seconds = value::seconds(0.0..=86_400.0);
    let turn = section.or("turn_s", Duration::from_secs(5), &seconds);
    let slack = section.or("slack_s", Duration::from_secs(1), &seconds);
    let since = section.required("since", &value::parsed::<Timestamp>);
    let stops = section.tables("tour");
    if stops.is_empty() {
        let wrong = Wrong::new(
            "names no stop",
            "give `tour = [{ pose = \"…\", seconds = 60 }, …]`",
        );
        section.note("tour", wrong);
    }
    let known: Vec<&str> = named.iter().map(|pose| pose.name.as_str()).collect();
    let mut tour = Vec::new();
    for stop in stops {
        let name = stop.required("pose", &value::text);
        let lasts = stop.required("seconds", &value::seconds(1.0..=604_800.0));
        stop.finish();
        let (Some(name), Some(lasts)) = (name, lasts) else {
            continue;
        };
        let Some(at) = known.iter().position(|known| *known == name) else {
            let wrong = Wrong::new(format!("no pose {name:?}"), suggestion(&name, &known));
            stop.note("pose", wrong);
            continue;
        };
        if lasts <= turn + 2 * slack {
            let wrong = Wrong::new(
                format!(
                    "{} s is over before the camera stands: turning takes {} s, and {} s before and after are \
                     not believed",
                    lasts.as_secs_f64(),
                    turn.as_secs_f64(),
                    slack.as_secs_f64()
                ),
                "give the stop longer, or lower turn_s or slack_s",
            );
            stop.note("seconds", wrong);
        }
        tour.extend(u16::try_from(at).ok().map(|at| (PoseId(at), lasts)));
    }
    Some(TimedPoses {
        tour,
        since: since?,
        turn,
        slack,
    })
}

fn read_onvif(
    camera: &Section<'_>,
    section: &Section<'_>,
    named: &[PoseConfig],
    context: &Context<'_>,
) -> Option<OnvifPoses> {
    if let Some(lacking) = named.iter().find(|pose| pose.stand.is_none()) {
        let wrong = Wrong::new(
            format!(
                "pose {:?} does not say where the camera's motors stand",
                lacking.name
            ),
            "give it `ptz = { pan = …, tilt = …, zoom = … }`, or `preset = \"…\"`",
        );
        camera.note("pose", wrong);
    }
    let url = section.required("url", &address);
    let file = section.optional("credentials_file", &value::path(context.base));
    let login = match file.map(|file| secret::read_pair(&file)) {
        Some(Ok(pair)) => Some(pair),
        Some(Err(wrong)) => {
            section.note("credentials_file", wrong);
            None
        }
        None => context.login.clone(),
    };
    Some(OnvifPoses {
        profile: section.optional("profile", &value::text_up_to(MAX_WORD_BYTES)),
        poll: section.or(
            "poll_s",
            Duration::from_secs(1),
            &value::seconds(0.1..=60.0),
        ),
        tolerance: section.or("tolerance", 0.01, &value::number(0.000_001..=1000.0)),
        url: url?,
        login,
    })
}

fn address(raw: &toml::de::DeValue<'_>) -> Result<Url, Wrong> {
    const REMEDY: &str = "write http://HOST/onvif/device_service, without a user or password in it";
    let url: Url = value::parsed(raw)?;
    let plain = url.username().is_empty() && url.password().is_none();
    match matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
        true => Ok(url),
        // Not quoted: it may hold a password.
        false => Err(Wrong::new(
            "is no address of a camera's web service",
            REMEDY,
        )),
    }
}

#[cfg(test)]
#[path = "pose_tests.rs"]
mod tests;
