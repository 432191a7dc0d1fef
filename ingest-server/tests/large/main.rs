//! What people and intake ask of a database of 50,000 incidents reads a few rows of it, on SQLite and on
//! PostgreSQL: no table is read from end to end, and no more than ten times a page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod city;
mod plans;
#[path = "../store_conformance/postgres.rs"]
mod postgres;

use contract::v1::EventId;
use ingest_server::incident::IncidentId;
use ingest_server::store::{self, IncidentFilter, Store, VerifiedReport};
use jiff::Timestamp;
use merge::Model;

use self::plans::{Watched, check};

const INCIDENTS: usize = 50_000;
const PAGE: u64 = 50;
/// Incidents that one report is weighed against at most.
const CANDIDATES: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/large.db", folder.path().display());
    bounded(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql() {
    let Some(cluster) = postgres::Cluster::start() else {
        eprintln!("skipped: no PostgreSQL binaries below /usr/lib/postgresql; install postgresql");
        return;
    };
    bounded(&cluster.fresh_database()).await;
}

async fn bounded(url: &str) {
    let mut store = Store::open(url).await.unwrap();
    store.migrate().await.unwrap();
    let model = Model::shipped();
    city::fill(&store, &model, INCIDENTS).await;
    plans::settle(&store).await;
    let watched = Watched::over(&mut store);

    let page = |filter: IncidentFilter| {
        let store = store.clone();
        async move { store::incidents(&store, &filter).await.unwrap() }
    };
    let newest = page(IncidentFilter::newest(PAGE)).await;
    assert_eq!(newest.len() as u64, PAGE);
    check("the list", &store, watched.take(), PAGE).await;

    let queue = IncidentFilter {
        states: vec!["new", "acknowledged"],
        ..IncidentFilter::newest(PAGE)
    };
    let rows = page(queue.clone()).await;
    assert_eq!(rows.len() as u64, PAGE);
    assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row.number)));
    check("the queue", &store, watched.take(), PAGE).await;

    let later = IncidentFilter {
        before: Some(1_000_000_100),
        ..queue
    };
    assert!(!page(later).await.is_empty());
    check("the queue's last page", &store, watched.take(), PAGE).await;

    let fires = IncidentFilter {
        kinds: vec![vec!["fire_smoke".to_owned()]],
        ..IncidentFilter::newest(PAGE)
    };
    assert_eq!(page(fires).await.len() as u64, PAGE);
    check("one kind", &store, watched.take(), PAGE).await;

    let ids = newest.iter().map(|row| row.id.clone());
    assert_eq!(
        store::stored_pieces(&store, ids).await.unwrap().len() as u64,
        PAGE
    );
    check("the pictures of a page", &store, watched.take(), PAGE).await;

    let id: IncidentId = newest[0].id.parse().unwrap();
    store::find_incident(&store, id).await.unwrap().unwrap();
    assert_eq!(
        store::events_of_incident(&store, id).await.unwrap().len(),
        1
    );
    assert_eq!(
        store::evidence_of_incident(&store, id).await.unwrap().len(),
        1
    );
    store::history_of_incident(&store, id).await.unwrap();
    store::decisions_of_incident(&store, id, PAGE)
        .await
        .unwrap();
    store::steps_of_incident(&store, id).await.unwrap();
    check("one incident", &store, watched.take(), PAGE).await;

    let middle = (INCIDENTS as f64).sqrt() * city::SPACING_M / 2.0;
    let report = city::report(EventId::new(), "new", (middle, middle));
    let payload = serde_json::to_vec(&report).unwrap();
    let verified = VerifiedReport {
        topic: "vong/v1/agents/city-01/reports",
        payload: &payload,
        sha256: "0",
        signature: "0:0",
        report: &report,
        received: Timestamp::now(),
    };
    let tx = store.begin().await.unwrap();
    store::file_reports(&tx, &model, &[verified]).await.unwrap();
    drop(tx);
    let asked = watched.take();
    assert!(
        asked.iter().any(|one| one.sql.contains("merge_keys")),
        "{asked:?}"
    );
    check(
        "what a report is weighed against",
        &store,
        asked,
        CANDIDATES,
    )
    .await;
    store.close().await;
}
