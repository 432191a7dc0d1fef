//! Evidence in a real S3 server: uploaded, verified, read by range; refused with the wrong secret.
//!
//! The server is `s3s-fs` (`cargo install s3s-fs --version 0.14.1 --features binary`, which `scripts/setup`
//! does): it checks signatures, and knows multipart uploads. Where it is not installed the test says so
//! and ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use contract::v1::{AgentId, AutoReport, EvidenceId};
use futures_util::{TryStreamExt as _, stream};
use ingest_server::changes::ChangeBus;
use ingest_server::config::{Config, EvidencePlace};
use ingest_server::evidence::EvidenceStore;
use ingest_server::store::{self, Store, VerifiedReport};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};

const BUCKET: &str = "vong-evidence";
const START: Duration = Duration::from_secs(20);

/// The S3 server in a folder of its own, on a free port, gone when dropped.
struct S3 {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl S3 {
    fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args([
                "--access-key",
                "vong",
                "--secret-key",
                "a secret of its own",
            ])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < START, "the S3 server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        let _folder = folder;
        Some(Self {
            process,
            port,
            _folder,
        })
    }

    /// The place as a configuration file describes it.
    fn place(&self, folder: &Path, secret: &str) -> EvidencePlace {
        std::fs::write(folder.join("s3.credentials"), format!("vong\n{secret}\n")).unwrap();
        let text = format!(
            "data_dir = {folder:?}\n[evidence]\ns3_url = \"s3://{BUCKET}/hue/\"\n\
             s3_endpoint = \"http://127.0.0.1:{}\"\ns3_credentials_file = \"s3.credentials\"\n",
            self.port
        );
        Config::parse(&text, &folder.join("server.toml"))
            .unwrap()
            .evidence
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn program() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let named = std::env::var_os("VONG_S3_SERVER").map(PathBuf::from);
    let installed = cache.map(|cache| cache.join("vong/tools/bin/s3s-fs"));
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join("s3s-fs"));
    named
        .into_iter()
        .chain(installed)
        .chain(on_path)
        .find(|program| program.is_file())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A store that knows one sealed clip of these bytes.
async fn sealed(folder: &Path, bytes: &[u8]) -> Store {
    let store = Store::open(&format!("sqlite://{}/vong.db", folder.display()))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let report: AutoReport = serde_json::from_value(json!({
        "event_id": "0198a000-0000-7000-8000-000000000001", "revision": 1, "phase": "raised",
        "kind": "stray_cattle", "detail": "stray_cattle", "confidence": 0.9, "severity": "high",
        "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
        "agent": "hue-01", "camera": "cam-1", "rule_version": "stray_cattle/1",
        "evidence": [{
            "state": "sealed", "id": EvidenceId::new(), "kind": "clip", "mime": "video/mp4",
            "bytes": bytes.len(), "sha256": sha256(bytes),
        }],
    }))
    .unwrap();
    let verified = VerifiedReport {
        topic: "t",
        payload: b"p",
        sha256: "s",
        signature: "k:v",
        report: &report,
        received: Timestamp::now(),
    };
    let tx = store.begin().await.unwrap();
    store::file_reports(&tx, &merge::Model::shipped(), &[verified])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_goes_into_the_store_and_comes_back_by_range() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let Some(s3) = S3::start() else {
        eprintln!("skipped: no s3s-fs; scripts/setup installs it");
        return;
    };
    // More than one part, and a last one that is smaller than any store takes otherwise.
    let bytes: Vec<u8> = (0..=255_u8).cycle().take(9 * 1024 * 1024 + 17).collect();
    let folder = tempfile::tempdir().unwrap();
    let store = sealed(folder.path(), &bytes).await;
    let place = s3.place(folder.path(), "a secret of its own");
    EvidenceStore::probe(&place, folder.path()).await.unwrap();
    let open = || {
        EvidenceStore::open_at(&place, folder.path(), store.clone(), ChangeBus::default()).unwrap()
    };
    let evidence = open();
    let agent: AgentId = "hue-01".parse().unwrap();
    let hash = sha256(&bytes);
    let pieces: Vec<Result<Bytes, std::io::Error>> = bytes
        .chunks(100_000)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let done = evidence
        .append(&agent, &hash, 0, stream::iter(pieces))
        .await
        .unwrap();
    assert_eq!(
        (done.offset, done.stored),
        (bytes.len() as u64, store::Stored::Yes)
    );
    assert!(
        !folder.path().join("evidence").exists(),
        "nothing of it lies in files"
    );

    // Another server of the same store finds it.
    let key = format!("{}/{hash}", hash.get(..2).unwrap());
    let read = async |range: std::ops::Range<u64>| {
        let found = open().read(&key, range).await.unwrap();
        let pieces: Vec<Bytes> = found.try_collect().await.unwrap();
        pieces.concat()
    };
    assert_eq!(sha256(&read(0..bytes.len() as u64).await), hash);
    assert_eq!(
        read(8_388_600..8_388_620).await,
        bytes[8_388_600..8_388_620]
    );
    let lacking = open()
        .read("00/none", 0..1)
        .await
        .map(futures_util::StreamExt::boxed);
    assert!(lacking.is_err());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_told_by_the_check() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let Some(s3) = S3::start() else {
        eprintln!("skipped: no s3s-fs; scripts/setup installs it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let wrong = s3.place(folder.path(), "a guess");
    assert!(EvidenceStore::probe(&wrong, folder.path()).await.is_err());
}
