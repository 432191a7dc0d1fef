//! What a merge decision costs, database included, while a city's open incidents grow a
//! thousandfold at the same local density. Run it built for release:
//! `cargo test --release --package ingest-server --test merge_cost -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "it prints figures")]

use std::time::{Duration, Instant};

use casework::lifecycle::OpenedBy;
use casework::routing::Source;
use contract::v1::{AutoReport, EventId};
use ingest_server::incident::{IncidentId, witness};
use ingest_server::store::entity::{incident, merge_key, merge_profile};
use ingest_server::store::{self, Access as _, Store, VerifiedReport};
use jiff::Timestamp;
use merge::block::filed_under;
use merge::{Model, Profile};
use sea_orm::InsertMany;
use serde_json::json;

/// Metres from one open incident to the next: some 190 on the ground of one question.
const SPACING_M: f64 = 23.5;
const METRES_PER_DEGREE: f64 = 111_195.0;
const QUESTIONS: usize = 400;
const ROWS: usize = 256;

fn report(event: EventId, camera: &str, east: f64, north: f64) -> AutoReport {
    let lat: f64 = 11.0 + north / METRES_PER_DEGREE;
    let lon = 107.0 + east / (METRES_PER_DEGREE * 11.0_f64.to_radians().cos());
    serde_json::from_value(json!({
        "event_id": event, "revision": 1, "phase": "raised", "kind": "encroachment",
        "detail": "goods", "confidence": 0.5, "severity": "low",
        "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
        "place": { "type": "point", "position": { "lat": lat, "lon": lon }, "uncertainty_m": 8.0 },
        "agent": "city-01", "camera": camera, "zone": "pavement", "rule_version": "encroachment/1",
    }))
    .unwrap()
}

/// Open incidents on a square grid, each of one event.
async fn fill(store: &Store, model: &Model, count: usize) {
    let side = (count as f64).sqrt().ceil() as usize;
    let now = Timestamp::now().as_microsecond();
    let mut at = 0;
    while at < count {
        let tx = store.begin().await.unwrap();
        for _ in 0..40 {
            let (mut incidents, mut profiles, mut keys) = (Vec::new(), Vec::new(), Vec::new());
            for number in at..(at + ROWS).min(count) {
                let (east, north) = ((number % side) as f64, (number / side) as f64);
                let camera = format!("c{number}");
                let seen = report(EventId::new(), &camera, east * SPACING_M, north * SPACING_M);
                let profile = Profile::of([witness::of(&seen)]);
                let id = IncidentId::new().to_string();
                for key in filed_under(model, &profile) {
                    keys.push(merge_key::Model {
                        key: key.as_str().to_owned(),
                        incident_id: id.clone(),
                        until: i64::MAX,
                    });
                }
                profiles.push(merge_profile::Model {
                    incident_id: id.clone(),
                    profile: serde_json::to_string(&profile).unwrap(),
                });
                incidents.push(row(id, number, &camera, now));
            }
            at += incidents.len();
            if incidents.is_empty() {
                break;
            }
            let conn = tx.conn();
            let incidents = incidents
                .into_iter()
                .map(sea_orm::IntoActiveModel::into_active_model);
            InsertMany::many(incidents)
                .exec_without_returning(conn)
                .await
                .unwrap();
            let profiles = profiles
                .into_iter()
                .map(sea_orm::IntoActiveModel::into_active_model);
            InsertMany::many(profiles)
                .exec_without_returning(conn)
                .await
                .unwrap();
            let keys = keys
                .into_iter()
                .map(sea_orm::IntoActiveModel::into_active_model);
            InsertMany::many(keys)
                .exec_without_returning(conn)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
}

fn row(id: String, number: usize, camera: &str, now: i64) -> incident::Model {
    incident::Model {
        id,
        number: number as i64 + 1_000_000_000,
        kind: "encroachment".to_owned(),
        detail: "goods".to_owned(),
        severity: "low".to_owned(),
        confidence: 0.5,
        camera_phase: "raised".to_owned(),
        agent: "city-01".to_owned(),
        camera: camera.to_owned(),
        zone: Some("pavement".to_owned()),
        occurred_start: 1_767_225_600_000_000,
        event_count: 1,
        report_count: 1,
        open_events: 1,
        raised_events: 1,
        ..incident::Model::opened(
            IncidentId::new(),
            OpenedBy::Camera,
            Source::Camera,
            Timestamp::from_microsecond(now).unwrap(),
        )
    }
}

/// The time of each question: everything from the report in memory to its rows in the transaction.
async fn ask(store: &Store, model: &Model, count: usize) -> Vec<Duration> {
    let side = (count as f64).sqrt() * SPACING_M;
    let mut times = Vec::with_capacity(QUESTIONS);
    for question in 0..QUESTIONS {
        // Anywhere but at the edges, where there is less company.
        let along = |step: f64| 150.0 + (question as f64 * step).fract() * (side - 300.0);
        let report = report(EventId::new(), "new", along(0.618_034), along(0.754_878));
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
        let start = Instant::now();
        store::file_reports(&tx, model, &[verified]).await.unwrap();
        times.push(start.elapsed());
        drop(tx);
    }
    times.sort_unstable();
    times
}

async fn p99(model: &Model, count: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/cost.db", folder.path().display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let start = Instant::now();
    fill(&store, model, count).await;
    let filled = start.elapsed();
    ask(&store, model, count).await;
    let times = ask(&store, model, count).await;
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    eprintln!(
        "{count} open incidents (filled in {filled:.0?}): filing one report p50 {:.2?}, p99 {:.2?}",
        at(0.5),
        at(0.99)
    );
    store.close().await;
    at(0.99)
}

#[tokio::test]
#[ignore = "takes minutes, and means something in a release build only"]
async fn a_decision_costs_the_same_in_a_thousandfold_city() {
    let model = Model::shipped();
    let few = p99(&model, 1_000).await;
    let many = p99(&model, 1_000_000).await;
    assert!(many <= Duration::from_millis(5), "{many:?}");
    assert!(
        many.as_secs_f64() <= 1.5 * few.as_secs_f64(),
        "{many:?} {few:?}"
    );
}
