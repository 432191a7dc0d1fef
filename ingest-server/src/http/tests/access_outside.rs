//! Who may call what of the ways that other systems use: every role, with its session and with a key of a program,
//! on every operation of Open311; what is one's own, another's, or guessed.
//!
//! Routes of the OpenAPI document are in `access`, topics of the broker in `broker/rights.rs`.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::app::{Answer, Client, TestApp};
use super::citizens::words;
use crate::people::{Right, Role, Scope};

/// What an operation of Open311 asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Public by the standard.
    Anybody,
    /// A key of a program that may submit.
    Key,
}

/// Every operation of the endpoint. `{n}` is a request's number.
const OPERATIONS: [(&str, &str, Open); 9] = [
    ("GET", "/open311/discovery.json", Open::Anybody),
    ("GET", "/open311/v2/discovery.json", Open::Anybody),
    ("GET", "/open311/v2/services.json", Open::Anybody),
    ("GET", "/open311/v2/services/rac-thai.json", Open::Anybody),
    ("GET", "/open311/v2/requests.json", Open::Anybody),
    ("GET", "/open311/v2/requests/{n}.json", Open::Anybody),
    (
        "GET",
        "/open311/v2/servicerequestupdates.json",
        Open::Anybody,
    ),
    ("POST", "/open311/v2/requests.json", Open::Key),
    ("POST", "/open311/v2/servicerequestupdates.json", Open::Key),
];
const SECRET_WORDS: &str = "Nhà ông Ba đổ rác";

async fn ask(client: &Client<'_>, method: &str, path: &str, form: &str) -> Answer {
    let method: Method = method.parse().unwrap();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    if method == Method::GET {
        client.get(&format!("{path}?{form}")).await
    } else {
        client
            .send(method, path, &kind, Body::from(form.to_owned()))
            .await
    }
}

fn form_of(path: &str, number: i64, mark: &str) -> String {
    let at = Timestamp::now();
    if path.contains("updates") {
        format!(
            "service_request_id={number}&update_id={mark}&updated_datetime={at}&status=OPEN&description=x"
        )
    } else {
        format!("service_code=rac-thai&lat=16.4&long=107.5&description={mark}")
    }
}

/// A key for an account of this role, with these rights of it.
async fn key(app: &TestApp, account: &str, rights: &[Right]) -> String {
    let rights: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
    let body = json!({
        "name": "cổng", "account": account, "rights": rights,
        "expires_at": Timestamp::now() + SignedDuration::from_hours(1),
    });
    let made = app
        .administrator()
        .await
        .post("/api/v1/api-keys", &body)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.json());
    made.json()["secret"].as_str().unwrap().to_owned()
}

