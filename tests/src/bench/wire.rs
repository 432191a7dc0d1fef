//! One MQTT connection with its packets written and read by hand, so that whoever sends thousands of
//! reports a second does not take the processor away from whoever takes them in.

use anyhow::{Context as _, bail, ensure};
use bytes::{Bytes, BytesMut};
use contract::v1::{SIGNATURE_PROPERTY, Topic};
use rumqttc::v5::mqttbytes::v5::{
    Connect, ConnectProperties, ConnectReturnCode, Filter, Login, Packet, PubAck, Publish,
    PublishProperties, Subscribe,
};
use rumqttc::v5::mqttbytes::{Error, QoS};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Enrolled;

/// Longer than any measurement, which is why no ping is ever sent.
const KEEP_ALIVE_S: u16 = 3600;
const MAX_PACKET_BYTES: u32 = 1 << 20;

/// A report as it lies ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) payload: Bytes,
    pub(super) signature: String,
    pub(super) sha256: String,
}

/// A connected and subscribed agent.
pub(super) struct Wire {
    stream: TcpStream,
    incoming: BytesMut,
    outgoing: BytesMut,
    topic: Bytes,
    packet_id: u16,
}

impl Wire {
    /// Connects as the agent and subscribes to its acks.
    pub(super) async fn connect(agent: &Enrolled) -> anyhow::Result<Self> {
        let address = agent.answer.mqtt_url.strip_prefix("mqtt://");
        let stream = TcpStream::connect(address.context("an mqtt:// address")?).await?;
        stream.set_nodelay(true)?;
        let id = agent.answer.agent.clone();
        let mut wire = Self {
            stream,
            incoming: BytesMut::with_capacity(64 * 1024),
            outgoing: BytesMut::with_capacity(64 * 1024),
            topic: Bytes::from(Topic::Reports(id.clone()).to_string()),
            packet_id: 0,
        };
        let connect = Connect {
            keep_alive: KEEP_ALIVE_S,
            client_id: id.to_string(),
            clean_start: true,
            properties: Some(ConnectProperties::new()),
        };
        let login = Login::new(id.as_str(), &agent.answer.mqtt_password);
        wire.send(&Packet::Connect(connect, None, Some(login)))?;
        wire.flush().await?;
        match wire.next().await? {
            Packet::ConnAck(answer) if answer.code == ConnectReturnCode::Success => {}
            other => bail!("the broker answers {other:?}"),
        }
        let filter = Filter::new(Topic::Acks(id).to_string(), QoS::AtLeastOnce);
        let mut subscribe = Subscribe::new(filter, None);
        subscribe.pkid = wire.next_id();
        wire.send(&Packet::Subscribe(subscribe))?;
        wire.flush().await?;
        match wire.next().await? {
            Packet::SubAck(_) => Ok(wire),
            other => bail!("the broker answers {other:?}"),
        }
    }

    /// Puts a report into the buffer.
    pub(super) fn report(&mut self, ready: &Ready) -> anyhow::Result<()> {
        let packet = Publish {
            dup: false,
            qos: QoS::AtLeastOnce,
            retain: false,
            topic: self.topic.clone(),
            pkid: self.next_id(),
            payload: ready.payload.clone(),
            properties: Some(PublishProperties {
                user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), ready.signature.clone())],
                ..PublishProperties::default()
            }),
        };
        self.send(&Packet::Publish(packet))
    }

    /// Acknowledges a message of the broker.
    pub(super) fn acknowledge(&mut self, publish: &Publish) -> anyhow::Result<()> {
        self.send(&Packet::PubAck(PubAck::new(publish.pkid, None)))
    }

    /// Sends what is in the buffer.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        self.stream.write_all_buf(&mut self.outgoing).await?;
        Ok(())
    }

    /// The next packet that is whole already.
    pub(super) fn ready(&mut self) -> anyhow::Result<Option<Packet>> {
        match Packet::read(&mut self.incoming, Some(MAX_PACKET_BYTES)) {
            Ok(packet) => Ok(Some(packet)),
            Err(Error::InsufficientBytes(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for more bytes.
    pub(super) async fn more(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read_buf(&mut self.incoming).await?;
        ensure!(read > 0, "the broker closed the connection");
        Ok(())
    }

    async fn next(&mut self) -> anyhow::Result<Packet> {
        loop {
            if let Some(packet) = self.ready()? {
                return Ok(packet);
            }
            self.more().await?;
        }
    }

    fn send(&mut self, packet: &Packet) -> anyhow::Result<()> {
        packet.write(&mut self.outgoing, None)?;
        Ok(())
    }

    fn next_id(&mut self) -> u16 {
        self.packet_id = self.packet_id % u16::MAX + 1;
        self.packet_id
    }
}
