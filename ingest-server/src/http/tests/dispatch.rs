//! A released bundle on its way to the traffic police: copies are asked for and waited for, the message
//! names what there is, and its token fetches that and nothing else.

use std::io::Cursor;

use axum::http::StatusCode;
use bundle::Link;
use contract::v1::{EventType, UnitIncident, decode};
use jiff::{SignedDuration, Timestamp};
use notice::Targets;
use serde_json::json;

use super::app::TestApp;
use super::bundles::{agent_key, confirm, deliver, seal, server_key};
use crate::config::DispatchConfig;
use crate::dispatch::Found;
use crate::store::{self, CopyKind};

const TARGETS: &str = r#"
    [legal_basis]
    DUNG-DO-SAI = "văn bản của trung tâm"
    [[target]]
    name = "csgt"
    unit = "canh-sat"
    kinds = ["traffic_violation"]
    send_on = ["released"]
    channel = { type = "mqtt" }
"#;

fn targets() -> DispatchConfig {
    DispatchConfig {
        targets: Targets::parse(TARGETS).unwrap(),
        ..DispatchConfig::default()
    }
}

/// Every copy that was asked for cannot be made.
async fn fail_copies(app: &TestApp, now: Timestamp) -> usize {
    let mut failed = 0;
    loop {
        let tx = app.store.begin().await.unwrap();
        let Some(copy) = store::claim_copy(&tx, now, now).await.unwrap() else {
            return failed;
        };
        store::copy_failed(&tx, &copy, "undecodable", None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // Viewing copies are made by themselves.
        failed += usize::from(copy.kind == CopyKind::Redacted);
    }
}

#[tokio::test]
async fn traffic_police_get_the_released_bundle_and_what_could_be_redacted() {
    let app = TestApp::with("http://127.0.0.1:8080", targets()).await;
    let agent = app.agent("hue-01").await;
    let sealed = seal("hue-01", Link::after("a", None), &agent_key("hue-01"));
    let incident = deliver(&app, &agent, &sealed).await;
    let (operator, administrator) = (app.operator().await, app.administrator().await);
    let plate = format!("/api/v1/incidents/{incident}/plate");
    operator
        .post(&plate, &json!({ "plate": "75A-123.45" }))
        .await;
    confirm(&operator, &incident).await;
    let release = format!("/api/v1/incidents/{incident}/release");
    let released = administrator.post(&release, &json!({})).await;
    assert_eq!(released.status, StatusCode::OK, "{:?}", released.json());

    // A confirmation concerns nobody here; the release waits for its copies.
    let now = Timestamp::now();
    while app.dispatch.expand_one(now).await.unwrap() == Found::Something {}
    let list = format!("/api/v1/incidents/{incident}/deliveries");
    assert_eq!(operator.get(&list).await.json()["deliveries"], json!([]));
    assert_eq!(fail_copies(&app, now).await, 2, "a still and a clip");
    let later = now + SignedDuration::from_secs(10);
    assert_eq!(
        app.dispatch.expand_one(later).await.unwrap(),
        Found::Something
    );
    let told = operator.get(&list).await.json()["deliveries"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert_eq!(
        (&told[0]["cause"], &told[0]["word"]),
        (&json!("released"), &json!("alert"))
    );

    let id = told[0]["id"].as_str().unwrap().parse().unwrap();
    let delivery = store::delivery(&app.store, id).await.unwrap().unwrap();
    let letter = app.dispatch.letter(&delivery, &[]).unwrap();
    let message = decode::<UnitIncident>(&letter.json().unwrap(), EventType::UnitIncident);
    let message = message.unwrap().data;
    let said = message.bundle.unwrap();
    assert_eq!(said.event_id, sealed.report.event_id);
    assert_eq!(said.proposed_offence.as_deref(), Some("DUNG-DO-SAI"));
    assert_eq!(said.legal_basis.as_deref(), Some("văn bản của trung tâm"));
    assert_eq!((said.redacted.len(), said.not_redacted.len()), (0, 2));

    // The token fetches the bundle, another's does not.
    let path = said.url.strip_prefix("http://127.0.0.1:8080").unwrap();
    let (anybody, headers) = (app.anon(), |token: &str| {
        [("authorization", format!("Bearer {token}"))]
    });
    anybody.get(path).await.is_problem(401, "token_invalid");
    let [(name, value)] = headers("wrong");
    let refused = anybody.get_with(path, &[(name, &value)]).await;
    refused.is_problem(401, "token_invalid");
    let [(name, value)] = headers(&message.token);
    let file = anybody.get_with(path, &[(name, &value)]).await;
    assert_eq!(file.status, StatusCode::OK);
    let verdict = bundle::verify(&mut Cursor::new(&file.body[..]), &server_key().public()).unwrap();
    assert!(verdict.is_good(), "{:?}", verdict.faults);
    let piece = &said.not_redacted[0];
    let redacted = format!("/api/v1/deliveries/{id}/redacted/{piece}");
    let missing = anybody.get_with(&redacted, &[(name, &value)]).await;
    missing.is_problem(404, "not_found");

    // Through whose hands it went is written down.
    let custody = format!("/api/v1/incidents/{incident}/evidence/{piece}/custody");
    let custody = operator.get(&custody).await.json();
    let acts: Vec<(&str, &str)> = custody["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let word = |key: &str| entry[key].as_str().unwrap();
            (word("actor"), word("act"))
        })
        .collect();
    assert!(acts.contains(&("dispatch", "asked")), "{acts:?}");
    assert!(acts.contains(&("unit:canh-sat", "exported")), "{acts:?}");
}

#[tokio::test]
async fn nobody_is_told_of_a_release_and_no_copy_is_made_where_no_target_wants_it() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    let sealed = seal("hue-01", Link::after("a", None), &agent_key("hue-01"));
    let incident = deliver(&app, &agent, &sealed).await;
    let (operator, administrator) = (app.operator().await, app.administrator().await);
    let plate = format!("/api/v1/incidents/{incident}/plate");
    operator
        .post(&plate, &json!({ "plate": "75A-123.45" }))
        .await;
    confirm(&operator, &incident).await;
    let release = format!("/api/v1/incidents/{incident}/release");
    administrator.post(&release, &json!({})).await;
    let now = Timestamp::now();
    while app.dispatch.expand_one(now).await.unwrap() == Found::Something {}
    assert_eq!(store::waiting_notices(&app.store).await.unwrap(), 0);
    assert_eq!(fail_copies(&app, now).await, 0);
}
