//! A plain MQTT 5 client whose every answer can be waited for.

use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, Packet, PubAckReason, Publish, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::harness::{AGENTS, Broker, DEADLINE, TELLERS, UNIT};

/// More than any case sends.
const QUEUE: usize = 10_000;

pub(crate) struct Client {
    client: AsyncClient,
    packets: mpsc::Receiver<Packet>,
    kept: Vec<Publish>,
    task: JoinHandle<()>,
    pub(crate) session_present: bool,
}

/// What a log-in left at the broker before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    /// Begins anew and ends with the connection.
    Fleeting,
    /// Goes on, and outlives the connection.
    Kept,
}

pub(crate) fn options(
    port: u16,
    user: &str,
    password: &str,
    id: &str,
    session: Session,
) -> MqttOptions {
    let mut options = MqttOptions::new(id, "127.0.0.1", port);
    options
        .set_credentials(user, password)
        .set_keep_alive(Duration::from_secs(10))
        .set_clean_start(session == Session::Fleeting)
        .set_session_expiry_interval((session == Session::Kept).then_some(3600))
        .set_manual_acks(true)
        .set_max_packet_size(Some(1024 * 1024));
    options
}

/// Why a log-in was refused, or none where it was not.
pub(crate) async fn refusal(options: MqttOptions) -> Option<ConnectReturnCode> {
    let (_client, mut events) = AsyncClient::new(options, 10);
    match tokio::time::timeout(DEADLINE, events.poll()).await.unwrap() {
        Ok(_) => None,
        Err(ConnectionError::ConnectionRefused(code)) => Some(code),
        // A broker may also close the connection without a word.
        Err(_) => Some(ConnectReturnCode::NotAuthorized),
    }
}

impl Client {
    pub(crate) async fn server(broker: &impl Broker, id: &str, session: Session) -> Self {
        let password = broker.server_password();
        Self::connect(options(
            broker.servers_port(),
            "ingest",
            &password,
            id,
            session,
        ))
        .await
    }

    /// One of [`AGENTS`], by number.
    pub(crate) async fn agent(broker: &impl Broker, number: usize, session: Session) -> Self {
        let (name, password) = AGENTS[number];
        Self::connect(options(broker.agents_port(), name, password, name, session)).await
    }

    /// The unit that every broker under test knows.
    pub(crate) async fn unit(broker: &impl Broker, session: Session) -> Self {
        let user = format!("unit.{}", UNIT.0);
        Self::connect(options(broker.agents_port(), &user, UNIT.1, &user, session)).await
    }

    /// One of [`TELLERS`], by number.
    pub(crate) async fn teller(broker: &impl Broker, number: usize) -> Self {
        let (name, password) = TELLERS[number];
        let port = broker.agents_port();
        Self::connect(options(port, name, password, name, Session::Fleeting)).await
    }

    async fn connect(options: MqttOptions) -> Self {
        let (client, events) = AsyncClient::new(options, QUEUE);
        let (sender, packets) = mpsc::channel(QUEUE);
        let task = tokio::spawn(forward(events, sender));
        let mut client = Self {
            client,
            packets,
            kept: Vec::new(),
            task,
            session_present: false,
        };
        let Packet::ConnAck(ack) = client
            .next(|packet| matches!(packet, Packet::ConnAck(_)))
            .await
        else {
            unreachable!("the filter lets nothing else through")
        };
        client.session_present = ack.session_present;
        client
    }

    /// The next packet that fits; publishes that come before it are kept for [`Self::receive`].
    async fn next(&mut self, fits: impl Fn(&Packet) -> bool) -> Packet {
        let search = async {
            loop {
                let packet = self.packets.recv().await.expect("the connection was lost");
                if fits(&packet) {
                    return packet;
                }
                if let Packet::Publish(publish) = packet {
                    self.kept.push(publish);
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
        let ack = self
            .next(|packet| matches!(packet, Packet::SubAck(_)))
            .await;
        let Packet::SubAck(ack) = ack else {
            unreachable!("the filter lets nothing else through")
        };
        ack.return_codes[0]
    }

    /// Publishes and waits for the broker's word.
    pub(crate) async fn publish(&mut self, topic: &str, payload: &str) -> PubAckReason {
        self.send(topic, payload, false).await
    }

    pub(crate) async fn retain(&mut self, topic: &str, payload: &str) -> PubAckReason {
        self.send(topic, payload, true).await
    }

    async fn send(&mut self, topic: &str, payload: &str, retain: bool) -> PubAckReason {
        self.client
            .publish(topic, QoS::AtLeastOnce, retain, payload.to_owned())
            .await
            .unwrap();
        let ack = self
            .next(|packet| matches!(packet, Packet::PubAck(_)))
            .await;
        let Packet::PubAck(ack) = ack else {
            unreachable!("the filter lets nothing else through")
        };
        ack.reason
    }

    /// The next message, not yet acknowledged.
    pub(crate) async fn receive(&mut self) -> Publish {
        if !self.kept.is_empty() {
            return self.kept.remove(0);
        }
        let packet = self
            .next(|packet| matches!(packet, Packet::Publish(_)))
            .await;
        let Packet::Publish(publish) = packet else {
            unreachable!("the filter lets nothing else through")
        };
        publish
    }

    pub(crate) async fn ack(&self, publish: &Publish) {
        self.client.ack(publish).await.unwrap();
    }

    /// Whether no message has come so far.
    pub(crate) fn heard_nothing(&self) -> bool {
        self.kept.is_empty()
    }

    /// Loses the connection without a good-bye.
    pub(crate) fn vanish(self) {
        self.task.abort();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Polls until the connection is lost: the cases reconnect when they mean to.
async fn forward(mut events: EventLoop, packets: mpsc::Sender<Packet>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(packet)) => {
                if packets.send(packet).await.is_err() {
                    return;
                }
            }
            Ok(Event::Outgoing(_)) => {}
            Err(_) => return,
        }
    }
}

pub(crate) fn text(publish: &Publish) -> String {
    String::from_utf8(publish.payload.to_vec()).unwrap()
}
