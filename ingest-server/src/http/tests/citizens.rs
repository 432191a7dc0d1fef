//! Citizens' reports as citizens and staff see them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::app::{Answer, Client, TestApp, report};
use crate::incident::IncidentId;
use crate::store;

const BOUNDARY: &str = "vong-form";

/// A report that is whole.
pub(super) fn words(changes: Value) -> Value {
    let mut words = json!({
        "service": "lan-chiem-via-he",
        "description": "Hàng quán lấn chiếm hết vỉa hè trước trường học",
        "lat": 16.5, "lon": 107.5, "uncertainty_m": 10.0,
        "contact": { "name": "Lan", "phone": "0905 123 456" },
    });
    for (key, value) in changes.as_object().unwrap() {
        words[key] = value.clone();
    }
    words
}

/// A form with the words and files.
fn form(words: &Value, files: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |head: &str, bytes: &[u8]| {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n");
    };
    part("name=\"report\"", words.to_string().as_bytes());
    for file in files {
        part(
            "name=\"file\"; filename=\"../../etc/passwd.jpg\"\r\nContent-Type: text/html",
            file,
        );
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

async fn send(client: &Client<'_>, path: &str, words: &Value, files: &[&[u8]]) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    client
        .send(
            Method::POST,
            path,
            &[("content-type", &kind)],
            form(words, files).into(),
        )
        .await
}

pub(super) async fn sent(app: &TestApp, words: &Value) -> (i64, String) {
    let answer = app.anon().post("/api/v1/public/reports", words).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.json());
    let told = answer.json();
    (
        told["number"].as_i64().unwrap(),
        told["code"].as_str().unwrap().to_owned(),
    )
}

/// The only incident there is, in full.
async fn the_incident(app: &TestApp) -> Value {
    let operator = app.operator().await;
    let list = operator.get("/api/v1/incidents").await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    let id = list["items"][0]["id"].as_str().unwrap();
    operator
        .get(&format!("/api/v1/incidents/{id}"))
        .await
        .json()
}

fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let checkers = image_of(|x, y| if (x / 8 + y / 8) % 2 == 0 { 240 } else { 10 });
    // A PNG, so that what is stored must be another file.
    crate::evidence::png_for_tests(&checkers, 96, 64, &mut bytes);
    bytes
}

fn image_of(light: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    (0..64)
        .flat_map(|y| (0..96).flat_map(move |x| [(x, y); 1]))
        .flat_map(|(x, y)| [light(x, y); 3])
        .collect()
}

#[tokio::test]
async fn a_report_with_a_picture_becomes_an_incident_and_is_followed_by_its_code() {
    let app = TestApp::new().await;
    let answer = send(
        &app.anon(),
        "/api/v1/public/reports",
        &words(json!({})),
        &[&picture()],
    )
    .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.json());
    let told = answer.json();
    assert_eq!(
        (told["number"].as_i64(), told["joined_others"].as_bool()),
        (Some(1), Some(false))
    );
    assert_eq!(
        told.get("incident"),
        None,
        "citizens are told no id of the inside"
    );
    let code = told["code"].as_str().unwrap();
    let followed = app
        .anon()
        .get(&format!("/api/v1/public/reports/{code}"))
        .await;
    let followed = followed.json();
    assert_eq!(followed["stage"], "received");
    assert_eq!(followed["service"], "Lấn chiếm vỉa hè, lòng đường");
    let file = followed["files"][0].as_str().unwrap();
    let bytes = app
        .anon()
        .get(&format!("/api/v1/public/reports/{code}/files/{file}"))
        .await;
    assert_eq!(bytes.header("content-type"), "image/jpeg");
    assert!(bytes.body.starts_with(&[0xff, 0xd8]), "it was encoded anew");
    let incident = the_incident(&app).await;
    assert_eq!(incident["kind"], "encroachment");
    assert_eq!(incident["citizen_count"], 1);
    assert_eq!(incident["place"]["position"]["lat"], 16.5);
    let seen = &incident["citizen_reports"][0];
    assert_eq!(
        seen["description"],
        "Hàng quán lấn chiếm hết vỉa hè trước trường học"
    );
    assert_eq!(seen["channel"], "portal");
    assert_eq!(seen["reporter"].as_str().map(str::len), Some(16));
    let whole = incident.to_string();
    assert!(
        !whole.contains("905123456") && !whole.contains("\"Lan\""),
        "a contact leaked: {whole}"
    );
    app.anon()
        .get("/api/v1/public/reports/0000-0000-0000-0000")
        .await
        .is_problem(404, "not_found");
    app.anon()
        .get("/api/v1/public/reports/nonsense")
        .await
        .is_problem(404, "not_found");
}

