//! A sealed event on its way out: manifest and signature come, a plate is typed, the bundle is
//! released and verifies; and who and what is refused.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use bundle::{Link, Manifest, Sealing, Sha256Hex, sign_manifest};
use contract::v1::{AutoReport, Evidence, EvidenceId, EvidenceKind, SecretKey};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::app::{Client, TestApp, report, sha256};

const STILL: &[u8] = b"a still of a test";
const CLIP: &[u8] = b"a clip of a test";

/// The key that `TestApp::agent` enrols under this name.
pub(super) fn agent_key(name: &str) -> SecretKey {
    let seed: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    SecretKey::from_bytes(&seed)
}

pub(super) fn server_key() -> SecretKey {
    SecretKey::from_bytes(&[9; 32])
}

fn piece(kind: EvidenceKind, mime: &str, bytes: &[u8]) -> Evidence {
    Evidence::Sealed {
        id: EvidenceId::new(),
        kind,
        mime: mime.to_owned(),
        bytes: bytes.len() as u64,
        sha256: sha256(bytes),
        shown: None,
        part: None,
        track: None,
    }
}

/// A sealed event that is not taken in yet.
pub(super) struct Sealed {
    pub(super) report: AutoReport,
    files: Vec<Vec<u8>>,
    hash: Sha256Hex,
}

pub(super) fn seal(agent: &str, link: Link, key: &SecretKey) -> Sealed {
    let mut report = report(agent, "cam-1", 1, "raised");
    report.kind = contract::v1::Kind::TrafficViolation;
    report.detail = "illegal_parking".to_owned();
    // A zone of its own, so that each event opens an incident of its own.
    report.zone = Some(format!("zone-{}", report.event_id).parse().unwrap());
    report.basis = serde_json::from_value(json!({
        "decided_at": Timestamp::now(),
        "config_version": "ab".repeat(32),
        "zone_version": "cd".repeat(32),
        "proposed_offence": "DUNG-DO-SAI",
    }))
    .unwrap();
    report.evidence = vec![
        piece(EvidenceKind::Still, "image/jpeg", STILL),
        piece(EvidenceKind::Clip, "video/mp4", CLIP),
    ];
    let sealing = Sealing {
        build: "edge-agent 0.1.0".to_owned(),
        last_seen: Timestamp::now(),
        sealed_at: Timestamp::now(),
        link,
    };
    let manifest = Manifest::of(&report, sealing).unwrap().to_bytes().unwrap();
    let signature = sign_manifest(key, &manifest).to_string().into_bytes();
    let hash = Sha256Hex::of(&manifest);
    report.evidence.extend([
        piece(EvidenceKind::Manifest, "application/json", &manifest),
        piece(EvidenceKind::ManifestSignature, "text/plain", &signature),
    ]);
    Sealed {
        report,
        files: vec![STILL.to_vec(), CLIP.to_vec(), signature, manifest],
        hash,
    }
}

pub(super) async fn deliver(app: &TestApp, agent: &Client<'_>, sealed: &Sealed) -> String {
    let incident = app.take(&sealed.report).await;
    for file in &sealed.files {
        let path = format!("/api/v1/uploads/{}", sha256(file));
        let headers = [("upload-offset", "0")];
        let answer = agent
            .send(Method::PATCH, &path, &headers, Body::from(file.clone()))
            .await;
        // The same still and clip prove every event of these tests.
        assert!(
            [StatusCode::NO_CONTENT, StatusCode::CONFLICT].contains(&answer.status),
            "{:?}",
            answer.json()
        );
    }
    incident
}

pub(super) async fn detail(client: &Client<'_>, incident: &str) -> Value {
    client
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .json()
}

pub(super) async fn confirm(client: &Client<'_>, incident: &str) {
    let version = detail(client, incident).await["version"].clone();
    let path = format!("/api/v1/incidents/{incident}/confirm");
    let answer = client.post(&path, &json!({ "version": version })).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json());
}

