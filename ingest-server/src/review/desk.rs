//! What people do with an incident that is no decision: hold it, set it aside, stop its clocks, say how urgent it is,
//! note the unit that is complained of, write down a call.
//!
//! The version stays, so that nobody's decision becomes stale by it; all but a plain claim stands in the history.

use casework::clock;
use casework::deadline::{PauseReason, Urgency};
use casework::desk::{Grip, Shelvable, check_free, claim, shelve};
use casework::lifecycle::Refusal;
use casework::people::{Actor, Person, Role};
use casework::unit::UnitId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::step::{check_seen, settled, whole_microseconds, wind};
use super::{Note, ReviewError, routing};
use crate::changes::{Change, ChangeBus};
use crate::incident::IncidentId;
use crate::office::{Office, Offices};
use crate::people::{Account, audit};
use crate::store::entity::incident;
use crate::store::{self, CallMade, CaseFact, HistoryEntry, Store, Tx};
use crate::telemetry::DECISIONS;

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// Somebody was spoken to.
    Reached,
    /// Nobody answered.
    NoAnswer,
    /// The number is wrong.
    WrongNumber,
    /// Who answered does not take it.
    Refused,
}

impl CallOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [
        Self::Reached,
        Self::NoAnswer,
        Self::WrongNumber,
        Self::Refused,
    ];

    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::NoAnswer => "no_answer",
            Self::WrongNumber => "wrong_number",
            Self::Refused => "refused",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum DeskVerb {
    /// "I hold it", or "I still do".
    Claim(Grip),
    /// "I let it go."
    ReleaseClaim,
    /// "Not now"; the note says why.
    Shelve(SignedDuration),
    /// "Now again."
    Unshelve,
    /// "The clock stands still."
    Pause(PauseReason),
    /// "It goes on."
    GoOn,
    /// "It is this urgent."
    SetUrgency(Urgency),
    /// "A report complains of this unit", or of none.
    Complaint(Option<UnitId>),
    /// "I called."
    CallMade {
        /// Which call.
        call: Uuid,
        /// What came of it.
        outcome: CallOutcome,
        /// Who was reached.
        reached: Option<String>,
    },
}

impl DeskVerb {
    /// The word in the history and on metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::ReleaseClaim => "release_claim",
            Self::Shelve(_) => "shelve",
            Self::Unshelve => "unshelve",
            Self::Pause(_) => "pause",
            Self::GoOn => "go_on",
            Self::SetUrgency(_) => "set_urgency",
            Self::Complaint(_) => "complaint",
            Self::CallMade { .. } => "call_made",
        }
    }

    /// May somebody of this role do it at all?
    const fn is_open_to(&self, role: Role) -> bool {
        match self {
            Self::Claim(Grip::TakeOver) => matches!(role, Role::ShiftLead | Role::Administrator),
            Self::Claim(Grip::Ordinary) | Self::ReleaseClaim | Self::Pause(_) | Self::GoOn => {
                role.is_centre() || role.is_unit()
            }
            Self::Shelve(_)
            | Self::Unshelve
            | Self::SetUrgency(_)
            | Self::Complaint(_)
            | Self::CallMade { .. } => role.is_centre(),
        }
    }
}

/// Does it, in one transaction.
///
/// # Errors
/// [`ReviewError`]; then nothing of it stands.
pub async fn at_desk(
    store: &Store,
    (offices, changes): (&Offices, &ChangeBus),
    who: &Account,
    (incident, verb): (IncidentId, DeskVerb),
    note: Option<Note>,
    now: Timestamp,
) -> Result<(), ReviewError> {
    let person = who.person();
    let word = verb.as_str();
    if !verb.is_open_to(person.role) {
        return Err(ReviewError::Refused(Refusal::NotThisRole {
            role: person.role,
        }));
    }
    let tx = store.begin().await?;
    let office = offices.in_force(&tx).await?;
    let row = store::take_incident(&tx, incident)
        .await?
        .ok_or(ReviewError::NotFound)?;
    check_seen(&row, &office, &Actor::Person(person.clone()))?;
    let row = settled(&tx, &office, row, whole_microseconds(now)).await?;
    let desk = Desk {
        tx: &tx,
        office: &office,
        row: &row,
        id: incident,
        who: &person,
        note: note.map(|note| note.0),
        now: whole_microseconds(now),
    };
    desk.carry_out(verb).await?;
    tx.commit().await?;
    changes.announce(Change::Incident {
        id: incident,
        version: row.version,
    });
    metrics::counter!(DECISIONS, "action" => word).increment(1);
    audit::decided(&who.username, incident, word, row.version);
    Ok(())
}

struct Desk<'a> {
    tx: &'a Tx,
    office: &'a Office,
    row: &'a incident::Model,
    id: IncidentId,
    who: &'a Person,
    note: Option<String>,
    now: Timestamp,
}

