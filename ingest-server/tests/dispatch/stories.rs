//! Stories as a city would tell them, from the wire to the citizen's page: a herd that a camera and three
//! citizens see, a leak told by telephone that nobody mends in time, a forest fire that two towers see, two sides of
//! one street.
//!
//! Places, names and units are data of this test.

use contract::v1::{EventId, UnitReview, UnitWord};
use ingest_server::office::Offices;
use ingest_server::people::Role;
use ingest_server::review::Timekeeper;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::site::{AGENT, Person, Site};

const POLICY: &str = r#"
    units = [
        { id = "trat-tu", name = "Đội trật tự đô thị" },
        { id = "cap-nuoc", name = "Công ty cấp nước" },
        { id = "kiem-lam", name = "Hạt kiểm lâm" },
    ]
    rules = [
        { name = "gia-suc", when = { category = ["stray_cattle"] }, lead = "trat-tu" },
        { name = "ro-ri", when = { category = ["infrastructure"] }, lead = "cap-nuoc" },
        { name = "chay", when = { category = ["fire_smoke"] }, lead = "kiem-lam" },
    ]
"#;

/// A site with units, their people, and rules that say whose what is.
async fn city(targets: &str) -> Site {
    let site = Site::start(targets).await;
    for unit in ["trat-tu", "cap-nuoc", "kiem-lam"] {
        let (handler, leader) = (format!("{unit}-truc"), format!("{unit}-truong"));
        site.account(&handler, Role::AgencyHandler, Some(unit))
            .await;
        site.account(&leader, Role::AgencyLeader, Some(unit)).await;
    }
    let text = format!("{POLICY}\n{}", casework::policy::Policy::shipped_text());
    let policy = casework::policy::Policy::from_toml(&text).unwrap();
    let body = json!({ "version": 0, "policy": policy.to_json().unwrap() });
    let (status, answer) = site
        .person("quan-tri")
        .await
        .put("/api/v1/setup/policy", &body)
        .await;
    assert_eq!(status, 200, "{answer}");
    site
}

/// A citizen on the portal's page.
async fn reports(site: &Site, words: &Value) -> String {
    let (status, told) = site.citizen("/api/v1/public/reports", words).await;
    assert_eq!(status, 201, "{told}");
    told["code"].as_str().unwrap().to_owned()
}

async fn follows(site: &Site, code: &str) -> Value {
    let url = format!("{}/api/v1/public/reports/{code}", site.http);
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

async fn tells(site: &Site, code: &str, what: &str, words: &Value) -> Value {
    let path = format!("/api/v1/public/reports/{code}/{what}");
    let (status, told) = site.citizen(&path, words).await;
    assert_eq!(status, 200, "{told}");
    told
}

/// The only incident there is.
async fn the_incident(person: &Person) -> Value {
    let list = person.get("/api/v1/incidents").await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "one thing, one incident: {list}");
    let id = items[0]["id"].as_str().unwrap();
    person.get(&format!("/api/v1/incidents/{id}")).await
}

fn did(incident: &Value) -> Vec<&str> {
    let history = incident["history"].as_array().unwrap();
    history
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect()
}

/// The unit takes it over, deals with it, and its leader stands for the answer.
async fn is_dealt_with(site: &Site, unit: &str, incident: &str, answer: &str) {
    let handler = site.person(&format!("{unit}-truc")).await;
    let leader = site.person(&format!("{unit}-truong")).await;
    for step in [
        json!({ "action": "accept" }),
        json!({ "action": "start" }),
        json!({ "action": "answer", "note": answer }),
    ] {
        handler.step(incident, step).await;
    }
    leader.step(incident, json!({ "action": "approve" })).await;
    let operator = site.person("lan").await;
    operator
        .step(incident, json!({ "action": "publish" }))
        .await;
}

