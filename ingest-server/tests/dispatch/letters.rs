//! Monthly lists: what a unit let become overdue, to it and to who asks, once however many servers there are.

use casework::clock::Running;
use casework::deadline::{Stage, Track};
use casework::lifecycle::OpenedBy;
use casework::overdue::Month;
use casework::policy::Policy;
use casework::routing::Source;
use contract::v1::{EventType, UnitLetter, decode};
use ingest_server::incident::IncidentId;
use ingest_server::store::entity::incident;
use ingest_server::store::{self, SetupKind, Store, Timing};
use jiff::{SignedDuration, Timestamp};
use notice::State;
use serde_json::json;

use crate::peers::Receiver;
use crate::site::Site;
use crate::smtp::{MailDesk, Offer, Said};

const UNITS: &str = r#"
    units = [
        { id = "cap-nuoc", name = "Cấp nước" },
        { id = "to-1", name = "Tổ 1", parent = "cap-nuoc" },
        { id = "phuong-1", name = "Phường 1" },
    ]
"#;

fn targets(hook: &str, mail: u16) -> String {
    format!(
        r#"
        [smtp]
        host = "localhost"
        port = {mail}
        security = "none"
        from = "Trung tâm <vong@example.vn>"

        [[target]]
        name = "nuoc-web"
        unit = "cap-nuoc"
        kinds = ["infrastructure"]
        send_on = ["overdue_list"]
        channel = {{ type = "webhook", url = "{hook}", secret_file = "secret", private_network = "allow" }}

        [[target]]
        name = "phuong-mail"
        unit = "phuong-1"
        kinds = ["encroachment"]
        send_on = ["overdue_list"]
        channel = {{ type = "email", to = ["chu-tich@example.vn"] }}
        "#
    )
}

fn policy() -> Policy {
    // The list of the month before is there from the first moment of a month on.
    let text = Policy::shipped_text().replace("hour = 8", "hour = 0");
    Policy::from_toml(&format!("{UNITS}\n{text}")).unwrap()
}

/// An incident of a unit whose stage became overdue then.
async fn late(store: &Store, number: i64, unit: &str, stage: Stage, missed: Timestamp) {
    let began = missed - SignedDuration::from_hours(24 * 5);
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
        ..incident::Model::opened(id, OpenedBy::Reporter, Source::Staff, began)
    };
    let clock = Running {
        track: Track {
            stage,
            began,
            done: None,
            pauses: Vec::new(),
        },
        round: 0,
        warned: None,
        missed: Some(missed),
    };
    let tx = store.begin().await.unwrap();
    store::insert_incident(&tx, row).await.unwrap();
    store::put_clocks(&tx, id, &[clock], Timing::default())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Three stages late in the month before, one of them a stage of the centre; and one of this month.
