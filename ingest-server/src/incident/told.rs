//! What citizens say of an incident together, beside what its cameras say.
//!
//! A function of the set of their reports, whatever order they came in: how many, the gravest, the
//! earliest moment, the place that is known best.

use contract::v1::{Place, Position, Severity};
use serde::{Deserialize, Serialize};

/// What citizens say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// How many reports.
    pub reports: u32,
    /// The gravest.
    pub severity: Severity,
    /// The first moment, microseconds UTC.
    pub start: i64,
    /// The place that is known best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Told {
    /// What both say together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            reports: self.reports.saturating_add(other.reports),
            severity: self.severity.max(other.severity),
            start: self.start.min(other.start),
            place: better(self.place, other.place),
        }
    }
}

/// A point with the least uncertainty; among equals the more southern, then the more western.
fn better(a: Option<Place>, b: Option<Place>) -> Option<Place> {
    let key = |place: &Place| match place {
        Place::Point {
            position: Position { lat, lon, .. },
            uncertainty_m,
        } => [*uncertainty_m, *lat, *lon],
        Place::Bearing(_) => [f64::INFINITY; 3],
    };
    let (Some(left), Some(right)) = (&a, &b) else {
        return a.or(b);
    };
    let less = key(left)
        .iter()
        .zip(key(right))
        .map(|(a, b)| a.total_cmp(&b))
        .find(|order| order.is_ne());
    match less {
        Some(std::cmp::Ordering::Greater) => b,
        _ => a,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told() -> impl Strategy<Value = Told> {
        let place = proptest::option::of((0_u8..3, 0_u8..3, 0_u8..3));
        (1_u32..4, 0_usize..4, 0_i64..5, place).prop_map(|(reports, severity, start, place)| Told {
            reports,
            severity: [
                Severity::Low,
                Severity::Medium,
                Severity::High,
                Severity::Critical,
            ][severity],
            start,
            place: place.map(|(m, lat, lon)| Place::Point {
                position: Position {
                    lat: f64::from(lat),
                    lon: f64::from(lon),
                },
                uncertainty_m: f64::from(m),
            }),
        })
    }

    proptest! {
        #[test]
        fn the_order_of_reports_does_not_matter(a in told(), b in told(), c in told()) {
            prop_assert_eq!(a.clone().and(b.clone()), b.clone().and(a.clone()));
            prop_assert_eq!(a.clone().and(b.clone()).and(c.clone()), a.and(b.and(c)));
        }
    }
}
