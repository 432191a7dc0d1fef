//! How incidents are worked, on the stored rows.

use std::collections::BTreeSet;

use casework::clock::{Running, follow, opened};
use casework::deadline::Stage;
use casework::lifecycle::{Case, OpenedBy, Outcome, RejectReason, State, Taken};
use casework::routing::Source;
use casework::unit::UnitId;
use ingest_server::incident::IncidentId;
use ingest_server::store::entity::incident;
use ingest_server::store::{self, Access as _, SetupKind, Store, Timing};
use jiff::SignedDuration;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _};

use crate::support::at;

async fn open(store: &Store, number: i64) -> IncidentId {
    let id = IncidentId::new();
    let row = incident::Model {
        number,
        kind: "encroachment".to_owned(),
        severity: "low".to_owned(),
        ..incident::Model::opened(id, OpenedBy::Reporter, Source::Citizen, at(1_000))
    };
    let tx = store.begin().await.unwrap();
    incident::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

async fn row(store: &Store, id: IncidentId) -> incident::Model {
    store::find_incident(store, id).await.unwrap().unwrap()
}

pub(crate) async fn a_case_comes_back_as_it_was_written(store: &Store) {
    let id = open(store, 1).await;
    let before = store::case_of(&row(store, id).await).unwrap();
    assert_eq!(before, Case::new(OpenedBy::Reporter));
    let unit = |id| UnitId::new(id).unwrap();
    let after = Case {
        state: State::Published(Outcome::Done),
        lead: Some(unit("phuong-1")),
        supporting: BTreeSet::from([unit("dien-luc"), unit("cap-nuoc")]),
        published_at: Some(at(2_000)),
        reopened: 2,
        ..before.clone()
    };
    let clocks = follow(opened(at(1_000)), &before, &after, at(2_000));
    let tx = store.begin().await.unwrap();
    assert!(
        store::write_case(&tx, id, 1, &after, at(2_000))
            .await
            .unwrap()
    );
    let taken = Taken {
        before: before.clone(),
        after: after.clone(),
        by: "lan".to_owned(),
        at: at(2_000),
    };
    let was = opened(at(1_000));
    store::put_step(&tx, id, 2, "publish", &taken, &was)
        .await
        .unwrap();
    let timing = Timing {
        look_at: Some(at(3_000)),
        due: Some((Stage::Answer, at(4_000))),
    };
    store::put_clocks(&tx, id, &clocks, timing).await.unwrap();
    tx.commit().await.unwrap();

    let stands = row(store, id).await;
    assert_eq!(stands.version, 2);
    assert_eq!(store::case_of(&stands).unwrap(), after);
    assert_eq!(stands.due_stage.as_deref(), Some("answer"));
    let mut read = store::clocks_of(store, &stands, at(9_000)).await.unwrap();
    let order = |clock: &Running| (clock.round, clock.track.stage);
    read.sort_by_key(order);
    let mut written = clocks;
    written.sort_by_key(order);
    assert_eq!(read, written);
    let last = store::last_step(store, id).await.unwrap().unwrap();
    assert_eq!((last.taken, last.clocks_before), (taken, was));

    let tx = store.begin().await.unwrap();
    let late = store::write_case(&tx, id, 1, &before, at(2_001)).await;
    assert!(!late.unwrap(), "it has moved on");
    store::mark_undone(&tx, id, 2, at(2_001)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store::last_step(store, id).await.unwrap().is_none());
}

pub(crate) async fn a_document_is_set_on_the_version_that_was_seen(store: &Store) {
    let set = async |seen: i64, body: &str| {
        let tx = store.begin().await.unwrap();
        let by = ("quan-tri", Some("vì thế"));
        let kind = SetupKind::Policy;
        let set = store::insert_setup(&tx, kind, seen, by, body.to_owned(), at(1)).await;
        tx.commit().await.unwrap();
        set.unwrap()
    };
    assert_eq!(set(0, "{}").await, Some(1));
    assert_eq!(set(0, "[]").await, None);
    assert_eq!(set(1, "[1]").await, Some(2));
    let stands = store::setup_document(store, SetupKind::Policy).await;
    assert_eq!(stands.unwrap().unwrap().body, "[1]");
    let areas = store::setup_version(store, SetupKind::Areas).await;
    assert_eq!(areas.unwrap(), 0);
}

pub(crate) async fn an_incident_is_looked_at_by_one_server_at_a_time(store: &Store) {
    let (first, second) = (open(store, 1).await, open(store, 2).await);
    let hold = SignedDuration::from_secs(60);
    let claim = async |now| {
        let tx = store.begin().await.unwrap();
        let rows = store::claim_due(&tx, now, now + hold, 1).await.unwrap();
        tx.commit().await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(claim(at(999)).await, Vec::<String>::new());
    let mut both = [claim(at(1_000)).await, claim(at(1_000)).await].concat();
    both.sort();
    assert_eq!(both, [first.to_string(), second.to_string()]);
    assert_eq!(claim(at(1_059)).await, Vec::<String>::new());
    // Who held them died: they are taken up again.
    assert_eq!(claim(at(1_060)).await.len(), 1);
}

/// Rows of the release before there was casework.
pub(crate) async fn older_rows_are_taken_over(store: &Store) {
    store.migrate_before("m0012_casework").await.unwrap();
    let tx = store.begin().await.unwrap();
    for (number, state, reason, severity) in [
        (1, "new", "NULL", "low"),
        (2, "confirmed", "NULL", "critical"),
        (3, "rejected", "'abuse'", "high"),
    ] {
        let id = format!("0198a000-0000-7000-8000-00000000000{number}");
        let insert = format!(
            "INSERT INTO incidents (id, number, kind, detail, severity, confidence, state, camera_phase, agent, \
             camera, occurred_start, created_at, updated_at, version, event_count, report_count, rejected_reason) \
             VALUES ('{id}', {number}, 'stray_cattle', 'cattle', '{severity}', 0.5, '{state}', 'raised', 'a', 'c', \
             1000000, 1000000, 1000000, 3, 1, 1, {reason})"
        );
        tx.conn().execute_unprepared(&insert).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.migrate().await.unwrap();
    let stands = async |number| {
        let id = format!("0198a000-0000-7000-8000-00000000000{number}");
        row(store, id.parse().unwrap()).await
    };
    for (number, state, urgency, looked_at) in [
        (1, State::New, "normal", Some(0)),
        (2, State::Confirmed, "urgent", Some(0)),
        (3, State::Rejected(RejectReason::Abuse), "normal", None),
    ] {
        let row = stands(number).await;
        let case = store::case_of(&row).unwrap();
        assert_eq!(case.state, state);
        assert_eq!(case.opened_by, OpenedBy::Camera);
        assert_eq!(
            (row.urgency.as_str(), row.clock_at, row.version),
            (urgency, looked_at, 3)
        );
    }
    // Nobody promised anything about them before: their clocks begin now.
    let clocks = store::clocks_of(store, &stands(1).await, at(5_000)).await;
    assert!(
        clocks
            .unwrap()
            .iter()
            .all(|clock| clock.track.began == at(5_000))
    );
}
