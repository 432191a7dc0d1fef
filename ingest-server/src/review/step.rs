//! A step of an incident's case: the one way in which people, citizens and timers change what is decided.
//!
//! In the caller's transaction the row, the clocks, the history and what it takes to undo are written together, and
//! a confirmed incident goes on to its unit. After the commit [`announce`] tells whoever watches.
//!
//! What does not belong here: what may follow from what (`casework::lifecycle`), who is told (dispatch).

use std::sync::Arc;

use casework::clock::{self, Running};
use casework::deadline::Urgency;
use casework::desk::check_free;
use casework::duty::{self, Calls, Known};
use casework::lifecycle::{Action, Case, State, Step, Taken as Undoable};
use casework::people::Actor;
use casework::routing::{Route, Severity, may_see};
use jiff::{SignedDuration, Timestamp};

use super::ReviewError;
use super::news::news_of;
use super::routing::{self, Reasons};
use crate::changes::{Change, ChangeBus};
use crate::incident::{IncidentId, witness};
use crate::office::Office;
use crate::store::entity::{case_call, incident};
use crate::store::{self, CaseFact, HistoryEntry, Timing, Tx};
use crate::telemetry::DECISIONS;

/// What somebody wants of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Which one.
    pub incident: IncidentId,
    /// The version they saw; none where they see none (a citizen, a timer).
    pub version: Option<i64>,
    /// Who.
    pub who: &'a Actor,
    /// What.
    pub step: &'a Step,
    /// When.
    pub at: Timestamp,
}

/// A step that was taken, or taken back.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Of which incident.
    pub incident: IncidentId,
    /// The version it stands at now.
    pub version: i64,
    /// What was done: the word in the history.
    pub action: &'static str,
    /// Who did it.
    pub who: Actor,
    /// The case before.
    pub before: Case,
    /// The case after.
    pub after: Case,
    /// Their own words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Takes a step within the caller's transaction. A confirmed incident is routed by the same hand, where a rule
/// says to whom and the policy wants it: what is returned is the last step that was taken.
///
/// # Errors
/// [`ReviewError`]; then nothing of the transaction may stand. A stale version is told before a refused step: the
/// person decided on something that is no longer so.
pub async fn take_step(
    tx: &Tx,
    office: &Arc<Office>,
    wish: Wish<'_>,
) -> Result<Taken, ReviewError> {
    let at = whole_microseconds(wish.at);
    let mut row = settled(tx, office, current(tx, office, &wish).await?, at).await?;
    let before = store::case_of(&row)?;
    let rules = office.policy.steps();
    let after = before
        .take(wish.step, wish.who, at, &rules)
        .map_err(ReviewError::Refused)?;
    if let Action::Route { lead, supporting } = &wish.step.action {
        routing::check_accused(&row, office, lead, supporting)?;
    }
    if let Action::PassDown(below) = &wish.step.action {
        routing::check_accused(&row, office, below, &[])?;
    }
    let taken = write(tx, office, &row, &wish, before, after, None).await?;
    let goes_on = taken.after.state == State::Confirmed && office.policy.desk.auto_route;
    if !goes_on {
        return Ok(taken);
    }
    row.version = taken.version;
    let reasons = routing::ask(tx, office, &row).await?;
    routing::keep(tx, office, &row, &reasons, at).await?;
    match route_step(&reasons) {
        None => Ok(taken),
        Some(step) => {
            let wish = Wish {
                step: &step,
                version: Some(taken.version),
                ..wish
            };
            let before = taken.after.clone();
            let after = before
                // The rule decides, by the hand of who confirmed: a traffic officer's confirm is routed as well.
                .take(&step, &by_rule(), at, &rules)
                .map_err(ReviewError::Refused)?;
            write(tx, office, &row, &wish, before, after, reasons.rule()).await
        }
    }
}

/// Rules act with the right of the centre.
fn by_rule() -> Actor {
    Actor::Person(casework::people::Person {
        name: "server/rules".to_owned(),
        role: casework::people::Role::Operator,
        unit: None,
    })
}

fn route_step(reasons: &Reasons) -> Option<Step> {
    let Route::Unit {
        lead, supporting, ..
    } = &reasons.routed.route
    else {
        return None;
    };
    Some(Step {
        action: Action::Route {
            lead: lead.clone(),
            supporting: supporting.clone(),
        },
        note: None,
    })
}

