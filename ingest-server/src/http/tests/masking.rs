//! Faces and plates: masked for everybody, unless they may unmask and say why; and that is written down.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::app::{TestApp, report};
use crate::people::{Role, Scope};

#[tokio::test]
async fn nobody_sees_a_face_without_the_right_and_a_purpose() {
    let app = TestApp::new().await;
    let (incident, piece) = app.with_clip("hue-01", b"a clip", "video/mp4").await;
    app.account("kiem-tra", Role::Auditor, None, Scope::default())
        .await;
    let (operator, auditor) = (app.operator().await, app.logged_in("kiem-tra").await);
    let path = format!("/api/v1/incidents/{incident}/evidence/{piece}");
    for asked in ["", "?copy=viewing"] {
        // The redacted copy is asked for by the first who looks, and not there yet.
        for client in [&operator, &auditor] {
            let answer = client.get(&format!("{path}{asked}")).await;
            answer.is_problem(409, "masked");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("queued"), "{detail}");
        }
    }
    auditor
        .get(&format!("{path}?purpose=review"))
        .await
        .is_problem(403, "not_allowed");
    operator
        .get(&format!("{path}?purpose=curiosity"))
        .await
        .is_problem(400, "invalid_request");
    let seen = operator.get(&format!("{path}?purpose=violation")).await;
    assert_eq!(
        (seen.status, &seen.body[..]),
        (StatusCode::OK, &b"a clip"[..])
    );

    let url = |client: Value| client["evidence"][0]["url"].as_str().unwrap().to_owned();
    let detail = format!("/api/v1/incidents/{incident}");
    assert_eq!(
        url(operator.get(&detail).await.json()),
        format!("{path}?purpose=review")
    );
    assert_eq!(url(auditor.get(&detail).await.json()), path);

    let log = auditor.get("/api/v1/access-log").await.json();
    let entries = log["items"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(
        (
            &entries[0]["actor"],
            &entries[0]["act"],
            &entries[0]["purpose"],
            &entries[0]["subject"]
        ),
        (
            &json!("lan"),
            &json!("unmasked"),
            &json!("violation"),
            &json!(path)
        )
    );
    // Another purpose is another look, the same one within minutes is not.
    for purpose in ["violation", "review", "review"] {
        operator.get(&format!("{path}?purpose={purpose}")).await;
    }
    let log = auditor.get("/api/v1/access-log").await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    operator
        .get("/api/v1/access-log")
        .await
        .is_problem(403, "not_allowed");
    let custody = auditor.get(&format!("{path}/custody")).await.json();
    let looks: Vec<&Value> = custody["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["act"] == "viewed")
        .map(|entry| &entry["detail"]["reason"])
        .collect();
    assert_eq!(looks, [&json!("violation"), &json!("review")]);
}

#[tokio::test]
async fn plates_are_covered_for_whoever_may_not_unmask() {
    let app = TestApp::new().await;
    let incident = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let operator = app.operator().await;
    app.account("kiem-tra", Role::Auditor, None, Scope::default())
        .await;
    let auditor = app.logged_in("kiem-tra").await;
    let path = format!("/api/v1/incidents/{incident}");
    let typed = operator
        .post(&format!("{path}/plate"), &json!({ "plate": "75A-123.45" }))
        .await;
    assert_eq!(typed.status, StatusCode::OK, "{:?}", typed.json());
    let plain = operator.get(&path).await;
    assert!(String::from_utf8_lossy(&plain.body).contains("75A-123.45"));
    let covered = auditor.get(&path).await;
    let text = String::from_utf8_lossy(&covered.body);
    assert!(
        !text.contains("123.45") && text.contains("75A-•••.••"),
        "{text}"
    );
}
