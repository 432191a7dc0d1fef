//! TLS with a site's own authority, on both brokers: who shows no certificate of it is not let in,
//! and a revoked agent is let go of.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ingest_server::agents::revoke;
use ingest_server::broker::{EmbeddedBroker, client_config};
use ingest_server::config::{BrokerTls, BrokerTrust, ClientCertificate};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};

use crate::client::{Session, options};
use crate::embedded::{enrol_agents, open};
use crate::harness::{AGENTS, DEADLINE, free_port, listening};
use crate::mosquitto;

/// An authority, and certificates of it in a folder: `ca.pem`, `NAME.pem`, `NAME.key`.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn of(folder: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Under one name with its authority a certificate passes for self-signed.
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "site authority");
        let authority = params.self_signed(&key).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
        for name in ["broker", "client"] {
            let own = KeyPair::generate().unwrap();
            let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
            let certificate = CertificateParams::new(names)
                .unwrap()
                .signed_by(&own, &authority, &key)
                .unwrap();
            std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
            let file = folder.join(format!("{name}.key"));
            std::fs::write(&file, own.serialize_pem()).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(file, mode).unwrap();
        }
        Self {
            folder: folder.to_owned(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn trust(&self) -> BrokerTrust {
        BrokerTrust {
            ca_file: Some(self.file("ca.pem")),
            client: Some(ClientCertificate {
                certificate: self.file("client.pem"),
                key: self.file("client.key"),
            }),
        }
    }
}

fn over_tls(mut options: MqttOptions, trust: &BrokerTrust) -> MqttOptions {
    let tls = TlsConfiguration::Rustls(client_config(trust).unwrap());
    options.set_transport(Transport::tls_with_config(tls));
    options
}

/// Connects; the event loop where the broker let it in.
async fn connected(options: MqttOptions) -> Option<(AsyncClient, EventLoop)> {
    let (client, mut events) = AsyncClient::new(options, 10);
    let first = tokio::time::timeout(DEADLINE, events.poll()).await.unwrap();
    matches!(first, Ok(Event::Incoming(Packet::ConnAck(_)))).then_some((client, events))
}

/// With the site's certificate a client is let in, without one or with a stranger's it is not.
async fn only_members_of_the_site_come_in(site: &Authority, port: u16, user: &str, password: &str) {
    let log_in = || options(port, user, password, user, Session::Fleeting);
    assert!(connected(over_tls(log_in(), &site.trust())).await.is_some());
    let anonymous = BrokerTrust {
        client: None,
        ..site.trust()
    };
    assert!(connected(over_tls(log_in(), &anonymous)).await.is_none());
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = BrokerTrust {
        client: Authority::of(elsewhere.path()).trust().client,
        ..site.trust()
    };
    assert!(connected(over_tls(log_in(), &stranger)).await.is_none());
    // And the client does not speak to a broker of another authority.
    let fooled = Authority::of(elsewhere.path()).trust();
    assert!(connected(over_tls(log_in(), &fooled)).await.is_none());
}

#[tokio::test]
async fn the_embedded_broker_speaks_tls_and_lets_go_of_the_revoked() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let dir = tempfile::tempdir().unwrap();
    let site = Authority::of(&dir.path().join("site"));
    let store = open(dir.path()).await;
    enrol_agents(&store).await;
    let door = BrokerTls {
        listen: "127.0.0.1:0".parse().unwrap(),
        certificate: site.file("broker.pem"),
        key: site.file("broker.key"),
        client_ca: Some(site.file("ca.pem")),
    };
    let plain = "127.0.0.1:0".parse().unwrap();
    let broker = EmbeddedBroker::start(plain, Some(&door), store.clone())
        .await
        .unwrap();
    let port = broker.tls_address().unwrap().port();
    let (name, password) = AGENTS[0];
    only_members_of_the_site_come_in(&site, port, name, password).await;

    let log_in = options(port, name, password, name, Session::Kept);
    let (_client, mut events) = connected(over_tls(log_in, &site.trust())).await.unwrap();
    assert!(revoke(&store, &name.parse().unwrap()).await.unwrap());
    let let_go = async { while events.poll().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), let_go)
        .await
        .expect("a revoked agent stays connected");

    let exposed = site.file("broker.key");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(exposed, mode).unwrap();
    broker.stop().await;
    let refused = EmbeddedBroker::start(plain, Some(&door), store).await;
    assert!(refused.is_err_and(|error| format!("{error:?}").contains("broker.key")));
}

#[tokio::test]
async fn mosquitto_speaks_tls_with_the_server_s_own_client() {
    if !mosquitto::is_installed() {
        eprintln!("skipped: mosquitto is not installed; install the package mosquitto");
        return;
    }
    drop(rustls::crypto::ring::default_provider().install_default());
    let dir = tempfile::tempdir().unwrap();
    let site = Authority::of(&dir.path().join("site"));
    let port = free_port();
    let file = |name: &str| site.file(name).display().to_string();
    let text = format!(
        "user root\nallow_anonymous true\nlistener {port} 127.0.0.1\ncafile {}\ncertfile {}\n\
         keyfile {}\nrequire_certificate true\n",
        file("ca.pem"),
        file("broker.pem"),
        file("broker.key"),
    );
    std::fs::write(dir.path().join("mosquitto.conf"), text).unwrap();
    let mut process = mosquitto::spawn(dir.path());
    listening(port).await;
    only_members_of_the_site_come_in(&site, port, "ingest", "anything").await;
    process.kill().unwrap();
    process.wait().unwrap();
}
