//! The other sides: clients of the broker, receivers of webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing};
use contract::v1::{
    CloudEvent, EventType, PublicKey, SIGNATURE_PROPERTY, UnitIncident, decode, verify,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::sync::mpsc;

use crate::site::DEADLINE;

/// A client of the broker.
pub(crate) struct Mqtt {
    pub(crate) client: AsyncClient,
    packets: mpsc::Receiver<Packet>,
}

impl Mqtt {
    pub(crate) async fn connect(port: u16, user: &str, password: &str) -> Self {
        let mut options = MqttOptions::new(user, "127.0.0.1", port);
        options
            .set_credentials(user, password)
            .set_keep_alive(Duration::from_secs(10));
        let (client, mut events) = AsyncClient::new(options, 100);
        let (sender, packets) = mpsc::channel(1000);
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(packet) = event
                    && sender.send(packet).await.is_err()
                {
                    break;
                }
            }
        });
        Self { client, packets }
    }

    async fn next(&mut self, fits: impl Fn(&Packet) -> bool) -> Packet {
        let search = async {
            loop {
                let packet = self.packets.recv().await.expect("the connection was lost");
                if fits(&packet) {
                    return packet;
                }
            }
        };
        tokio::time::timeout(DEADLINE, search)
            .await
            .expect("waited in vain for a packet")
    }

    pub(crate) async fn subscribe(&mut self, filter: &str) -> SubscribeReasonCode {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .unwrap();
        let Packet::SubAck(ack) = self
            .next(|packet| matches!(packet, Packet::SubAck(_)))
            .await
        else {
            unreachable!("the filter lets nothing else through")
        };
        ack.return_codes[0]
    }

    pub(crate) async fn receive(&mut self) -> Publish {
        let Packet::Publish(publish) = self
            .next(|packet| matches!(packet, Packet::Publish(_)))
            .await
        else {
            unreachable!("the filter lets nothing else through")
        };
        publish
    }

    /// The next message about an incident, its signature checked.
    pub(crate) async fn told(&mut self, server: &PublicKey) -> CloudEvent<UnitIncident> {
        let publish = self.receive().await;
        let properties = publish.properties.unwrap().user_properties;
        let (_, signed) = properties
            .into_iter()
            .find(|(name, _)| name == SIGNATURE_PROPERTY)
            .unwrap();
        let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
        verify(server, &topic, &publish.payload, &signed.parse().unwrap()).unwrap();
        decode(&publish.payload, EventType::UnitIncident).unwrap()
    }
}

/// One request that a receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

#[derive(Clone, Default)]
struct Desk {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

/// A receiver of webhooks.
pub(crate) struct Receiver {
    pub(crate) url: String,
    desk: Desk,
}

impl Receiver {
    /// One that answers with these, and with 204 from then on.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let desk = Desk {
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            ..Desk::default()
        };
        let router = Router::new()
            .route("/hook", routing::post(take))
            .with_state(desk.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.desk.got.lock().unwrap().clone()
    }

    /// What came, once there is that much.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Got> {
        self.wait_until("so many requests", |got| got.len() >= count)
            .await
    }

    /// What came, once it fits.
    pub(crate) async fn wait_until(&self, what: &str, fits: impl Fn(&[Got]) -> bool) -> Vec<Got> {
        let end = tokio::time::Instant::now() + DEADLINE;
        loop {
            let got = self.got();
            if fits(&got) {
                return got;
            }
            assert!(
                tokio::time::Instant::now() < end,
                "waited in vain for {what}: {got:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    desk.got.lock().unwrap().push(Got { headers, body });
    let answer = desk.answers.lock().unwrap().pop_front().unwrap_or(204);
    StatusCode::from_u16(answer).unwrap()
}
