//! Pages of incidents, one in full, and the verbs.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::app::{TestApp, report};
use crate::incident::IncidentId;
use crate::incident::history::verify;
use crate::review::MAX_NOTE_CHARS;
use crate::store;

#[tokio::test]
async fn an_incident_is_shown_in_full() {
    let app = TestApp::new().await;
    let mut raised = report("hue-01", "cam-1", 1, "raised");
    raised.evidence = serde_json::from_value(json!([
        { "state": "pending", "id": "0198a000-0000-7000-8000-00000000000a", "kind": "clip" },
        { "state": "unavailable", "id": "0198a000-0000-7000-8000-00000000000b", "kind": "still", "reason": "not_in_ring" },
    ]))
    .unwrap();
    let id = app.take(&raised).await;
    let operator = app.operator().await;
    let detail = operator
        .get(&format!("/api/v1/incidents/{id}"))
        .await
        .json();
    #[rustfmt::skip]
    let expected = [
        ("/id",                        json!(id)),
        ("/number",                    json!(1)),
        ("/kind",                      json!("stray_cattle")),
        ("/detail",                    json!("cattle")),
        ("/severity",                  json!("high")),
        ("/confidence",                json!(0.9)),
        ("/state",                     json!("new")),
        ("/camera_phase",              json!("raised")),
        ("/camera",                    json!({ "agent": "hue-01", "id": "cam-1", "name": "Cột 12" })),
        ("/zone",                      json!("carriageway")),
        ("/place/position/lat",        json!(16.5)),
        ("/occurred",                  json!({ "start": "2026-01-01T00:00:00Z", "end": null })),
        ("/version",                   json!(1)),
        ("/count",                     json!(4)),
        ("/event_count",               json!(1)),
        ("/report_count",              json!(1)),
        ("/still",                     Value::Null),
        ("/clip",                      Value::Null),
        ("/rejected_reason",           Value::Null),
        ("/events/0/event_id",         json!(raised.event_id)),
        ("/events/0/tracks/0/class",   json!("cow")),
        ("/events/0/tracks/0/boxes/0", json!({ "x": 0.25, "y": 0.5, "w": 0.125, "h": 0.25 })),
        ("/events/0/model/name",       json!("yolox-nano")),
        ("/events/0/clock/source",     json!("agent")),
        ("/events/0/clock/offset_ms",  Value::Null),
        ("/events/0/clock/trust",      json!("unknown")),
        ("/evidence/0/state",          json!("pending")),
        ("/evidence/0/url",            Value::Null),
        ("/evidence/1/reason",         json!("not_in_ring")),
        ("/history/0/action",          json!("open")),
        ("/history/0/actor",           json!("camera")),
        ("/history/0/to",              json!("new")),
    ];
    for (pointer, value) in expected {
        assert_eq!(detail.pointer(pointer), Some(&value), "{pointer}");
    }
}

