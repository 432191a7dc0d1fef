//! `kind = "camera_health"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::Severity;

use super::{CommonDefaults, RuleContext, Section, Wrong, value};

/// The camera does not see, or its pictures cannot be believed. Each concern is an event of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraHealthConfig {
    /// What it looks out for. Default: everything.
    pub watch: Vec<HealthConcern>,
    /// Time without a picture after which the camera is offline. Default 60 s.
    pub offline_after: Duration,
    /// Time after which a picture that shows nothing, or the wrong thing, is told. Default 120 s.
    pub blind_after: Duration,
    /// Time below the rate that its rules need after which that is told. Default 120 s.
    pub slow_after: Duration,
}

/// What can keep a camera from being believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HealthConcern {
    /// No picture comes.
    Offline,
    /// Pictures come and never change.
    Frozen,
    /// Something is before the lens.
    Covered,
    /// It looks elsewhere.
    Moved,
    /// What it shows is soft.
    OutOfFocus,
    /// It shows black by day.
    TooDark,
    /// Fewer pictures are analysed than its rules need.
    TooSlow,
    /// Its clock or the agent's is wrong, or nobody knows.
    Clock,
}

impl CameraHealthConfig {
    /// Whether what it looks out for shows in pictures.
    #[must_use]
    pub fn looks_at_pictures(&self) -> bool {
        self.watch.iter().any(|concern| {
            !matches!(
                concern,
                HealthConcern::Offline | HealthConcern::TooSlow | HealthConcern::Clock
            )
        })
    }
}

impl HealthConcern {
    const ALL: [(&'static str, Self); 8] = [
        ("offline", Self::Offline),
        ("frozen", Self::Frozen),
        ("covered", Self::Covered),
        ("moved", Self::Moved),
        ("out_of_focus", Self::OutOfFocus),
        ("too_dark", Self::TooDark),
        ("too_slow", Self::TooSlow),
        ("clock", Self::Clock),
    ];
}

pub(super) const DETAILS: &[&str] = &[
    "offline",
    "frozen",
    "covered",
    "moved",
    "out_of_focus",
    "too_dark",
    "too_slow",
    "camera_clock",
    "agent_clock",
    "clock_unknown",
];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::Medium,
    min_confidence: 0.0,
    clear_after_s: 10,
    cool_down_s: 60,
};

pub(super) const fn classes(_: &CameraHealthConfig) -> Vec<Arc<str>> {
    Vec::new()
}

/// Its own faults last for minutes.
pub(super) const fn shortest_event(config: &CameraHealthConfig) -> Duration {
    config.blind_after
}

pub(super) fn read(section: &Section<'_>, _: &RuleContext<'_>) -> CameraHealthConfig {
    if section.has("zone") {
        let wrong = Wrong::new("a camera's health has no zone", "remove the key");
        section.note("zone", wrong);
    }
    let after = |key, default, least| {
        section.or(
            key,
            Duration::from_secs(default),
            &value::seconds(least..=280.0),
        )
    };
    CameraHealthConfig {
        watch: section.or(
            "watch",
            HealthConcern::ALL.map(|(_, concern)| concern).to_vec(),
            &value::list(value::one_of(&HealthConcern::ALL)),
        ),
        offline_after: after("offline_after_s", 60, 5.0),
        blind_after: after("blind_after_s", 120, 10.0),
        slow_after: after("slow_after_s", 120, 30.0),
    }
}
