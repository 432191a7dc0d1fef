//! The MQTT v5 session: sends reports until the server's ack, tells status, hears acks.
//!
//! The only file with rumqttc. Every connection gets a fresh client: what rumqttc remembers of a
//! lost connection is not needed, because the outbox sends everything unanswered again. What does
//! not belong here: what is on disk (`store`), when a report is due again (`window`).

mod address;
mod board;
mod condition;
mod orders;
mod poses;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use contract::v1::{
    AckOutcome, AgentId, AgentStatus, CameraId, CameraStatus, CloudEvent, EventType, Liveness,
    PublicKey, SIGNATURE_PROPERTY, SecretKey, Topic, encode, sign,
};
use jiff::Timestamp;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, LastWill, LastWillProperties, Packet, PubAckReason, Publish,
    PublishProperties, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{Outgoing, TlsConfiguration, Transport};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

pub use self::address::{BrokerAddress, BrokerAddressError};
pub use self::board::StatusBoard;
pub use self::condition::AgentBoard;
pub use self::poses::PoseEars;

use self::address::Security;
use self::condition::Condition;
use self::orders::AnswersDue;
use super::ack;
use super::backoff::Backoff;
use super::inbox::Inbox;
use super::link::{BrokerLink, LinkState};
use super::record::{StoredReport, Urgency};
use super::signals::SignalPost;
use super::store::{GapAnswer, Store, StoreError};
use super::window::Window;
use crate::telemetry::{chain, metric};

/// How soon and how rarely a lost broker is tried again.
const RECONNECT: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(10),
};
/// How long the broker keeps this agent's session, its unread acks above all.
const SESSION_EXPIRY_S: u32 = 24 * 60 * 60;
/// An agent that is silent for half as long again is declared offline by its last will.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Messages to the broker without its PubAck; Mosquitto's own limit is 20.
const MAX_INFLIGHT: u16 = 20;
/// The largest message that is accepted; acks are small, desired state is larger.
const MAX_PACKET_BYTES: u32 = 256 * 1024;
/// At a stop, unanswered reports get this long before they are left to the next start.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// And the good-bye this long.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
const CONTENT_TYPE: &str = "application/cloudevents+json";

/// Who speaks, to whom, and whose acks count.
pub struct Publisher {
    /// This agent: MQTT user and client id.
    pub agent: AgentId,
    /// Signs statuses and gap reports.
    pub key: Arc<SecretKey>,
    /// The MQTT password.
    pub password: Zeroizing<String>,
    /// The key whose acks count.
    pub server_key: PublicKey,
    /// The broker.
    pub broker: BrokerAddress,
    /// Whom to trust on `mqtts://`.
    pub tls: Arc<rustls::ClientConfig>,
    /// The outbox.
    pub store: Arc<Store>,
    /// What the server wants of this agent.
    pub inbox: Inbox,
    /// What signal controllers say.
    pub signals: SignalPost,
    /// What the agent says of itself.
    pub condition: Arc<AgentBoard>,
    /// Who gives way to reports looks here whether they can go.
    pub link: Arc<BrokerLink>,
    /// Cameras that are told where they look.
    pub poses: PoseEars,
    /// When the process started, for the status.
    pub since: Timestamp,
}

/// What the connection's task hears.
enum Heard {
    Connected,
    Published(Box<Publish>),
    Lost(Box<ConnectionError>),
}

