//! The outbox of units on rows: notices once, messages with a life and a lease, dead letters, replays, acknowledgements.

use casework::deadline::Stage;
use contract::v1::{DeliveryId, UnitId};
use ingest_server::incident::IncidentId;
use ingest_server::store::{self, Acknowledged, Acknowledging, Delivery, NewDelivery, Store};
use jiff::{SignedDuration, Timestamp};
use notice::delivery::Verdict;
use notice::facts::{Course, Facts, Review, StageEnd};
use notice::{Cause, Failure, Family, State, Thread, Word};
use sea_orm::{ConnectionTrait as _, DatabaseBackend};

use crate::support::at;

const TARGET: &str = "kiem-lam-mqtt";
const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn facts(incident: IncidentId) -> Facts {
    Facts {
        incident: incident.to_string(),
        number: 7,
        kind: Family::FireSmoke,
        detail: "smoke".to_owned(),
        severity: contract::v1::Severity::High,
        confidence: 0.5,
        review: Review::Unconfirmed,
        rejected_reason: None,
        course: Course::Open,
        place: None,
        camera: "Tháp 1".to_owned(),
        begun: at(1),
        ended: None,
        events: 1,
        reports: 0,
        lead: None,
        bundle: None,
        besides: Vec::new(),
    }
}

async fn tell(
    store: &Store,
    incident: IncidentId,
    (word, cause): (Word, Cause),
    ack_due_at: Option<Timestamp>,
    now: Timestamp,
) -> DeliveryId {
    let unit: UnitId = "kiem-lam".parse().unwrap();
    let facts = facts(incident);
    let tx = store.begin().await.unwrap();
    let so_far = store::thread_of(&tx, incident, TARGET).await.unwrap();
    let new = NewDelivery {
        incident,
        target: TARGET,
        unit: &unit,
        word,
        cause: &cause,
        facts: &facts,
        ack_due_at,
    };
    let id = store::insert_delivery(&tx, &so_far, &new, now).await;
    tx.commit().await.unwrap();
    id.unwrap()
}

async fn claim(store: &Store, now: Timestamp) -> Option<Delivery> {
    let tx = store.begin().await.unwrap();
    let claimed = store::claim_delivery(&tx, &[], now, now + LEASE).await;
    tx.commit().await.unwrap();
    claimed.unwrap()
}

async fn fails(store: &Store, delivery: &Delivery, verdict: Verdict, now: Timestamp) -> bool {
    let tx = store.begin().await.unwrap();
    let held = store::delivery_failed(&tx, delivery, Failure::Timeout, verdict, now).await;
    tx.commit().await.unwrap();
    held.unwrap()
}

async fn is_taken(store: &Store, delivery: &Delivery, now: Timestamp) -> bool {
    let tx = store.begin().await.unwrap();
    let held = store::delivery_sent(&tx, delivery, None, now).await;
    tx.commit().await.unwrap();
    held.unwrap()
}

async fn state(store: &Store, id: DeliveryId) -> State {
    store::delivery(store, id).await.unwrap().unwrap().state
}

