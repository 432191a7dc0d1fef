//! Every event is sealed once, and the chain of manifests has neither gap nor fork, whenever the
//! agent is killed.

use bundle::{Link, Manifest, PartState, Sha256Hex, check_links, verify_manifest};
use contract::v1::{Evidence, EvidenceKind, Phase, Signed};
use proptest::prelude::*;

use super::tests::{agent, change_of, key, open_desk, open_store, reports};
use super::*;

/// What an event of these tests promises.
fn promised() -> Vec<Promise> {
    [
        EvidenceKind::Still,
        EvidenceKind::Clip,
        EvidenceKind::Manifest,
        EvidenceKind::ManifestSignature,
    ]
    .map(|kind| Promise {
        id: EvidenceId::new(),
        kind,
    })
    .to_vec()
}

fn exists() -> Outcome {
    Outcome::Sealed {
        mime: "image/jpeg".to_owned(),
        bytes: 10,
        sha256: "cd".repeat(32),
        shown: None,
        part: None,
        track: None,
    }
}

/// The bytes of a seal's file, as the revision says that they are.
fn file_of(store: &Store, report: &AutoReport, kind: EvidenceKind) -> Option<Vec<u8>> {
    let entry = report.evidence.iter().find(|entry| entry.kind() == kind)?;
    let Evidence::Sealed {
        id, bytes, sha256, ..
    } = entry
    else {
        return None;
    };
    let mut file = store
        .files()
        .read(&Store::evidence_name(*id, kind))
        .unwrap();
    let content = file.read_at(0, usize::try_from(*bytes).unwrap()).unwrap();
    assert_eq!(Sha256Hex::of(&content).as_str(), sha256);
    Some(content)
}

/// The seals of the last revisions of all events.
async fn seals(store: &Store) -> Vec<(Manifest, Sha256Hex)> {
    let mut last: HashMap<EventId, AutoReport> = HashMap::new();
    for report in reports(store).await {
        last.insert(report.event_id, report);
    }
    let mut seals = Vec::new();
    for report in last.values() {
        let Some(bytes) = file_of(store, report, EvidenceKind::Manifest) else {
            continue;
        };
        let signature = file_of(store, report, EvidenceKind::ManifestSignature).unwrap();
        let signed: Signed = String::from_utf8(signature).unwrap().parse().unwrap();
        verify_manifest(&key().public(), &bytes, &signed).unwrap();
        let manifest = Manifest::parse(&bytes).unwrap();
        assert_eq!(manifest.event.id, report.event_id);
        seals.push((manifest, Sha256Hex::of(&bytes)));
    }
    seals.sort_by_key(|(manifest, _)| manifest.chain.sequence);
    seals
}

fn links(seals: &[(Manifest, Sha256Hex)]) -> Vec<(Link, Sha256Hex)> {
    let link = |(manifest, hash): &(Manifest, Sha256Hex)| (manifest.chain.clone(), hash.clone());
    seals.iter().map(link).collect()
}

async fn raise(desk: &mut Desk, event: EventId) -> Vec<Promise> {
    let promised = promised();
    desk.change(&change_of(event, Phase::Raised, 3.0, promised.clone()))
        .await;
    promised
}

#[tokio::test]
async fn the_revision_that_settles_the_last_part_seals_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path()).await;
    let mut desk = open_desk(&store).await;
    let event = EventId::new();
    let promised = raise(&mut desk, event).await;
    desk.settle(event, &[(promised[0].id, exists())]).await;
    assert_eq!(seals(&store).await, [], "the clip is still to come");
    let lost = Outcome::Unavailable(UnavailableReason::CameraLost);
    desk.settle(event, &[(promised[1].id, lost)]).await;
    assert_eq!(
        reports(&store).await.len(),
        3,
        "no revision for the seal alone"
    );
    let seals = seals(&store).await;
    let [(manifest, _)] = &seals[..] else {
        panic!("{seals:?}")
    };
    assert_eq!(manifest.chain, Link::after(&store.id().to_string(), None));
    assert_eq!(manifest.decided_at.as_second(), 1_003);
    assert_eq!(manifest.event.proposed_offence.as_deref(), Some("THA-RONG"));
    assert!((manifest.observed_seconds - 3.0).abs() < 1e-9);
    let states: Vec<bool> = manifest
        .parts
        .iter()
        .map(|part| matches!(part.state, PartState::Sealed { .. }))
        .collect();
    assert_eq!(states, [true, false]);
    desk.change(&change_of(event, Phase::Cleared, 9.0, vec![]))
        .await;
    assert_eq!(super::tests::reports(&store).await.len(), 4);
    assert!(
        !desk.book.holds(event),
        "cleared and sealed: nothing can follow"
    );
}

