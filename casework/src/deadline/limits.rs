//! How long each stage may take, by category and urgency: a list of data, the most particular entry wins.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::stage::Stage;
use crate::category::is_family;

/// How urgent an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// *Bình thường*.
    Normal,
    /// *Khẩn*: the clock never stops, and somebody is called.
    Urgent,
}

impl Urgency {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Urgent => "urgent",
        }
    }
}

/// Which hours count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Every hour of day and night.
    AroundTheClock,
    /// The hours of the working calendar.
    Working,
}

impl Clock {
    /// When `length` of this clock has passed; none where the calendar does not open so long.
    #[must_use]
    pub fn after(
        self,
        calendar: &Calendar,
        from: Timestamp,
        length: SignedDuration,
    ) -> Option<Timestamp> {
        match self {
            Self::AroundTheClock => from.checked_add(length).ok(),
            Self::Working => calendar.after(from, length),
        }
    }

    /// How much of this clock passed between two moments; zero where `to` is not after `from`.
    #[must_use]
    pub fn between(self, calendar: &Calendar, from: Timestamp, to: Timestamp) -> SignedDuration {
        match self {
            Self::AroundTheClock => to.duration_since(from).max(SignedDuration::ZERO),
            Self::Working => calendar.between(from, to),
        }
    }
}

/// One entry of the list. What it does not name, it takes any of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// For this category and those below it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// For this urgency alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// Which stage.
    pub stage: Stage,
    /// How long, in hours; more than 0.
    pub hours: u32,
    /// Which hours count.
    pub clock: Clock,
    /// How long before the end somebody is warned, in hours; less than `hours`.
    pub warn_hours: u32,
}

/// The whole list. Invariant: every limit has `0 ≤ warn_hours < hours`, and no two say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Limit>", into = "Vec<Limit>")]
pub struct Limits(Vec<Limit>);

/// Why a list of limits is none. `index` counts from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsFault {
    /// The hours do not fit.
    #[error("limit {index}: warn_hours must be less than hours, and hours more than 0")]
    Hours {
        /// Which entry.
        index: usize,
    },
    /// Two entries say the same thing.
    #[error("limit {index}: {other} names the same category, urgency and stage")]
    Twice {
        /// Which entry.
        index: usize,
        /// The one before it.
        other: usize,
    },
}

impl TryFrom<Vec<Limit>> for Limits {
    type Error = LimitsFault;
    fn try_from(list: Vec<Limit>) -> Result<Self, LimitsFault> {
        let key = |limit: &Limit| (limit.category.clone(), limit.urgency, limit.stage);
        for (index, limit) in list.iter().enumerate() {
            if limit.hours == 0 || limit.warn_hours >= limit.hours {
                return Err(LimitsFault::Hours { index });
            }
            if let Some(other) = list
                .iter()
                .take(index)
                .position(|before| key(before) == key(limit))
            {
                return Err(LimitsFault::Twice { index, other });
            }
        }
        Ok(Self(list))
    }
}

impl From<Limits> for Vec<Limit> {
    fn from(limits: Limits) -> Self {
        limits.0
    }
}

impl Limits {
    /// The limit for a stage: the entry that names most of what is asked; none where no entry fits. A
    /// category outweighs an urgency.
    #[must_use]
    pub fn of(&self, category: &str, urgency: Urgency, stage: Stage) -> Option<&Limit> {
        self.0
            .iter()
            .filter(|limit| limit.stage == stage)
            .filter(|limit| {
                let own = limit.category.as_deref();
                own.is_none_or(|own| is_family(own, category))
            })
            .filter(|limit| limit.urgency.is_none_or(|own| own == urgency))
            .max_by_key(|limit| {
                let own = limit.category.as_deref();
                (own.map_or(0, |own| own.len() + 1), limit.urgency.is_some())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_limit_wins() {
        let json = r#"[
            {"stage":"process","hours":56,"clock":"working","warn_hours":8},
            {"urgency":"urgent","stage":"process","hours":24,"clock":"around_the_clock","warn_hours":4},
            {"category":"water","stage":"process","hours":12,"clock":"around_the_clock","warn_hours":2}
        ]"#;
        let limits: Limits = serde_json::from_str(json).unwrap();
        let hours = |category, urgency| limits.of(category, urgency, Stage::Process).unwrap().hours;
        assert_eq!(hours("litter", Urgency::Normal), 56);
        assert_eq!(hours("litter", Urgency::Urgent), 24);
        assert_eq!(hours("water", Urgency::Urgent), 12);
        assert_eq!(limits.of("water", Urgency::Urgent, Stage::Answer), None);
    }

    #[test]
    fn bad_lists_name_the_entry() {
        for (json, expected) in [
            (
                r#"[{"stage":"process","hours":0,"clock":"working","warn_hours":0}]"#,
                "limit 0: warn_hours",
            ),
            (
                r#"[{"stage":"process","hours":4,"clock":"working","warn_hours":4}]"#,
                "limit 0: warn_hours",
            ),
            (
                r#"[{"stage":"process","hours":4,"clock":"working","warn_hours":1},{"stage":"process","hours":5,"clock":"working","warn_hours":1}]"#,
                "limit 1: 0 names",
            ),
        ] {
            let fault = serde_json::from_str::<Limits>(json)
                .unwrap_err()
                .to_string();
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
