//! Commands and desired state over the API: by right, checked by field, told in the caller's words.

use axum::http::{Method, StatusCode};
use contract::v1::{Answer, AnswerOutcome, EvidenceId, EvidenceKind};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::app::{Client, TestApp, sha256};
use crate::store::{self, AnswerFiled};

const DESIRED: &str = "/api/v1/agents/hue-01/desired";
const COMMANDS: &str = "/api/v1/agents/hue-01/commands";

async fn put(client: &Client<'_>, body: &Value) -> super::app::Answer {
    let json = [("content-type", "application/json")];
    client
        .send(Method::PUT, DESIRED, &json, body.to_string().into())
        .await
}

fn wish(version: u64) -> Value {
    json!({
        "version": version,
        "danger_level": 4,
        "cameras": { "cam-1": {
            "zones": { "kerb": [[0.1, 0.6], [0.9, 0.6], [0.9, 1.0]] },
            "rules": [{ "rule": "illegal_parking", "zone": "kerb",
                        "parameters": { "dwell_s": 60.5, "classes": ["car"] } }],
            "muted": [{ "rule": "stray_cattle", "until": "2999-01-01T00:00:00Z" }]
        } }
    })
}

#[tokio::test]
async fn desired_state_is_versioned_and_changed_by_administrators_alone() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    let operator = app.operator().await;
    let administrator = app.administrator().await;
    let empty = operator.get(DESIRED).await.json();
    assert_eq!(
        (&empty["version"], &empty["applied"]),
        (&json!(0), &Value::Null)
    );
    put(&operator, &wish(0))
        .await
        .is_problem(403, "not_allowed");

    let first = put(&administrator, &wish(0)).await;
    assert_eq!(first.status, StatusCode::OK, "{:?}", first.json());
    let first = first.json();
    assert_eq!(first["version"], 1);
    assert_eq!(first["cameras"], wish(0)["cameras"]);
    assert_eq!(first["changed_by"], "quan-tri");
    let stale = put(&administrator, &wish(0)).await;
    stale.is_problem(409, "stale_desired");
    assert_eq!(stale.json()["current_version"], 1);
    assert_eq!(put(&administrator, &wish(1)).await.json()["version"], 2);
    administrator
        .get("/api/v1/agents/nobody/desired")
        .await
        .is_problem(404, "not_found");
}

