//! How incidents are worked, over the API: steps, undo, the desk, many at once, and the documents behind them.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::app::{Answer, Client, TestApp, report};
use crate::people::{Role, Scope};

const POLICY: &str = r#"
    units = [{ id = "trat-tu", name = "Đội trật tự" }, { id = "phuong", name = "Phường" }]
    rules = [{ name = "gia-suc", when = { category = ["stray_cattle"], area = ["01"] }, lead = "trat-tu" }]
"#;

fn policy() -> Value {
    let text = format!("{POLICY}\n{}", casework::policy::Policy::shipped_text());
    let policy = casework::policy::Policy::from_toml(&text).unwrap();
    policy.to_json().unwrap()
}

fn areas() -> Value {
    json!({ "type": "FeatureCollection", "features": [{
        "type": "Feature",
        "properties": { "id": "01", "name": "Đông", "from": "2000-01-01", "aliases": ["Đông cũ"] },
        "geometry": { "type": "Polygon", "coordinates": [[[107, 16], [108, 16], [108, 17], [107, 17], [107, 16]]] },
    }] })
}

async fn put(client: &Client<'_>, path: &str, body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    client
        .send(Method::PUT, path, &json, body.to_string().into())
        .await
}

async fn step(client: &Client<'_>, id: &str, version: i64, step: Value) -> Answer {
    let body = json!({ "version": version, "step": step });
    client
        .post(&format!("/api/v1/incidents/{id}/steps"), &body)
        .await
}

#[tokio::test]
async fn a_step_shows_what_comes_next_and_is_taken_back() {
    let app = TestApp::new().await;
    let id = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let operator = app.operator().await;
    let path = format!("/api/v1/incidents/{id}/case");
    let new = operator.get(&path).await.json();
    assert_eq!(
        new["next_steps"],
        json!(["acknowledge", "confirm", "reject"])
    );
    assert_eq!(
        (&new["state"], &new["opened_by"], &new["urgency"]),
        (&json!("new"), &json!("camera"), &json!("normal"))
    );
    let stages = new["stages"].as_array().unwrap();
    assert!(stages.iter().all(|stage| stage["due"].is_string()));
    let confirmed = step(&operator, &id, 1, json!({ "action": "confirm" })).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{:?}", confirmed.json());
    let confirmed = confirmed.json();
    assert_eq!(
        (&confirmed["state"], &confirmed["undo"]["action"]),
        (&json!("confirmed"), &json!("confirm"))
    );
    let undo = format!("/api/v1/incidents/{id}/undo");
    let stale = operator.post(&undo, &json!({ "version": 1 })).await;
    stale.is_problem(409, "stale_version");
    let another = app.administrator().await;
    let refused = another.post(&undo, &json!({ "version": 2 })).await;
    refused.is_problem(409, "transition_refused");
    assert_eq!(refused.json()["reason"], "step_not_yours");
    let back = operator.post(&undo, &json!({ "version": 2 })).await.json();
    assert_eq!(
        (&back["state"], &back["version"]),
        (&json!("new"), &json!(3))
    );
}

#[tokio::test]
async fn what_is_refused_names_the_field_or_the_reason() {
    let app = TestApp::new().await;
    let id = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let operator = app.operator().await;
    #[rustfmt::skip]
    let bad = [
        (json!({ "action": "dance" }),                        "action"),
        (json!({ "action": "reject" }),                       "reason"),
        (json!({ "action": "reject", "reason": "bored" }),    "reason"),
        (json!({ "action": "route" }),                        "unit"),
        (json!({ "action": "route", "unit": "Đội" }),         "unit"),
        (json!({ "action": "defer", "day": "soon" }),         "day"),
    ];
    for (body, field) in bad {
        let answer = step(&operator, &id, 1, body).await;
        answer.is_problem(422, "invalid_fields");
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }
    #[rustfmt::skip]
    let refused = [
        (json!({ "action": "route", "unit": "trat-tu" }), "not_from_here"),
        (json!({ "action": "accept" }),                   "not_this_role"),
        (json!({ "action": "mark_eligible" }),            "not_from_here"),
    ];
    for (body, reason) in refused {
        let answer = step(&operator, &id, 1, body).await;
        answer.is_problem(409, "transition_refused");
        assert_eq!(answer.json()["reason"], reason);
        assert_ne!(answer.json()["detail"], reason, "it is said in words");
    }
}

