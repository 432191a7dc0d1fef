//! A server with everything that tells units, and what the tests see of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casework::unit::UnitId;
use contract::v1::{
    CloudEvent, EventId, EventType, SIGNATURE_PROPERTY, SecretKey, Topic, encode, sign,
};
use ingest_server::agents::{Enrolment, TokenHash};
use ingest_server::broker::{EmbeddedBroker, SERVER_USER};
use ingest_server::changes::ChangeBus;
use ingest_server::config::{Config, MqttUrl, Password};
use ingest_server::dispatch::{Directory, Dispatch, Dispatcher};
use ingest_server::evidence::EvidenceStore;
use ingest_server::http::{self, AppState, BrokerLink, Services};
use ingest_server::intake::{BrokerAccess, Intake, RetainedLiveness, Running};
use ingest_server::office::Offices;
use ingest_server::orders::Orders;
use ingest_server::people::password::Password as PersonsPassword;
use ingest_server::people::vault::Vault;
use ingest_server::people::{NewAccount, Role, Scope};
use ingest_server::reception::{Parts, Reception};
use ingest_server::store::{self, Delivery, Enrolled, Store};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::peers::Mqtt;

/// Every wait ends here at the latest.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "mật khẩu thử nghiệm";
pub(crate) const AGENT: &str = "rung-01";

pub(crate) struct Site {
    pub(crate) store: Store,
    pub(crate) server_key: Arc<SecretKey>,
    pub(crate) http: String,
    pub(crate) broker: EmbeddedBroker,
    pub(crate) dispatch: Dispatch,
    agent_key: SecretKey,
    stop: CancellationToken,
    running: Running,
    _dir: tempfile::TempDir,
}

/// The configuration whose file of targets says `targets`; secrets lie beside it.
pub(crate) fn config(dir: &Path, targets: &str) -> Config {
    std::fs::write(dir.join("secret"), "a secret of sixteen or more\n").unwrap();
    std::fs::write(dir.join("token"), "a token of sixteen or more\n").unwrap();
    std::fs::write(dir.join("targets.toml"), targets).unwrap();
    let text = "[dispatch]\ntargets_file = \"targets.toml\"\n";
    Config::parse(text, &dir.join("server.toml")).unwrap()
}

pub(crate) const SECRET: &str = "a secret of sixteen or more";
pub(crate) const FEED_TOKEN: &str = "a token of sixteen or more";

impl Site {
    pub(crate) async fn start(targets: &str) -> Self {
        Self::prepared(targets, async |_| {}).await
    }

