//! What the desk does with an event's papers, and with events that an earlier run left open.

use std::path::Path;

use contract::v1::{EventType, Evidence, EvidenceKind, Phase, decode};

use proptest::prelude::*;

use super::super::event_log::EventLog;
use super::*;
use crate::outbox::Limits;
use crate::report::{Grounds, Proposal};
use crate::time::StreamTime;

const TOPIC: &str = "vong/v1/agents/site-1/reports";

pub(super) fn agent() -> AgentId {
    "site-1".parse().unwrap()
}

pub(super) fn key() -> SecretKey {
    SecretKey::from_bytes(&[4; 32])
}

pub(super) async fn open_store(dir: &std::path::Path) -> Arc<Store> {
    let limits = Limits {
        report_bytes: 1 << 30,
        evidence_bytes: 1 << 30,
    };
    Arc::new(Store::open(dir, TOPIC, limits).await.unwrap())
}

/// A desk with no past but the outbox's.
pub(super) async fn open_desk(store: &Arc<Store>) -> Desk {
    let past = Past {
        told: Reading::default(),
        cameras: &HashMap::new(),
    };
    Desk::open(agent(), Arc::new(key()), Arc::clone(store), past)
        .await
        .unwrap()
}

fn change_paper(event_id: EventId, phase: Phase, at: f64, promised: Vec<Promise>) -> Paper {
    Paper::Change(Box::new(change_of(event_id, phase, at, promised)))
}

pub(super) fn grounds() -> Grounds {
    Grounds {
        config_version: "ab".repeat(32),
        calibration_version: None,
        zone_versions: HashMap::new(),
        proposals: vec![Proposal {
            detail: "stray_cattle",
            zone: None,
            offence: "THA-RONG".to_owned(),
        }],
    }
}

pub(super) fn change_of(
    event_id: EventId,
    phase: Phase,
    at: f64,
    promised: Vec<Promise>,
) -> ChangePaper {
    let change = EventChange::sample(event_id, phase, StreamTime::from_secs_f64(at));
    let camera = CameraFacts {
        id: "cam-1".parse().unwrap(),
        name: None,
        place: None,
        model: None,
        pose: None,
        grounds: Some(grounds()),
    };
    ChangePaper {
        change,
        clock: ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::from_second(1_000).unwrap(),
        },
        known: crate::report::UNKNOWN_CLOCK,
        size: PictureSize {
            width: 100,
            height: 100,
        },
        camera: Arc::new(camera),
        promised,
        arrived: None,
    }
}

pub(super) async fn reports(store: &Store) -> Vec<AutoReport> {
    let stored = store.to_send(&[], 1000).await.unwrap();
    let read = |bytes: &[u8]| decode::<AutoReport>(bytes, EventType::Report).unwrap().data;
    stored.iter().map(|report| read(&report.payload)).collect()
}

#[tokio::test]
async fn papers_become_revisions_in_order_and_the_end_closes_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path()).await;
    let desk = open_desk(&store).await;
    let (tell, papers) = mpsc::channel(8);
    let (event, clip) = (EventId::new(), EvidenceId::new());
    let promised = vec![Promise {
        id: clip,
        kind: EvidenceKind::Clip,
    }];
    tell.send(change_paper(event, Phase::Raised, 1.0, promised))
        .await
        .unwrap();
    let lost = Outcome::Unavailable(UnavailableReason::CameraLost);
    tell.send(Paper::Settled {
        event,
        added: vec![],
        outcomes: vec![(clip, lost)],
    })
    .await
    .unwrap();
    tell.send(change_paper(event, Phase::Updated, 5.0, vec![]))
        .await
        .unwrap();
    drop(tell);
    desk.run(papers).await;
    let filed = reports(&store).await;
    let life: Vec<(u32, Phase)> = filed
        .iter()
        .map(|report| (report.revision, report.phase))
        .collect();
    let (raised, updated, cleared) = (Phase::Raised, Phase::Updated, Phase::Cleared);
    assert_eq!(
        life,
        [(1, raised), (2, updated), (3, updated), (4, cleared)]
    );
    assert_eq!(
        filed[3].occurred.end.unwrap().as_second(),
        1_005,
        "when it was last seen"
    );
}

