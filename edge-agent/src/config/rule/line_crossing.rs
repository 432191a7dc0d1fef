//! `kind = "line_crossing"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::Severity;

use super::passage::{self, PassageConfig};
use super::{CommonDefaults, RuleContext, Section, read_classes, value};

/// A thing crosses the line the way it must not.
#[derive(Debug, Clone, PartialEq)]
pub struct LineCrossingConfig {
    /// What counts. Default `two_wheeler`, `car`, `large_vehicle`.
    pub classes: Vec<Arc<str>>,
    /// Which way is forbidden. Default: both, and forward where the line says what forward is.
    pub direction: Direction,
    /// How surely it crossed.
    pub passage: PassageConfig,
}

/// Which way a line must not be crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the line's `towards`.
    Forward,
    /// Away from it.
    Backward,
    /// Either way.
    Both,
}

pub(super) const DETAILS: &[&str] = &["line_crossing"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::Medium,
    min_confidence: 0.4,
    clear_after_s: 3,
    cool_down_s: 10,
};

pub(super) fn classes(config: &LineCrossingConfig) -> Vec<Arc<str>> {
    config.classes.clone()
}

/// What drives fast is near a line for less than a second.
pub(super) const fn shortest_event(_: &LineCrossingConfig) -> Duration {
    Duration::from_millis(500)
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> LineCrossingConfig {
    let words = [
        ("forward", Direction::Forward),
        ("backward", Direction::Backward),
        ("both", Direction::Both),
    ];
    let named = section.optional("line", &value::text);
    let line = named.and_then(|id| {
        let mut lines = context.lines.iter();
        lines.find(|line| line.id.as_str() == id)
    });
    let usual = match line.map(|line| line.towards) {
        Some(Some(_)) => Direction::Forward,
        _ => Direction::Both,
    };
    let direction = section.or("direction", usual, &value::one_of(&words));
    if direction != Direction::Both {
        passage::check_direction(section, context);
    }
    LineCrossingConfig {
        classes: read_classes(section, context, &["two_wheeler", "car", "large_vehicle"]),
        direction,
        passage: passage::read(section, 0.25),
    }
}
