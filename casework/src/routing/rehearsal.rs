//! What changed rules would have done with incidents of the past.

use std::collections::BTreeMap;

use super::condition::Subject;
use super::route::{Route, Router};

/// One incident that would have gone elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved<K> {
    /// Which.
    pub incident: K,
    /// Where it goes by the rules of now.
    pub now: Route,
    /// Where it would go.
    pub then: Route,
}

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal<K> {
    /// How many incidents were looked at.
    pub looked_at: usize,
    /// How many each changed rule would take; a rule with none is in here with 0.
    pub taken: BTreeMap<String, usize>,
    /// How many would go to the common tray.
    pub common_tray: usize,
    /// Those that would go elsewhere, in the order they were given.
    pub moved: Vec<Moved<K>>,
    /// Rules that could not be judged, with the reason in words.
    pub broken: BTreeMap<String, String>,
}

/// Routes incidents of the past by two lists of rules.
pub fn rehearse<K>(
    now: &Router<'_>,
    then: &Router<'_>,
    incidents: impl IntoIterator<Item = (K, Subject)>,
) -> Rehearsal<K> {
    let mut found = Rehearsal {
        looked_at: 0,
        taken: then
            .rules
            .iter()
            .map(|rule| (rule.name.clone(), 0))
            .collect(),
        common_tray: 0,
        moved: Vec::new(),
        broken: BTreeMap::new(),
    };
    for (incident, subject) in incidents {
        found.looked_at += 1;
        let (before, after) = (now.route(&subject), then.route(&subject));
        for (rule, why) in after.broken() {
            found.broken.insert(rule.to_owned(), why.to_string());
        }
        match &after.route {
            Route::Unit { rule, .. } => *found.taken.entry(rule.clone()).or_default() += 1,
            Route::CommonTray => found.common_tray += 1,
        }
        if goes_elsewhere(&before.route, &after.route) {
            found.moved.push(Moved {
                incident,
                now: before.route,
                then: after.route,
            });
        }
    }
    found
}

/// The same units by another rule are no move.
fn goes_elsewhere(a: &Route, b: &Route) -> bool {
    let units = |route: &Route| match route {
        Route::Unit {
            lead, supporting, ..
        } => Some((lead.clone(), supporting.clone())),
        Route::CommonTray => None,
    };
    units(a) != units(b)
}
