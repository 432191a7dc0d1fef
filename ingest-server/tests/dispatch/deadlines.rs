//! Time and units: a unit is warned before a deadline and told when it has passed, and so is who watches over all;
//! whom a complaint is about hears nothing. Units and rules are data of this test.

use casework::lifecycle::{Action, OpenedBy, Step};
use casework::people::{Actor, Person, Role};
use casework::policy::Policy;
use casework::routing::Source;
use contract::v1::{EventType, UnitCase, UnitReview, UnitWord, decode};
use ingest_server::changes::ChangeBus;
use ingest_server::incident::IncidentId;
use ingest_server::office::Offices;
use ingest_server::review::{Timekeeper, Wish, take_step};
use ingest_server::store::entity::incident;
use ingest_server::store::{self, CaseFact, SetupKind};
use jiff::{SignedDuration, Timestamp};

use crate::peers::Receiver;
use crate::site::Site;

const UNITS: &str = r#"
    units = [
        { id = "thanh-pho", name = "Thành phố" },
        { id = "cap-nuoc", name = "Cấp nước", parent = "thanh-pho" },
        { id = "phuong-1", name = "Phường 1", parent = "thanh-pho" },
    ]
    rules = [{ name = "nuoc", when = { category = ["infrastructure"] }, lead = "cap-nuoc" }]
"#;

fn targets(unit: &str, lead: &str, ward: &str) -> String {
    let hook = |name: &str, unit: &str, send_on: &str, url: &str| {
        format!(
            r#"
            [[target]]
            name = "{name}"
            unit = "{unit}"
            kinds = ["infrastructure"]
            send_on = ["{send_on}"]
            channel = {{ type = "webhook", url = "{url}", secret_file = "secret", private_network = "allow" }}
            "#
        )
    };
    let mqtt = r#"
        [[target]]
        name = "nuoc-mqtt"
        unit = "cap-nuoc"
        kinds = ["infrastructure"]
        send_on = ["routed"]
        channel = { type = "mqtt" }
    "#;
    [
        mqtt.to_owned(),
        hook("nuoc-web", "cap-nuoc", "deadlines", unit),
        hook("ca-truc", "trung-tam", "all_deadlines", lead),
        hook("phuong", "phuong-1", "deadlines", ward),
    ]
    .concat()
}