/// Cattle seen by a street's camera, `minutes` ago.
fn herd(event: EventId, revision: u32, count: u32, minutes: i64) -> Value {
    let begun = Timestamp::now() - SignedDuration::from_mins(minutes);
    json!({
        "event_id": event, "revision": revision, "phase": if revision == 1 { "raised" } else { "updated" },
        "kind": "stray_cattle", "detail": "stray_cattle", "confidence": 0.9, "severity": "high",
        "occurred": { "start": begun }, "clock": { "source": "agent" },
        "place": { "type": "point", "position": { "lat": 16.4637, "lon": 107.5909 }, "uncertainty_m": 8.0 },
        "agent": AGENT, "camera": "duong-1", "camera_name": "Cổng trường", "zone": "long-duong",
        "count": count, "rule_version": "stray_cattle/1",
    })
}

/// Huế: a herd walks up a street. A camera and three citizens see it, each further on.
#[tokio::test]
async fn a_herd_that_a_camera_and_three_citizens_see_is_one_incident_for_one_unit() {
    let site = city(
        r#"
        [[target]]
        name = "doi-trat-tu"
        unit = "trat-tu"
        kinds = ["stray_cattle"]
        channel = { type = "mqtt" }
        "#,
    )
    .await;
    let server = site.server_key.public();
    let mut unit = site.unit("trat-tu").await;
    unit.subscribe("vong/v1/units/trat-tu/incidents").await;
    let mut agent = site.agent().await;
    let event = EventId::new();
    let begun = herd(event, 1, 3, 31);
    site.report(&mut agent, &begun).await;
    let mut more = herd(event, 2, 5, 31);
    more["occurred"] = begun["occurred"].clone();
    site.report(&mut agent, &more).await;
    let operator = site.person("lan").await;
    site.until("both revisions", || async {
        let list = operator.get("/api/v1/incidents").await;
        list["items"][0]["report_count"] == 2
    })
    .await;

    // 70 m after 6 minutes, 170 m after 15, 330 m after 30.
    let mut codes = Vec::new();
    for (metres, minutes, text) in [
        (70.0, 25, "Đàn bò đi giữa đường, xe phải tránh"),
        (170.0, 16, "dan bo di lac tren duong rat nguy hiem"),
        (330.0, 1, "Trâu bò thả rông, khoảng năm con"),
    ] {
        let seen = Timestamp::now() - SignedDuration::from_mins(minutes);
        let words = json!({
            "service": "trau-bo-tha-rong", "description": text, "occurred": seen,
            "lat": 16.4637 + metres / 111_195.0, "lon": 107.5909, "uncertainty_m": 15.0,
        });
        codes.push(reports(&site, &words).await);
    }
    let incident = the_incident(&operator).await;
    let id = incident["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (
            &incident["event_count"],
            &incident["citizen_count"],
            &incident["count"]
        ),
        (&json!(1), &json!(3), &json!(5)),
        "the most that were seen at once, not the sum"
    );
    let decisions = incident["merging"]["decisions"].as_array().unwrap();
    let linked = decisions.iter().filter(|one| one["verdict"] == "linked");
    assert_eq!(linked.count(), 3, "{decisions:?}");

    // One look, one unit, one answer.
    operator.decide(&id, "confirm", &json!({})).await;
    let told = unit.told(&server).await.data;
    assert_eq!(
        (told.word, told.review),
        (UnitWord::Alert, UnitReview::Confirmed)
    );
    is_dealt_with(
        &site,
        "trat-tu",
        &id,
        "Đã lùa đàn bò về chuồng và nhắc chủ.",
    )
    .await;
    let told = site
        .deliveries("the unit's messages", |all| !all.is_empty())
        .await;
    assert!(
        told.iter().all(|one| one.unit.as_str() == "trat-tu"),
        "{told:?}"
    );

    let ratings = ["satisfied", "accepts", "dissatisfied"];
    for (code, rating) in codes.iter().zip(ratings) {
        let seen = follows(&site, code).await;
        assert_eq!(
            (&seen["stage"], &seen["reporters"]),
            (&json!("done"), &json!(3))
        );
        assert_eq!(seen["may_rate"], true, "{seen}");
        let rated = tells(&site, code, "rating", &json!({ "rating": rating })).await;
        assert_eq!(rated["rating"], rating);
    }
    let incident = the_incident(&operator).await;
    let rated: Vec<&Value> = incident["citizen_reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| &report["rating"])
        .collect();
    assert_eq!(rated, ratings);
    assert_eq!(incident["state"], "published");
}

