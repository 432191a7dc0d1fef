//! One attempt to bring one message to its target.

use std::time::Duration;

use contract::v1::{SecretKey, Topic, sign};
use jiff::Timestamp;
use notice::cap::MEDIA_TYPE;
use notice::target::{Body, Target, Webhook};
use notice::{Channel, Failure};

use super::Dispatch;
use super::email::Mail;
use super::letter::Letter;
use super::webhook::Request;
use crate::intake::{Connected, Health, Outlet, Parcel, Shelf};
use crate::store::{self, Delivery};

/// What the contract's message is over HTTP.
pub(super) const JSON_MEDIA_TYPE: &str = "application/cloudevents+json";

/// The way to the broker.
#[derive(Clone)]
pub(super) struct Broker {
    pub(super) outlet: Outlet,
    pub(super) health: tokio::sync::watch::Receiver<Health>,
}

impl Dispatch {
    /// Tries once.
    ///
    /// # Errors
    /// Why the other side did not take it.
    pub(super) async fn reach(
        &self,
        broker: &Broker,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let all = store::deliveries_of_incident(&self.0.store, delivery.incident)
            .await
            .map_err(|_| Failure::NoMessage)?;
        let letter = self.letter(delivery, &all).ok_or(Failure::NoTarget)?;
        match &letter.target().channel {
            Channel::Mqtt(_) => publish(broker, &self.0.key, delivery, &letter, now).await,
            Channel::Webhook(webhook) => self.post(webhook, delivery, &letter, now).await,
            Channel::Email(email) => self.mail(&email.to, delivery, &letter).await,
            // Its reader fetches it: it is out as soon as it stands in the feed.
            Channel::CapFeed(_) => letter.cap().map(drop).ok_or(Failure::NoMessage),
        }
    }

    async fn post(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
        letter: &Letter<'_>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let secret = self.0.directory.config.secrets.get(&delivery.target);
        let secret = secret.ok_or(Failure::NoTarget)?.reveal();
        let (media_type, body) = match webhook.body {
            Body::Json => (JSON_MEDIA_TYPE, letter.json()),
            Body::Cap => (MEDIA_TYPE, letter.cap().map(String::into_bytes)),
        };
        let request = Request {
            delivery: &delivery.id.to_string(),
            media_type,
            body: body.ok_or(Failure::NoMessage)?,
        };
        let webhooks = &self.0.directory.webhooks;
        webhooks.send(webhook, secret, request, now).await
    }

    async fn mail(
        &self,
        to: &[String],
        delivery: &Delivery,
        letter: &Letter<'_>,
    ) -> Result<(), Failure> {
        let post = self.0.directory.post.as_ref().ok_or(Failure::NoTarget)?;
        let refers_to = delivery.refers_to.iter().map(ToString::to_string);
        post.send(Mail {
            to,
            subject: letter.headline(),
            text: letter.mail_text(),
            attachment: None,
            delivery: delivery.id.to_string(),
            refers_to: refers_to.collect(),
        })
        .await
    }
}

async fn publish(
    broker: &Broker,
    key: &SecretKey,
    delivery: &Delivery,
    letter: &Letter<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    if broker.health.borrow().broker != Connected::Yes {
        return Err(Failure::Unreachable);
    }
    let payload = letter.json().ok_or(Failure::NoMessage)?;
    let topic = Topic::UnitIncidents(delivery.unit.clone()).to_string();
    let parcel = Parcel {
        signature: sign(key, &topic, &payload),
        shelf: Shelf::Expiring(left(letter.target(), delivery, now)),
        topic,
        payload,
    };
    broker.outlet.send(parcel).await;
    Ok(())
}

/// How long the broker keeps a message for a unit that is away.
fn left(target: &Target, delivery: &Delivery, now: Timestamp) -> Duration {
    let age = now.duration_since(delivery.made_at).unsigned_abs();
    target
        .give_up_after()
        .saturating_sub(age)
        .max(Duration::from_secs(1))
}
