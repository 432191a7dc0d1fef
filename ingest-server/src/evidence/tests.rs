//! Uploads: resumable, bounded by the sealed length, checked against the sealed hash.

use contract::v1::{AutoReport, Evidence, EvidenceId, EvidenceKind};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::store::{self, VerifiedReport};

struct Bench {
    evidence: EvidenceStore,
    store: Store,
    changes: ChangeBus,
    agent: AgentId,
    dir: tempfile::TempDir,
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn body(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    // In small pieces, as a network brings them.
    let pieces: Vec<_> = bytes
        .chunks(7)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    stream::iter(pieces)
}

fn broken(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    body(bytes).chain(stream::iter([Err(
        std::io::ErrorKind::ConnectionReset.into()
    )]))
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/vong.db", dir.path().display()))
            .await
            .unwrap();
        store.migrate().await.unwrap();
        let changes = ChangeBus::default();
        let evidence = EvidenceStore::open(dir.path(), store.clone(), changes.clone()).unwrap();
        Self {
            evidence,
            store,
            changes,
            agent: "hue-01".parse().unwrap(),
            dir,
        }
    }

    /// Stores a report that seals `bytes`.
    async fn seal(&self, bytes: &[u8], mime: &str) {
        let report: AutoReport = serde_json::from_value(serde_json::json!({
            "event_id": "0198a000-0000-7000-8000-000000000001", "revision": 1, "phase": "raised",
            "kind": "stray_cattle", "detail": "stray_cattle", "confidence": 0.9, "severity": "high",
            "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
            "agent": self.agent, "camera": "cam-1", "rule_version": "stray_cattle/1",
            "evidence": [Evidence::Sealed {
                id: EvidenceId::new(), kind: EvidenceKind::Clip, mime: mime.to_owned(),
                bytes: bytes.len() as u64, sha256: sha256(bytes),
                shown: None, part: None, track: None,
            }],
        }))
        .unwrap();
        let tx = self.store.begin().await.unwrap();
        let verified = VerifiedReport {
            topic: "t",
            payload: b"p",
            sha256: "s",
            signature: "k:v",
            report: &report,
            received: Timestamp::now(),
        };
        store::file_reports(&tx, &merge::Model::shipped(), &[verified])
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn read(&self, sha256: &str, range: Range<u64>) -> Vec<u8> {
        let key = Objects::key(&sha256.parse().unwrap());
        let pieces: Vec<_> = self
            .evidence
            .read(&key, range)
            .await
            .unwrap()
            .collect()
            .await;
        pieces
            .into_iter()
            .flat_map(|piece| piece.unwrap().to_vec())
            .collect()
    }
}

#[tokio::test]
async fn an_upload_resumes_where_it_broke_and_is_read_by_range() {
    let bench = Bench::new().await;
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let hash = sha256(&bytes);
    bench.seal(&bytes, "video/mp4").await;
    let mut watcher = bench.changes.watch();

    let cut = bench
        .evidence
        .append(&bench.agent, &hash, 0, broken(&bytes[..40_000]))
        .await;
    assert!(matches!(cut, Err(UploadError::Interrupted)));
    let status = bench
        .evidence
        .upload_status(&bench.agent, &hash)
        .await
        .unwrap();
    assert_eq!((status.offset, status.length), (40_000, 100_000));

    let again = bench
        .evidence
        .append(&bench.agent, &hash, 0, body(&bytes))
        .await;
    assert!(matches!(
        again,
        Err(UploadError::WrongOffset { offset: 40_000 })
    ));
    let done = bench
        .evidence
        .append(&bench.agent, &hash, 40_000, body(&bytes[40_000..]))
        .await;
    assert_eq!(done.unwrap().stored, store::Stored::Yes);

    assert!(
        watcher.try_recv().is_ok(),
        "the incident's watchers are told"
    );
    assert_eq!(bench.read(&hash, 0..100_000).await, bytes);
    assert_eq!(bench.read(&hash, 99_990..200_000).await, bytes[99_990..]);
    let left = std::fs::read_dir(bench.dir.path().join("uploads/hue-01"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "a finished upload leaves no part");
}

#[tokio::test]
async fn only_what_a_sealed_report_promised_is_taken() {
    let bench = Bench::new().await;
    let bytes = b"promised".to_vec();
    let hash = sha256(&bytes);
    let append = |agent: &'static str, hash: String, bytes: Vec<u8>| {
        let evidence = bench.evidence.clone();
        async move {
            let agent = agent.parse().unwrap();
            evidence
                .append(&agent, &hash, 0, body(&bytes))
                .await
                .map(|status| status.stored)
        }
    };
    let early = append("hue-01", hash.clone(), bytes.clone()).await;
    assert!(
        matches!(early, Err(UploadError::Unknown)),
        "no report names it yet"
    );
    bench.seal(&bytes, "image/jpeg").await;
    let foreign = append("hue-02", hash.clone(), bytes.clone()).await;
    assert!(
        matches!(foreign, Err(UploadError::Unknown)),
        "another agent's promise"
    );
    let strange = append("hue-01", "../../etc/passwd".to_owned(), bytes.clone()).await;
    assert!(matches!(strange, Err(UploadError::Unknown)), "not a hash");
    let long = append("hue-01", hash.clone(), b"promised and more".to_vec()).await;
    assert!(matches!(long, Err(UploadError::TooLong)));
}

#[tokio::test]
async fn bytes_that_do_not_fit_their_hash_are_deleted() {
    let bench = Bench::new().await;
    let bytes = b"the real picture".to_vec();
    let hash = sha256(&bytes);
    bench.seal(&bytes, "image/jpeg").await;
    let forged = bench
        .evidence
        .append(&bench.agent, &hash, 0, body(b"the fake picture"))
        .await;
    assert!(matches!(forged, Err(UploadError::HashMismatch)));
    let status = bench
        .evidence
        .upload_status(&bench.agent, &hash)
        .await
        .unwrap();
    assert_eq!((status.offset, status.stored), (0, store::Stored::No));
    let real = bench
        .evidence
        .append(&bench.agent, &hash, 0, body(&bytes))
        .await
        .unwrap();
    assert_eq!(real.stored, store::Stored::Yes);
}

#[tokio::test]
async fn an_upload_whose_last_byte_came_before_a_crash_is_finished_on_asking() {
    let bench = Bench::new().await;
    let bytes = b"all here".to_vec();
    let hash = sha256(&bytes);
    bench.seal(&bytes, "image/jpeg").await;
    let folder = bench.dir.path().join("uploads/hue-01");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{hash}.part")), &bytes).unwrap();
    let status = bench
        .evidence
        .upload_status(&bench.agent, &hash)
        .await
        .unwrap();
    assert_eq!(status.stored, store::Stored::Yes);
}

#[tokio::test]
async fn a_page_is_not_evidence() {
    let bench = Bench::new().await;
    bench.seal(b"<script>", "text/html").await;
    let hash = sha256(b"<script>");
    let refused = bench
        .evidence
        .append(&bench.agent, &hash, 0, body(b"<script>"))
        .await;
    assert!(matches!(refused, Err(UploadError::MediaType)));
}
