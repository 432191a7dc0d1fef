//! Live changes.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::time::timeout;

use super::app::{Client, TestApp, report};
use crate::changes::Change;

/// How long a test waits for something that must come.
const DEADLINE: Duration = Duration::from_secs(20);

async fn watch(client: &Client<'_>) -> BodyDataStream {
    let response = client
        .open(Method::GET, "/api/v1/events", &[], Body::empty())
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// The next event, comments left out; `None` at the stream's end.
async fn next(stream: &mut BodyDataStream) -> Option<String> {
    loop {
        let chunk = timeout(DEADLINE, stream.next())
            .await
            .expect("in time")?
            .unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        if !text.starts_with(':') {
            return Some(text);
        }
    }
}

#[tokio::test]
async fn a_change_is_told_to_whoever_watches() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let mut stream = watch(&operator).await;
    let id = app.take(&report("a", "c", 1, "raised")).await;
    let told = next(&mut stream).await.unwrap();
    assert!(
        told.contains("event: incident\n") || told.contains("event:incident\n"),
        "{told}"
    );
    assert!(
        told.contains(&json!({ "id": id, "version": 1 }).to_string()),
        "{told}"
    );
    operator
        .post(
            &format!("/api/v1/incidents/{id}/confirm"),
            &json!({ "version": 1 }),
        )
        .await;
    let told = next(&mut stream).await.unwrap();
    assert!(
        told.contains(&json!({ "id": id, "version": 2 }).to_string()),
        "{told}"
    );
    app.changes.announce(Change::Camera {
        agent: "a".parse().unwrap(),
        camera: "c".parse().unwrap(),
    });
    let told = next(&mut stream).await.unwrap();
    assert!(
        told.contains("camera") && told.contains(r#"{"agent":"a","camera":"c"}"#),
        "{told}"
    );
}

#[tokio::test]
async fn quarantine_is_told_to_administrators_alone() {
    let app = TestApp::new().await;
    let (operator, administrator) = (app.operator().await, app.administrator().await);
    let (mut low, mut high) = (watch(&operator).await, watch(&administrator).await);
    app.changes.announce(Change::Quarantine);
    app.changes.announce(Change::Agent {
        agent: "a".parse().unwrap(),
    });
    assert!(next(&mut high).await.unwrap().contains("quarantine"));
    assert!(next(&mut low).await.unwrap().contains("agent"));
}

#[tokio::test]
async fn whoever_falls_behind_is_told_to_read_again() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let mut stream = watch(&operator).await;
    for _ in 0..5_000 {
        app.changes.announce(Change::Agent {
            agent: "a".parse().unwrap(),
        });
    }
    assert!(next(&mut stream).await.unwrap().contains("resync"));
}

#[tokio::test]
async fn the_stream_ends_with_its_session() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let mut stream = watch(&operator).await;
    operator.delete("/api/v1/session").await;
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn the_stream_ends_when_the_server_stops() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let mut stream = watch(&operator).await;
    app.stopping.cancel();
    assert_eq!(next(&mut stream).await, None);
}
