//! The uploader against a small HTTP server that speaks the upload protocol and breaks it on demand.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::patch;
use contract::v1::{
    AgentId, AutoReport, Clock, ClockSource, EventId, Evidence, EvidenceKind, Interval, Kind,
    Phase, SecretKey, Severity,
};
use jiff::Timestamp;

use sha2::{Digest as _, Sha256};

use super::*;
use crate::outbox::link::LinkState;
use crate::outbox::{Filing, Limits};
use crate::report::Message;

const OFFSET: &str = "Upload-Offset";
const COMPLETE: &str = "Upload-Complete";
/// As many bytes as the largest piece.
const CHUNK: usize = 256 * 1024;

#[derive(Default)]
struct Server {
    /// Lengths of the hashes that may come.
    known: Mutex<BTreeMap<String, usize>>,
    got: Mutex<BTreeMap<String, Vec<u8>>>,
    /// In which order hashes were completed.
    completed: Mutex<Vec<String>>,
    /// How many of the next requests fail before they are looked at.
    failures: Mutex<u32>,
}

impl Server {
    fn answer(&self, sha256: &str, status: StatusCode) -> Answer {
        let known = self.known.lock().unwrap();
        let Some(length) = known.get(sha256) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let offset = self.got.lock().unwrap().get(sha256).map_or(0, Vec::len);
        let complete = if offset == *length { "?1" } else { "?0" };
        (
            status,
            [
                (OFFSET, offset.to_string()),
                (COMPLETE, complete.to_owned()),
            ],
        )
            .into_response()
    }

    fn fails(&self, headers: &HeaderMap) -> Option<Answer> {
        if headers
            .get("authorization")
            .is_none_or(|value| value != "Bearer secret")
        {
            return Some(StatusCode::UNAUTHORIZED.into_response());
        }
        let mut failures = self.failures.lock().unwrap();
        *failures = failures.checked_sub(1)?;
        Some(StatusCode::SERVICE_UNAVAILABLE.into_response())
    }
}

async fn head(
    State(server): State<Arc<Server>>,
    UrlPath(sha256): UrlPath<String>,
    headers: HeaderMap,
) -> Answer {
    server
        .fails(&headers)
        .unwrap_or_else(|| server.answer(&sha256, StatusCode::OK))
}

async fn append(
    State(server): State<Arc<Server>>,
    UrlPath(sha256): UrlPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    if let Some(failure) = server.fails(&headers) {
        return failure;
    }
    let offset: usize = headers[OFFSET].to_str().unwrap().parse().unwrap();
    {
        let mut got = server.got.lock().unwrap();
        let bytes = got.entry(sha256.clone()).or_default();
        if bytes.len() != offset {
            return StatusCode::CONFLICT.into_response();
        }
        bytes.extend_from_slice(&body);
        if bytes.len() == server.known.lock().unwrap()[&sha256] {
            if hex::encode(Sha256::digest(&bytes)) != sha256 {
                bytes.clear();
                return StatusCode::UNPROCESSABLE_ENTITY.into_response();
            }
            server.completed.lock().unwrap().push(sha256.clone());
        }
    }
    server.answer(&sha256, StatusCode::NO_CONTENT)
}

struct Bench {
    server: Arc<Server>,
    store: Arc<Store>,
    given_up: mpsc::Receiver<Upload>,
    broker: Arc<BrokerLink>,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

async fn bench() -> Bench {
    bench_with(None, 2).await
}

async fn bench_with(bytes_per_s: Option<u64>, at_once: usize) -> Bench {
    let server = Arc::new(Server::default());
    let app = Router::new()
        .route("/api/v1/uploads/{sha256}", patch(append).head(head))
        .with_state(Arc::clone(&server));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: Url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        report_bytes: 1 << 30,
        evidence_bytes: 1 << 30,
    };
    let store = Arc::new(Store::open(dir.path(), "reports", limits).await.unwrap());
    let (tell, given_up) = mpsc::channel(8);
    let broker = Arc::new(BrokerLink::default());
    let uploader = Uploader {
        client: crate::identity::http_client(
            crate::identity::client_config(&crate::config::ServerConfig::default()).unwrap(),
        )
        .unwrap(),
        server: address,
        token: Zeroizing::new("secret".to_owned()),
        store: Arc::clone(&store),
        limits: UploadLimits {
            bytes_per_s: bytes_per_s.and_then(NonZeroU64::new),
            at_once: NonZeroUsize::new(at_once).unwrap(),
        },
        broker: Arc::clone(&broker),
        given_up: tell,
    };
    let stop = CancellationToken::new();
    tokio::spawn(uploader.run(stop.clone()));
    Bench {
        server,
        store,
        given_up,
        broker,
        stop,
        dir,
    }
}

impl Bench {
    /// Puts a file into the outbox; the hashes of its pieces in the order given.
    async fn file(&self, pieces: &[(EvidenceKind, Vec<u8>)]) -> (Message, Vec<String>) {
        let agent: AgentId = "site-1".parse().unwrap();
        let mut evidence = Vec::new();
        let mut hashes = Vec::new();
        for (kind, bytes) in pieces {
            let id = EvidenceId::new();
            let sha256 = hex::encode(Sha256::digest(bytes));
            let name = Store::evidence_name(id, *kind);
            self.store.files().write(&name, bytes).unwrap();
            evidence.push(Evidence::Sealed {
                id,
                kind: *kind,
                mime: "video/mp4".to_owned(),
                bytes: bytes.len() as u64,
                sha256: sha256.clone(),
                shown: None,
                part: None,
                track: None,
            });
            hashes.push(sha256);
        }
        let report = AutoReport {
            event_id: EventId::new(),
            revision: 2,
            phase: Phase::Updated,
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
            agent,
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
            evidence,
        };
        let key = SecretKey::from_bytes(&[1; 32]);
        let message = Message::new(&report, &key, Timestamp::now()).unwrap();
        let filing = Filing {
            message: &message,
            report: &report,
            last_seen: Timestamp::now(),
            sealed: None,
        };
        self.store.file(&filing).await.unwrap();
        (message, hashes)
    }

