//! A forest fire at 13:47: a tower's camera, the forest unit's acknowledgement, the operator's verdict,
//! the alerts that others read. Places and names are data of this test.

use std::process::{Command, Stdio};

use contract::v1::{CloudEvent, EventType, Kind, UnitAck, UnitReview, UnitWord, encode};
use jiff::Timestamp;
use notice::State;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::SubscribeReasonCode;
use serde_json::json;

use crate::peers::Receiver;
use crate::site::{FEED_TOKEN, Site, smoke};

/// Where the standard's schema lies: it is lent, not ours to pass on.
const SCHEMA: &str = "VONG_CAP_SCHEMA";

fn targets(hook: &str) -> String {
    format!(
        r#"
        [cap]
        sender = "trung-tam@example.vn"
        sender_name = "Trung tâm điều hành"
        status = "exercise"

        [[target]]
        name = "kiem-lam-mqtt"
        unit = "kiem-lam"
        kinds = ["fire_smoke"]
        unreviewed_fire = "send"
        ack_within_s = 300
        channel = {{ type = "mqtt" }}

        [[target]]
        name = "kiem-lam-cap"
        unit = "kiem-lam"
        kinds = ["fire_smoke"]
        unreviewed_fire = "send"
        channel = {{ type = "cap_feed", token_file = "token" }}

        [[target]]
        name = "phong-chay"
        unit = "cong-an-pccc"
        kinds = ["fire_smoke"]
        channel = {{ type = "webhook", url = "{hook}", secret_file = "secret", body = "cap", private_network = "allow" }}
        "#
    )
}

/// Whether a message is one by the standard; where no schema is named, whether it is XML of that root.
fn check_cap(text: &str) {
    use std::io::Write as _;
    assert!(text.contains("<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"));
    let Some(schema) = std::env::var_os(SCHEMA) else {
        return;
    };
    let child = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .arg(schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}\n{text}");
}

async fn fetch(url: &str, token: &str) -> (u16, String, String) {
    let answer = reqwest::Client::new()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (status, kind, answer.text().await.unwrap())
}