#[tokio::test]
async fn an_event_that_a_killed_run_left_open_is_closed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let event = EventId::new();
    {
        let store = open_store(dir.path()).await;
        let mut desk = open_desk(&store).await;
        let promised = vec![Promise {
            id: EvidenceId::new(),
            kind: EvidenceKind::Clip,
        }];
        desk.change(&change_of(event, Phase::Raised, 3.0, promised))
            .await;
        // Dropped without an end, as kill -9 would leave it.
    }
    let store = open_store(dir.path()).await;
    open_desk(&store).await;
    let last = reports(&store).await.pop().unwrap();
    assert_eq!((last.revision, last.phase), (2, Phase::Cleared));
    assert!(matches!(
        last.evidence[..],
        [Evidence::Unavailable {
            reason: UnavailableReason::AgentRestarted,
            ..
        }]
    ));
    assert_eq!(last.occurred.end.unwrap().as_second(), 1_003);
    assert_eq!(store.unsettled_events().await.unwrap(), [], "and only once");
}

/// One run on `dir`: sees `seen` (the log has them), files the first `filed` of them, and is
/// killed. The start before that does what a start does.
async fn killed_run(dir: &Path, seen: &[ChangePaper], filed: usize) {
    let (store, log, mut desk) = start(dir, &HashMap::new()).await;
    for paper in seen {
        log.append(&sighting(paper)).unwrap();
    }
    for paper in seen.iter().take(filed) {
        desk.change(paper).await;
    }
    store.close().await;
}

async fn start(
    dir: &Path,
    cameras: &HashMap<CameraId, Arc<CameraFacts>>,
) -> (Arc<Store>, EventLog, Desk) {
    let store = open_store(dir).await;
    let (log, told) = EventLog::open(&dir.join("events.ndjson"), store.id().clone()).unwrap();
    let past = Past { told, cameras };
    let desk = Desk::open(agent(), Arc::new(key()), Arc::clone(&store), past)
        .await
        .unwrap();
    (store, log, desk)
}

fn sighting(paper: &ChangePaper) -> Sighting<'_> {
    Sighting {
        change: &paper.change,
        clock: paper.clock,
        known: paper.known,
        size: paper.size,
        camera: &paper.camera,
        promised: &paper.promised,
    }
}

#[tokio::test]
async fn an_event_that_only_the_log_knows_is_put_on_record_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let event = EventId::new();
    let mut seen = [
        change_of(event, Phase::Raised, 3.0, vec![]),
        change_of(event, Phase::Updated, 8.0, vec![]),
    ];
    seen[1].change.count = 7;
    killed_run(dir.path(), &seen, 0).await;
    let facts = CameraFacts {
        name: Some("Cột 12".to_owned()),
        grounds: Some(grounds()),
        ..CameraFacts::only_id("cam-1".parse().unwrap())
    };
    let cameras = HashMap::from([(facts.id.clone(), Arc::new(facts))]);
    let (store, ..) = start(dir.path(), &cameras).await;
    let filed = reports(&store).await;
    let [raised, cleared] = &filed[..] else {
        panic!("{filed:?}")
    };
    assert_eq!((raised.revision, raised.phase), (1, Phase::Raised));
    assert_eq!((raised.event_id, raised.count), (event, Some(7)));
    assert_eq!(raised.camera_name.as_deref(), Some("Cột 12"));
    assert_eq!(raised.occurred.start.as_second(), 1_000);
    assert_eq!((cleared.revision, cleared.phase), (2, Phase::Cleared));
    assert_eq!(cleared.occurred.end.unwrap().as_second(), 1_008);
    let restarted = |entry: &Evidence| {
        let reason = UnavailableReason::AgentRestarted;
        matches!(entry, Evidence::Unavailable { reason: why, .. } if *why == reason)
    };
    let (parts, seal): (Vec<_>, Vec<_>) = cleared
        .evidence
        .iter()
        .partition(|entry| !entry.kind().is_seal());
    assert!(!parts.is_empty() && parts.into_iter().all(restarted));
    let sealed = |entry: &&Evidence| matches!(entry, Evidence::Sealed { .. });
    assert_eq!(
        seal.iter().filter(|entry| sealed(entry)).count(),
        2,
        "{seal:?}"
    );
}