/// The incident as it stands, where this person may act on it.
async fn current(
    tx: &Tx,
    office: &Office,
    wish: &Wish<'_>,
) -> Result<incident::Model, ReviewError> {
    let row = store::take_incident(tx, wish.incident)
        .await?
        .ok_or(ReviewError::NotFound)?;
    check_seen(&row, office, wish.who)?;
    if let Some(version) = wish.version
        && version != row.version
    {
        return Err(ReviewError::Stale {
            current: row.version,
        });
    }
    if row.inside.is_some() {
        return Err(ReviewError::NotMerged(merge::casebook::Refusal::Inside));
    }
    if let Actor::Person(person) = wish.who {
        let claim = store::claim_of(&row);
        check_free(claim.as_ref(), &person.name, wish.at).map_err(ReviewError::Held)?;
    }
    Ok(row)
}

/// What somebody may not see is not there for them.
///
/// # Errors
/// [`ReviewError::NotFound`].
pub fn check_seen(row: &incident::Model, office: &Office, who: &Actor) -> Result<(), ReviewError> {
    let Actor::Person(person) = who else {
        return Ok(());
    };
    let case = store::case_of(row)?;
    let accused = routing::accused(row)?;
    match may_see(person, &case, accused.as_ref(), &office.policy.units) {
        true => Ok(()),
        false => Err(ReviewError::NotFound),
    }
}

async fn write(
    tx: &Tx,
    office: &Office,
    row: &incident::Model,
    wish: &Wish<'_>,
    before: Case,
    after: Case,
    rule: Option<&str>,
) -> Result<Taken, ReviewError> {
    let (id, at) = (wish.incident, whole_microseconds(wish.at));
    if !store::write_case(tx, id, row.version, &after, at).await? {
        return Err(ReviewError::Stale {
            current: row.version + 1,
        });
    }
    let version = row.version + 1;
    let clocks = store::clocks_of(tx, row, at).await?;
    let undoable = Undoable {
        before: before.clone(),
        after: after.clone(),
        by: wish.who.name().to_owned(),
        at,
    };
    let action = wish.step.action.as_str();
    store::put_step(tx, id, version, action, &undoable, &clocks).await?;
    let clocks = clock::follow(clocks, &before, &after, at);
    wind(tx, office, row, &after, &clocks, at).await?;
    let note = wish.step.note.as_deref().map(str::trim);
    let taken = Taken {
        incident: id,
        version,
        action,
        who: wish.who.clone(),
        before,
        after,
        note: note.filter(|note| !note.is_empty()).map(str::to_owned),
        at,
    };
    let reason = reason_of(&wish.step.action, &taken.after, rule);
    remember(tx, &taken, reason).await?;
    Ok(taken)
}

/// Appends what was done to the history, and whoever must be told is told in the same transaction.
pub(super) async fn remember(
    tx: &Tx,
    taken: &Taken,
    reason: Option<String>,
) -> Result<(), ReviewError> {
    let entry = HistoryEntry {
        actor: taken.who.name().to_owned(),
        action: taken.action.to_owned(),
        from: Some(taken.before.state.as_str().to_owned()),
        to: Some(taken.after.state.as_str().to_owned()),
        reason,
        note: taken.note.clone(),
    };
    store::append_history(tx, taken.incident, entry, taken.at).await?;
    // What is to be told stands or falls with the step.
    for cause in news_of(taken) {
        let who = taken.who.name();
        store::enqueue_notice(tx, taken.incident, &cause, who, taken.at).await?;
    }
    Ok(())
}

/// The word beside an action in the history.
fn reason_of(action: &Action, after: &Case, rule: Option<&str>) -> Option<String> {
    match action {
        Action::Route { lead, .. } => Some(match rule {
            Some(rule) => format!("{lead} ({rule})"),
            None => lead.to_string(),
        }),
        Action::PassDown(below) => Some(below.to_string()),
        Action::Reopen(reason) => Some(reason.as_str().to_owned()),
        _ => after.state.detail(),
    }
}