#[tokio::test]
async fn who_holds_an_incident_keeps_others_from_deciding() {
    let app = TestApp::new().await;
    let id = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let (operator, lead) = (app.operator().await, app.administrator().await);
    let claim = format!("/api/v1/incidents/{id}/claim");
    let held = put(&operator, &claim, &json!({ "grip": "ordinary" })).await;
    assert_eq!(held.json()["claim"]["by"], "lan");
    assert_eq!(held.json()["version"], 1, "a claim makes nothing stale");
    let theirs = step(&lead, &id, 1, json!({ "action": "confirm" })).await;
    theirs.is_problem(409, "claimed_by_another");
    put(&lead, &claim, &json!({ "grip": "ordinary" }))
        .await
        .is_problem(409, "claimed_by_another");
    let grip = json!({ "grip": "take_over" });
    put(&operator, &claim, &grip)
        .await
        .is_problem(409, "transition_refused");
    let taken = put(&lead, &claim, &grip).await;
    assert_eq!(taken.json()["claim"]["by"], "quan-tri");
    let page = operator.get("/api/v1/incidents").await.json();
    assert_eq!(page["items"][0]["claimed_by"], "quan-tri");
    lead.delete(&claim).await;
    let mine = step(&operator, &id, 1, json!({ "action": "confirm" })).await;
    assert_eq!(mine.status, StatusCode::OK);
}

#[tokio::test]
async fn the_desk_sets_aside_stops_clocks_and_says_how_urgent() {
    let app = TestApp::new().await;
    let id = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let operator = app.operator().await;
    let path = |what: &str| format!("/api/v1/incidents/{id}/{what}");
    let aside = json!({ "minutes": 60, "why": "chờ đội tuần tra" });
    let shelved = put(&operator, &path("shelf"), &aside).await.json();
    assert_eq!(shelved["shelf"]["why"], "chờ đội tuần tra");
    for (body, reason) in [
        (json!({ "minutes": 60, "why": " " }), "shelf_no_reason"),
        (json!({ "minutes": 481, "why": "x" }), "shelf_bad_length"),
    ] {
        let refused = put(&operator, &path("shelf"), &body).await;
        refused.is_problem(409, "transition_refused");
        assert_eq!(refused.json()["reason"], reason);
    }
    let listed = async |query: &str| {
        let page = operator.get(&format!("/api/v1/incidents?{query}")).await;
        page.json()["items"].as_array().unwrap().len()
    };
    assert_eq!(listed("shelf=hidden").await, 0);
    assert_eq!(listed("shelf=only").await, 1);
    assert_eq!(listed("").await, 1);
    operator
        .get("/api/v1/incidents?shelf=top")
        .await
        .is_problem(400, "invalid_request");
    let back = operator.delete(&path("shelf")).await.json();
    assert_eq!(back["shelf"], Value::Null);
    let waiting = json!({ "reason": "waiting_for_reporter" });
    let paused = put(&operator, &path("pause"), &waiting).await.json();
    assert_eq!(paused["paused"], "waiting_for_reporter");
    assert!(
        paused["stages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|stage| stage["due"].is_null())
    );
    put(&operator, &path("pause"), &json!({ "reason": "deferred" }))
        .await
        .is_problem(422, "invalid_fields");
    let on = operator.delete(&path("pause")).await.json();
    assert_eq!(on["paused"], Value::Null);
    let urgent = put(&operator, &path("urgency"), &json!({ "urgency": "urgent" })).await;
    assert_eq!(urgent.json()["urgency"], "urgent");
    let detail = operator
        .get(&format!("/api/v1/incidents/{id}"))
        .await
        .json();
    let did: Vec<&str> = detail["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        did,
        [
            "open",
            "shelve",
            "unshelve",
            "pause",
            "go_on",
            "set_urgency"
        ]
    );
    let fire = report("hue-01", "cam-2", 1, "raised");
    let fire = contract::v1::AutoReport {
        kind: contract::v1::Kind::FireSmoke,
        detail: "smoke".to_owned(),
        ..fire
    };
    let fire = app.take(&fire).await;
    let refused = put(
        &operator,
        &format!("/api/v1/incidents/{fire}/shelf"),
        &aside,
    )
    .await;
    assert_eq!(refused.json()["reason"], "shelf_fire");
}

#[tokio::test]
async fn many_are_decided_at_once_and_each_says_what_became_of_it() {
    let app = TestApp::new().await;
    let mut items = Vec::new();
    for camera in ["cam-1", "cam-2", "cam-3"] {
        let id = app.take(&report("hue-01", camera, 1, "raised")).await;
        items.push(json!({ "id": id, "version": 1 }));
    }
    items[1]["version"] = json!(7);
    let operator = app.operator().await;
    let body = json!({
        "items": items,
        "step": { "action": "reject", "reason": "false_detection" },
    });
    let answer = operator.post("/api/v1/bulk/steps", &body).await.json();
    let told: Vec<(Option<i64>, Option<&str>)> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["version"].as_i64(), item["code"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(2), None),
            (None, Some("stale_version")),
            (Some(2), None)
        ]
    );
    let none = json!({ "items": [], "step": { "action": "confirm" } });
    operator
        .post("/api/v1/bulk/steps", &none)
        .await
        .is_problem(400, "invalid_request");
}

