//! What of casework is a matter of the installation: units, rules, limits, calendar, call trees, times of the
//! desk. One document, taken whole or not at all, so that a rule and the unit it names come together.
//!
//! What does not belong here: areas (a map of their own, [`crate::area`]), where the document is kept.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::category::is_family;
use crate::deadline::{Calendar, Ladder, Limits};
use crate::lifecycle::Rules;
use crate::overdue::OverdueLists;
use crate::routing::{Rule, Severity};
use crate::unit::{TreeFault, Unit, UnitTree};

/// What an installation starts with.
const SHIPPED: &str = include_str!("../data/policy.toml");
/// Longest time that anything of the desk lasts.
const MOST_MINUTES: u32 = 24 * 60;
/// Longest time to reopen.
const MOST_DAYS: u32 = 366;

/// Times of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskTimes {
    /// A claim ends by itself after so many minutes, 1 to 1,440.
    pub claim_minutes: u32,
    /// Within so many minutes a step is taken back by who took it, 1 to 1,440.
    pub undo_minutes: u32,
    /// So many days after publication whoever reported it may reopen, 1 to 366.
    pub reopen_days: u32,
    /// Whether a confirmed incident goes to its unit at once.
    pub auto_route: bool,
}

/// Whom to call about incidents of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallTree {
    /// For this category and those below it; for all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Whom, in order.
    pub ladder: Ladder,
}

/// The document as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    time_zone: String,
    urgent_from: Severity,
    desk: DeskTimes,
    #[serde(default)]
    overdue_lists: OverdueLists,
    calendar: Calendar,
    limits: Limits,
    #[serde(default)]
    call_trees: Vec<CallTree>,
    #[serde(default)]
    units: Vec<Unit>,
    #[serde(default)]
    rules: Vec<Rule>,
}

/// The rules of an installation. Invariant: units make a tree, rule names are one of a kind, times lie in their
/// ranges. A rule may name an area or a unit that is gone: that is told when it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Where days begin.
    pub zone: TimeZone,
    /// From which severity on an incident opens as urgent.
    pub urgent_from: Severity,
    /// Times of the desk.
    pub desk: DeskTimes,
    /// When units are told what they let become overdue in a month.
    pub overdue_lists: OverdueLists,
    /// Working time.
    pub calendar: Calendar,
    /// How long stages may take.
    pub limits: Limits,
    /// Whom to call.
    pub call_trees: Vec<CallTree>,
    /// The units.
    pub units: UnitTree,
    /// The rules of routing, in order.
    pub rules: Vec<Rule>,
}

/// Why a document is no policy. Nothing of it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// It cannot be read; the text says where.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The zone is unknown.
    #[error("time_zone: {0:?} is no time zone")]
    Zone(String),
    /// A time of the desk does not fit.
    #[error("desk.{key}: must lie between 1 and {most}")]
    Desk {
        /// Which.
        key: &'static str,
        /// The most it may be.
        most: u32,
    },
    /// The lists of a month would be made at no time.
    #[error("overdue_lists.{key}: must lie between {least} and {most}")]
    OverdueLists {
        /// Which.
        key: &'static str,
        /// The least it may be.
        least: i8,
        /// The most it may be.
        most: i8,
    },
    /// The units make no tree.
    #[error("units: {0}")]
    Units(#[source] TreeFault),
    /// Two rules have one name, or one has none.
    #[error("rules[{index}]: the name {name:?} is empty or stands for another rule")]
    RuleName {
        /// Which, from 0.
        index: usize,
        /// Its name.
        name: String,
    },
    /// A rule leads nowhere.
    #[error("rules[{index}] ({name}): unit {unit} does not exist")]
    RuleUnit {
        /// Which, from 0.
        index: usize,
        /// Its name.
        name: String,
        /// The unit.
        unit: String,
    },
}

