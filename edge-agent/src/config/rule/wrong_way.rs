//! `kind = "wrong_way"`.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::Severity;

use super::{CommonDefaults, RuleContext, Section, read_classes, value};
use crate::config::fault::Wrong;
use crate::config::zone::Measure;
use crate::geometry::NormPoint;

/// A vehicle drives against the direction of the zone's lane.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongWayConfig {
    /// What counts. Default `two_wheeler`, `car`, `large_vehicle`.
    pub classes: Vec<Arc<str>>,
    /// The way that the lane's traffic drives, point by point, in fractions of the picture; at least two.
    pub direction: Vec<NormPoint>,
    /// Least pictures on each half of the way. Default 3.
    pub pictures: u32,
    /// Least way against the lane, in mean sides of the vehicle's box. Default 2.
    pub min_path: f32,
    /// Least time that the way takes. Default 0.6 s.
    pub confirm: Duration,
    /// Most degrees between its way and the opposite of the lane's. Default 45.
    pub max_angle: f32,
}

pub(super) const DETAILS: &[&str] = &["wrong_way"];

pub(super) const DEFAULTS: CommonDefaults = CommonDefaults {
    severity: Severity::High,
    min_confidence: 0.4,
    clear_after_s: 3,
    cool_down_s: 10,
};

pub(super) fn classes(config: &WrongWayConfig) -> Vec<Arc<str>> {
    config.classes.clone()
}

/// A motorbike that drives fast is in a lane for few seconds.
pub(super) const fn shortest_event(_: &WrongWayConfig) -> Duration {
    Duration::from_millis(500)
}

pub(super) fn read(section: &Section<'_>, context: &RuleContext<'_>) -> WrongWayConfig {
    let measure = Measure::read(section);
    let way = value::list(value::array::<2, f32>(value::real));
    let direction = section.required("direction", &|raw| {
        let points = way(raw)?.into_iter();
        let points = points.map(|[x, y]| measure.point(NormPoint { x, y }));
        let points = points.collect::<Result<Vec<_>, _>>()?;
        let apart = |pair: &[NormPoint]| match pair {
            [a, b] => (b.x - a.x).hypot(b.y - a.y) >= 0.01,
            _ => false,
        };
        if points.len() >= 2 && points.windows(2).all(apart) {
            return Ok(points);
        }
        Err(Wrong::new(
            "is no way",
            "give two points or more, apart from each other: [[x, y], [x, y]] points from the first to the \
             second, the way that traffic must drive",
        ))
    });
    WrongWayConfig {
        classes: read_classes(section, context, &["two_wheeler", "car", "large_vehicle"]),
        direction: direction.unwrap_or_default(),
        pictures: section.or("pictures", 3, &value::integer(1..=100_u32)),
        min_path: section.or("min_path", 2.0, &value::sides),
        confirm: section.or(
            "confirm_s",
            Duration::from_millis(600),
            &value::seconds(0.0..=60.0),
        ),
        max_angle: section.or("max_angle_deg", 45.0, &value::degrees),
    }
}