/// How a connection ended.
enum Ended {
    Stopped,
    Lost {
        reached: Reached,
        error: Box<ConnectionError>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    Nobody,
    Broker,
}

impl Publisher {
    /// Keeps the session alive until `stop`; then flushes, says good-bye, and returns.
    pub async fn run(self, board: &StatusBoard, stop: CancellationToken) {
        let mut failures = 0;
        metrics::gauge!(metric::MQTT_CONNECTED).set(0.0);
        loop {
            let ended = self.run_once(board, &stop).await;
            metrics::gauge!(metric::MQTT_CONNECTED).set(0.0);
            self.link.set(LinkState::Down);
            let Ended::Lost { reached, error } = ended else {
                return;
            };
            failures = if reached == Reached::Broker {
                1
            } else {
                failures + 1
            };
            let wait = RECONNECT.delay(failures, rand::random());
            self.report_loss(reached, &error, wait);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    fn report_loss(&self, reached: Reached, error: &ConnectionError, wait: Duration) {
        let outcome = if reached == Reached::Broker {
            "lost"
        } else {
            "failed"
        };
        metrics::counter!(metric::MQTT_CONNECTS, "outcome" => outcome).increment(1);
        let refused = matches!(
            error,
            ConnectionError::ConnectionRefused(
                ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized
            )
        );
        let remedy = if refused {
            "the broker does not accept this agent's password; enrol anew with `edge-agent enroll --again`"
        } else {
            "reports wait on disk meanwhile"
        };
        tracing::warn!(
            broker.host = self.broker.host,
            broker.port = self.broker.port,
            %error,
            retry_ms = wait.as_millis(),
            "no connection to the broker: {remedy}"
        );
    }

    async fn run_once(&self, board: &StatusBoard, stop: &CancellationToken) -> Ended {
        let (client, eventloop) = AsyncClient::new(self.options(), REQUESTS);
        // When full, the driver waits and reads no further packets; the loop below always drains.
        let (tell, mut heard) = mpsc::channel(64);
        let driver = tokio::spawn(drive(eventloop, tell));
        let first = tokio::select! {
            first = heard.recv() => first,
            () = stop.cancelled() => None,
        };
        let ended = match first {
            Some(Heard::Lost(error)) => Ended::Lost {
                reached: Reached::Nobody,
                error,
            },
            None => Ended::Stopped,
            Some(Heard::Connected | Heard::Published(_)) => {
                metrics::gauge!(metric::MQTT_CONNECTED).set(1.0);
                self.link.set(LinkState::Up);
                metrics::counter!(metric::MQTT_CONNECTS, "outcome" => "connected").increment(1);
                tracing::info!(
                    broker.host = self.broker.host,
                    broker.port = self.broker.port,
                    "connected to the broker"
                );
                let mut connection = Connection {
                    publisher: self,
                    client: &client,
                    window: Window::default(),
                    answers: AnswersDue::default(),
                    gap: None,
                    condition: self.condition.subscribe(),
                    board: board.subscribe(),
                    said: BTreeMap::new(),
                };
                connection.serve(&mut heard, stop).await
            }
        };
        if matches!(ended, Ended::Stopped) {
            // The driver ends by itself once the DISCONNECT is out.
            drop(heard);
            let abort = driver.abort_handle();
            if tokio::time::timeout(GOODBYE_TIMEOUT, driver).await.is_err() {
                abort.abort();
            }
        }
        ended
    }

    fn options(&self) -> MqttOptions {
        let mut options = MqttOptions::new(
            self.agent.as_str(),
            self.broker.host.as_str(),
            self.broker.port,
        );
        options
            .set_clean_start(false)
            .set_session_expiry_interval(Some(SESSION_EXPIRY_S))
            .set_keep_alive(KEEP_ALIVE)
            .set_credentials(self.agent.as_str(), self.password.as_str())
            .set_manual_acks(true)
            .set_max_packet_size(Some(MAX_PACKET_BYTES))
            .set_outgoing_inflight_upper_limit(MAX_INFLIGHT);
        if let Ok(payload) = self.agent_status(Liveness::Offline, Condition::default()) {
            let topic = Topic::AgentStatus(self.agent.clone()).to_string();
            let properties = LastWillProperties {
                delay_interval: None,
                payload_format_indicator: Some(1),
                message_expiry_interval: None,
                content_type: Some(CONTENT_TYPE.to_owned()),
                response_topic: None,
                correlation_data: None,
                user_properties: vec![self.signature(&topic, &payload)],
            };
            let will = LastWill::new(topic, payload, QoS::AtLeastOnce, true, Some(properties));
            options.set_last_will(will);
        }
        if self.broker.security == Security::Tls {
            let tls = TlsConfiguration::Rustls(Arc::clone(&self.tls));
            options.set_transport(Transport::tls_with_config(tls));
        }
        options
    }

    fn agent_status(
        &self,
        liveness: Liveness,
        condition: Condition,
    ) -> Result<Vec<u8>, contract::v1::CloudEventError> {
        let status = AgentStatus {
            agent: self.agent.clone(),
            liveness,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since: self.since,
            applied: condition.applied,
            clock: condition.clock,
            clock_trust: condition.trust,
        };
        self.envelope(EventType::AgentStatus, status)
    }

    /// The user property that signs these bytes for this topic.
    fn signature(&self, topic: &str, payload: &[u8]) -> (String, String) {
        let signed = sign(&self.key, topic, payload).to_string();
        (SIGNATURE_PROPERTY.to_owned(), signed)
    }

    fn envelope<T: Serialize>(
        &self,
        event_type: EventType,
        data: T,
    ) -> Result<Vec<u8>, contract::v1::CloudEventError> {
        let id = uuid::Uuid::now_v7().to_string();
        let source = format!("/agents/{}", self.agent);
        encode(&CloudEvent::new(
            event_type,
            id,
            source,
            Timestamp::now(),
            data,
        ))
    }
}

/// Requests queued to rumqttc. When full, a report waits for its next turn and a PubAck for the
/// next connection; nothing is lost, since both are repeated.
const REQUESTS: usize = 256;
/// How soon a full request queue is tried again.
const QUEUE_PAUSE: Duration = Duration::from_millis(200);

async fn drive(mut eventloop: EventLoop, tell: mpsc::Sender<Heard>) {
    loop {
        let heard = match eventloop.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Heard::Connected,
            Ok(Event::Incoming(Packet::Publish(publish))) => Heard::Published(Box::new(publish)),
            Ok(Event::Incoming(packet)) => {
                warn_of_refusal(&packet);
                continue;
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(Event::Outgoing(_)) => continue,
            Err(error) => {
                // Nobody listens any more only at a stop.
                let _ = tell.send(Heard::Lost(Box::new(error))).await;
                return;
            }
        };
        // While stopping nobody listens, but polling goes on so that the good-bye leaves.
        let _ = tell.send(heard).await;
    }
}

fn warn_of_refusal(packet: &Packet) {
    match packet {
        Packet::PubAck(ack)
            if !matches!(
                ack.reason,
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers
            ) =>
        {
            tracing::error!(reason = ?ack.reason, "the broker refused a message; has this agent the right to its own topics?");
        }
        Packet::SubAck(ack) => {
            for code in &ack.return_codes {
                if !matches!(code, SubscribeReasonCode::Success(_)) {
                    tracing::error!(reason = ?code, "the broker refused the subscription to acks; nothing can be delivered");
                }
            }
        }
        _ => {}
    }
}

/// One connection to the broker.
struct Connection<'a> {
    publisher: &'a Publisher,
    client: &'a AsyncClient,
    window: Window,
    answers: AnswersDue,
    condition: watch::Receiver<Condition>,
    gap: Option<GapOnItsWay>,
    board: watch::Receiver<BTreeMap<CameraId, CameraStatus>>,
    said: BTreeMap<CameraId, CameraStatus>,
}

/// The gap report that was sent on this connection, and when it is due again.
struct GapOnItsWay {
    sha256: String,
    times: u32,
    due: Instant,
}

/// How soon and how rarely an unanswered gap report is sent again.
const RESEND_GAP: Backoff = Backoff {
    first: Duration::from_secs(5),
    most: Duration::from_secs(60),
};

/// Whether the broker keeps a message for newcomers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retain {
    Yes,
    No,
}

/// The request queue is full for now.
struct QueueFull;

impl Connection<'_> {
    async fn serve(
        &mut self,
        heard: &mut mpsc::Receiver<Heard>,
        stop: &CancellationToken,
    ) -> Ended {
        let acks = Topic::Acks(self.publisher.agent.clone()).to_string();
        let mut flush_until: Option<Instant> = None;
        // A fresh queue takes these two.
        let _ = self.client.try_subscribe(acks.as_str(), QoS::AtLeastOnce);
        self.subscribe_to_orders();
        for topic in self.publisher.signals.topics() {
            // A fresh queue takes these.
            let _ = self.client.try_subscribe(topic, QoS::AtLeastOnce);
        }
        self.subscribe_to_poses();
        let _ = self.say_liveness(Liveness::Online);
        loop {
            let pause = self.speak().await;
            if let Some(until) = flush_until
                && (Instant::now() >= until || self.all_answered().await)
            {
                break;
            }
            let wake = [
                pause,
                self.window.next_due(),
                self.gap.as_ref().map(|gap| gap.due),
                self.answers.at(),
                flush_until,
            ]
            .into_iter()
            .flatten()
            .min();
            tokio::select! {
                message = heard.recv() => match message {
                    Some(Heard::Published(publish)) => self.hear(&acks, &publish).await,
                    Some(Heard::Connected) => {}
                    Some(Heard::Lost(error)) => {
                        return Ended::Lost { reached: Reached::Broker, error };
                    }
                    None => break,
                },
                () = self.publisher.store.report_filed() => {}
                () = self.publisher.inbox.bells.answered.notified() => self.answers.now(),
                Ok(()) = self.condition.changed() => drop(self.say_liveness(Liveness::Online)),
                Ok(()) = self.board.changed() => {}
                () = sleep_until(wake) => {}
                () = stop.cancelled(), if flush_until.is_none() => {
                    flush_until = Some(Instant::now() + FLUSH_TIMEOUT);
                }
            }
        }
        let _ = self.say_liveness(Liveness::Offline);
        let _ = self.client.try_disconnect();
        Ended::Stopped
    }

