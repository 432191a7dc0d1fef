//! Copies of evidence as people get them, the custody log, and the only way out.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::app::{TestApp, sha256};
use crate::store::{self, ClaimedCopy, CopyKind, CopyMade, Requeue};

const COPY: &[u8] = b"0123456789, a copy of a test";

/// Takes up the copy that waits, as the workshop does.
async fn claim(app: &TestApp) -> ClaimedCopy {
    let now = Timestamp::now() + SignedDuration::from_secs(1);
    let tx = app.store.begin().await.unwrap();
    let copy = store::claim_copy(&tx, now, now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    copy
}

/// Makes it, as far as the database and the object store can tell.
async fn make(app: &TestApp, copy: &ClaimedCopy) {
    let hash = sha256(COPY);
    let object_key = format!("{}/{hash}", hash.get(..2).unwrap());
    let file = app.folder.path().join("evidence").join(&object_key);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, COPY).unwrap();
    let made = CopyMade {
        program: "ingest-server 0.1.0, edge-agent 0.1.0 (vong-starter)".to_owned(),
        method: "heads_and_plate_areas".to_owned(),
        offender: Some("kept".to_owned()),
        mime: "video/mp4".to_owned(),
        bytes: COPY.len() as u64,
        sha256: hash,
        object_key,
    };
    let tx = app.store.begin().await.unwrap();
    store::copy_made(&tx, copy, &made, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn entries(log: &Value) -> Vec<(String, String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let entries = log["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| {
            let who = text(&entry["actor"]).unwrap();
            (who, text(&entry["act"]).unwrap(), text(&entry["copy"]))
        })
        .collect()
}

#[tokio::test]
async fn a_viewing_copy_is_served_by_range_and_said_to_be_one() {
    let app = TestApp::new().await;
    let (incident, piece) = app
        .with_clip("hue-01", b"original", "video/quicktime")
        .await;
    let operator = app.operator().await;
    let path = format!("/api/v1/incidents/{incident}");
    let detail = operator.get(&path).await.json();
    let viewing = &detail["evidence"][0]["viewing"];
    assert_eq!(
        (&viewing["state"], &viewing["url"]),
        (&json!("queued"), &Value::Null)
    );
    let url = format!("{path}/evidence/{piece}?copy=viewing&purpose=review");
    operator.get(&url).await.is_problem(404, "not_found");
    make(&app, &claim(&app).await).await;

    let detail = operator.get(&path).await.json();
    let viewing = &detail["evidence"][0]["viewing"];
    assert_eq!(viewing["url"], url.as_str());
    assert_eq!(viewing["derived_from"], detail["evidence"][0]["sha256"]);
    assert_eq!(viewing["sha256"], sha256(COPY));
    let whole = operator.get(&url).await;
    assert_eq!((whole.status, &whole.body[..]), (StatusCode::OK, COPY));
    assert_eq!(whole.header("content-type"), "video/mp4");
    for range in ["bytes=0-3", "bytes=4-9", "bytes=-4"] {
        let part = operator.get_with(&url, &[("range", range)]).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    }
    let original = operator
        .get(&format!("{path}/evidence/{piece}?purpose=review"))
        .await;
    assert_eq!(&original.body[..], b"original");
    assert_eq!(original.header("content-type"), "video/quicktime");
    operator
        .get(&format!("{path}/evidence/{piece}?copy=other"))
        .await
        .is_problem(400, "invalid_request");
    app.anon()
        .get(&url)
        .await
        .is_problem(401, "unauthenticated");

    let log = operator
        .get(&format!("{path}/evidence/{piece}/custody"))
        .await
        .json();
    let viewed = |copy: Option<&str>| {
        (
            "lan".to_owned(),
            "viewed".to_owned(),
            copy.map(str::to_owned),
        )
    };
    let told = entries(&log);
    assert_eq!(told.len(), 4, "many ranges are one look: {told:?}");
    assert_eq!(
        (told[0].0.as_str(), told[0].1.as_str()),
        ("agent/hue-01", "received")
    );
    assert_eq!(
        (told[1].0.as_str(), told[1].1.as_str()),
        ("server/intake", "verified")
    );
    assert_eq!(told[2..], [viewed(Some("viewing")), viewed(None)]);
    assert_eq!(log["broken_at"], Value::Null);
    assert_eq!(log["entries"][1]["detail"]["sha256"], sha256(b"original"));
}

#[tokio::test]
async fn only_the_redacted_copy_leaves_and_only_once_there_is_one() {
    let app = TestApp::new().await;
    let (incident, piece) = app.with_clip("hue-01", b"original", "video/mp4").await;
    let (operator, administrator) = (app.operator().await, app.administrator().await);
    let path = format!("/api/v1/incidents/{incident}/evidence/{piece}");
    let out = format!("{path}/disclosures");
    let to_citizen = json!({ "to": "citizen", "note": "theo đơn số 7" });
    operator
        .post(&out, &to_citizen)
        .await
        .is_problem(403, "not_allowed");
    let refused = administrator.post(&out, &to_citizen).await;
    refused.is_problem(409, "copy_unavailable");
    administrator
        .post(&out, &json!({ "to": "anybody" }))
        .await
        .is_problem(400, "invalid_request");
    // The viewing copy is made, and is not what may leave.
    make(&app, &claim(&app).await).await;
    administrator
        .post(&out, &to_citizen)
        .await
        .is_problem(409, "copy_unavailable");

    let asked = operator
        .post(&format!("{path}/redaction"), &json!({}))
        .await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    assert_eq!(asked.json()["redacted"]["state"], "queued");
    operator
        .post(&format!("{path}/redaction"), &json!({}))
        .await;
    let copy = claim(&app).await;
    assert_eq!(copy.kind, CopyKind::Redacted);
    let tx = app.store.begin().await.unwrap();
    store::copy_failed(&tx, &copy, "no_boxes", None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let refused = administrator.post(&out, &to_citizen).await;
    refused.is_problem(409, "copy_unavailable");
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("no_boxes")
    );
    // Asked for again it is tried anew.
    let asked = operator
        .post(&format!("{path}/redaction"), &json!({}))
        .await;
    assert_eq!(asked.json()["redacted"]["state"], "queued");
    make(&app, &claim(&app).await).await;

    let given = administrator.post(&out, &to_citizen).await;
    assert_eq!(given.status, StatusCode::CREATED, "{:?}", given.json());
    assert_eq!(given.json()["derived_from"], sha256(b"original"));
    let url = given.json()["url"].as_str().unwrap().to_owned();
    assert!(url.ends_with("?copy=redacted"));
    assert_eq!(&administrator.get(&url).await.body[..], COPY);

    let log = operator.get(&format!("{path}/custody")).await.json();
    let acts: Vec<String> = entries(&log).into_iter().map(|(_, act, _)| act).collect();
    assert_eq!(
        acts,
        [
            "received",
            "verified",
            "asked",
            "asked",
            "disclosed",
            "viewed"
        ]
    );
    let disclosed = &log["entries"][4];
    assert_eq!(disclosed["detail"]["reason"], "citizen");
    assert_eq!(disclosed["detail"]["note"], "theo đơn số 7");
    assert_eq!(disclosed["actor"], "quan-tri");
}

#[tokio::test]
async fn a_piece_that_is_no_picture_or_of_another_incident_has_no_redacted_copy() {
    let app = TestApp::new().await;
    let (incident, piece) = app.with_clip("hue-01", b"{}", "application/json").await;
    let (other, _) = app.with_clip("hue-02", b"clip", "video/mp4").await;
    let operator = app.operator().await;
    operator
        .post(
            &format!("/api/v1/incidents/{incident}/evidence/{piece}/redaction"),
            &json!({}),
        )
        .await
        .is_problem(400, "invalid_request");
    for path in ["redaction", "custody"] {
        let path = format!("/api/v1/incidents/{other}/evidence/{piece}/{path}");
        let answer = match path.ends_with("custody") {
            true => operator.get(&path).await,
            false => operator.post(&path, &json!({})).await,
        };
        answer.is_problem(404, "not_found");
    }
    // An event's piece is no command's, though the ids have one form.
    let detail = operator
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .json();
    let event = detail["evidence"][0]["event_id"].as_str().unwrap();
    for rest in ["", "/custody"] {
        operator
            .get(&format!("/api/v1/commands/{event}/evidence/{piece}{rest}"))
            .await
            .is_problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_a_piece_shows_is_told() {
    let app = TestApp::new().await;
    let mut report = super::app::report("hue-01", "cam-1", 1, "raised");
    let entry = |kind: &str, more: Value| {
        let mut entry = json!({
            "state": "sealed", "id": contract::v1::EvidenceId::new(), "kind": kind,
            "mime": "video/mp4", "bytes": 1, "sha256": "0".repeat(64),
        });
        for (key, value) in more.as_object().unwrap() {
            entry[key] = value.clone();
        }
        serde_json::from_value(entry).unwrap()
    };
    let shown = json!({ "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:05Z" });
    report.evidence = vec![
        entry(
            "clip",
            json!({ "part": { "number": 2, "of": 2 }, "shown": shown }),
        ),
        entry("crop", json!({ "track": 17 })),
    ];
    let incident = app.take(&report).await;
    let detail = app
        .operator()
        .await
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .json();
    let pieces = detail["evidence"].as_array().unwrap();
    let clip = pieces.iter().find(|piece| piece["kind"] == "clip").unwrap();
    assert_eq!(clip["part"], json!({ "number": 2, "of": 2 }));
    assert_eq!(clip["shown"], shown);
    let crop = pieces.iter().find(|piece| piece["kind"] == "crop").unwrap();
    assert_eq!((&crop["track"], &crop["part"]), (&json!(17), &Value::Null));
    // Nothing of it is here: there is nothing to copy yet.
    let tx = app.store.begin().await.unwrap();
    let now = Timestamp::now();
    assert!(store::claim_copy(&tx, now, now).await.unwrap().is_none());
    let rows = store::evidence_of_event(&tx, &report.event_id)
        .await
        .unwrap();
    assert!(
        store::queue_copy(&tx, &rows[0], CopyKind::Viewing, Requeue::Never, now)
            .await
            .is_ok()
    );
}