#[tokio::test]
async fn a_kill_between_file_and_row_leaves_neither_gap_nor_fork() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (EventId::new(), EventId::new());
    {
        let store = open_store(dir.path()).await;
        let mut desk = open_desk(&store).await;
        raise(&mut desk, first).await;
        raise(&mut desk, second).await;
        // The files of a seal are written, and the process ends before the row is.
        let mut report = reports(&store).await.remove(0);
        report.evidence.retain(|entry| entry.kind().is_seal());
        let seal = desk
            .sealer
            .seal(&key(), &report, report.occurred.start)
            .await;
        assert!(seal.head.is_some());
        store.close().await;
    }
    let store = open_store(dir.path()).await;
    assert_eq!(store.chain_head(&agent()).await.unwrap(), None);
    open_desk(&store).await;
    let seals = seals(&store).await;
    let numbers: Vec<u64> = seals.iter().map(|(seal, _)| seal.chain.sequence).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(check_links(&links(&seals)), []);
    let head = store.chain_head(&agent()).await.unwrap().unwrap();
    assert_eq!((head.sequence, &head.sha256), (2, &seals[1].1));
}

#[tokio::test]
async fn a_manifest_that_does_not_follow_is_refused_with_its_revision() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path()).await;
    let mut desk = open_desk(&store).await;
    for _ in 0..2 {
        let event = EventId::new();
        let promised = raise(&mut desk, event).await;
        let outcomes = [(promised[0].id, exists()), (promised[1].id, exists())];
        desk.settle(event, &outcomes).await;
    }
    let report = reports(&store).await.pop().unwrap();
    let report = AutoReport {
        revision: 9,
        ..report
    };
    let message = Message::new(&report, &key(), Timestamp::now()).unwrap();
    let head = store.chain_head(&agent()).await.unwrap().unwrap();
    let before = reports(&store).await.len();
    for sequence in [1, 2, 4] {
        let head = ChainHead {
            sequence,
            ..head.clone()
        };
        let filing = Filing {
            message: &message,
            report: &report,
            last_seen: Timestamp::now(),
            sealed: Some(&head),
        };
        let error = store.file(&filing).await.unwrap_err();
        assert!(matches!(error, StoreError::Chain { .. }), "{error}");
    }
    assert_eq!(
        reports(&store).await.len(),
        before,
        "nothing of it was kept"
    );
    assert_eq!(store.chain_head(&agent()).await.unwrap(), Some(head));
}

/// What happens next, to which of the events.
#[derive(Debug, Clone)]
enum Step {
    Raise,
    Settle(usize, usize),
    Clear(usize),
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Raise),
        5 => (0..6_usize, 0..2_usize).prop_map(|(event, part)| Step::Settle(event, part)),
        2 => (0..6_usize).prop_map(Step::Clear),
        1 => Just(Step::Kill),
    ];
    prop::collection::vec(step, 1..24)
}

async fn play(dir: &std::path::Path, steps: Vec<Step>) -> (usize, Vec<(Manifest, Sha256Hex)>) {
    let mut store = open_store(dir).await;
    let mut desk = open_desk(&store).await;
    let mut events: Vec<(EventId, Vec<Promise>)> = Vec::new();
    for step in steps {
        match step {
            Step::Raise => {
                let event = EventId::new();
                let promised = raise(&mut desk, event).await;
                events.push((event, promised));
            }
            Step::Settle(event, part) => {
                if let Some((event, promised)) = events.get(event) {
                    desk.settle(*event, &[(promised[part].id, exists())]).await;
                }
            }
            Step::Clear(event) => {
                if let Some((event, _)) = events
                    .get(event)
                    .filter(|(event, _)| desk.book.holds(*event))
                {
                    desk.change(&change_of(*event, Phase::Cleared, 9.0, vec![]))
                        .await;
                }
            }
            Step::Kill => {
                store.close().await;
                store = open_store(dir).await;
                desk = open_desk(&store).await;
            }
        }
    }
    store.close().await;
    let store = open_store(dir).await;
    open_desk(&store).await;
    (events.len(), seals(&store).await)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn every_event_has_one_link_of_one_whole_chain(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (events, seals) = runtime.block_on(play(dir.path(), steps));
        prop_assert_eq!(seals.len(), events);
        let numbers: Vec<u64> = seals.iter().map(|(seal, _)| seal.chain.sequence).collect();
        prop_assert_eq!(numbers, (1..=events as u64).collect::<Vec<_>>());
        prop_assert_eq!(check_links(&links(&seals)), []);
    }
}