pub(crate) async fn a_notice_is_taken_up_once_and_what_is_told_once_is_remembered_once(
    store: &Store,
) {
    let incident = IncidentId::new();
    let end = StageEnd {
        stage: Stage::Process,
        round: 0,
        due: at(50),
    };
    let tx = store.begin().await.unwrap();
    for cause in [
        Cause::DeadlineNear(end),
        Cause::DeadlineNear(StageEnd { due: at(60), ..end }),
        Cause::Again,
        Cause::Again,
        Cause::DeadlineNear(StageEnd { round: 1, ..end }),
    ] {
        store::enqueue_notice(&tx, incident, &cause, "timer", at(10))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(store::waiting_notices(store).await.unwrap(), 4);

    // Whoever dies with one in hand leaves it to the others.
    let tx = store.begin().await.unwrap();
    let first = store::claim_notice(&tx, at(10)).await.unwrap().unwrap();
    assert_eq!(first.cause, Cause::DeadlineNear(end));
    if tx_is_postgres(&tx) {
        // The other server passes by what this one holds, and waits for nobody.
        let other = store.begin().await.unwrap();
        let second = store::claim_notice(&other, at(10)).await.unwrap().unwrap();
        assert_ne!(second.id, first.id);
        drop(other);
    }
    drop(tx);
    let mut taken = Vec::new();
    loop {
        let tx = store.begin().await.unwrap();
        let Some(notice) = store::claim_notice(&tx, at(10)).await.unwrap() else {
            break;
        };
        tx.commit().await.unwrap();
        assert_eq!((notice.incident, notice.made_at), (incident, at(10)));
        taken.push(notice.cause.as_str());
    }
    taken.sort_unstable();
    assert_eq!(taken, ["again", "again", "deadline_near", "deadline_near"]);
    // Told long ago, it is still not told again.
    let tx = store.begin().await.unwrap();
    let cause = Cause::DeadlineNear(end);
    store::enqueue_notice(&tx, incident, &cause, "timer", at(99))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store::waiting_notices(store).await.unwrap(), 0);
}

fn tx_is_postgres(tx: &store::Tx) -> bool {
    use ingest_server::store::Access as _;
    tx.conn().get_database_backend() == DatabaseBackend::Postgres
}

