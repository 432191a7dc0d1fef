//! What one camera's analysis is to be: its configuration with the server's wishes laid over it.

use contract::v1::{Mute, RuleRef, ZoneId};
use jiff::Timestamp;

use crate::config::{CameraConfig, DangerLevel, RuleConfig, RuleKind, RuleMode};

/// Whether a camera's rules run at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Running {
    /// They do.
    #[default]
    Yes,
    /// The server wants them not to.
    No,
}

/// What one camera's analysis is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The camera, wishes laid over it.
    pub camera: CameraConfig,
    /// SHA-256 of what that was made from, hexadecimal: what reports say they rest on.
    pub version: String,
    /// Rules that raise nothing for a time.
    pub muted: Vec<Mute>,
    /// Whether its rules run at all.
    pub running: Running,
    /// The danger of forest fire that the server declared.
    pub danger_level: Option<DangerLevel>,
}

impl Plan {
    /// The camera as configured.
    #[must_use]
    pub const fn of(camera: CameraConfig, version: String) -> Self {
        Self {
            camera,
            version,
            muted: Vec::new(),
            running: Running::Yes,
            danger_level: None,
        }
    }

    /// Whether a rule must keep silent at this wall time.
    #[must_use]
    pub fn silences(&self, rule: &RuleConfig, now: Timestamp) -> bool {
        self.running == Running::No
            || self
                .muted
                .iter()
                .any(|mute| mute.until > now && names(&mute.rule, rule))
    }

    /// The next moment at which a mute ends.
    #[must_use]
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.muted.iter().map(|mute| mute.until);
        ends.filter(|until| *until > now).min()
    }
}

/// The rule that the server's name means; the live one where another runs in its shadow.
#[must_use]
pub fn named<'r>(name: &RuleRef, rules: &'r [RuleConfig]) -> Option<&'r RuleConfig> {
    let meant = || rules.iter().filter(|rule| names(name, rule));
    let live = meant().find(|rule| rule.mode == RuleMode::Live);
    live.or_else(|| meant().next())
}

/// Whether the server's name for a rule means this one, or its shadow.
#[must_use]
pub fn names(name: &RuleRef, rule: &RuleConfig) -> bool {
    name.rule == rule.kind.word() && name.zone == rule.zone
}

/// The zones that a rule looks at.
pub(super) fn zones_of(rule: &RuleConfig) -> Vec<&ZoneId> {
    let mut zones: Vec<&ZoneId> = rule.zone.iter().collect();
    if let RuleKind::FireSmoke(own) = &rule.kind {
        zones.extend(&own.ignore_zones);
        let sources = own.known_sources.iter();
        zones.extend(sources.filter_map(|source| source.zone.as_ref()));
    }
    zones
}