impl Policy {
    /// What an installation starts with: no unit, no rule, so that all lies in the common tray; urgent 24 hours
    /// around the clock, normal three to seven working days.
    #[must_use]
    pub fn shipped() -> Self {
        match Self::from_toml(SHIPPED) {
            Ok(policy) => policy,
            Err(fault) => unreachable!("the shipped policy is read by a test: {fault}"),
        }
    }

    /// The shipped document with its comments, to begin from.
    #[must_use]
    pub const fn shipped_text() -> &'static str {
        SHIPPED
    }

    /// Reads a policy from TOML.
    ///
    /// # Errors
    /// [`PolicyFault`].
    pub fn from_toml(text: &str) -> Result<Self, PolicyFault> {
        let raw =
            toml::from_str(text).map_err(|fault| PolicyFault::Unreadable(fault.to_string()))?;
        Self::of(raw)
    }

    /// Reads a policy from JSON of the same form.
    ///
    /// # Errors
    /// [`PolicyFault`].
    pub fn from_json(value: serde_json::Value) -> Result<Self, PolicyFault> {
        let raw = serde_json::from_value(value)
            .map_err(|fault| PolicyFault::Unreadable(fault.to_string()))?;
        Self::of(raw)
    }

    /// The document as JSON.
    ///
    /// # Errors
    /// Never for what this type holds; the encoder's signature says so.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self.raw())
    }

    /// The document as TOML.
    ///
    /// # Errors
    /// Never for what this type holds; the encoder's signature says so.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(&self.raw())
    }

    fn raw(&self) -> Raw {
        Raw {
            time_zone: self.zone.iana_name().unwrap_or("UTC").to_owned(),
            urgent_from: self.urgent_from,
            desk: self.desk,
            overdue_lists: self.overdue_lists,
            calendar: self.calendar.clone(),
            limits: self.limits.clone(),
            call_trees: self.call_trees.clone(),
            units: self.units.iter().cloned().collect(),
            rules: self.rules.clone(),
        }
    }

    fn of(raw: Raw) -> Result<Self, PolicyFault> {
        let zone = TimeZone::get(&raw.time_zone).map_err(|_| PolicyFault::Zone(raw.time_zone))?;
        check_desk(&raw.desk)?;
        if let Some((key, least, most)) = raw.overdue_lists.fault() {
            return Err(PolicyFault::OverdueLists { key, least, most });
        }
        let units = UnitTree::new(raw.units).map_err(PolicyFault::Units)?;
        check_rules(&raw.rules, &units)?;
        Ok(Self {
            zone,
            urgent_from: raw.urgent_from,
            desk: raw.desk,
            overdue_lists: raw.overdue_lists,
            calendar: raw.calendar,
            limits: raw.limits,
            call_trees: raw.call_trees,
            units,
            rules: raw.rules,
        })
    }

    /// What steps depend on.
    #[must_use]
    pub fn steps(&self) -> Rules<'_> {
        Rules {
            units: &self.units,
            reopen_window: self.reopen_window(),
            zone: self.zone.clone(),
        }
    }

    /// How long an incident may be reopened after its answer was published.
    #[must_use]
    pub fn reopen_window(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.desk.reopen_days))
    }

    /// How long a claim lasts.
    #[must_use]
    pub fn claim_length(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.desk.claim_minutes))
    }

    /// How long a step may be taken back.
    #[must_use]
    pub fn undo_window(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.desk.undo_minutes))
    }

    /// Whom to call about an incident of this category: the most particular tree.
    #[must_use]
    pub fn call_tree(&self, category: &str) -> Option<&Ladder> {
        self.call_trees
            .iter()
            .filter(|tree| {
                let own = tree.category.as_deref();
                own.is_none_or(|own| is_family(own, category))
            })
            .max_by_key(|tree| tree.category.as_ref().map_or(0, |own| own.len() + 1))
            .map(|tree| &tree.ladder)
    }
}

fn check_desk(desk: &DeskTimes) -> Result<(), PolicyFault> {
    for (key, value, most) in [
        ("claim_minutes", desk.claim_minutes, MOST_MINUTES),
        ("undo_minutes", desk.undo_minutes, MOST_MINUTES),
        ("reopen_days", desk.reopen_days, MOST_DAYS),
    ] {
        if !(1..=most).contains(&value) {
            return Err(PolicyFault::Desk { key, most });
        }
    }
    Ok(())
}

