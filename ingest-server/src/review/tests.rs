//! Cases on rows: routing on confirmation, undo, complaints, deadlines as time passes, and whatever order people act in.

mod notices;
mod routing;

use casework::deadline::Urgency;
use casework::lifecycle::{
    Action, OpenedBy, Outcome, Refusal, RejectReason, ReopenReason, ReturnReason, State, Step,
    UndoRefusal, UnresolvedReason,
};
use casework::people::{Actor, Person, Role};
use casework::policy::Policy;
use casework::routing::Source;
use casework::unit::UnitId;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{ReviewError, Taken, Timekeeper, Wish, take_step, undo_step};
use crate::changes::ChangeBus;
use crate::incident::IncidentId;
use crate::incident::history::verify;
use crate::office::Offices;
use crate::store::entity::incident;
use crate::store::{self, CallMade, CaseFact, SetupKind, Store};

const UNITS: &str = r#"
    units = [
        { id = "thanh-pho", name = "Thành phố" },
        { id = "cap-nuoc", name = "Cấp nước", parent = "thanh-pho" },
        { id = "to-1", name = "Tổ 1", parent = "cap-nuoc", approval = "not_needed" },
        { id = "trat-tu", name = "Đội trật tự", parent = "thanh-pho", approval = "not_needed" },
    ]
    rules = [
        { name = "nuoc", when = { category = ["water"] }, lead = "cap-nuoc", supporting = ["trat-tu"] },
        { name = "via-he", when = { category = ["encroachment"] }, lead = "trat-tu" },
    ]
"#;

/// A database of its own in memory, with units and rules.
struct Town {
    store: Store,
    offices: Offices,
    _folder: tempfile::TempDir,
}

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn person(name: &str, role: Role, of: Option<&str>) -> Actor {
    Actor::Person(Person {
        name: name.to_owned(),
        role,
        unit: of.map(unit),
    })
}

fn operator() -> Actor {
    person("lan", Role::Operator, None)
}

fn handler() -> Actor {
    person("minh", Role::AgencyHandler, Some("cap-nuoc"))
}

fn leader() -> Actor {
    person("hoa", Role::AgencyLeader, Some("cap-nuoc"))
}

