//! The server's one MQTT client, for the embedded broker and an external one alike.
//!
//! The session is kept, so what was sent while the server was away waits at the broker. Messages
//! are acknowledged by hand after the commit. `rumqttc` stands behind this module alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use contract::v1::{SIGNATURE_PROPERTY, Signed, Topic};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::outlet::{Parcel, Shelf};
use super::{Connected, Health};
use crate::config::{MqttUrl, Password};
use crate::telemetry::{BROKER_CONNECTED, CONSUMER_DROPS};

/// Most unacknowledged messages the broker may send: the window within which batches form.
const RECEIVE_MAXIMUM: u16 = crate::broker::SERVER_WINDOW;
/// The broker never sends more than the window of `QoS` 1; the rest is room for `QoS` 0 and for what
/// comes again after a reconnection while the old is still being committed.
const QUEUE: usize = 4 * RECEIVE_MAXIMUM as usize;
/// Acks and subscriptions on their way out.
const REQUESTS: usize = 2 * RECEIVE_MAXIMUM as usize;
/// Larger than any broker lets through, so that an oversized report reaches quarantine.
const MAX_PACKET_BYTES: u32 = 1024 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long the broker keeps what was sent while this server is away, in seconds.
const SESSION_EXPIRY_S: u32 = 24 * 3600;
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LAST_BACK_OFF: Duration = Duration::from_secs(10);

/// How to reach the broker.
#[derive(Debug, Clone)]
pub struct BrokerAccess {
    /// Where it is.
    pub url: MqttUrl,
    /// Kept over restarts, so that the session is found again.
    pub client_id: String,
    /// The server's user name.
    pub username: String,
    /// And its password.
    pub password: Password,
    /// How TLS is spoken; none for an address without it.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

/// One message as it came.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) signature: Signature,
    pub(super) retained: Retained,
    connection: u64,
    publish: Publish,
}

/// The signature property of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signature {
    Absent,
    Unreadable,
    Present(Signed),
}

impl Signature {
    pub(super) const fn readable(&self) -> Option<&Signed> {
        match self {
            Self::Present(signed) => Some(signed),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

/// Whether a message was kept by the broker for newcomers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retained {
    Yes,
    No,
}

/// What the worker holds of the consumer.
pub(super) struct Link {
    pub(super) publisher: Publisher,
    pub(super) deliveries: mpsc::Receiver<Delivery>,
}

/// Publishes answers and acknowledges deliveries.
#[derive(Clone)]
pub(super) struct Publisher {
    client: AsyncClient,
    connection: Arc<AtomicU64>,
}

/// The client's event loop.
pub(super) struct Consumer {
    events: EventLoop,
    client: AsyncClient,
    connection: Arc<AtomicU64>,
    // Bounded: when it is full a QoS 0 message is dropped and counted, and a QoS 1 message ends the
    // connection, so that the broker sends it again.
    deliveries: mpsc::Sender<Delivery>,
    health: Arc<watch::Sender<Health>>,
}

/// Makes the client; nothing is sent before [`Consumer::run`].
pub(super) fn connect(
    access: &BrokerAccess,
    health: Arc<watch::Sender<Health>>,
) -> (Link, Consumer) {
    let (client, events) = AsyncClient::new(options(access), REQUESTS);
    let (sender, deliveries) = mpsc::channel(QUEUE);
    let connection = Arc::new(AtomicU64::new(0));
    let publisher = Publisher {
        client: client.clone(),
        connection: Arc::clone(&connection),
    };
    let consumer = Consumer {
        events,
        client,
        connection,
        deliveries: sender,
        health,
    };
    (
        Link {
            publisher,
            deliveries,
        },
        consumer,
    )
}

fn options(access: &BrokerAccess) -> MqttOptions {
    let mut options = MqttOptions::new(
        access.client_id.clone(),
        access.url.host(),
        access.url.port(),
    );
    options
        .set_credentials(access.username.clone(), access.password.reveal())
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_start(false)
        .set_manual_acks(true)
        .set_session_expiry_interval(Some(SESSION_EXPIRY_S))
        .set_receive_maximum(Some(RECEIVE_MAXIMUM))
        .set_max_packet_size(Some(MAX_PACKET_BYTES));
    if let Some(tls) = &access.tls {
        let tls = rumqttc::TlsConfiguration::Rustls(Arc::clone(tls));
        options.set_transport(rumqttc::Transport::tls_with_config(tls));
    }
    options
}

impl Publisher {
    /// Sends an answer; waits while the outgoing queue is full. After the end of the consumer it
    /// is let go: the report comes again and is answered then.
    pub(super) async fn publish(&self, answer: Answer) {
        let properties = PublishProperties {
            content_type: Some("application/cloudevents+json".to_owned()),
            user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), answer.signature.to_string())],
            ..PublishProperties::default()
        };
        let sent = self.client.publish_with_properties(
            answer.topic,
            QoS::AtLeastOnce,
            false,
            answer.payload,
            properties,
        );
        if let Err(error) = sent.await {
            tracing::debug!(error = %error, "an ack was not sent: the consumer has ended");
        }
    }

    /// Sends what others have to say; waits while the outgoing queue is full.
    pub(super) async fn send(&self, parcel: Parcel) {
        let expiry = match parcel.shelf {
            Shelf::Retained => None,
            Shelf::Expiring(left) => Some(u32::try_from(left.as_secs()).unwrap_or(u32::MAX)),
        };
        let properties = PublishProperties {
            message_expiry_interval: expiry,
            content_type: Some("application/cloudevents+json".to_owned()),
            user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), parcel.signature.to_string())],
            ..PublishProperties::default()
        };
        let sent = self.client.publish_with_properties(
            parcel.topic,
            QoS::AtLeastOnce,
            parcel.shelf == Shelf::Retained,
            parcel.payload,
            properties,
        );
        if let Err(error) = sent.await {
            tracing::debug!(error = %error, "an order was not sent: the consumer has ended");
        }
    }

    /// Acknowledges a delivery to the broker. One of an earlier connection is left alone: its
    /// packet id may mean another message by now, and the broker sends it again anyway.
    pub(super) async fn acknowledge(&self, delivery: &Delivery) {
        if delivery.connection != self.connection.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = self.client.ack(&delivery.publish).await {
            tracing::debug!(error = %error, "a delivery was not acknowledged: the consumer has ended");
        }
    }
}

