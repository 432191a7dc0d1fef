//! Who may not: every route, asked by everybody who has no right to it.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::json;

use super::app::{TestApp, report};

const SOME_ID: &str = "0198a000-0000-7000-8000-000000000001";

/// Every route that needs a session, from the document itself, so that none is forgotten.
fn guarded() -> Vec<(Method, String)> {
    let document = serde_json::to_value(crate::http::openapi_document()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let needs = &operation["security"];
            let only_with_session = needs
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one.get("session").is_some() || one.get("key").is_some());
            if only_with_session {
                let method = method.to_uppercase().parse().unwrap();
                let path = path
                    .replace("{id}", SOME_ID)
                    .replace("{evidence_id}", SOME_ID)
                    .replace("{agent}", "hue-01")
                    .replace("{key}", "0000000000000000")
                    .replace("{key_id}", SOME_ID)
                    .replace("{username}", "lan");
                routes.push((method, path));
            }
        }
    }
    routes
}

#[tokio::test]
async fn nothing_is_told_without_a_session() {
    let app = TestApp::new().await;
    let mut forged = app.anon();
    forged.cookie = Some("vong_session=bm90IGEgdG9rZW4".to_owned());
    let routes = guarded();
    assert!(routes.len() >= 11, "{routes:?}");
    for (method, path) in routes {
        for client in [app.anon(), forged.clone()] {
            let answer = client.send(method.clone(), &path, &[], Body::empty()).await;
            answer.is_problem(401, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn an_agent_s_token_opens_nothing_that_is_for_people() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    for (method, path) in guarded() {
        let answer = agent.send(method, &path, &[], Body::empty()).await;
        answer.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn every_unsafe_method_needs_the_session_s_own_csrf_token() {
    let app = TestApp::new().await;
    let incident = app.take(&report("a", "c", 1, "raised")).await;
    let operator = app.operator().await;
    let of_another = app.administrator().await.csrf;
    for csrf in [
        None,
        Some(String::new()),
        Some("guess".to_owned()),
        of_another,
    ] {
        let mut client = operator.clone();
        client.csrf = csrf;
        for verb in ["acknowledge", "confirm", "reject"] {
            let path = format!("/api/v1/incidents/{incident}/{verb}");
            let body = json!({ "version": 1, "reason": "abuse" });
            client
                .post(&path, &body)
                .await
                .is_problem(403, "csrf_token_invalid");
        }
        client
            .delete("/api/v1/session")
            .await
            .is_problem(403, "csrf_token_invalid");
    }
    let detail = operator
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .json();
    assert_eq!(detail["state"], "new");
}

#[tokio::test]
async fn quarantine_is_for_administrators() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    operator
        .get("/api/v1/quarantine")
        .await
        .is_problem(403, "not_allowed");
    let answer = app.administrator().await.get("/api/v1/quarantine").await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({ "items": [] }))
    );
}

#[tokio::test]
async fn agents_keys_are_seen_and_revoked_by_administrators_alone() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    let path = "/api/v1/agents/hue-01/keys";
    app.operator()
        .await
        .get(path)
        .await
        .is_problem(403, "not_allowed");
    let administrator = app.administrator().await;
    let keys = administrator.get(path).await.json();
    assert_eq!(keys["items"][0]["ending"], json!(null));
    let key = keys["items"][0]["key_id"].as_str().unwrap().to_owned();
    for (path, status) in [
        (
            format!("{path}/0000000000000000/revoke"),
            StatusCode::NOT_FOUND,
        ),
        (format!("{path}/{key}/revoke"), StatusCode::NO_CONTENT),
        (
            "/api/v1/agents/hue-01/revoke".to_owned(),
            StatusCode::NO_CONTENT,
        ),
        (
            "/api/v1/agents/hue-01/revoke".to_owned(),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let answer = administrator.post(&path, &json!({})).await;
        assert_eq!(answer.status, status, "{path}");
    }
    let keys = administrator.get(path).await.json();
    assert_eq!(keys["items"][0]["ending"], "revocation");
}

#[tokio::test]
async fn problems_speak_the_caller_s_language_and_tell_nothing_of_the_inside() {
    let app = TestApp::new().await;
    let vietnamese = app.anon().get("/api/v1/incidents").await;
    assert_eq!(vietnamese.header("content-language"), "vi");
    let english = [("accept-language", "en-GB,en;q=0.9,vi;q=0.1")];
    let answer = app.anon().get_with("/api/v1/incidents", &english).await;
    assert_eq!(answer.header("content-language"), "en");
    assert_ne!(answer.json()["title"], vietnamese.json()["title"]);
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));

    let operator = app.operator().await;
    app.store.clone().close().await;
    let broken = operator.get("/api/v1/incidents").await;
    broken.is_problem(500, "internal");
    assert_eq!(broken.json()["detail"], serde_json::Value::Null);
    let text = String::from_utf8(broken.body.to_vec())
        .unwrap()
        .to_lowercase();
    assert!(!text.contains("sql") && !text.contains("pool"), "{text}");
}

#[tokio::test]
async fn browsers_are_told_to_be_strict() {
    let app = TestApp::new().await;
    for path in ["/", "/api/v1/session", "/healthz", "/api/nothing"] {
        let answer = app.anon().get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe") && !policy.contains("http"),
            "{path}: {policy}"
        );
    }
}
