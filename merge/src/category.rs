//! Categories: a tree by their codes, and what is usual of each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What reaches farther than this is filed by family too; metres.
pub(crate) const FAR_FROM_M: f64 = 600.0;

/// A category's code: words joined by `/`, the parent first, e.g. `traffic_violation/wrong_way`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// Takes a code.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first word: the family.
    #[must_use]
    pub fn family(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// How another category stands to this one.
    #[must_use]
    pub fn relation(&self, other: &Self) -> Relation {
        if self == other {
            Relation::Same
        } else if self.family() == other.family() {
            Relation::Related
        } else {
            Relation::Other
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How two categories stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// One and the same.
    Same,
    /// Of one family.
    Related,
    /// Neither.
    Other,
}

/// Where another event of the same camera stands to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zones {
    /// Zones are drawn to tell things apart: two pavements of one street.
    Apart,
    /// The thing moves or spreads from zone to zone: a herd, a fire.
    Together,
}

/// What one event of a camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// A sight of a state that others of its events may show too.
    State,
    /// An act of one vehicle: two events of one camera are two acts unless one plate says otherwise.
    Act,
}

/// Whether a link may quiet an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// A fire: it links only to a fire that is still seen and not yet dismissed, and raises it.
    NeverSilenced,
    /// Anything else.
    Ordinary,
}

/// What is usual of a category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Farther apart than this, beyond both uncertainties, two reports are not one incident; metres.
    pub radius_m: f64,
    /// Longer apart than this they are not one; hours.
    pub window_h: f64,
    /// A report this long after the closure is a recurrence; hours.
    pub recurs_h: f64,
    /// How large the thing itself is: one standard deviation of where on it people point, metres.
    pub extent_m: f64,
    /// How fast it may wander, metres a second: twice the deviation of how fast it does; 0 for what stays.
    #[serde(default)]
    pub drift_mps: f64,
    /// How many new incidents a square kilometre of town has in a day.
    pub per_km2_day: f64,
    /// How many other incidents of this category stand next door to a given one while it lasts.
    pub clump: f64,
    /// How far it can be seen along a bearing; kilometres.
    #[serde(default = "one_km")]
    pub seen_km: f64,
    /// What zones of one camera mean.
    #[serde(default = "apart")]
    pub zones: Zones,
    /// What one event of a camera is.
    #[serde(default = "state")]
    pub each: Each,
    /// Whether a link may quiet it.
    #[serde(default = "ordinary")]
    pub alarm: Alarm,
    /// How usual it is in each hour of the local day, 24 factors around 1; empty: all alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hour: Vec<f64>,
}

const fn one_km() -> f64 {
    1.0
}
const fn apart() -> Zones {
    Zones::Apart
}
const fn state() -> Each {
    Each::State
}
const fn ordinary() -> Alarm {
    Alarm::Ordinary
}

impl Category {
    /// Incidents of this category that a square kilometre holds at a time of day, open or over for
    /// less than the window.
    #[must_use]
    pub fn per_km2(&self, local_hour: usize) -> f64 {
        let factor = self.by_hour.get(local_hour).copied().unwrap_or(1.0);
        self.per_km2_day * factor * (self.window_h / 24.0)
    }

    /// How far apart two reports of one incident may be told, metres.
    #[must_use]
    pub fn reach_m(&self) -> f64 {
        let seen = if self.seen_km > 1.0 {
            2_000.0 * self.seen_km
        } else {
            0.0
        };
        let drift = self.drift_mps * self.window_h * 3_600.0;
        seen.max(self.radius_m + drift)
    }

    /// Whether it is found by its family over kilometres, beside by its ground.
    #[must_use]
    pub fn is_far(&self) -> bool {
        self.reach_m() > FAR_FROM_M
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_follow_the_codes() {
        let of = |a: &str, b: &str| Code::new(a).relation(&Code::new(b));
        assert_eq!(of("a/b", "a/b"), Relation::Same);
        assert_eq!(of("a/b", "a/c"), Relation::Related);
        assert_eq!(of("a", "a/c"), Relation::Related);
        assert_eq!(of("a", "b"), Relation::Other);
        assert_eq!(of("ab/x", "a/x"), Relation::Other);
    }
}