pub(crate) async fn a_message_is_tried_given_up_and_replayed(store: &Store) {
    let incident = IncidentId::new();
    let id = tell(store, incident, (Word::Alert, Cause::Raised), None, at(10)).await;
    assert!(claim(store, at(9)).await.is_none(), "it is not due yet");
    let first = claim(store, at(10)).await.unwrap();
    assert_eq!(
        (first.id, first.attempts, first.state),
        (id, 1, State::Sending)
    );
    assert!(claim(store, at(69)).await.is_none(), "it is held");
    assert!(fails(store, &first, Verdict::Again(at(40)), at(12)).await);
    assert_eq!(state(store, id).await, State::Queued);
    assert!(
        claim(store, at(39)).await.is_none(),
        "its pause is not over"
    );
    let second = claim(store, at(40)).await.unwrap();
    // The server dies over it; another takes it up, and the first one's late word counts nothing.
    let third = claim(store, at(101)).await.unwrap();
    assert_eq!((second.attempts, third.attempts), (2, 3));
    assert!(!is_taken(store, &second, at(102)).await);
    assert!(!fails(store, &second, Verdict::Dead, at(102)).await);
    assert!(fails(store, &third, Verdict::Dead, at(103)).await);
    let dead = store::deliveries_in_state(store, State::Dead, 10)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].failure.as_deref(), Some("timeout"));
    assert_eq!(
        store::count_deliveries(store, State::Dead).await.unwrap(),
        1
    );
    assert!(
        claim(store, at(9_999)).await.is_none(),
        "nobody tries it by itself"
    );
    let replay = async |now| {
        let tx = store.begin().await.unwrap();
        let replayed = store::replay_delivery(&tx, id, now).await.unwrap();
        tx.commit().await.unwrap();
        replayed
    };
    assert!(replay(at(200)).await);
    assert!(!replay(at(200)).await, "it waits already");
    let fourth = claim(store, at(200)).await.unwrap();
    assert!(is_taken(store, &fourth, at(201)).await);
    let sent = store::delivery(store, id).await.unwrap().unwrap();
    assert_eq!(
        (sent.state, sent.sent_at, sent.failure),
        (State::Sent, Some(at(201)), None)
    );
    assert_eq!(
        store::deliveries_of_target(store, TARGET, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

pub(crate) async fn a_newer_message_takes_the_place_of_what_waits(store: &Store) {
    let incident = IncidentId::new();
    let alert = tell(store, incident, (Word::Alert, Cause::Raised), None, at(10)).await;
    let held = claim(store, at(10)).await.unwrap();
    let update = tell(store, incident, (Word::Update, Cause::Grew), None, at(11)).await;
    let cancel = tell(
        store,
        incident,
        (Word::Cancel, Cause::Rejected),
        None,
        at(12),
    )
    .await;
    assert_eq!(state(store, update).await, State::Superseded);
    // A verdict never overtakes its alarm.
    assert!(claim(store, at(13)).await.is_none());
    assert!(is_taken(store, &held, at(14)).await);
    let last = claim(store, at(20)).await.unwrap();
    assert_eq!((last.id, last.refers_to.clone()), (cancel, vec![alert]));
    let tx = store.begin().await.unwrap();
    let so_far = store::thread_of(&tx, incident, TARGET).await.unwrap();
    assert_eq!(so_far.thread, Thread::Told(Word::Cancel));
    assert_eq!(
        so_far.unheard().unwrap().len(),
        2,
        "since the alert was heard"
    );
    drop(tx);
    // Another incident's messages, and another target's, are threads of their own.
    let other = tell(
        store,
        IncidentId::new(),
        (Word::Alert, Cause::Raised),
        None,
        at(20),
    )
    .await;
    assert_eq!(claim(store, at(20)).await.unwrap().id, other);
}

pub(crate) async fn what_waits_for_a_unit_that_may_not_hear_it_is_let_go(store: &Store) {
    let (incident, other) = (IncidentId::new(), IncidentId::new());
    let waits = tell(
        store,
        incident,
        (Word::Alert, Cause::Confirmed),
        None,
        at(10),
    )
    .await;
    let elsewhere = tell(store, other, (Word::Alert, Cause::Confirmed), None, at(11)).await;
    let withdraw = async |unit: &str| {
        let tx = store.begin().await.unwrap();
        let units = [unit.to_owned()];
        store::withdraw_from_units(&tx, incident, &units)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    withdraw("phuong-1").await;
    assert_eq!(state(store, waits).await, State::Queued);
    withdraw("kiem-lam").await;
    assert_eq!(state(store, waits).await, State::Superseded);
    assert_eq!(claim(store, at(20)).await.unwrap().id, elsewhere);
    assert!(claim(store, at(20)).await.is_none());
}

pub(crate) async fn what_is_not_acknowledged_in_time_is_told_once(store: &Store) {
    let incident = IncidentId::new();
    let due = Some(at(100));
    let first = tell(store, incident, (Word::Alert, Cause::Raised), due, at(10)).await;
    let held = claim(store, at(10)).await.unwrap();
    assert!(is_taken(store, &held, at(11)).await);
    let late = async |now| {
        let tx = store.begin().await.unwrap();
        let late = store::claim_unacknowledged(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        late.len()
    };
    assert_eq!((late(at(99)).await, late(at(100)).await), (0, 1));
    assert_eq!(late(at(101)).await, 0, "once");
    let ack = Acknowledged {
        at: at(110),
        by: "Trạm 3".to_owned(),
        note: Some("đang đến".to_owned()),
    };
    let acknowledge = async |id, unit: &str| {
        let tx = store.begin().await.unwrap();
        let unit: UnitId = unit.parse().unwrap();
        let done = store::acknowledge_delivery(&tx, id, Some(&unit), &ack).await;
        tx.commit().await.unwrap();
        done.unwrap()
    };
    let second = tell(store, incident, (Word::Update, Cause::Again), None, at(105)).await;
    assert_eq!(
        acknowledge(second, "phuong-1").await,
        Acknowledging::Unknown
    );
    let done = Acknowledging::Now {
        incident,
        target: TARGET.to_owned(),
    };
    assert_eq!(acknowledge(second, "kiem-lam").await, done);
    assert_eq!(acknowledge(second, "kiem-lam").await, Acknowledging::Before);
    for id in [first, second] {
        let told = store::delivery(store, id).await.unwrap().unwrap();
        assert_eq!(
            (told.state, told.ack.as_ref()),
            (State::Acknowledged, Some(&ack))
        );
    }
    assert!(
        claim(store, at(9_999)).await.is_none(),
        "nothing is sent again"
    );
}

pub(crate) async fn a_list_of_a_month_is_made_and_sent_once(store: &Store) {
    use ingest_server::store::{LetterOutcome, NewLetter};
    let unit: UnitId = "cap-nuoc".parse().unwrap();
    let make = async |target: &str, month: &str| {
        let new = NewLetter {
            target,
            unit: &unit,
            month: month.parse().unwrap(),
            items: &[],
        };
        let tx = store.begin().await.unwrap();
        let made = store::insert_letter(&tx, &new, at(10)).await.unwrap();
        tx.commit().await.unwrap();
        made
    };
    assert!(make("a", "2026-10").await);
    assert!(!make("a", "2026-10").await, "another server was first");
    assert!(make("a", "2026-11").await && make("b", "2026-10").await);
    let is_made = async |target: &str, month: &str| {
        let month = month.parse().unwrap();
        store::letter_is_made(store, target, month).await.unwrap()
    };
    assert!(is_made("a", "2026-11").await && !is_made("b", "2026-11").await);
    let claim = async |now| {
        let tx = store.begin().await.unwrap();
        let claimed = store::claim_letter(&tx, now, now + LEASE).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    let tried = async |letter: &store::Letter, outcome, now| {
        let tx = store.begin().await.unwrap();
        let held = store::letter_tried(&tx, letter, outcome, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        held
    };
    let mut held = Vec::new();
    while let Some(letter) = claim(at(10)).await {
        held.push(letter);
    }
    assert_eq!(held.len(), 3, "each is held by one");
    assert!(tried(&held[0], LetterOutcome::Sent, at(11)).await);
    assert!(!tried(&held[0], LetterOutcome::Sent, at(12)).await);
    let again = LetterOutcome::Again(Failure::Busy, at(50));
    assert!(tried(&held[1], again, at(11)).await);
    assert!(tried(&held[2], LetterOutcome::Dead(Failure::Rejected), at(11)).await);
    assert!(claim(at(49)).await.is_none());
    let second = claim(at(50)).await.unwrap();
    assert_eq!((second.id, second.attempts), (held[1].id, 2));
    let all = store::letters(store, 10).await.unwrap();
    let states: Vec<State> = held
        .iter()
        .filter_map(|one| all.iter().find(|other| other.id == one.id))
        .map(|one| one.state)
        .collect();
    assert_eq!(states, [State::Sent, State::Sending, State::Dead]);
    assert!(
        claim(at(9_999))
            .await
            .is_some_and(|one| one.id == second.id),
        "its holder died"
    );
    let replay = async |id, now| {
        let tx = store.begin().await.unwrap();
        let queued = store::replay_letter(&tx, id, now).await.unwrap();
        tx.commit().await.unwrap();
        queued
    };
    assert!(
        !replay(second.id, at(10_000)).await,
        "it is on its way already"
    );
    assert!(!replay(contract::v1::DeliveryId::new(), at(10_000)).await);
    for letter in [&held[0], &held[2]] {
        assert!(replay(letter.id, at(10_000)).await);
        let again = claim(at(10_000)).await.unwrap();
        assert_eq!((again.id, again.attempts), (letter.id, 2));
    }
}

/// What an older server remembered is told by this one.
pub(crate) async fn older_notices_are_taken_over(store: &Store) {
    use ingest_server::store::Access as _;
    store.migrate_before("m0015_overdue").await.unwrap();
    let incident = IncidentId::new();
    let tx = store.begin().await.unwrap();
    for number in [1, 2] {
        let insert = format!(
            "INSERT INTO notices (id, incident_id, cause, about, actor, made_at, due_at) \
             VALUES ('0198a000-0000-7000-8000-00000000000{number}', '{incident}', 'again', NULL, 'camera', 1, 1)"
        );
        tx.conn().execute_unprepared(&insert).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store::waiting_notices(store).await.unwrap(), 2);
    let tx = store.begin().await.unwrap();
    let notice = store::claim_notice(&tx, at(1)).await.unwrap().unwrap();
    assert_eq!((notice.incident, notice.cause), (incident, Cause::Again));
}
