//! What whoever runs the server asks, and what is no route at all.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use contract::v1::CameraStatus;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::app::{TestApp, report};
use crate::http::BrokerLink;
use crate::store;

#[tokio::test]
async fn readiness_names_what_is_wrong() {
    let app = TestApp::new().await;
    assert_eq!(app.anon().get("/healthz").await.status, StatusCode::OK);
    let ready = app.anon().get("/readyz").await;
    let all = json!({ "status": "ok", "database": "ok", "broker": "ok", "disk": "ok" });
    assert_eq!((ready.status, ready.json()), (StatusCode::OK, all));

    app.broker.send_replace(BrokerLink::Down);
    let answer = app.anon().get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (&answer.json()["broker"], &answer.json()["disk"]),
        (&json!("failed"), &json!("ok"))
    );
    app.broker.send_replace(BrokerLink::Up);

    std::fs::create_dir(app.folder.path().join(".ready-probe")).unwrap();
    let answer = app.anon().get("/readyz").await;
    assert_eq!(
        (answer.status, &answer.json()["disk"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("failed"))
    );

    app.store.clone().close().await;
    assert_eq!(app.anon().get("/readyz").await.json()["database"], "failed");
    assert_eq!(app.anon().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_for_administrators() {
    let app = TestApp::new().await;
    app.anon()
        .get("/metrics")
        .await
        .is_problem(401, "unauthenticated");
    app.operator()
        .await
        .get("/metrics")
        .await
        .is_problem(403, "not_allowed");
    assert_eq!(
        app.administrator().await.get("/metrics").await.status,
        StatusCode::OK
    );
    let mut here = app.anon();
    here.peer = [127, 0, 0, 1];
    let answer = here.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/plain"));
    // A proxy on this machine forwards for strangers.
    let forwarded = here
        .get_with("/metrics", &[("x-forwarded-for", "192.0.2.1")])
        .await;
    forwarded.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn cameras_and_agents_are_shown_with_how_they_do() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let operator = app.operator().await;
    let cameras = operator.get("/api/v1/cameras").await.json();
    let camera = &cameras["items"][0];
    assert_eq!(
        (&camera["agent"], &camera["id"]),
        (&json!("hue-01"), &json!("cam-1"))
    );
    assert_eq!(camera["name"], "Cột 12");
    assert_eq!(camera["state"], serde_json::Value::Null);
    assert_eq!(camera["agent_liveness"], "offline");
    assert_eq!(camera["place"]["position"]["lon"], 107.5);
    let agents = operator.get("/api/v1/agents").await.json();
    assert_eq!(agents["items"][0]["id"], "hue-01");
    let text = agents.to_string();
    assert!(!text.contains("hash") && !text.contains("token"), "{text}");
}

#[tokio::test]
async fn a_camera_that_turns_is_shown_with_its_pose() {
    let app = TestApp::new().await;
    app.agent("hue-01").await;
    app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let operator = app.operator().await;
    let shown = async || {
        let cameras = operator.get("/api/v1/cameras").await.json();
        let camera = &cameras["items"][0];
        (camera["pose"].clone(), camera["pose_state"].clone())
    };
    assert_eq!(shown().await, (Value::Null, Value::Null));
    let now = Timestamp::now();
    for (seconds, pose) in [
        (1, json!({ "pose": "thung-lung", "pose_state": "standing" })),
        (2, json!({ "pose_state": "turning" })),
        (3, json!({})),
    ] {
        let mut status = json!({
            "agent": "hue-01", "camera": "cam-1", "state": "running", "since": now,
            "counters": { "received": 9, "decoded": 9, "analysed": 9, "dropped": 0, "reconnects": 0 },
        });
        status
            .as_object_mut()
            .unwrap()
            .extend(pose.as_object().unwrap().clone());
        let status: CameraStatus = serde_json::from_value(status).unwrap();
        let tx = app.store.begin().await.unwrap();
        let facts = store::CameraFacts {
            status: &status,
            said_at: now + SignedDuration::from_secs(seconds),
            received: now,
        };
        assert!(store::set_camera_status(&tx, &facts).await.unwrap());
        tx.commit().await.unwrap();
        let word = |key: &str| pose.get(key).cloned().unwrap_or_default();
        assert_eq!(shown().await, (word("pose"), word("pose_state")));
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_is_checked_in() {
    let app = TestApp::new().await;
    let answer = app.anon().get("/api/openapi.json").await;
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert_eq!(
        answer.json(),
        serde_json::to_value(crate::http::openapi_document()).unwrap()
    );
}

#[tokio::test]
async fn paths_of_the_api_that_do_not_exist_say_so_and_all_others_are_the_console_s() {
    let app = TestApp::new().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1/nothing",
        "/api/v2/incidents",
        "/assets/none.js",
    ] {
        app.anon().get(path).await.is_problem(404, "not_found");
    }
    for path in ["/", "/incidents/1", "/cameras", "/%2e%2e/etc/passwd"] {
        let answer = app.anon().get(path).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}: {answer:?}"
        );
    }
    let answer = app
        .anon()
        .send(Method::PUT, "/api/v1/session", &[], Body::empty())
        .await;
    answer.is_problem(405, "method_not_allowed");
}
