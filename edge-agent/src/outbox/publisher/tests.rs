//! The publisher against a real broker (Mosquitto) that is killed and brought back, and a server
//! of a few lines that acks.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use contract::v1::{
    Ack, AgentStatus, AutoReport, CameraCounters, CameraState, Clock, ClockSource, EventId,
    EvidenceId, EvidenceKind, GapReport, Interval, Kind, Phase, RefusalReason, SecretKey, Severity,
    Signed, decode, sign, verify,
};
use sha2::{Digest as _, Sha256};

use url::Url;

use super::*;
use crate::outbox::{Filing, Limits};
use crate::report::Message;

const DEADLINE: Duration = Duration::from_secs(60);

fn agent() -> AgentId {
    "site-1".parse().unwrap()
}

fn agent_key() -> SecretKey {
    SecretKey::from_bytes(&[1; 32])
}

fn server_key() -> SecretKey {
    SecretKey::from_bytes(&[2; 32])
}

/// A Mosquitto of its own: its port, its folder; killed when dropped.
struct Broker {
    child: Child,
    port: u16,
    dir: tempfile::TempDir,
}

impl Broker {
    fn start() -> Self {
        Self::start_with("")
    }

    /// With more lines for its listener.
    fn start_with(lines: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let dir = tempfile::tempdir().unwrap();
        // Persistence off: a killed broker forgets everything, the worst case for the outbox.
        let config = format!(
            "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n{lines}"
        );
        std::fs::write(dir.path().join("mosquitto.conf"), config).unwrap();
        let child = Self::spawn(dir.path());
        let broker = Self { child, port, dir };
        broker.wait();
        broker
    }

