//! A case, and the steps it takes or refuses.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::reason::UnresolvedReason;
use super::state::{Outcome, State};
use super::step::{Action, Step};
use crate::people::{Actor, Person, Role};
use crate::unit::{Approval, UnitId, UnitTree};

/// Whose word opened the incident. A citizen's must first be found eligible; a camera's need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenedBy {
    /// A camera.
    Camera,
    /// A citizen, by whatever channel.
    Reporter,
}

impl OpenedBy {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Reporter => "reporter",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Camera, Self::Reporter]
            .into_iter()
            .find(|by| by.as_str() == word)
    }
}

/// What decides which steps an incident may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where it stands.
    pub state: State,
    /// Whose word opened it.
    pub opened_by: OpenedBy,
    /// Who answers for it, once it is routed.
    pub lead: Option<UnitId>,
    /// Who helps.
    pub supporting: BTreeSet<UnitId>,
    /// When the answer that stands was published.
    pub published_at: Option<Timestamp>,
    /// How often it was reopened.
    pub reopened: u32,
}

/// The installation's rules that steps depend on.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// The units.
    pub units: &'a UnitTree,
    /// How long after publication whoever reported it may reopen.
    pub reopen_window: SignedDuration,
    /// The zone in which days begin.
    pub zone: TimeZone,
}

/// Why a step was refused. The case stands as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Cameras say what they see; people decide.
    #[error("only people decide about incidents")]
    NotAPerson,
    /// The role may not take this step, ever.
    #[error("a {role} may not take this step")]
    NotThisRole {
        /// The role.
        role: Role,
    },
    /// It is another unit's case.
    #[error("the incident is with another unit")]
    NotYourUnit,
    /// The step does not follow from this state.
    #[error("this step does not follow from {from}")]
    NotFromHere {
        /// The state's word.
        from: &'static str,
    },
    /// A citizen's report is first found eligible or not.
    #[error("it must first be found eligible or not")]
    EligibilityFirst,
    /// The unit's leader approves first.
    #[error("the unit's leader must approve the answer first")]
    ApprovalFirst,
    /// The step needs words.
    #[error("this step needs a reason in words")]
    NoteMissing,
    /// No such unit.
    #[error("there is no unit {0}")]
    NoSuchUnit(UnitId),
    /// Handing down goes down.
    #[error("{0} is not below the unit that hands it down")]
    NotBelow(UnitId),
    /// The lead is not its own helper.
    #[error("{0} cannot lead and support at once")]
    LeadSupports(UnitId),
    /// Too late to reopen.
    #[error("the time to reopen is over")]
    TooLate,
    /// The day to look again is not in the future.
    #[error("the day to look again must be in the future")]
    ReviewInThePast,
}

impl Refusal {
    /// Every word, for the catalogue's test.
    pub const WORDS: [&'static str; 12] = [
        "not_a_person",
        "not_this_role",
        "not_your_unit",
        "not_from_here",
        "eligibility_first",
        "approval_first",
        "note_missing",
        "no_such_unit",
        "not_below",
        "lead_supports",
        "too_late",
        "review_in_the_past",
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotAPerson => "not_a_person",
            Self::NotThisRole { .. } => "not_this_role",
            Self::NotYourUnit => "not_your_unit",
            Self::NotFromHere { .. } => "not_from_here",
            Self::EligibilityFirst => "eligibility_first",
            Self::ApprovalFirst => "approval_first",
            Self::NoteMissing => "note_missing",
            Self::NoSuchUnit(_) => "no_such_unit",
            Self::NotBelow(_) => "not_below",
            Self::LeadSupports(_) => "lead_supports",
            Self::TooLate => "too_late",
            Self::ReviewInThePast => "review_in_the_past",
        }
    }
}

impl Case {
    /// A case that was just opened.
    #[must_use]
    pub const fn new(opened_by: OpenedBy) -> Self {
        Self {
            state: State::New,
            opened_by,
            lead: None,
            supporting: BTreeSet::new(),
            published_at: None,
            reopened: 0,
        }
    }

    /// The case after the step.
    ///
    /// # Errors
    /// [`Refusal`]: a role's right is told before a unit's, a unit's before the state's, and missing
    /// words last, so that nobody types a reason for a step they may not take.
    pub fn take(
        &self,
        step: &Step,
        who: &Actor,
        at: Timestamp,
        rules: &Rules<'_>,
    ) -> Result<Self, Refusal> {
        self.check_right(&step.action, who, rules)?;
        let next = self.follow(&step.action, who, at, rules)?;
        let has_note = step
            .note
            .as_deref()
            .is_some_and(|note| !note.trim().is_empty());
        if step.action.needs_note() && !has_note {
            return Err(Refusal::NoteMissing);
        }
        Ok(next)
    }