fn check_rules(rules: &[Rule], units: &UnitTree) -> Result<(), PolicyFault> {
    for (index, rule) in rules.iter().enumerate() {
        let name = rule.name.clone();
        let twice = rules.iter().take(index).any(|before| before.name == name);
        if twice || name.trim().is_empty() {
            return Err(PolicyFault::RuleName { index, name });
        }
        let mut named = std::iter::once(&rule.lead).chain(&rule.supporting);
        if let Some(gone) = named.find(|unit| units.get(unit).is_none()) {
            let unit = gone.to_string();
            return Err(PolicyFault::RuleUnit { index, name, unit });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline::{Stage, Urgency};

    #[test]
    fn the_shipped_policy_is_taken_and_comes_back_from_json() {
        let shipped = Policy::shipped();
        let hours = |urgency, stage| shipped.limits.of("any", urgency, stage).unwrap().hours;
        assert_eq!(hours(Urgency::Urgent, Stage::Process), 24);
        assert_eq!(hours(Urgency::Normal, Stage::Process), 3 * 8);
        assert_eq!(hours(Urgency::Normal, Stage::Answer), 7 * 8);
        let wrong_way = shipped.limits.of(
            "traffic_violation/wrong_way",
            Urgency::Normal,
            Stage::LegalVerification,
        );
        assert_eq!(wrong_way.unwrap().hours, 30 * 24);
        assert!(shipped.call_tree("fire_smoke").is_some());
        assert_eq!(
            Policy::from_json(shipped.to_json().unwrap()).as_ref(),
            Ok(&shipped)
        );
        let text = shipped.to_toml().unwrap();
        assert_eq!(Policy::from_toml(&text).as_ref(), Ok(&shipped), "{text}");
    }

    #[test]
    fn the_example_is_taken_with_its_areas() {
        let policy = Policy::from_toml(include_str!("../../config/policy.example.toml")).unwrap();
        let areas = include_str!("../../config/areas.example.geojson");
        let atlas = crate::area::Atlas::from_geojson(areas).unwrap();
        let named = policy.rules.iter().flat_map(|rule| &rule.when.area);
        for area in named {
            assert!(atlas.knows(area), "{area:?}");
        }
        assert_eq!(policy.limits, Policy::shipped().limits);
        assert_eq!(policy.units.iter().count(), 5);
    }

    #[test]
    fn a_fault_names_its_key() {
        let units = r#"
            units = [{ id = "a", name = "A" }]
            rules = [{ name = "r", lead = "a" }]
        "#;
        let good = format!("{units}\n{SHIPPED}");
        assert!(Policy::from_toml(&good).is_ok());
        for (from, to, expected) in [
            (
                "claim_minutes = 5",
                "claim_minutes = 0",
                "desk.claim_minutes",
            ),
            ("reopen_days = 14", "reopen_days = 400", "desk.reopen_days"),
            ("day = 1", "day = 31", "overdue_lists.day"),
            ("hour = 8", "hour = 24", "overdue_lists.hour"),
            ("lead = \"a\"", "lead = \"b\"", "rules[0] (r): unit b"),
            ("name = \"r\"", "name = \" \"", "rules[0]"),
            (
                "id = \"a\", name",
                "id = \"a\", parent = \"x\", name",
                "units: unit a stands below x",
            ),
            ("urgent_from", "urgent_form", "urgent_form"),
            ("\nhours = 24", "\nhours = 3", "limit 2"),
            (
                "time_zone = \"Asia/Ho_Chi_Minh\"\n# An",
                "time_zone = \"Asia/Nowhere\"\n# An",
                "Asia/Nowhere",
            ),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            let fault = Policy::from_toml(&bad).unwrap_err().to_string();
            assert!(fault.contains(expected), "{expected}: {fault}");
        }
    }
}
