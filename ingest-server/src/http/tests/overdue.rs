//! Lists of a month: whose are read by whom, and in which form.

use casework::clock::Running;
use casework::deadline::{Stage, Track};
use casework::lifecycle::OpenedBy;
use casework::policy::Policy;
use casework::routing::Source;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::app::{Client, TestApp};
use crate::incident::IncidentId;
use crate::people::{Role, Scope};
use crate::store::entity::incident;
use crate::store::{self, SetupKind, Timing};

const UNITS: &str = r#"
    units = [
        { id = "cap-nuoc", name = "Cấp nước" },
        { id = "to-1", name = "Tổ 1", parent = "cap-nuoc" },
        { id = "phuong-1", name = "Phường 1" },
    ]
"#;

async fn set_units(app: &TestApp) {
    let policy = Policy::from_toml(&format!("{UNITS}\n{}", Policy::shipped_text())).unwrap();
    let body = policy.to_json().unwrap().to_string();
    let tx = app.store.begin().await.unwrap();
    let by = ("quan-tri", None);
    store::insert_setup(&tx, SetupKind::Policy, 0, by, body, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// An incident of the unit, overdue since the 10th of October 2026.
async fn late(app: &TestApp, number: i64, unit: &str, complained_of: Option<&str>) {
    let missed: Timestamp = "2026-10-10T02:00:00Z".parse().unwrap();
    let began = missed - SignedDuration::from_hours(120);
    let id = IncidentId::new();
    let row = incident::Model {
        number,
        kind: "infrastructure".to_owned(),
        detail: "water".to_owned(),
        severity: "medium".to_owned(),
        urgency: "normal".to_owned(),
        camera_phase: "raised".to_owned(),
        state: "in_progress".to_owned(),
        lead_unit: Some(unit.to_owned()),
        complained_of: complained_of.map(str::to_owned),
        ..incident::Model::opened(id, OpenedBy::Reporter, Source::Staff, began)
    };
    let clock = Running {
        track: Track {
            stage: Stage::Process,
            began,
            done: None,
            pauses: Vec::new(),
        },
        round: 0,
        warned: None,
        missed: Some(missed),
    };
    let tx = app.store.begin().await.unwrap();
    store::insert_incident(&tx, row).await.unwrap();
    store::put_clocks(&tx, id, &[clock], Timing::default())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn numbers(client: &Client<'_>, query: &str) -> Vec<i64> {
    let list = client
        .get(&format!("/api/v1/overdue-list?month=2026-10{query}"))
        .await;
    assert_eq!(list.status, 200, "{query}: {:?}", list.json());
    let list = list.json();
    let items = list["items"].as_array().unwrap().iter();
    items.filter_map(|item| item["number"].as_i64()).collect()
}

#[tokio::test]
async fn a_unit_reads_its_own_list_and_those_below_and_no_other() {
    let app = TestApp::new().await;
    set_units(&app).await;
    late(&app, 1, "cap-nuoc", None).await;
    late(&app, 2, "to-1", None).await;
    late(&app, 3, "phuong-1", None).await;
    // Of a matter that is complained of the unit hears nothing, however it came to lie there.
    late(&app, 4, "to-1", Some("cap-nuoc")).await;
    app.account(
        "minh",
        Role::AgencyLeader,
        Some("cap-nuoc"),
        Scope::default(),
    )
    .await;
    let (unit, operator) = (app.logged_in("minh").await, app.operator().await);
    assert_eq!(numbers(&unit, "").await, [1, 2]);
    assert_eq!(numbers(&unit, "&unit=to-1").await, [2]);
    let other = "/api/v1/overdue-list?month=2026-10&unit=phuong-1";
    unit.get(other).await.is_problem(404, "not_found");
    assert_eq!(numbers(&operator, "").await, [1, 2, 3, 4]);
    assert_eq!(numbers(&operator, "&unit=phuong-1").await, [3]);
    let none = operator
        .get("/api/v1/overdue-list?month=2026-09")
        .await
        .json();
    assert_eq!(none["items"], json!([]));
    assert!(
        none["text"]
            .as_str()
            .unwrap()
            .contains("không có việc quá hạn"),
        "{none}"
    );
    for month in ["2026-13", "october", ""] {
        let path = format!("/api/v1/overdue-list?month={month}");
        operator.get(&path).await.is_problem(400, "invalid_request");
    }
    // As a file for a spreadsheet, in the language of who asks.
    let path = format!("{other}&format=csv");
    let table = operator.get_with(&path, &[("accept-language", "en")]).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        table
            .header("content-disposition")
            .contains("overdue-2026-10-phuong-1.csv")
    );
    let text = String::from_utf8(table.body.to_vec()).unwrap();
    assert!(text.contains("Number,Category,Unit"), "{text}");
    let plain = operator.get(&format!("{other}&format=text")).await;
    assert_eq!(plain.header("content-type"), "text/plain; charset=utf-8");
    app.anon()
        .get(other)
        .await
        .is_problem(401, "unauthenticated");
}
