//! A step that somebody wants to take, and which roles may want it at all.

use jiff::civil::Date;

use super::reason::{IneligibleReason, RejectReason, ReopenReason, ReturnReason, UnresolvedReason};
use super::state::Outcome;
use crate::people::Role;
use crate::unit::UnitId;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// "It may enter the workflow."
    MarkEligible,
    /// "It may not."
    MarkNotEligible(IneligibleReason),
    /// "I look at it."
    Acknowledge,
    /// "It is real."
    Confirm,
    /// "It is not."
    Reject(RejectReason),
    /// "They must act."
    Route {
        /// Who answers for it.
        lead: UnitId,
        /// Who helps.
        supporting: Vec<UnitId>,
    },
    /// "We take it."
    Accept,
    /// "It is not ours."
    Return(ReturnReason),
    /// "A unit below us takes it."
    PassDown(UnitId),
    /// "We have begun."
    Start,
    /// "This is what we did."
    Answer(Outcome),
    /// "The answer stands."
    Approve,
    /// "It does not: do it again."
    SendBack,
    /// "Everybody may read the answer."
    Publish,
    /// "It is mended, and nobody objected."
    Resolve,
    /// "It ends here, unmended."
    CloseUnresolved(UnresolvedReason),
    /// "It cannot be solved now; look again on this day."
    Defer(Date),
    /// "We looked again: it can be worked on."
    Resume,
    /// "It is not over."
    Reopen(ReopenReason),
    /// "I take my report back."
    Withdraw,
}

/// An action, with the reason in the person's own words where one was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is to be done.
    pub action: Action,
    /// Why, or what was done. Trimmed; empty counts as none.
    pub note: Option<String>,
}

impl Action {
    /// One of each, in the order of an incident's life. `day` stands where an action names one; what they
    /// name besides is any.
    pub(super) fn samples(day: Date) -> Vec<Self> {
        let unit = UnitId::any();
        vec![
            Self::MarkEligible,
            Self::MarkNotEligible(IneligibleReason::Abuse),
            Self::Acknowledge,
            Self::Confirm,
            Self::Reject(RejectReason::Abuse),
            Self::Route {
                lead: unit.clone(),
                supporting: Vec::new(),
            },
            Self::Accept,
            Self::Return(ReturnReason::NotOurArea),
            Self::PassDown(unit),
            Self::Start,
            Self::Answer(Outcome::Done),
            Self::Approve,
            Self::SendBack,
            Self::Publish,
            Self::Resolve,
            Self::CloseUnresolved(UnresolvedReason::NotFound),
            Self::Defer(day),
            Self::Resume,
            Self::Reopen(ReopenReason::Mistake),
            Self::Withdraw,
        ]
    }

    /// The word in the history.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::MarkEligible => "mark_eligible",
            Self::MarkNotEligible(_) => "mark_not_eligible",
            Self::Acknowledge => "acknowledge",
            Self::Confirm => "confirm",
            Self::Reject(_) => "reject",
            Self::Route { .. } => "route",
            Self::Accept => "accept",
            Self::Return(_) => "return",
            Self::PassDown(_) => "pass_down",
            Self::Start => "start",
            Self::Answer(_) => "answer",
            Self::Approve => "approve",
            Self::SendBack => "send_back",
            Self::Publish => "publish",
            Self::Resolve => "resolve",
            Self::CloseUnresolved(_) => "close_unresolved",
            Self::Defer(_) => "defer",
            Self::Resume => "resume_work",
            Self::Reopen(_) => "reopen",
            Self::Withdraw => "withdraw",
        }
    }

    /// Must the person say why, or what was done, in words? What goes to a citizen or against a
    /// colleague's work does (Signalen requires text on *done* and *reopened* for the same reason).
    #[must_use]
    pub const fn needs_note(&self) -> bool {
        matches!(
            self,
            Self::MarkNotEligible(_)
                | Self::Return(_)
                | Self::Answer(_)
                | Self::SendBack
                | Self::CloseUnresolved(_)
                | Self::Defer(_)
                | Self::Reopen(_)
        )
    }

    /// May somebody of this role ask for it at all? Whether they may for *this* incident depends on its
    /// state and on their unit.
    #[must_use]
    pub const fn is_open_to(&self, role: Role) -> bool {
        match self {
            Self::MarkEligible
            | Self::MarkNotEligible(_)
            | Self::Acknowledge
            | Self::Confirm
            | Self::Reject(_)
            | Self::Route { .. }
            | Self::Publish
            | Self::Resolve
            | Self::Resume => role.is_centre(),
            Self::Accept | Self::Return(_) | Self::PassDown(_) | Self::Start | Self::Answer(_) => {
                role.is_unit()
            }
            Self::Approve | Self::SendBack => matches!(role, Role::AgencyLeader),
            Self::Defer(_) => matches!(
                role,
                Role::ShiftLead | Role::Administrator | Role::AgencyLeader
            ),
            Self::CloseUnresolved(_) => matches!(role, Role::ShiftLead | Role::Administrator),
            Self::Reopen(_) => role.is_centre() || matches!(role, Role::Citizen),
            Self::Withdraw => matches!(role, Role::Citizen),
        }
    }
}