async fn set_policy(site: &Site) {
    let policy = Policy::from_toml(&format!("{UNITS}\n{}", Policy::shipped_text())).unwrap();
    let body = policy.to_json().unwrap().to_string();
    let tx = site.store.begin().await.unwrap();
    let by = ("quan-tri", None);
    store::insert_setup(&tx, SetupKind::Policy, 0, by, body, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// A water leak that people told of so many hours ago, urgent, and confirmed at once.
async fn leak(site: &Site, hours: i64) -> IncidentId {
    let then = Timestamp::now() - SignedDuration::from_hours(hours);
    let id = IncidentId::new();
    let row = incident::Model {
        number: 100 + hours,
        kind: "infrastructure".to_owned(),
        detail: "water_leak".to_owned(),
        severity: "medium".to_owned(),
        urgency: "urgent".to_owned(),
        camera_phase: "raised".to_owned(),
        told: Some(
            serde_json::json!({ "reports": 2, "severity": "medium", "start": then.as_microsecond() })
                .to_string(),
        ),
        ..incident::Model::opened(id, OpenedBy::Reporter, Source::Staff, then)
    };
    let tx = site.store.begin().await.unwrap();
    store::insert_incident(&tx, row).await.unwrap();
    tx.commit().await.unwrap();
    for action in [Action::MarkEligible, Action::Confirm] {
        step(site, id, action, then).await;
    }
    id
}

async fn step(site: &Site, id: IncidentId, action: Action, at: Timestamp) {
    let who = Actor::Person(Person {
        name: "lan".to_owned(),
        role: Role::Operator,
        unit: None,
    });
    let tx = site.store.begin().await.unwrap();
    let office = Offices::default().in_force(&tx).await.unwrap();
    let step = Step { action, note: None };
    let wish = Wish {
        incident: id,
        version: None,
        who: &who,
        step: &step,
        at,
    };
    take_step(&tx, &office, wish).await.unwrap();
    tx.commit().await.unwrap();
}

fn keeper(site: &Site) -> Timekeeper {
    Timekeeper {
        store: site.store.clone(),
        offices: Offices::default(),
        changes: ChangeBus::default(),
    }
}

fn told(body: &[u8]) -> UnitCase {
    decode::<UnitCase>(body, EventType::UnitCase).unwrap().data
}

/// What a receiver was told of an incident, each message's text.
fn texts(hook: &Receiver, id: IncidentId) -> Vec<String> {
    let all = hook.got().into_iter().map(|got| told(&got.body));
    all.filter(|case| case.incident == id.as_uuid())
        .map(|case| case.text)
        .collect()
}

#[tokio::test]
async fn a_unit_is_warned_and_told_and_so_is_who_watches_over_all() {
    let (unit, lead, ward) = (
        Receiver::start(&[]).await,
        Receiver::start(&[]).await,
        Receiver::start(&[]).await,
    );
    let site = Site::start(&targets(&unit.url, &lead.url, &ward.url)).await;
    set_policy(&site).await;
    let mut mqtt = site.unit("cap-nuoc").await;
    mqtt.subscribe("vong/v1/units/cap-nuoc/incidents").await;

    // Given to the unit, what no camera has a word for reaches it too.
    let near = leak(&site, 21).await;
    let given = told(&mqtt.receive().await.payload);
    assert_eq!((given.incident, given.reports), (near.as_uuid(), 2));
    assert_eq!(given.category, "infrastructure/water_leak");
    assert_eq!(
        (given.word, given.review),
        (UnitWord::Alert, UnitReview::Confirmed)
    );
    assert_eq!(given.cause, "routed");
    assert!(
        given.headline.contains("Hạ tầng (sự cố số 121)"),
        "{}",
        given.headline
    );
    assert!(unit.got().is_empty() && lead.got().is_empty());

    // Two servers look at the clocks; one of them again.
    let (one, another) = (keeper(&site), keeper(&site));
    let now = Timestamp::now();
    let (first, second) = tokio::join!(one.turn(now), another.turn(now));
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    one.turn(Timestamp::now()).await.unwrap();
    let whole = |texts: &[String]| {
        let all = texts.join("\n");
        [
            "Sắp đến hạn xử lý",
            "Sắp đến hạn trả lời",
            "cần gọi điện cho lead-unit",
        ]
        .iter()
        .all(|part| all.contains(part))
    };
    for hook in [&unit, &lead] {
        hook.wait_until("the warnings", |_| whole(&texts(hook, near)))
            .await;
        let all = texts(hook, near).join("\n");
        assert_eq!(all.matches("Sắp đến hạn xử lý").count(), 1, "{all}");
        assert!(all.contains("cap-nuoc"), "{all}");
    }
    let warned = told(&mqtt.receive().await.payload);
    assert_eq!(warned.word, UnitWord::Update);
    assert_eq!(warned.supersedes, [given.delivery]);
    assert!(warned.deadline.is_some());

    // Another is overdue when it is first looked at: the breach is told, and no warning.
    let missed = leak(&site, 25).await;
    one.turn(Timestamp::now()).await.unwrap();
    for hook in [&unit, &lead] {
        hook.wait_until("the breach", |_| {
            texts(hook, missed).join("\n").contains("Đã quá hạn xử lý")
        })
        .await;
        let all = texts(hook, missed).join("\n");
        assert!(!all.contains("Sắp đến hạn"), "{all}");
    }
    // A ward that has nothing to do with it was told nothing.
    assert!(ward.got().is_empty());
    let list = site.person("lan").await;
    let list = list
        .get(&format!("/api/v1/incidents/{missed}/deliveries"))
        .await;
    let causes: Vec<&str> = list["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["cause"].as_str())
        .collect();
    assert!(causes.contains(&"deadline_missed"), "{causes:?}");
}

#[tokio::test]
async fn whom_a_complaint_is_about_is_told_nothing_of_it() {
    let (unit, lead, ward) = (
        Receiver::start(&[]).await,
        Receiver::start(&[]).await,
        Receiver::start(&[]).await,
    );
    // The target above the one that is complained of hears of it, the one below does not.
    let text =
        targets(&unit.url, &lead.url, &ward.url).replace("\"deadlines\"", "\"all_deadlines\"");
    let site = Site::start(&text).await;
    set_policy(&site).await;
    let id = leak(&site, 25).await;
    let tx = site.store.begin().await.unwrap();
    let fact = CaseFact::ComplainedOf(Some("phuong-1"));
    store::write_case_fact(&tx, id, fact, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    keeper(&site).turn(Timestamp::now()).await.unwrap();
    for hook in [&unit, &lead] {
        hook.wait_until("the breach", |_| !texts(hook, id).is_empty())
            .await;
    }
    site.deliveries("every notice to be told", |all| {
        !all.is_empty()
            && all
                .iter()
                .all(|one| one.sent_at.is_some() || one.state == notice::State::Superseded)
    })
    .await;
    assert!(ward.got().is_empty(), "{:?}", texts(&ward, id));
}
