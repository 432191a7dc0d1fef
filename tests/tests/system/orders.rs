//! Commands and desired state through real brokers: carried out once and answered, learnt by an
//! agent that was away, and taken from nobody but the server.

use std::time::Duration;

use contract::v1::{
    Action, CloudEvent, Command, CommandId, EventType, Phase, SIGNATURE_PROPERTY, SecretKey, Topic,
    encode, sign,
};
use jiff::{SignedDuration, Timestamp};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::{Value, json};
use system_tests::harness::{AGENT, Site, SiteBroker, wait_until};

const LONG: Duration = Duration::from_secs(60);

fn commands() -> String {
    format!("/api/v1/agents/{AGENT}/commands")
}

fn desired() -> String {
    format!("/api/v1/agents/{AGENT}/desired")
}

/// Gives a command and waits until it is answered or expired.
async fn given(site: &Site, action: Value) -> Value {
    let given = site
        .api
        .post(&commands(), json!({ "action": action, "lifetime_s": 45 }))
        .await
        .unwrap();
    let path = format!("/api/v1/commands/{}", given["id"].as_str().unwrap());
    wait_until("the answer", LONG, async || {
        let command = site.api.get(&path).await.ok()?;
        let waiting = ["queued", "sent"].contains(&command["state"].as_str()?);
        // What was made has to be here as well.
        let pieces = command["evidence"].as_array()?;
        let stored = pieces.iter().all(|piece| piece["url"].is_string());
        (!waiting && stored).then_some(command)
    })
    .await
}

async fn watching(site: &Site) {
    wait_until("the camera", LONG, async || {
        let camera = site.api.camera("cam-1").await.ok()??;
        (camera["state"] == "running" && camera["counters"]["analysed"].as_u64()? > 0).then_some(())
    })
    .await;
}

async fn applied(site: &Site, version: u64) -> Value {
    wait_until("the desired state", LONG, async || {
        let state = site.api.get(&desired()).await.ok()?;
        (state["applied"]["version"] == version).then_some(state)
    })
    .await
}

fn raised(site: &Site) -> usize {
    let log = site.agent.event_log();
    log.iter()
        .filter(|change| change.phase == Phase::Raised)
        .count()
}