impl Consumer {
    /// Runs until `stop`, reconnecting with back-off.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut back_off = FIRST_BACK_OFF;
        loop {
            let event = tokio::select! {
                () = self.deliveries.closed() => break,
                event = self.events.poll() => event,
            };
            match event {
                Ok(Event::Incoming(packet)) => {
                    if let Packet::ConnAck(_) = packet {
                        back_off = FIRST_BACK_OFF;
                    }
                    self.handle(packet);
                }
                Ok(Event::Outgoing(_)) => {}
                Err(error) => {
                    self.set_connected(Connected::No);
                    if !stop.is_cancelled() {
                        tracing::warn!(
                            error = %super::admit::with_source(&error),
                            "the broker is not reachable; trying again"
                        );
                    }
                    tokio::select! {
                        () = self.deliveries.closed() => break,
                        () = tokio::time::sleep(back_off) => {}
                    }
                    back_off = (back_off * 2).min(LAST_BACK_OFF);
                }
            }
        }
        // The worker has ended: its last acks are in the queue, and leave before the good-bye.
        drop(self.client.try_disconnect());
        let farewell = async { while self.events.poll().await.is_ok() {} };
        drop(tokio::time::timeout(Duration::from_secs(2), farewell).await);
        self.set_connected(Connected::No);
    }

    fn handle(&mut self, packet: Packet) {
        match packet {
            Packet::ConnAck(_) => {
                self.connection.fetch_add(1, Ordering::AcqRel);
                self.subscribe();
            }
            Packet::SubAck(_) => self.set_connected(Connected::Yes),
            Packet::Publish(publish) => self.deliver(publish),
            _ => {}
        }
    }

    /// Subscribes at every connection: the session may be gone, and a repeated subscription brings
    /// the retained statuses again. Statuses are not shared: retained messages never reach a
    /// shared subscription, and each server may write the same status without harm.
    fn subscribe(&self) {
        let filters = [
            format!("$share/ingest/{}", Topic::ALL_REPORTS),
            format!("$share/ingest/{}", Topic::ALL_ANSWERS),
            format!("$share/ingest/{}", Topic::ALL_UNIT_ACKS),
            Topic::ALL_AGENT_STATUS.to_owned(),
            Topic::ALL_CAMERA_STATUS.to_owned(),
        ]
        .map(|path| Filter::new(path, QoS::AtLeastOnce));
        if let Err(error) = self.client.try_subscribe_many(filters) {
            tracing::error!(error = %error, "the subscriptions could not be sent; reconnecting");
            drop(self.client.try_disconnect());
        }
    }

    fn deliver(&mut self, publish: Publish) {
        let Ok(topic) = String::from_utf8(publish.topic.to_vec()) else {
            // The contract's topics are ASCII, and the filters let nothing else through.
            return;
        };
        let signature = signature_of(&publish);
        let delivery = Delivery {
            topic,
            payload: publish.payload.clone(),
            signature,
            retained: if publish.retain {
                Retained::Yes
            } else {
                Retained::No
            },
            connection: self.connection.load(Ordering::Acquire),
            publish,
        };
        let Err(full) = self.deliveries.try_send(delivery) else {
            return;
        };
        let quality = full.into_inner().publish.qos;
        let label = if quality == QoS::AtMostOnce { "0" } else { "1" };
        metrics::counter!(CONSUMER_DROPS, "qos" => label).increment(1);
        tracing::warn!(
            mqtt.qos = label,
            "the intake queue is full; a message was let go"
        );
        if quality != QoS::AtMostOnce {
            drop(self.client.try_disconnect());
        }
    }

    fn set_connected(&self, connected: Connected) {
        let value = if connected == Connected::Yes {
            1.0
        } else {
            0.0
        };
        metrics::gauge!(BROKER_CONNECTED).set(value);
        self.health.send_if_modified(|health| {
            let changed = health.broker != connected;
            health.broker = connected;
            changed
        });
    }
}

fn signature_of(publish: &Publish) -> Signature {
    let properties = publish
        .properties
        .iter()
        .flat_map(|properties| &properties.user_properties);
    let mut named = properties.filter(|(name, _)| name == SIGNATURE_PROPERTY);
    match named.next() {
        None => Signature::Absent,
        Some((_, text)) => text
            .parse()
            .map_or(Signature::Unreadable, Signature::Present),
    }
}
