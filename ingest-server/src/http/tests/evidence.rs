//! The bytes of evidence, whole and in ranges, and who does not get them.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use super::app::{TestApp, report, sealed, sha256};

#[tokio::test]
async fn a_stored_clip_is_served_whole_and_by_range() {
    let app = TestApp::new().await;
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let (incident, piece) = app.with_clip("hue-01", &bytes, "video/mp4").await;
    let operator = app.operator().await;
    let detail = operator
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .json();
    assert_eq!(detail["clip"], piece.as_str());
    let url = detail["evidence"][0]["url"].as_str().unwrap();
    assert_eq!(
        url,
        format!("/api/v1/incidents/{incident}/evidence/{piece}?purpose=review")
    );

    let whole = operator.get(url).await;
    assert_eq!(
        (whole.status, whole.body.as_ref()),
        (StatusCode::OK, bytes.as_slice())
    );
    assert_eq!(whole.header("content-type"), "video/mp4");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert!(whole.header("cache-control").starts_with("private"));
    assert_eq!(whole.header("x-content-type-options"), "nosniff");

    let part = operator.get_with(url, &[("range", "bytes=100-199")]).await;
    assert_eq!(
        (part.status, part.body.as_ref()),
        (StatusCode::PARTIAL_CONTENT, &bytes[100..200])
    );
    assert_eq!(part.header("content-range"), "bytes 100-199/10000");
    assert_eq!(part.header("content-length"), "100");

    let tail = operator.get_with(url, &[("range", "bytes=-5")]).await;
    assert_eq!(tail.body.as_ref(), &bytes[9_995..]);

    let past = operator.get_with(url, &[("range", "bytes=10000-")]).await;
    past.is_problem(416, "range_not_satisfiable");
    assert_eq!(past.header("content-range"), "bytes */10000");

    let head = operator.send(Method::HEAD, url, &[], Body::empty()).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (StatusCode::OK, "10000")
    );
}

#[tokio::test]
async fn evidence_is_found_through_its_own_incident_alone() {
    let app = TestApp::new().await;
    let (incident, piece) = app.with_clip("hue-01", b"first", "video/mp4").await;
    let (other, other_piece) = app.with_clip("hue-02", b"second", "video/mp4").await;
    let operator = app.operator().await;
    for (incident, piece) in [
        (&other, &piece),
        (&incident, &other_piece),
        (&piece, &incident),
    ] {
        let url = format!("/api/v1/incidents/{incident}/evidence/{piece}?purpose=review");
        operator.get(&url).await.is_problem(404, "not_found");
    }
    let url = format!("/api/v1/incidents/{incident}/evidence/{piece}?purpose=review");
    app.anon()
        .get(&url)
        .await
        .is_problem(401, "unauthenticated");
    app.agent("hue-03")
        .await
        .get(&url)
        .await
        .is_problem(401, "unauthenticated");
    assert_eq!(operator.get(&url).await.body.as_ref(), b"first");
}

#[tokio::test]
async fn what_was_promised_and_has_not_come_is_not_found_and_not_linked() {
    let app = TestApp::new().await;
    let piece = contract::v1::EvidenceId::new();
    let mut report = report("hue-01", "cam-1", 1, "raised");
    report.evidence.push(sealed(piece, b"to come", "video/mp4"));
    let incident = app.take(&report).await;
    let operator = app.operator().await;
    let detail = operator
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .json();
    assert_eq!(detail["evidence"][0]["state"], "sealed");
    assert_eq!(detail["evidence"][0]["sha256"], sha256(b"to come"));
    assert!(detail["evidence"][0]["url"].is_null() && detail["clip"].is_null());
    let url = format!("/api/v1/incidents/{incident}/evidence/{piece}?purpose=review");
    operator.get(&url).await.is_problem(404, "not_found");
}