impl Desk<'_> {
    async fn carry_out(&self, verb: DeskVerb) -> Result<(), ReviewError> {
        let word = verb.as_str();
        match verb {
            DeskVerb::Claim(grip) => self.claim(grip).await,
            DeskVerb::ReleaseClaim => self.release().await,
            DeskVerb::Shelve(length) => self.shelve(length).await,
            DeskVerb::Unshelve => {
                store::write_shelf(self.tx, self.id, None, self.now).await?;
                self.remember(word, None).await
            }
            DeskVerb::Pause(reason) => {
                self.wind_after(|clocks, now| clock::pause(clocks, reason, now))
                    .await?;
                self.remember(word, Some(reason.as_str().to_owned())).await
            }
            DeskVerb::GoOn => {
                self.wind_after(clock::go_on).await?;
                self.remember(word, None).await
            }
            DeskVerb::SetUrgency(urgency) => {
                let fact = CaseFact::Urgency(urgency.as_str());
                store::write_case_fact(self.tx, self.id, fact, self.now).await?;
                self.remember(word, Some(urgency.as_str().to_owned()))
                    .await?;
                store::wake(self.tx, self.id, self.now).await?;
                Ok(())
            }
            DeskVerb::Complaint(unit) => self.complaint(unit).await,
            DeskVerb::CallMade {
                call,
                outcome,
                reached,
            } => self.call_made(call, outcome, reached).await,
        }
    }

    async fn claim(&self, grip: Grip) -> Result<(), ReviewError> {
        let standing = store::claim_of(self.row);
        let length = self.office.policy.claim_length();
        let new = claim(standing.as_ref(), &self.who.name, grip, self.now, length)
            .map_err(ReviewError::Held)?;
        store::write_claim(self.tx, self.id, Some(&new), self.now).await?;
        let from = standing.filter(|old| old.by != self.who.name && self.now < old.until);
        match from {
            // Taken from somebody's hands: that stands in the history.
            Some(from) => self.remember("claim", Some(from.by)).await,
            None => Ok(()),
        }
    }

    async fn release(&self) -> Result<(), ReviewError> {
        let standing = store::claim_of(self.row);
        check_free(standing.as_ref(), &self.who.name, self.now).map_err(ReviewError::Held)?;
        Ok(store::write_claim(self.tx, self.id, None, self.now).await?)
    }

    async fn shelve(&self, length: SignedDuration) -> Result<(), ReviewError> {
        let kind = match self.row.kind.as_str() {
            "fire_smoke" => Shelvable::NeverFire,
            _ => Shelvable::Yes,
        };
        let why = self.note.as_deref().unwrap_or_default();
        let shelf =
            shelve(kind, &self.who.name, why, self.now, length).map_err(ReviewError::NotShelved)?;
        store::write_shelf(self.tx, self.id, Some(&shelf), self.now).await?;
        store::wake(self.tx, self.id, self.now).await?;
        self.remember("shelve", Some(shelf.until.to_string())).await
    }

    async fn complaint(&self, unit: Option<UnitId>) -> Result<(), ReviewError> {
        if let Some(unit) = &unit {
            if self.office.policy.units.get(unit).is_none() {
                return Err(ReviewError::Refused(Refusal::NoSuchUnit(unit.clone())));
            }
            let case = store::case_of(self.row)?;
            let mut with = case.lead.iter().chain(&case.supporting);
            // Who has it in their hands has read it: it must be routed elsewhere first.
            if with.any(|with| self.office.policy.units.is_within(with, unit)) {
                return Err(ReviewError::WouldGoToAccused);
            }
        }
        let fact = CaseFact::ComplainedOf(unit.as_ref().map(UnitId::as_str));
        store::write_case_fact(self.tx, self.id, fact, self.now).await?;
        if let Some(unit) = &unit {
            // What was about to be told them is not.
            let tree = &self.office.policy.units;
            let below = tree.iter().filter(|one| tree.is_within(&one.id, unit));
            let below: Vec<String> = below.map(|one| one.id.to_string()).collect();
            store::withdraw_from_units(self.tx, self.id, &below).await?;
        }
        self.remember("complaint", unit.map(|unit| unit.to_string()))
            .await
    }

    async fn call_made(
        &self,
        call: Uuid,
        outcome: CallOutcome,
        reached: Option<String>,
    ) -> Result<(), ReviewError> {
        let made = CallMade {
            by: &self.who.name,
            at: self.now,
            outcome: outcome.as_str(),
            reached: reached.as_deref(),
            note: self.note.as_deref(),
        };
        if !store::write_call(self.tx, self.id, call, made).await? {
            return Err(ReviewError::NotFound);
        }
        store::wake(self.tx, self.id, self.now).await?;
        self.remember("call_made", Some(outcome.as_str().to_owned()))
            .await
    }

    async fn wind_after(
        &self,
        change: impl FnOnce(&mut [clock::Running], Timestamp),
    ) -> Result<(), ReviewError> {
        let mut clocks = store::clocks_of(self.tx, self.row, self.now).await?;
        change(&mut clocks, self.now);
        let case = store::case_of(self.row)?;
        wind(self.tx, self.office, self.row, &case, &clocks, self.now).await
    }

    async fn remember(
        &self,
        action: &'static str,
        reason: Option<String>,
    ) -> Result<(), ReviewError> {
        let entry = HistoryEntry {
            actor: self.who.name.clone(),
            action: action.to_owned(),
            from: None,
            to: None,
            reason,
            note: self.note.clone(),
        };
        Ok(store::append_history(self.tx, self.id, entry, self.now).await?)
    }
}

/// Whom the rules would send it to now, without doing so.
///
/// # Errors
/// [`ReviewError`].
pub async fn propose_route(
    store: &Store,
    offices: &Offices,
    incident: IncidentId,
) -> Result<routing::StoredRoute, ReviewError> {
    let office = offices.in_force(store).await?;
    let row = store::find_incident(store, incident)
        .await?
        .ok_or(ReviewError::NotFound)?;
    let reasons = routing::ask(store, &office, &row).await?;
    Ok(routing::stored(&reasons.routed))
}
