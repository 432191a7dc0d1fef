//! How an incident is worked: the case, its deadlines, calls, route, and what may be done next.

use casework::clock::{Running, paused};
use casework::deadline::{PauseReason, Stage, Urgency};
use casework::desk::Grip;
use casework::duty::{Known, due_of};
use casework::lifecycle::{Action, Outcome};
use casework::people::Actor;
use casework::unit::UnitId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{json, time};
use crate::http::error::{ApiError, FieldProblemView};
use crate::incident::witness;
use crate::office::Office;
use crate::review::routing::StoredRoute;
use crate::review::{CallOutcome, calls_in, urgency_of};
use crate::store::entity::{case_call, case_route, incident};
use crate::store::{self, StoreError, StoredStep};

/// A step that somebody wants to take.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// The version the decision was made on.
    pub version: i64,
    /// What is to be done, and what belongs to it.
    pub step: StepBody,
}

/// What is to be done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseStep)]
pub struct StepBody {
    /// `mark_eligible`, `mark_not_eligible`, `acknowledge`, `confirm`, `reject`, `route`, `accept`, `return`,
    /// `pass_down`, `start`, `answer`, `approve`, `send_back`, `publish`, `resolve`, `close_unresolved`, `defer`,
    /// `resume_work`, `reopen`.
    #[schema(example = "route")]
    pub action: String,
    /// Why, as a word: with `mark_not_eligible`, `reject`, `return`, `close_unresolved`, `reopen`; with `answer` why
    /// it could not be done, absent where it was.
    #[serde(default)]
    pub reason: Option<String>,
    /// With `route` and `pass_down`: the unit that answers for it.
    #[serde(default)]
    pub unit: Option<String>,
    /// With `route`: the units that help.
    #[serde(default)]
    pub supporting: Vec<String>,
    /// With `defer`: the day to look again, `YYYY-MM-DD`.
    #[serde(default)]
    #[schema(example = "2027-01-15")]
    pub day: Option<String>,
    /// Why, or what was done, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

impl StepBody {
    /// The action.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`] names the field that is missing or unknown.
    pub fn action(&self) -> Result<Action, ApiError> {
        Ok(match self.action.as_str() {
            "mark_eligible" => Action::MarkEligible,
            "mark_not_eligible" => Action::MarkNotEligible(read("reason", self.reason.as_ref())?),
            "acknowledge" => Action::Acknowledge,
            "confirm" => Action::Confirm,
            "reject" => Action::Reject(read("reason", self.reason.as_ref())?),
            "route" => Action::Route {
                lead: unit("unit", self.unit.as_ref())?,
                supporting: self
                    .supporting
                    .iter()
                    .map(|id| unit("supporting", Some(id)))
                    .collect::<Result<_, _>>()?,
            },
            "accept" => Action::Accept,
            "return" => Action::Return(read("reason", self.reason.as_ref())?),
            "pass_down" => Action::PassDown(unit("unit", self.unit.as_ref())?),
            "start" => Action::Start,
            "answer" => Action::Answer(match &self.reason {
                None => Outcome::Done,
                Some(why) => Outcome::NotDone(read("reason", Some(why))?),
            }),
            "approve" => Action::Approve,
            "send_back" => Action::SendBack,
            "publish" => Action::Publish,
            "resolve" => Action::Resolve,
            "close_unresolved" => Action::CloseUnresolved(read("reason", self.reason.as_ref())?),
            "defer" => Action::Defer(read::<Date>("day", self.day.as_ref())?),
            "resume_work" => Action::Resume,
            "reopen" => Action::Reopen(read("reason", self.reason.as_ref())?),
            _ => return Err(bad("action")),
        })
    }
}

fn bad(field: &str) -> ApiError {
    ApiError::InvalidFields(vec![FieldProblemView::unreadable(field.to_owned())])
}

fn read<T: std::str::FromStr>(field: &str, text: Option<&String>) -> Result<T, ApiError> {
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| bad(field))
}

fn unit(field: &str, text: Option<&String>) -> Result<UnitId, ApiError> {
    text.and_then(|text| UnitId::new(text).ok())
        .ok_or_else(|| bad(field))
}

/// The newest step is to be taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoRequest {
    /// The version on the screen.
    pub version: i64,
}