#[tokio::test]
async fn rules_are_set_rehearsed_and_route_what_is_confirmed() {
    let app = TestApp::new().await;
    let id = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let (operator, admin) = (app.operator().await, app.administrator().await);
    let shipped = operator.get("/api/v1/setup/policy").await.json();
    assert_eq!(
        (&shipped["version"], &shipped["policy"]["units"]),
        (&json!(0), &json!([]))
    );
    let setting = json!({ "version": 0, "policy": policy() });
    put(&operator, "/api/v1/setup/policy", &setting)
        .await
        .is_problem(403, "not_allowed");
    // Before the map is there, the rule's area is unknown: told at once, and again at each incident.
    let set = put(&admin, "/api/v1/setup/policy", &setting).await;
    assert_eq!(set.json()["unknown_areas"], json!(["01"]));
    let proposed = format!("/api/v1/incidents/{id}/proposed-route");
    let tray = operator.get(&proposed).await.json();
    assert_eq!(
        (&tray["lead"], &tray["reasons"][0]["verdict"]),
        (&Value::Null, &json!("broken"))
    );
    let map = json!({ "version": 0, "areas": areas() });
    let set = put(&admin, "/api/v1/setup/areas", &map).await;
    assert_eq!(
        (&set.json()["unknown_areas"], &set.json()["areas_version"]),
        (&json!([]), &json!(1))
    );
    put(&admin, "/api/v1/setup/areas", &map)
        .await
        .is_problem(409, "stale_document");
    let kept = operator.get("/api/v1/setup/areas").await.json();
    assert_eq!(kept["areas"], areas());

    let mut other = policy();
    other["rules"][0]["lead"] = json!("phuong");
    let rehearsal = json!({ "policy": other, "days": 90 });
    let found = admin
        .post("/api/v1/setup/policy/rehearsals", &rehearsal)
        .await
        .json();
    assert_eq!(
        found,
        json!({
            "looked_at": 1, "taken": { "gia-suc": 1 }, "common_tray": 0, "broken": {},
            "moved": [{ "id": id, "number": 1, "now": "trat-tu", "then": "phuong" }],
        })
    );

    let routed = step(&operator, &id, 1, json!({ "action": "confirm" })).await;
    let routed = routed.json();
    assert_eq!(
        (&routed["state"], &routed["lead"], &routed["route"]["rule"]),
        (&json!("routed"), &json!("trat-tu"), &json!("gia-suc"))
    );
    let accused = json!({ "unit": "trat-tu" });
    let refused = put(
        &operator,
        &format!("/api/v1/incidents/{id}/complaint"),
        &accused,
    )
    .await;
    assert_eq!(refused.json()["reason"], "would_go_to_accused");
}