/// Monday 31 August 2026, 08:00 in Việt Nam, and so many minutes after.
fn at(minutes: i64) -> Timestamp {
    "2026-08-31T01:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

impl Town {
    async fn new() -> Self {
        let shm = std::path::Path::new("/dev/shm");
        let folder = match shm.is_dir() {
            true => tempfile::tempdir_in(shm).unwrap(),
            false => tempfile::tempdir().unwrap(),
        };
        let url = format!("sqlite://{}/vong.db", folder.path().display());
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let town = Self {
            store,
            offices: Offices::default(),
            _folder: folder,
        };
        town.set(UNITS).await;
        town
    }

    async fn set(&self, units: &str) {
        let policy = Policy::from_toml(&format!("{units}\n{}", Policy::shipped_text())).unwrap();
        let tx = self.store.begin().await.unwrap();
        let kind = SetupKind::Policy;
        let version = store::setup_version(&tx, kind).await.unwrap();
        let body = policy.to_json().unwrap().to_string();
        store::insert_setup(&tx, kind, version, ("quan-tri", None), body, at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn open(&self, kind: &str, by: OpenedBy, source: Source, urgency: Urgency) -> IncidentId {
        let id = IncidentId::new();
        let row = incident::Model {
            number: i64::try_from(id.as_uuid().as_u128() % (1 << 62)).unwrap(),
            kind: kind.to_owned(),
            detail: "leak".to_owned(),
            severity: "medium".to_owned(),
            urgency: urgency.as_str().to_owned(),
            ..incident::Model::opened(id, by, source, at(0))
        };
        let tx = self.store.begin().await.unwrap();
        store::insert_incident(&tx, row).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn row(&self, id: IncidentId) -> incident::Model {
        store::find_incident(&self.store, id)
            .await
            .unwrap()
            .unwrap()
    }

    async fn takes(
        &self,
        id: IncidentId,
        who: &Actor,
        action: Action,
        minute: i64,
    ) -> Result<Taken, ReviewError> {
        let step = Step {
            action,
            note: Some("vì thế".to_owned()),
        };
        let tx = self.store.begin().await.unwrap();
        let office = self.offices.in_force(&tx).await.unwrap();
        let wish = Wish {
            incident: id,
            version: None,
            who,
            step: &step,
            at: at(minute),
        };
        let taken = take_step(&tx, &office, wish).await?;
        tx.commit().await.unwrap();
        Ok(taken)
    }

    async fn goes(&self, id: IncidentId, steps: &[(Actor, Action, i64)]) -> State {
        let mut state = State::New;
        for (who, action, minute) in steps {
            let taken = self.takes(id, who, action.clone(), *minute).await;
            state = taken
                .unwrap_or_else(|refused| panic!("{action:?}: {refused:?}"))
                .after
                .state;
        }
        state
    }

    async fn undoes(&self, id: IncidentId, who: &Actor, minute: i64) -> Result<Taken, ReviewError> {
        let tx = self.store.begin().await.unwrap();
        let office = self.offices.in_force(&tx).await.unwrap();
        let version = store::find_incident(&tx, id)
            .await
            .unwrap()
            .unwrap()
            .version;
        let taken = undo_step(&tx, &office, (id, version), who, at(minute)).await?;
        tx.commit().await.unwrap();
        Ok(taken)
    }

    /// Time passes; every server looks.
    async fn look(&self, minute: i64) {
        let keeper = Timekeeper {
            store: self.store.clone(),
            offices: self.offices.clone(),
            changes: ChangeBus::default(),
        };
        keeper.turn(at(minute)).await.unwrap();
    }

    async fn history(&self, id: IncidentId) -> Vec<String> {
        let rows = store::history_of_incident(&self.store, id).await.unwrap();
        let chain = rows.iter().map(|(row, hash)| (row, hash.as_str()));
        assert_eq!(verify(id, chain), Ok(()));
        rows.into_iter()
            .map(|(row, _)| match row.reason {
                Some(reason) => format!("{} {reason}", row.action),
                None => row.action,
            })
            .collect()
    }
}

#[tokio::test]
async fn a_confirmed_incident_goes_to_its_unit_and_the_reasons_stay() {
    let town = Town::new().await;
    let id = town
        .open(
            "encroachment",
            OpenedBy::Camera,
            Source::Camera,
            Urgency::Normal,
        )
        .await;
    let taken = town
        .takes(id, &operator(), Action::Confirm, 1)
        .await
        .unwrap();
    assert_eq!(taken.after.state, State::Routed);
    assert_eq!(taken.after.lead, Some(unit("trat-tu")));
    assert_eq!(taken.version, 3);
    assert_eq!(
        town.history(id).await,
        ["confirm", "route trat-tu (via-he)"]
    );
    let route = store::route_of(&town.store, id).await.unwrap().unwrap();
    let explanation: serde_json::Value = serde_json::from_str(&route.explanation).unwrap();
    assert_eq!(
        explanation["reasons"],
        serde_json::json!([
            { "rule": "nuoc", "verdict": "fails", "term": "category" },
            { "rule": "via-he", "verdict": "fits", "term": null },
        ])
    );
    assert_eq!(route.policy_version, 1);
    // What no rule takes lies in the common tray, confirmed.
    let other = town
        .open(
            "stray_cattle",
            OpenedBy::Camera,
            Source::Camera,
            Urgency::Normal,
        )
        .await;
    let taken = town
        .takes(other, &operator(), Action::Confirm, 1)
        .await
        .unwrap();
    assert_eq!(
        (taken.after.state, taken.after.lead),
        (State::Confirmed, None)
    );
}

#[tokio::test]
async fn steps_are_taken_back_one_by_one_to_the_very_row() {
    let town = Town::new().await;
    let id = town
        .open(
            "encroachment",
            OpenedBy::Camera,
            Source::Camera,
            Urgency::Normal,
        )
        .await;
    let plain = |row: incident::Model| incident::Model {
        version: 0,
        updated_at: 0,
        ..row
    };
    town.takes(id, &operator(), Action::Acknowledge, 1)
        .await
        .unwrap();
    let (before, clocks) = (plain(town.row(id).await), town.clocks(id).await);
    town.takes(id, &operator(), Action::Confirm, 2)
        .await
        .unwrap();
    let other = person("an", Role::Operator, None);
    let not_theirs = town.undoes(id, &other, 3).await;
    assert!(matches!(
        not_theirs,
        Err(ReviewError::NotUndone(UndoRefusal::NotYours))
    ));
    let late = town.undoes(id, &operator(), 13).await;
    assert!(matches!(
        late,
        Err(ReviewError::NotUndone(UndoRefusal::TooLate))
    ));
    let unrouted = town.undoes(id, &operator(), 4).await.unwrap();
    assert_eq!(
        (unrouted.after.state, unrouted.after.lead),
        (State::Confirmed, None)
    );
    let back = town.undoes(id, &operator(), 5).await.unwrap();
    assert_eq!(back.after.state, State::Acknowledged);
    assert_eq!(plain(town.row(id).await), before);
    assert_eq!(town.clocks(id).await, clocks);
    assert_eq!(
        town.history(id).await,
        [
            "acknowledge",
            "confirm",
            "route trat-tu (via-he)",
            "undo route",
            "undo confirm"
        ]
    );
}

#[tokio::test]
async fn a_complaint_reaches_neither_whom_it_is_about_nor_who_is_below() {
    let town = Town::new().await;
    let id = town
        .open(
            "water",
            OpenedBy::Reporter,
            Source::Citizen,
            Urgency::Normal,
        )
        .await;
    let tx = town.store.begin().await.unwrap();
    let fact = CaseFact::ComplainedOf(Some("cap-nuoc"));
    store::write_case_fact(&tx, id, fact, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    town.takes(id, &operator(), Action::MarkEligible, 1)
        .await
        .unwrap();
    // The rule for water would send it to the accused: it is passed by, and nothing else fits.
    let taken = town
        .takes(id, &operator(), Action::Confirm, 2)
        .await
        .unwrap();
    assert_eq!(
        (taken.after.state, taken.after.lead),
        (State::Confirmed, None)
    );
    for to in ["cap-nuoc", "to-1"] {
        let route = Action::Route {
            lead: unit(to),
            supporting: Vec::new(),
        };
        let refused = town.takes(id, &operator(), route, 3).await;
        assert!(
            matches!(refused, Err(ReviewError::WouldGoToAccused)),
            "{to}"
        );
    }
    let help = Action::Route {
        lead: unit("thanh-pho"),
        supporting: vec![unit("to-1")],
    };
    let refused = town.takes(id, &operator(), help, 3).await;
    assert!(matches!(refused, Err(ReviewError::WouldGoToAccused)));
    let above = Action::Route {
        lead: unit("thanh-pho"),
        supporting: Vec::new(),
    };
    town.takes(id, &operator(), above, 3).await.unwrap();
    let down = person("chu-tich", Role::AgencyLeader, Some("thanh-pho"));
    let refused = town
        .takes(id, &down, Action::PassDown(unit("to-1")), 4)
        .await;
    assert!(matches!(refused, Err(ReviewError::WouldGoToAccused)));
    // For the accused it is not there.
    let refused = town.takes(id, &handler(), Action::Accept, 4).await;
    assert!(matches!(refused, Err(ReviewError::NotFound)));
}

#[tokio::test]
async fn who_holds_an_incident_decides_until_the_claim_ends() {
    let town = Town::new().await;
    let id = town
        .open(
            "stray_cattle",
            OpenedBy::Camera,
            Source::Camera,
            Urgency::Normal,
        )
        .await;
    let tx = town.store.begin().await.unwrap();
    let claim = casework::desk::Claim {
        by: "an".to_owned(),
        until: at(5),
    };
    store::write_claim(&tx, id, Some(&claim), at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let held = town.takes(id, &operator(), Action::Confirm, 4).await;
    assert!(matches!(held, Err(ReviewError::Held(held)) if held.by == "an"));
    town.takes(id, &operator(), Action::Confirm, 5)
        .await
        .unwrap();
}

/// 1022: a leak is told by telephone, routed, forgotten, overdue, answered, and comes back.
#[tokio::test]
async fn a_water_leak_told_by_telephone_is_overdue_and_reopened() {
    let town = Town::new().await;
    let id = town
        .open("water", OpenedBy::Reporter, Source::Staff, Urgency::Normal)
        .await;
    town.look(1).await;
    let early = town.takes(id, &operator(), Action::Confirm, 5).await;
    assert!(matches!(
        early,
        Err(ReviewError::Refused(Refusal::EligibilityFirst))
    ));
    let state = town
        .goes(
            id,
            &[
                (operator(), Action::MarkEligible, 6),
                (operator(), Action::Confirm, 10),
                (handler(), Action::Accept, 30),
            ],
        )
        .await;
    assert_eq!(state, State::Accepted);
    assert_eq!(town.row(id).await.lead_unit.as_deref(), Some("cap-nuoc"));
    // Three working days to deal with it, and the 2nd of September is a holiday: warned a day before.
    let day = 24 * 60;
    town.look(day).await;
    town.look(3 * day + 10).await;
    town.look(3 * day + 20).await;
    assert_eq!(
        town.history(id).await.last().unwrap(),
        "deadline_warned process"
    );
    assert_eq!(town.row(id).await.due_stage.as_deref(), Some("process"));
    let late = town.row(id).await.due_at.unwrap();
    assert_eq!(late, at(4 * day + 10).as_microsecond());
    // Handed back and forth, the clock runs on.
    town.goes(
        id,
        &[
            (
                handler(),
                Action::Return(ReturnReason::NotOurArea),
                3 * day + 30,
            ),
            (
                operator(),
                Action::Route {
                    lead: unit("cap-nuoc"),
                    supporting: Vec::new(),
                },
                3 * day + 40,
            ),
            (handler(), Action::PassDown(unit("to-1")), 3 * day + 50),
        ],
    )
    .await;
    assert_eq!(town.row(id).await.due_at, Some(late));
    town.look(4 * day + 11).await;
    town.look(4 * day + 12).await;
    let missed = |history: &[String]| {
        history
            .iter()
            .filter(|row| *row == "deadline_missed process")
            .count()
    };
    assert_eq!(missed(&town.history(id).await), 1);
    let overdue = store::overdue(&town.store, at(4 * day + 12), &[], 10)
        .await
        .unwrap();
    assert_eq!(
        overdue.iter().map(|row| &row.id).collect::<Vec<_>>(),
        [&id.to_string()]
    );
    let team = person("tu", Role::AgencyHandler, Some("to-1"));
    let state = town
        .goes(
            id,
            &[
                (team.clone(), Action::Accept, 4 * day + 20),
                (team.clone(), Action::Answer(Outcome::Done), 4 * day + 60),
                (operator(), Action::Publish, 4 * day + 70),
                (
                    Actor::Reporter,
                    Action::Reopen(ReopenReason::NotFixed),
                    5 * day,
                ),
            ],
        )
        .await;
    assert_eq!(state, State::Reopened);
    let again = town.row(id).await;
    assert_eq!(
        (again.reopened, again.due_stage.as_deref()),
        (1, Some("process"))
    );
    town.goes(
        id,
        &[
            (handler(), Action::Accept, 5 * day + 1),
            (handler(), Action::Answer(Outcome::Done), 5 * day + 2),
            (operator(), Action::Publish, 5 * day + 4),
        ],
    )
    .await;
    // Nobody objects for 14 days.
    town.look(19 * day + 3).await;
    assert_eq!(town.row(id).await.state, "published");
    town.look(19 * day + 4).await;
    let row = town.row(id).await;
    assert_eq!(
        (row.state.as_str(), row.clock_at, row.due_at),
        ("resolved", None, None)
    );
}

#[tokio::test]
async fn somebody_is_telephoned_about_what_is_urgent_until_one_is_reached() {
    let town = Town::new().await;
    let id = town
        .open("water", OpenedBy::Camera, Source::Camera, Urgency::Urgent)
        .await;
    town.takes(id, &operator(), Action::Confirm, 1)
        .await
        .unwrap();
    town.look(1).await;
    town.look(10).await;
    let contacts = async || {
        let calls = store::calls_of(&town.store, id).await.unwrap();
        calls
            .into_iter()
            .map(|call| call.contact)
            .collect::<Vec<_>>()
    };
    assert_eq!(contacts().await, ["lead-unit"]);
    town.look(11).await;
    assert_eq!(contacts().await, ["lead-unit", "lead-unit-leader"]);
    let second = store::calls_of(&town.store, id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    let tx = town.store.begin().await.unwrap();
    let made = CallMade {
        by: "lan",
        at: at(12),
        outcome: "reached",
        reached: Some("trực ban"),
        note: None,
    };
    let call = second.id.parse().unwrap();
    assert!(
        store::write_call(&tx, id, call, made.clone())
            .await
            .unwrap()
    );
    assert!(
        !store::write_call(&tx, id, call, made).await.unwrap(),
        "a call is made once"
    );
    store::wake(&tx, id, at(12)).await.unwrap();
    tx.commit().await.unwrap();
    town.look(120).await;
    assert_eq!(contacts().await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_solved_now_stands_still_until_its_day() {
    let town = Town::new().await;
    let id = town
        .open(
            "encroachment",
            OpenedBy::Camera,
            Source::Camera,
            Urgency::Normal,
        )
        .await;
    let chief = person("truong-ca", Role::ShiftLead, None);
    let day = jiff::civil::date(2026, 9, 10);
    town.goes(
        id,
        &[
            (operator(), Action::Confirm, 1),
            (chief.clone(), Action::Defer(day), 2),
        ],
    )
    .await;
    assert_eq!(town.row(id).await.due_at, None);
    town.look(9 * 24 * 60).await;
    assert_eq!(town.history(id).await.last().unwrap(), "defer 2026-09-10");
    town.look(10 * 24 * 60).await;
    town.look(11 * 24 * 60).await;
    assert_eq!(
        town.history(id).await.last().unwrap(),
        "review_due 2026-09-10"
    );
    let state = town
        .goes(id, &[(chief, Action::Resume, 11 * 24 * 60)])
        .await;
    // It can be worked on: the rules send it to its unit again, and its clock goes on.
    assert_eq!(state, State::Routed);
    assert!(town.row(id).await.due_at.is_some());
}

impl Town {
    async fn clocks(&self, id: IncidentId) -> Vec<casework::clock::Running> {
        store::clocks_of(&self.store, &self.row(id).await, at(0))
            .await
            .unwrap()
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    let unit_id = || {
        proptest::sample::select(vec!["thanh-pho", "cap-nuoc", "to-1", "trat-tu", "nowhere"])
            .prop_map(unit)
    };
    prop_oneof![
        1 => Just(Action::MarkEligible),
        1 => Just(Action::Acknowledge),
        4 => Just(Action::Confirm),
        1 => proptest::sample::select(RejectReason::ALL).prop_map(Action::Reject),
        2 => unit_id().prop_map(|lead| Action::Route { lead, supporting: Vec::new() }),
        3 => Just(Action::Accept),
        1 => Just(Action::Return(ReturnReason::NotOurMatter)),
        1 => unit_id().prop_map(Action::PassDown),
        1 => Just(Action::Start),
        3 => Just(Action::Answer(Outcome::Done)),
        2 => Just(Action::Approve),
        1 => Just(Action::SendBack),
        3 => Just(Action::Publish),
        1 => Just(Action::CloseUnresolved(UnresolvedReason::NotFound)),
        1 => Just(Action::Defer(jiff::civil::date(2027, 1, 1))),
        1 => Just(Action::Resume),
        2 => Just(Action::Reopen(ReopenReason::CameBack)),
        1 => Just(Action::Withdraw),
    ]
}

fn any_actor() -> impl Strategy<Value = Actor> {
    proptest::sample::select(vec![
        operator(),
        person("truong-ca", Role::ShiftLead, None),
        handler(),
        leader(),
        person("tu", Role::AgencyHandler, Some("to-1")),
        person("trat-tu", Role::AgencyHandler, Some("trat-tu")),
        Actor::Reporter,
        Actor::Timer,
        Actor::Camera,
        person("kiem-toan", Role::Auditor, None),
    ])
}

/// What happens: somebody wants a step, takes one back, or time passes.
#[derive(Debug, Clone)]
enum Happens {
    Step(Actor, Action),
    Undo(Actor),
    Look,
}

fn any_happening() -> impl Strategy<Value = (Happens, i64)> {
    let what = prop_oneof![
        12 => (any_actor(), any_action()).prop_map(|(who, action)| Happens::Step(who, action)),
        2 => any_actor().prop_map(Happens::Undo),
        2 => Just(Happens::Look),
    ];
    (what, prop_oneof![3 => 0_i64..5, 1 => 0_i64..4_000])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever people, timers and cameras do in whatever order: every row is a legal case, every change stands in a
    /// history whose chain holds, what is refused changes nothing, and what is undone is as it was.
    #[test]
    fn rows_stay_legal_whoever_acts(
        by_reporter in proptest::bool::ANY,
        happenings in proptest::collection::vec(any_happening(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let town = Town::new().await;
            let by = if by_reporter { OpenedBy::Reporter } else { OpenedBy::Camera };
            let id = town.open("water", by, Source::Citizen, Urgency::Urgent).await;
            let mut minute = 0;
            for (happens, gap) in happenings {
                minute += gap;
                let before = town.row(id).await;
                let case = store::case_of(&before).unwrap();
                match happens {
                    Happens::Look => town.look(minute).await,
                    Happens::Step(who, action) => {
                        let taken = town.takes(id, &who, action, minute).await;
                        let after = town.row(id).await;
                        match taken {
                            Err(_) => prop_assert_eq!(after, before, "a refused step changes nothing"),
                            Ok(taken) => {
                                prop_assert!(!matches!(who, Actor::Camera));
                                prop_assert!(after.version > before.version);
                                let stands = store::case_of(&after).unwrap();
                                prop_assert_eq!(&stands, &taken.after);
                                if stands.state.is_with_unit() {
                                    prop_assert!(stands.lead.is_some());
                                }
                                if stands.state.is_closed() {
                                    prop_assert_eq!((after.due_at, after.clock_at), (None, None));
                                }
                            }
                        }
                    }
                    Happens::Undo(who) => {
                        let last = store::last_step(&town.store, id).await.unwrap();
                        if let Ok(taken) = town.undoes(id, &who, minute).await {
                            let last = last.unwrap();
                            prop_assert_eq!(&taken.after, &last.taken.before);
                            prop_assert_eq!(taken.before, case);
                            let mut clocks = town.clocks(id).await;
                            let mut was = last.clocks_before;
                            clocks.sort_by_key(|clock| (clock.round, clock.track.stage));
                            was.sort_by_key(|clock| (clock.round, clock.track.stage));
                            prop_assert_eq!(clocks, was);
                        }
                    }
                }
                town.history(id).await;
            }
            Ok(())
        })?;
    }
}