#[tokio::test]
async fn a_sealed_event_is_identified_released_and_verifies_offline() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    let sealed = seal("hue-01", Link::after("a", None), &agent_key("hue-01"));
    let incident = deliver(&app, &agent, &sealed).await;
    let (operator, administrator) = (app.operator().await, app.administrator().await);
    let seals = detail(&operator, &incident).await["seals"].clone();
    assert_eq!(
        (&seals[0]["verdict"], &seals[0]["chain"]),
        (&json!("good"), &json!("first"))
    );
    let url = seals[0]["bundle_url"].as_str().unwrap().to_owned();

    // Not identified, not released: it says both, and is whole.
    let draft = operator.get(&url).await;
    assert_eq!(draft.status, StatusCode::OK, "{:?}", draft.json());
    assert_eq!(draft.header("content-type"), "application/zip");
    assert_eq!(draft.header("content-length"), draft.body.len().to_string());
    let key = server_key().public();
    let verdict = bundle::verify(&mut Cursor::new(&draft.body[..]), &key).unwrap();
    assert!(verdict.is_good(), "{:?}", verdict.faults);
    assert!(verdict.remarks.contains(&bundle::Remark::NotReleased));
    assert!(
        verdict
            .remarks
            .contains(&bundle::Remark::VehicleNotIdentified)
    );

    // The release is refused with every field, in the caller's language.
    let release = format!("/api/v1/incidents/{incident}/release");
    operator
        .post(&release, &json!({}))
        .await
        .is_problem(403, "not_allowed");
    let refused = administrator.post(&release, &json!({})).await;
    refused.is_problem(409, "bundle_incomplete");
    let told = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("biển số (review.plate)"), "{told}");
    assert!(
        told.contains("xác nhận của người vận hành (review.state)"),
        "{told}"
    );
    let headers = [
        ("content-type", "application/json"),
        ("accept-language", "en"),
    ];
    let refused = administrator
        .send(Method::POST, &release, &headers, Body::from("{}"))
        .await;
    let told = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("the number plate (review.plate)"), "{told}");

    let plate = format!("/api/v1/incidents/{incident}/plate");
    operator
        .post(&plate, &json!({ "plate": "<script>" }))
        .await
        .is_problem(400, "invalid_request");
    let typed = operator
        .post(&plate, &json!({ "plate": " 75a-123.45 " }))
        .await;
    assert_eq!(typed.json()["seals"][0]["plate"], "75A-123.45");
    confirm(&operator, &incident).await;
    let released = administrator.post(&release, &json!({})).await;
    assert_eq!(released.status, StatusCode::OK, "{:?}", released.json());
    assert_eq!(released.json()["seals"][0]["released_by"], "quan-tri");
    administrator
        .post(&release, &json!({}))
        .await
        .is_problem(409, "bundle_released");
    operator
        .post(&plate, &json!({ "plate": "75A-999.99" }))
        .await
        .is_problem(409, "bundle_released");

    let file = operator.get(&url).await.body;
    assert_eq!(
        file,
        administrator.get(&url).await.body,
        "always the same bytes"
    );
    let verdict = bundle::verify(&mut Cursor::new(&file[..]), &key).unwrap();
    assert!(verdict.is_good(), "{:?}", verdict.faults);
    assert_eq!(verdict.remarks, [bundle::Remark::ClockUnknown]);
    let mut flipped = file.to_vec();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    assert!(
        !bundle::verify(&mut Cursor::new(flipped), &key)
            .unwrap()
            .is_good()
    );
    app.anon()
        .get(&url)
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_gap_and_a_fork_in_an_agents_chain_are_named() {
    let app = TestApp::new().await;
    let (agent, key) = (app.agent("hue-01").await, agent_key("hue-01"));
    let operator = app.operator().await;
    let first = seal("hue-01", Link::after("a", None), &key);
    let head = Link::after("a", None).head(first.hash.clone());
    let second = seal("hue-01", Link::after("a", Some(&head)), &key);
    let third = Link::after("a", Some(&head)).head(second.hash.clone());
    let third = seal("hue-01", Link::after("a", Some(&third)), &key);
    let twin = seal("hue-01", Link::after("a", Some(&head)), &key);
    deliver(&app, &agent, &first).await;
    let late = deliver(&app, &agent, &third).await;
    let chain = "/api/v1/agents/hue-01/chain";
    let gap = json!([{ "kind": "gap", "chain": "a", "first": 2, "last": 2 }]);
    assert_eq!(operator.get(chain).await.json()["faults"], gap);
    let seals = detail(&operator, &late).await["seals"].clone();
    assert_eq!(seals[0]["chain"], "predecessor_missing");

    deliver(&app, &agent, &second).await;
    let whole = operator.get(chain).await.json();
    assert_eq!(whole["faults"], json!([]));
    assert_eq!(
        whole["chains"],
        json!([{ "id": "a", "first": 1, "last": 3, "received": 3 }])
    );
    assert_eq!(
        detail(&operator, &late).await["seals"][0]["chain"],
        "linked"
    );

    let forged = deliver(&app, &agent, &twin).await;
    let faults = operator.get(chain).await.json()["faults"].clone();
    assert_eq!(faults[0]["kind"], "fork", "{faults}");
    assert_eq!(
        detail(&operator, &forged).await["seals"][0]["chain"],
        "contradicted"
    );
    let file = operator
        .get(&format!("/api/v1/incidents/{forged}/bundle"))
        .await
        .body;
    let verdict = bundle::verify(&mut Cursor::new(&file[..]), &server_key().public()).unwrap();
    let faults: Vec<String> = verdict.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["manifest.json: chain mismatch"]);
    operator
        .get("/api/v1/agents/nobody/chain")
        .await
        .is_problem(404, "not_found");
}

