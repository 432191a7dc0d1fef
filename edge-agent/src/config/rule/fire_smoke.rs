//! `kind = "fire_smoke"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{Severity, ZoneId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    Bearings, CommonDefaults, RuleContext, Schedule, Section, Wrong, check_zone, read_classes,
    schedule, value,
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
    /// Where its foot stands in the picture. Where a zone and a direction are given, both must hold.
    pub zone: Option<ZoneId>,
    /// In which direction it lies.
    pub sector: Option<Sector>,
    /// At which hours it burns, by the camera's local clock. Default always.
    pub hours: Schedule,
    /// The first and the last day on which it is permitted, by the camera's local clock; ends that are
    /// absent are open.
    pub days: (Option<Date>, Option<Date>),
}

/// Directions from a camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sector {
    /// The middle one, in degrees clockwise from true north.
    pub degrees: f64,
    /// How far to each side of it, in degrees. Default 2.
    pub within: f64,
}

impl Sector {
    /// Whether a direction, in degrees clockwise from true north, is one of them.
    #[must_use]
    pub fn holds(&self, degrees: f64) -> bool {
        let off = (degrees - self.degrees + 180.0).rem_euclid(360.0) - 180.0;
        off.abs() <= self.within
    }
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
        let zone = section.optional("zone", &value::parsed::<ZoneId>);
        if let Some(zone) = &zone {
            check_zone(&section, "zone", zone, context.zones);
        }
        let sector = read_sector(&section, context);
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
        if let Some(name) = name {
            sources.push(KnownSource {
                name,
                zone,
                sector,
                hours,
                days: (first, last),
            });
        }
    }
    sources
}

/// Keys `bearing` and `within_deg`; a source needs them or a zone.
fn read_sector(section: &Section<'_>, context: &RuleContext<'_>) -> Option<Sector> {
    let degrees = section.optional("bearing", &value::number(0.0..=360.0));
    let within = section.optional("within_deg", &value::number(0.1..=45.0));
    if !section.has("zone") && !section.has("bearing") {
        let wrong = Wrong::new(
            "nothing says where it is",
            "add `zone = …`, where its foot stands in the picture, or `bearing = …`, in which direction it lies",
        );
        section.note("zone", wrong);
    }
    if section.has("within_deg") && !section.has("bearing") {
        let wrong = Wrong::new(
            "is no direction by itself",
            "add `bearing = …`, or remove it",
        );
        section.note("within_deg", wrong);
    }
    if section.has("bearing") && context.bearings == Bearings::Unknown {
        let wrong = Wrong::new(
            "nobody knows in which direction this camera looks",
            "add `[camera.calibration]` with `height_m`, `azimuth` and `field_of_view`, or give a `zone` instead",
        );
        section.note("bearing", wrong);
    }
    Some(Sector {
        degrees: degrees?,
        within: within.unwrap_or(2.0),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, RuleKind};

    const TOWER: &str = "place = { lat = 16.2, lon = 107.8 }\ncalibration = { height_m = 30.0, azimuth = 90.0, \
        tilt = 3.0, field_of_view = 60.0, uncertainty_deg = 0.5 }\n";

    fn read(camera: &str, source: &str) -> Result<Vec<KnownSource>, String> {
        let text = format!(
            "[[model]]\nname = \"vong-starter\"\n[[camera]]\nid = \"tower\"\nurl = \"rtsp://h/p\"\n{camera}\
             [[camera.zone]]\nid = \"kiln\"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\n\
             [[camera.rule]]\nkind = \"fire_smoke\"\n[[camera.rule.known_source]]\n{source}"
        );
        let config =
            Config::parse(&text, Path::new("agent.toml")).map_err(|error| error.to_string())?;
        match &config.cameras[0].rules[0].kind {
            RuleKind::FireSmoke(own) => Ok(own.known_sources.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_source_is_known_by_a_zone_a_direction_or_both() {
        for (source, zone, sector) in [
            ("name = \"a\"\nzone = \"kiln\"", true, None),
            ("name = \"a\"\nbearing = 359", false, Some((359.0, 2.0))),
            (
                "name = \"a\"\nbearing = 12.5\nwithin_deg = 0.5\nzone = \"kiln\"",
                true,
                Some((12.5, 0.5)),
            ),
        ] {
            let known = read(TOWER, source).unwrap();
            let found = known[0]
                .sector
                .map(|sector| (sector.degrees, sector.within));
            assert_eq!((known[0].zone.is_some(), found), (zone, sector), "{source}");
        }
    }

    #[test]
    fn a_source_without_a_place_is_one_clear_fault() {
        for (camera, source, fault) in [
            (
                TOWER,
                "name = \"a\"",
                "known_source[0].zone: nothing says where it is",
            ),
            (
                "",
                "name = \"a\"\nbearing = 12",
                "known_source[0].bearing: nobody knows in which direction this camera looks",
            ),
            (
                TOWER,
                "name = \"a\"\nbearing = 400",
                "known_source[0].bearing: ",
            ),
            (
                TOWER,
                "name = \"a\"\nzone = \"kiln\"\nwithin_deg = 3",
                "known_source[0].within_deg: is no direction by itself",
            ),
            (
                TOWER,
                "name = \"a\"\nzone = \"klin\"",
                "did you mean \"kiln\"",
            ),
        ] {
            let told = read(camera, source).unwrap_err();
            assert!(told.contains(fault), "{source}: {told}");
            assert_eq!(told.matches("known_source").count(), 1, "{told}");
        }
    }

    #[test]
    fn a_sector_goes_round_north() {
        let north = Sector {
            degrees: 359.0,
            within: 2.0,
        };
        for (bearing, inside) in [
            (0.5, true),
            (357.0, true),
            (1.5, false),
            (180.0, false),
            (356.0, false),
        ] {
            assert_eq!(north.holds(bearing), inside, "{bearing}");
        }
    }
}
