//! The documents by which incidents are worked, rehearsals, and what is overdue.

use std::collections::BTreeMap;

use casework::routing::{Rehearsal, Route};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::IncidentSummary;
use super::casework::StepBody;
use crate::incident::IncidentId;

/// The policy in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub struct PolicyView {
    /// Its version; 0 is the shipped one.
    pub version: i64,
    /// The document, in the form of `casework/data/policy.toml`.
    #[schema(value_type = Object)]
    pub policy: serde_json::Value,
}

/// The map of areas in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Areas)]
pub struct AreasView {
    /// Its version; 0 is none.
    pub version: i64,
    /// A `GeoJSON` `FeatureCollection`.
    #[schema(value_type = Object)]
    pub areas: serde_json::Value,
}

/// A policy is to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPolicyRequest {
    /// The version it was made from.
    pub version: i64,
    /// The document.
    #[schema(value_type = Object)]
    pub policy: serde_json::Value,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
}

/// A map of areas is to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAreasRequest {
    /// The version it was made from.
    pub version: i64,
    /// A `GeoJSON` `FeatureCollection`.
    #[schema(value_type = Object)]
    pub areas: serde_json::Value,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
}

/// A document was set.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupAnswer {
    /// The policy in force.
    pub policy_version: i64,
    /// The areas in force.
    pub areas_version: i64,
    /// Areas that rules name and the map never had: those rules are passed by.
    pub unknown_areas: Vec<String>,
}

/// A policy is to be tried on the past.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalRequest {
    /// The document.
    #[schema(value_type = Object)]
    pub policy: serde_json::Value,
    /// How many days back, 1 to 366.
    #[schema(minimum = 1, maximum = 366)]
    pub days: u32,
}

/// An incident that would have gone elsewhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MovedIncident)]
pub struct MovedView {
    /// Which.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// The unit by the rules of now; absent for the common tray.
    pub now: Option<String>,
    /// The unit it would go to.
    pub then: Option<String>,
}

/// What a policy would have done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rehearsal)]
pub struct RehearsalView {
    /// How many incidents were looked at, 20,000 at most: the newest.
    pub looked_at: usize,
    /// How many each rule would take.
    pub taken: BTreeMap<String, usize>,
    /// How many would lie in the common tray.
    pub common_tray: usize,
    /// Those that would go elsewhere.
    pub moved: Vec<MovedView>,
    /// Rules that could not be judged, and why.
    pub broken: BTreeMap<String, String>,
}

impl RehearsalView {
    /// The answer of a rehearsal.
    #[must_use]
    pub fn new(found: Rehearsal<IncidentId>, number: impl Fn(IncidentId) -> i64) -> Self {
        let unit = |route: Route| match route {
            Route::Unit { lead, .. } => Some(lead.to_string()),
            Route::CommonTray => None,
        };
        Self {
            looked_at: found.looked_at,
            taken: found.taken,
            common_tray: found.common_tray,
            broken: found.broken,
            moved: found
                .moved
                .into_iter()
                .map(|moved| MovedView {
                    id: moved.incident.as_uuid(),
                    number: number(moved.incident),
                    now: unit(moved.now),
                    then: unit(moved.then),
                })
                .collect(),
        }
    }
}

/// What is overdue of one unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverdueUnit)]
pub struct OverdueUnitView {
    /// The unit; absent for the common tray.
    pub unit: Option<String>,
    /// How many incidents.
    pub count: i64,
}

/// What is overdue.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverdueList {
    /// When this was so.
    pub at: Timestamp,
    /// Those that wait longest first; `due_at` and `due_stage` say since when and which stage.
    pub items: Vec<IncidentSummary>,
    /// How many each unit has.
    pub units: Vec<OverdueUnitView>,
}

/// An incident on the version that was seen.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenIncident {
    /// Which.
    pub id: Uuid,
    /// Its version on the screen.
    pub version: i64,
}

/// One step for many incidents.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// 1 to 200 incidents.
    pub items: Vec<SeenIncident>,
    /// What is to be done with each.
    pub step: StepBody,
}

/// What became of one of many.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkOutcome {
    /// Which.
    pub id: Uuid,
    /// The version it stands at, where the step was taken.
    pub version: Option<i64>,
    /// Why it was not, as `code` of a problem.
    pub code: Option<&'static str>,
    /// Why the step was refused, as a word.
    pub reason: Option<&'static str>,
}

/// What became of many.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkAnswer {
    /// In the order of the request.
    pub items: Vec<BulkOutcome>,
}