    /// Says everything that is due; returns when to come back where something could not be said.
    async fn speak(&mut self) -> Option<Instant> {
        let said = match self.say_statuses() {
            Ok(()) => self.send_all().await,
            Err(QueueFull) => Ok(Err(QueueFull)),
        };
        match said {
            Ok(Ok(())) => None,
            Ok(Err(QueueFull)) => Some(Instant::now() + QUEUE_PAUSE),
            Err(error) => {
                metrics::counter!(metric::OUTBOX_FAILED).increment(1);
                tracing::error!(error = %chain(&error), "cannot read the outbox; trying again");
                Some(Instant::now() + Duration::from_secs(1))
            }
        }
    }

    async fn send_all(&mut self) -> Result<Result<(), QueueFull>, StoreError> {
        if let Err(full) = self.send_gap().await? {
            return Ok(Err(full));
        }
        let mut sent = Vec::new();
        let outcome = self.send_reports(&mut sent).await;
        self.publisher.store.sent(&sent).await?;
        match outcome? {
            Ok(()) => self.say_answers().await,
            Err(QueueFull) => Ok(Err(QueueFull)),
        }
    }

    /// The gap report has a place of its own: no report, however urgent, keeps it waiting.
    async fn send_gap(&mut self) -> Result<Result<(), QueueFull>, StoreError> {
        let Publisher {
            store, agent, key, ..
        } = self.publisher;
        let Some(gap) = store.gap_to_send(agent, key).await? else {
            self.gap = None;
            return Ok(Ok(()));
        };
        let now = Instant::now();
        let last = self.gap.take().filter(|last| last.sha256 == gap.sha256);
        if let Some(last) = last.as_ref().filter(|last| last.due > now) {
            let GapOnItsWay { times, due, .. } = *last;
            let sha256 = gap.sha256;
            self.gap = Some(GapOnItsWay { sha256, times, due });
            return Ok(Ok(()));
        }
        let signature = (SIGNATURE_PROPERTY.to_owned(), gap.signature);
        if let Err(full) = self.publish(&gap.topic, Retain::No, gap.payload, signature) {
            return Ok(Err(full));
        }
        store.gap_sent(&gap.sha256).await?;
        let times = last.map_or(1, |last| last.times + 1);
        self.gap = Some(GapOnItsWay {
            sha256: gap.sha256,
            times,
            due: now + RESEND_GAP.delay(times, rand::random()),
        });
        Ok(Ok(()))
    }

