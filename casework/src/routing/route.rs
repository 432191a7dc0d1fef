//! The list of rules, and the answer with its reasons.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, Judged, Subject, Term};
use crate::area::{AreaId, Atlas};
use crate::unit::{UnitId, UnitTree};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, for people and for the explanation.
    pub name: String,
    /// What must hold.
    #[serde(default)]
    pub when: Condition,
    /// Who answers for it.
    pub lead: UnitId,
    /// Who helps.
    #[serde(default)]
    pub supporting: Vec<UnitId>,
}

/// Where an incident goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To a unit.
    Unit {
        /// By which rule.
        rule: String,
        /// Who answers for it.
        lead: UnitId,
        /// Who helps.
        supporting: Vec<UnitId>,
    },
    /// To the common tray, for a person to route.
    CommonTray,
}

/// What was found of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The rule's name.
    pub rule: String,
    /// What was found.
    pub verdict: Verdict,
}

/// What was found of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It fits: the last of an explanation.
    Fits,
    /// This condition does not hold.
    Fails(Term),
    /// It would send a complaint to whom it is about.
    WouldGoToAccused(UnitId),
    /// It cannot be judged; somebody must mend it.
    Broken(Broken),
}

/// Why a rule cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An area is gone.
    #[error("area {} does not exist", .0.0)]
    NoSuchArea(AreaId),
    /// A unit is gone.
    #[error("unit {0} does not exist")]
    NoSuchUnit(UnitId),
    /// There is no such day.
    #[error("weekday {0} is none of 1 (Monday) to 7 (Sunday)")]
    NoSuchWeekday(i8),
}

/// An answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// Where it goes.
    pub route: Route,
    /// Every rule that was looked at, in order; the last one fits unless the route is the common tray.
    pub explanation: Vec<Explained>,
}

impl Routed {
    /// The rules that could not be judged: each is an alarm for the administrator.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &Broken)> {
        self.explanation
            .iter()
            .filter_map(|explained| match &explained.verdict {
                Verdict::Broken(why) => Some((explained.rule.as_str(), why)),
                _ => None,
            })
    }
}

/// What routes: the rules, and what they speak of.
#[derive(Debug, Clone)]
pub struct Router<'a> {
    /// The rules, in order.
    pub rules: &'a [Rule],
    /// The areas.
    pub atlas: &'a Atlas,
    /// The units.
    pub units: &'a UnitTree,
    /// The zone of hours and weekdays.
    pub zone: TimeZone,
}

impl Router<'_> {
    /// Routes one incident.
    #[must_use]
    pub fn route(&self, subject: &Subject) -> Routed {
        let mut explanation = Vec::new();
        for rule in self.rules {
            let verdict = self.judge(rule, subject);
            let fits = verdict == Verdict::Fits;
            explanation.push(Explained {
                rule: rule.name.clone(),
                verdict,
            });
            if fits {
                let lead = rule.lead.clone();
                let route = Route::Unit {
                    rule: rule.name.clone(),
                    supporting: without(&rule.supporting, &lead),
                    lead,
                };
                return Routed { route, explanation };
            }
        }
        Routed {
            route: Route::CommonTray,
            explanation,
        }
    }

    fn judge(&self, rule: &Rule, subject: &Subject) -> Verdict {
        let units = || std::iter::once(&rule.lead).chain(&rule.supporting);
        if let Some(gone) = units().find(|unit| self.units.get(unit).is_none()) {
            return Verdict::Broken(Broken::NoSuchUnit(gone.clone()));
        }
        match rule.when.judge(subject, self.atlas, &self.zone) {
            Judged::NoSuchArea(area) => return Verdict::Broken(Broken::NoSuchArea(area)),
            Judged::NoSuchWeekday(day) => return Verdict::Broken(Broken::NoSuchWeekday(day)),
            Judged::Fails(term) => return Verdict::Fails(term),
            Judged::Holds => {}
        }
        // A unit below the accused reports to it, so it is kept out as well.
        let accused = subject
            .complained_of
            .as_ref()
            .and_then(|accused| units().find(|unit| self.units.is_within(unit, accused)));
        accused.map_or(Verdict::Fits, |unit| {
            Verdict::WouldGoToAccused(unit.clone())
        })
    }
}

fn without(supporting: &[UnitId], lead: &UnitId) -> Vec<UnitId> {
    let others: BTreeSet<&UnitId> = supporting.iter().filter(|unit| *unit != lead).collect();
    others.into_iter().cloned().collect()
}
