//! The part of a connection that hears orders and says their answers.

use std::time::{Duration, Instant};

use contract::v1::{SIGNATURE_PROPERTY, Topic};
use jiff::Timestamp;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Publish, PublishProperties};

use super::{CONTENT_TYPE, Connection, QueueFull};
use crate::outbox::store::StoreError;
use crate::telemetry::{chain, metric};

/// Answers on their way at once.
const MOST_ANSWERS: u32 = 16;
/// How soon an answer that the server did not confirm is sent again.
const RESEND_AFTER: Duration = Duration::from_secs(15);

/// When answers are due.
#[derive(Debug)]
pub(super) struct AnswersDue(Option<Instant>);

impl Default for AnswersDue {
    /// At once: an earlier connection may have left some.
    fn default() -> Self {
        Self(Some(Instant::now()))
    }
}

impl AnswersDue {
    /// A new answer is to be said.
    pub(super) fn now(&mut self) {
        self.0 = Some(Instant::now());
    }

    /// When to come back.
    pub(super) const fn at(&self) -> Option<Instant> {
        self.0
    }
}

impl Connection<'_> {
    pub(super) fn subscribe_to_orders(&self) {
        for topic in self.publisher.inbox.topics() {
            // A fresh queue takes these.
            let _ = self.client.try_subscribe(topic, QoS::AtLeastOnce);
        }
    }

    /// Says the answers that are due.
    pub(super) async fn say_answers(&mut self) -> Result<Result<(), QueueFull>, StoreError> {
        if self.answers.0.is_none_or(|due| due > Instant::now()) {
            return Ok(Ok(()));
        }
        let answers = self
            .publisher
            .store
            .unconfirmed_answers(MOST_ANSWERS)
            .await?;
        self.answers.0 = (!answers.is_empty()).then(|| Instant::now() + RESEND_AFTER);
        let topic = Topic::Answers(self.publisher.agent.clone()).to_string();
        for answer in answers {
            let properties = PublishProperties {
                payload_format_indicator: Some(1),
                content_type: Some(CONTENT_TYPE.to_owned()),
                user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), answer.signature)],
                ..PublishProperties::default()
            };
            let sent = self.client.try_publish_with_properties(
                topic.as_str(),
                QoS::AtLeastOnce,
                false,
                answer.payload,
                properties,
            );
            if sent.is_err() {
                self.answers.now();
                return Ok(Err(QueueFull));
            }
        }
        Ok(Ok(()))
    }

    /// Takes an order: first the disk, then the PubAck, so that a crash in between hears it again.
    pub(super) async fn hear_order(&mut self, publish: &Publish, signature: Option<&str>) {
        let inbox = &self.publisher.inbox;
        let taken = inbox
            .take(
                &publish.topic,
                &publish.payload,
                signature,
                Timestamp::now(),
            )
            .await;
        match taken {
            // Where the queue is full, the broker says it again on the next connection.
            Ok(()) => drop(self.client.try_ack(publish)),
            Err(error) => {
                metrics::counter!(metric::OUTBOX_FAILED).increment(1);
                tracing::error!(error = %chain(&error), "cannot keep an order; the broker will say it again");
            }
        }
    }

    /// An ack that names no report may name an answer.
    pub(super) async fn answer_confirmed(&mut self, sha256: &str) -> Result<(), StoreError> {
        if let Some(command) = self.publisher.store.answer_confirmed(sha256).await? {
            tracing::info!(command.id = command, "answer delivered");
        }
        Ok(())
    }
}