    async fn send_reports(
        &mut self,
        sent: &mut Vec<i64>,
    ) -> Result<Result<(), QueueFull>, StoreError> {
        let store = &self.publisher.store;
        for seq in self.window.due(Instant::now()) {
            match store.waiting(seq).await? {
                Some(report) => {
                    if let Err(full) = self.send(&report) {
                        return Ok(Err(full));
                    }
                }
                None => self.window.answered(seq),
            }
        }
        let room = self.window.room(Urgency::Urgent);
        if room == 0 {
            return Ok(Ok(()));
        }
        for report in store.to_send(&self.window.held(), room).await? {
            if self.window.room(report.urgency) == 0 {
                break;
            }
            if let Err(full) = self.send(&report) {
                return Ok(Err(full));
            }
            sent.push(report.seq);
        }
        Ok(Ok(()))
    }

    fn send(&mut self, report: &StoredReport) -> Result<(), QueueFull> {
        let signature = (SIGNATURE_PROPERTY.to_owned(), report.signature.clone());
        self.publish(&report.topic, Retain::No, report.payload.clone(), signature)?;
        let attempt = self.window.sent(report.seq, Instant::now(), rand::random());
        metrics::counter!(metric::REPORTS_SENT, "attempt" => attempt.as_str()).increment(1);
        tracing::debug!(
            event.id = report.event_id,
            report.revision = report.revision,
            attempt = attempt.as_str(),
            "report sent"
        );
        Ok(())
    }