#[tokio::test]
async fn pages_come_newest_first_and_the_cursor_leads_through_all() {
    let app = TestApp::new().await;
    for camera in 1..=5 {
        app.take(&report("a", &format!("cam-{camera}"), 1, "raised"))
            .await;
    }
    let operator = app.operator().await;
    let mut numbers = Vec::new();
    let mut path = "/api/v1/incidents?limit=2".to_owned();
    loop {
        let page = operator.get(&path).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        numbers.extend(items.iter().map(|item| item["number"].as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/incidents?limit=2&cursor={cursor}");
    }
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn the_list_is_narrowed_by_state_and_refuses_what_it_does_not_know() {
    let app = TestApp::new().await;
    let first = app.take(&report("a", "cam-1", 1, "raised")).await;
    app.take(&report("a", "cam-2", 1, "raised")).await;
    let operator = app.operator().await;
    operator
        .post(
            &format!("/api/v1/incidents/{first}/confirm"),
            &json!({ "version": 1 }),
        )
        .await;
    for (query, count) in [
        ("", 2),
        ("?state=new", 1),
        ("?state=confirmed", 1),
        ("?state=new,confirmed", 2),
        ("?state=rejected", 0),
    ] {
        let page = operator
            .get(&format!("/api/v1/incidents{query}"))
            .await
            .json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    for query in [
        "state=closed",
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "sate=new",
    ] {
        let answer = operator.get(&format!("/api/v1/incidents?{query}")).await;
        answer.is_problem(400, "invalid_request");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_whatever_its_id_looks_like() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    for id in [
        "0198a000-0000-7000-8000-000000000001",
        "1",
        "..%2f..",
        "%00",
    ] {
        operator
            .get(&format!("/api/v1/incidents/{id}"))
            .await
            .is_problem(404, "not_found");
        let path = format!("/api/v1/incidents/{id}/confirm");
        operator
            .post(&path, &json!({ "version": 1 }))
            .await
            .is_problem(404, "not_found");
    }
}

#[tokio::test]
async fn decisions_are_written_with_who_when_and_why_in_a_chain_that_holds() {
    let app = TestApp::new().await;
    let id = app.take(&report("a", "c", 1, "raised")).await;
    let operator = app.operator().await;
    let path = |verb: &str| format!("/api/v1/incidents/{id}/{verb}");
    let seen = operator
        .post(&path("acknowledge"), &json!({ "version": 1 }))
        .await;
    assert_eq!(
        (&seen.json()["state"], &seen.json()["version"]),
        (&json!("acknowledged"), &json!(2))
    );
    let body = json!({ "version": 2, "reason": "not_eligible", "note": "  bò có người dắt " });
    let rejected = app.administrator().await.post(&path("reject"), &body).await;
    assert_eq!(rejected.status, StatusCode::OK);
    let detail = rejected.json();
    assert_eq!(detail["state"], "rejected");
    assert_eq!(detail["rejected_reason"], "not_eligible");
    let last = &detail["history"][2];
    for (field, value) in [
        ("actor", "quan-tri"),
        ("action", "reject"),
        ("from", "acknowledged"),
        ("to", "rejected"),
        ("reason", "not_eligible"),
        ("note", "bò có người dắt"),
    ] {
        assert_eq!(last[field], value, "{field}");
    }
    let incident: IncidentId = id.parse().unwrap();
    let rows = store::history_of_incident(&app.store, incident)
        .await
        .unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        verify(
            incident,
            rows.iter().map(|(row, hash)| (row, hash.as_str()))
        ),
        Ok(())
    );
}

#[tokio::test]
async fn a_decision_on_what_is_no_longer_so_is_refused_and_says_where_it_stands() {
    let app = TestApp::new().await;
    let id = app.take(&report("a", "c", 1, "raised")).await;
    let (first, second) = (app.operator().await, app.administrator().await);
    let path = |verb: &str| format!("/api/v1/incidents/{id}/{verb}");
    let answer = first.post(&path("confirm"), &json!({ "version": 1 })).await;
    assert_eq!(answer.status, StatusCode::OK);
    let stale = second
        .post(&path("reject"), &json!({ "version": 1, "reason": "abuse" }))
        .await;
    stale.is_problem(409, "stale_version");
    assert_eq!(stale.json()["current_version"], 2);
    let decided = second
        .post(&path("reject"), &json!({ "version": 2, "reason": "abuse" }))
        .await;
    decided.is_problem(409, "transition_refused");
    assert!(decided.json()["detail"].is_string());
    assert_eq!(
        first.get(&format!("/api/v1/incidents/{id}")).await.json()["state"],
        "confirmed"
    );
}

#[tokio::test]
async fn a_camera_s_revisions_do_not_make_a_decision_stale_but_an_event_that_joins_does() {
    let app = TestApp::new().await;
    let raised = report("a", "c", 1, "raised");
    let id = app.take(&raised).await;
    let mut updated = report("a", "c", 2, "updated");
    updated.event_id = raised.event_id;
    assert_eq!(app.take(&updated).await, id);
    let operator = app.operator().await;
    let detail = operator
        .get(&format!("/api/v1/incidents/{id}"))
        .await
        .json();
    assert_eq!(
        (&detail["version"], &detail["report_count"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(app.take(&report("a", "c", 1, "raised")).await, id);
    let path = format!("/api/v1/incidents/{id}/confirm");
    let stale = operator.post(&path, &json!({ "version": 1 })).await;
    stale.is_problem(409, "stale_version");
    assert_eq!(
        operator.post(&path, &json!({ "version": 2 })).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn after_it_is_cleared_or_rejected_the_same_thing_is_a_new_incident() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let raised = report("a", "c", 1, "raised");
    let first = app.take(&raised).await;
    let mut cleared = report("a", "c", 2, "cleared");
    cleared.event_id = raised.event_id;
    cleared.occurred.end = Some("2026-01-01T00:01:00Z".parse().unwrap());
    app.take(&cleared).await;
    let detail = operator
        .get(&format!("/api/v1/incidents/{first}"))
        .await
        .json();
    assert_eq!(detail["camera_phase"], "cleared");
    assert_eq!(detail["occurred"]["end"], "2026-01-01T00:01:00Z");
    let second = app.take(&report("a", "c", 1, "raised")).await;
    assert_ne!(second, first);
    let body = json!({ "version": 1, "reason": "false_detection" });
    operator
        .post(&format!("/api/v1/incidents/{second}/reject"), &body)
        .await;
    let third = app.take(&report("a", "c", 1, "raised")).await;
    assert_ne!(third, second);
    for (id, reason) in [(second, "recurrence"), (third, "after_rejection")] {
        let detail = operator
            .get(&format!("/api/v1/incidents/{id}"))
            .await
            .json();
        assert_eq!(detail["history"][0]["reason"], reason);
    }
}

#[tokio::test]
async fn a_verb_takes_what_it_describes_and_nothing_else() {
    let app = TestApp::new().await;
    let id = app.take(&report("a", "c", 1, "raised")).await;
    let operator = app.operator().await;
    let long = "x".repeat(MAX_NOTE_CHARS + 1);
    for (verb, body) in [
        ("confirm", json!({})),
        ("confirm", json!({ "version": "1" })),
        ("confirm", json!({ "version": 1, "reason": "abuse" })),
        ("confirm", json!({ "version": 1, "note": long })),
        ("reject", json!({ "version": 1 })),
        ("reject", json!({ "version": 1, "reason": "bored" })),
        ("confirm", json!([])),
    ] {
        let answer = operator
            .post(&format!("/api/v1/incidents/{id}/{verb}"), &body)
            .await;
        answer.is_problem(400, "invalid_request");
    }
    let huge = json!({ "version": 1, "note": "x".repeat(100_000) });
    let answer = operator
        .post(&format!("/api/v1/incidents/{id}/confirm"), &huge)
        .await;
    answer.is_problem(413, "body_too_large");
}
