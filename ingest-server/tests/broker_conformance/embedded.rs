//! The embedded broker in a process of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use contract::v1::SecretKey;
use ingest_server::agents::{TokenHash, mosquitto_hash};
use ingest_server::broker::EmbeddedBroker;
use ingest_server::store::{self, Enrolled, Store};
use jiff::{SignedDuration, Timestamp};

use crate::harness::{AGENTS, Broker, TELLERS, UNIT, free_port, listening, until};

/// Tells the child process which folder it serves.
const FOLDER: &str = "VONG_TEST_BROKER_FOLDER";
const PORT: &str = "VONG_TEST_BROKER_PORT";

pub(crate) struct Embedded {
    dir: tempfile::TempDir,
    port: u16,
    process: Child,
}

fn spawn(dir: &Path, port: u16) -> Child {
    // The password is minted anew by each process; the old one must not be read.
    drop(std::fs::remove_file(dir.join("password")));
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "embedded::broker_process", "--nocapture"])
        .env(FOLDER, dir)
        .env(PORT, port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test of its own: the body of the child process, found by its name.
#[tokio::test]
async fn broker_process() {
    let (Some(folder), Ok(port)) = (std::env::var_os(FOLDER), std::env::var(PORT)) else {
        return;
    };
    let folder = Path::new(&folder);
    let store = open(folder).await;
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    let broker = EmbeddedBroker::start(address, None, store).await.unwrap();
    let aside = folder.join("password.new");
    std::fs::write(&aside, broker.server_password()).unwrap();
    std::fs::rename(aside, folder.join("password")).unwrap();
    std::future::pending::<()>().await;
}

pub(crate) async fn open(folder: &Path) -> Store {
    let store = Store::open(&format!("sqlite://{}/vong.db", folder.display()))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    store
}

pub(crate) async fn enrol_agents(store: &Store) {
    let now = Timestamp::now();
    let tx = store.begin().await.unwrap();
    let hashes = (TokenHash::of(UNIT.1).as_str().to_owned(), String::new());
    store::let_unit_in(&tx, &UNIT.0.parse().unwrap(), hashes, now)
        .await
        .unwrap();
    for (name, password) in TELLERS {
        let hashes = (TokenHash::of(password).as_str().to_owned(), String::new());
        store::let_teller_in(&tx, name, hashes, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    for (seed, (name, password)) in (1u8..).zip(AGENTS) {
        let tx = store.begin().await.unwrap();
        let agent = name.parse().unwrap();
        let expires = now + SignedDuration::from_hours(1);
        store::insert_enrolment_token(&tx, name, &agent, now, expires)
            .await
            .unwrap();
        let enrolled = Enrolled {
            public_key: SecretKey::from_bytes(&[seed; 32]).public(),
            mqtt_password_hash: TokenHash::of(password).as_str().to_owned(),
            mosquitto_hash: mosquitto_hash(password).unwrap(),
            upload_token_hash: name.to_owned(),
            version: "0".to_owned(),
        };
        store::enrol(&tx, name, &enrolled, now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

impl Embedded {
    async fn ready(&self) {
        let password = self.dir.path().join("password");
        until("the embedded broker's password", || password.is_file()).await;
        listening(self.port).await;
    }
}

impl Broker for Embedded {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).await;
        enrol_agents(&store).await;
        store.close().await;
        let port = free_port();
        let process = spawn(dir.path(), port);
        let broker = Self { dir, port, process };
        broker.ready().await;
        broker
    }

    async fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn restart(&mut self) {
        self.process = spawn(self.dir.path(), self.port);
        self.ready().await;
    }

    fn agents_port(&self) -> u16 {
        self.port
    }

    fn servers_port(&self) -> u16 {
        self.port
    }

    fn server_password(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("password")).unwrap()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