    fn say_statuses(&mut self) -> Result<(), QueueFull> {
        let board = self.board.borrow_and_update().clone();
        for (camera, status) in board {
            if self.said.get(&camera) == Some(&status) {
                continue;
            }
            let topic = Topic::CameraStatus(self.publisher.agent.clone(), camera.clone());
            if let Ok(payload) = self.publisher.envelope(EventType::CameraStatus, &status) {
                self.say_retained(&topic, payload)?;
            }
            self.said.insert(camera, status);
        }
        Ok(())
    }

    fn say_liveness(&self, liveness: Liveness) -> Result<(), QueueFull> {
        let topic = Topic::AgentStatus(self.publisher.agent.clone());
        let condition = match liveness {
            Liveness::Online => self.condition.borrow().clone(),
            Liveness::Offline => Condition::default(),
        };
        match self.publisher.agent_status(liveness, condition) {
            Ok(payload) => self.say_retained(&topic, payload),
            Err(error) => {
                tracing::error!(%error, "cannot encode the agent's status");
                Ok(())
            }
        }
    }

    fn say_retained(&self, topic: &Topic, payload: Vec<u8>) -> Result<(), QueueFull> {
        let topic = topic.to_string();
        let signature = self.publisher.signature(&topic, &payload);
        self.publish(&topic, Retain::Yes, payload.into(), signature)
    }

    /// Queues one message. No message expires: what is old is still true.
    fn publish(
        &self,
        topic: &str,
        retain: Retain,
        payload: Bytes,
        signature: (String, String),
    ) -> Result<(), QueueFull> {
        let properties = PublishProperties {
            payload_format_indicator: Some(1),
            content_type: Some(CONTENT_TYPE.to_owned()),
            user_properties: vec![signature],
            ..PublishProperties::default()
        };
        self.client
            .try_publish_with_properties(
                topic,
                QoS::AtLeastOnce,
                retain == Retain::Yes,
                payload,
                properties,
            )
            .map_err(|_| QueueFull)
    }

