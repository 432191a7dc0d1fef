//! What every database must do.

use contract::v1::{CameraStatus, key_id};
use ingest_server::store::{
    self, CameraFacts, EnrolOutcome, EvidenceOwner, Quarantined, Store, Stored,
};
use serde_json::json;

use crate::support::{EVENT, Inserted, agent, at, enrolled, put, report, take_in};

pub(crate) async fn migrating_twice_changes_nothing(store: &Store) {
    assert_eq!(store.migrate().await.unwrap(), 0);
    store.ping().await.unwrap();
}

pub(crate) async fn a_transaction_that_is_dropped_never_happened(store: &Store) {
    let tx = store.begin().await.unwrap();
    assert_eq!(put(&tx, &report(json!({})), b"x").await, Inserted::New);
    drop(tx);
    assert_eq!(
        store::event(store, &EVENT.parse().unwrap()).await.unwrap(),
        None
    );
}

pub(crate) async fn the_same_report_is_a_duplicate_and_other_bytes_a_conflict(store: &Store) {
    let first = report(json!({}));
    assert_eq!(take_in(store, &first).await, Inserted::New);
    assert_eq!(take_in(store, &first).await, Inserted::Duplicate);
    let other = report(json!({ "confidence": 0.6 }));
    assert_eq!(take_in(store, &other).await, Inserted::Conflict);
    let event = store::event(store, &first.event_id).await.unwrap().unwrap();
    assert_eq!((event.report_count, event.confidence), (1, 0.5));
}

pub(crate) async fn nobody_speaks_of_anothers_event(store: &Store) {
    assert_eq!(take_in(store, &report(json!({}))).await, Inserted::New);
    let foreign = report(json!({ "agent": "hue-02", "revision": 2 }));
    assert_eq!(take_in(store, &foreign).await, Inserted::Conflict);
    let elsewhere = report(json!({ "camera": "cam-2", "revision": 2 }));
    assert_eq!(take_in(store, &elsewhere).await, Inserted::Conflict);
    assert_eq!(
        store::reports_of_event(store, &foreign.event_id)
            .await
            .unwrap()
            .len(),
        1
    );
}

