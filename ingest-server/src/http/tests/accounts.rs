//! Accounts, keys for programs, and the log of who did what to them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::app::{Answer, Client, PASSWORD, TestApp, report};

async fn patch(client: &Client<'_>, path: &str, body: Value) -> Answer {
    let json = [("content-type", "application/json")];
    client
        .send(Method::PATCH, path, &json, body.to_string().into())
        .await
}

fn key(account: &str, rights: &[&str]) -> Value {
    json!({
        "name": "cổng 1022", "account": account, "rights": rights,
        "expires_at": Timestamp::now() + SignedDuration::from_hours(24),
    })
}

#[tokio::test]
async fn an_account_is_made_changed_and_shut_out() {
    let app = TestApp::new().await;
    let administrator = app.administrator().await;
    let wanted = json!({
        "username": "kiem-lam", "display_name": "Kiểm lâm Lạc Dương", "role": "forest_unit",
        "unit": "kiem-lam-ld", "scope": { "kinds": ["fire_smoke"] }, "password": PASSWORD,
    });
    let made = administrator.post("/api/v1/accounts", &wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.json());
    assert_eq!(
        made.json()["scope"],
        json!({ "areas": [], "kinds": ["fire_smoke"] })
    );
    let again = administrator.post("/api/v1/accounts", &wanted).await;
    again.is_problem(409, "account_refused");

    let ranger = app.logged_in("kiem-lam").await;
    let session = ranger.get("/api/v1/session").await.json();
    assert_eq!(
        (&session["role"], &session["unit"]),
        (&json!("forest_unit"), &json!("kiem-lam-ld"))
    );
    assert!(
        session["rights"]
            .as_array()
            .unwrap()
            .contains(&json!("command"))
    );
    assert!(
        !session["rights"]
            .as_array()
            .unwrap()
            .contains(&json!("unmask"))
    );

    let path = "/api/v1/accounts/kiem-lam";
    for (change, problem) in [
        (json!({ "role": "king" }), 400),
        (json!({ "unit": "Not A Unit" }), 400),
        (json!({ "display_name": "\u{7}" }), 400),
        (json!({ "scope": { "kinds": [""] } }), 400),
        (json!({ "power": 1 }), 400),
    ] {
        let answer = patch(&administrator, path, change).await;
        assert_eq!(answer.status.as_u16(), problem, "{:?}", answer.json());
    }
    let changed = patch(
        &administrator,
        path,
        json!({ "role": "auditor", "unit": "" }),
    )
    .await;
    assert_eq!(
        (&changed.json()["role"], &changed.json()["unit"]),
        (&json!("auditor"), &Value::Null)
    );
    // At once, without logging in anew.
    assert_eq!(
        ranger.get("/api/v1/access-log").await.status,
        StatusCode::OK
    );

    patch(&administrator, path, json!({ "disabled": true })).await;
    ranger
        .get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");
    patch(
        &administrator,
        "/api/v1/accounts/quan-tri",
        json!({ "disabled": true }),
    )
    .await
    .is_problem(409, "account_refused");
    patch(&administrator, "/api/v1/accounts/nobody", json!({}))
        .await
        .is_problem(404, "not_found");

    let log = administrator.get("/api/v1/access-log?limit=2").await.json();
    assert_eq!(log["broken_at"], Value::Null);
    assert_eq!(log["items"][0]["act"], "account_changed");
    assert_eq!(log["items"][0]["actor"], "quan-tri");
    assert!(
        log["items"][0]["note"]
            .as_str()
            .unwrap()
            .contains("disabled")
    );
    let rest = format!("/api/v1/access-log?before={}", log["next_before"]);
    let rest = administrator.get(&rest).await.json();
    assert_eq!(rest["items"][0]["act"], "account_made");
    assert_eq!(
        (&rest["next_before"], &rest["broken_at"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn another_password_ends_the_sessions() {
    let app = TestApp::new().await;
    let (administrator, operator) = (app.administrator().await, app.operator().await);
    let path = "/api/v1/accounts/lan/password";
    administrator
        .post(path, &json!({ "password": "short" }))
        .await
        .is_problem(400, "invalid_request");
    let set = administrator
        .post(path, &json!({ "password": "một mật khẩu khác" }))
        .await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    operator
        .get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");
    let body = json!({ "username": "lan", "password": "một mật khẩu khác" });
    assert_eq!(
        app.anon().post("/api/v1/session", &body).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn what_will_not_do_of_an_account_or_a_key_is_said_in_the_callers_language() {
    let app = TestApp::new().await;
    let administrator = app.administrator().await;
    let account = json!({ "username": "lan-2", "role": "operator", "password": PASSWORD });
    let with = |of: &Value, key: &str, value: Value| {
        let mut one = of.clone();
        one[key] = value;
        one
    };
    let made = administrator.post("/api/v1/accounts", &account).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.json());
    let good = key("lan-2", &["see_incidents"]);
    let late = Timestamp::now() + SignedDuration::from_hours(24 * 800);
    let (accounts, keys) = ("/api/v1/accounts", "/api/v1/api-keys");
    for (path, body, vi, en) in [
        (
            accounts,
            with(&account, "username", json!("Lan Hai")),
            "Tên đăng nhập",
            "A user name",
        ),
        (
            accounts,
            with(&account, "display_name", json!("")),
            "Tên hiển thị",
            "A display name",
        ),
        (
            accounts,
            with(&account, "password", json!("short")),
            "Mật khẩu có 10",
            "A password has 10",
        ),
        (
            accounts,
            with(&account, "unit", json!("Ô!")),
            "Tên đơn vị",
            "unit",
        ),
        (
            accounts,
            with(&account, "scope", json!({ "kinds": [""] })),
            "Phạm vi",
            "A scope",
        ),
        (
            keys,
            with(&good, "name", json!("")),
            "Tên khóa",
            "A key's name",
        ),
        (
            keys,
            with(&good, "rights", json!([])),
            "ít nhất một quyền",
            "at least one right",
        ),
        (
            keys,
            with(&good, "rights", json!(["fly"])),
            "tên là fly",
            "called fly",
        ),
        (
            keys,
            with(&good, "rights", json!(["manage_agents"])),
            "Tài khoản không có",
            "The account does not",
        ),
        (
            keys,
            with(&good, "expires_at", json!(late)),
            "hai năm",
            "two years",
        ),
    ] {
        for (language, wanted) in [("vi", vi), ("en", en)] {
            let headers = [
                ("accept-language", language),
                ("content-type", "application/json"),
            ];
            let body = body.to_string().into();
            let answer = administrator.send(Method::POST, path, &headers, body).await;
            let problem = answer.json();
            assert_eq!(problem["code"], "invalid_request", "{problem}");
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(detail.contains(wanted), "{wanted}: {problem}");
        }
    }
}

#[tokio::test]
async fn a_key_may_what_it_says_until_it_is_revoked() {
    let app = TestApp::new().await;
    let incident = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let administrator = app.administrator().await;
    let made = administrator
        .post("/api/v1/api-keys", &key("lan", &["see_incidents", "watch"]))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.json());
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let id = made.json()["key"]["id"].as_str().unwrap().to_owned();
    let mut program = app.anon();
    program.bearer = Some(secret.clone());

    let path = format!("/api/v1/incidents/{incident}");
    assert_eq!(program.get(&path).await.status, StatusCode::OK);
    let decided = program
        .post(&format!("{path}/confirm"), &json!({ "version": 1 }))
        .await;
    decided.is_problem(403, "not_allowed");
    program
        .get("/api/v1/cameras")
        .await
        .is_problem(403, "not_allowed");
    let events = program
        .open(Method::GET, "/api/v1/events", &[], Body::empty())
        .await;
    assert_eq!(events.status(), StatusCode::OK);

    let keys = administrator.get("/api/v1/api-keys").await;
    assert!(
        !String::from_utf8_lossy(&keys.body).contains(&secret),
        "it is shown once"
    );
    let shown = &keys.json()["items"][0];
    assert_eq!(
        (&shown["account"], &shown["rights"]),
        (&json!("lan"), &json!(["see_incidents", "watch"]))
    );
    assert!(shown["last_used_at"].is_string());

    let revoke = format!("/api/v1/api-keys/{id}");
    assert_eq!(
        administrator.delete(&revoke).await.status,
        StatusCode::NO_CONTENT
    );
    administrator
        .delete(&revoke)
        .await
        .is_problem(404, "not_found");
    program.get(&path).await.is_problem(401, "unauthenticated");
    program.bearer = Some(format!("{secret}x"));
    program.get(&path).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_reaches_no_farther_than_its_account() {
    let app = TestApp::new().await;
    let incident = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let administrator = app.administrator().await;
    for (wanted, code) in [
        (key("lan", &["manage_accounts"]), 400),
        (key("lan", &[]), 400),
        (key("lan", &["everything"]), 400),
        (key("nobody", &["watch"]), 404),
        (
            json!({ "name": "x", "account": "lan", "rights": ["watch"], "expires_at": "2001-01-01T00:00:00Z" }),
            400,
        ),
    ] {
        let answer = administrator.post("/api/v1/api-keys", &wanted).await;
        assert_eq!(answer.status.as_u16(), code, "{wanted} {:?}", answer.json());
    }
    let mut narrow = key("lan", &["see_incidents"]);
    narrow["scope"] = json!({ "kinds": ["fire_smoke"] });
    let made = administrator.post("/api/v1/api-keys", &narrow).await.json();
    let mut program = app.anon();
    program.bearer = made["secret"].as_str().map(str::to_owned);
    program
        .get(&format!("/api/v1/incidents/{incident}"))
        .await
        .is_problem(404, "not_found");
    assert_eq!(
        program.get("/api/v1/incidents").await.json()["items"],
        json!([])
    );

    patch(
        &administrator,
        "/api/v1/accounts/lan",
        json!({ "disabled": true }),
    )
    .await;
    program
        .get("/api/v1/incidents")
        .await
        .is_problem(401, "unauthenticated");
}