    fn spawn(dir: &Path) -> Child {
        Command::new("mosquitto")
            .arg("-c")
            .arg(dir.join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .or_else(|_| {
                Command::new("/usr/sbin/mosquitto")
                    .arg("-c")
                    .arg(dir.join("mosquitto.conf"))
                    .spawn()
            })
            .expect("mosquitto; install the Debian package `mosquitto`")
    }

    fn wait(&self) {
        let until = Instant::now() + DEADLINE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "the broker does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = Self::spawn(self.dir.path());
        self.wait();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the server of this test does with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Stores,
    Refuses,
    /// Signs its acks with a key the agent does not know.
    Forges,
}

fn signature_of(publish: &Publish) -> &str {
    &publish.properties.as_ref().unwrap().user_properties[0].1
}

/// A server: verifies each report, keeps it, acks it.
#[derive(Default)]
struct Server {
    kept: Mutex<BTreeMap<(EventId, u32), usize>>,
    gaps: Mutex<Vec<GapReport>>,
    statuses: Mutex<BTreeMap<String, Vec<u8>>>,
    /// How often the agent said that it is there: once a connection.
    arrivals: Mutex<usize>,
}

impl Server {
    /// Serves until the task is aborted, over as many connections as it takes.
    async fn run(self: Arc<Self>, port: u16, manner: Manner) {
        loop {
            let mut options = MqttOptions::new("server", "127.0.0.1", port);
            options
                .set_max_packet_size(Some(MAX_PACKET_BYTES))
                .set_keep_alive(KEEP_ALIVE);
            let (client, mut eventloop) = AsyncClient::new(options, REQUESTS);
            client
                .try_subscribe(Topic::ALL_REPORTS, QoS::AtLeastOnce)
                .unwrap();
            client
                .try_subscribe(Topic::ALL_AGENT_STATUS, QoS::AtLeastOnce)
                .unwrap();
            client
                .try_subscribe(Topic::ALL_CAMERA_STATUS, QoS::AtLeastOnce)
                .unwrap();
            loop {
                match eventloop.poll().await {
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        self.hear(&client, &publish, manner);
                    }
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn hear(&self, client: &AsyncClient, publish: &Publish, manner: Manner) {
        let topic = std::str::from_utf8(&publish.topic).unwrap();
        let Ok(Topic::Reports(_)) = topic.parse() else {
            let signed: Signed = signature_of(publish).parse().unwrap();
            verify(&agent_key().public(), topic, &publish.payload, &signed).unwrap();
            let status = decode::<AgentStatus>(&publish.payload, EventType::AgentStatus);
            if status.is_ok_and(|status| status.data.liveness == Liveness::Online) {
                *self.arrivals.lock().unwrap() += 1;
            }
            self.statuses
                .lock()
                .unwrap()
                .insert(topic.to_owned(), publish.payload.to_vec());
            return;
        };
        let signed: Signed = signature_of(publish).parse().unwrap();
        verify(&agent_key().public(), topic, &publish.payload, &signed).unwrap();
        let key = if let Ok(gap) = decode::<GapReport>(&publish.payload, EventType::GapReport) {
            self.gaps.lock().unwrap().push(gap.data);
            None
        } else {
            let report = decode::<AutoReport>(&publish.payload, EventType::Report)
                .unwrap()
                .data;
            let key = (report.event_id, report.revision);
            *self.kept.lock().unwrap().entry(key).or_default() += 1;
            Some(key)
        };
        let outcome = match manner {
            Manner::Refuses => AckOutcome::Refused {
                reason: RefusalReason::Invalid,
                message: "no".to_owned(),
            },
            Manner::Stores | Manner::Forges => AckOutcome::Stored,
        };
        let ack = Ack {
            event_id: key.map(|(event, _)| event),
            revision: key.map(|(_, revision)| revision),
            sha256: hex::encode(Sha256::digest(&publish.payload)),
            outcome,
        };
        let envelope = CloudEvent::new(
            EventType::Ack,
            "1".to_owned(),
            "/server".to_owned(),
            Timestamp::now(),
            ack,
        );
        let payload = encode(&envelope).unwrap();
        let topic = Topic::Acks(agent()).to_string();
        let key = if manner == Manner::Forges {
            SecretKey::from_bytes(&[9; 32])
        } else {
            server_key()
        };
        let signature = sign(&key, &topic, &payload).to_string();
        let properties = PublishProperties {
            user_properties: vec![(SIGNATURE_PROPERTY.to_owned(), signature)],
            ..PublishProperties::default()
        };
        client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties)
            .unwrap();
    }

    fn kept(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    fn liveness(&self) -> Option<Liveness> {
        let topic = Topic::AgentStatus(agent()).to_string();
        let statuses = self.statuses.lock().unwrap();
        let payload = statuses.get(&topic)?;
        Some(
            decode::<AgentStatus>(payload, EventType::AgentStatus)
                .unwrap()
                .data
                .liveness,
        )
    }
}

async fn file(store: &Store, event_id: EventId, revision: u32) {
    keep(store, &report(event_id, revision)).await;
}

fn report(event_id: EventId, revision: u32) -> AutoReport {
    AutoReport {
        event_id,
        revision,
        phase: if revision == 1 {
            Phase::Raised
        } else {
            Phase::Updated
        },
        kind: Kind::StrayCattle,
        detail: "stray_cattle".to_owned(),
        confidence: 0.5,
        severity: Severity::High,
        occurred: Interval {
            start: Timestamp::UNIX_EPOCH,
            end: None,
        },
        clock: Clock {
            source: ClockSource::Agent,
            offset_ms: None,
            agent: None,
            trust: contract::v1::ClockTrust::Unknown,
        },
        place: None,
        agent: agent(),
        camera: "cam-1".parse().unwrap(),
        camera_name: None,
        pose: None,
        zone: None,
        tracks: vec![],
        speeds: vec![],
        heading: None,
        count: None,
        model: None,
        rule_version: "stray_cattle/1".to_owned(),
        basis: None,
        evidence: vec![],
    }
}

async fn keep(store: &Store, report: &AutoReport) {
    let message = Message::new(report, &agent_key(), Timestamp::now()).unwrap();
    let filing = Filing {
        message: &message,
        report,
        last_seen: Timestamp::now(),
        sealed: None,
    };
    store.file(&filing).await.unwrap();
}

async fn open_store(dir: &Path) -> Arc<Store> {
    let limits = Limits {
        report_bytes: 1 << 30,
        evidence_bytes: 1 << 30,
    };
    let topic = Topic::Reports(agent()).to_string();
    Arc::new(Store::open(dir, &topic, limits).await.unwrap())
}

fn publisher(store: &Arc<Store>, port: u16) -> Publisher {
    let url: Url = format!("mqtt://127.0.0.1:{port}").parse().unwrap();
    Publisher {
        agent: agent(),
        key: Arc::new(agent_key()),
        password: Zeroizing::new("not asked for".to_owned()),
        server_key: server_key().public(),
        broker: BrokerAddress::try_from(&url).unwrap(),
        tls: Arc::new(
            crate::identity::client_config(&crate::config::ServerConfig::default()).unwrap(),
        ),
        store: Arc::clone(store),
        inbox: Inbox {
            agent: agent(),
            server_key: server_key().public(),
            store: Arc::clone(store),
            bells: Arc::default(),
        },
        signals: SignalPost::default(),
        condition: Arc::default(),
        link: Arc::default(),
        poses: PoseEars::default(),
        since: Timestamp::now(),
    }
}

async fn wait_for(what: &str, mut state: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !state().await {
        assert!(Instant::now() < until, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn pending(store: &Store) -> u64 {
    store.tally().await.unwrap().unanswered()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_arrives_over_a_broker_that_dies_and_forgets() {
    let (mut broker, dir) = (Broker::start(), tempfile::tempdir().unwrap());
    let store = open_store(dir.path()).await;
    let server = Arc::new(Server::default());
    let serving = tokio::spawn(Arc::clone(&server).run(broker.port, Manner::Stores));
    let (stop, board) = (CancellationToken::new(), Arc::new(StatusBoard::default()));
    let publishing = tokio::spawn({
        let (publisher, board, stop) = (
            publisher(&store, broker.port),
            Arc::clone(&board),
            stop.clone(),
        );
        async move { publisher.run(&board, stop).await }
    });

    let event = EventId::new();
    for revision in 1..=40 {
        file(&store, event, revision).await;
    }
    wait_for("the first forty", async || pending(&store).await == 0).await;
    assert_eq!(server.kept(), 40);
    wait_for("online", async || {
        server.liveness() == Some(Liveness::Online)
    })
    .await;

    broker.kill();
    for revision in 41..=80 {
        file(&store, event, revision).await;
    }
    assert_eq!(pending(&store).await, 40);
    broker.restart();
    wait_for("the forty from the disk", async || {
        pending(&store).await == 0
    })
    .await;
    assert_eq!(server.kept(), 80, "each revision reached the server");

    stop.cancel();
    publishing.await.unwrap();
    wait_for("good-bye", async || {
        server.liveness() == Some(Liveness::Offline)
    })
    .await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_without_an_answer_is_sent_again_and_forged_acks_do_not_count() {
    let (broker, dir) = (Broker::start(), tempfile::tempdir().unwrap());
    let store = open_store(dir.path()).await;
    let (stop, board) = (CancellationToken::new(), StatusBoard::default());
    let publisher = publisher(&store, broker.port);
    let publishing = tokio::spawn({
        let stop = stop.clone();
        async move { publisher.run(&board, stop).await }
    });
    let forger = Arc::new(Server::default());
    let forging = tokio::spawn(Arc::clone(&forger).run(broker.port, Manner::Forges));
    let event = EventId::new();
    wait_for("the forger listens", async || {
        forger.liveness() == Some(Liveness::Online)
    })
    .await;
    file(&store, event, 1).await;
    wait_for("a second sending", async || {
        forger
            .kept
            .lock()
            .unwrap()
            .get(&(event, 1))
            .is_some_and(|times| *times >= 2)
    })
    .await;
    assert_eq!(pending(&store).await, 1, "only the server's own ack counts");
    forging.abort();

    let server = Arc::new(Server::default());
    let serving = tokio::spawn(Arc::clone(&server).run(broker.port, Manner::Stores));
    wait_for("the true server's ack", async || pending(&store).await == 0).await;
    stop.cancel();
    publishing.await.unwrap();
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_report_is_kept_aside_and_a_status_is_retained() {
    let (broker, dir) = (Broker::start(), tempfile::tempdir().unwrap());
    let store = open_store(dir.path()).await;
    let (stop, board) = (CancellationToken::new(), StatusBoard::default());
    let status = CameraStatus {
        agent: agent(),
        camera: "cam-1".parse().unwrap(),
        name: None,
        state: CameraState::Running,
        reason: None,
        since: Timestamp::now(),
        last_picture: None,
        pose: None,
        pose_state: None,
        gate: None,
        counters: CameraCounters::default(),
    };
    board.set(status);
    let publisher = publisher(&store, broker.port);
    let publishing = tokio::spawn({
        let stop = stop.clone();
        async move { publisher.run(&board, stop).await }
    });
    file(&store, EventId::new(), 1).await;
    let server = Arc::new(Server::default());
    let serving = tokio::spawn(Arc::clone(&server).run(broker.port, Manner::Refuses));
    wait_for("the dead letter", async || {
        store.tally().await.unwrap().refused == 1
    })
    .await;
    assert_eq!(pending(&store).await, 0, "it is not sent again");
    let topic = Topic::CameraStatus(agent(), "cam-1".parse().unwrap()).to_string();
    // The server came after the status was said: only a retained message reaches it.
    wait_for("the status", async || {
        server.statuses.lock().unwrap().contains_key(&topic)
    })
    .await;
    stop.cancel();
    publishing.await.unwrap();
    serving.abort();
}

/// Mosquitto says its window and ends the connection of a client that does not keep it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_window_of_the_broker_is_kept() {
    let (broker, dir) = (
        Broker::start_with("max_inflight_messages 2\n"),
        tempfile::tempdir().unwrap(),
    );
    let store = open_store(dir.path()).await;
    let server = Arc::new(Server::default());
    let serving = tokio::spawn(Arc::clone(&server).run(broker.port, Manner::Stores));
    let (stop, board) = (CancellationToken::new(), StatusBoard::default());
    let event = EventId::new();
    for revision in 1..=60 {
        file(&store, event, revision).await;
    }
    let publisher = publisher(&store, broker.port);
    let publishing = tokio::spawn({
        let stop = stop.clone();
        async move { publisher.run(&board, stop).await }
    });
    wait_for("all sixty", async || pending(&store).await == 0).await;
    assert_eq!(server.kept(), 60);
    let arrivals = *server.arrivals.lock().unwrap();
    assert!(arrivals <= 1, "the broker ended {arrivals} connections");
    stop.cancel();
    publishing.await.unwrap();
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_report_is_sent_until_the_server_has_it() {
    let (broker, dir) = (Broker::start(), tempfile::tempdir().unwrap());
    let limits = Limits {
        report_bytes: 1 << 30,
        evidence_bytes: 100,
    };
    let topic = Topic::Reports(agent()).to_string();
    let store = Arc::new(Store::open(dir.path(), &topic, limits).await.unwrap());
    let (stop, board) = (CancellationToken::new(), StatusBoard::default());
    let publisher = publisher(&store, broker.port);
    let link = Arc::clone(&publisher.link);
    let publishing = tokio::spawn({
        let stop = stop.clone();
        async move { publisher.run(&board, stop).await }
    });
    lose_evidence(&store).await;
    // Nobody listens yet, and the broker forgets what nobody subscribed to.
    wait_for("the broker", async || link.is_up()).await;
    let server = Arc::new(Server::default());
    let serving = tokio::spawn(Arc::clone(&server).run(broker.port, Manner::Stores));
    wait_for("the gap report's ack", async || {
        let waits = store.gap_to_send(&agent(), &agent_key()).await.unwrap();
        waits.is_none() && !server.gaps.lock().unwrap().is_empty()
    })
    .await;
    let gaps = server.gaps.lock().unwrap().clone();
    assert_eq!(gaps[0].validate(), Ok(()));
    assert_eq!((gaps[0].revision, gaps[0].losses[0].count), (1, 1));
    stop.cancel();
    publishing.await.unwrap();
    serving.abort();
}

/// Files a piece of evidence, and lets it go for another.
async fn lose_evidence(store: &Store) {
    let id = EvidenceId::new();
    let name = Store::evidence_name(id, EvidenceKind::Clip);
    let sha256 = store.files().write(&name, &[7; 80]).unwrap();
    let mut report = report(EventId::new(), 1);
    report.evidence.push(contract::v1::Evidence::Sealed {
        id,
        kind: EvidenceKind::Clip,
        mime: "video/mp4".to_owned(),
        bytes: 80,
        sha256,
        shown: None,
        part: None,
        track: None,
    });
    keep(store, &report).await;
    let gone = store.make_room(80, Severity::High).await.unwrap().unwrap();
    assert_eq!(gone.len(), 1);
}

/// TLS with a site's own authority and a certificate of the agent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_speaks_tls_and_shows_its_certificate() {
    let site = tempfile::tempdir().unwrap();
    let authority = make_certificates(site.path());
    let file_name = |name: &str| site.path().join(name).display().to_string();
    let broker = Broker::start_with(&format!(
        "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n",
        file_name("ca.pem"),
        file_name("broker.pem"),
        file_name("broker.key"),
    ));
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path()).await;
    file(&store, EventId::new(), 1).await;
    let arrives = async |server: crate::config::ServerConfig| {
        let url: Url = format!("mqtts://127.0.0.1:{}", broker.port)
            .parse()
            .unwrap();
        let publisher = Publisher {
            broker: BrokerAddress::try_from(&url).unwrap(),
            tls: Arc::new(crate::identity::client_config(&server).unwrap()),
            ..publisher(&store, broker.port)
        };
        let link = Arc::clone(&publisher.link);
        let (stop, board) = (CancellationToken::new(), StatusBoard::default());
        let publishing = tokio::spawn({
            let stop = stop.clone();
            async move { publisher.run(&board, stop).await }
        });
        let until = Instant::now() + Duration::from_secs(3);
        while !link.is_up() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let is_up = link.is_up();
        stop.cancel();
        publishing.await.unwrap();
        is_up
    };
    assert!(arrives(authority.clone()).await);
    let no_certificate = crate::config::ServerConfig {
        client: None,
        ..authority.clone()
    };
    assert!(!arrives(no_certificate).await);
    let no_trust = crate::config::ServerConfig {
        ca_file: None,
        ..authority
    };
    assert!(!arrives(no_trust).await);
}

/// An authority, the broker's and the agent's certificates in a folder; what the agent's
/// configuration says of them.
fn make_certificates(folder: &Path) -> crate::config::ServerConfig {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Under one name with its authority a certificate passes for self-signed.
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, "site authority");
    let authority = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    for name in ["broker", "agent"] {
        let own = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&own, &authority, &key).unwrap();
        std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        let file = folder.join(format!("{name}.key"));
        std::fs::write(&file, own.serialize_pem()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(file, mode).unwrap();
    }
    crate::config::ServerConfig {
        ca_file: Some(folder.join("ca.pem")),
        client: Some(crate::config::ClientCertificate {
            certificate: folder.join("agent.pem"),
            key: folder.join("agent.key"),
        }),
        ..crate::config::ServerConfig::default()
    }
}

#[test]
fn broker_addresses() {
    let read = |text: &str| BrokerAddress::try_from(&text.parse::<Url>().unwrap());
    assert_eq!(read("mqtt://h").unwrap().port, 1883);
    assert_eq!(
        read("mqtts://h").unwrap(),
        BrokerAddress {
            host: "h".to_owned(),
            port: 8883,
            security: Security::Tls
        }
    );
    assert_eq!(read("mqtt://h:99").unwrap().port, 99);
    assert!(
        read("http://h")
            .unwrap_err()
            .to_string()
            .contains("mqtt://HOST")
    );
}

#[tokio::test]
async fn a_controllers_retained_word_is_heard_by_who_comes_later() {
    use contract::v1::{Aspect, CloudEvent, ControllerState, SignalGroup};
    let broker = Broker::start();
    let at = Timestamp::now();
    let state = ControllerState {
        controller: "giang-vo".parse().unwrap(),
        at,
        expires_at: at + jiff::SignedDuration::from_secs(60),
        groups: [(
            "1".to_owned(),
            SignalGroup {
                aspect: Aspect::Red,
                since: at,
            },
        )]
        .into(),
    };
    let event = CloudEvent::new(
        EventType::SignalState,
        "1".to_owned(),
        "/signals/giang-vo".to_owned(),
        at,
        state,
    );
    let mut options = MqttOptions::new("controller", "127.0.0.1", broker.port);
    options.set_keep_alive(KEEP_ALIVE);
    let (client, mut eventloop) = AsyncClient::new(options, REQUESTS);
    let topic = Topic::Signal("giang-vo".parse().unwrap()).to_string();
    client
        .try_publish(topic, QoS::AtLeastOnce, true, encode(&event).unwrap())
        .unwrap();
    loop {
        if let Event::Incoming(Packet::PubAck(_)) = eventloop.poll().await.unwrap() {
            break;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path()).await;
    let signals = crate::signal::SignalBoard::default();
    let named = [("giang-vo".parse().unwrap(), None)];
    let publisher = Publisher {
        signals: SignalPost::new(named, signals.clone()),
        ..publisher(&store, broker.port)
    };
    let (stop, board) = (CancellationToken::new(), StatusBoard::default());
    let publishing = tokio::spawn({
        let stop = stop.clone();
        async move { publisher.run(&board, stop).await }
    });
    let id = "giang-vo".parse().unwrap();
    wait_for("the controller's word", async || {
        signals.knows(&id, Timestamp::now())
    })
    .await;
    stop.cancel();
    publishing.await.unwrap();
}
