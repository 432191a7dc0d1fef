//! Resumable uploads, as an agent makes them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use contract::v1::EvidenceId;
use serde_json::json;

use super::app::{TestApp, report, sealed, sha256};

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped() {
    let app = TestApp::new().await;
    let bytes = b"the camera's own bytes".to_vec();
    let agent = app.agent("hue-01").await;
    let path = format!("/api/v1/uploads/{}", sha256(&bytes));
    let head = agent.send(Method::HEAD, &path, &[], Body::empty()).await;
    assert_eq!(head.status, StatusCode::NOT_FOUND, "before its report came");

    let mut report = report("hue-01", "cam-1", 1, "raised");
    report
        .evidence
        .push(sealed(EvidenceId::new(), &bytes, "video/mp4"));
    app.take(&report).await;
    let at = |offset: &'static str, part: &[u8]| {
        let (agent, path, part) = (agent.clone(), path.clone(), part.to_vec());
        async move {
            agent
                .send(
                    Method::PATCH,
                    &path,
                    &[("upload-offset", offset)],
                    part.into(),
                )
                .await
        }
    };
    let first = at("0", &bytes[..10]).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    assert_eq!(
        (
            first.header("upload-offset"),
            first.header("upload-complete")
        ),
        ("10", "?0")
    );
    let wrong = at("5", &bytes[5..]).await;
    wrong.is_problem(409, "upload_offset_mismatch");
    assert_eq!(wrong.header("upload-offset"), "10");
    let last = at("10", &bytes[10..]).await;
    assert_eq!(last.status, StatusCode::NO_CONTENT);
    assert_eq!(last.header("upload-complete"), "?1");
    let head = agent.send(Method::HEAD, &path, &[], Body::empty()).await;
    let length = bytes.len().to_string();
    assert_eq!(
        (head.header("upload-offset"), head.header("upload-length")),
        (&*length, &*length)
    );
}

#[tokio::test]
async fn bytes_that_do_not_fit_their_hash_are_refused() {
    let app = TestApp::new().await;
    let agent = app.agent("hue-01").await;
    let mut report = report("hue-01", "cam-1", 1, "raised");
    report
        .evidence
        .push(sealed(EvidenceId::new(), b"promised", "video/mp4"));
    app.take(&report).await;
    let path = format!("/api/v1/uploads/{}", sha256(b"promised"));
    let send = |body: &'static [u8]| {
        let (agent, path) = (agent.clone(), path.clone());
        async move {
            agent
                .send(Method::PATCH, &path, &[("upload-offset", "0")], body.into())
                .await
        }
    };
    send(b"tampered")
        .await
        .is_problem(422, "upload_hash_mismatch");
    send(b"promised and more")
        .await
        .is_problem(413, "body_too_large");
    let missing = agent.send(Method::PATCH, &path, &[], Body::empty()).await;
    missing.is_problem(400, "invalid_request");
}

#[tokio::test]
async fn only_the_agent_that_promised_may_upload_and_only_with_its_token() {
    let app = TestApp::new().await;
    let mut report = report("hue-01", "cam-1", 1, "raised");
    report
        .evidence
        .push(sealed(EvidenceId::new(), b"bytes", "video/mp4"));
    app.take(&report).await;
    let path = format!("/api/v1/uploads/{}", sha256(b"bytes"));
    let offset = [("upload-offset", "0")];
    let nobody = app
        .anon()
        .send(Method::PATCH, &path, &offset, "bytes".into())
        .await;
    nobody.is_problem(401, "upload_token_invalid");
    let mut forged = app.anon();
    forged.bearer = Some("guess".to_owned());
    let answer = forged
        .send(Method::PATCH, &path, &offset, "bytes".into())
        .await;
    answer.is_problem(401, "upload_token_invalid");
    let person = app
        .operator()
        .await
        .send(Method::PATCH, &path, &offset, "bytes".into())
        .await;
    person.is_problem(401, "upload_token_invalid");
    let other = app.agent("hue-02").await;
    other
        .send(Method::PATCH, &path, &offset, "bytes".into())
        .await
        .is_problem(404, "not_found");
    let nonsense = other
        .send(Method::PATCH, "/api/v1/uploads/..%2fx", &offset, "b".into())
        .await;
    nonsense.is_problem(404, "not_found");
}

#[tokio::test]
async fn an_enrolment_token_is_good_once() {
    let app = TestApp::new().await;
    let body = json!({ "token": "guess", "public_key": "x", "version": "1" });
    app.anon()
        .post("/api/v1/enrolments", &body)
        .await
        .is_problem(400, "invalid_request");
    let key = contract::v1::SecretKey::from_bytes(&[3; 32]).public();
    let body = json!({ "token": "guess", "public_key": key, "version": "1" });
    app.anon()
        .post("/api/v1/enrolments", &body)
        .await
        .is_problem(403, "enrolment_token_invalid");
    let agent = "hue-01".parse().unwrap();
    let hour = jiff::SignedDuration::from_hours(1);
    let token = crate::agents::create_token(&app.store, &agent, hour)
        .await
        .unwrap();
    let body = json!({ "token": token.reveal(), "public_key": key, "version": "1" });
    let answer = app.anon().post("/api/v1/enrolments", &body).await;
    assert_eq!(
        (answer.status, &answer.json()["agent"]),
        (StatusCode::CREATED, &json!("hue-01"))
    );
    app.anon()
        .post("/api/v1/enrolments", &body)
        .await
        .is_problem(403, "enrolment_token_invalid");
}