async fn prepare(store: &Store) {
    let policy = policy();
    let now = Timestamp::now();
    let this = Month::at(now, &policy.zone);
    let day =
        |month: Month, day: i64| month.span(&policy.zone).0 + SignedDuration::from_hours(24 * day);
    let body = policy.to_json().unwrap().to_string();
    let tx = store.begin().await.unwrap();
    let by = ("quan-tri", None);
    store::insert_setup(&tx, SetupKind::Policy, 0, by, body, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    late(store, 8, "cap-nuoc", Stage::Process, day(this.before(), 10)).await;
    late(store, 9, "to-1", Stage::Answer, day(this.before(), 12)).await;
    late(store, 10, "cap-nuoc", Stage::Verify, day(this.before(), 13)).await;
    late(store, 11, "cap-nuoc", Stage::Process, day(this, 0)).await;
}

#[tokio::test]
async fn each_unit_is_sent_its_list_of_the_month_before_once() {
    let hook = Receiver::start(&[503]).await;
    let mut desk = MailDesk::start(Offer::Nothing);
    let site = Site::prepared(&targets(&hook.url, desk.port), prepare).await;
    site.another_dispatcher();
    let now = Timestamp::now();
    let month = Month::at(now, &policy().zone).before();

    // The unit and who is below it, in one list; what is the centre's, and of another month, is not in it.
    let got = hook.wait(1).await;
    let told = decode::<UnitLetter>(&got[0].body, EventType::UnitLetter)
        .unwrap()
        .data;
    assert_eq!(
        (told.unit.as_str(), told.month),
        ("cap-nuoc", month.to_string())
    );
    let numbers: Vec<u64> = told.items.iter().map(|item| item.number).collect();
    assert_eq!(numbers, [8, 9]);
    assert_eq!(told.items[1].unit.as_str(), "to-1");
    assert!(told.text.contains("2 lượt quá hạn"), "{}", told.text);

    // Who has nothing overdue hears that, with the table beside it.
    assert!(matches!(desk.next().await, Said::From(_)));
    let Said::Mail(mail) = desk.next().await else {
        panic!("no mail came");
    };
    assert!(
        mail.contains("multipart/mixed") && mail.contains("text/csv"),
        "{mail}"
    );
    assert!(
        mail.contains(&format!("overdue-{month}-phuong-1.csv")),
        "{mail}"
    );

    // However often it is looked, by however many servers.
    assert_eq!(site.dispatch.make_letters(now).await.unwrap(), 0);
    let letters = store::letters(&site.store, 10).await.unwrap();
    assert_eq!(letters.len(), 2);
    let of_hook = letters.iter().find(|one| one.target == "nuoc-web").unwrap();
    assert_eq!((of_hook.id, of_hook.items.len()), (told.letter, 2));
    // It was busy; it is asked again later, and nobody else in between.
    let end = tokio::time::Instant::now() + crate::site::DEADLINE;
    loop {
        let letters = store::letters(&site.store, 10).await.unwrap();
        let state = |target| {
            letters
                .iter()
                .find(|one| one.target == target)
                .unwrap()
                .state
        };
        if (state("nuoc-web"), state("phuong-mail")) == (State::Queued, State::Sent) {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "{letters:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let waits = store::letters(&site.store, 10).await.unwrap();
    let waits = waits.iter().find(|one| one.target == "nuoc-web").unwrap();
    assert_eq!(waits.failure.as_deref(), Some("busy"));
    assert_eq!(hook.got().len(), 1);

    // Anybody with the right reads a list at any time, as people and as their spreadsheets do.
    let operator = site.person("lan").await;
    let path = format!("/api/v1/overdue-list?unit=cap-nuoc&month={month}");
    let list = operator.get(&path).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");
    assert_eq!(list["items"][0]["category"], "infrastructure/water");
    let table = operator.text(&format!("{path}&format=csv")).await;
    assert!(table.starts_with("\u{feff}Số,Loại việc"), "{table}");
    assert_eq!(table.lines().count(), 3);
    // This month so far, where none is named.
    let so_far = operator.get("/api/v1/overdue-list?unit=cap-nuoc").await;
    let numbers: Vec<_> = so_far["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["number"])
        .collect();
    assert_eq!(numbers, [8, 9, 11]);
    let sent = site
        .person("quan-tri")
        .await
        .get("/api/v1/overdue-letters")
        .await;
    assert_eq!(sent["letters"].as_array().map(Vec::len), Some(2), "{sent}");
}

#[tokio::test]
async fn a_list_that_was_refused_is_sent_again_when_somebody_says_so() {
    let hook = Receiver::start(&[410]).await;
    let mut desk = MailDesk::start(Offer::Nothing);
    let site = Site::prepared(&targets(&hook.url, desk.port), prepare).await;
    assert!(matches!(desk.next().await, Said::From(_)));
    let administrator = site.person("quan-tri").await;
    let in_state = async |wanted: &str| {
        let end = tokio::time::Instant::now() + crate::site::DEADLINE;
        loop {
            let all = administrator.get("/api/v1/overdue-letters").await;
            let letters = all["letters"].as_array().cloned().unwrap_or_default();
            let of_hook = letters.into_iter().find(|one| one["target"] == "nuoc-web");
            if let Some(found) = of_hook.filter(|one| one["state"] == wanted) {
                return found;
            }
            assert!(tokio::time::Instant::now() < end, "{all}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let dead = in_state("dead").await;
    assert_eq!(dead["failure"], "rejected");
    let id = dead["id"].as_str().unwrap();
    let replay = format!("/api/v1/overdue-letters/{id}/replay");
    let (status, queued) = administrator.post(&replay, &json!({})).await;
    assert_eq!((status, &queued["state"]), (200, &json!("queued")));
    assert_eq!(in_state("sent").await["attempts"], 2);
    assert_eq!(hook.got().len(), 2);
    let nobody = "/api/v1/overdue-letters/0196f1a0-1111-7000-8000-000000000001/replay";
    assert_eq!(administrator.post(nobody, &json!({})).await.0, 404);
    let stranger = reqwest::Client::new().post(format!("{}{replay}", site.http));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
}
