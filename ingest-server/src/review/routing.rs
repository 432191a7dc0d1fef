//! Which unit an incident goes to: the rules are asked, the answer is kept with its reasons, and a rule that cannot
//! be judged is told loudly.
//!
//! What does not belong here: the rules' meaning (`casework::routing`), the step that routes.

use casework::area::Place;
use casework::routing::{Explained, Route, Routed, Router, Severity, Source, Subject, Verdict};
use casework::unit::UnitId;
use contract::v1::{AgentId, Place as Reported};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ReviewError;
use crate::incident::{IncidentId, witness};
use crate::office::Office;
use crate::store::entity::{case_route, incident};
use crate::store::{self, Access, StoreError, Tx};
use crate::telemetry::{ROUTED, ROUTING_RULES_BROKEN};

/// An answer of the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// Where it goes, and why.
    pub routed: Routed,
}

impl Reasons {
    /// The rule that fits.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match &self.routed.route {
            Route::Unit { rule, .. } => Some(rule),
            Route::CommonTray => None,
        }
    }
}

/// A reason as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReason {
    /// The rule's name.
    pub rule: String,
    /// `fits`, `fails`, `would_go_to_accused`, `broken`.
    pub verdict: String,
    /// The term that failed, the unit that is accused, or what is broken.
    pub term: Option<String>,
}

/// An explanation as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRoute {
    /// The rule that fits; none in the common tray.
    pub rule: Option<String>,
    /// The unit it went to.
    pub lead: Option<UnitId>,
    /// Units that help.
    pub supporting: Vec<UnitId>,
    /// Every rule that was looked at, in order.
    pub reasons: Vec<StoredReason>,
}

/// Asks the rules about an incident.
///
/// # Errors
/// [`ReviewError::Store`].
pub async fn ask(
    on: &impl Access,
    office: &Office,
    row: &incident::Model,
) -> Result<Reasons, ReviewError> {
    let subject = subject_of(row, danger_level(on, row).await?)?;
    let routed = router(office).route(&subject);
    for (rule, why) in routed.broken() {
        metrics::counter!(ROUTING_RULES_BROKEN).increment(1);
        tracing::error!(rule, reason = %why, incident.id = row.id, "a routing rule cannot be judged and is passed by; mend it in the policy");
    }
    let outcome = match routed.route {
        Route::Unit { .. } => "unit",
        Route::CommonTray => "common_tray",
    };
    metrics::counter!(ROUTED, "outcome" => outcome).increment(1);
    Ok(Reasons { routed })
}

/// What routes by the office's documents.
#[must_use]
pub fn router(office: &Office) -> Router<'_> {
    Router {
        rules: &office.policy.rules,
        atlas: &office.atlas,
        units: &office.policy.units,
        zone: office.policy.zone.clone(),
    }
}

/// Keeps the reasons with the incident.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn keep(
    tx: &Tx,
    office: &Office,
    row: &incident::Model,
    reasons: &Reasons,
    now: Timestamp,
) -> Result<(), StoreError> {
    let stored = stored(&reasons.routed);
    let row = case_route::Model {
        incident_id: row.id.clone(),
        version: row.version,
        at: now.as_microsecond(),
        policy_version: office.policy_version,
        areas_version: office.areas_version,
        explanation: serde_json::to_string(&stored).unwrap_or_default(),
    };
    store::put_route(tx, row).await
}

/// The answer as it is stored and shown.
#[must_use]
pub fn stored(routed: &Routed) -> StoredRoute {
    let reasons = routed.explanation.iter().map(reason).collect();
    match routed.route.clone() {
        Route::Unit {
            rule,
            lead,
            supporting,
        } => StoredRoute {
            rule: Some(rule),
            lead: Some(lead),
            supporting,
            reasons,
        },
        Route::CommonTray => StoredRoute {
            rule: None,
            lead: None,
            supporting: Vec::new(),
            reasons,
        },
    }
}

fn reason(explained: &Explained) -> StoredReason {
    let (verdict, term) = match &explained.verdict {
        Verdict::Fits => ("fits", None),
        Verdict::Fails(term) => ("fails", Some(term.as_str().to_owned())),
        Verdict::WouldGoToAccused(unit) => ("would_go_to_accused", Some(unit.to_string())),
        Verdict::Broken(why) => ("broken", Some(why.to_string())),
    };
    StoredReason {
        rule: explained.rule.clone(),
        verdict: verdict.to_owned(),
        term,
    }
}

/// What rules may ask of an incident.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn subject_of(row: &incident::Model, danger_level: Option<u8>) -> Result<Subject, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "incidents",
        column,
    };
    let word = |text: &str| serde_json::Value::from(text);
    let place = row
        .place
        .as_deref()
        .map(serde_json::from_str::<Reported>)
        .transpose()
        .map_err(|_| unreadable("place"))?;
    let severity: Severity =
        serde_json::from_value(word(&row.severity)).map_err(|_| unreadable("severity"))?;
    let source: Source =
        serde_json::from_value(word(&row.source)).map_err(|_| unreadable("source"))?;
    Ok(Subject {
        category: witness::category_of(&row.kind, &row.detail)
            .as_str()
            .to_owned(),
        place: match place {
            Some(Reported::Point { position, .. }) => Some(Place {
                lat: position.lat,
                lon: position.lon,
            }),
            // A bearing is no place: whose area the smoke rises from is not known.
            Some(Reported::Bearing(_)) | None => None,
        },
        at: Timestamp::from_microsecond(row.occurred_start)
            .map_err(|_| unreadable("occurred_start"))?,
        severity,
        source,
        danger_level,
        complained_of: accused(row)?,
    })
}

/// The danger level that is declared where the incident's camera stands.
pub(super) async fn danger_level(
    on: &impl Access,
    row: &incident::Model,
) -> Result<Option<u8>, StoreError> {
    let Ok(agent) = row.agent.parse::<AgentId>() else {
        return Ok(None);
    };
    let desired = store::desired_of_agent(on, &agent).await?;
    Ok(desired.and_then(|desired| desired.state.danger_level))
}

/// The unit that is complained of.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn accused(row: &incident::Model) -> Result<Option<UnitId>, StoreError> {
    row.complained_of
        .as_deref()
        .map(UnitId::new)
        .transpose()
        .map_err(|_| StoreError::Unreadable {
            table: "incidents",
            column: "complained_of",
        })
}

/// A complaint goes neither to whom it is about nor below.
///
/// # Errors
/// [`ReviewError::WouldGoToAccused`].
pub fn check_accused(
    row: &incident::Model,
    office: &Office,
    lead: &UnitId,
    supporting: &[UnitId],
) -> Result<(), ReviewError> {
    let Some(accused) = accused(row)? else {
        return Ok(());
    };
    let units = &office.policy.units;
    let hit = std::iter::once(lead)
        .chain(supporting)
        .any(|unit| units.is_within(unit, &accused));
    match hit {
        true => Err(ReviewError::WouldGoToAccused),
        false => Ok(()),
    }
}

/// What changed rules would have done with an incident of the past, at this danger level.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn past_subject(
    row: &incident::Model,
    danger_level: Option<u8>,
) -> Result<(IncidentId, Subject), StoreError> {
    Ok((store::incident_id(row)?, subject_of(row, danger_level)?))
}
