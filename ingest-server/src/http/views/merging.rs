//! How an incident came to be one: what was weighed and why, what is suggested, what people merged
//! and split.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::time;
use crate::store::entity::incident;
use crate::store::{MergeStep, StoreError, StoredDecision};

/// "It is the same as that one."
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// The incident that takes this one's reports.
    pub into: Uuid,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// "These reports are of something else."
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// The reports that leave, at least one and not all: ids of events; at most 200.
    #[schema(max_items = 200)]
    pub reports: Vec<String>,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// "That merge or split was wrong."
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoMergeRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// The step that is undone.
    pub step: Uuid,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// An answer to a suggestion.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuggestionRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// The suggestion.
    pub suggestion: Uuid,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// Another incident, by the names that people know it by.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IncidentRef {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
}

/// How an incident came to be one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Merging {
    /// The incident it was merged into: then it is left as it stood.
    pub inside: Option<IncidentRef>,
    /// What was weighed, newest first; at most 50.
    pub decisions: Vec<MergeDecisionView>,
    /// What people merged and split, newest first.
    pub steps: Vec<MergeStepView>,
}

/// A report that was weighed against an incident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MergeDecision)]
pub struct MergeDecisionView {
    /// Its id; a suggestion is answered by it.
    pub id: Uuid,
    /// The report: an event's id.
    pub report: String,
    /// The incident that the report went to.
    pub incident: Option<IncidentRef>,
    /// The incident it was weighed against.
    pub candidate: Option<IncidentRef>,
    /// `linked`, `suggested`, `recurrence` (of a closed one), or `weighed` and found too light.
    #[schema(example = "linked")]
    pub verdict: String,
    /// How likely the two were one, 0 to 1.
    pub probability: Option<f64>,
    /// −log2 of the unrelated incidents expected there.
    pub prior_bits: Option<f64>,
    /// Everything that was found, with its weight.
    pub findings: Vec<FindingView>,
    /// The model that weighed.
    pub model: String,
    /// When.
    pub at: Timestamp,
    /// `accepted`, `declined`, or `null` while nobody answered.
    pub answer: Option<String>,
    /// Who answered.
    pub answered_by: Option<String>,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MergeFinding)]
pub struct FindingView {
    /// What was found, as a word.
    #[schema(example = "space_within_1")]
    pub level: &'static str,
    /// What it weighs, in bits.
    pub bits: f64,
    /// What was measured: metres, seconds, or a likeness of 0 to 1.
    pub measured: Option<f64>,
}

/// A merge or split by a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MergeStep)]
pub struct MergeStepView {
    /// Its id; it is undone by it.
    pub id: Uuid,
    /// `merge` or `split`.
    #[schema(example = "merge")]
    pub verb: String,
    /// The incident that the reports left.
    pub from: Option<IncidentRef>,
    /// The incident they moved to.
    pub to: Option<IncidentRef>,
    /// The reports that moved.
    pub reports: Vec<String>,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Who undid it.
    pub undone_by: Option<String>,
}

/// What merging knows of an incident.
pub struct MergingRows {
    /// Decisions, newest first.
    pub decisions: Vec<StoredDecision>,
    /// Steps, newest first.
    pub steps: Vec<MergeStep>,
    /// Numbers of the incidents they name.
    pub numbers: BTreeMap<String, i64>,
}

impl MergingRows {
    /// The incidents that rows name, to be looked up.
    #[must_use]
    pub fn named(
        row: &incident::Model,
        decisions: &[StoredDecision],
        steps: &[MergeStep],
    ) -> BTreeSet<String> {
        let decisions = decisions.iter().flat_map(|decision| {
            std::iter::once(decision.row.incident_id.clone())
                .chain(decision.row.candidate_id.clone())
        });
        let steps = steps
            .iter()
            .flat_map(|step| [step.row.from_incident.clone(), step.row.to_incident.clone()]);
        decisions.chain(steps).chain(row.inside.clone()).collect()
    }

    /// The view.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn view(self, row: &incident::Model) -> Result<Merging, StoreError> {
        let numbers = &self.numbers;
        Ok(Merging {
            inside: row.inside.as_deref().and_then(|id| known(id, numbers)),
            decisions: self
                .decisions
                .into_iter()
                .map(|decision| decision_view(decision, numbers))
                .collect::<Result<_, _>>()?,
            steps: self
                .steps
                .into_iter()
                .map(|step| step_view(step, numbers))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn known(id: &str, numbers: &BTreeMap<String, i64>) -> Option<IncidentRef> {
    Some(IncidentRef {
        id: id.parse().ok()?,
        number: *numbers.get(id)?,
    })
}

fn uuid(text: &str, table: &'static str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|_| StoreError::Unreadable {
        table,
        column: "id",
    })
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn decision_view(
    decision: StoredDecision,
    numbers: &BTreeMap<String, i64>,
) -> Result<MergeDecisionView, StoreError> {
    const TABLE: &str = "merge_decisions";
    let row = decision.row;
    let score = decision.score;
    Ok(MergeDecisionView {
        id: uuid(&row.id, TABLE)?,
        incident: known(&row.incident_id, numbers),
        candidate: row
            .candidate_id
            .as_deref()
            .and_then(|id| known(id, numbers)),
        report: row.witness_id,
        verdict: row.verdict,
        probability: row.probability.map(|p| (p * 10_000.0).round() / 10_000.0),
        prior_bits: score.as_ref().map(|score| hundredths(score.prior_bits)),
        findings: score
            .iter()
            .flat_map(|score| &score.findings)
            .map(|found| FindingView {
                level: found.level.as_str(),
                bits: hundredths(found.bits),
                measured: found.measured.map(hundredths),
            })
            .collect(),
        model: row.model,
        at: time(row.decided_at, TABLE, "decided_at")?,
        answer: row.answer,
        answered_by: row.answered_by,
    })
}

fn step_view(
    step: MergeStep,
    numbers: &BTreeMap<String, i64>,
) -> Result<MergeStepView, StoreError> {
    const TABLE: &str = "merge_steps";
    let row = step.row;
    Ok(MergeStepView {
        id: uuid(&row.id, TABLE)?,
        verb: row.verb,
        from: known(&row.from_incident, numbers),
        to: known(&row.to_incident, numbers),
        reports: step.step.moved.into_iter().collect(),
        actor: row.actor,
        at: time(row.at, TABLE, "at")?,
        undone_by: row.undone_by,
    })
}
