//! What units may have to be told of a step: remembered in the step's own transaction.
//!
//! What does not belong here: who is told, and how (dispatch).

use casework::lifecycle::{Case, State};
use casework::unit::UnitId;
use notice::Cause;

use super::step::Taken;

/// The causes of a step, each a notice.
pub(super) fn news_of(taken: &Taken) -> Vec<Cause> {
    let (before, after) = (&taken.before, &taken.after);
    if taken.action == "undo" {
        return undone(before, after);
    }
    match after.state {
        State::Confirmed if before.state != State::Confirmed => vec![Cause::Confirmed],
        State::Rejected(_) | State::NotEligible(_) => vec![Cause::Rejected],
        State::Routed => given_to(after),
        State::Published(_) | State::Resolved | State::ClosedUnresolved(_) => vec![Cause::Closed],
        State::Reopened => vec![Cause::Reopened],
        _ => Vec::new(),
    }
}

/// A verdict that is taken back is nobody's any more; a unit that had it is told by what follows.
fn undone(before: &Case, after: &Case) -> Vec<Cause> {
    let decided = |case: &Case| {
        !matches!(
            case.state,
            State::New | State::Eligible | State::Acknowledged
        )
    };
    match (decided(before), decided(after)) {
        (true, false) => vec![Cause::Reopened],
        _ => Vec::new(),
    }
}

fn given_to(case: &Case) -> Vec<Cause> {
    let as_told = |unit: &UnitId| unit.as_str().parse().ok().map(Cause::Routed);
    case.lead
        .iter()
        .chain(&case.supporting)
        .filter_map(as_told)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use casework::lifecycle::{OpenedBy, RejectReason};
    use casework::people::Actor;
    use jiff::Timestamp;

    use super::*;
    use crate::incident::IncidentId;

    fn told(action: &'static str, before: State, after: State) -> Vec<String> {
        let unit = |id| UnitId::new(id).unwrap();
        let case = |state| Case {
            state,
            lead: Some(unit("a")),
            supporting: BTreeSet::from([unit("b")]),
            ..Case::new(OpenedBy::Camera)
        };
        let taken = Taken {
            incident: IncidentId::new(),
            version: 2,
            action,
            who: Actor::Timer,
            before: case(before),
            after: case(after),
            note: None,
            at: Timestamp::UNIX_EPOCH,
        };
        news_of(&taken)
            .into_iter()
            .map(|cause| cause.as_str().to_owned())
            .collect()
    }

    #[test]
    fn who_must_know_is_told_once_of_each_step() {
        let rejected = State::Rejected(RejectReason::Abuse);
        #[rustfmt::skip]
        let table: [(&str, State, State, &[&str]); 7] = [
            ("acknowledge", State::New,       State::Acknowledged, &[]),
            ("confirm",     State::New,       State::Confirmed,    &["confirmed"]),
            ("reject",      State::New,       rejected,            &["rejected"]),
            ("route",       State::Confirmed, State::Routed,       &["routed", "routed"]),
            ("accept",      State::Routed,    State::Accepted,     &[]),
            ("undo",        rejected,         State::New,          &["reopened"]),
            ("undo",        State::Routed,    State::Confirmed,    &[]),
        ];
        for (action, before, after, expected) in table {
            assert_eq!(told(action, before, after), expected, "{action}");
        }
    }
}