#[tokio::test]
async fn a_seal_that_is_not_the_agents_makes_no_bundle() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    app.agent("hue-02").await;
    let operator = app.operator().await;
    for (key, verdict) in [
        (SecretKey::from_bytes(&[77; 32]), "key_unknown"),
        (agent_key("hue-02"), "key_unknown"),
    ] {
        let sealed = seal("hue-01", Link::after(verdict, None), &key);
        let incident = deliver(&app, &agent, &sealed).await;
        assert_eq!(
            detail(&operator, &incident).await["seals"][0]["verdict"],
            verdict
        );
        let refused = operator
            .get(&format!("/api/v1/incidents/{incident}/bundle"))
            .await;
        refused.is_problem(409, "bundle_unavailable");
        let told = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(told.contains(verdict), "{told}");
    }
}

#[tokio::test]
async fn what_has_not_come_yet_is_named() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    let operator = app.operator().await;
    let mut sealed = seal("hue-01", Link::after("a", None), &agent_key("hue-01"));
    let incident = app.take(&sealed.report).await;
    let url = format!("/api/v1/incidents/{incident}/bundle");
    operator
        .get(&url)
        .await
        .is_problem(409, "bundle_unavailable");
    // The clip is the last to come.
    let clip = sealed.files.remove(1);
    for file in sealed.files.iter().chain([&clip]) {
        if file == &clip {
            let refused = operator.get(&url).await;
            refused.is_problem(409, "bundle_unavailable");
            let told = refused.json()["detail"].as_str().unwrap().to_owned();
            assert!(told.contains("clip"), "{told}");
        }
        let path = format!("/api/v1/uploads/{}", sha256(file));
        agent
            .send(
                Method::PATCH,
                &path,
                &[("upload-offset", "0")],
                Body::from(file.clone()),
            )
            .await;
    }
    assert_eq!(operator.get(&url).await.status, StatusCode::OK);
    let other = app.take(&report("hue-01", "cam-9", 1, "raised")).await;
    let event = sealed.report.event_id;
    let url = format!("/api/v1/incidents/{other}/bundle?event_id={event}");
    operator.get(&url).await.is_problem(404, "not_found");
}
