//! Signed requests: tried again, given up, replayed by an administrator; and where they never go.

use contract::v1::{EventType, UnitIncident, decode};
use ingest_server::dispatch::signature;
use jiff::Timestamp;
use notice::State;
use serde_json::json;

use crate::peers::Receiver;
use crate::site::{SECRET, Site, smoke};

fn target(url: &str, network: &str) -> String {
    format!(
        r#"
        [[target]]
        name = "a"
        unit = "kiem-lam"
        kinds = ["fire_smoke"]
        unreviewed_fire = "send"
        channel = {{ type = "webhook", url = "{url}", secret_file = "secret", private_network = "{network}" }}
        "#
    )
}

#[tokio::test]
async fn a_request_is_signed_and_tried_until_it_is_taken() {
    let hook = Receiver::start(&[503, 429]).await;
    let site = Site::start(&target(&hook.url, "allow")).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 1.0)).await;
    let got = hook.wait(3).await;
    assert!(
        got.iter().all(|one| one.body == got[0].body),
        "the same message"
    );
    let told = decode::<UnitIncident>(&got[2].body, EventType::UnitIncident).unwrap();
    for one in &got {
        assert_eq!(one.header("vong-delivery"), told.data.delivery.to_string());
        assert_eq!(one.header("content-type"), "application/cloudevents+json");
        let signed = one.header("vong-signature");
        let seconds = signed.split(['=', ',']).nth(1).unwrap().parse().unwrap();
        let at = Timestamp::from_second(seconds).unwrap();
        assert_eq!(signed, signature(SECRET, at, &one.body));
        assert_ne!(signed, signature("another secret", at, &one.body));
    }
    let told = site
        .deliveries("the last attempt", |all| {
            all.iter().all(|one| one.state == State::Sent)
        })
        .await;
    assert_eq!((told.len(), told[0].attempts), (1, 3));
    assert_eq!(told[0].failure, None);
}

#[tokio::test]
async fn what_is_refused_is_a_dead_letter_until_an_administrator_replays_it() {
    let hook = Receiver::start(&[410]).await;
    let site = Site::start(&target(&hook.url, "allow")).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 1.0)).await;
    let told = site
        .deliveries("the dead letter", |all| {
            all.iter().any(|one| one.state == State::Dead)
        })
        .await;
    assert_eq!(told[0].failure.as_deref(), Some("rejected"));
    let replay = format!("/api/v1/deliveries/{}/replay", told[0].id);
    let operator = site.person("lan").await;
    let stranger = reqwest::Client::new().post(format!("{}{replay}", site.http));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    let administrator = site.person("quan-tri").await;
    let dead = administrator.get("/api/v1/deliveries").await;
    assert_eq!(dead["deliveries"][0]["failure"], "rejected");
    assert_eq!(administrator.post(&replay, &json!({})).await.0, 200);
    site.deliveries("the replay", |all| {
        all.iter().all(|one| one.state == State::Sent)
    })
    .await;
    assert_eq!(hook.got().len(), 2);
    let acknowledge = format!("/api/v1/deliveries/{}/acknowledge", told[0].id);
    let by_phone = json!({ "by": "anh Tư", "note": "gọi điện" });
    let (status, view) = operator.post(&acknowledge, &by_phone).await;
    assert_eq!(status, 200, "{view}");
    assert_eq!(view["acked_by"], "anh Tư (lan)");
    let (status, problem) = administrator.post(&replay, &json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("delivery_not_replayable"))
    );
    let nobody = "/api/v1/deliveries/0196f1a0-1111-7000-8000-000000000001/replay";
    assert_eq!(administrator.post(nobody, &json!({})).await.0, 404);
}

#[tokio::test]
async fn an_address_within_the_house_is_never_reached_unless_it_may_be() {
    let hook = Receiver::start(&[]).await;
    let port = hook.url.split(':').nth(2).unwrap();
    let (port, _) = port.split_once('/').unwrap();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        let site = Site::start(&target(&format!("https://{host}:{port}/hook"), "refuse")).await;
        let mut agent = site.agent().await;
        site.report(&mut agent, &smoke("thap-1", 1.0)).await;
        let told = site
            .deliveries("the refusal", |all| {
                all.iter().any(|one| one.state == State::Dead)
            })
            .await;
        assert_eq!(
            told[0].failure.as_deref(),
            Some("address_forbidden"),
            "{host}"
        );
    }
    assert!(hook.got().is_empty());
}