/// How a claim is taken.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GripWord {
    /// Where nobody else holds it.
    Ordinary,
    /// From whoever holds it: shift leads.
    TakeOver,
}

impl From<GripWord> for Grip {
    fn from(word: GripWord) -> Self {
        match word {
            GripWord::Ordinary => Self::Ordinary,
            GripWord::TakeOver => Self::TakeOver,
        }
    }
}

/// Somebody holds the incident, or goes on holding it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// How.
    pub grip: GripWord,
}

/// Incidents are set aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShelfRequest {
    /// For how long, 1 to 480 minutes.
    #[schema(minimum = 1, maximum = 480)]
    pub minutes: u32,
    /// Why.
    pub why: String,
}

/// Clocks are stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseRequest {
    /// `waiting_for_reporter`, `waiting_for_others`, `force_majeure`.
    #[schema(example = "waiting_for_reporter")]
    pub reason: String,
    /// What is waited for.
    #[serde(default)]
    pub note: Option<String>,
}

impl PauseRequest {
    /// The reason.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`].
    pub fn reason(&self) -> Result<PauseReason, ApiError> {
        PauseReason::ALL
            .into_iter()
            .filter(|reason| *reason != PauseReason::Deferred)
            .find(|reason| reason.as_str() == self.reason)
            .ok_or_else(|| bad("reason"))
    }
}

/// How urgent an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Urgency)]
pub enum UrgencyWord {
    /// Bình thường.
    Normal,
    /// Khẩn.
    Urgent,
}

impl From<Urgency> for UrgencyWord {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Normal => Self::Normal,
            Urgency::Urgent => Self::Urgent,
        }
    }
}

impl From<UrgencyWord> for Urgency {
    fn from(word: UrgencyWord) -> Self {
        match word {
            UrgencyWord::Normal => Self::Normal,
            UrgencyWord::Urgent => Self::Urgent,
        }
    }
}

/// How urgent an incident is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UrgencyRequest {
    /// How urgent.
    pub urgency: UrgencyWord,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
}

/// A report complains of a unit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplaintRequest {
    /// Which unit; `null` for none.
    pub unit: Option<String>,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
}

impl ComplaintRequest {
    /// The unit.
    ///
    /// # Errors
    /// [`ApiError::InvalidFields`].
    pub fn unit(&self) -> Result<Option<UnitId>, ApiError> {
        self.unit
            .as_ref()
            .map(|id| unit("unit", Some(id)))
            .transpose()
    }
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CallOutcome)]
pub enum CallOutcomeWord {
    /// Somebody was spoken to.
    Reached,
    /// Nobody answered.
    NoAnswer,
    /// The number is wrong.
    WrongNumber,
    /// Who answered does not take it.
    Refused,
}

impl From<CallOutcomeWord> for CallOutcome {
    fn from(word: CallOutcomeWord) -> Self {
        match word {
            CallOutcomeWord::Reached => Self::Reached,
            CallOutcomeWord::NoAnswer => Self::NoAnswer,
            CallOutcomeWord::WrongNumber => Self::WrongNumber,
            CallOutcomeWord::Refused => Self::Refused,
        }
    }
}

/// A call was made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallRequest {
    /// What came of it.
    pub outcome: CallOutcomeWord,
    /// Who was reached.
    #[serde(default)]
    pub reached: Option<String>,
    /// What was said.
    #[serde(default)]
    pub note: Option<String>,
}

/// Who holds an incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Claim)]
pub struct ClaimView {
    /// A user name.
    pub by: String,
    /// When it ends unless it is renewed.
    pub until: Timestamp,
}

/// An incident that is set aside.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Shelf)]
pub struct ShelfView {
    /// A user name.
    pub by: String,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub why: String,
}

/// One stage on its clock.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StageClock)]
pub struct StageClockView {
    /// `acknowledge`, `verify`, `process`, `answer`, `legal_verification`.
    #[schema(example = "process")]
    pub stage: &'static str,
    /// How often the incident had been reopened when it began.
    pub round: u32,
    /// When it began.
    pub began: Timestamp,
    /// When it was done.
    pub done: Option<Timestamp>,
    /// When it is due; absent where there is no limit, where it is done, and while it stands still.
    pub due: Option<Timestamp>,
    /// From when on it is near.
    pub warn: Option<Timestamp>,
    /// When somebody was told that it is overdue.
    pub missed: Option<Timestamp>,
}