    fn know(&self, hashes: &[String], lengths: &[usize]) {
        self.server
            .known
            .lock()
            .unwrap()
            .extend(hashes.iter().cloned().zip(lengths.iter().copied()));
    }

    async fn until_empty(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.store.tally().await.unwrap().uploads > 0 {
            assert!(Instant::now() < until, "waited in vain for the uploads");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn nothing_goes_before_its_ack_and_a_failing_server_is_tried_again() {
    let bench = bench().await;
    let clip: Vec<u8> = (0..3 * CHUNK + 77)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect();
    let still = b"still".to_vec();
    let lengths = [clip.len(), still.len()];
    let (message, hashes) = bench
        .file(&[(EvidenceKind::Clip, clip), (EvidenceKind::Still, still)])
        .await;
    bench.know(&hashes, &lengths);
    *bench.server.failures.lock().unwrap() = 1;
    let path = bench.store.ready_uploads(&[], 1).await.unwrap();
    assert_eq!(path, [], "nothing is uploaded before its report is stored");
    bench.store.stored(&message.sha256).await.unwrap().unwrap();
    bench.until_empty().await;
    let completed = bench.server.completed.lock().unwrap().clone();
    assert_eq!(completed.len(), 2);
    bench.stop.cancel();
}

#[tokio::test]
async fn stills_go_before_clips() {
    let bench = bench().await;
    let (clip, still) = (vec![1; CHUNK], vec![2; 10]);
    let lengths = [clip.len(), still.len()];
    let (message, hashes) = bench
        .file(&[(EvidenceKind::Clip, clip), (EvidenceKind::Still, still)])
        .await;
    bench.know(&hashes, &lengths);
    bench.store.stored(&message.sha256).await.unwrap().unwrap();
    bench.until_empty().await;
    let completed = bench.server.completed.lock().unwrap().clone();
    assert_eq!(completed, [hashes[1].clone(), hashes[0].clone()]);
}

#[tokio::test]
async fn an_upload_goes_on_where_the_server_stopped() {
    let bench = bench().await;
    let clip: Vec<u8> = (0..2 * CHUNK)
        .map(|n| u8::try_from(n % 249).unwrap())
        .collect();
    let length = clip.len();
    let part = clip.iter().take(CHUNK / 2).copied().collect::<Vec<u8>>();
    let (message, hashes) = bench.file(&[(EvidenceKind::Clip, clip)]).await;
    bench.know(&hashes, &[length]);
    bench
        .server
        .got
        .lock()
        .unwrap()
        .insert(hashes[0].clone(), part);
    bench.store.stored(&message.sha256).await.unwrap().unwrap();
    bench.until_empty().await;
    assert_eq!(*bench.server.completed.lock().unwrap(), hashes);
}

#[tokio::test]
async fn a_file_that_was_changed_on_disk_is_given_up_and_told() {
    let mut bench = bench().await;
    let (message, hashes) = bench.file(&[(EvidenceKind::Clip, vec![5; 100])]).await;
    bench.know(&hashes, &[100]);
    let file = std::fs::read_dir(bench.dir.path().join("evidence"))
        .unwrap()
        .next()
        .unwrap();
    std::fs::write(file.unwrap().path(), vec![6; 100]).unwrap();
    bench.store.stored(&message.sha256).await.unwrap().unwrap();
    let told = tokio::time::timeout(Duration::from_secs(30), bench.given_up.recv()).await;
    assert_eq!(told.unwrap().unwrap().sha256, hashes[0]);
    assert_eq!(
        bench.store.losses().await.unwrap()[0].what,
        contract::v1::LostThing::Evidence
    );
}

#[tokio::test]
async fn what_becomes_ready_goes_between_two_pieces_of_a_clip_and_all_stay_within_their_share() {
    let bench = bench_with(Some(64 * 1024), 1).await;
    let began = Instant::now();
    let (clip, still) = (vec![1; 160 * 1024], vec![2; 10]);
    let (of_clip, clips) = bench.file(&[(EvidenceKind::Clip, clip)]).await;
    bench.know(&clips, &[160 * 1024]);
    bench.store.stored(&of_clip.sha256).await.unwrap().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while bench.server.got.lock().unwrap().is_empty() {
        assert!(Instant::now() < until, "the clip does not begin");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (of_still, stills) = bench.file(&[(EvidenceKind::Preview, still)]).await;
    bench.know(&stills, &[10]);
    bench.store.stored(&of_still.sha256).await.unwrap().unwrap();
    bench.until_empty().await;
    let completed = bench.server.completed.lock().unwrap().clone();
    assert_eq!(completed, [stills[0].clone(), clips[0].clone()]);
    // The first piece waits for nothing, the others for what went before.
    assert!(began.elapsed() >= Duration::from_millis(1400));
}

#[tokio::test]
async fn evidence_gives_way_to_reports_for_a_while() {
    let bench = bench().await;
    let (message, hashes) = bench.file(&[(EvidenceKind::Still, vec![3; 10])]).await;
    bench.know(&hashes, &[10]);
    bench.file(&[]).await;
    bench.broker.set(LinkState::Up);
    let began = Instant::now();
    bench.store.stored(&message.sha256).await.unwrap().unwrap();
    bench.until_empty().await;
    assert!(began.elapsed() >= HEAD_START, "a report waits to be sent");
}
