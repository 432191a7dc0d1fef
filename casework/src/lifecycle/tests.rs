//! The life of a case: the ways through it, what is refused, and whatever order people act in.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::people::{Actor, Person, Role};
use crate::unit::{Approval, Unit, UnitId, UnitTree};

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn units() -> UnitTree {
    let of = |id: &str, parent: Option<&str>, approval| Unit {
        id: unit(id),
        name: id.to_owned(),
        parent: parent.map(unit),
        approval,
    };
    UnitTree::new([
        of("city", None, Approval::ByLeader),
        of("ward", Some("city"), Approval::ByLeader),
        of("team", Some("ward"), Approval::NotNeeded),
        of("police", Some("city"), Approval::NotNeeded),
    ])
    .unwrap()
}

fn rules(units: &UnitTree) -> Rules<'_> {
    Rules {
        units,
        reopen_window: SignedDuration::from_hours(14 * 24),
        zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(7)),
    }
}

fn person(role: Role, of: Option<&str>) -> Actor {
    Actor::Person(Person {
        name: role.to_string(),
        role,
        unit: of.map(unit),
    })
}

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + hours * 3_600).unwrap()
}

fn step(action: Action) -> Step {
    Step {
        action,
        note: Some("vì thế".to_owned()),
    }
}

fn route(lead: &str) -> Action {
    Action::Route {
        lead: unit(lead),
        supporting: Vec::new(),
    }
}

/// Takes the steps one after the other, an hour apart, and gives the words of the states between.
fn walk(case: Case, steps: &[(Actor, Action)]) -> (Vec<String>, Result<Case, Refusal>) {
    let units = units();
    let mut case = case;
    let mut words = Vec::new();
    for (hours, (who, action)) in (0..).zip(steps) {
        match case.take(&step(action.clone()), who, at(hours), &rules(&units)) {
            Ok(next) => case = next,
            Err(refusal) => return (words, Err(refusal)),
        }
        words.push(case.state.as_str().to_owned());
    }
    (words, Ok(case))
}

#[test]
fn a_citizens_report_goes_all_the_way_and_comes_back() {
    let operator = || person(Role::Operator, None);
    let handler = || person(Role::AgencyHandler, Some("ward"));
    let leader = || person(Role::AgencyLeader, Some("ward"));
    let (words, end) = walk(
        Case::new(OpenedBy::Reporter),
        &[
            (operator(), Action::MarkEligible),
            (operator(), Action::Acknowledge),
            (operator(), Action::Confirm),
            (operator(), route("police")),
            (
                person(Role::TrafficPolice, Some("police")),
                Action::Return(ReturnReason::NotOurMatter),
            ),
            (operator(), route("ward")),
            (handler(), Action::Accept),
            (handler(), Action::Start),
            (handler(), Action::Answer(Outcome::Done)),
            (leader(), Action::SendBack),
            (handler(), Action::Answer(Outcome::Done)),
            (leader(), Action::Approve),
            (operator(), Action::Publish),
            (Actor::Reporter, Action::Reopen(ReopenReason::NotFixed)),
            (handler(), Action::Accept),
            (
                handler(),
                Action::Answer(Outcome::NotDone(UnresolvedReason::BeyondMeans)),
            ),
            (leader(), Action::Approve),
            (operator(), Action::Publish),
            (Actor::Timer, Action::Resolve),
        ],
    );
    let expected = "eligible acknowledged confirmed routed returned routed accepted in_progress answered sent_back \
                    answered approved published reopened accepted answered approved published closed_unresolved";
    assert_eq!(words.join(" "), expected);
    let end = end.unwrap();
    assert_eq!(
        end.state,
        State::ClosedUnresolved(UnresolvedReason::BeyondMeans)
    );
    assert_eq!(end.reopened, 1);
}

