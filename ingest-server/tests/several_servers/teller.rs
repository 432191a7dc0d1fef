//! An agent that tells its reports again until the server says that it has them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use contract::v1::{
    Ack, AckOutcome, CloudEvent, EventId, EventType, SIGNATURE_PROPERTY, SecretKey, Topic, decode,
    encode, sign,
};
use jiff::Timestamp;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub(crate) const AGENT: &str = "city-01";
/// So much before a message is told again.
const AGAIN: usize = 3;

pub(crate) struct Teller {
    client: AsyncClient,
    key: SecretKey,
    acks: mpsc::Receiver<Publish>,
    /// What was never acknowledged, by the SHA-256 of its bytes.
    waiting: BTreeMap<String, Vec<u8>>,
    /// In which order it is told.
    order: VecDeque<String>,
}

impl Teller {
    pub(crate) async fn connect(port: u16, key: SecretKey) -> Self {
        let mut options = MqttOptions::new(AGENT, "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(10));
        let (client, mut events) = AsyncClient::new(options, 10_000);
        let (sender, acks) = mpsc::channel(10_000);
        let (subscribed, mut ready) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::Publish(publish)) => drop(sender.send(publish).await),
                    Event::Incoming(Packet::SubAck(_)) => drop(subscribed.send(()).await),
                    _ => {}
                }
            }
        });
        let topic = Topic::Acks(AGENT.parse().unwrap()).to_string();
        client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
        timeout(Duration::from_secs(20), ready.recv())
            .await
            .unwrap()
            .unwrap();
        Self {
            client,
            key,
            acks,
            waiting: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Makes the messages of so many places, each seen by so many cameras, each telling so many
    /// revisions; returns event and revision of each. Places are kilometres apart, the cameras of one a
    /// few metres.
    pub(crate) fn messages(
        &mut self,
        places: usize,
        cameras: usize,
        revisions: u32,
    ) -> Vec<(String, u32)> {
        let mut told = Vec::new();
        for revision in 1..=revisions {
            for place in 0..places {
                for camera in 0..cameras {
                    let event = self.event(place, camera);
                    let bytes = self.report(&event, revision, (place, camera));
                    let hash = hex::encode(Sha256::digest(&bytes));
                    self.order.push_back(hash.clone());
                    self.waiting.insert(hash, bytes);
                    told.push((event.to_string(), revision));
                }
            }
        }
        told
    }

    /// The same place and camera name the same event.
    fn event(&self, place: usize, camera: usize) -> EventId {
        let number = 0x0198_a000_0000_7000_8000_0000_0000_0000_u128;
        EventId::from_uuid(uuid::Uuid::from_u128(
            number + (place * 1_000 + camera) as u128,
        ))
    }

    fn report(&self, event: &EventId, revision: u32, (place, camera): (usize, usize)) -> Vec<u8> {
        let lat = 16.0 + place as f64 * 0.05;
        let lon = 107.5 + camera as f64 * 0.00003;
        let report = json!({
            "event_id": event, "revision": revision, "phase": if revision == 1 { "raised" } else { "updated" },
            "kind": "stray_cattle", "detail": "stray_cattle", "confidence": 0.9, "severity": "high",
            "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
            "place": { "type": "point", "position": { "lat": lat, "lon": lon }, "uncertainty_m": 8.0 },
            "agent": AGENT, "camera": format!("cam-{place}-{camera}"), "count": 4,
            "rule_version": "stray_cattle/1",
        });
        let id = format!("{event}/{revision}");
        let source = format!("/agents/{AGENT}");
        encode(&CloudEvent::new(
            EventType::Report,
            id,
            source,
            Timestamp::now(),
            report,
        ))
        .unwrap()
    }

    /// How many were never acknowledged.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Tells the next ones, new and old, and one of them twice.
    pub(crate) async fn tell_some(&mut self, most: usize) {
        let topic = Topic::Reports(AGENT.parse().unwrap()).to_string();
        for round in 0..most.max(AGAIN) {
            let Some(hash) = self.order.pop_front() else {
                break;
            };
            let Some(bytes) = self.waiting.get(&hash) else {
                continue;
            };
            for _ in 0..if round == 0 { 2 } else { 1 } {
                let signature = sign(&self.key, &topic, bytes).to_string();
                let properties = PublishProperties {
                    user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), signature)],
                    ..PublishProperties::default()
                };
                self.client
                    .publish_with_properties(
                        &topic,
                        QoS::AtLeastOnce,
                        false,
                        bytes.clone(),
                        properties,
                    )
                    .await
                    .unwrap();
            }
            self.order.push_back(hash);
        }
    }

    /// Takes acks for a while.
    pub(crate) async fn listen(&mut self, length: Duration) {
        drop(timeout(length, self.take_acks()).await);
    }

    async fn take_acks(&mut self) {
        while !self.waiting.is_empty() {
            let Some(publish) = self.acks.recv().await else {
                return;
            };
            let ack = decode::<Ack>(&publish.payload, EventType::Ack)
                .unwrap()
                .data;
            assert!(matches!(ack.outcome, AckOutcome::Stored), "{ack:?}");
            self.waiting.remove(&ack.sha256);
        }
    }
}
