//! Who may call what: every role, every route of the OpenAPI document, within and outside of the scope,
//! with an id that exists, belongs to others, or was guessed. A route without an entry in
//! `http/rights.rs` fails here.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::app::{Client, TestApp, report};
use crate::changes::Change;
use crate::http::rights::{Caller, ROUTES, of_route};
use crate::people::{Role, Scope};

const GUESSED: &str = "0198a000-0000-7000-8000-000000000001";

/// Every operation of the document.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(crate::http::openapi_document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            found.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    found
}

/// The path with its names filled in: this incident, this piece, else what nobody has.
fn filled(path: &str, incident: &str, piece: &str) -> String {
    let filled = path
        .split('/')
        .map(|part| match part {
            "{id}" => incident,
            "{evidence_id}" => piece,
            "{agent}" => "nobody-01",
            "{key}" => "0000000000000000",
            "{username}" => "nobody",
            part if part.starts_with('{') => GUESSED,
            part => part,
        })
        .collect::<Vec<_>>();
    filled.join("/")
}

async fn ask(client: &Client<'_>, method: &Method, path: &str) -> (StatusCode, Value) {
    let json = [("content-type", "application/json")];
    let body = if *method == Method::GET {
        Body::empty()
    } else {
        "{}".into()
    };
    let response = client.open(method.clone(), path, &json, body).await;
    let status = response.status();
    let streams = response
        .headers()
        .get("content-type")
        .is_some_and(|mime| mime == "text/event-stream");
    if streams {
        return (status, Value::Null);
    }
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn user_of(role: Role) -> String {
    format!("as-{}", role.as_str().replace('_', "-"))
}

#[test]
fn every_route_of_the_document_says_who_may_call_it() {
    let documented: BTreeSet<(String, String)> = operations()
        .into_iter()
        .map(|(method, path)| (method.to_string(), path))
        .collect();
    let listed: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    let missing: Vec<_> = documented.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "give these an entry in http/rights.rs: {missing:?}"
    );
    let stale: Vec<_> = listed.difference(&documented).collect();
    assert!(stale.is_empty(), "no route of the document: {stale:?}");
    assert_eq!(listed.len(), ROUTES.len(), "a route is listed twice");
}

#[tokio::test]
async fn every_role_may_call_what_its_rights_say_and_nothing_else() {
    let app = TestApp::new().await;
    let incident = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    for role in Role::ALL {
        let unit = role.is_unit().then_some("ward");
        app.account(&user_of(role), role, unit, Scope::default())
            .await;
        let client = app.logged_in(&user_of(role)).await;
        for (method, path) in operations() {
            // Logging out ends this client, logging in needs none.
            if path == "/api/v1/session" && method != Method::GET {
                continue;
            }
            let caller = of_route(&method, &path);
            let name = format!("{role}: {method} {path}");
            for id in [incident.as_str(), GUESSED] {
                let (status, body) = ask(&client, &method, &filled(&path, id, GUESSED)).await;
                let refused = status == StatusCode::FORBIDDEN && body["code"] == "not_allowed";
                assert!(
                    !status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE,
                    "{name}: {status} {body}"
                );
                match caller {
                    None => panic!("{name} has no entry in http/rights.rs"),
                    Some(Caller::Anybody | Caller::LoggedIn) => assert!(!refused, "{name}: {body}"),
                    Some(Caller::Agent) => assert!(
                        matches!(
                            status,
                            StatusCode::UNAUTHORIZED
                                | StatusCode::FORBIDDEN
                                | StatusCode::BAD_REQUEST
                                | StatusCode::NOT_FOUND
                        ),
                        "{name}: {status}"
                    ),
                    Some(Caller::With(right)) => {
                        assert_eq!(refused, !right.is_of(role), "{name}: {status} {body}");
                        // A unit has not been given this one; nobody has the other.
                        let about_incident = path.starts_with("/api/v1/incidents/{id}");
                        if !refused && about_incident && (id == GUESSED || role.is_unit()) {
                            assert_eq!(status, StatusCode::NOT_FOUND, "{name}: {body}");
                        }
                    }
                }
            }
        }
    }
}