/// 1022: somebody telephones about a leak. It is urgent, nobody is reached, the day passes, it is mended badly, it
/// comes back, it is mended.
#[tokio::test]
async fn a_leak_by_telephone_is_overdue_escalated_and_reopened() {
    let site = city("").await;
    let operator = site.person("lan").await;
    let call = json!({
        "channel": "phone", "service": "ro-ri-nuoc",
        "description": "Ống nước vỡ, nước chảy tràn ra đường trước số nhà 45",
        "lat": 16.47, "lon": 107.58, "uncertainty_m": 50.0,
        "contact": { "name": "Bà Hoa", "phone": "0905 123 456" },
    });
    let (status, filed) = operator.post("/api/v1/reports", &call).await;
    assert_eq!(status, 201, "{filed}");
    let code = filed["code"].as_str().unwrap().to_owned();
    let incident = the_incident(&operator).await;
    let id = incident["id"].as_str().unwrap().to_owned();
    assert_eq!(incident["citizen_reports"][0]["filed_by"], "lan");
    assert_eq!(
        (&incident["event_count"], &incident["camera_phase"]),
        (&json!(0), &Value::Null),
        "no camera says anything of it"
    );
    operator
        .step(&id, json!({ "action": "mark_eligible" }))
        .await;
    let path = format!("/api/v1/incidents/{id}/urgency");
    let (status, answer) = operator.put(&path, &json!({ "urgency": "urgent" })).await;
    assert_eq!(status, 200, "{answer}");
    operator.step(&id, json!({ "action": "confirm" })).await;
    let case = operator.get(&format!("/api/v1/incidents/{id}/case")).await;
    assert_eq!(
        (&case["state"], &case["lead"]),
        (&json!("routed"), &json!("cap-nuoc"))
    );

    // Time passes: somebody is to be telephoned, then the next, and then the day is over.
    let timekeeper = Timekeeper {
        store: site.store.clone(),
        offices: Offices::default(),
        changes: ingest_server::changes::ChangeBus::default(),
    };
    let routed = Timestamp::now();
    for minutes in [1, 12, 30, 20 * 60 + 5, 25 * 60] {
        timekeeper
            .turn(routed + SignedDuration::from_mins(minutes))
            .await
            .unwrap();
    }
    let late = the_incident(&operator).await;
    let did_so_far = did(&late);
    let times = |action: &str| did_so_far.iter().filter(|one| **one == action).count();
    assert_eq!(
        times("call_due"),
        3,
        "unit, its leader, the shift lead: {did_so_far:?}"
    );
    assert!(times("deadline_warned") >= 1, "{did_so_far:?}");
    assert!(times("deadline_missed") >= 1, "{did_so_far:?}");

    is_dealt_with(&site, "cap-nuoc", &id, "Đã bít chỗ rò.").await;
    let seen = follows(&site, &code).await;
    assert_eq!(
        (&seen["stage"], &seen["may_rate"]),
        (&json!("done"), &json!(true))
    );
    let again = json!({ "reason": "not_fixed", "note": "Nước vẫn chảy" });
    let reopened = tells(&site, &code, "reopen", &again).await;
    assert_eq!(reopened["stage"], "reopened");
    let case = operator.get(&format!("/api/v1/incidents/{id}/case")).await;
    assert_eq!(
        (&case["state"], &case["lead"]),
        (&json!("reopened"), &json!("cap-nuoc"))
    );

    is_dealt_with(&site, "cap-nuoc", &id, "Đã thay đoạn ống.").await;
    let rated = tells(&site, &code, "rating", &json!({ "rating": "satisfied" })).await;
    assert_eq!(
        (&rated["stage"], &rated["rating"]),
        (&json!("done"), &json!("satisfied"))
    );
    let end = the_incident(&operator).await;
    assert_eq!(end["state"], "published");
    assert!(did(&end).contains(&"reopen"), "{:?}", did(&end));
}

