//! `kind = "encroachment"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::Severity;

use super::{CommonDefaults, RuleContext, Section, read_classes, value};

/// Things or people occupy the zone; the zone is one event for as long as it is occupied.
#[derive(Debug, Clone, PartialEq)]
pub struct EncroachmentConfig {
    /// What counts. Default `two_wheeler`, `car`, `large_vehicle`.
    pub classes: Vec<Arc<str>>,
    /// Whether what stands there and did not before counts too, whatever it is. Default: unless
    /// `classes` are named.
    pub left_objects: LeftObjects,
    /// Stay after which a thing occupies. Default 120 s.
    pub dwell: Duration,
    /// Least share of a box inside the zone, 0 to 1; absent: its bottom centre must be inside.
    pub min_overlap: Option<f32>,
}

/// Whether things count that no model has a class for: goods, stalls, a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftObjects {
    /// They do.
    Count,
    /// Only what the model sees does.
    Ignored,
}

pub(super) const DETAILS: &[&str] = &["zone_occupied"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::Medium,
    min_confidence: 0.4,
    clear_after_s: 15,
    cool_down_s: 60,
};

pub(super) fn classes(config: &EncroachmentConfig) -> Vec<Arc<str>> {
    config.classes.clone()
}

pub(super) const fn shortest_event(config: &EncroachmentConfig) -> Duration {
    config.dwell
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> EncroachmentConfig {
    // Who names classes wants those.
    let usual = match section.has("classes") {
        true => LeftObjects::Ignored,
        false => LeftObjects::Count,
    };
    EncroachmentConfig {
        classes: read_classes(section, context, &["two_wheeler", "car", "large_vehicle"]),
        left_objects: section.or(
            "left_objects",
            usual,
            &value::one_of(&[
                ("count", LeftObjects::Count),
                ("ignore", LeftObjects::Ignored),
            ]),
        ),
        dwell: section.or(
            "dwell_s",
            Duration::from_secs(120),
            &value::seconds(0.0..=86_400.0),
        ),
        min_overlap: section.optional("min_overlap", &value::share),
    }
}
