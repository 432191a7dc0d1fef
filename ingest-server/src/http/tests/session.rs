//! Logging in and out.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::app::{PASSWORD, TestApp};
use crate::people::limiter::PER_ACCOUNT;
use crate::people::password::Password;
use crate::people::session::IDLE;
use crate::people::{Username, account};
use crate::store;

#[tokio::test]
async fn whoever_knows_the_password_gets_a_cookie_that_scripts_cannot_read() {
    let app = TestApp::new().await;
    let body = json!({ "username": "lan", "password": PASSWORD });
    let answer = app.anon().post("/api/v1/session", &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["role"], "operator");
    let cookie = answer.header("set-cookie");
    for part in ["vong_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
    assert!(!cookie.contains("Secure"));
    let secure = TestApp::at("https://ioc.example").await;
    let answer = secure.anon().post("/api/v1/session", &body).await;
    assert!(answer.header("set-cookie").contains("Secure"));
    assert!(
        answer
            .header("strict-transport-security")
            .contains("max-age")
    );
}

#[tokio::test]
async fn wrong_name_and_wrong_password_are_told_alike() {
    let app = TestApp::new().await;
    for (username, password) in [
        ("lan", "sai"),
        ("nobody", PASSWORD),
        ("", ""),
        ("Not A Name\n", PASSWORD),
    ] {
        let body = json!({ "username": username, "password": password });
        let answer = app.anon().post("/api/v1/session", &body).await;
        answer.is_problem(401, "wrong_credentials");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_even_with_the_right_password_in_the_end() {
    let app = TestApp::new().await;
    let wrong = json!({ "username": "lan", "password": "sai" });
    for _ in 0..PER_ACCOUNT {
        app.anon()
            .post("/api/v1/session", &wrong)
            .await
            .is_problem(401, "wrong_credentials");
    }
    let right = json!({ "username": "lan", "password": PASSWORD });
    let refused = app.anon().post("/api/v1/session", &right).await;
    refused.is_problem(429, "too_many_attempts");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    app.administrator().await;
}

#[tokio::test]
async fn a_session_ends_by_logging_out_by_time_and_by_a_new_password() {
    let app = TestApp::new().await;
    let out = app.operator().await;
    assert_eq!(out.get("/api/v1/session").await.json()["username"], "lan");
    let answer = out.delete("/api/v1/session").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    out.get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");

    let idle = app.operator().await;
    let cookie = idle.cookie.clone().unwrap();
    let token = cookie.strip_prefix("vong_session=").unwrap();
    let hash = crate::people::session::SessionToken::from_cookie(token).hash();
    let tx = app.store.begin().await.unwrap();
    store::touch_session(&tx, &hash, Timestamp::now() - IDLE)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    idle.get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");

    let stolen = app.operator().await;
    let username: Username = "lan".parse().unwrap();
    let new = account::hash_new_password(&Password::new("một mật khẩu khác".to_owned())).unwrap();
    let tx = app.store.begin().await.unwrap();
    store::set_password(&tx, &username, &new, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    stolen
        .get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_form_of_another_site_cannot_log_anybody_in() {
    let app = TestApp::new().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = app
        .anon()
        .send(
            axum::http::Method::POST,
            "/api/v1/session",
            &form,
            "username=lan".into(),
        )
        .await;
    answer.is_problem(415, "unsupported_media_type");
}
