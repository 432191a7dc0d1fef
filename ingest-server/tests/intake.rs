//! Intake from the wire to the rows, with a real broker and a real database in this process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{
    Ack, AckOutcome, AgentId, CloudEvent, EventType, RefusalReason, SIGNATURE_PROPERTY, SecretKey,
    Topic, decode, encode, sign, verify,
};
use ingest_server::agents::TokenHash;
use ingest_server::broker::{EmbeddedBroker, SERVER_USER};
use ingest_server::changes::{Change, ChangeBus};
use ingest_server::config::{MqttUrl, Password};
use ingest_server::intake::{BrokerAccess, Intake, RetainedLiveness, Running};
use ingest_server::store::{self, EnrolOutcome, Enrolled, Store};
use jiff::{SignedDuration, Timestamp};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const DEADLINE: Duration = Duration::from_secs(30);
const EVENT: &str = "0198a000-0000-7000-8000-000000000001";

struct Site {
    store: Store,
    changes: ChangeBus,
    server_key: Arc<SecretKey>,
    agent_key: SecretKey,
    client: AsyncClient,
    acks: mpsc::Receiver<Publish>,
    stop: CancellationToken,
    running: Running,
    broker: EmbeddedBroker,
    _dir: tempfile::TempDir,
}

fn agent() -> AgentId {
    "hue-01".parse().unwrap()
}

fn reports() -> String {
    Topic::Reports(agent()).to_string()
}

fn report(changes: Value) -> Vec<u8> {
    let mut report = json!({
        "event_id": EVENT, "revision": 1, "phase": "raised", "kind": "stray_cattle",
        "detail": "stray_cattle", "confidence": 0.5, "severity": "low",
        "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
        "agent": "hue-01", "camera": "cam-1", "rule_version": "stray_cattle/1",
    });
    for (key, value) in changes.as_object().unwrap() {
        report[key] = value.clone();
    }
    let id = format!("{EVENT}/1");
    let event = CloudEvent::new(
        EventType::Report,
        id,
        "/agents/hue-01".into(),
        Timestamp::now(),
        report,
    );
    encode(&event).unwrap()
}

async fn enrol(store: &Store, agent: &AgentId, key: &SecretKey) {
    let now = Timestamp::now();
    let tx = store.begin().await.unwrap();
    let expires = now + SignedDuration::from_hours(1);
    store::insert_enrolment_token(&tx, agent.as_str(), agent, now, expires)
        .await
        .unwrap();
    let enrolled = Enrolled {
        public_key: key.public(),
        mqtt_password_hash: TokenHash::of("secret").as_str().to_owned(),
        mosquitto_hash: String::new(),
        upload_token_hash: format!("upload of {agent}"),
        version: "0".to_owned(),
    };
    let outcome = store::enrol(&tx, agent.as_str(), &enrolled, now).await;
    assert_eq!(outcome.unwrap(), EnrolOutcome::Enrolled(agent.clone()));
    tx.commit().await.unwrap();
}

async fn connect_agent(agent: &AgentId, port: u16) -> (AsyncClient, mpsc::Receiver<Publish>) {
    let mut options = MqttOptions::new(agent.as_str(), "127.0.0.1", port);
    options
        .set_credentials(agent.as_str(), "secret")
        .set_keep_alive(Duration::from_secs(10));
    let (client, mut events) = AsyncClient::new(options, 100);
    let (sender, acks) = mpsc::channel(1000);
    let (subscribed, mut ready) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok(event) = events.poll().await {
            match event {
                Event::Incoming(Packet::Publish(publish)) => sender.send(publish).await.unwrap(),
                Event::Incoming(Packet::SubAck(_)) => subscribed.send(()).await.unwrap(),
                _ => {}
            }
        }
    });
    client
        .subscribe(Topic::Acks(agent.clone()).to_string(), QoS::AtLeastOnce)
        .await
        .unwrap();
    tokio::time::timeout(DEADLINE, ready.recv())
        .await
        .unwrap()
        .unwrap();
    (client, acks)
}

impl Site {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/vong.db", dir.path().display());
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let agent_key = SecretKey::from_bytes(&[1; 32]);
        enrol(&store, &agent(), &agent_key).await;
        let any = "127.0.0.1:0".parse().unwrap();
        let broker = EmbeddedBroker::start(any, None, store.clone())
            .await
            .unwrap();
        let changes = ChangeBus::default();
        let server_key = Arc::new(SecretKey::from_bytes(&[2; 32]));
        let stop = CancellationToken::new();
        let running = Intake {
            store: store.clone(),
            merging: Arc::new(merge::Model::shipped()),
            changes: changes.clone(),
            key: Arc::clone(&server_key),
            broker: BrokerAccess {
                url: MqttUrl::plain("127.0.0.1", broker.address().port()),
                client_id: "vong-ingest-test".to_owned(),
                username: SERVER_USER.to_owned(),
                password: Password::from(broker.server_password().to_owned()),
                tls: None,
            },
            retained: RetainedLiveness::Stale,
        }
        .start(&stop);
        let mut health = running.health();
        let ready = health.wait_for(ingest_server::intake::Health::is_ready);
        tokio::time::timeout(DEADLINE, ready)
            .await
            .unwrap()
            .unwrap();
        let (client, acks) = connect_agent(&agent(), broker.address().port()).await;
        Self {
            store,
            changes,
            server_key,
            agent_key,
            client,
            acks,
            stop,
            running,
            broker,
            _dir: dir,
        }
    }

    /// Publishes with the signature given, and returns the ack of those very bytes.
    async fn send(&mut self, payload: &[u8], signature: Option<String>) -> Ack {
        let user_properties = signature
            .into_iter()
            .map(|text| (SIGNATURE_PROPERTY.to_owned(), text))
            .collect();
        let properties = PublishProperties {
            user_properties,
            ..PublishProperties::default()
        };
        self.client
            .publish_with_properties(
                reports(),
                QoS::AtLeastOnce,
                false,
                payload.to_vec(),
                properties,
            )
            .await
            .unwrap();
        let publish = tokio::time::timeout(DEADLINE, self.acks.recv())
            .await
            .unwrap()
            .unwrap();
        let topic = Topic::Acks(agent()).to_string();
        let (_, signature) = &publish.properties.unwrap().user_properties[0];
        verify(
            &self.server_key.public(),
            &topic,
            &publish.payload,
            &signature.parse().unwrap(),
        )
        .unwrap();
        let ack: Ack = decode(&publish.payload, EventType::Ack).unwrap().data;
        assert_eq!(ack.sha256, hex::encode(Sha256::digest(payload)));
        ack
    }

    async fn signed(&mut self, payload: &[u8]) -> Ack {
        let signature = sign(&self.agent_key, &reports(), payload).to_string();
        self.send(payload, Some(signature)).await
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.finished().await.unwrap();
        self.broker.stop().await;
    }
}

