//! Reports to store, and databases to store them in.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use contract::v1::{AgentId, AutoReport, SecretKey};
use ingest_server::store::{self, Enrolled, Filed, Store, Tx, VerifiedReport};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const EVENT: &str = "0198a000-0000-7000-8000-000000000001";

static DATABASES: AtomicUsize = AtomicUsize::new(0);

pub(crate) async fn fresh_sqlite(dir: &Path) -> Store {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let url = format!("sqlite://{}/{number}.db", dir.display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

/// A report with `changes` laid over it.
pub(crate) fn report(changes: Value) -> AutoReport {
    let mut report = json!({
        "event_id": EVENT, "revision": 1, "phase": "raised", "kind": "stray_cattle",
        "detail": "stray_cattle", "confidence": 0.5, "severity": "low",
        "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
        "agent": "hue-01", "camera": "cam-1", "zone": "lane", "rule_version": "stray_cattle/1",
    });
    for (key, value) in changes.as_object().unwrap() {
        report[key] = value.clone();
    }
    serde_json::from_value(report).unwrap()
}

/// What became of a report, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    New,
    Duplicate,
    Conflict,
}

/// Stores a report as intake does, in a transaction of the caller.
pub(crate) async fn put(tx: &Tx, report: &AutoReport, payload: &[u8]) -> Inserted {
    put_all(tx, &[(report, payload)]).await[0]
}

/// Stores reports in one batch.
pub(crate) async fn put_all(tx: &Tx, reports: &[(&AutoReport, &[u8])]) -> Vec<Inserted> {
    use sha2::{Digest as _, Sha256};
    let hashes: Vec<String> = reports
        .iter()
        .map(|(_, payload)| hex::encode(Sha256::digest(payload)))
        .collect();
    let verified: Vec<VerifiedReport<'_>> = reports
        .iter()
        .zip(&hashes)
        .map(|((report, payload), sha256)| VerifiedReport {
            topic: "vong/v1/agents/hue-01/reports",
            payload,
            sha256,
            signature: "0123456789abcdef:c2ln",
            report,
            received: at(1000),
        })
        .collect();
    let filed = store::file_reports(tx, &merge::Model::shipped(), &verified)
        .await
        .unwrap();
    filed
        .into_iter()
        .map(|filed| match filed {
            Filed::New(_) => Inserted::New,
            Filed::Duplicate => Inserted::Duplicate,
            Filed::Conflict => Inserted::Conflict,
        })
        .collect()
}

/// Stores a report whose bytes are its own JSON.
pub(crate) async fn take_in(store: &Store, report: &AutoReport) -> Inserted {
    let tx = store.begin().await.unwrap();
    let inserted = put(&tx, report, &serde_json::to_vec(report).unwrap()).await;
    tx.commit().await.unwrap();
    inserted
}

pub(crate) fn enrolled(seed: u8) -> Enrolled {
    Enrolled {
        public_key: SecretKey::from_bytes(&[seed; 32]).public(),
        mqtt_password_hash: format!("password-{seed}"),
        mosquitto_hash: format!("mosquitto-{seed}"),
        upload_token_hash: format!("upload-{seed}"),
        version: "0.1.0".to_owned(),
    }
}
