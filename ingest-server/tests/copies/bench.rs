//! A server's evidence store with its workshop, and clips to put into it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use contract::v1::{AgentId, AutoReport, CloudEvent, EventType, EvidenceId, encode};
use futures_util::{TryStreamExt as _, stream};
use ingest_server::changes::ChangeBus;
use ingest_server::config::CopiesConfig;
use ingest_server::evidence::EvidenceStore;
use ingest_server::store::entity::{derived_copy, evidence};
use ingest_server::store::{self, CopyKind, EvidenceOwner, Requeue, Store, VerifiedReport};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a copy may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) evidence: EvidenceStore,
    pub(crate) folder: tempfile::TempDir,
    agent: AgentId,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/vong.db", folder.path().display()))
            .await
            .unwrap();
        store.migrate().await.unwrap();
        let evidence =
            EvidenceStore::open(folder.path(), store.clone(), ChangeBus::default()).unwrap();
        Self {
            store,
            evidence,
            folder,
            agent: "hue-01".parse().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the workshop with this very package's program.
    pub(crate) fn work(&self, config: &CopiesConfig) -> (CancellationToken, JoinHandle<()>) {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_ingest-server"));
        let stop = CancellationToken::new();
        let workshop = self.evidence.workshop(program, config);
        (stop.clone(), tokio::spawn(workshop.run(stop)))
    }

    /// Takes in a report of one piece, and its bytes. `more` is laid over the report, `entry` over the
    /// piece.
    pub(crate) async fn put(&self, bytes: &[u8], more: Value, entry: Value) -> evidence::Model {
        let sha256 = hex::encode(Sha256::digest(bytes));
        let id = EvidenceId::new();
        let mut piece = json!({
            "state": "sealed", "id": id, "kind": "clip", "mime": "video/mp4",
            "bytes": bytes.len(), "sha256": sha256,
        });
        let mut report = json!({
            "event_id": contract::v1::EventId::new(), "revision": 1, "phase": "raised",
            "kind": "traffic_violation", "detail": "illegal_parking", "confidence": 0.9,
            "severity": "medium", "occurred": { "start": "2026-01-01T00:00:00Z" },
            "clock": { "source": "agent" }, "agent": self.agent, "camera": "cam-1",
            "rule_version": "illegal_parking/1",
        });
        lay_over(&mut piece, entry);
        lay_over(&mut report, more);
        report["evidence"] = json!([piece]);
        let report: AutoReport = serde_json::from_value(report).unwrap();
        let message = CloudEvent::new(
            EventType::Report,
            format!("{}/1", report.event_id),
            format!("/agents/{}", self.agent),
            Timestamp::now(),
            &report,
        );
        let payload = encode(&message).unwrap();
        let verified = VerifiedReport {
            topic: "t",
            payload: &payload,
            sha256: &hex::encode(Sha256::digest(&payload)),
            signature: "k:v",
            report: &report,
            received: Timestamp::now(),
        };
        let tx = self.store.begin().await.unwrap();
        store::file_reports(&tx, &merge::Model::shipped(), &[verified])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let body = stream::iter([Ok::<_, std::io::Error>(Bytes::copy_from_slice(bytes))]);
        self.evidence
            .append(&self.agent, &sha256, 0, body)
            .await
            .unwrap();
        let owner = EvidenceOwner::Event(report.event_id);
        store::evidence_piece(&self.store, owner, id)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn ask_for_redaction(&self, piece: &evidence::Model) {
        let now = Timestamp::now();
        let tx = self.store.begin().await.unwrap();
        store::queue_copy(&tx, piece, CopyKind::Redacted, Requeue::Failed, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.evidence.ring();
    }

    /// Waits until a copy is in one of the states that last; or failed once, where it is tried again.
    pub(crate) async fn settled(
        &self,
        piece: &evidence::Model,
        kind: CopyKind,
    ) -> derived_copy::Model {
        let began = Instant::now();
        loop {
            let copy = store::derived_copy(&self.store, piece, kind).await.unwrap();
            if let Some(copy) = copy.filter(|copy| {
                ["made", "not_needed", "failed"].contains(&copy.state.as_str())
                    || copy.reason.is_some()
            }) {
                return copy;
            }
            assert!(began.elapsed() < PATIENCE, "the copy does not come");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Writes the bytes of a copy into a file.
    pub(crate) async fn file_of(&self, copy: &derived_copy::Model, name: &str) -> PathBuf {
        let length = copy.bytes.unwrap().unsigned_abs();
        let key = copy.object_key.as_deref().unwrap();
        let bytes: Vec<Bytes> = self
            .evidence
            .read(key, 0..length)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let bytes = bytes.concat();
        assert_eq!(Some(hex::encode(Sha256::digest(&bytes))), copy.sha256);
        let file = self.path(name);
        std::fs::write(&file, bytes).unwrap();
        file
    }
}

fn lay_over(value: &mut Value, changes: Value) {
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
}

/// Runs a launch line of GStreamer's own tool to its end.
pub(crate) fn launch(line: &str) {
    let output = Command::new("gst-launch-1.0")
        .arg("-q")
        .args(line.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
}

/// What ffprobe says of a clip's picture track.
pub(crate) fn probe(file: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "json",
            "-count_frames",
            "-show_streams",
        ])
        .arg(file)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told["streams"][0].clone()
}