/// Somebody to telephone.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PhoneCall)]
pub struct CallView {
    /// Its id.
    pub id: Uuid,
    /// Whom, as the call tree names them.
    pub contact: String,
    /// Since when.
    pub due_at: Timestamp,
    /// When somebody called.
    pub called_at: Option<Timestamp>,
    /// Who called.
    pub called_by: Option<String>,
    /// `reached`, `no_answer`, `wrong_number`, `refused`; absent while nobody has called.
    pub outcome: Option<String>,
    /// Who was reached.
    pub reached: Option<String>,
    /// What was said.
    pub note: Option<String>,
}

/// What was found of a rule.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RouteReason)]
pub struct RouteReasonView {
    /// The rule's name.
    pub rule: String,
    /// `fits`, `fails`, `would_go_to_accused`, `broken`.
    pub verdict: String,
    /// The term that failed, the unit that is accused, or what is broken.
    pub term: Option<String>,
}

/// Why an incident went where it went.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RouteExplanation)]
pub struct RouteView {
    /// When the rules were asked; absent for a proposal.
    pub at: Option<Timestamp>,
    /// The rule that fits; absent in the common tray.
    pub rule: Option<String>,
    /// The unit.
    pub lead: Option<String>,
    /// Units that help.
    pub supporting: Vec<String>,
    /// Every rule that was looked at, in order.
    pub reasons: Vec<RouteReasonView>,
    /// The version of the policy by which it was routed; 0 is the shipped one.
    pub policy_version: Option<i64>,
}

impl RouteView {
    /// A proposal of the rules in force.
    #[must_use]
    pub fn proposed(route: StoredRoute) -> Self {
        Self {
            at: None,
            policy_version: None,
            rule: route.rule,
            lead: route.lead.map(|unit| unit.to_string()),
            supporting: route.supporting.iter().map(UnitId::to_string).collect(),
            reasons: route
                .reasons
                .into_iter()
                .map(|reason| RouteReasonView {
                    rule: reason.rule,
                    verdict: reason.verdict,
                    term: reason.term,
                })
                .collect(),
        }
    }

    fn stored(row: &case_route::Model) -> Result<Self, StoreError> {
        let route: StoredRoute = json(&row.explanation, "case_routes", "explanation")?;
        Ok(Self {
            at: Some(time(row.at, "case_routes", "at")?),
            policy_version: Some(row.policy_version),
            ..Self::proposed(route)
        })
    }
}

/// A step that can be taken back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UndoableStep)]
pub struct UndoableView {
    /// What was done.
    pub action: String,
    /// Until when.
    pub until: Timestamp,
}

/// How an incident is worked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub struct CaseView {
    /// The incident.
    pub id: Uuid,
    /// The version a step names.
    pub version: i64,
    /// Where it stands: a word as in `IncidentState`.
    pub state: &'static str,
    /// What stands beside the state: a reason, an outcome, a day.
    pub state_detail: Option<String>,
    /// Whose word opened it: `camera`, `reporter`.
    pub opened_by: &'static str,
    /// By what way it came first: `camera`, `citizen`, `staff`, `open311`.
    pub source: String,
    /// How urgent it is.
    pub urgency: UrgencyWord,
    /// The unit that answers for it; absent in the common tray.
    pub lead: Option<String>,
    /// Units that help.
    pub supporting: Vec<String>,
    /// The unit that is complained of.
    pub complained_of: Option<String>,
    /// When the answer that stands was published.
    pub published_at: Option<Timestamp>,
    /// How often it was reopened.
    pub reopened: u32,
    /// Who holds it now.
    pub claim: Option<ClaimView>,
    /// How it is set aside.
    pub shelf: Option<ShelfView>,
    /// Why its clocks stand still.
    #[schema(example = "waiting_for_reporter")]
    pub paused: Option<&'static str>,
    /// Its stages.
    pub stages: Vec<StageClockView>,
    /// What the person who asks may do next: words as `action` of a step.
    pub next_steps: Vec<&'static str>,
    /// The newest step, where the person who asks may still take it back.
    pub undo: Option<UndoableView>,
    /// Why it went where it went.
    pub route: Option<RouteView>,
    /// The calls about it, oldest first.
    pub calls: Vec<CallView>,
}