/// Smoke that a tower at this longitude sees in this direction.
fn smoke(camera: &str, lon: f64, degrees: f64) -> Value {
    json!({
        "event_id": EventId::new(), "revision": 1, "phase": "raised", "kind": "fire_smoke",
        "detail": "smoke", "confidence": 0.75, "severity": "critical",
        "occurred": { "start": Timestamp::now() }, "clock": { "source": "agent" },
        "place": {
            "type": "bearing", "from": { "lat": 12.01, "lon": lon }, "degrees": degrees, "uncertainty_deg": 1.0,
        },
        "agent": AGENT, "camera": camera, "camera_name": camera, "rule_version": "fire_smoke/1",
    })
}

/// Lạc Dương, 13:47: one tower sees smoke, a second one sees it too, a villager telephones; the forest unit goes
/// there, and the villager hears of it.
#[tokio::test]
async fn a_forest_fire_is_placed_by_two_towers_and_its_answer_reaches_who_called() {
    let site = city(
        r#"
        [[target]]
        name = "kiem-lam-mqtt"
        unit = "kiem-lam"
        kinds = ["fire_smoke"]
        unreviewed_fire = "send"
        channel = { type = "mqtt" }
        "#,
    )
    .await;
    let server = site.server_key.public();
    let mut unit = site.unit("kiem-lam").await;
    unit.subscribe("vong/v1/units/kiem-lam/incidents").await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 108.42, 45.0))
        .await;
    let first = unit.told(&server).await.data;
    assert_eq!(
        (first.word, first.review),
        (UnitWord::Alert, UnitReview::Unconfirmed)
    );
    assert!(
        matches!(first.place, Some(contract::v1::Place::Bearing(_))),
        "{first:?}"
    );
    let operator = site.person("lan").await;
    assert_eq!(the_incident(&operator).await["fix"], Value::Null);

    site.report(&mut agent, &smoke("thap-2", 108.48, 315.0))
        .await;
    let second = unit.told(&server).await.data;
    let Some(contract::v1::Place::Point { position, .. }) = second.place else {
        panic!("two bearings are a place: {second:?}");
    };
    assert!((position.lon - 108.45).abs() < 0.001, "{position:?}");
    let placed = the_incident(&operator).await;
    let fix = &placed["fix"];
    assert_eq!(fix["spots"], 2, "{fix}");
    let (major, minor) = (&fix["error"]["major_m"], &fix["error"]["minor_m"]);
    assert!((50.0..200.0).contains(&major.as_f64().unwrap()), "{fix}");
    assert!(minor.as_f64() <= major.as_f64(), "{fix}");
    let apart = |axis: &str| {
        let of = |place: &Value| place["position"][axis].as_f64().unwrap();
        (of(&placed["place"]) - of(fix)).abs()
    };
    assert!(apart("lat") < 1e-6 && apart("lon") < 1e-6, "{placed}");

    let call = json!({
        "channel": "phone", "service": "chay-khoi",
        "description": "Thấy khói bốc lên trên đồi phía sau thôn",
        "lat": 12.0393, "lon": 108.4502, "uncertainty_m": 300.0,
        "contact": { "phone": "0905 000 111" },
    });
    let (status, filed) = operator.post("/api/v1/reports", &call).await;
    assert_eq!(status, 201, "{filed}");
    let code = filed["code"].as_str().unwrap().to_owned();
    assert_eq!(unit.told(&server).await.data.cause, "again");
    let incident = the_incident(&operator).await;
    let id = incident["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&incident["event_count"], &incident["citizen_count"]),
        (&json!(2), &json!(1))
    );

    operator.decide(&id, "confirm", &json!({})).await;
    let confirmed = unit.told(&server).await.data;
    assert_eq!(confirmed.review, UnitReview::Confirmed);
    is_dealt_with(
        &site,
        "kiem-lam",
        &id,
        "Đã dập tắt lúc 15:10, cháy 200 m² cỏ.",
    )
    .await;
    let seen = follows(&site, &code).await;
    assert_eq!(seen["stage"], "done", "{seen}");
    let rated = tells(&site, &code, "rating", &json!({ "rating": "satisfied" })).await;
    assert_eq!(rated["rating"], "satisfied");
}