#[test]
fn what_is_refused_says_why() {
    let operator = || person(Role::Operator, None);
    let confirmed = Case {
        state: State::Confirmed,
        ..Case::new(OpenedBy::Camera)
    };
    let with = |state, lead: &str| Case {
        state,
        lead: Some(unit(lead)),
        ..Case::new(OpenedBy::Camera)
    };
    let published = Case {
        published_at: Some(at(0)),
        ..with(State::Published(Outcome::Done), "ward")
    };
    let answered = || with(State::Answered(Outcome::Done), "ward");
    let handler = |of| person(Role::AgencyHandler, Some(of));
    let reopen = || Action::Reopen(ReopenReason::CameBack);
    let role = |role| Refusal::NotThisRole { role };
    let from = |from| Refusal::NotFromHere { from };
    #[rustfmt::skip]
    let table: Vec<(&str, Case, Actor, Action, i64, Refusal)> = vec![
        ("a camera decides nothing", Case::new(OpenedBy::Camera), Actor::Camera, Action::Confirm, 0, Refusal::NotAPerson),
        ("a timer confirms nothing", Case::new(OpenedBy::Camera), Actor::Timer, Action::Confirm, 0, Refusal::NotAPerson),
        ("eligibility comes first", Case::new(OpenedBy::Reporter), operator(), Action::Confirm, 0, Refusal::EligibilityFirst),
        ("a camera's word needs no eligibility", Case::new(OpenedBy::Camera), operator(), Action::MarkEligible, 0, from("new")),
        ("an auditor only reads", confirmed.clone(), person(Role::Auditor, None), Action::Publish, 0, role(Role::Auditor)),
        ("an operator closes nothing unsolved", confirmed.clone(), operator(), Action::CloseUnresolved(UnresolvedReason::NotFound), 0, role(Role::Operator)),
        ("no such unit", confirmed.clone(), operator(), route("nowhere"), 0, Refusal::NoSuchUnit(unit("nowhere"))),
        ("lead and helper", confirmed, operator(), Action::Route { lead: unit("ward"), supporting: vec![unit("ward")] }, 0, Refusal::LeadSupports(unit("ward"))),
        ("another unit's case", with(State::Routed, "ward"), handler("police"), Action::Accept, 0, Refusal::NotYourUnit),
        ("a unit below does not act for the one above", with(State::Routed, "ward"), handler("team"), Action::Accept, 0, Refusal::NotYourUnit),
        ("passing up is no passing down", with(State::Routed, "team"), handler("ward"), Action::PassDown(unit("city")), 0, Refusal::NotBelow(unit("city"))),
        ("a handler does not approve", answered(), handler("ward"), Action::Approve, 0, role(Role::AgencyHandler)),
        ("approval comes before publication", answered(), operator(), Action::Publish, 0, Refusal::ApprovalFirst),
        ("too late to reopen", published.clone(), Actor::Reporter, reopen(), 14 * 24 + 1, Refusal::TooLate),
        ("a citizen reopens only what was published", with(State::Rejected(RejectReason::Abuse), "ward"), Actor::Reporter, reopen(), 0, from("rejected")),
        ("published once", published, operator(), Action::Publish, 0, from("published")),
        ("yesterday is no day to look again", with(State::Routed, "ward"), person(Role::ShiftLead, None), Action::Defer(date(2020, 1, 1)), 0, Refusal::ReviewInThePast),
    ];
    let units = units();
    for (name, case, who, action, hours, expected) in table {
        assert_eq!(
            case.take(&step(action), &who, at(hours), &rules(&units)),
            Err(expected),
            "{name}"
        );
    }
}

#[test]
fn a_report_is_withdrawn_only_until_somebody_found_it_real() {
    let units = units();
    let withdraw = |state, opened_by| {
        let case = Case {
            state,
            ..Case::new(opened_by)
        };
        case.take(
            &Step {
                action: Action::Withdraw,
                note: None,
            },
            &Actor::Reporter,
            at(0),
            &rules(&units),
        )
        .map(|case| case.state)
    };
    let gone = Ok(State::ClosedUnresolved(UnresolvedReason::Withdrawn));
    assert_eq!(withdraw(State::Eligible, OpenedBy::Reporter), gone);
    let refused = |from| Err(Refusal::NotFromHere { from });
    assert_eq!(
        withdraw(State::Confirmed, OpenedBy::Reporter),
        refused("confirmed")
    );
    assert_eq!(withdraw(State::New, OpenedBy::Camera), refused("new"));
}

#[test]
fn a_screen_offers_what_can_be_done_and_nothing_else() {
    let units = units();
    let offered = |state, who: &Actor| {
        let case = Case {
            state,
            lead: Some(unit("ward")),
            ..Case::new(OpenedBy::Reporter)
        };
        case.open_to(who, at(0), &rules(&units)).join(" ")
    };
    let (operator, handler) = (
        person(Role::Operator, None),
        person(Role::AgencyHandler, Some("ward")),
    );
    #[rustfmt::skip]
    let table = [
        (State::New, &operator, "mark_eligible mark_not_eligible"),
        (State::Eligible, &operator, "acknowledge confirm reject"),
        (State::Confirmed, &operator, "route"),
        (State::Routed, &handler, "accept return pass_down"),
        (State::Answered(Outcome::Done), &handler, ""),
        (State::Resolved, &operator, "reopen"),
    ];
    for (state, who, expected) in table {
        assert_eq!(offered(state, who), expected, "{state:?}");
    }
}