#[tokio::test]
async fn a_forest_fire_goes_from_the_tower_to_the_unit_and_into_the_feed() {
    let hook = Receiver::start(&[]).await;
    let site = Site::start(&targets(&hook.url)).await;
    let server = site.server_key.public();
    let mut unit = site.unit("kiem-lam").await;
    assert!(matches!(
        unit.subscribe("vong/v1/units/kiem-lam/incidents").await,
        SubscribeReasonCode::Success(_)
    ));
    let mut stranger = site.unit("cong-an-pccc").await;
    assert!(!matches!(
        stranger.subscribe("vong/v1/units/kiem-lam/incidents").await,
        SubscribeReasonCode::Success(_)
    ));

    // A camera sees smoke; nobody has looked yet.
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 312.5)).await;
    let first = unit.told(&server).await.data;
    assert_eq!(first.word, UnitWord::Alert);
    assert_eq!(first.review, UnitReview::Unconfirmed);
    assert_eq!(
        (first.kind, first.cause.as_str()),
        (Kind::FireSmoke, "raised")
    );
    assert!(
        first.headline.starts_with("CHƯA XÁC NHẬN"),
        "{}",
        first.headline
    );
    assert!(first.text.contains("Hướng 312°"), "{}", first.text);
    assert!(first.ack_by.is_some() && first.supersedes.is_empty());
    assert!(hook.got().is_empty(), "who waits for a person is not told");

    // The unit has it. What another unit says of this message counts nothing.
    let said = |unit: &str| {
        let ack = UnitAck {
            delivery: first.delivery,
            by: Some("Trạm 3".to_owned()),
            note: Some("Đang đến".to_owned()),
        };
        let id = first.delivery.to_string();
        let source = format!("/units/{unit}");
        let event = CloudEvent::new(EventType::UnitAck, id, source, Timestamp::now(), ack);
        (
            format!("vong/v1/units/{unit}/acks"),
            encode(&event).unwrap(),
        )
    };
    let (topic, payload) = said("cong-an-pccc");
    stranger
        .client
        .publish(topic, QoS::AtLeastOnce, false, payload)
        .await
        .unwrap();
    let (topic, payload) = said("kiem-lam");
    unit.client
        .publish(topic, QoS::AtLeastOnce, false, payload)
        .await
        .unwrap();
    let told = site
        .deliveries("the acknowledgement", |all| {
            all.iter().any(|one| one.state == State::Acknowledged)
        })
        .await;
    let acked = told.iter().find(|one| one.id == first.delivery).unwrap();
    let ack = acked.ack.as_ref().unwrap();
    assert_eq!(
        (ack.by.as_str(), ack.note.as_deref()),
        ("Trạm 3", Some("Đang đến"))
    );
    let incident = acked.incident.to_string();

    // An operator confirms: who was told is told, who waited for it is told now.
    let operator = site.person("lan").await;
    operator.decide(&incident, "confirm", &json!({})).await;
    let second = unit.told(&server).await.data;
    assert_eq!(second.word, UnitWord::Update);
    assert_eq!(second.review, UnitReview::Confirmed);
    assert_eq!(second.supersedes, [first.delivery]);
    let alert = String::from_utf8(hook.wait(1).await[0].body.to_vec()).unwrap();
    check_cap(&alert);
    assert!(alert.contains("<msgType>Alert</msgType>") && alert.contains("<certainty>Observed"));

    // Another camera sees the same smoke: alarm again, though the fire is known.
    site.report(&mut agent, &smoke("thap-1", 312.0)).await;
    let third = unit.told(&server).await.data;
    assert_eq!(third.word, UnitWord::Update, "{third:?}");
    assert_eq!(third.cause, "again", "a link never silences a fire");

    // The feed has every message, and each is one by the standard.
    let feed_url = format!("{}/api/v1/cap/kiem-lam-cap", site.http);
    site.deliveries("the feed's three messages", |all| {
        let of_feed = all.iter().filter(|one| one.target == "kiem-lam-cap");
        of_feed.filter(|one| one.state == State::Sent).count() == 3
    })
    .await;
    assert_eq!(fetch(&feed_url, "wrong").await.0, 401);
    let nobody = format!("{}/api/v1/cap/nobody", site.http);
    assert_eq!(fetch(&nobody, FEED_TOKEN).await.0, 401);
    let (status, kind, feed) = fetch(&feed_url, FEED_TOKEN).await;
    assert_eq!((status, kind.as_str()), (200, "application/atom+xml"));
    assert_eq!(feed.matches("<entry>").count(), 3, "{feed}");
    assert_eq!(
        feed.matches("rel=\"related\"").count(),
        3,
        "0 + 1 + 2: {feed}"
    );
    let mut kinds = Vec::new();
    for part in feed
        .split("<content type=\"application/cap+xml\" src=\"")
        .skip(1)
    {
        let url = part.split('"').next().unwrap();
        let (status, kind, text) = fetch(url, FEED_TOKEN).await;
        assert_eq!((status, kind.as_str()), (200, "application/cap+xml"));
        check_cap(&text);
        assert!(text.contains("<language>vi-VN</language>"), "{text}");
        assert!(text.contains("Tháp Núi Voi &lt;1&gt;"), "{text}");
        let word = text.split("<msgType>").nth(1).unwrap();
        kinds.push(word.split('<').next().unwrap().to_owned());
    }
    kinds.sort_unstable();
    assert_eq!(kinds, ["Alert", "Update", "Update"]);

    // The reader of the feed acknowledges with the message's token, and the feed says so.
    let newest = site.deliveries("", |_| true).await;
    let newest = newest
        .iter()
        .rfind(|one| one.target == "kiem-lam-cap")
        .unwrap();
    let ack_url = format!("{}/api/v1/deliveries/{}/ack", site.http, newest.id);
    let post = |token: String| {
        reqwest::Client::new()
            .post(ack_url.clone())
            .bearer_auth(token)
            .json(&json!({ "by": "Hạt kiểm lâm" }))
            .send()
    };
    assert_eq!(post(third.token.clone()).await.unwrap().status(), 401);
    let token = site.dispatch.token_of(newest.id);
    assert_eq!(post(token).await.unwrap().status(), 200);
    let (_, _, ack) = fetch(&format!("{feed_url}/{}/ack", newest.id), FEED_TOKEN).await;
    check_cap(&ack);
    assert!(ack.contains("<msgType>Ack</msgType>"), "{ack}");

    // The operator sees who was told what.
    let list = operator
        .get(&format!("/api/v1/incidents/{incident}/deliveries"))
        .await;
    let list = list["deliveries"].as_array().unwrap().clone();
    assert!(list.iter().any(|one| one["target"] == "kiem-lam-mqtt"
        && one["state"] == "acknowledged"
        && one["acked_by"] == "Trạm 3"));
}

#[tokio::test]
async fn a_false_alarm_is_taken_back_from_whom_it_reached() {
    let hook = Receiver::start(&[]).await;
    let site = Site::start(&targets(&hook.url)).await;
    let server = site.server_key.public();
    let mut unit = site.unit("kiem-lam").await;
    unit.subscribe("vong/v1/units/kiem-lam/incidents").await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-2", 10.0)).await;
    let alert = unit.told(&server).await.data;
    let operator = site.person("lan").await;
    let reason = json!({ "reason": "false_detection" });
    operator
        .decide(&alert.incident.to_string(), "reject", &reason)
        .await;
    let cancel = unit.told(&server).await.data;
    assert_eq!(cancel.word, UnitWord::Cancel);
    assert_eq!(cancel.review, UnitReview::Rejected);
    assert_eq!(cancel.supersedes, [alert.delivery]);
    assert_eq!(cancel.ack_by, None);
    let told = site
        .deliveries("all to be through", |all| {
            all.len() == 4 && all.iter().all(|one| one.sent_at.is_some())
        })
        .await;
    assert!(told.iter().all(|one| one.target != "phong-chay"));
    assert!(hook.got().is_empty(), "who was told nothing hears no end");
}