    /// The same, with something in the database before anybody works on it.
    pub(crate) async fn prepared(targets: &str, prepare: impl AsyncFnOnce(&Store)) -> Self {
        // Only a second call in one process fails.
        drop(rustls::crypto::ring::default_provider().install_default());
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/vong.db", dir.path().display());
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let agent_key = SecretKey::from_bytes(&[1; 32]);
        enrol(&store, &agent_key).await;
        people(&store).await;
        prepare(&store).await;
        let any = "127.0.0.1:0".parse().unwrap();
        let broker = EmbeddedBroker::start(any, None, store.clone())
            .await
            .unwrap();
        let changes = ChangeBus::default();
        let server_key = Arc::new(SecretKey::from_bytes(&[2; 32]));
        let stop = CancellationToken::new();
        let running = intake(&store, &changes, &server_key, &broker).start(&stop);
        let mut health = running.health();
        let ready = health.wait_for(ingest_server::intake::Health::is_ready);
        tokio::time::timeout(DEADLINE, ready)
            .await
            .unwrap()
            .unwrap();
        let evidence = EvidenceStore::open(dir.path(), store.clone(), changes.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = format!("http://{}", listener.local_addr().unwrap());
        let dispatch = Dispatch::new(
            (
                store.clone(),
                changes.clone(),
                evidence.clone(),
                Offices::default(),
            ),
            Arc::clone(&server_key),
            http.parse().unwrap(),
            Directory::new(config(dir.path(), targets).dispatch).unwrap(),
        );
        let (_, link) = watch::channel(BrokerLink::Up);
        let settings = config(dir.path(), targets);
        let reception = Reception::new(Parts {
            store: store.clone(),
            model: Arc::new(merge::Model::shipped()),
            changes: changes.clone(),
            offices: Offices::default(),
            cleaner: evidence.cleaner(env!("CARGO_BIN_EXE_ingest-server").into(), &settings.copies),
            vault: Vault::load_or_create(&dir.path().join("contact.keys")).unwrap(),
            config: settings.citizens.clone(),
        });
        let state = AppState::new(Services {
            store: store.clone(),
            reception,
            trusted_proxies: Vec::new(),
            merging: Arc::new(merge::Model::shipped()),
            changes: changes.clone(),
            evidence,
            offices: Offices::default(),
            orders: Orders::new(store.clone(), changes.clone()),
            dispatch: dispatch.clone(),
            enrolment: Enrolment::new(
                store.clone(),
                server_key.public(),
                MqttUrl::plain("127.0.0.1", 1),
            ),
            key: Arc::clone(&server_key),
            broker: link,
            data_dir: dir.path().to_owned(),
            public_url: http.parse().unwrap(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            stopping: stop.clone(),
        });
        tokio::spawn(http::serve(state, listener, stop.clone().cancelled_owned()));
        let site = Self {
            store,
            server_key,
            http,
            broker,
            dispatch,
            agent_key,
            stop,
            running,
            _dir: dir,
        };
        site.another_dispatcher();
        site
    }

    /// One more server works the same outbox.
    pub(crate) fn another_dispatcher(&self) {
        let dispatcher = Dispatcher::new(
            self.dispatch.clone(),
            self.running.outlet(),
            self.running.health(),
        );
        tokio::spawn(dispatcher.run(self.stop.clone()));
    }

    /// A client of the broker.
    pub(crate) async fn mqtt(&self, user: &str, password: &str) -> Mqtt {
        Mqtt::connect(self.broker.address().port(), user, password).await
    }

    /// A unit that is let in.
    pub(crate) async fn unit(&self, name: &str) -> Mqtt {
        let tx = self.store.begin().await.unwrap();
        let hash = TokenHash::of("secret-unit").as_str().to_owned();
        store::let_unit_in(
            &tx,
            &name.parse().unwrap(),
            (hash, String::new()),
            Timestamp::now(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        self.mqtt(&format!("unit.{name}"), "secret-unit").await
    }

    /// The agent says so, signed, over MQTT.
    pub(crate) async fn report(&self, agent: &mut Mqtt, report: &Value) {
        let topic = Topic::Reports(AGENT.parse().unwrap()).to_string();
        let id = format!(
            "{}/{}",
            report["event_id"].as_str().unwrap(),
            report["revision"]
        );
        let source = format!("/agents/{AGENT}");
        let event = CloudEvent::new(EventType::Report, id, source, Timestamp::now(), report);
        let payload = encode(&event).unwrap();
        let signed = sign(&self.agent_key, &topic, &payload);
        let properties = PublishProperties {
            user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), signed.to_string())],
            ..PublishProperties::default()
        };
        agent
            .client
            .publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties)
            .await
            .unwrap();
    }

    pub(crate) async fn agent(&self) -> Mqtt {
        self.mqtt(AGENT, "secret-agent").await
    }