#[test]
fn a_unit_without_approval_publishes_at_once_and_a_unit_above_may_act() {
    let units = units();
    let case = Case {
        state: State::Answered(Outcome::Done),
        lead: Some(unit("team")),
        ..Case::new(OpenedBy::Camera)
    };
    let published = case.take(
        &step(Action::Publish),
        &person(Role::Operator, None),
        at(5),
        &rules(&units),
    );
    assert_eq!(published.unwrap().published_at, Some(at(5)));
    let routed = Case {
        state: State::Routed,
        ..case
    };
    let above = person(Role::AgencyHandler, Some("city"));
    assert!(
        routed
            .take(&step(Action::Accept), &above, at(0), &rules(&units))
            .is_ok()
    );
}

#[test]
fn words_are_asked_for_where_they_are_owed() {
    let units = units();
    let case = Case {
        state: State::Accepted,
        lead: Some(unit("ward")),
        ..Case::new(OpenedBy::Camera)
    };
    let who = person(Role::AgencyHandler, Some("ward"));
    for note in [None, Some(String::new()), Some("  ".to_owned())] {
        let silent = Step {
            action: Action::Answer(Outcome::Done),
            note,
        };
        assert_eq!(
            case.take(&silent, &who, at(0), &rules(&units)),
            Err(Refusal::NoteMissing)
        );
    }
}

#[test]
fn a_step_is_taken_back_once_by_who_took_it_in_time() {
    let units = units();
    let before = Case::new(OpenedBy::Camera);
    let who = person(Role::Operator, None);
    let after = before
        .take(&step(Action::Confirm), &who, at(0), &rules(&units))
        .unwrap();
    let taken = || Taken {
        before: before.clone(),
        after: after.clone(),
        by: "operator".to_owned(),
        at: at(0),
    };
    let window = SignedDuration::from_mins(10);
    let soon = at(0) + SignedDuration::from_mins(9);
    assert_eq!(
        taken().undo(&after, "operator", soon, window),
        Ok(before.clone())
    );
    assert_eq!(
        taken().undo(&after, "other", soon, window),
        Err(UndoRefusal::NotYours)
    );
    assert_eq!(
        taken().undo(&after, "operator", at(1), window),
        Err(UndoRefusal::TooLate)
    );
    assert_eq!(
        taken().undo(&before, "operator", soon, window),
        Err(UndoRefusal::MovedOn)
    );
}

fn any_action() -> impl Strategy<Value = Action> {
    let unit_id = || {
        proptest::sample::select(vec!["city", "ward", "team", "police", "nowhere"]).prop_map(unit)
    };
    let outcome = || {
        prop_oneof![
            Just(Outcome::Done),
            proptest::sample::select(UnresolvedReason::ALL).prop_map(Outcome::NotDone)
        ]
    };
    prop_oneof![
        1 => Just(Action::MarkEligible),
        1 => proptest::sample::select(IneligibleReason::ALL).prop_map(Action::MarkNotEligible),
        1 => Just(Action::Acknowledge),
        3 => Just(Action::Confirm),
        1 => proptest::sample::select(RejectReason::ALL).prop_map(Action::Reject),
        3 => (unit_id(), proptest::collection::vec(unit_id(), 0..2))
            .prop_map(|(lead, supporting)| Action::Route { lead, supporting }),
        2 => Just(Action::Accept),
        1 => proptest::sample::select(ReturnReason::ALL).prop_map(Action::Return),
        1 => unit_id().prop_map(Action::PassDown),
        1 => Just(Action::Start),
        3 => outcome().prop_map(Action::Answer),
        2 => Just(Action::Approve),
        1 => Just(Action::SendBack),
        2 => Just(Action::Publish),
        1 => Just(Action::Resolve),
        1 => proptest::sample::select(UnresolvedReason::ALL).prop_map(Action::CloseUnresolved),
        1 => (2023_i16..2030).prop_map(|year| Action::Defer(Date::constant(year, 6, 1))),
        1 => Just(Action::Resume),
        1 => proptest::sample::select(ReopenReason::ALL).prop_map(Action::Reopen),
        1 => Just(Action::Withdraw),
    ]
}

