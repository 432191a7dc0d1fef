//! `[[camera.rule]]`: what every rule shares, and one file for each rule's own keys.
//!
//! A rule registers here with its `mod` line, its `pub use` and its line in `rule_kinds!`, and in
//! `crate::rule` with the code that runs it.

mod camera_health;
mod encroachment;
mod fire_smoke;
mod illegal_parking;
mod line_crossing;
mod passage;
mod red_light;
mod stray_cattle;
mod wrong_way;

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{MAX_DETAIL_BYTES, Severity, ZoneId};
use jiff::tz::TimeZone;
use toml::de::DeTable;

use super::detect::ModelConfig;
use super::fault::{FaultSink, Wrong, suggestion};
use super::line::LineConfig;
use super::schedule::{self, Schedule};
use super::section::Section;
use super::signal::SignalConfig;
use super::value;
use super::zone::ZoneConfig;

pub use camera_health::{CameraHealthConfig, HealthConcern};
pub use encroachment::{EncroachmentConfig, LeftObjects};
pub use fire_smoke::{DangerLevel, FireSmokeConfig, KnownSource, Sector, Verify};
pub use illegal_parking::IllegalParkingConfig;
pub use line_crossing::{Direction, LineCrossingConfig};
pub use passage::PassageConfig;
pub use red_light::RedLightConfig;
pub use stray_cattle::StrayCattleConfig;
pub use wrong_way::WrongWayConfig;

/// What all rules have. The defaults differ from rule to rule; docs/CONFIG.md lists them.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleConfig {
    /// Which rule, with the keys of its own.
    pub kind: RuleKind,
    /// Where it looks; the whole picture when absent. Of a rule that watches a line, the line.
    pub zone: Option<ZoneId>,
    /// Whether its events are reported.
    pub mode: RuleMode,
    /// When it looks.
    pub schedule: Schedule,
    /// How much its events matter.
    pub severity: Severity,
    /// Least best score of a track that counts, 0 to 1.
    pub min_confidence: f32,
    /// Absence after which an open event is cleared.
    pub clear_after: Duration,
    /// Time after a clearance in which the same place raises nothing.
    pub cool_down: Duration,
    /// Least time between two updates of an open event.
    pub update_every: Duration,
    /// The shortest stay of what it looks for that must not be missed: an activity gate never
    /// leaves half of it undecoded.
    pub shortest_event: Duration,
    /// How much of the stream its clip holds.
    pub evidence: EvidenceWindow,
    /// Whether somebody wrote it, or every camera has it.
    pub origin: RuleOrigin,
    /// The code of the offence that its events are proposed as; at most 64 bytes.
    pub proposed_offence: Option<String>,
}

/// Key `mode`: whether a rule's events are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RuleMode {
    /// They are.
    #[default]
    Live,
    /// They are counted and written into the event log, and nobody is told.
    Shadow,
}

impl RuleMode {
    /// Its word in the configuration, in metrics and in replays.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Shadow => "shadow",
        }
    }
}

/// Key `mode` of a rule, and of a camera for those of its rules that do not say.
pub(super) fn read_mode(section: &Section<'_>, usual: RuleMode) -> RuleMode {
    let modes = [RuleMode::Live, RuleMode::Shadow].map(|mode| (mode.word(), mode));
    section.or("mode", usual, &value::one_of(&modes))
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleOrigin {
    /// The configuration names it.
    Written,
    /// Every watched camera has it.
    Implied,
}

/// How much of the stream before and after the deciding picture belongs to the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceWindow {
    /// Before.
    pub pre_roll: Duration,
    /// After.
    pub post_roll: Duration,
    /// How far from it the two pictures of the context are taken.
    pub context: Duration,
}

impl RuleConfig {
    /// The least score with which something of that class may count.
    #[must_use]
    pub fn least_score(&self, class: &str) -> f32 {
        let RuleKind::FireSmoke(fire) = &self.kind else {
            return self.min_confidence;
        };
        let thresholds = fire.classes.iter().zip(&fire.thresholds);
        let mut own = thresholds.filter(|(known, _)| ***known == *class);
        own.next().map_or(self.min_confidence, |(_, least)| *least)
    }
}

/// The values that a rule puts in place of absent common keys.
pub(super) struct CommonDefaults {
    severity: Severity,
    min_confidence: f32,
    clear_after_s: u64,
    cool_down_s: u64,
}

/// What a rule's keys are checked against.
pub(super) struct RuleContext<'a> {
    pub(super) zones: &'a [ZoneConfig],
    pub(super) lines: &'a [LineConfig],
    pub(super) signals: &'a [SignalConfig],
    pub(super) model: Option<&'a ModelConfig>,
    /// The camera's local clock.
    pub(super) time_zone: &'a TimeZone,
    /// What a rule's `mode` is where it does not say.
    pub(super) mode: RuleMode,
    pub(super) bearings: Bearings,
}

/// Whether it is known in which direction a camera looks, in one of its poses at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearings {
    Known,
    Unknown,
}