/// Files a request with a key, and says its number.
async fn filed(app: &TestApp, key: &str) -> i64 {
    let form = format!(
        "api_key={key}&service_code=rac-thai&lat=16.4&long=107.5&description={}",
        SECRET_WORDS.replace(' ', "+")
    );
    let answer = ask(&app.anon(), "POST", "/open311/v2/requests.json", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json());
    let id = answer.json()[0]["service_request_id"].clone();
    id.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_role_gets_from_open311_what_its_key_says_and_a_session_opens_nothing() {
    let app = TestApp::new().await;
    app.account("cong", Role::Operator, None, Scope::default())
        .await;
    let own = key(&app, "cong", &[Right::SubmitReports]).await;
    let number = filed(&app, &own).await;
    for role in Role::ALL {
        let user = format!("as-{}", role.as_str().replace('_', "-"));
        let unit = role.is_unit().then_some("ward");
        app.account(&user, role, unit, Scope::default()).await;
        let session = app.logged_in(&user).await;
        let rights: Vec<Right> = Right::ALL
            .iter()
            .copied()
            .filter(|right| right.is_of(role))
            .collect();
        let keyed = if rights.is_empty() {
            None
        } else {
            Some(key(&app, &user, &rights).await)
        };
        for (operation, (method, path, open)) in OPERATIONS.iter().enumerate() {
            for (of, expected) in [(number, StatusCode::OK), (999_999, StatusCode::NOT_FOUND)] {
                let path = path.replace("{n}", &of.to_string());
                let guessed = of == 999_999 && path.contains("999999");
                let mark = format!("{user}-{operation}-{of}");
                let form = form_of(&path, of, &mark);
                let name = format!("{role}: {method} {path}");
                // Whoever is logged in is nobody here: a page of another origin cannot act for them.
                let answer = ask(&session, method, &path, &form).await;
                let known = if guessed { expected } else { StatusCode::OK };
                match open {
                    Open::Anybody => assert_eq!(answer.status, known, "{name}"),
                    Open::Key => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}"),
                }
                let Some(secret) = &keyed else { continue };
                let form = format!("{form}&api_key={secret}");
                let answer = ask(&app.anon(), method, &path, &form).await;
                let may = Right::SubmitReports.is_of(role);
                let refused = answer.status == StatusCode::FORBIDDEN;
                // Who only asks where the endpoint is need not be known, and is not asked.
                let heeded = path != "/open311/discovery.json";
                assert_eq!(refused, !may && heeded, "{name}: {:?}", answer.json());
                assert!(!answer.status.is_server_error(), "{name}");
                if may && guessed {
                    assert_eq!(answer.status, expected, "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn words_that_nobody_has_looked_at_are_shown_to_the_key_that_filed_them_alone() {
    let app = TestApp::new().await;
    for account in ["cong-a", "cong-b"] {
        app.account(account, Role::Operator, None, Scope::default())
            .await;
    }
    let (own, foreign) = (
        key(&app, "cong-a", &[Right::SubmitReports]).await,
        key(&app, "cong-b", &[Right::SubmitReports]).await,
    );
    let number = filed(&app, &own).await;
    for (key, shown) in [(Some(&own), true), (Some(&foreign), false), (None, false)] {
        let form = key.map_or_else(String::new, |key| format!("api_key={key}"));
        for path in [
            format!("/open311/v2/requests/{number}.json"),
            "/open311/v2/requests.json".to_owned(),
        ] {
            let form = format!("{form}&extensions=true");
            let answer = ask(&app.anon(), "GET", &path, &form).await;
            assert_eq!(answer.status, StatusCode::OK);
            let text = String::from_utf8(answer.body.to_vec()).unwrap();
            assert_eq!(text.contains(SECRET_WORDS), shown, "{path}: {text}");
            assert!(
                !text.contains("cong-a"),
                "who filed it is nobody's business: {text}"
            );
        }
    }
    // The citizen's own code and the request's number are two things: the number opens nothing.
    let guessed = format!("/api/v1/public/reports/{number}");
    app.anon().get(&guessed).await.is_problem(404, "not_found");
}

#[tokio::test]
async fn an_address_alone_is_a_request_whose_place_is_not_known() {
    let app = TestApp::new().await;
    app.account("cong", Role::Operator, None, Scope::default())
        .await;
    let own = key(&app, "cong", &[Right::SubmitReports]).await;
    let form = format!("api_key={own}&service_code=rac-thai&address_string=45+L%C3%AA+L%E1%BB%A3i");
    let made = ask(&app.anon(), "POST", "/open311/v2/requests.json", &form).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.json());
    let id = made.json()[0]["service_request_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/open311/v2/requests/{id}.json");
    let seen = ask(&app.anon(), "GET", &path, &format!("api_key={own}"))
        .await
        .json();
    assert_eq!(seen[0]["address"], "45 Lê Lợi");
    assert_eq!(
        (&seen[0]["lat"], &seen[0]["long"]),
        (&Value::Null, &Value::Null),
        "{seen}"
    );
    let list = app.operator().await.get("/api/v1/incidents").await.json();
    assert_eq!(list["items"][0]["place"], Value::Null, "nothing is made up");
    // Neither place, address nor its id: the standard wants one of them.
    let form = format!("api_key={own}&service_code=rac-thai&description=x");
    let refused = ask(&app.anon(), "POST", "/open311/v2/requests.json", &form).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // What a citizen's page shows of it says the same.
    let portal =
        words(json!({ "lat": null, "lon": null, "uncertainty_m": null, "address": "45 Lê Lợi" }));
    let answer = app.anon().post("/api/v1/public/reports", &portal).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.json());
}