    /// What units were told, once it fits.
    pub(crate) async fn deliveries(
        &self,
        what: &str,
        fits: impl Fn(&[Delivery]) -> bool,
    ) -> Vec<Delivery> {
        let end = tokio::time::Instant::now() + DEADLINE;
        loop {
            // One that moves on while the states are read counts as it was read last.
            let mut by_id = BTreeMap::new();
            for state in notice::State::ALL {
                let found = store::deliveries_in_state(&self.store, state, 10_000).await;
                by_id.extend(found.unwrap().into_iter().map(|one| (one.id, one)));
            }
            let all: Vec<Delivery> = by_id.into_values().collect();
            if fits(&all) {
                return all;
            }
            assert!(
                tokio::time::Instant::now() < end,
                "waited in vain for {what}: {all:#?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until it holds.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let end = tokio::time::Instant::now() + DEADLINE;
        while !holds().await {
            assert!(
                tokio::time::Instant::now() < end,
                "waited in vain for {what}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Makes an account with the password of these tests.
    pub(crate) async fn account(&self, name: &str, role: Role, unit: Option<&str>) {
        let password = PersonsPassword::new(PASSWORD.to_owned());
        let unit = unit.map(|unit| UnitId::new(unit).unwrap());
        let account = NewAccount::new(name, name, role, &password)
            .unwrap()
            .within(unit, Scope::default());
        let tx = self.store.begin().await.unwrap();
        store::insert_account(&tx, &account, Timestamp::now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody without an account sends this.
    pub(crate) async fn citizen(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.http);
        let answer = reqwest::Client::new()
            .post(url)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// A person of the centre.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let client = reqwest::Client::builder()
            .cookie_store(true)
            .build()
            .unwrap();
        let body = json!({ "username": name, "password": PASSWORD });
        let answer = client
            .post(format!("{}/api/v1/session", self.http))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let session: Value = answer.json().await.unwrap();
        Person {
            client,
            base: self.http.clone(),
            csrf: session["csrf_token"].as_str().unwrap().to_owned(),
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Somebody who is logged in.
pub(crate) struct Person {
    client: reqwest::Client,
    base: String,
    csrf: String,
}

impl Person {
    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.base);
        let answer = self.client.get(url).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// What a path answers, as it is.
    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await;
        let answer = answer.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(reqwest::Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(reqwest::Method::PUT, path, body).await
    }

    /// Takes a step on the case as it stands.
    pub(crate) async fn step(&self, incident: &str, step: Value) {
        let case = self
            .get(&format!("/api/v1/incidents/{incident}/case"))
            .await;
        let body = json!({ "version": case["version"], "step": step });
        let path = format!("/api/v1/incidents/{incident}/steps");
        let (status, answer) = self.post(&path, &body).await;
        assert_eq!(status, 200, "{body}: {answer}");
    }

    async fn send(&self, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
        let answer = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("x-csrf-token", &self.csrf)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Decides about the only incident of that number.
    pub(crate) async fn decide(&self, incident: &str, verb: &str, more: &Value) {
        let detail = self.get(&format!("/api/v1/incidents/{incident}")).await;
        let mut body = more.clone();
        body["version"] = detail["version"].clone();
        let path = format!("/api/v1/incidents/{incident}/{verb}");
        let (status, answer) = self.post(&path, &body).await;
        assert_eq!(status, 200, "{answer}");
    }
}

fn intake(
    store: &Store,
    changes: &ChangeBus,
    key: &Arc<SecretKey>,
    broker: &EmbeddedBroker,
) -> Intake {
    Intake {
        store: store.clone(),
        merging: Arc::new(merge::Model::shipped()),
        changes: changes.clone(),
        key: Arc::clone(key),
        broker: BrokerAccess {
            url: MqttUrl::plain("127.0.0.1", broker.address().port()),
            client_id: "vong-ingest-test".to_owned(),
            username: SERVER_USER.to_owned(),
            password: Password::from(broker.server_password().to_owned()),
            tls: None,
        },
        retained: RetainedLiveness::Stale,
    }
}

async fn enrol(store: &Store, key: &SecretKey) {
    let now = Timestamp::now();
    let tx = store.begin().await.unwrap();
    let expires = now + SignedDuration::from_hours(1);
    let agent = AGENT.parse().unwrap();
    store::insert_enrolment_token(&tx, "token", &agent, now, expires)
        .await
        .unwrap();
    let enrolled = Enrolled {
        public_key: key.public(),
        mqtt_password_hash: TokenHash::of("secret-agent").as_str().to_owned(),
        mosquitto_hash: String::new(),
        upload_token_hash: "upload".to_owned(),
        version: "0".to_owned(),
    };
    store::enrol(&tx, "token", &enrolled, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn people(store: &Store) {
    for (name, role) in [("lan", Role::Operator), ("quan-tri", Role::Administrator)] {
        let password = PersonsPassword::new(PASSWORD.to_owned());
        let account = NewAccount::new(name, name, role, &password).unwrap();
        let tx = store.begin().await.unwrap();
        store::insert_account(&tx, &account, Timestamp::now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

/// Smoke that a camera on a tower sees: a bearing, no place.
pub(crate) fn smoke(camera: &str, degrees: f64) -> Value {
    let now = Timestamp::now();
    json!({
        "event_id": EventId::new(), "revision": 1, "phase": "raised", "kind": "fire_smoke",
        "detail": "smoke", "confidence": 0.75, "severity": "critical",
        "occurred": { "start": now }, "clock": { "source": "agent" },
        "place": { "type": "bearing", "from": { "lat": 12.01, "lon": 108.42 }, "degrees": degrees, "uncertainty_deg": 1.5 },
        "agent": AGENT, "camera": camera, "camera_name": "Tháp Núi Voi <1>", "rule_version": "fire_smoke/1",
    })
}