    /// The actions, by their words, that the actor may ask for in this state: what a screen offers. Whether a
    /// reason, a unit or a day that comes with them will do is said when the step is taken.
    #[must_use]
    pub fn open_to(&self, who: &Actor, at: Timestamp, rules: &Rules<'_>) -> Vec<&'static str> {
        let tomorrow = at
            .to_zoned(rules.zone.clone())
            .date()
            .saturating_add(2.days());
        Action::samples(tomorrow)
            .into_iter()
            .filter(|action| match self.check_right(action, who, rules) {
                Err(_) => false,
                // These name a unit; there is one to be named, or the refusal is about that alone.
                Ok(()) => match self.follow(action, who, at, rules) {
                    Ok(_) | Err(Refusal::NoSuchUnit(_) | Refusal::NotBelow(_)) => true,
                    Err(_) => false,
                },
            })
            .map(|action| action.as_str())
            .collect()
    }

    fn check_right(&self, action: &Action, who: &Actor, rules: &Rules<'_>) -> Result<(), Refusal> {
        match who {
            Actor::Camera => Err(Refusal::NotAPerson),
            // The timer ends what nobody objected to; nothing else.
            Actor::Timer if matches!(action, Action::Resolve) => Ok(()),
            Actor::Timer => Err(Refusal::NotAPerson),
            Actor::Reporter if action.is_open_to(Role::Citizen) => Ok(()),
            Actor::Reporter => Err(Refusal::NotThisRole {
                role: Role::Citizen,
            }),
            Actor::Person(person) if !action.is_open_to(person.role) => {
                Err(Refusal::NotThisRole { role: person.role })
            }
            Actor::Person(person) if person.role.is_unit() => self.check_unit(person, rules),
            Actor::Person(_) => Ok(()),
        }
    }

    /// A person of a unit acts for that unit, and for the ones below it.
    fn check_unit(&self, person: &Person, rules: &Rules<'_>) -> Result<(), Refusal> {
        match (&self.lead, &person.unit) {
            (Some(lead), Some(own)) if rules.units.is_within(lead, own) => Ok(()),
            _ => Err(Refusal::NotYourUnit),
        }
    }

    fn follow(
        &self,
        action: &Action,
        who: &Actor,
        at: Timestamp,
        rules: &Rules<'_>,
    ) -> Result<Self, Refusal> {
        use State as S;
        let nowhere = || Refusal::NotFromHere {
            from: self.state.as_str(),
        };
        let to = |state| {
            Ok(Self {
                state,
                ..self.clone()
            })
        };
        match (self.state, action) {
            (S::New, Action::MarkEligible) if self.opened_by == OpenedBy::Reporter => {
                to(S::Eligible)
            }
            (S::New, Action::MarkNotEligible(reason)) if self.opened_by == OpenedBy::Reporter => {
                to(S::NotEligible(*reason))
            }
            (S::New, Action::Acknowledge | Action::Confirm | Action::Reject(_))
                if self.opened_by == OpenedBy::Reporter =>
            {
                Err(Refusal::EligibilityFirst)
            }
            (S::New | S::Eligible, Action::Acknowledge) => to(S::Acknowledged),
            (S::New | S::Eligible | S::Acknowledged, Action::Confirm) => to(S::Confirmed),
            (S::New | S::Eligible | S::Acknowledged, Action::Reject(reason)) => {
                to(S::Rejected(*reason))
            }
            (
                S::Confirmed | S::Routed | S::Returned(_) | S::Reopened,
                Action::Route { lead, supporting },
            ) => self.routed(lead, supporting, rules),
            (S::Routed | S::Reopened, Action::Accept) => to(S::Accepted),
            (S::Routed | S::Accepted | S::Reopened, Action::Return(reason)) => {
                to(S::Returned(*reason))
            }
            (S::Routed | S::Accepted | S::Reopened, Action::PassDown(below)) => {
                self.passed_down(below, rules)
            }
            (S::Accepted | S::SentBack, Action::Start) => to(S::InProgress),
            (S::Accepted | S::InProgress | S::SentBack, Action::Answer(outcome)) => {
                to(S::Answered(*outcome))
            }
            (S::Answered(outcome), Action::Approve) => to(S::Approved(outcome)),
            (S::Answered(_), Action::SendBack) => to(S::SentBack),
            (S::Answered(outcome), Action::Publish)
                if self.approval(rules) == Approval::NotNeeded =>
            {
                self.published(outcome, at)
            }
            (S::Answered(_), Action::Publish) => Err(Refusal::ApprovalFirst),
            (S::Approved(outcome), Action::Publish) => self.published(outcome, at),
            (S::Published(Outcome::Done), Action::Resolve) => to(S::Resolved),
            (S::Published(Outcome::NotDone(reason)), Action::Resolve) => {
                to(S::ClosedUnresolved(reason))
            }
            (
                S::Confirmed | S::Returned(_) | S::Published(_) | S::Deferred(_) | S::Reopened,
                Action::CloseUnresolved(reason),
            ) => to(S::ClosedUnresolved(*reason)),
            (
                S::Confirmed
                | S::Routed
                | S::Accepted
                | S::Returned(_)
                | S::InProgress
                | S::SentBack
                | S::Deferred(_)
                | S::Reopened,
                Action::Defer(day),
            ) => {
                let today = at.to_zoned(rules.zone.clone()).date();
                if *day <= today {
                    return Err(Refusal::ReviewInThePast);
                }
                to(S::Deferred(*day))
            }
            (S::Deferred(_), Action::Resume) => to(S::Confirmed),
            // What somebody of the centre found to be real does not go away with who reported it.
            (S::New | S::Eligible | S::Acknowledged, Action::Withdraw)
                if self.opened_by == OpenedBy::Reporter =>
            {
                to(S::ClosedUnresolved(UnresolvedReason::Withdrawn))
            }
            (
                S::Published(_)
                | S::Resolved
                | S::ClosedUnresolved(_)
                | S::NotEligible(_)
                | S::Rejected(_),
                Action::Reopen(_),
            ) => self.reopen(who, at, rules),
            _ => Err(nowhere()),
        }
    }

    fn routed(
        &self,
        lead: &UnitId,
        supporting: &[UnitId],
        rules: &Rules<'_>,
    ) -> Result<Self, Refusal> {
        for unit in std::iter::once(lead).chain(supporting) {
            if rules.units.get(unit).is_none() {
                return Err(Refusal::NoSuchUnit(unit.clone()));
            }
        }
        if supporting.contains(lead) {
            return Err(Refusal::LeadSupports(lead.clone()));
        }
        Ok(Self {
            state: State::Routed,
            lead: Some(lead.clone()),
            supporting: supporting.iter().cloned().collect(),
            ..self.clone()
        })
    }

    fn passed_down(&self, below: &UnitId, rules: &Rules<'_>) -> Result<Self, Refusal> {
        if rules.units.get(below).is_none() {
            return Err(Refusal::NoSuchUnit(below.clone()));
        }
        let is_below = self
            .lead
            .as_ref()
            .is_some_and(|lead| lead != below && rules.units.is_within(below, lead));
        if !is_below {
            return Err(Refusal::NotBelow(below.clone()));
        }
        let mut supporting = self.supporting.clone();
        supporting.remove(below);
        Ok(Self {
            state: State::Routed,
            lead: Some(below.clone()),
            supporting,
            ..self.clone()
        })
    }

    fn published(&self, outcome: Outcome, at: Timestamp) -> Result<Self, Refusal> {
        Ok(Self {
            state: State::Published(outcome),
            published_at: Some(at),
            ..self.clone()
        })
    }

    /// Whoever reported it reopens a published answer, within the window; the centre reopens anything.
    fn reopen(&self, who: &Actor, at: Timestamp, rules: &Rules<'_>) -> Result<Self, Refusal> {
        let by_citizen = match who {
            Actor::Person(person) => person.role == Role::Citizen,
            Actor::Reporter => true,
            Actor::Camera | Actor::Timer => false,
        };
        if by_citizen {
            let Some(published) = self.published_at else {
                return Err(Refusal::NotFromHere {
                    from: self.state.as_str(),
                });
            };
            if at.duration_since(published) > rules.reopen_window {
                return Err(Refusal::TooLate);
            }
        }
        Ok(Self {
            state: State::Reopened,
            published_at: None,
            reopened: self.reopened.saturating_add(1),
            ..self.clone()
        })
    }

    fn approval(&self, rules: &Rules<'_>) -> Approval {
        self.lead
            .as_ref()
            .and_then(|lead| rules.units.get(lead))
            .map_or(Approval::ByLeader, |unit| unit.approval)
    }
}