async fn a_person_gets_a_still_a_clip_and_a_simulation(broker: SiteBroker) {
    let site = Site::start(broker, 1).await.unwrap();
    assert!(site.events_raised(1, LONG).await);
    let still = given(&site, json!({ "type": "snapshot", "camera": "cam-1" })).await;
    assert_eq!(still["state"], "done", "{still}");
    let piece = &still["evidence"][0];
    assert_eq!(piece["mime"], "image/jpeg");
    let bytes = site
        .api
        .bytes(piece["url"].as_str().unwrap())
        .await
        .unwrap();
    assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");

    let clip = given(
        &site,
        json!({ "type": "clip", "camera": "cam-1", "seconds": 5 }),
    )
    .await;
    assert_eq!(clip["state"], "done", "{clip}");
    let piece = &clip["evidence"][0];
    assert_eq!(piece["mime"], "video/mp4");
    let bytes = site
        .api
        .bytes(piece["url"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(&bytes[4..8], b"ftyp");

    let simulate = |dwell: f64| {
        json!({
            "type": "simulate", "camera": "cam-1", "rule": "illegal_parking", "zone": "carriageway",
            "parameters": { "dwell_s": dwell }, "seconds": 600
        })
    };
    let strict = given(&site, simulate(3_000.0)).await;
    assert_eq!(strict["state"], "done", "{strict}");
    assert_eq!(strict["simulation"]["events"], 0);
    assert!(
        strict["simulation"]["events_as_it_is"].as_u64().unwrap() >= 1,
        "{strict}"
    );
    let bad = given(&site, simulate(-1.0)).await;
    assert_eq!(
        (&bad["state"], &bad["reason"]),
        (&json!("refused"), &json!("invalid")),
        "{bad}"
    );
    let unknown = given(&site, json!({ "type": "snapshot", "camera": "cam-9" })).await;
    assert_eq!(unknown["reason"], "unknown_camera", "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_pictures_and_a_simulation_over_the_embedded_broker() {
    a_person_gets_a_still_a_clip_and_a_simulation(SiteBroker::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_pictures_and_a_simulation_over_mosquitto() {
    a_person_gets_a_still_a_clip_and_a_simulation(SiteBroker::Mosquitto).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn desired_state_changes_what_a_rule_raises_and_an_agent_that_was_away_learns_it() {
    let mut site = Site::start(SiteBroker::Mosquitto, 1).await.unwrap();
    watching(&site).await;
    let mute = json!({ "version": 0, "cameras": {
        "cam-1": {
            "muted": [{ "rule": "illegal_parking", "zone": "carriageway", "until": "2999-01-01T00:00:00Z" }],
            "rules": [{ "rule": "illegal_parking", "zone": "carriageway", "parameters": { "dwel_s": 1 } }]
        },
        "cam-9": { "enabled": false }
    } });
    site.api.put(&desired(), mute).await.unwrap();
    let state = applied(&site, 1).await;
    let refused: Vec<&str> = state["applied"]["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    assert_eq!(
        refused,
        [
            "cameras.cam-1.rules.illegal_parking@carriageway.dwel_s",
            "cameras.cam-9"
        ]
    );
    // Nobody raises anything while cars come and go: three visits.
    let before = raised(&site);
    assert!(
        !site
            .events_raised(before + 1, Duration::from_secs(27))
            .await
    );

    // The agent and then the broker go away; the state changes meanwhile.
    site.agent.kill();
    site.mosquitto.as_mut().unwrap().kill();
    site.api
        .put(&desired(), json!({ "version": 1, "cameras": {} }))
        .await
        .unwrap();
    site.mosquitto.as_mut().unwrap().come_back().await.unwrap();
    site.agent.come_back().unwrap();
    applied(&site, 2).await;
    assert!(
        site.events_raised(before + 1, LONG).await,
        "the mute was taken away"
    );
}

/// The server's own place at an external broker, with or without the server's key.
struct Impostor {
    client: AsyncClient,
    topic: String,
}

impl Impostor {
    async fn at(site: &Site) -> Self {
        let url = site.mosquitto.as_ref().unwrap().url();
        let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
        let options = MqttOptions::new("impostor", "127.0.0.1", port);
        let (client, mut events) = AsyncClient::new(options, 16);
        let (ready, connected) = tokio::sync::oneshot::channel();
        let mut ready = Some(ready);
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if matches!(event, Event::Incoming(Packet::ConnAck(_))) {
                    let _ = ready.take().map(|ready| ready.send(()));
                }
            }
        });
        connected.await.unwrap();
        let topic = Topic::Commands(AGENT.parse().unwrap()).to_string();
        Self { client, topic }
    }

    async fn say(&self, command: &Command, key: &SecretKey) {
        let payload = encode(&CloudEvent::new(
            EventType::Command,
            command.id.to_string(),
            "/server".to_owned(),
            command.issued_at,
            command,
        ))
        .unwrap();
        let signature = sign(key, &self.topic, &payload).to_string();
        let properties = PublishProperties {
            user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), signature)],
            ..PublishProperties::default()
        };
        self.client
            .publish_with_properties(
                self.topic.as_str(),
                QoS::AtLeastOnce,
                false,
                payload,
                properties,
            )
            .await
            .unwrap();
    }
}

fn command(sequence: u64, expires_in: i64) -> Command {
    let now = Timestamp::now();
    Command {
        id: CommandId::new(),
        sequence,
        issued_at: now,
        expires_at: now + SignedDuration::from_secs(expires_in),
        by: "nobody".to_owned(),
        action: Action::Snapshot {
            camera: "cam-1".parse().unwrap(),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_replayed_or_expired_is_dropped() {
    let site = Site::start(SiteBroker::Mosquitto, 1).await.unwrap();
    watching(&site).await;
    let real = given(&site, json!({ "type": "snapshot", "camera": "cam-1" })).await;
    assert_eq!(real["state"], "done");
    let impostor = Impostor::at(&site).await;
    let key_file = std::fs::read_to_string(site.server.data_dir().join("server.key")).unwrap();
    let server_key = SecretKey::from_base64(&key_file).unwrap();
    let far_ahead = 1 << 60;
    impostor
        .say(&command(far_ahead, 60), &SecretKey::from_bytes(&[7; 32]))
        .await;
    impostor.say(&command(1, 60), &server_key).await;
    impostor.say(&command(far_ahead, -1), &server_key).await;
    for reason in ["signature", "replayed", "expired"] {
        let line = format!("reason=\"{reason}\"");
        wait_until(&line, LONG, async || {
            site.agent.log().contains(&line).then_some(())
        })
        .await;
    }
    // What is the server's own is still heard.
    let again = given(&site, json!({ "type": "snapshot", "camera": "cam-1" })).await;
    assert_eq!(again["state"], "done");
}
