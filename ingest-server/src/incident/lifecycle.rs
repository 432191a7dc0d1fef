//! What people decided about an incident: new → acknowledged → confirmed | rejected(reason).
//!
//! Whether the camera still sees it is another matter and lives in [`super::facts`]: an incident
//! can be confirmed long after the camera cleared it, and rejected while the camera insists.

use std::str::FromStr;

use super::UnknownWord;

/// Where the decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody has looked yet.
    New,
    /// Somebody looks at it.
    Acknowledged,
    /// It is real, and it is ours to act on.
    Confirmed,
    /// It is not, and this is why.
    Rejected(RejectReason),
}

impl State {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Acknowledged => "acknowledged",
            Self::Confirmed => "confirmed",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Why it was rejected, if it was.
    #[must_use]
    pub const fn rejected_reason(self) -> Option<RejectReason> {
        match self {
            Self::Rejected(reason) => Some(reason),
            Self::New | Self::Acknowledged | Self::Confirmed => None,
        }
    }

    /// Reads the state and its reason back from the store.
    ///
    /// # Errors
    /// [`UnknownWord`] where either is not a word of this version, or `rejected` has no reason.
    pub fn from_words(state: &str, reason: Option<&str>) -> Result<Self, UnknownWord> {
        match (state, reason) {
            ("new", _) => Ok(Self::New),
            ("acknowledged", _) => Ok(Self::Acknowledged),
            ("confirmed", _) => Ok(Self::Confirmed),
            ("rejected", Some(reason)) => reason.parse().map(Self::Rejected),
            _ => Err(UnknownWord {
                what: "an incident's state",
                word: state.to_owned(),
            }),
        }
    }
}

/// Why an incident was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// The camera saw something else, or nothing.
    FalseDetection,
    /// It is there, but breaks no rule.
    NotEligible,
    /// It is real, but not for this centre.
    OutsideRemit,
    /// The report was made in bad faith.
    Abuse,
    /// Another incident tells of it already.
    Duplicate,
}

impl RejectReason {
    /// Every reason, in the order of the console's list.
    pub const ALL: [Self; 5] = [
        Self::FalseDetection,
        Self::NotEligible,
        Self::OutsideRemit,
        Self::Abuse,
        Self::Duplicate,
    ];

    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FalseDetection => "false_detection",
            Self::NotEligible => "not_eligible",
            Self::OutsideRemit => "outside_remit",
            Self::Abuse => "abuse",
            Self::Duplicate => "duplicate",
        }
    }
}

impl FromStr for RejectReason {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| UnknownWord {
                what: "a reason for rejection",
                word: text.to_owned(),
            })
    }
}

/// Who wants the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A camera's report. It may say what it sees, never what is decided.
    Camera,
    /// An operator of the centre.
    Operator,
    /// An administrator, who may do what an operator may.
    Administrator,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// "I look at it."
    Acknowledge,
    /// "It is real."
    Confirm,
    /// "It is not."
    Reject(RejectReason),
}

impl Action {
    /// The word in the history.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Confirm => "confirm",
            Self::Reject(_) => "reject",
        }
    }
}

/// Why a transition was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Only people decide.
    #[error("only people decide about incidents")]
    NotAPerson,
    /// It is acknowledged already.
    #[error("the incident is acknowledged already")]
    AlreadyAcknowledged,
    /// It is confirmed or rejected, and that stands.
    #[error("the incident is decided already")]
    AlreadyDecided,
}

impl Refusal {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAPerson => "not_a_person",
            Self::AlreadyAcknowledged => "already_acknowledged",
            Self::AlreadyDecided => "already_decided",
        }
    }
}

/// The state after the action.
///
/// # Errors
/// [`Refusal`] where this actor may not take this action in this state; the state stands.
pub const fn transition(state: State, actor: Actor, action: Action) -> Result<State, Refusal> {
    if matches!(actor, Actor::Camera) {
        return Err(Refusal::NotAPerson);
    }
    match (state, action) {
        (State::Confirmed | State::Rejected(_), _) => Err(Refusal::AlreadyDecided),
        (State::Acknowledged, Action::Acknowledge) => Err(Refusal::AlreadyAcknowledged),
        (State::New, Action::Acknowledge) => Ok(State::Acknowledged),
        (State::New | State::Acknowledged, Action::Confirm) => Ok(State::Confirmed),
        (State::New | State::Acknowledged, Action::Reject(reason)) => Ok(State::Rejected(reason)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REJECT: Action = Action::Reject(RejectReason::Abuse);

    #[test]
    fn the_table_of_transitions() {
        use Action::{Acknowledge, Confirm};
        use Refusal::{AlreadyAcknowledged, AlreadyDecided};
        use State::{Acknowledged, Confirmed, New};
        let rejected = State::Rejected(RejectReason::Abuse);
        #[rustfmt::skip]
        let table = [
            (New,          Acknowledge, Ok(Acknowledged)),
            (New,          Confirm,     Ok(Confirmed)),
            (New,          REJECT,      Ok(rejected)),
            (Acknowledged, Acknowledge, Err(AlreadyAcknowledged)),
            (Acknowledged, Confirm,     Ok(Confirmed)),
            (Acknowledged, REJECT,      Ok(rejected)),
            (Confirmed,    Acknowledge, Err(AlreadyDecided)),
            (Confirmed,    Confirm,     Err(AlreadyDecided)),
            (Confirmed,    REJECT,      Err(AlreadyDecided)),
            (rejected,     Acknowledge, Err(AlreadyDecided)),
            (rejected,     Confirm,     Err(AlreadyDecided)),
            (rejected,     REJECT,      Err(AlreadyDecided)),
        ];
        for (state, action, expected) in table {
            for actor in [Actor::Operator, Actor::Administrator] {
                assert_eq!(
                    transition(state, actor, action),
                    expected,
                    "{state:?} {action:?}"
                );
            }
            assert_eq!(
                transition(state, Actor::Camera, action),
                Err(Refusal::NotAPerson)
            );
        }
    }

    #[test]
    fn words_survive_the_store() {
        let rejected = RejectReason::ALL.map(State::Rejected);
        for state in [State::New, State::Acknowledged, State::Confirmed]
            .into_iter()
            .chain(rejected)
        {
            let reason = state.rejected_reason().map(RejectReason::as_str);
            assert_eq!(State::from_words(state.as_str(), reason), Ok(state));
        }
        assert!(State::from_words("rejected", None).is_err());
        assert!(State::from_words("closed", None).is_err());
    }

    fn any_actor() -> impl Strategy<Value = Actor> {
        prop_oneof![
            Just(Actor::Camera),
            Just(Actor::Operator),
            Just(Actor::Administrator)
        ]
    }

    fn any_action() -> impl Strategy<Value = Action> {
        prop_oneof![
            Just(Action::Acknowledge),
            Just(Action::Confirm),
            proptest::sample::select(RejectReason::ALL.to_vec()).prop_map(Action::Reject),
        ]
    }

    proptest! {
        /// However the actions come: a decision once made stands, only people move the state, and
        /// it never goes back.
        #[test]
        fn a_decision_stands(steps in proptest::collection::vec((any_actor(), any_action()), 0..20)) {
            let rank = |state| match state {
                State::New => 0,
                State::Acknowledged => 1,
                State::Confirmed | State::Rejected(_) => 2,
            };
            let mut state = State::New;
            for (actor, action) in steps {
                let Ok(next) = transition(state, actor, action) else { continue };
                prop_assert_ne!(actor, Actor::Camera);
                prop_assert!(rank(next) > rank(state));
                state = next;
            }
        }
    }
}
