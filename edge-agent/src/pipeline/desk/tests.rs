//! What the desk does with an event's papers, and with events that an earlier run left open.

use contract::v1::{EventType, Evidence, EvidenceKind, Kind, Phase, Severity, decode};

use super::*;
use crate::outbox::Limits;
use crate::time::StreamTime;

const TOPIC: &str = "vong/v1/agents/site-1/reports";

fn agent() -> AgentId {
    "site-1".parse().unwrap()
}

fn key() -> SecretKey {
    SecretKey::from_bytes(&[4; 32])
}

async fn open_store(dir: &std::path::Path) -> Arc<Store> {
    let limits = Limits {
        report_bytes: 1 << 30,
        evidence_bytes: 1 << 30,
    };
    Arc::new(Store::open(dir, TOPIC, limits).await.unwrap())
}

fn change_paper(event_id: EventId, phase: Phase, at: f64, promised: Vec<Promise>) -> Paper {
    let change = EventChange {
        event_id,
        phase,
        kind: Kind::StrayCattle,
        detail: "stray_cattle",
        rule_version: "stray_cattle/1",
        confidence: 0.9,
        severity: Severity::High,
        zone: None,
        began: StreamTime::ZERO,
        at: StreamTime::from_secs_f64(at),
        tracks: vec![],
        count: 1,
    };
    let camera = CameraFacts {
        id: "cam-1".parse().unwrap(),
        name: None,
        place: None,
        model: None,
    };
    Paper::Change(Box::new(ChangePaper {
        change,
        clock: ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::from_second(1_000).unwrap(),
        },
        size: PictureSize {
            width: 100,
            height: 100,
        },
        camera: Arc::new(camera),
        promised,
    }))
}

async fn reports(store: &Store) -> Vec<AutoReport> {
    let stored = store.pending_after(0, 1000).await.unwrap();
    let read = |bytes: &[u8]| decode::<AutoReport>(bytes, EventType::Report).unwrap().data;
    stored.iter().map(|report| read(&report.payload)).collect()
}

#[tokio::test]
async fn papers_become_revisions_in_order_and_the_end_closes_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path()).await;
    let desk = Desk::open(agent(), key(), Arc::clone(&store))
        .await
        .unwrap();
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
        let mut desk = Desk::open(agent(), key(), Arc::clone(&store))
            .await
            .unwrap();
        let promised = vec![Promise {
            id: EvidenceId::new(),
            kind: EvidenceKind::Clip,
        }];
        let Paper::Change(paper) = change_paper(event, Phase::Raised, 3.0, promised) else {
            unreachable!("made a line above")
        };
        desk.change(&paper).await;
        // Dropped without an end, as kill -9 would leave it.
    }
    let store = open_store(dir.path()).await;
    Desk::open(agent(), key(), Arc::clone(&store))
        .await
        .unwrap();
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
