//! Several servers on one PostgreSQL and one Mosquitto, sharing the subscription, while they are killed
//! without warning and started again: no report is lost, doubled, or merged twice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../store_conformance/postgres.rs"]
mod postgres;
mod broker;
mod teller;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use contract::v1::SecretKey;
use ingest_server::agents::TokenHash;
use ingest_server::incident::history;
use ingest_server::store::{self, Access as _, Enrolled, IncidentFilter, Store};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use self::broker::Mosquitto;
use self::teller::Teller;

const SERVERS: usize = 3;
const KILLS: usize = 8;
/// Places, cameras that see each, revisions that each camera tells.
const PLACES: usize = 40;
const CAMERAS: usize = 3;
const REVISIONS: u32 = 3;
const DEADLINE: Duration = Duration::from_secs(120);

/// One server's process; killed when dropped.
struct Server {
    folder: PathBuf,
    process: Child,
}

impl Server {
    fn start(folder: PathBuf) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_ingest-server"))
            .args(["--config", "server.toml", "serve"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(folder.join("log"))
                    .unwrap(),
            )
            .spawn()
            .unwrap();
        Self { folder, process }
    }

    /// `kill -9`, and again from the start.
    fn kill_and_start(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        *self = Self::start(self.folder.clone());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Every server has a folder of its own; database, broker and key are shared.
fn configure(folder: &Path, database: &str, broker: u16) {
    std::fs::create_dir_all(folder.join("data")).unwrap();
    std::fs::write(folder.join("password"), "anything\n").unwrap();
    let text = format!(
        "data_dir = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n[database]\nurl = \"{database}\"\n\
         [broker]\nurl = \"mqtt://127.0.0.1:{broker}\"\npassword_file = \"password\"\n"
    );
    std::fs::write(folder.join("server.toml"), text).unwrap();
}

async fn enrol(store: &Store, key: &SecretKey) {
    let now = Timestamp::now();
    let tx = store.begin().await.unwrap();
    let expires = now + SignedDuration::from_hours(1);
    let agent = teller::AGENT.parse().unwrap();
    store::insert_enrolment_token(&tx, "token", &agent, now, expires)
        .await
        .unwrap();
    let enrolled = Enrolled {
        public_key: key.public(),
        mqtt_password_hash: TokenHash::of("secret").as_str().to_owned(),
        mosquitto_hash: String::new(),
        upload_token_hash: "upload".to_owned(),
        version: "0".to_owned(),
    };
    store::enrol(&tx, "token", &enrolled, now).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_merged_twice_while_servers_are_killed() {
    let Some(cluster) = postgres::Cluster::start() else {
        eprintln!("skipped: no PostgreSQL binaries below /usr/lib/postgresql; install postgresql");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Mosquitto::start(folder.path()) else {
        eprintln!("skipped: no mosquitto; install it");
        return;
    };
    let url = cluster.fresh_database();
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let key = SecretKey::from_bytes(&[7; 32]);
    enrol(&store, &key).await;
    let folders: Vec<PathBuf> = (0..SERVERS)
        .map(|number| folder.path().join(number.to_string()))
        .collect();
    for own in &folders {
        configure(own, &url, broker.port());
    }
    // The first makes the key that all of them sign with.
    let mut servers = vec![Server::start(folders[0].clone())];
    let key_file = folders[0].join("data/server.key");
    let began = Instant::now();
    while !key_file.is_file() || std::fs::metadata(&key_file).unwrap().len() == 0 {
        assert!(began.elapsed() < DEADLINE, "{}", servers[0].log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for own in &folders[1..] {
        std::fs::copy(&key_file, own.join("data/server.key")).unwrap();
        servers.push(Server::start(own.clone()));
    }

    let mut teller = Teller::connect(broker.port(), key).await;
    let told = teller.messages(PLACES, CAMERAS, REVISIONS);
    assert_eq!(told.len(), PLACES * CAMERAS * REVISIONS as usize);
    let mut killed = 0;
    let began = Instant::now();
    while teller.waiting() > 0 {
        assert!(
            began.elapsed() < DEADLINE,
            "{} of {} were never acknowledged; {}",
            teller.waiting(),
            told.len(),
            servers.iter().map(Server::log).collect::<String>()
        );
        teller.tell_some(told.len() / (KILLS + 2)).await;
        if killed < KILLS {
            servers[killed % SERVERS].kill_and_start();
            killed += 1;
        }
        teller.listen(Duration::from_millis(700)).await;
    }
    assert_eq!(
        killed, KILLS,
        "everything was told before the servers were hurt"
    );
    balance(&store, &told).await;
    drop(servers);
    store.close().await;
}

/// Every revision once; every event in one incident, which counts it once and remembers it once.
async fn balance(store: &Store, told: &[(String, u32)]) {
    let rows = |sql: &str| {
        let statement = Statement::from_string(DbBackend::Postgres, sql.to_owned());
        async move { store.conn().query_all_raw(statement).await.unwrap() }
    };
    let stored: Vec<(String, u32)> = rows("SELECT event_id, revision FROM reports")
        .await
        .iter()
        .map(|row| {
            let revision: i64 = row.try_get("", "revision").unwrap();
            (
                row.try_get("", "event_id").unwrap(),
                u32::try_from(revision).unwrap(),
            )
        })
        .collect();
    let distinct: BTreeSet<&(String, u32)> = stored.iter().collect();
    assert_eq!(distinct, told.iter().collect(), "lost or made up");
    assert_eq!(stored.len(), told.len(), "doubled");

    let mut homes: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows("SELECT event_id, incident_id FROM events").await {
        let home: Option<String> = row.try_get("", "incident_id").unwrap();
        *homes
            .entry(home.expect("an event is in an incident"))
            .or_default() += 1;
    }
    let incidents = store::incidents(store, &IncidentFilter::newest(10_000))
        .await
        .unwrap();
    assert_eq!(incidents.len(), homes.len(), "an incident without an event");
    let numbers: BTreeSet<i64> = incidents.iter().map(|row| row.number).collect();
    assert_eq!(numbers.len(), incidents.len(), "a number was given twice");
    for row in &incidents {
        let id = row.id.parse().unwrap();
        assert_eq!(
            Some(&row.event_count),
            homes.get(&row.id),
            "incident {}",
            row.number
        );
        assert_eq!(
            row.report_count,
            row.event_count * i64::from(REVISIONS),
            "incident {}",
            row.number
        );
        let history = store::history_of_incident(store, id).await.unwrap();
        let chained = history.iter().map(|(row, hash)| (row, hash.as_str()));
        history::verify(id, chained).unwrap();
        let joined = history
            .iter()
            .filter(|(row, _)| matches!(row.action.as_str(), "open" | "link"))
            .count();
        assert_eq!(
            joined as i64, row.event_count,
            "incident {}: {history:?}",
            row.number
        );
    }
    assert_eq!(
        incidents.len(),
        PLACES,
        "the cameras of one place file one incident"
    );
    let witnesses = rows("SELECT id FROM merge_witnesses").await.len();
    assert_eq!(witnesses, PLACES * CAMERAS, "a witness speaks once");
}