#[tokio::test]
async fn what_will_not_do_is_named_in_the_caller_s_language_and_nothing_is_stored() {
    let app = TestApp::new().await;
    let wrong = words(
        json!({ "service": "none", "lat": 99.0, "contact": { "phone": "12" }, "website": "x" }),
    );
    let answer = app.anon().post("/api/v1/public/reports", &wrong).await;
    answer.is_problem(422, "invalid_fields");
    let told = answer.json();
    let fields: Vec<&str> = told["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["service", "lat", "contact.phone", "website"]);
    assert_eq!(
        told["fields"][2]["message"],
        "Đây không phải là số điện thoại."
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", kind.as_str()), ("accept-language", "en")];
    let whole = words(json!({}));
    let picture = picture();
    let cut = &picture[..picture.len() / 2];
    for (files, field, problem) in [
        (
            vec![b"<html><script>alert(1)</script>".as_slice()],
            "files[0]",
            "file_kind",
        ),
        (vec![picture.as_slice(), cut], "files[1]", "file_damaged"),
        (vec![picture.as_slice(); 6], "file", "too_many"),
    ] {
        let body = form(&whole, &files);
        let answer = app
            .anon()
            .send(
                Method::POST,
                "/api/v1/public/reports",
                &headers,
                body.into(),
            )
            .await;
        answer.is_problem(422, "invalid_fields");
        let told = answer.json();
        assert_eq!(
            (
                told["fields"][0]["field"].as_str(),
                told["fields"][0]["problem"].as_str()
            ),
            (Some(field), Some(problem))
        );
        assert_eq!(answer.header("content-language"), "en");
    }
    for (body, kind, status, code) in [
        ("{", "application/json", 400, "invalid_request"),
        ("{\"latt\":1}", "application/json", 422, "invalid_fields"),
        ("x", "text/plain", 415, "unsupported_media_type"),
        (
            "x",
            "multipart/form-data; boundary=a",
            400,
            "invalid_request",
        ),
    ] {
        let answer = app
            .anon()
            .send(
                Method::POST,
                "/api/v1/public/reports",
                &[("content-type", kind)],
                Body::from(body),
            )
            .await;
        answer.is_problem(status, code);
    }
    let reports = store::citizen_reports(&app.store, &everything())
        .await
        .unwrap();
    assert!(reports.is_empty());
    assert_eq!(
        app.operator().await.get("/api/v1/incidents").await.json()["items"],
        json!([])
    );
}

fn everything() -> store::ReportFilter {
    store::ReportFilter {
        to: i64::MAX,
        limit: 100,
        ..store::ReportFilter::default()
    }
}

#[tokio::test]
async fn the_same_report_under_one_key_is_one_report() {
    let app = TestApp::new().await;
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "k-1"),
    ];
    let post = |words: Value| {
        let client = app.anon();
        async move {
            client
                .send(
                    Method::POST,
                    "/api/v1/public/reports",
                    &headers,
                    words.to_string().into(),
                )
                .await
        }
    };
    let first = post(words(json!({}))).await.json();
    let again = post(words(json!({}))).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(
        again.json()["code"],
        first["code"],
        "whoever asks again hears the code again"
    );
    assert_eq!(again.json()["number"], first["number"]);
    post(words(json!({ "description": "khác" })))
        .await
        .is_problem(409, "report_key_in_use");
    assert_eq!(
        store::citizen_reports(&app.store, &everything())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(the_incident(&app).await["citizen_count"], 1);
}

#[tokio::test]
async fn me_too_joins_what_is_near_and_nothing_else() {
    let app = TestApp::new().await;
    sent(&app, &words(json!({}))).await;
    let near = app
        .anon()
        .get("/api/v1/public/nearby?lat=16.5004&lon=107.5&service=lan-chiem-via-he")
        .await
        .json();
    let item = &near["items"][0];
    assert_eq!(
        (item["service"].as_str(), item["reporters"].as_u64()),
        (Some("lan-chiem-via-he"), Some(1))
    );
    assert!(
        (40.0..50.0).contains(&item["distance_m"].as_f64().unwrap()),
        "{item}"
    );
    let incident = item["incident"].as_str().unwrap().to_owned();
    let too =
        words(json!({ "same_as": incident, "lat": 16.5004, "contact": { "phone": "0905999888" } }));
    let answer = app.anon().post("/api/v1/public/reports", &too).await;
    assert_eq!(answer.json()["joined_others"], true, "{:?}", answer.json());
    let whole = the_incident(&app).await;
    assert_eq!(whole["citizen_count"], 2);
    assert_eq!(whole["history"][1]["reason"], "me_too");
    for wrong in [
        json!({ "same_as": incident, "lat": 16.6 }),
        json!({ "same_as": IncidentId::new().as_uuid() }),
        json!({ "same_as": incident, "service": "rac-thai" }),
    ] {
        let answer = app
            .anon()
            .post("/api/v1/public/reports", &words(wrong))
            .await;
        answer.is_problem(422, "invalid_fields");
        assert_eq!(answer.json()["fields"][0]["field"], "same_as");
    }
    let far = app
        .anon()
        .get("/api/v1/public/nearby?lat=16.6&lon=107.5")
        .await
        .json();
    assert_eq!(far["items"], json!([]));
    app.anon()
        .get("/api/v1/public/nearby?lat=99&lon=0")
        .await
        .is_problem(422, "invalid_fields");
}

#[tokio::test]
async fn a_camera_and_a_citizen_on_one_herd_are_one_incident() {
    let app = TestApp::new().await;
    let mut seen = report("hue-01", "cam-1", 1, "raised");
    seen.occurred.start = jiff::Timestamp::now();
    let incident = app.take(&seen).await;
    let herd = words(
        json!({ "service": "trau-bo-tha-rong", "description": "Có mấy con bò giữa đường", "lat": 16.5001, "lon": 107.5 }),
    );
    sent(&app, &herd).await;
    let whole = the_incident(&app).await;
    assert_eq!(whole["id"], incident.as_str());
    assert_eq!(
        (
            whole["event_count"].as_i64(),
            whole["citizen_count"].as_i64()
        ),
        (Some(1), Some(1))
    );
    let linked = whole["merging"]["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["verdict"] == "linked");
    assert!(linked, "{}", whole["merging"]);
    // And the camera that stands there is asked for what it holds.
    let footage = &whole["citizen_reports"][0]["footage"][0];
    assert_eq!(
        (footage["agent"].as_str(), footage["camera"].as_str()),
        (Some("hue-01"), Some("cam-1"))
    );
}

#[tokio::test]
async fn floods_are_held_off_by_address_and_by_contact() {
    let app = TestApp::new().await;
    let mut other = app.anon();
    for number in 0..20 {
        let words = words(json!({ "contact": {}, "description": format!("lần {number}") }));
        assert_eq!(
            app.anon()
                .post("/api/v1/public/reports", &words)
                .await
                .status,
            StatusCode::CREATED
        );
    }
    let refused = app
        .anon()
        .post("/api/v1/public/reports", &words(json!({})))
        .await;
    refused.is_problem(429, "too_many_reports");
    assert!(!refused.header("retry-after").is_empty());
    other.peer = [192, 0, 2, 99];
    assert_eq!(
        other
            .post("/api/v1/public/reports", &words(json!({})))
            .await
            .status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn staff_types_in_for_whoever_calls_and_sees_the_contact_for_a_purpose_alone() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let by_phone = words(json!({ "channel": "phone" }));
    operator
        .post("/api/v1/reports", &words(json!({})))
        .await
        .is_problem(422, "invalid_fields");
    let answer = operator.post("/api/v1/reports", &by_phone).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.json());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let seen = the_incident(&app).await;
    assert_eq!(seen["citizen_reports"][0]["filed_by"], "lan");
    app.anon()
        .post("/api/v1/reports", &by_phone)
        .await
        .is_problem(401, "unauthenticated");
    let path = format!("/api/v1/reports/{id}/contact");
    operator
        .post(&path, &json!({ "purpose": "curiosity" }))
        .await
        .is_problem(422, "invalid_fields");
    let contact = operator
        .post(&path, &json!({ "purpose": "review" }))
        .await
        .json();
    assert_eq!(
        (contact["name"].as_str(), contact["phone"].as_str()),
        (Some("Lan"), Some("+84905123456"))
    );
    let administrator = app.administrator().await;
    let log = administrator
        .get("/api/v1/access-log")
        .await
        .json()
        .to_string();
    assert!(
        log.contains("contact_seen") && log.contains(&id) && log.contains("review"),
        "{log}"
    );
}

#[tokio::test]
async fn what_is_held_is_not_erased_and_what_is_erased_leaves_a_tombstone() {
    let app = TestApp::new().await;
    let answer = send(
        &app.anon(),
        "/api/v1/public/reports",
        &words(json!({})),
        &[&picture()],
    )
    .await;
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    let whole = the_incident(&app).await;
    let id = whole["citizen_reports"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = whole["citizen_reports"][0]["files"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let administrator = app.administrator().await;
    let original = format!("{file}?purpose=review");
    assert_eq!(administrator.get(&original).await.status, StatusCode::OK);
    let hold = format!("/api/v1/reports/{id}/hold");
    let json = [("content-type", "application/json")];
    let why = json!({ "reason": "điều tra" }).to_string();
    let held = administrator
        .send(Method::PUT, &hold, &json, why.into())
        .await;
    assert_eq!(held.status, StatusCode::NO_CONTENT);
    let erase = format!("/api/v1/reports/{id}/erase");
    let because = json!({ "reason": "theo yêu cầu" });
    administrator
        .post(&erase, &because)
        .await
        .is_problem(409, "report_held");
    app.anon()
        .delete(&format!("/api/v1/public/reports/{code}"))
        .await
        .is_problem(409, "report_held");
    assert_eq!(
        administrator.delete(&hold).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        administrator.post(&erase, &because).await.status,
        StatusCode::NO_CONTENT
    );
    administrator
        .get(&original)
        .await
        .is_problem(404, "not_found");
    administrator
        .post(
            &format!("/api/v1/reports/{id}/contact"),
            &json!({ "purpose": "review" }),
        )
        .await
        .is_problem(404, "not_found");
    let left = the_incident(&app).await;
    let stone = &left["citizen_reports"][0];
    assert_eq!(
        (stone["description"].as_str(), stone["reporter"].as_str()),
        (Some(""), None)
    );
    assert!(stone["erased_at"].is_string());
    assert_eq!(left["state"], whole["state"], "the incident stays");
    let followed = app
        .anon()
        .get(&format!("/api/v1/public/reports/{code}"))
        .await
        .json();
    assert_eq!(followed["erased"], true);
}

/// A citizen's picture as it was sent is for whoever may unmask and says why; everybody else sees a redacted copy,
/// or, where nobody can make one, nothing.
#[tokio::test]
async fn a_citizens_picture_is_unmasked_for_a_purpose_alone() {
    let app = TestApp::new().await;
    let anon = app.anon();
    let files: &[&[u8]] = &[&picture()];
    send(&anon, "/api/v1/public/reports", &words(json!({})), files).await;
    let url = the_incident(&app).await["citizen_reports"][0]["files"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let (operator, administrator) = (app.operator().await, app.administrator().await);
    let masked = operator.get(&url).await;
    masked.is_problem(409, "masked");
    for (query, status) in [
        ("?purpose=review", StatusCode::OK),
        ("?purpose=curiosity", StatusCode::BAD_REQUEST),
        ("?porpose=review", StatusCode::BAD_REQUEST),
    ] {
        let answer = operator.get(&format!("{url}{query}")).await;
        assert_eq!(answer.status, status, "{query}");
    }
    app.account(
        "kiem-toan",
        crate::people::Role::Auditor,
        None,
        crate::people::Scope::default(),
    )
    .await;
    let auditor = app.logged_in("kiem-toan").await;
    auditor
        .get(&format!("{url}?purpose=review"))
        .await
        .is_problem(403, "not_allowed");
    let log = administrator.get("/api/v1/access-log").await.json();
    let entries = log["items"].as_array().unwrap();
    let looked: Vec<&Value> = entries
        .iter()
        .filter(|one| one["subject"] == json!(url))
        .collect();
    assert_eq!(looked.len(), 1, "{log}");
    assert_eq!(
        (&looked[0]["actor"], &looked[0]["purpose"]),
        (&json!("lan"), &json!("review"))
    );
}

#[tokio::test]
async fn whoever_takes_back_the_only_report_ends_the_incident() {
    let app = TestApp::new().await;
    let (_, code) = sent(&app, &words(json!({}))).await;
    let gone = app
        .anon()
        .delete(&format!("/api/v1/public/reports/{code}"))
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let left = the_incident(&app).await;
    assert_eq!(
        (left["state"].as_str(), left["state_detail"].as_str()),
        (Some("closed_unresolved"), Some("withdrawn"))
    );
}

#[tokio::test]
async fn nothing_is_rated_before_its_end_and_reopening_needs_a_reason() {
    let app = TestApp::new().await;
    let (_, code) = sent(&app, &words(json!({}))).await;
    let path = |what: &str| format!("/api/v1/public/reports/{code}/{what}");
    let client = app.anon();
    client
        .post(&path("rating"), &json!({ "rating": "satisfied" }))
        .await
        .is_problem(409, "report_not_over");
    client
        .post(
            &path("reopen"),
            &json!({ "reason": "not_fixed", "note": " " }),
        )
        .await
        .is_problem(422, "invalid_fields");
    client
        .post(
            &path("reopen"),
            &json!({ "reason": "not_fixed", "note": "vẫn còn" }),
        )
        .await
        .is_problem(409, "transition_refused");
    resolve(&app).await;
    let followed = client
        .get(&format!("/api/v1/public/reports/{code}"))
        .await
        .json();
    assert_eq!(
        (followed["stage"].as_str(), followed["may_rate"].as_bool()),
        (Some("done"), Some(true))
    );
    let rated = client
        .post(
            &path("rating"),
            &json!({ "rating": "dissatisfied", "note": "chưa xong" }),
        )
        .await;
    assert_eq!(rated.json()["rating"], "dissatisfied", "{:?}", rated.json());
    assert_eq!(
        the_incident(&app).await["citizen_reports"][0]["rating"],
        "dissatisfied"
    );
    let reopened = client
        .post(
            &path("reopen"),
            &json!({ "reason": "not_fixed", "note": "Hàng quán vẫn còn" }),
        )
        .await;
    assert_eq!(
        reopened.json()["stage"],
        "reopened",
        "{:?}",
        reopened.json()
    );
}

/// Brings the only incident to the state in which its answer is public, as its row would stand.
async fn resolve(app: &TestApp) {
    use casework::lifecycle::{Case, Outcome, State};
    let id: IncidentId = the_incident(app).await["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = jiff::Timestamp::now();
    let tx = app.store.begin().await.unwrap();
    let row = store::find_incident(&tx, id).await.unwrap().unwrap();
    let after = Case {
        state: State::Published(Outcome::Done),
        published_at: Some(now),
        ..store::case_of(&row).unwrap()
    };
    assert!(
        store::write_case(&tx, id, row.version, &after, now)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}
