//! An agent that says exactly what a test wants said: valid reports, and everything but.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use contract::v1::{
    Ack, AgentId, AutoReport, CloudEvent, EnrolmentAnswer, EnrolmentRequest, EventType,
    SIGNATURE_PROPERTY, SecretKey, Topic, decode, encode, sign, verify,
};
use hex::ToHex as _;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::server::Server;

/// Acks that a test has not looked at; more than any test provokes. A full channel would only hold
/// the client's own loop back.
const ACKS: usize = 256;
/// How long an ack may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What enrolment gives an agent: who it is, and with what it speaks.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Its key.
    pub key: Arc<SecretKey>,
    /// What the server told it.
    pub answer: EnrolmentAnswer,
}

impl Enrolled {
    /// Enrols an agent under a name, with a key made from that name.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn at(server: &Server, name: &str) -> anyhow::Result<Self> {
        let key = SecretKey::from_bytes(&Sha256::digest(name.as_bytes()).into());
        let request = EnrolmentRequest {
            token: server.agent_token(name)?,
            public_key: key.public(),
            version: "test".to_owned(),
        };
        let url = format!("{}/api/v1/enrolments", server.endpoints().http);
        let answer = reqwest::Client::new()
            .post(url)
            .json(&request)
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "enrolment: {}",
            answer.status()
        );
        Ok(Self {
            key: Arc::new(key),
            answer: answer.json().await?,
        })
    }
}

/// An enrolled agent at the broker.
#[derive(Debug)]
pub struct ScriptedAgent {
    /// Its name.
    pub id: AgentId,
    /// Its key.
    pub key: Arc<SecretKey>,
    client: AsyncClient,
    acks: mpsc::Receiver<Ack>,
    eventloop: JoinHandle<()>,
}

impl ScriptedAgent {
    /// Enrols under a name and connects.
    ///
    /// # Errors
    /// Where enrolment or the broker refuse.
    pub async fn enrol(server: &Server, name: &str) -> anyhow::Result<Self> {
        Self::connect(&Enrolled::at(server, name).await?).await
    }

    /// Connects an agent that is enrolled.
    ///
    /// # Errors
    /// Where the broker does not let it in within some seconds.
    pub async fn connect(enrolled: &Enrolled) -> anyhow::Result<Self> {
        let Enrolled { key, answer } = enrolled.clone();
        let address = answer
            .mqtt_url
            .strip_prefix("mqtt://")
            .context("an mqtt:// address")?;
        let (host, port) = address.rsplit_once(':').context("an address with a port")?;
        let mut options = MqttOptions::new(answer.agent.as_str(), host, port.parse()?);
        options.set_credentials(answer.agent.as_str(), &answer.mqtt_password);
        // The broker's limit is tested, not the client's.
        options.set_max_packet_size(Some(4 << 20));
        let (client, mut eventloop) = AsyncClient::new(options, 64);
        let topic = Topic::Acks(answer.agent.clone()).to_string();
        client.subscribe(topic, QoS::AtLeastOnce).await?;
        let (sender, acks) = mpsc::channel(ACKS);
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        let server_key = answer.server_public_key;
        let eventloop = tokio::spawn(async move {
            let mut ready = Some(ready);
            loop {
                match eventloop.poll().await {
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        let _ = ready.take().map(|ready| ready.send(()));
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        if let Some(ack) = signed_ack(&server_key, &publish) {
                            drop(sender.send(ack).await);
                        }
                    }
                    Ok(_) => {}
                    // A broker that is away, or that threw the client out for what it sent.
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        });
        // Made first, so that whoever is not let in does not go on trying beside the next who is.
        let agent = Self {
            id: answer.agent,
            key,
            client,
            acks,
            eventloop,
        };
        timeout(PATIENCE, subscribed)
            .await
            .context("the broker does not let the agent in")??;
        Ok(agent)
    }

    /// The exact bytes of a report's message.
    ///
    /// # Errors
    /// Where the report holds a number that is not finite.
    pub fn message(&self, report: &AutoReport) -> anyhow::Result<Vec<u8>> {
        let id = format!("{}/{}", report.event_id, report.revision);
        let source = format!("/agents/{}", self.id);
        let now = jiff::Timestamp::now();
        Ok(encode(&CloudEvent::new(
            EventType::Report,
            id,
            source,
            now,
            report,
        ))?)
    }

    /// Publishes bytes signed with the agent's own key.
    ///
    /// # Errors
    /// Where the client is gone.
    pub async fn publish(&self, payload: &[u8]) -> anyhow::Result<()> {
        let topic = Topic::Reports(self.id.clone()).to_string();
        let signature = sign(&self.key, &topic, payload).to_string();
        self.publish_with(payload, Some(signature)).await
    }

    /// Publishes bytes with any signature, or none.
    ///
    /// # Errors
    /// Where the client is gone.
    pub async fn publish_with(
        &self,
        payload: &[u8],
        signature: Option<String>,
    ) -> anyhow::Result<()> {
        let properties = PublishProperties {
            user_properties: signature
                .map(|signature| (SIGNATURE_PROPERTY.to_owned(), signature))
                .into_iter()
                .collect(),
            ..PublishProperties::default()
        };
        let topic = Topic::Reports(self.id.clone()).to_string();
        self.client
            .publish_with_properties(topic, QoS::AtLeastOnce, false, payload.to_vec(), properties)
            .await?;
        Ok(())
    }

    /// The next ack that answers exactly these bytes.
    ///
    /// # Errors
    /// Where none comes in time.
    pub async fn ack_of(&mut self, payload: &[u8]) -> anyhow::Result<Ack> {
        let hash: String = Sha256::digest(payload).encode_hex();
        timeout(PATIENCE, async {
            while let Some(ack) = self.acks.recv().await {
                if ack.sha256 == hash {
                    return Some(ack);
                }
            }
            None
        })
        .await
        .ok()
        .flatten()
        .with_context(|| format!("no ack of {hash} within {} s", PATIENCE.as_secs()))
    }
}

impl Drop for ScriptedAgent {
    fn drop(&mut self) {
        self.eventloop.abort();
    }
}

/// The ack in a message, where it carries the server's signature.
fn signed_ack(server: &contract::v1::PublicKey, publish: &Publish) -> Option<Ack> {
    let topic = std::str::from_utf8(&publish.topic).ok()?;
    let properties = publish.properties.as_ref()?;
    let (_, signature) = properties
        .user_properties
        .iter()
        .find(|(name, _)| name == SIGNATURE_PROPERTY)?;
    verify(server, topic, &publish.payload, &signature.parse().ok()?).ok()?;
    decode::<Ack>(&publish.payload, EventType::Ack)
        .ok()
        .map(|event| event.data)
}