#[tokio::test]
async fn what_will_not_do_is_told_by_field_in_the_caller_s_language() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    let administrator = app.administrator().await;
    let bad = json!({
        "version": 0, "danger_level": 9,
        "cameras": { "cam-1": {
            "masks": [[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]],
            "muted": [{ "rule": "stray_cattle", "until": "2001-01-01T00:00:00Z" }]
        } }
    });
    let answer = put(&administrator, &bad).await;
    answer.is_problem(422, "invalid_fields");
    let fields: Vec<(String, String)> = answer.json()["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert!(!one["message"].as_str().unwrap().is_empty());
            (
                one["field"].as_str().unwrap().to_owned(),
                one["problem"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let named = |field: &str, problem: &str| (field.to_owned(), problem.to_owned());
    assert_eq!(
        fields,
        [
            named("danger_level", "out_of_range"),
            named("cameras.cam-1.masks[0]", "self_intersecting"),
            named("cameras.cam-1.muted[0].until", "past"),
        ]
    );
    let unreadable = put(
        &administrator,
        &json!({ "version": 0, "cameras": { "CAM": {} } }),
    )
    .await;
    unreadable.is_problem(422, "invalid_fields");
    assert_eq!(unreadable.json()["fields"][0]["problem"], "unreadable");
    assert_eq!(
        administrator.get(DESIRED).await.json()["version"],
        0,
        "nothing was kept"
    );
}

#[tokio::test]
async fn a_command_is_given_numbered_and_shown_until_it_is_answered() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    let operator = app.operator().await;
    let snapshot = json!({ "action": { "type": "snapshot", "camera": "cam-1" } });
    let given = operator.post(COMMANDS, &snapshot).await;
    assert_eq!(given.status, StatusCode::CREATED, "{:?}", given.json());
    let given = given.json();
    assert_eq!(
        (&given["state"], &given["by"]),
        (&json!("queued"), &json!("lan"))
    );
    let id: contract::v1::CommandId = given["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/v1/commands/{id}");
    assert_eq!(operator.get(&path).await.json(), given);
    operator.post(COMMANDS, &snapshot).await;
    assert_eq!(
        operator.get(COMMANDS).await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let bytes = b"a picture";
    let piece = EvidenceId::new();
    let now = Timestamp::now();
    let to_send = store::commands_to_send(&app.store, now, now).await.unwrap();
    let sequences: Vec<u64> = to_send
        .iter()
        .map(|(_, command)| command.sequence)
        .collect();
    assert!(sequences[0] < sequences[1], "{sequences:?}");
    let answer = Answer {
        command: id,
        sequence: sequences[0],
        answered_at: now,
        outcome: AnswerOutcome::Done {
            evidence: vec![serde_json::from_value(json!({
                "state": "sealed", "id": piece, "kind": EvidenceKind::Still, "mime": "image/jpeg",
                "bytes": bytes.len(), "sha256": sha256(bytes)
            })).unwrap()],
            simulation: None,
        },
    };
    let name = "hue-01".parse().unwrap();
    let other = "hue-02".parse().unwrap();
    let tx = app.store.begin().await.unwrap();
    let filed = store::file_answer(&tx, &other, &answer, "h", now)
        .await
        .unwrap();
    assert_eq!(filed, AnswerFiled::Foreign);
    let filed = store::file_answer(&tx, &name, &answer, "h", now)
        .await
        .unwrap();
    assert_eq!(filed, AnswerFiled::New);
    let filed = store::file_answer(&tx, &name, &answer, "h", now)
        .await
        .unwrap();
    assert_eq!(filed, AnswerFiled::Duplicate);
    let filed = store::file_answer(&tx, &name, &answer, "other bytes", now)
        .await
        .unwrap();
    assert_eq!(filed, AnswerFiled::Foreign);
    tx.commit().await.unwrap();
    let done = operator.get(&path).await.json();
    assert_eq!(done["state"], "done");
    assert_eq!(done["evidence"][0]["state"], "sealed");
    operator
        .get(&format!("{path}/evidence/{piece}?purpose=review"))
        .await
        .is_problem(404, "not_found");

    let mut told = app.changes.watch();
    let upload = format!("/api/v1/uploads/{}", sha256(bytes));
    let taken = agent
        .send(
            Method::PATCH,
            &upload,
            &[("upload-offset", "0")],
            bytes.to_vec().into(),
        )
        .await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
    assert!(matches!(
        told.try_recv().unwrap(),
        crate::changes::Change::Command { id: told, .. } if told == id
    ));
    let url = operator.get(&path).await.json()["evidence"][0]["url"].clone();
    let shown = operator.get(url.as_str().unwrap()).await;
    assert_eq!(
        (shown.status, &shown.body[..]),
        (StatusCode::OK, &bytes[..])
    );
    app.anon()
        .get(url.as_str().unwrap())
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_command_that_will_not_do_is_not_given() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    let operator = app.operator().await;
    let clip = |seconds: u64| json!({ "action": { "type": "clip", "camera": "cam-1", "seconds": seconds } });
    operator
        .post(COMMANDS, &clip(0))
        .await
        .is_problem(422, "invalid_fields");
    operator
        .post(COMMANDS, &clip(601))
        .await
        .is_problem(422, "invalid_fields");
    let mut long = clip(5);
    long["lifetime_s"] = json!(90_000);
    operator
        .post(COMMANDS, &long)
        .await
        .is_problem(422, "invalid_fields");
    let unknown = json!({ "action": { "type": "self_destruct" } });
    operator
        .post(COMMANDS, &unknown)
        .await
        .is_problem(422, "invalid_fields");
    operator
        .post("/api/v1/agents/nobody/commands", &clip(5))
        .await
        .is_problem(404, "not_found");
    assert_eq!(operator.get(COMMANDS).await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_command_that_nobody_answered_expires() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    let operator = app.operator().await;
    let body = json!({ "action": { "type": "snapshot", "camera": "cam-1" }, "lifetime_s": 5 });
    let given = operator.post(COMMANDS, &body).await.json();
    let expires: Timestamp = given["expires_at"].as_str().unwrap().parse().unwrap();
    let second = jiff::SignedDuration::from_secs(1);
    let to_send = |now| store::commands_to_send(&app.store, now, now);
    assert_eq!(to_send(expires - second).await.unwrap().len(), 1);
    assert_eq!(to_send(expires).await.unwrap(), []);
    let expired = store::commands_expired(&app.store, expires - second, expires)
        .await
        .unwrap();
    assert_eq!(expired.len(), 1);
    let row = store::command(&app.store, expired[0].1)
        .await
        .unwrap()
        .unwrap();
    let view = crate::http::views::CommandView::new(row, (vec![], vec![]), expires).unwrap();
    assert_eq!(serde_json::to_value(view).unwrap()["state"], "expired");
}

#[tokio::test]
async fn a_database_from_an_old_copy_goes_on_above_what_the_agent_applied() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    let administrator = app.administrator().await;
    let status = json!({
        "agent": "hue-01", "liveness": "online", "version": "1", "since": "2026-01-01T00:00:00Z",
        "applied": { "version": 41, "refused": [{ "key": "cameras.x", "reason": "none" }] },
        "clock": { "reference": "sntp", "offset_ms": 900, "uncertainty_ms": 5 },
        "clock_trust": "agent_off"
    });
    let tx = app.store.begin().await.unwrap();
    store::set_agent_condition(&tx, &serde_json::from_value(status).unwrap())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let put = put(&administrator, &wish(0)).await.json();
    assert_eq!(
        (&put["version"], &put["applied"]["version"]),
        (&json!(42), &json!(41))
    );
    assert_eq!(put["applied"]["refused"][0]["key"], "cameras.x");
    let agents = administrator.get("/api/v1/agents").await.json();
    let agent = &agents["items"][0];
    assert_eq!(
        (&agent["clock_trust"], &agent["desired_applied"]),
        (&json!("agent_off"), &json!(41))
    );
    assert_eq!(agent["clock"]["offset_ms"], 900);
}
