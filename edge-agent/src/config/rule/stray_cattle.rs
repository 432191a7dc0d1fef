//! `kind = "stray_cattle"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::Severity;

use super::{CommonDefaults, RuleContext, Section, check_class, value};

/// Cattle in the zone; the herd is one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayCattleConfig {
    /// Presence after which the event is raised; filters passing ghosts. Default 2 s.
    pub confirm: Duration,
    /// Least animals at once. Default 1.
    pub min_count: u32,
}

pub(super) const DETAILS: &[&str] = &["stray_cattle"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::High,
    min_confidence: 0.4,
    clear_after_s: 10,
    cool_down_s: 60,
};

pub(super) fn classes(_: &StrayCattleConfig) -> Vec<Arc<str>> {
    vec!["cattle".into()]
}

/// Cattle do not hurry.
pub(super) const fn shortest_event(_: &StrayCattleConfig) -> Duration {
    Duration::from_secs(10)
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> StrayCattleConfig {
    check_class(section, "kind", "cattle", context);
    let confirm = value::seconds(0.0..=600.0);
    StrayCattleConfig {
        confirm: section.or("confirm_s", Duration::from_secs(2), &confirm),
        min_count: section.or("min_count", 1, &value::integer(1..=1000_u32)),
    }
}