/// The rows of a case.
#[derive(Debug)]
pub struct CaseRows {
    /// The incident.
    pub row: incident::Model,
    /// Its clocks.
    pub clocks: Vec<Running>,
    /// Its calls.
    pub calls: Vec<case_call::Model>,
    /// Its route.
    pub route: Option<case_route::Model>,
    /// Its newest step.
    pub last: Option<StoredStep>,
}

impl CaseRows {
    /// The case as somebody sees it.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn view(
        self,
        who: &Actor,
        office: &Office,
        now: Timestamp,
    ) -> Result<CaseView, StoreError> {
        let row = &self.row;
        let case = store::case_of(row)?;
        let claim = store::claim_of(row).filter(|claim| now < claim.until);
        let shelf = store::shelf_of(row);
        let free = claim.as_ref().is_none_or(|claim| claim.by == who.name());
        let steps = office.policy.steps();
        Ok(CaseView {
            id: super::incident::uuid(&row.id, "incidents", "id")?,
            version: row.version,
            state: case.state.as_str(),
            state_detail: case.state.detail(),
            opened_by: case.opened_by.as_str(),
            source: row.source.clone(),
            urgency: urgency_of(row).into(),
            lead: case.lead.as_ref().map(UnitId::to_string),
            supporting: case.supporting.iter().map(UnitId::to_string).collect(),
            complained_of: row.complained_of.clone(),
            published_at: case.published_at,
            reopened: case.reopened,
            paused: paused(&self.clocks).map(PauseReason::as_str),
            stages: self.stages(office)?,
            next_steps: match free && row.inside.is_none() {
                true => case.open_to(who, now, &steps),
                false => Vec::new(),
            },
            undo: self.undo(who, office, now)?,
            route: self.route.as_ref().map(RouteView::stored).transpose()?,
            calls: self.calls.iter().map(call_view).collect::<Result<_, _>>()?,
            claim: claim.map(|claim| ClaimView {
                by: claim.by,
                until: claim.until,
            }),
            shelf: shelf.map(|shelf| ShelfView {
                by: shelf.by,
                until: shelf.until,
                why: shelf.why,
            }),
        })
    }

    fn stages(&self, office: &Office) -> Result<Vec<StageClockView>, StoreError> {
        let case = store::case_of(&self.row)?;
        let category = witness::category_of(&self.row.kind, &self.row.detail);
        let known = Known {
            case: &case,
            category: category.as_str(),
            urgency: urgency_of(&self.row),
            clocks: &self.clocks,
            shelved: None,
            calls: calls_in(&self.calls, case.reopened),
            review_told: None,
        };
        let view = |clock: &Running| {
            let due = due_of(&known, clock, &office.policy);
            StageClockView {
                stage: Stage::as_str(clock.track.stage),
                round: clock.round,
                began: clock.track.began,
                done: clock.track.done,
                due: due.map(|due| due.at),
                warn: due.map(|due| due.warn),
                missed: clock.missed,
            }
        };
        Ok(self.clocks.iter().map(view).collect())
    }

    fn undo(
        &self,
        who: &Actor,
        office: &Office,
        now: Timestamp,
    ) -> Result<Option<UndoableView>, StoreError> {
        let Some(last) = &self.last else {
            return Ok(None);
        };
        let window = office.policy.undo_window();
        let case = store::case_of(&self.row)?;
        let can = last.taken.clone().undo(&case, who.name(), now, window);
        Ok(can.ok().map(|_| UndoableView {
            action: last.action.clone(),
            until: last.taken.at.saturating_add(window).unwrap_or(now),
        }))
    }
}

fn call_view(row: &case_call::Model) -> Result<CallView, StoreError> {
    const TABLE: &str = "case_calls";
    Ok(CallView {
        id: super::incident::uuid(&row.id, TABLE, "id")?,
        contact: row.contact.clone(),
        due_at: time(row.due_at, TABLE, "due_at")?,
        called_at: row
            .called_at
            .map(|at| time(at, TABLE, "called_at"))
            .transpose()?,
        called_by: row.called_by.clone(),
        outcome: row.outcome.clone(),
        reached: row.reached.clone(),
        note: row.note.clone(),
    })
}
