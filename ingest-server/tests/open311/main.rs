//! A plain client (`client.py`: Python's standard library alone) walks the Open311 endpoint of a real
//! server, started as its users start it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ingest_server::people::api_key::{ApiKey, ApiKeySecret};
use ingest_server::people::password::Password;
use ingest_server::people::{NewAccount, Right, Role, Scope};
use ingest_server::store::{self, Store};
use jiff::{SignedDuration, Timestamp};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Server {
    fn start(folder: &Path) -> Self {
        let config = folder.join("server.toml");
        let text = format!(
            "data_dir = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[broker]\nlisten = \"127.0.0.1:0\"\n",
            data_dir(folder)
        );
        std::fs::write(&config, text).unwrap();
        let server = Command::new(env!("CARGO_BIN_EXE_ingest-server"))
            .arg("--config")
            .arg(&config)
            .arg("serve")
            .stderr(Stdio::inherit())
            .spawn();
        Self(server.unwrap())
    }
}

fn data_dir(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// A key of another system, as an administrator makes it.
async fn key(folder: &Path) -> String {
    std::fs::create_dir_all(data_dir(folder)).unwrap();
    let url = format!("sqlite://{}/vong.db", data_dir(folder).display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let now = Timestamp::now();
    let password = Password::new("mật khẩu thử nghiệm".to_owned());
    let account = NewAccount::new("hue-s", "Hue-S", Role::Operator, &password).unwrap();
    let tx = store.begin().await.unwrap();
    store::insert_account(&tx, &account, now).await.unwrap();
    tx.commit().await.unwrap();
    let account = store::accounts(&store).await.unwrap().remove(0);
    let later = now + SignedDuration::from_hours(1);
    let rights = vec![Right::SubmitReports];
    let key = ApiKey::new("hue-s", rights, Scope::default(), later, now).unwrap();
    let secret = ApiKeySecret::mint().unwrap();
    let tx = store.begin().await.unwrap();
    store::insert_api_key(&tx, account.id, &key, &secret.hash())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    secret.reveal().to_owned()
}

fn endpoint(folder: &Path) -> String {
    let file = data_dir(folder).join("endpoints.json");
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(text) = std::fs::read_to_string(&file) {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            return value["http"].as_str().unwrap().to_owned();
        }
        assert!(Instant::now() < until, "the server does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_plain_client_walks_the_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path()).await;
    let _server = Server::start(folder.path());
    let discovery = format!("{}/open311/discovery.xml", endpoint(folder.path()));
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/open311/client.py");
    let walked = Command::new("python3")
        .arg(client)
        .arg(discovery)
        .arg(key)
        .output();
    let walked = walked.unwrap();
    let said = String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&walked.stdout).trim(), "1");
}
