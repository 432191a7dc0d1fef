//! `kind = "red_light"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{Severity, ZoneId};

use super::passage::{self, PassageConfig};
use super::{CommonDefaults, RuleContext, Section, read_classes, value};
use crate::config::fault::{Wrong, suggestion};

/// A vehicle crosses the stop line while its signal is red.
#[derive(Debug, Clone, PartialEq)]
pub struct RedLightConfig {
    /// What counts. Default `two_wheeler`, `car`, `large_vehicle`.
    pub classes: Vec<Arc<str>>,
    /// The `[[camera.signal]]` that it goes by. Default: the only one.
    pub signal: Option<ZoneId>,
    /// For so long the signal must have been red before the line is crossed. Default 0.5 s.
    pub grace: Duration,
    /// How surely it crossed.
    pub passage: PassageConfig,
}

pub(super) const DETAILS: &[&str] = &["red_light"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::High,
    min_confidence: 0.4,
    clear_after_s: 3,
    cool_down_s: 10,
};

pub(super) fn classes(config: &RedLightConfig) -> Vec<Arc<str>> {
    config.classes.clone()
}

/// What drives fast is near a line for less than a second.
pub(super) const fn shortest_event(_: &RedLightConfig) -> Duration {
    Duration::from_millis(500)
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> RedLightConfig {
    passage::check_direction(section, context);
    let signal = read_signal(section, context);
    check_pose(section, context, signal.as_ref());
    RedLightConfig {
        classes: read_classes(section, context, &["two_wheeler", "car", "large_vehicle"]),
        signal,
        grace: section.or(
            "grace_s",
            Duration::from_millis(500),
            &value::seconds(0.0..=10.0),
        ),
        // A wheel on the line, or a rider who rolls a little over it, does not run the red.
        passage: passage::read(section, 0.5),
    }
}

/// Line and signal must be seen in one pose.
fn check_pose(section: &Section<'_>, context: &RuleContext<'_>, signal: Option<&ZoneId>) {
    let line = section.optional("line", &value::text);
    let line = line.and_then(|id| {
        let mut lines = context.lines.iter();
        lines.find(|line| line.id.as_str() == id)
    });
    let signal = context
        .signals
        .iter()
        .find(|known| Some(&known.id) == signal);
    let of_line = line.and_then(|line| line.pose);
    let of_signal = signal.and_then(|signal| signal.pose);
    if let (Some(of_line), Some(of_signal)) = (of_line, of_signal)
        && of_line != of_signal
    {
        let wrong = Wrong::new(
            "the line is of one pose and the signal of another: they are never seen together",
            "give both the same `pose`",
        );
        section.note("line", wrong);
    }
}

fn read_signal(section: &Section<'_>, context: &RuleContext<'_>) -> Option<ZoneId> {
    let known: Vec<&str> = context
        .signals
        .iter()
        .map(|signal| signal.id.as_str())
        .collect();
    let named = section.optional("signal", &value::parsed::<ZoneId>);
    let wrong = match (&named, known.as_slice()) {
        (None, [_]) => return context.signals.first().map(|signal| signal.id.clone()),
        (None, _) if section.has("signal") => return None,
        (None, []) => Wrong::new(
            "no signal to go by",
            "add one as `[[camera.signal]]` with `lamp = [[x, y], …]` around its head",
        ),
        (None, known) => Wrong::new("missing", format!("name one of: {}", known.join(", "))),
        (Some(named), known) if known.contains(&named.as_str()) => return Some(named.clone()),
        (Some(named), []) => Wrong::new(
            format!("no signal \"{named}\" in this camera"),
            "add it as `[[camera.signal]]`",
        ),
        (Some(named), known) => Wrong::new(
            format!("no signal \"{named}\" in this camera"),
            suggestion(named.as_str(), known),
        ),
    };
    section.note("signal", wrong);
    None
}