#[tokio::test]
async fn a_document_that_is_none_is_refused_with_its_key() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let mut bad = policy();
    bad["desk"]["undo_minutes"] = json!(0);
    let answer = put(
        &admin,
        "/api/v1/setup/policy",
        &json!({ "version": 0, "policy": bad }),
    )
    .await;
    answer.is_problem(400, "invalid_request");
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains("desk.undo_minutes"), "{detail}");
    let mut bad = areas();
    bad["features"][0]["properties"]["from"] = json!("hôm qua");
    let answer = put(
        &admin,
        "/api/v1/setup/areas",
        &json!({ "version": 0, "areas": bad }),
    )
    .await;
    answer.is_problem(400, "invalid_request");
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains("feature 0: property from"), "{detail}");
    let now = admin.get("/api/v1/setup/policy").await.json();
    assert_eq!(now["version"], 0, "nothing of them stands");
}

/// Stray cattle, from the camera to the published answer, by the hands of three people.
#[tokio::test]
async fn an_incident_goes_from_the_centre_to_its_unit_and_back() {
    let app = TestApp::new().await;
    let unit = |name, role, of| app.account(name, role, Some(of), Scope::default());
    unit("minh", Role::AgencyHandler, "phuong").await;
    unit("hoa", Role::AgencyLeader, "phuong").await;
    unit("tu", Role::AgencyHandler, "trat-tu").await;
    let admin = app.administrator().await;
    let mut document = policy();
    document["rules"][0] = json!({ "name": "gia-suc", "lead": "phuong" });
    let set = json!({ "version": 0, "policy": document });
    put(&admin, "/api/v1/setup/policy", &set).await;

    let id = app.take(&report("hue-01", "cam-1", 1, "raised")).await;
    let case = format!("/api/v1/incidents/{id}/case");
    let (handler, leader) = (app.logged_in("minh").await, app.logged_in("hoa").await);
    handler.get(&case).await.is_problem(404, "not_found");
    let operator = app.operator().await;
    step(&operator, &id, 1, json!({ "action": "confirm" })).await;
    let other = app.logged_in("tu").await;
    other.get(&case).await.is_problem(404, "not_found");
    let theirs = handler.get(&case).await.json();
    assert_eq!(
        (&theirs["lead"], &theirs["next_steps"]),
        (&json!("phuong"), &json!(["accept", "return", "pass_down"]))
    );
    let done = json!({ "action": "answer", "note": "đã đưa bò về chuồng" });
    let silent = step(&handler, &id, 3, json!({ "action": "accept" })).await;
    assert_eq!(silent.status, StatusCode::OK, "{:?}", silent.json());
    let wordless = step(&handler, &id, 4, json!({ "action": "answer" })).await;
    assert_eq!(wordless.json()["reason"], "note_missing");
    step(&handler, &id, 4, done).await;
    let early = step(&operator, &id, 5, json!({ "action": "publish" })).await;
    assert_eq!(early.json()["reason"], "approval_first");
    let own = step(&handler, &id, 5, json!({ "action": "approve" })).await;
    assert_eq!(own.json()["reason"], "not_this_role");
    step(&leader, &id, 5, json!({ "action": "approve" })).await;
    let public = step(&operator, &id, 6, json!({ "action": "publish" })).await;
    let public = public.json();
    assert_eq!(
        (&public["state"], &public["state_detail"]),
        (&json!("published"), &json!("done"))
    );
    assert!(public["published_at"].is_string());
}
