//! A forest fire at 13:47: a tower's camera, the forest unit's acknowledgement, the operator's verdict,
//! the alerts that others read. Places and names are data of this test.

use std::process::{Command, Stdio};

use contract::v1::{CloudEvent, EventType, Kind, UnitAck, UnitReview, UnitWord, encode};
use ingest_server::dispatch::signature;
use jiff::Timestamp;
use notice::State;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::SubscribeReasonCode;
use serde_json::json;

use crate::peers::Receiver;
use crate::site::{FEED_TOKEN, SECRET, Site, smoke};

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

/// What a unit's system answers to an alert that it got as `alert`.
fn answer_to(alert: &str, status: &str) -> String {
    let of = |element: &str| {
        let text = alert.split(&format!("<{element}>")).nth(1).unwrap();
        text.split('<').next().unwrap()
    };
    format!(
        "<?xml version=\"1.0\"?>\n<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\
         <identifier>hat-1</identifier><sender>kiem-lam@example.vn</sender>\
         <sent>2026-03-01T13:50:00+07:00</sent><status>{status}</status><msgType>Ack</msgType>\
         <scope>Private</scope><addresses>trung-tam@example.vn</addresses><note>Xe 2 đang đến</note>\
         <references>{},{},{}</references></alert>\n",
        of("sender"),
        of("identifier"),
        of("sent")
    )
}

async fn send_back(
    url: &str,
    headers: &[(&str, String)],
    body: String,
) -> (u16, serde_json::Value) {
    let mut request = reqwest::Client::new().post(url).body(body);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_units_system_acknowledges_in_the_words_of_cap() {
    let hook = Receiver::start(&[]).await;
    let site = Site::start(&targets(&hook.url)).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 312.5)).await;
    let told = site
        .deliveries("the feed's alert", |all| {
            all.iter()
                .any(|one| one.target == "kiem-lam-cap" && one.state == State::Sent)
        })
        .await;
    let of_feed = told
        .iter()
        .find(|one| one.target == "kiem-lam-cap")
        .unwrap();
    let feed = format!("{}/api/v1/cap/kiem-lam-cap", site.http);
    let (_, _, alert) = fetch(&format!("{feed}/{}", of_feed.id), FEED_TOKEN).await;
    let ack = answer_to(&alert, "Exercise");
    check_cap(&ack);
    let acks = format!("{feed}/acks");
    let kind = ("content-type", "application/cap+xml".to_owned());
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));

    // Who may not, and what is none: nothing is acknowledged.
    let wrong = send_back(&acks, &[kind.clone(), bearer("wrong")], ack.clone()).await;
    assert_eq!((wrong.0, &wrong.1["code"]), (401, &json!("token_invalid")));
    let good = [kind.clone(), bearer(FEED_TOKEN)];
    let evil = ack.replace(
        "<alert ",
        "<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><alert ",
    );
    let elsewhere = ack.replace(
        &of_feed.id.to_string(),
        "0196f1a0-1111-7000-8000-000000000001",
    );
    for (body, status, code) in [
        (evil, 400, "invalid_request"),
        ("<alert/>".to_owned(), 400, "invalid_request"),
        (answer_to(&alert, "Actual"), 422, "invalid_fields"),
        (
            ack.replace("+07:00</sent>", "Z</sent>"),
            422,
            "invalid_fields",
        ),
        (elsewhere, 404, "not_found"),
        (
            format!("{ack}{}", " ".repeat(70_000)),
            413,
            "body_too_large",
        ),
    ] {
        let (got, problem) = send_back(&acks, &good, body).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let json = [
        ("content-type", "application/json".to_owned()),
        bearer(FEED_TOKEN),
    ];
    assert_eq!(send_back(&acks, &json, ack.clone()).await.0, 415);
    let of_another = format!("{}/api/v1/cap/kiem-lam-mqtt/acks", site.http);
    assert_eq!(send_back(&of_another, &good, ack.clone()).await.0, 401);
    let standing = site.deliveries("", |_| true).await;
    assert!(standing.iter().all(|one| one.ack.is_none()));

    for first in [true, false] {
        let (status, answer) = send_back(&acks, &good, ack.clone()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            answer["acknowledged"],
            json!([{ "delivery": of_feed.id, "first": first }])
        );
    }
    let told = site.deliveries("", |_| true).await;
    let of_feed = told
        .iter()
        .find(|one| one.target == "kiem-lam-cap")
        .unwrap();
    let said = of_feed.ack.as_ref().unwrap();
    assert_eq!(
        (said.by.as_str(), said.note.as_deref()),
        ("kiem-lam@example.vn", Some("Xe 2 đang đến"))
    );
    // The centre's own Ack of it stands in the feed, for whoever else reads it.
    let (status, _, own) = fetch(&format!("{feed}/{}/ack", of_feed.id), FEED_TOKEN).await;
    assert_eq!(status, 200);
    check_cap(&own);
    assert!(own.contains("<msgType>Ack</msgType>"), "{own}");
}

#[tokio::test]
async fn who_gets_alerts_as_requests_signs_what_it_sends_back() {
    let hook = Receiver::start(&[]).await;
    let site = Site::start(&targets(&hook.url)).await;
    let server = site.server_key.public();
    let mut unit = site.unit("kiem-lam").await;
    unit.subscribe("vong/v1/units/kiem-lam/incidents").await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 312.5)).await;
    let incident = unit.told(&server).await.data.incident.to_string();
    let operator = site.person("lan").await;
    operator.decide(&incident, "confirm", &json!({})).await;
    let alert = String::from_utf8(hook.wait(1).await[0].body.to_vec()).unwrap();
    let ack = answer_to(&alert, "Exercise");
    let acks = format!("{}/api/v1/cap/phong-chay/acks", site.http);
    let kind = ("content-type", "application/cap+xml".to_owned());
    let signed = |seconds: i64, body: &str| {
        let at = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
        ("vong-signature", signature(SECRET, at, body.as_bytes()))
    };
    for (header, expected) in [
        (signed(-3_600, &ack), 401),
        (signed(0, "another body"), 401),
        (("vong-signature", "nonsense".to_owned()), 401),
        (signed(0, &ack), 200),
    ] {
        let (status, answer) = send_back(&acks, &[kind.clone(), header], ack.clone()).await;
        assert_eq!(status, expected, "{answer}");
    }
    let told = site.deliveries("", |_| true).await;
    let of_hook = told.iter().find(|one| one.target == "phong-chay").unwrap();
    assert_eq!(of_hook.state, State::Acknowledged);
}