pub(crate) async fn what_came_is_kept_byte_for_byte(store: &Store) {
    let payload = b"\x00\xff exactly these bytes \xf0\x9f\x90\x84";
    let tx = store.begin().await.unwrap();
    put(&tx, &report(json!({})), payload).await;
    tx.commit().await.unwrap();
    let reports = store::reports_of_event(store, &EVENT.parse().unwrap())
        .await
        .unwrap();
    let message = store::message(store, &reports[0].message_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(message.payload, payload);
    assert_eq!(message.received_at, at(1000).as_microsecond());
}

async fn token(store: &Store, hash: &str, name: &str, expires: i64) {
    let tx = store.begin().await.unwrap();
    store::insert_enrolment_token(&tx, hash, &agent(name), at(0), at(expires))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn enrol(store: &Store, hash: &str, seed: u8, now: i64) -> EnrolOutcome {
    let tx = store.begin().await.unwrap();
    let outcome = store::enrol(&tx, hash, &enrolled(seed), at(now))
        .await
        .unwrap();
    if matches!(outcome, EnrolOutcome::Enrolled(_)) {
        tx.commit().await.unwrap();
    }
    outcome
}

pub(crate) async fn a_token_is_good_once_and_in_time(store: &Store) {
    token(store, "good", "hue-01", 100).await;
    token(store, "late", "hue-02", 100).await;
    assert_eq!(
        store::open_enrolment_tokens(store, at(50))
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(enrol(store, "none", 1, 50).await, EnrolOutcome::NoSuchToken);
    assert_eq!(
        enrol(store, "late", 1, 100).await,
        EnrolOutcome::NoSuchToken
    );
    assert_eq!(
        enrol(store, "good", 1, 50).await,
        EnrolOutcome::Enrolled(agent("hue-01"))
    );
    assert_eq!(enrol(store, "good", 1, 51).await, EnrolOutcome::NoSuchToken);
    assert_eq!(store::agents(store).await.unwrap().len(), 1);
}

pub(crate) async fn a_key_never_changes_hands(store: &Store) {
    token(store, "one", "hue-01", 100).await;
    token(store, "two", "hue-02", 100).await;
    enrol(store, "one", 1, 1).await;
    assert_eq!(
        enrol(store, "two", 1, 2).await,
        EnrolOutcome::KeyOfAnotherAgent
    );
    // The token was not used up by the failure.
    assert_eq!(
        enrol(store, "two", 2, 3).await,
        EnrolOutcome::Enrolled(agent("hue-02"))
    );
}

pub(crate) async fn enrolling_again_voids_the_former_secrets(store: &Store) {
    token(store, "one", "hue-01", 100).await;
    token(store, "two", "hue-01", 100).await;
    enrol(store, "one", 1, 1).await;
    enrol(store, "two", 2, 5).await;
    let former = key_id(&enrolled(1).public_key);
    let key = store::agent_key(store, &former).await.unwrap().unwrap();
    assert_eq!((key.agent, key.ends_at), (agent("hue-01"), Some(at(5))));
    let known = store::active_agent_of_upload_token(store, "upload-1")
        .await
        .unwrap();
    assert_eq!(known, None);
    let known = store::active_agent_of_upload_token(store, "upload-2")
        .await
        .unwrap();
    assert_eq!(known, Some(agent("hue-01")));
}

pub(crate) async fn a_key_keeps_its_dates_and_is_not_trusted_again(store: &Store) {
    for (name, expires) in [("one", 1), ("two", 5), ("three", 9)] {
        token(store, name, "hue-01", 100).await;
        let outcome = enrol(store, name, 1, expires).await;
        let expected = if name == "three" {
            EnrolOutcome::KeyOfAnotherAgent
        } else {
            EnrolOutcome::Enrolled(agent("hue-01"))
        };
        assert_eq!(outcome, expected, "{name}");
        if name == "two" {
            let keys = store::keys_of_agent(store, &agent("hue-01")).await.unwrap();
            assert_eq!(keys[0].valid_from, at(1), "the same key again");
            let tx = store.begin().await.unwrap();
            store::revoke_agent(&tx, &agent("hue-01"), at(7))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    }
}

pub(crate) async fn a_revoked_agent_is_out(store: &Store) {
    token(store, "one", "hue-01", 100).await;
    enrol(store, "one", 1, 1).await;
    for expected in [true, false] {
        let tx = store.begin().await.unwrap();
        let revoked = store::revoke_agent(&tx, &agent("hue-01"), at(9))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(revoked, expected);
    }
    assert_eq!(
        store::active_agent_of_upload_token(store, "upload-1")
            .await
            .unwrap(),
        None
    );
    let key = store::agent_key(store, &key_id(&enrolled(1).public_key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(key.ends_at, Some(at(9)));
}

fn sealed(revision: u32, state: serde_json::Value) -> contract::v1::AutoReport {
    let mut entry = json!({ "id": "0198a000-0000-7000-8000-0000000000e1", "kind": "clip" });
    for (key, value) in state.as_object().unwrap() {
        entry[key] = value.clone();
    }
    report(json!({ "revision": revision, "evidence": [entry] }))
}

pub(crate) async fn stored_evidence_stays_stored(store: &Store) {
    let hash = "ab".repeat(32);
    let seal = json!({ "state": "sealed", "mime": "video/mp4", "bytes": 7, "sha256": hash });
    take_in(store, &sealed(1, json!({ "state": "pending" }))).await;
    assert_eq!(
        store::sealed_by_hash(store, &agent("hue-01"), &hash)
            .await
            .unwrap(),
        None
    );
    take_in(store, &sealed(2, seal)).await;
    let known = store::sealed_by_hash(store, &agent("hue-01"), &hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((known.bytes, known.stored), (7, Stored::No));
    let foreign = store::sealed_by_hash(store, &agent("hue-02"), &hash)
        .await
        .unwrap();
    assert_eq!(foreign, None, "another agent's promise is nobody's to keep");
    let tx = store.begin().await.unwrap();
    let pieces = store::mark_stored(&tx, &agent("hue-01"), &hash, "ab/key", at(5))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let owners: Vec<EvidenceOwner> = pieces
        .iter()
        .map(|piece| EvidenceOwner::of(piece).unwrap())
        .collect();
    assert_eq!(owners, [EvidenceOwner::Event(EVENT.parse().unwrap())]);
    let gone = json!({ "state": "unavailable", "reason": "disk_full" });
    take_in(store, &sealed(3, gone)).await;
    let rows = store::evidence_of_event(store, &EVENT.parse().unwrap())
        .await
        .unwrap();
    assert_eq!((rows.len(), rows[0].state.as_str()), (1, "stored"));
    assert_eq!(rows[0].object_key.as_deref(), Some("ab/key"));
}

pub(crate) async fn an_older_camera_status_never_replaces_a_newer(store: &Store) {
    let status = |state: &str| -> CameraStatus {
        serde_json::from_value(json!({
            "agent": "hue-01", "camera": "cam-1", "name": "Đường trục", "state": state,
            "since": "2026-01-01T00:00:00Z",
            "counters": { "received": 1, "decoded": 1, "analysed": 1, "dropped": 0, "reconnects": 0 },
        }))
        .unwrap()
    };
    for (state, said_at, expected) in [
        ("connecting", 10, true),
        ("running", 20, true),
        ("connecting", 15, false),
    ] {
        let status = status(state);
        let tx = store.begin().await.unwrap();
        let facts = CameraFacts {
            status: &status,
            said_at: at(said_at),
            received: at(30),
        };
        assert_eq!(
            store::set_camera_status(&tx, &facts).await.unwrap(),
            expected,
            "{state}"
        );
        tx.commit().await.unwrap();
    }
    let cameras = store::cameras(store).await.unwrap();
    assert_eq!(cameras[0].state.as_deref(), Some("running"));
    assert_eq!(cameras[0].name.as_deref(), Some("Đường trục"));
}

pub(crate) async fn quarantine_counts_and_is_bounded(store: &Store) {
    for (received, sha256) in [(1, "a"), (2, "b"), (3, "a"), (4, "c")] {
        let tx = store.begin().await.unwrap();
        let message = Quarantined {
            topic: "t",
            reason: "unsigned",
            message: "no signature",
            head: b"\0bytes",
            sha256,
            bytes: 6,
            received: at(received),
        };
        store::put_in_quarantine(&tx, &message).await.unwrap();
        tx.commit().await.unwrap();
    }
    let rows = store::quarantined(store, 10).await.unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.sha256.as_str(), row.count))
        .collect();
    assert_eq!(seen, [("c", 1), ("a", 2), ("b", 1)]);
    let tx = store.begin().await.unwrap();
    assert_eq!(store::trim_quarantine(&tx, 2).await.unwrap(), 1);
    assert_eq!(store::trim_quarantine(&tx, 2).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(store::quarantined(store, 10).await.unwrap().len(), 2);
}
