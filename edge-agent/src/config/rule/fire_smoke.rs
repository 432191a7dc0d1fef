//! `kind = "fire_smoke"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{Severity, ZoneId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    CommonDefaults, RuleContext, Schedule, Section, Wrong, check_zone, read_classes, schedule,
    value,
};

/// Flame or smoke that persists; one event for as long as anything burns.
#[derive(Debug, Clone, PartialEq)]
pub struct FireSmokeConfig {
    /// What counts. Default `fire` and `smoke`.
    pub classes: Vec<Arc<str>>,
    /// For each of them, least mean score of the better half of a place's
    /// pictures, 0 to 1: `min_confidence` where it is given,
    /// else what the model's card believes.
    pub thresholds: Vec<f32>,
    /// Time from the first sighting of a flame to the event, smoke three times that. Default 2 s.
    pub confirm: Duration,
    /// Least pictures in which a place was seen; decides where pictures are minutes apart. Default 4.
    pub min_pictures: usize,
    /// How far back scores count; longer where fewer than twice `min_pictures` lie in it. Default
    /// 10 s.
    pub window: Duration,
    /// Least share of the window's pictures in which the place was seen, 0 to 1. Default 0.6.
    pub persistence: f32,
    /// Largest box that counts, as a share of the picture; haze is larger. Default 0.4.
    pub max_area: f32,
    /// Zones where nothing counts: a chimney, a kiln, a flag.
    pub ignore_zones: Vec<ZoneId>,
    /// What is known to burn at known hours.
    pub known_sources: Vec<KnownSource>,
    /// The declared danger of forest fire; moves the threshold. The server's word replaces it.
    pub danger_level: Option<DangerLevel>,
    /// Whether a second model may refute what the detector sees. Default auto.
    pub verify: Verify,
    /// Probability of fire or smoke below which the verifier refutes. Default: its manifest's.
    pub veto_below: Option<f32>,
}

/// `[[camera.rule.known_source]]`: something that burns there and is no fire to report.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownSource {
    /// What it is, for people.
    pub name: String,
    /// Where its foot stands.
    pub zone: ZoneId,
    /// At which hours it burns, by the camera's local clock. Default always.
    pub hours: Schedule,
    /// The first and the last day on which it is permitted, by the camera's local clock; ends that are
    /// absent are open.
    pub days: (Option<Date>, Option<Date>),
}

impl KnownSource {
    /// Whether it may burn at that moment. Where nobody knows what time it is, only what always burns
    /// does: a fire that is told for nothing harms less than one that is not told.
    #[must_use]
    pub fn may_burn(&self, wall: Option<Timestamp>) -> bool {
        let Some(wall) = wall else {
            return self.hours.is_always() && self.days == (None, None);
        };
        let day = self.hours.zone().to_datetime(wall).date();
        let (first, last) = self.days;
        self.hours.is_open(Some(wall))
            && first.is_none_or(|first| day >= first)
            && last.is_none_or(|last| day <= last)
    }
}

/// Whether a second model may refute what the detector sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Where the agent has one.
    Auto,
    /// Never.
    Off,
}

/// The declared danger of forest fire, 1 (unlikely) to 5 (extreme).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DangerLevel(u8);

impl DangerLevel {
    /// The level of that number; none outside 1 to 5.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=5 => Some(Self(number)),
            _ => None,
        }
    }

    /// What thresholds are multiplied with: on a wet day only what is plain is told, on an extreme
    /// one much weaker signs are. Where no level is declared, nothing changes.
    #[must_use]
    pub const fn factor(level: Option<Self>) -> f32 {
        match level {
            Some(Self(1)) => 1.3,
            Some(Self(2)) => 1.15,
            Some(Self(4)) => 0.9,
            Some(Self(5)) => 0.8,
            Some(Self(_)) | None => 1.0,
        }
    }
}

pub(super) const DETAILS: &[&str] = &["fire_smoke", "fire", "smoke"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::High,
    min_confidence: 0.35,
    clear_after_s: 30,
    cool_down_s: 60,
};

pub(super) fn classes(config: &FireSmokeConfig) -> Vec<Arc<str>> {
    config.classes.clone()
}

/// What burns shorter than this was a lighter or a lamp.
pub(super) const fn shortest_event(_: &FireSmokeConfig) -> Duration {
    Duration::from_secs(20)
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> FireSmokeConfig {
    let classes = read_classes(section, context, &["fire", "smoke"]);
    for word in &classes {
        if !["fire", "smoke"].contains(&&**word) {
            let wrong = Wrong::new(
                format!("{word:?} does not burn"),
                "name \"fire\", \"smoke\" or both",
            );
            section.note("classes", wrong);
        }
    }
    let given = section.has("min_confidence");
    let common = || section.or("min_confidence", DEFAULTS.min_confidence, &value::share);
    let seconds =
        |key, default, range| section.or(key, Duration::from_secs(default), &value::seconds(range));
    let ignore_zones: Vec<ZoneId> = section.or(
        "ignore_zones",
        Vec::new(),
        &value::list(value::parsed::<ZoneId>),
    );
    for zone in &ignore_zones {
        check_zone(section, "ignore_zones", zone, context.zones);
    }
    let known_sources = read_known_sources(section, context);
    let level = section.optional("danger_level", &value::integer(1..=5_u8));
    let verify = [("auto", Verify::Auto), ("off", Verify::Off)];
    FireSmokeConfig {
        thresholds: classes
            .iter()
            .map(|class| context.believed(class).filter(|_| !given))
            .map(|least| least.unwrap_or_else(common))
            .collect(),
        classes,
        confirm: seconds("confirm_s", 2, 0.0..=3600.0),
        min_pictures: section.or("min_pictures", 4, &value::integer(1..=100_usize)),
        window: seconds("window_s", 10, 1.0..=3600.0),
        persistence: section.or("persistence", 0.6, &value::share),
        max_area: section.or("max_area", 0.4, &value::share),
        ignore_zones,
        known_sources,
        danger_level: level.and_then(DangerLevel::new),
        verify: section.or("verify", Verify::Auto, &value::one_of(&verify)),
        veto_below: section.optional("veto_below", &value::share),
    }
}

fn read_known_sources(section: &Section<'_>, context: &RuleContext<'_>) -> Vec<KnownSource> {
    let mut sources = Vec::new();
    for section in section.tables("known_source") {
        let name = section.required("name", &value::text);
        let zone = section.required("zone", &value::parsed::<ZoneId>);
        if let Some(zone) = &zone {
            check_zone(&section, "zone", zone, context.zones);
        }
        let hours = schedule::read_hours(&section, context.time_zone);
        let first = section.optional("from", &value::parsed::<Date>);
        let last = section.optional("until", &value::parsed::<Date>);
        if let (Some(first), Some(last)) = (first, last)
            && last < first
        {
            let wrong = Wrong::new(
                "is before `from`: it is never permitted",
                "correct one of them",
            );
            section.note("until", wrong);
        }
        section.finish();
        if let (Some(name), Some(zone)) = (name, zone) {
            sources.push(KnownSource {
                name,
                zone,
                hours,
                days: (first, last),
            });
        }
    }
    sources
}