    /// Takes an ack: first the disk, then the PubAck, so that a crash in between hears it again.
    async fn hear(&mut self, acks: &str, publish: &Publish) {
        let signature = publish.properties.as_ref().and_then(|properties| {
            let found = properties
                .user_properties
                .iter()
                .find(|(name, _)| name == SIGNATURE_PROPERTY);
            found.map(|(_, value)| value.as_str())
        });
        let signals = &self.publisher.signals;
        if signals.hears(
            &publish.topic,
            &publish.payload,
            signature,
            Timestamp::now(),
        ) {
            // The controller says it again; what is not acknowledged comes with the next connection.
            let _ = self.client.try_ack(publish);
            return;
        }
        if publish.topic.as_ref() != acks.as_bytes() {
            if self.hear_pose(publish).is_some() {
                return;
            }
            return self.hear_order(publish, signature).await;
        }
        match ack::read(
            &self.publisher.server_key,
            acks,
            &publish.payload,
            signature,
        ) {
            Ok(ack) => {
                if let Err(error) = self.apply(&ack.sha256, &ack.outcome).await {
                    metrics::counter!(metric::OUTBOX_FAILED).increment(1);
                    tracing::error!(error = %chain(&error), "cannot note an ack; the report will be sent again");
                    return;
                }
            }
            Err(fault) => drop_ack(fault.as_str(), &chain(&fault)),
        }
        // Where the queue is full, the broker says it again on the next connection.
        let _ = self.client.try_ack(publish);
    }

    async fn apply(&mut self, sha256: &str, outcome: &AckOutcome) -> Result<(), StoreError> {
        let store = &self.publisher.store;
        let (acked, label) = match outcome {
            AckOutcome::Stored => (store.stored(sha256).await?, "stored"),
            AckOutcome::Refused { reason, .. } => {
                (store.refused(sha256, *reason).await?, reason.as_str())
            }
        };
        self.window.heard_server(Instant::now());
        let Some(acked) = acked else {
            self.answer_confirmed(sha256).await?;
            return self.apply_to_gap(sha256, outcome).await;
        };
        self.window.answered(acked.seq);
        metrics::counter!(metric::REPORTS_ACKED, "outcome" => label).increment(1);
        match outcome {
            AckOutcome::Stored => tracing::info!(
                event.id = acked.event_id,
                report.revision = acked.revision,
                "report delivered"
            ),
            AckOutcome::Refused { message, .. } => tracing::error!(
                event.id = acked.event_id,
                report.revision = acked.revision,
                reason = label,
                message = ?message,
                "the server refused a report; it is kept as a dead letter and not sent again"
            ),
        }
        Ok(())
    }

    /// An ack that names no report: of the gap report, or a second one of a report that was sent
    /// twice.
    async fn apply_to_gap(&self, sha256: &str, outcome: &AckOutcome) -> Result<(), StoreError> {
        let answer = match outcome {
            AckOutcome::Stored => GapAnswer::Accepted,
            AckOutcome::Refused { .. } => GapAnswer::Refused,
        };
        let Some(revision) = self.publisher.store.gap_answered(sha256, answer).await? else {
            return Ok(());
        };
        match outcome {
            AckOutcome::Stored => tracing::info!(gap.revision = revision, "gap report delivered"),
            AckOutcome::Refused { reason, message } => tracing::error!(
                gap.revision = revision,
                reason = reason.as_str(),
                message = ?message,
                "the server refused a gap report; the next loss is told again with all before it"
            ),
        }
        Ok(())
    }

    async fn all_answered(&self) -> bool {
        self.publisher
            .store
            .tally()
            .await
            .is_ok_and(|tally| tally.unanswered() == 0)
    }
}

fn drop_ack(reason: &'static str, why: &str) {
    metrics::counter!(metric::ACKS_DROPPED, "reason" => reason).increment(1);
    tracing::warn!(
        reason,
        why,
        "dropped a message on the ack topic: it is not the server's"
    );
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