#[tokio::test]
async fn a_filed_event_is_closed_as_the_log_last_saw_it() {
    let dir = tempfile::tempdir().unwrap();
    let event = EventId::new();
    let mut seen = [
        change_of(event, Phase::Raised, 3.0, vec![]),
        change_of(event, Phase::Cleared, 8.0, vec![]),
    ];
    seen[1].change.count = 7;
    killed_run(dir.path(), &seen, 1).await;
    let (store, ..) = start(dir.path(), &HashMap::new()).await;
    let filed = reports(&store).await;
    let [_, cleared] = &filed[..] else {
        panic!("{filed:?}")
    };
    assert_eq!((cleared.phase, cleared.count), (Phase::Cleared, Some(7)));
    assert_eq!(cleared.occurred.end.unwrap().as_second(), 1_008);
}

#[tokio::test]
async fn an_outbox_made_anew_files_nothing_of_the_old_ones() {
    let dir = tempfile::tempdir().unwrap();
    let seen = [change_of(EventId::new(), Phase::Raised, 3.0, vec![])];
    killed_run(dir.path(), &seen, 1).await;
    for file in ["outbox.db", "outbox.db-wal", "outbox.db-shm"] {
        // The journal files may be folded in already.
        let _ = std::fs::remove_file(dir.path().join(file));
    }
    let (store, ..) = start(dir.path(), &HashMap::new()).await;
    assert_eq!(reports(&store).await, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// A kill after any number of logged and of filed changes, and another in the next run: every
    /// event ends filed and cleared, its revisions 1, 2, 3… without a gap.
    #[test]
    fn no_kill_loses_an_event(
        lives in proptest::collection::vec((0..3_usize, any::<bool>()), 1..4),
        crash in any::<prop::sample::Index>(),
        behind in 0..6_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut seen = Vec::new();
            for (updates, ends) in lives {
                let mut phases = vec![Phase::Raised];
                phases.resize(1 + updates, Phase::Updated);
                phases.extend(ends.then_some(Phase::Cleared));
                let event = EventId::new();
                // Starts interleave with earlier events' lines.
                for (at, phase) in (1_u32..).zip(phases) {
                    seen.push(change_of(event, phase, f64::from(at), vec![]));
                }
            }
            seen.sort_by_key(|paper| paper.change.at);
            seen.truncate(crash.index(seen.len()) + 1);
            killed_run(dir.path(), &seen, seen.len().saturating_sub(behind)).await;
            killed_run(dir.path(), &[], 0).await;
            let (store, ..) = start(dir.path(), &HashMap::new()).await;
            let filed = reports(&store).await;
            for paper in &seen {
                let event = paper.change.event_id;
                let of_event = filed.iter().filter(|report| report.event_id == event);
                let life: Vec<&AutoReport> = of_event.collect();
                let revisions: Vec<u32> = life.iter().map(|report| report.revision).collect();
                let expected: Vec<u32> = (1..).take(life.len()).collect();
                assert_eq!(revisions, expected);
                let last = life.last().unwrap();
                assert_eq!(last.phase, Phase::Cleared);
                assert!(last.occurred.end.unwrap() >= paper.clock.wall_at(paper.change.at));
            }
        });
    }
}