fn any_actor() -> impl Strategy<Value = Actor> {
    let of_unit = |role: Role| {
        proptest::sample::select(vec![
            None,
            Some("city"),
            Some("ward"),
            Some("team"),
            Some("police"),
        ])
        .prop_map(move |of| person(role, of))
    };
    prop_oneof![
        1 => Just(Actor::Camera),
        1 => Just(Actor::Timer),
        1 => Just(Actor::Reporter),
        4 => proptest::sample::select(vec![Role::Operator, Role::ShiftLead, Role::Administrator, Role::Auditor, Role::Citizen])
            .prop_map(|role| person(role, None)),
        4 => proptest::sample::select(vec![Role::AgencyHandler, Role::AgencyLeader, Role::TrafficPolice, Role::ForestUnit])
            .prop_flat_map(of_unit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever operators, agencies, citizens, timers and cameras do, in whatever order.
    #[test]
    fn nothing_that_must_not_happen_happens(
        opened_by in prop_oneof![Just(OpenedBy::Camera), Just(OpenedBy::Reporter)],
        steps in proptest::collection::vec((any_actor(), any_action(), 0_i64..200), 0..120),
    ) {
        let units = units();
        let rules = rules(&units);
        let mut case = Case::new(opened_by);
        let mut hours = 0;
        let mut was_eligible = false;
        let mut was_confirmed = false;
        for (who, action, gap) in steps {
            hours += gap;
            let Ok(next) = case.take(&step(action.clone()), &who, at(hours), &rules) else { continue };

            prop_assert_ne!(&who, &Actor::Camera, "cameras decide nothing");
            if who == Actor::Timer {
                prop_assert_eq!(action.as_str(), "resolve");
            }
            if case.state.is_closed() {
                prop_assert_eq!(next.state, State::Reopened, "what is closed is only reopened");
            }
            was_eligible |= next.state == State::Eligible;
            was_confirmed |= next.state == State::Confirmed;
            if opened_by == OpenedBy::Reporter && !matches!(next.state, State::NotEligible(_) | State::Reopened)
                && action != Action::Withdraw && next.reopened == 0 {
                prop_assert!(was_eligible, "eligibility was skipped on the way to {:?}", next.state);
            }
            if next.state.is_with_unit() {
                prop_assert!(next.lead.is_some(), "{:?} without a unit", next.state);
            }
            if matches!(next.state, State::Routed) && next.reopened == 0 {
                prop_assert!(was_confirmed, "routed before it was confirmed");
            }
            if let Some(lead) = &next.lead {
                prop_assert!(units.get(lead).is_some());
                prop_assert!(!next.supporting.contains(lead), "lead and helper at once");
            }
            if let State::Published(_) = next.state {
                prop_assert!(next.published_at.is_some());
                let approved = matches!(case.state, State::Approved(_));
                let free = next.lead.as_ref().and_then(|lead| units.get(lead)).is_some_and(|unit| unit.approval == Approval::NotNeeded);
                prop_assert!(approved || free, "published without approval");
            }
            if next.state == State::Resolved {
                prop_assert_eq!(case.state, State::Published(Outcome::Done), "resolved only what was done");
            }
            let taken = Taken { before: case.clone(), after: next.clone(), by: who.name().to_owned(), at: at(hours) };
            if let Ok(back) = taken.undo(&next, who.name(), at(hours), SignedDuration::from_mins(10)) {
                prop_assert_eq!(&back, &case, "undo is exact");
            }
            let (word, detail) = (next.state.as_str(), next.state.detail());
            prop_assert_eq!(State::from_words(word, detail.as_deref()), Ok(next.state));
            case = next;
        }
    }
}

#[test]
fn a_reason_where_none_may_stand_is_no_state() {
    for (word, detail) in [
        ("new", Some("abuse")),
        ("rejected", None),
        ("rejected", Some("done")),
        ("published", None),
        ("deferred", Some("soon")),
        ("gone", None),
    ] {
        assert!(
            State::from_words(word, detail).is_err(),
            "{word} {detail:?}"
        );
    }
    let supporting: BTreeSet<UnitId> = BTreeSet::new();
    assert_eq!(Case::new(OpenedBy::Camera).supporting, supporting);
}