/// Writes the clocks, and when the incident must be looked at next.
pub(super) async fn wind(
    tx: &Tx,
    office: &Office,
    row: &incident::Model,
    case: &Case,
    clocks: &[Running],
    now: Timestamp,
) -> Result<(), ReviewError> {
    let calls = store::calls_of(tx, store::incident_id(row)?).await?;
    let category = witness::category_of(&row.kind, &row.detail);
    let known = Known {
        case,
        category: category.as_str(),
        urgency: urgency_of(row),
        clocks,
        shelved: store::shelf_of(row).map(|shelf| shelf.until),
        calls: calls_in(&calls, case.reopened),
        review_told: row.review_told.as_deref().and_then(|day| day.parse().ok()),
    };
    let policy = &office.policy;
    let timing = Timing {
        look_at: match duty::due(&known, policy, now).is_empty() {
            true => duty::next(&known, policy),
            false => Some(now),
        },
        due: duty::first_due(&known, policy).map(|(stage, due)| (stage, due.at)),
    };
    store::put_clocks(tx, store::incident_id(row)?, clocks, timing).await?;
    Ok(())
}

/// The incident with its urgency: where nobody has set it, the policy says from which severity on it is urgent.
pub(super) async fn settled(
    tx: &Tx,
    office: &Office,
    mut row: incident::Model,
    now: Timestamp,
) -> Result<incident::Model, ReviewError> {
    if row.urgency != incident::UNSET {
        return Ok(row);
    }
    let severity: Option<Severity> = serde_json::from_value(row.severity.as_str().into()).ok();
    let urgency = match severity.is_some_and(|severity| severity >= office.policy.urgent_from) {
        true => Urgency::Urgent,
        false => Urgency::Normal,
    };
    let fact = CaseFact::Urgency(urgency.as_str());
    store::write_case_fact(tx, store::incident_id(&row)?, fact, now).await?;
    urgency.as_str().clone_into(&mut row.urgency);
    Ok(row)
}

/// How urgent a row says it is.
#[must_use]
pub fn urgency_of(row: &incident::Model) -> Urgency {
    match row.urgency.as_str() {
        "urgent" => Urgency::Urgent,
        _ => Urgency::Normal,
    }
}

/// How the calls of a round stand.
#[must_use]
pub fn calls_in(calls: &[case_call::Model], round: u32) -> Calls {
    let of_round = || {
        calls
            .iter()
            .filter(move |call| call.round == i64::from(round))
    };
    Calls {
        began: of_round()
            .map(|call| call.due_at)
            .min()
            .and_then(|at| Timestamp::from_microsecond(at).ok()),
        asked: of_round().count(),
        reached: of_round().any(|call| call.outcome.as_deref() == Some("reached")),
    }
}

/// Takes the newest step back, within the caller's transaction: case and clocks are exactly as before it.
///
/// # Errors
/// [`ReviewError`].
pub async fn undo_step(
    tx: &Tx,
    office: &Office,
    wish: (IncidentId, i64),
    who: &Actor,
    at: Timestamp,
) -> Result<Taken, ReviewError> {
    let at = whole_microseconds(at);
    let nothing = Step {
        action: Action::Resume,
        note: None,
    };
    let asked = Wish {
        incident: wish.0,
        version: Some(wish.1),
        who,
        step: &nothing,
        at,
    };
    let row = current(tx, office, &asked).await?;
    let now = store::case_of(&row)?;
    let last = store::last_step(tx, wish.0)
        .await?
        .ok_or(ReviewError::NothingToUndo)?;
    let window: SignedDuration = office.policy.undo_window();
    let before = last
        .taken
        .undo(&now, who.name(), at, window)
        .map_err(ReviewError::NotUndone)?;
    if !store::write_case(tx, wish.0, row.version, &before, at).await? {
        return Err(ReviewError::Stale {
            current: row.version + 1,
        });
    }
    store::mark_undone(tx, wish.0, last.version, at).await?;
    wind(tx, office, &row, &before, &last.clocks_before, at).await?;
    let taken = Taken {
        incident: wish.0,
        version: row.version + 1,
        action: "undo",
        who: who.clone(),
        before: now,
        after: before,
        note: None,
        at,
    };
    remember(tx, &taken, Some(last.action)).await?;
    Ok(taken)
}

/// Tells whoever watches, after the commit.
pub fn announce(changes: &ChangeBus, taken: &Taken) {
    changes.announce(Change::Incident {
        id: taken.incident,
        version: taken.version,
    });
    metrics::counter!(DECISIONS, "action" => taken.action).increment(1);
}

/// What the database keeps of a time, so that what is read is what was decided.
pub(super) fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
