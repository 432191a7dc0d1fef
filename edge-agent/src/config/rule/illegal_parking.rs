//! `kind = "illegal_parking"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::Severity;

use super::{CommonDefaults, RuleContext, Section, read_classes, value};

/// A vehicle stands in the zone; each place where one stands is an event of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct IllegalParkingConfig {
    /// What counts. Default `car`, `large_vehicle`.
    pub classes: Vec<Arc<str>>,
    /// Standing after which it is parking. Default 300 s.
    pub dwell: Duration,
    /// Most that the middle of a standing vehicle's box wanders, as a share of the box's mean
    /// side. Default 0.25: detectors jitter, queues creep further.
    pub max_move: f32,
    /// Least share of a box inside the zone, 0 to 1; absent: its bottom centre must be inside.
    pub min_overlap: Option<f32>,
}

pub(super) const DETAILS: &[&str] = &["illegal_parking"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::Medium,
    min_confidence: 0.4,
    clear_after_s: 15,
    cool_down_s: 300,
};

pub(super) fn classes(config: &IllegalParkingConfig) -> Vec<Arc<str>> {
    config.classes.clone()
}

pub(super) const fn shortest_event(config: &IllegalParkingConfig) -> Duration {
    config.dwell
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> IllegalParkingConfig {
    IllegalParkingConfig {
        classes: read_classes(section, context, &["car", "large_vehicle"]),
        dwell: section.or(
            "dwell_s",
            Duration::from_secs(300),
            &value::seconds(0.0..=86_400.0),
        ),
        max_move: section.or("max_move", 0.25, &value::share),
        min_overlap: section.optional("min_overlap", &value::share),
    }
}
