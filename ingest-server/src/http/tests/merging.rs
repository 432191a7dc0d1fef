//! Suggestions answered, links taken apart, merges undone, each with its reason and its place in the
//! history.

use axum::http::StatusCode;
use contract::v1::{AutoReport, Kind};
use serde_json::{Value, json};

use super::app::{Client, TestApp, report};
use crate::incident::history::verify;
use crate::store;

/// A car that stands where it must not, seen by another camera each time: common, so it is asked.
fn parked(camera: &str) -> AutoReport {
    let mut seen = report("a", camera, 1, "raised");
    seen.kind = Kind::TrafficViolation;
    seen.detail = "illegal_parking".to_owned();
    seen.place = report("a", "c", 1, "raised").place;
    seen
}

/// Cattle on one spot, seen by another camera each time: rare, so it is one herd.
fn herd(camera: &str) -> AutoReport {
    let mut seen = report("a", camera, 1, "raised");
    seen.place = report("a", "c", 1, "raised").place;
    seen
}

async fn detail(operator: &Client<'_>, id: &str) -> Value {
    let answer = operator.get(&format!("/api/v1/incidents/{id}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

async fn act(operator: &Client<'_>, id: &str, verb: &str, mut body: Value) -> super::app::Answer {
    body["version"] = detail(operator, id).await["version"].clone();
    let path = format!("/api/v1/incidents/{id}/{verb}");
    operator.post(&path, &body).await
}

#[tokio::test]
async fn a_suggestion_says_why_and_is_accepted_or_declined_once() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let first = app.take(&parked("c")).await;
    let second = app.take(&parked("d")).await;
    assert_ne!(first, second, "common things ask");
    let merging = detail(&operator, &second).await["merging"].clone();
    let suggestion = &merging["decisions"][0];
    assert_eq!(suggestion["verdict"], "suggested");
    assert_eq!(suggestion["candidate"]["id"], json!(first));
    let findings = suggestion["findings"].as_array().unwrap();
    let sum: f64 = findings
        .iter()
        .map(|found| found["bits"].as_f64().unwrap())
        .sum::<f64>()
        + suggestion["prior_bits"].as_f64().unwrap();
    let probability = suggestion["probability"].as_f64().unwrap();
    let told = 1.0 / (1.0 + (-sum).exp2());
    assert!(
        (told - probability).abs() < 0.01,
        "{sum} bits, {probability}"
    );
    assert!((0.60..0.97).contains(&probability));

    let body = json!({ "suggestion": suggestion["id"] });
    let answer = act(&operator, &second, "accept-suggestion", body.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    assert_eq!(answer.json()["merging"]["inside"]["id"], json!(first));
    assert_eq!(detail(&operator, &first).await["event_count"], 2);
    let listed = operator.get("/api/v1/incidents").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let again = act(&operator, &first, "decline-suggestion", body.clone()).await;
    again.is_problem(409, "merge_refused");
    let decided = act(&operator, &second, "confirm", json!({})).await;
    decided.is_problem(409, "merge_refused");

    let third = app.take(&parked("e")).await;
    let merging = detail(&operator, &third).await["merging"].clone();
    let body = json!({ "suggestion": merging["decisions"][0]["id"], "note": "another car" });
    let answer = act(&operator, &third, "decline-suggestion", body).await;
    assert_eq!(
        answer.json()["merging"]["decisions"][0]["answer"],
        "declined"
    );
    assert_eq!(answer.json()["merging"]["inside"], Value::Null);
}

#[tokio::test]
async fn what_was_linked_can_be_taken_out_and_put_back() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let id = app.take(&herd("c")).await;
    let other = herd("d");
    assert_eq!(app.take(&other).await, id, "rare things link by themselves");
    let before = detail(&operator, &id).await;
    assert_eq!(before["merging"]["decisions"][0]["verdict"], "linked");

    let body = json!({ "reports": [other.event_id] });
    let split = act(&operator, &id, "split", body.clone()).await;
    assert_eq!(split.status, StatusCode::OK, "{}", split.json());
    let split = split.json();
    assert_eq!(split["event_count"], 1);
    assert_eq!(split["merging"]["decisions"][0]["answer"], "declined");
    let off = split["merging"]["steps"][0]["to"]["id"].as_str().unwrap();
    assert_eq!(detail(&operator, off).await["camera"]["id"], "d");
    act(&operator, &id, "split", body)
        .await
        .is_problem(409, "merge_refused");

    let step = json!({ "step": split["merging"]["steps"][0]["id"] });
    let undone = act(&operator, &id, "undo-merge", step.clone()).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json());
    let after = undone.json();
    for field in [
        "event_count",
        "report_count",
        "occurred",
        "place",
        "camera",
        "events",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    act(&operator, &id, "undo-merge", step)
        .await
        .is_problem(409, "merge_refused");
    let incident = id.parse().unwrap();
    let rows = store::history_of_incident(&app.store, incident)
        .await
        .unwrap();
    verify(
        incident,
        rows.iter().map(|(row, hash)| (row, hash.as_str())),
    )
    .unwrap();
    let actions: Vec<&str> = rows.iter().map(|(row, _)| row.action.as_str()).collect();
    assert_eq!(actions, ["open", "link", "split", "undo_merge"]);
}

#[tokio::test]
async fn people_merge_and_undo_and_are_refused_what_makes_no_sense() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let first = app.take(&report("a", "c", 1, "raised")).await;
    let second = app.take(&report("a", "d", 1, "raised")).await;
    let third = app.take(&report("a", "e", 1, "raised")).await;
    let merged = act(&operator, &second, "merge", json!({ "into": first })).await;
    assert_eq!(merged.status, StatusCode::OK, "{}", merged.json());
    let step = json!({ "step": merged.json()["merging"]["steps"][0]["id"] });
    for (id, verb, body) in [
        (&first, "merge", json!({ "into": first })),
        (&third, "merge", json!({ "into": second })),
        (&second, "merge", json!({ "into": third })),
    ] {
        act(&operator, id, verb, body)
            .await
            .is_problem(409, "merge_refused");
    }
    act(&operator, &first, "merge", json!({ "into": third })).await;
    act(&operator, &second, "undo-merge", step.clone())
        .await
        .is_problem(409, "merge_refused");
    act(&operator, &third, "undo-merge", step)
        .await
        .is_problem(404, "not_found");
    let stale = json!({ "version": 99, "into": third });
    let path = format!("/api/v1/incidents/{third}/merge");
    operator
        .post(&path, &stale)
        .await
        .is_problem(409, "stale_version");
}