fn refusal(ack: &Ack) -> Option<RefusalReason> {
    match &ack.outcome {
        AckOutcome::Stored => None,
        AckOutcome::Refused { reason, .. } => Some(*reason),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_stored_once_and_every_copy_is_acked() {
    let mut site = Site::start().await;
    let mut watcher = site.changes.watch();
    let payload = report(json!({}));
    for _ in 0..3 {
        let ack = site.signed(&payload).await;
        assert_eq!(ack.outcome, AckOutcome::Stored);
    }
    let stored = store::reports_of_event(&site.store, &EVENT.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    let message = store::message(&site.store, &stored[0].message_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(message.payload, payload, "the exact bytes are kept");
    let change = tokio::time::timeout(DEADLINE, watcher.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(change, Change::Incident { .. }), "{change:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_in_is_answered_and_quarantined() {
    let mut site = Site::start().await;
    site.signed(&report(json!({}))).await;
    let conflict = site.signed(&report(json!({ "confidence": 0.9 }))).await;
    assert_eq!(refusal(&conflict), Some(RefusalReason::Conflict));
    assert_eq!(
        (conflict.event_id, conflict.revision),
        (Some(EVENT.parse().unwrap()), Some(1))
    );
    let next = report(json!({ "revision": 2 }));
    let unsigned = site.send(&next, None).await;
    assert_eq!(refusal(&unsigned), Some(RefusalReason::Unsigned));
    let stranger = sign(&SecretKey::from_bytes(&[9; 32]), &reports(), &next).to_string();
    let unknown = site.send(&next, Some(stranger)).await;
    assert_eq!(refusal(&unknown), Some(RefusalReason::UnknownKey));
    let large = vec![b'x'; contract::v1::MAX_REPORT_BYTES + 1];
    assert_eq!(
        refusal(&site.signed(&large).await),
        Some(RefusalReason::TooLarge)
    );
    assert_eq!(
        refusal(&site.signed(b"{").await),
        Some(RefusalReason::Malformed)
    );
    let rows = store::quarantined(&site.store, 10).await.unwrap();
    let mut reasons: Vec<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "conflict",
            "malformed",
            "too_large",
            "unknown_key",
            "unsigned"
        ]
    );
    // After all that a good report is still taken in.
    assert_eq!(refusal(&site.signed(&next).await), None);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_reports_are_committed_together_and_acked_one_by_one() {
    let mut site = Site::start().await;
    let payloads: Vec<Vec<u8>> = (1..=200)
        .map(|revision| report(json!({ "revision": revision })))
        .collect();
    for payload in &payloads {
        let signature = sign(&site.agent_key, &reports(), payload).to_string();
        let properties = PublishProperties {
            user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), signature)],
            ..PublishProperties::default()
        };
        site.client
            .publish_with_properties(
                reports(),
                QoS::AtLeastOnce,
                false,
                payload.clone(),
                properties,
            )
            .await
            .unwrap();
    }
    let mut acked = std::collections::BTreeSet::new();
    while acked.len() < payloads.len() {
        let publish = tokio::time::timeout(DEADLINE, site.acks.recv())
            .await
            .unwrap()
            .unwrap();
        let ack: Ack = decode(&publish.payload, EventType::Ack).unwrap().data;
        assert_eq!(ack.outcome, AckOutcome::Stored);
        acked.insert(ack.revision.unwrap());
    }
    let event = store::event(&site.store, &EVENT.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((event.revision, event.report_count), (200, 200));
    site.stop().await;
}

/// Shuts an agent out and waits until its connection has ended.
async fn shut_out(store: &Store, agent: &AgentId, acks: &mut mpsc::Receiver<Publish>) {
    let tx = store.begin().await.unwrap();
    store::revoke_agent(&tx, agent, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let gone = tokio::time::timeout(DEADLINE, acks.recv()).await;
    assert!(gone.unwrap().is_none(), "the connection must end");
}

/// Who was shut out was looked for once, just after the server's start.
#[tokio::test(flavor = "multi_thread")]
async fn agents_that_are_shut_out_while_they_are_connected_are_cut_off_at_any_time() {
    let mut site = Site::start().await;
    site.signed(&report(json!({}))).await;
    shut_out(&site.store, &agent(), &mut site.acks).await;
    let later: AgentId = "hue-02".parse().unwrap();
    enrol(&site.store, &later, &SecretKey::from_bytes(&[3; 32])).await;
    let (_client, mut acks) = connect_agent(&later, site.broker.address().port()).await;
    shut_out(&site.store, &later, &mut acks).await;
    site.stop().await;
}