/// Goods that a camera sees on one of its two pavements.
fn goods(zone: &str, metres_south: f64) -> Value {
    let begun = Timestamp::now() - SignedDuration::from_mins(20);
    json!({
        "event_id": EventId::new(), "revision": 1, "phase": "raised", "kind": "encroachment",
        "detail": "goods", "confidence": 0.8, "severity": "medium",
        "occurred": { "start": begun }, "clock": { "source": "agent" },
        "place": {
            "type": "point", "uncertainty_m": 4.0,
            "position": { "lat": 16.46 - metres_south / 111_195.0, "lon": 107.59 },
        },
        "agent": AGENT, "camera": "pho-1", "camera_name": "Phố cổ", "zone": zone,
        "rule_version": "encroachment/1",
    })
}

/// Two stalls across one street, 15 metres apart: two incidents, whoever tells of them.
#[tokio::test]
async fn two_sides_of_one_street_are_two_incidents() {
    let site = city("").await;
    let operator = site.person("lan").await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &goods("ben-le", 0.0)).await;
    site.report(&mut agent, &goods("ben-chan", 15.0)).await;
    let listed = || async {
        let list = operator.get("/api/v1/incidents").await;
        list["items"].as_array().unwrap().clone()
    };
    site.until("both sides", || async { listed().await.len() == 2 })
        .await;
    let of_zone = async |zone: &str| {
        let found = listed().await.into_iter().find(|one| one["zone"] == zone);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (odd, even) = (of_zone("ben-le").await, of_zone("ben-chan").await);

    // Each citizen means one of the two, and an operator says which where the bits do not.
    for (side, metres_south, text) in [
        (&odd, 0.0, "Quán nước bày bàn ghế trước số nhà 45"),
        (
            &even,
            15.0,
            "Cửa hàng tạp hóa để hàng ra vỉa hè, số nhà 46 phía đối diện",
        ),
    ] {
        let words = json!({
            "service": "lan-chiem-via-he", "description": text,
            "lat": 16.46 - metres_south / 111_195.0, "lon": 107.59002, "uncertainty_m": 8.0,
        });
        reports(&site, &words).await;
        let told: Vec<Value> = listed().await;
        let new = told.iter().find(|one| one["event_count"] == 0);
        let new = new.expect("it is asked, not linked")["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let detail = operator.get(&format!("/api/v1/incidents/{new}")).await;
        let decisions = detail["merging"]["decisions"].as_array().unwrap();
        let right = decisions
            .iter()
            .find(|one| one["verdict"] == "suggested" && one["candidate"]["id"] == json!(side));
        let right = right.unwrap_or_else(|| panic!("{decisions:#?}"));
        let body = json!({ "suggestion": right["id"] });
        operator.decide(&new, "accept-suggestion", &body).await;
    }
    let told = listed().await;
    assert_eq!(told.len(), 2, "{told:#?}");
    for one in &told {
        assert_eq!(
            (&one["event_count"], &one["citizen_count"]),
            (&json!(1), &json!(1))
        );
    }
}