/// Whoever has every right, but only for fire: of anything else they learn nothing, by no route.
#[tokio::test]
async fn what_lies_outside_of_a_scope_does_not_exist() {
    let app = TestApp::new().await;
    let mut fire = report("hue-01", "cam-1", 1, "raised");
    fire.kind = contract::v1::Kind::FireSmoke;
    fire.detail = "smoke".to_owned();
    let own = app.take(&fire).await;
    let (foreign, piece) = app.with_clip("hue-02", b"a clip", "video/mp4").await;
    let scope = Scope {
        kinds: vec!["fire_smoke".to_owned()],
        ..Scope::default()
    };
    app.account("lua", Role::Administrator, None, scope).await;
    let client = app.logged_in("lua").await;
    for (method, path) in operations() {
        if !path.starts_with("/api/v1/incidents/{id}") {
            continue;
        }
        for piece in [piece.as_str(), GUESSED] {
            let (status, body) = ask(&client, &method, &filled(&path, &foreign, piece)).await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::NOT_FOUND, &json!("not_found")),
                "{method} {path}: {body}"
            );
        }
        let (status, body) = ask(&client, &method, &filled(&path, &own, GUESSED)).await;
        let has_piece = path.contains("{evidence_id}");
        if !has_piece && method != Method::GET {
            assert_ne!(status, StatusCode::NOT_FOUND, "{method} {path}: {body}");
        }
        // Neither is a piece of another incident found through one's own.
        if has_piece {
            let (status, _) = ask(&client, &method, &filled(&path, &own, &piece)).await;
            assert_ne!(status, StatusCode::OK, "{method} {path}");
        }
    }
    let list = client.get("/api/v1/incidents").await.json();
    let ids: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["id"])
        .collect();
    assert_eq!(ids, [&json!(own)]);
    let merge = json!({ "version": 1, "into": foreign });
    client
        .post(&format!("/api/v1/incidents/{own}/merge"), &merge)
        .await
        .is_problem(404, "not_found");
}

/// The stream tells of what the list would show.
#[tokio::test]
async fn the_stream_is_silent_about_what_lies_outside_of_a_scope() {
    let app = TestApp::new().await;
    let scope = Scope {
        kinds: vec!["fire_smoke".to_owned()],
        ..Scope::default()
    };
    app.account("lua", Role::Operator, None, scope).await;
    let client = app.logged_in("lua").await;
    let response = client
        .open(Method::GET, "/api/v1/events", &[], Body::empty())
        .await;
    let mut stream = response.into_body().into_data_stream();
    let foreign = app.take(&report("hue-02", "cam-1", 1, "raised")).await;
    let mut fire = report("hue-01", "cam-1", 1, "raised");
    fire.kind = contract::v1::Kind::FireSmoke;
    fire.detail = "smoke".to_owned();
    let own = app.take(&fire).await;
    app.changes.announce(Change::Quarantine);
    let first = timeout(Duration::from_secs(20), stream.next())
        .await
        .unwrap();
    let first = String::from_utf8(first.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.contains(&own) && !first.contains(&foreign), "{first}");
}

/// The same by the map: incidents, cameras, agents, commands.
#[tokio::test]
async fn what_lies_in_another_area_does_not_exist() {
    let app = TestApp::new().await;
    let own = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let (foreign, piece) = app.with_clip("hue-02", b"a clip", "video/mp4").await;
    app.agent("hue-01").await;
    let ring = json!([[
        [107.4, 16.4],
        [107.6, 16.4],
        [107.6, 16.6],
        [107.4, 16.6],
        [107.4, 16.4]
    ]]);
    let areas = json!({ "type": "FeatureCollection", "features": [{
        "type": "Feature",
        "properties": { "id": "dong", "name": "Đông", "from": "2025-07-01" },
        "geometry": { "type": "Polygon", "coordinates": ring },
    }]});
    let set = json!({ "version": 0, "areas": areas }).to_string();
    let json_type = [("content-type", "application/json")];
    let set = app
        .administrator()
        .await
        .send(Method::PUT, "/api/v1/setup/areas", &json_type, set.into())
        .await;
    assert_eq!(set.status, StatusCode::OK, "{:?}", set.json());
    let scope = Scope {
        areas: vec![casework::area::AreaId("dong".to_owned())],
        ..Scope::default()
    };
    app.account("phuong", Role::Administrator, None, scope)
        .await;
    let client = app.logged_in("phuong").await;

    let of = |list: Value, key: &str| {
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item[key].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(client.get("/api/v1/incidents").await.json(), "id"),
        [own.as_str()]
    );
    assert_eq!(
        of(client.get("/api/v1/cameras").await.json(), "agent"),
        ["hue-01"]
    );
    assert_eq!(
        of(client.get("/api/v1/agents").await.json(), "id"),
        ["hue-01"]
    );
    assert_eq!(
        client.get(&format!("/api/v1/incidents/{own}")).await.status,
        StatusCode::OK
    );
    for path in [
        format!("/api/v1/incidents/{foreign}"),
        format!("/api/v1/incidents/{foreign}/bundle"),
        format!("/api/v1/incidents/{foreign}/evidence/{piece}?purpose=review"),
        "/api/v1/agents/hue-02/desired".to_owned(),
        "/api/v1/agents/hue-02/commands".to_owned(),
        "/api/v1/agents/hue-02/chain".to_owned(),
        "/api/v1/agents/hue-02/keys".to_owned(),
    ] {
        client.get(&path).await.is_problem(404, "not_found");
    }
    let snapshot = json!({ "action": { "type": "snapshot", "camera": "cam-1" } });
    client
        .post("/api/v1/agents/hue-02/commands", &snapshot)
        .await
        .is_problem(404, "not_found");
    let given = client
        .post("/api/v1/agents/hue-01/commands", &snapshot)
        .await;
    assert_eq!(given.status, StatusCode::CREATED, "{:?}", given.json());
}