impl RuleContext<'_> {
    /// From which score the model's card believes a class, where it says so.
    fn believed(&self, class: &str) -> Option<f32> {
        let card = &self.model?.manifest.confidence;
        let of_class = card.iter().find(|(known, _)| &**known == class);
        of_class.map(|(_, least)| *least)
    }
}

macro_rules! rule_kinds {
    ($($(#[$doc:meta])* $variant:ident($config:ty) = $word:literal in $module:ident;)+) => {
        /// Which rule, with the keys of its own.
        #[derive(Debug, Clone, PartialEq)]
        pub enum RuleKind {
            $($(#[$doc])* $variant($config),)+
        }

        impl RuleKind {
            /// The words of `kind`.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word of `kind`.
            #[must_use]
            pub const fn word(&self) -> &'static str {
                match self { $(Self::$variant(_) => $word,)+ }
            }

            /// Every `detail` that the rule's event changes and reports may have, the usual first.
            #[must_use]
            pub const fn details(&self) -> &'static [&'static str] {
                match self { $(Self::$variant(_) => $module::DETAILS,)+ }
            }

            /// The usual one.
            #[must_use]
            pub const fn detail(&self) -> &'static str {
                match self.details() {
                    [usual, ..] => usual,
                    [] => self.word(),
                }
            }

            /// The classes that it may count.
            #[must_use]
            pub fn classes(&self) -> Vec<Arc<str>> {
                match self { $(Self::$variant(config) => $module::classes(config),)+ }
            }

            fn usual_shortest_event(&self) -> Duration {
                match self { $(Self::$variant(config) => $module::shortest_event(config),)+ }
            }

            fn read(
                word: &str,
                section: &Section<'_>,
                context: &RuleContext<'_>,
            ) -> Option<(Self, CommonDefaults)> {
                match word {
                    $($word => {
                        Some((Self::$variant($module::read(section, context)), $module::DEFAULTS))
                    })+
                    _ => None,
                }
            }
        }
    };
}

rule_kinds! {
    /// Flame or smoke that persists.
    FireSmoke(FireSmokeConfig) = "fire_smoke" in fire_smoke;
    /// Cattle in the zone.
    StrayCattle(StrayCattleConfig) = "stray_cattle" in stray_cattle;
    /// Things or people occupy the zone.
    Encroachment(EncroachmentConfig) = "encroachment" in encroachment;
    /// A vehicle stands in the zone.
    IllegalParking(IllegalParkingConfig) = "illegal_parking" in illegal_parking;
    /// A vehicle drives against its lane.
    WrongWay(WrongWayConfig) = "wrong_way" in wrong_way;
    /// A thing crosses a line the way it must not.
    LineCrossing(LineCrossingConfig) = "line_crossing" in line_crossing;
    /// A vehicle crosses the stop line at red.
    RedLight(RedLightConfig) = "red_light" in red_light;
    /// The camera does not see.
    CameraHealth(CameraHealthConfig) = "camera_health" in camera_health;
}

/// Kinds that watch a line in place of a zone.
const OF_A_LINE: [&str; 2] = ["line_crossing", "red_light"];

pub(super) fn read(camera: &Section<'_>, context: &RuleContext<'_>) -> Vec<RuleConfig> {
    let mut rules: Vec<RuleConfig> = Vec::new();
    for section in camera.tables("rule") {
        let Some(rule) = read_one(&section, context) else {
            continue;
        };
        // Kind and zone tell the evidence which rule an event change is of.
        let same = |other: &RuleConfig| {
            other.kind.word() == rule.kind.word()
                && other.zone == rule.zone
                && other.mode == rule.mode
        };
        if rules.iter().any(same) {
            let wrong = Wrong::new(
                format!("a second {} rule for the same zone", rule.kind.word()),
                "merge the two, give this one another zone or line, or try it beside the other with \
                 `mode = \"shadow\"`",
            );
            section.note("kind", wrong);
        }
        section.finish();
        rules.push(rule);
    }
    rules
}

/// Every camera's health is watched, whether or not its configuration says how.
pub(super) fn implied(rules: &[RuleConfig], context: &RuleContext<'_>) -> Option<RuleConfig> {
    let written = |rule: &RuleConfig| matches!(rule.kind, RuleKind::CameraHealth(_));
    if rules.iter().any(written) {
        return None;
    }
    let table = DeTable::new();
    let unheard = FaultSink::of("");
    let section = Section::root(&table, &unheard);
    let (kind, defaults) = RuleKind::read("camera_health", &section, context)?;
    let mut rule = common(&section, kind, &defaults, None, context);
    (rule.origin, rule.mode) = (RuleOrigin::Implied, RuleMode::Live);
    Some(rule)
}

fn read_one(section: &Section<'_>, context: &RuleContext<'_>) -> Option<RuleConfig> {
    let word = section.required("kind", &value::text)?;
    let zone = match OF_A_LINE.contains(&word.as_str()) {
        true => read_line(section, context.lines),
        false => {
            let zone = section.optional("zone", &value::parsed::<ZoneId>);
            if let Some(zone) = &zone {
                check_zone(section, "zone", zone, context.zones);
            }
            zone
        }
    };
    let Some((kind, defaults)) = RuleKind::read(&word, section, context) else {
        let wrong = Wrong::new(
            format!("no rule {word:?}"),
            suggestion(&word, RuleKind::WORDS),
        );
        section.note("kind", wrong);
        return None;
    };
    Some(common(section, kind, &defaults, zone, context))
}

/// Reads what every rule has.
fn common(
    section: &Section<'_>,
    kind: RuleKind,
    defaults: &CommonDefaults,
    zone: Option<ZoneId>,
    context: &RuleContext<'_>,
) -> RuleConfig {
    // Cattle are one class, whose scores differ much from model to model.
    let believed = match &kind {
        RuleKind::StrayCattle(_) => context.believed("cattle"),
        _ => None,
    };
    let least = believed.unwrap_or(defaults.min_confidence);
    let severities = [
        ("low", Severity::Low),
        ("medium", Severity::Medium),
        ("high", Severity::High),
        ("critical", Severity::Critical),
    ];
    let or_seconds =
        |key, default, range| section.or(key, Duration::from_secs(default), &value::seconds(range));
    let shortest = value::seconds(0.0..=86_400.0);
    RuleConfig {
        shortest_event: section.or("shortest_event_s", kind.usual_shortest_event(), &shortest),
        kind,
        zone,
        mode: read_mode(section, context.mode),
        schedule: schedule::read(section, context.time_zone),
        severity: section.or("severity", defaults.severity, &value::one_of(&severities)),
        min_confidence: section.or("min_confidence", least, &value::share),
        clear_after: or_seconds("clear_after_s", defaults.clear_after_s, 0.1..=3600.0),
        cool_down: or_seconds("cool_down_s", defaults.cool_down_s, 0.0..=86_400.0),
        update_every: or_seconds("update_every_s", 30, 1.0..=86_400.0),
        evidence: EvidenceWindow {
            pre_roll: or_seconds("pre_roll_s", 5, 0.0..=60.0),
            post_roll: or_seconds("post_roll_s", 5, 0.0..=60.0),
            context: or_seconds("context_s", 2, 0.1..=60.0),
        },
        proposed_offence: section
            .optional("proposed_offence", &value::text_up_to(MAX_DETAIL_BYTES)),
        origin: RuleOrigin::Written,
    }
}

/// The line that a rule watches, which must be one of the camera's.
fn read_line(section: &Section<'_>, lines: &[LineConfig]) -> Option<ZoneId> {
    let line = section.required("line", &value::parsed::<ZoneId>)?;
    if !lines.iter().any(|known| known.id == line) {
        let known: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
        let remedy = match known.is_empty() {
            true => "add it as `[[camera.line]]` with `points = [[x, y], [x, y]]`".to_owned(),
            false => suggestion(line.as_str(), &known),
        };
        let wrong = Wrong::new(format!("no line \"{line}\" in this camera"), remedy);
        section.note("line", wrong);
    }
    Some(line)
}

/// A zone that a key names must be one of the camera's.
fn check_zone(section: &Section<'_>, key: &str, zone: &ZoneId, zones: &[ZoneConfig]) {
    if zones.iter().any(|known| known.id == *zone) {
        return;
    }
    let known: Vec<String> = zones.iter().map(|zone| zone.id.to_string()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let remedy = match known.is_empty() {
        true => "add it as `[[camera.zone]]`, or remove the key for the whole picture".to_owned(),
        false => suggestion(&zone.to_string(), &known),
    };
    section.note(
        key,
        Wrong::new(format!("no zone \"{zone}\" in this camera"), remedy),
    );
}

/// Reads `classes`; each must be one that the camera's model can see.
fn read_classes(
    section: &Section<'_>,
    context: &RuleContext<'_>,
    default: &[&str],
) -> Vec<std::sync::Arc<str>> {
    let own = default.iter().map(|word| (*word).to_owned()).collect();
    let words = section.or("classes", own, &value::list(value::text));
    if words.is_empty() {
        section.note("classes", Wrong::new("is empty", "name at least one class"));
    }
    if section.has("classes") {
        for word in &words {
            check_class(section, "classes", word, context);
        }
    } else if let Some(model) = context.model
        && !words
            .iter()
            .any(|word| model.manifest.object_classes().contains(&word.as_str()))
    {
        check_class(section, "classes", &words[0], context);
    }
    words.iter().map(|word| word.as_str().into()).collect()
}

fn check_class(section: &Section<'_>, key: &str, word: &str, context: &RuleContext<'_>) {
    let Some(model) = context.model else { return };
    let seen = model.manifest.object_classes();
    if !seen.contains(&word) {
        let wrong = Wrong::new(
            format!("model {:?} does not see {word:?}", model.manifest.name),
            suggestion(word, &seen),
        );
        section.note(key, wrong);
    }
}
