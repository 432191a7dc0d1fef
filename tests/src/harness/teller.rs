//! Somebody with a user of its own at the broker who tells agents one thing: a traffic-signal controller, or
//! whoever turns a camera.

use std::time::Duration;

use anyhow::Context as _;
use contract::v1::{SIGNATURE_PROPERTY, Topic};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::site::Site;

/// How long the broker may take until it lets it in: a Mosquitto reads its files first.
const PATIENCE: Duration = Duration::from_secs(20);

/// A teller at the broker of a site.
#[derive(Debug)]
pub struct Teller {
    client: AsyncClient,
    eventloop: JoinHandle<()>,
}

impl Teller {
    /// Lets it in under a name, as an administrator does, and connects.
    ///
    /// # Errors
    /// Where the server makes it no password, or the broker does not let it in.
    pub async fn at(site: &Site, name: &str) -> anyhow::Result<Self> {
        let told = site.server.command(&["teller", "password", name], None)?;
        site.tell_broker()?;
        let value = |key: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(key));
            line.map(str::trim).with_context(|| format!("no {key}"))
        };
        let (user, password) = (value("user")?, value("password")?);
        let url = site.broker_url();
        let address = url.strip_prefix("mqtt://").context("an mqtt:// address")?;
        let (host, port) = address.rsplit_once(':').context("an address with a port")?;
        let mut options = MqttOptions::new(user, host, port.parse()?);
        options.set_credentials(user, password);
        let (client, mut events) = AsyncClient::new(options, 64);
        let (ready, let_in) = tokio::sync::oneshot::channel();
        let eventloop = tokio::spawn(async move {
            let mut ready = Some(ready);
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        let _ = ready.take().map(|ready| ready.send(()));
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        });
        let teller = Self { client, eventloop };
        timeout(PATIENCE, let_in)
            .await
            .with_context(|| format!("the broker does not let {name} in"))??;
        Ok(teller)
    }

    /// Says something, retained.
    ///
    /// # Errors
    /// Where the client is gone.
    pub async fn say(
        &self,
        topic: &Topic,
        payload: Vec<u8>,
        signature: Option<String>,
    ) -> anyhow::Result<()> {
        let properties = PublishProperties {
            user_properties: signature
                .map(|signature| (SIGNATURE_PROPERTY.to_owned(), signature))
                .into_iter()
                .collect(),
            ..PublishProperties::default()
        };
        let (topic, qos) = (topic.to_string(), QoS::AtLeastOnce);
        self.client
            .publish_with_properties(topic, qos, true, payload, properties)
            .await?;
        Ok(())
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.eventloop.abort();
    }
}
