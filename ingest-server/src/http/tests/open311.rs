//! Open311 over HTTP: who may, what is shown to whom, errors in the standard's form.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, TestApp};
use super::citizens::{sent, words};

async fn post(app: &TestApp, path: &str, form: &str) -> Answer {
    let headers = [
        (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ),
        ("accept-language", "en"),
    ];
    app.anon()
        .send(Method::POST, path, &headers, Body::from(form.to_owned()))
        .await
}

#[tokio::test]
async fn services_and_discovery_speak_both_formats() {
    let app = TestApp::new().await;
    for (path, kind, part) in [
        (
            "/open311/v2/services.xml",
            "text/xml; charset=utf-8",
            "<service_code>rac-thai</service_code>",
        ),
        (
            "/open311/v2/services.json",
            "application/json; charset=utf-8",
            "\"service_code\":\"rac-thai\"",
        ),
        (
            "/open311/v2/services/trau-bo-tha-rong.xml",
            "text/xml; charset=utf-8",
            "<datatype>number</datatype>",
        ),
        (
            "/open311/discovery.xml",
            "text/xml; charset=utf-8",
            "<url>http://127.0.0.1:8080/open311/v2</url>",
        ),
        (
            "/open311/v2/discovery.json",
            "application/json; charset=utf-8",
            "\"type\":\"production\"",
        ),
    ] {
        let answer = app.anon().get(path).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        assert_eq!(answer.header("content-type"), kind);
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(text.contains(part), "{path}: {text}");
    }
}

#[tokio::test]
async fn errors_have_the_standard_s_form_and_statuses() {
    let app = TestApp::new().await;
    let english = [("accept-language", "en")];
    for (path, status, part) in [
        (
            "/open311/v2/services/none.json",
            404,
            "service_code was not found.",
        ),
        (
            "/open311/v2/requests/77.json",
            404,
            "service_request_id was not found.",
        ),
        (
            "/open311/v2/requests/x.json",
            404,
            "service_request_id was not found.",
        ),
        (
            "/open311/v2/tokens/x.json",
            404,
            "service_request_id was not found.",
        ),
        ("/open311/v2/nothing.json", 404, "none of Open311"),
        (
            "/open311/v2/requests.json?start_date=yesterday",
            400,
            "start_date: A time needs its offset",
        ),
        (
            "/open311/v2/requests.json?status=maybe",
            400,
            "status: There is no such value.",
        ),
        (
            "/open311/v2/requests.json?api_key=guess",
            403,
            "api_key is missing or invalid.",
        ),
    ] {
        let answer = app.anon().get_with(path, &english).await;
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status.as_u16(), status, "{path}: {told}");
        assert_eq!(told[0]["code"], status);
        assert!(
            told[0]["description"].as_str().unwrap().contains(part),
            "{path}: {told}"
        );
    }
    let xml = app.anon().get("/open311/v2/nothing.xml").await;
    let text = String::from_utf8(xml.body.to_vec()).unwrap();
    assert!(
        text.contains("<errors>\n    <error>\n        <code>404</code>"),
        "{text}"
    );
    let refused = post(
        &app,
        "/open311/v2/requests.json",
        "service_code=rac-thai&lat=1&long=1",
    )
    .await;
    assert_eq!(refused.status.as_u16(), 403);
    assert_eq!(
        post(&app, "/open311/v2/services.json", "")
            .await
            .status
            .as_u16(),
        400
    );
}

#[tokio::test]
async fn what_nobody_has_looked_at_is_shown_without_words() {
    let app = TestApp::new().await;
    let (number, _) = sent(&app, &words(json!({}))).await;
    let of = |answer: Answer| -> Value { serde_json::from_slice(&answer.body).unwrap() };
    let path = format!("/open311/v2/requests/{number}.json?extensions=true");
    let shown = of(app.anon().get(&path).await);
    assert_eq!(shown[0]["service_request_id"], number.to_string());
    assert_eq!(
        (
            shown[0]["status"].as_str(),
            shown[0]["description"].as_str()
        ),
        (Some("open"), None)
    );
    assert_eq!(
        shown[0]["extended_attributes"]["reporters"].as_f64(),
        Some(1.0)
    );
    assert!(shown[0]["expected_datetime"].is_string());
    for (query, count) in [
        ("", 1),
        ("?status=open", 1),
        ("?status=closed", 0),
        ("?service_code=rac-thai", 0),
        ("?service_code=rac-thai,lan-chiem-via-he", 1),
        ("?service_request_id=1,99&status=closed", 1),
        ("?page=2&page_size=1", 0),
        ("?start_date=2020-01-01T00:00:00Z", 0),
    ] {
        let list = of(app
            .anon()
            .get(&format!("/open311/v2/requests.json{query}"))
            .await);
        assert_eq!(list.as_array().map(Vec::len), Some(count), "{query}");
    }
    let token = of(app
        .anon()
        .get(&format!("/open311/v2/tokens/{number}.json"))
        .await);
    assert_eq!(token[0]["service_request_id"], number.to_string());
    let updates = of(app
        .anon()
        .get("/open311/v2/servicerequestupdates.json")
        .await);
    assert_eq!(updates[0]["status"], "OPEN", "{updates}");
    let again = of(app
        .anon()
        .get("/open311/v2/servicerequestupdates.json")
        .await);
    assert_eq!(again[0]["update_id"], updates[0]["update_id"]);
}
