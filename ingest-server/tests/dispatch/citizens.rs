//! A fire and citizens: a report that joins a known one raises the alarm again, one that is alone goes out by policy,
//! and the verdict follows it. Places and words are data of this test.

use contract::v1::{UnitReview, UnitWord};
use serde_json::{Value, json};

use crate::site::{Site, smoke};

const TARGETS: &str = r#"
    [[target]]
    name = "kiem-lam"
    unit = "kiem-lam"
    kinds = ["fire_smoke"]
    unreviewed_fire = "send"
    channel = { type = "mqtt" }

    [[target]]
    name = "xa"
    unit = "xa"
    kinds = ["fire_smoke"]
    unreviewed_fire = "send_seen"
    channel = { type = "mqtt" }
"#;

/// A citizen tells of a fire there, and perhaps that it is this one.
async fn tells(site: &Site, latitude: f64, same_as: Option<&str>) -> Value {
    let mut words = json!({
        "service": "chay-khoi", "description": "Khói đen bốc lên sau đồi, cạnh trạm bơm",
        "lat": latitude, "lon": 107.5, "uncertainty_m": 15.0,
    });
    if let Some(incident) = same_as {
        words["same_as"] = incident.into();
    }
    let url = format!("{}/api/v1/public/reports", site.http);
    let answer = reqwest::Client::new().post(url).json(&words).send();
    let answer = answer.await.unwrap();
    let status = answer.status().as_u16();
    let told: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{told}");
    told
}

fn seen_at(latitude: f64) -> Value {
    let mut report = smoke("thap-1", 1.0);
    report["place"] = json!({
        "type": "point", "position": { "lat": latitude, "lon": 107.5 }, "uncertainty_m": 20.0,
    });
    report
}

#[tokio::test]
async fn who_was_told_of_a_fire_is_told_again_as_more_people_see_it() {
    let site = Site::start(TARGETS).await;
    let server = site.server_key.public();
    let mut unit = site.unit("kiem-lam").await;
    unit.subscribe("vong/v1/units/kiem-lam/incidents").await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &seen_at(16.5)).await;
    let alert = unit.told(&server).await.data;
    let incident = alert.incident.to_string();
    let operator = site.person("lan").await;
    operator.decide(&incident, "confirm", &json!({})).await;
    let confirmed = unit.told(&server).await.data;
    assert_eq!(confirmed.supersedes, [alert.delivery]);
    // The first, the second and the fourth; the third raises no alarm of its own.
    for (so_many, is_told) in [(1, true), (2, true), (3, false), (4, true)] {
        tells(&site, 16.5, Some(&incident)).await;
        if is_told {
            let again = unit.told(&server).await.data;
            assert_eq!(
                (again.word, again.cause.as_str()),
                (UnitWord::Update, "again")
            );
            assert_eq!(again.review, UnitReview::Confirmed);
            let reports = format!("Có {so_many} tin báo của người dân");
            assert!(again.text.contains(&reports), "{}", again.text);
        }
    }
}

#[tokio::test]
async fn a_fire_that_only_citizens_tell_of_goes_out_by_policy_and_is_taken_back_by_the_verdict() {
    let site = Site::start(TARGETS).await;
    let server = site.server_key.public();
    let mut unit = site.unit("kiem-lam").await;
    unit.subscribe("vong/v1/units/kiem-lam/incidents").await;
    tells(&site, 16.5, None).await;
    let alert = unit.told(&server).await.data;
    assert_eq!(
        (alert.word, alert.review),
        (UnitWord::Alert, UnitReview::Unconfirmed)
    );
    assert!(
        alert.text.starts_with("Người dân vừa báo"),
        "{}",
        alert.text
    );
    assert_eq!(alert.camera, "không có camera");
    assert!(
        alert
            .headline
            .starts_with("CHƯA XÁC NHẬN: Cháy hoặc khói (sự cố số"),
        "{}",
        alert.headline
    );
    let operator = site.person("lan").await;
    let reason = json!({ "version": 1, "step": { "action": "mark_not_eligible", "reason": "abuse", "note": "không có cháy" } });
    let path = format!("/api/v1/incidents/{}/steps", alert.incident);
    let (status, answer) = operator.post(&path, &reason).await;
    assert_eq!(status, 200, "{answer}");
    let cancel = unit.told(&server).await.data;
    assert_eq!(
        (cancel.word, cancel.review),
        (UnitWord::Cancel, UnitReview::Rejected)
    );
    assert_eq!(cancel.supersedes, [alert.delivery]);

    // What is told after the verdict is a matter of its own: the alarm is raised anew.
    tells(&site, 16.5, None).await;
    let anew = unit.told(&server).await.data;
    assert_eq!(
        (anew.word, anew.cause.as_str()),
        (UnitWord::Alert, "raised")
    );
    assert_ne!(anew.incident, alert.incident);
    let told = site.deliveries("", |_| true).await;
    assert!(
        told.iter().all(|one| one.target != "xa"),
        "only what a camera sees goes there"
    );
}
