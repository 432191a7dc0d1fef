//! The outbox against a model, over random orders of filing, acks, refusals and crashes.

use std::collections::{BTreeMap, HashSet};

use contract::v1::{
    AgentId, AutoReport, Clock, ClockSource, EventId, Evidence, EvidenceId, EvidenceKind, Interval,
    Kind, LostThing, Phase, RefusalReason, SecretKey, Severity, UnavailableReason,
};
use proptest::prelude::*;

use super::*;
use crate::outbox::record::{Filed, Filing, Urgency};
use crate::report::Message;

pub(super) const TOPIC: &str = "vong/v1/agents/site-1/reports";
pub(super) const ROOMY: Limits = Limits {
    report_bytes: 1 << 30,
    evidence_bytes: 1 << 30,
};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

pub(super) fn key() -> SecretKey {
    SecretKey::from_bytes(&[3; 32])
}

pub(super) fn report(
    event_id: EventId,
    revision: u32,
    phase: Phase,
    severity: Severity,
) -> AutoReport {
    let agent: AgentId = "site-1".parse().unwrap();
    AutoReport {
        event_id,
        revision,
        phase,
        kind: Kind::StrayCattle,
        detail: "stray_cattle".to_owned(),
        confidence: 0.5,
        severity,
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
        evidence: vec![],
    }
}

pub(super) async fn file(store: &Store, report: &AutoReport) -> (Message, Filed) {
    let message = Message::new(report, &key(), Timestamp::UNIX_EPOCH).unwrap();
    let filing = Filing {
        message: &message,
        report,
        last_seen: Timestamp::UNIX_EPOCH,
        sealed: None,
    };
    let filed = store.file(&filing).await.unwrap();
    (message, filed)
}

async fn pending(store: &Store) -> Vec<(String, u32)> {
    let reports = store.to_send(&[], usize::MAX).await.unwrap();
    reports
        .into_iter()
        .map(|report| (report.event_id, report.revision))
        .collect()
}

#[derive(Debug, Clone)]
enum Step {
    File(usize),
    Ack(usize),
    AckAgain(usize),
    Refuse(usize),
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_usize).prop_map(Step::File),
        3 => any::<usize>().prop_map(Step::Ack),
        1 => any::<usize>().prop_map(Step::AckAgain),
        1 => any::<usize>().prop_map(Step::Refuse),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Nothing unanswered is lost, nothing answered is sent again, whatever happens in between.
    #[test]
    fn the_outbox_holds_exactly_what_was_not_answered(steps in steps()) {
        runtime().block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
            let events: Vec<EventId> = (0..4).map(|_| EventId::new()).collect();
            let mut revisions = [0_u32; 4];
            let mut waiting: BTreeMap<usize, (String, u32, String)> = BTreeMap::new();
            let mut answered: Vec<String> = Vec::new();
            let (mut filed, mut dead) = (0_usize, 0_u64);
            for step in steps {
                match step {
                    Step::File(which) => {
                        revisions[which] += 1;
                        let phase = if revisions[which] == 1 { Phase::Raised } else { Phase::Updated };
                        let report = report(events[which], revisions[which], phase, Severity::Low);
                        let (message, _) = file(&store, &report).await;
                        let entry = (report.event_id.to_string(), report.revision, message.sha256);
                        waiting.insert(filed, entry);
                        filed += 1;
                    }
                    Step::Ack(pick) => {
                        let Some(at) = waiting.keys().nth(pick % waiting.len().max(1)).copied()
                        else { continue };
                        let (event, revision, sha256) = waiting.remove(&at).unwrap();
                        let acked = store.stored(&sha256).await.unwrap().unwrap();
                        assert_eq!((acked.event_id, acked.revision), (event, revision));
                        answered.push(sha256);
                    }
                    Step::AckAgain(pick) if !answered.is_empty() => {
                        let sha256 = &answered[pick % answered.len()];
                        assert_eq!(store.stored(sha256).await.unwrap(), None);
                    }
                    Step::Refuse(pick) => {
                        let Some(at) = waiting.keys().nth(pick % waiting.len().max(1)).copied()
                        else { continue };
                        let (_, _, sha256) = waiting.remove(&at).unwrap();
                        let refused = store.refused(&sha256, RefusalReason::Invalid).await.unwrap();
                        assert!(refused.is_some());
                        answered.push(sha256);
                        dead += 1;
                    }
                    Step::Crash => {
                        // Dropped without `close`, as a killed process would leave it.
                        drop(store);
                        store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
                    }
                    Step::AckAgain(_) => {}
                }
                let expected: Vec<(String, u32)> =
                    waiting.values().map(|(event, revision, _)| (event.clone(), *revision)).collect();
                assert_eq!(pending(&store).await, expected);
                let tally = store.tally().await.unwrap();
                assert_eq!((tally.unanswered(), tally.refused), (expected.len() as u64, dead));
            }
        });
    }
}

#[tokio::test]
async fn a_full_report_space_lets_the_least_go_first_and_counts_it() {
    let dir = tempfile::tempdir().unwrap();
    let one = Message::new(
        &report(EventId::new(), 1, Phase::Raised, Severity::Low),
        &key(),
        Timestamp::UNIX_EPOCH,
    );
    let size = one.unwrap().payload.len() as u64;
    // Room for four, and a little for the differences in length.
    let limits = Limits {
        report_bytes: 4 * size + size / 2,
        evidence_bytes: 1 << 20,
    };
    let store = Store::open(dir.path(), TOPIC, limits).await.unwrap();
    let (low, high) = (EventId::new(), EventId::new());
    let (dead, _) = file(
        &store,
        &report(EventId::new(), 1, Phase::Raised, Severity::High),
    )
    .await;
    store
        .refused(&dead.sha256, RefusalReason::Invalid)
        .await
        .unwrap();
    file(&store, &report(high, 1, Phase::Raised, Severity::High)).await;
    file(&store, &report(low, 1, Phase::Raised, Severity::Low)).await;
    file(&store, &report(high, 2, Phase::Updated, Severity::High)).await;

    let (_, filed) = file(&store, &report(high, 3, Phase::Updated, Severity::High)).await;
    assert_eq!(filed.lost, [(LostThing::DeadLetter, 1)]);
    let (_, filed) = file(&store, &report(high, 4, Phase::Cleared, Severity::High)).await;
    assert_eq!(filed.lost, [(LostThing::Update, 1)]);
    let (_, filed) = file(
        &store,
        &report(EventId::new(), 1, Phase::Raised, Severity::High),
    )
    .await;
    assert_eq!(filed.lost, [(LostThing::Update, 1)]);
    let (_, filed) = file(
        &store,
        &report(EventId::new(), 1, Phase::Raised, Severity::High),
    )
    .await;
    assert_eq!(filed.lost, [(LostThing::Event, 1)]);
    assert!(
        !pending(&store)
            .await
            .iter()
            .any(|(event, _)| *event == low.to_string())
    );

    drop(store);
    let store = Store::open(dir.path(), TOPIC, limits).await.unwrap();
    let losses: Vec<(&str, Severity, u64)> = store
        .losses()
        .await
        .unwrap()
        .into_iter()
        .map(|loss| (loss.what.as_str(), loss.severity, loss.count))
        .collect();
    let expected = [
        ("dead_letter", Severity::High, 1),
        ("event", Severity::Low, 1),
        ("update", Severity::High, 2),
    ];
    assert_eq!(losses, expected);
    assert!(store.tally().await.unwrap().report_bytes <= limits.report_bytes);
}

fn sealed(id: EvidenceId, kind: EvidenceKind, bytes: u64) -> Evidence {
    Evidence::Sealed {
        id,
        kind,
        mime: "video/mp4".to_owned(),
        bytes,
        sha256: hex::encode(id.as_uuid().as_bytes()).repeat(2),
        shown: None,
        part: None,
        track: None,
    }
}

fn has(store: &Store, file: &str) -> bool {
    store.files().contains(file)
}

/// Files an event with one still and one clip of `bytes` each; returns its message.
pub(super) async fn with_evidence(
    store: &Store,
    severity: Severity,
    bytes: usize,
) -> (Message, [EvidenceId; 2]) {
    let ids = [EvidenceId::new(), EvidenceId::new()];
    let kinds = [EvidenceKind::Still, EvidenceKind::Clip];
    let mut report = report(EventId::new(), 2, Phase::Updated, severity);
    for (id, kind) in ids.into_iter().zip(kinds) {
        let name = Store::evidence_name(id, kind);
        store.files().write(&name, &vec![0; bytes]).unwrap();
        report.evidence.push(sealed(id, kind, bytes as u64));
    }
    (file(store, &report).await.0, ids)
}

#[tokio::test]
async fn evidence_waits_for_its_ack_then_goes_stills_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let (message, [still, clip]) = with_evidence(&store, Severity::Low, 10).await;
    assert_eq!(store.ready_uploads(&[], 9).await.unwrap(), []);
    store.stored(&message.sha256).await.unwrap().unwrap();
    let ready = store.ready_uploads(&[], 9).await.unwrap();
    assert_eq!(
        ready
            .iter()
            .map(|upload| upload.evidence_id)
            .collect::<Vec<_>>(),
        [still, clip]
    );
    store.uploaded(&ready[0]).await.unwrap();
    assert!(!has(&store, &ready[0].file) && has(&store, &ready[1].file));
}

#[tokio::test]
async fn a_full_disk_lets_the_oldest_clip_of_the_lowest_severity_go() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        report_bytes: 1 << 20,
        evidence_bytes: 60,
    };
    let store = Store::open(dir.path(), TOPIC, limits).await.unwrap();
    with_evidence(&store, Severity::High, 10).await;
    let (_, low) = with_evidence(&store, Severity::Low, 10).await;
    with_evidence(&store, Severity::Low, 10).await;
    let gone = store.make_room(10, Severity::High).await.unwrap().unwrap();
    assert_eq!(
        gone.iter()
            .map(|upload| upload.evidence_id)
            .collect::<Vec<_>>(),
        [low[1]]
    );
    assert!(!has(&store, &gone[0].file));
    assert_eq!(
        store.make_room(61, Severity::High).await.unwrap(),
        None,
        "never fits"
    );
    assert_eq!(
        store.make_room(45, Severity::Low).await.unwrap(),
        None,
        "high is not given for low"
    );
    assert_eq!(
        store.tally().await.unwrap().uploads,
        5,
        "what was refused took nothing"
    );
}

#[tokio::test]
async fn a_restart_finds_unsettled_events_and_removes_orphans() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let (open, pending, closed) = (EventId::new(), EventId::new(), EventId::new());
    file(&store, &report(open, 1, Phase::Raised, Severity::Low)).await;
    let mut waits = report(pending, 2, Phase::Cleared, Severity::Low);
    waits.evidence = vec![Evidence::Pending {
        id: EvidenceId::new(),
        kind: EvidenceKind::Clip,
    }];
    file(&store, &waits).await;
    file(&store, &report(closed, 2, Phase::Cleared, Severity::Low)).await;
    let (_, kept) = with_evidence(&store, Severity::Low, 10).await;
    let orphan = Store::evidence_name(EvidenceId::new(), EvidenceKind::Clip);
    store.files().write(&orphan, b"half a clip").unwrap();

    drop(store);
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let unsettled: Vec<EventId> = store
        .unsettled_events()
        .await
        .unwrap()
        .iter()
        .map(|event| event.report.event_id)
        .collect();
    assert!(unsettled.contains(&open) && unsettled.contains(&pending));
    assert!(!unsettled.contains(&closed));
    let found = store.check_evidence(Depth::Lengths).await.unwrap();
    assert_eq!((found.orphans.len(), found.faulty.len()), (1, 0));
    store.remove_unnamed(&found.orphans);
    let clip = Store::evidence_name(kept[1], EvidenceKind::Clip);
    assert!(!has(&store, &orphan) && has(&store, &clip));
}

#[tokio::test]
async fn reports_of_an_earlier_name_are_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    file(
        &store,
        &report(EventId::new(), 1, Phase::Raised, Severity::Low),
    )
    .await;
    drop(store);
    let store = Store::open(dir.path(), "vong/v1/agents/site-2/reports", ROOMY)
        .await
        .unwrap();
    assert_eq!(store.tally().await.unwrap().refused, 1);
    assert_eq!(store.tally().await.unwrap().unanswered(), 0);
}

#[tokio::test]
async fn evidence_that_was_let_go_can_still_be_told() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        report_bytes: 1 << 20,
        evidence_bytes: 20,
    };
    let store = Store::open(dir.path(), TOPIC, limits).await.unwrap();
    with_evidence(&store, Severity::Low, 10).await;
    let gone = store.make_room(10, Severity::Low).await.unwrap().unwrap();
    let event = store.event(gone[0].event_id).await.unwrap().unwrap();
    let mut book = crate::report::ReportBook::new("site-1".parse().unwrap());
    book.adopt(event.report);
    let lost = crate::report::Outcome::Unavailable(UnavailableReason::DiskFull);
    let next = book
        .settle(gone[0].event_id, &[(gone[0].evidence_id, lost)])
        .unwrap();
    assert_eq!(next.revision, 3);
}

#[tokio::test]
async fn filed_events_outlive_their_reports_up_to_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let first = report(EventId::new(), 1, Phase::Raised, Severity::Low);
    let (message, _) = file(&store, &first).await;
    store.stored(&message.sha256).await.unwrap().unwrap();
    let again = AutoReport {
        revision: 2,
        phase: Phase::Cleared,
        ..first.clone()
    };
    file(&store, &again).await;
    let id = store.id().clone();
    store.close().await;
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    assert_eq!(*store.id(), id, "the name stays");
    assert_eq!(
        store.filed_events().await.unwrap(),
        HashSet::from([first.event_id])
    );
    // As many others as fit beside one more.
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
         INSERT INTO filed SELECT i, printf('00000000-0000-7000-8000-%012x', i) FROM n",
    )
    .bind(i64::try_from(FILED_EVENTS_KEPT).unwrap())
    .execute(&store.pool)
    .await
    .unwrap();
    assert!(
        store
            .filed_events()
            .await
            .unwrap()
            .contains(&first.event_id)
    );
    let last = report(EventId::new(), 1, Phase::Raised, Severity::Low);
    file(&store, &last).await;
    let filed = store.filed_events().await.unwrap();
    assert_eq!(filed.len() as u64, FILED_EVENTS_KEPT);
    assert!(!filed.contains(&first.event_id) && filed.contains(&last.event_id));
}

/// SQLite's own bound on pages stands for the disk: it fails with the same `SQLITE_FULL`.
#[test]
fn a_full_disk_keeps_nothing_of_a_filing_and_the_next_try_goes_through() {
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), TOPIC, ROOMY).await.unwrap();
        let bound = |pages: u32| {
            let pragma = format!("PRAGMA max_page_count = {pages}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(pragma)).execute(&store.pool)
        };
        bound(1).await.unwrap();
        let mut kept = 0;
        let refused = loop {
            let report = report(EventId::new(), 1, Phase::Raised, Severity::Low);
            let message = Message::new(&report, &key(), Timestamp::UNIX_EPOCH).unwrap();
            let filing = Filing {
                message: &message,
                report: &report,
                last_seen: Timestamp::UNIX_EPOCH,
                sealed: None,
            };
            match store.file(&filing).await {
                Ok(_) => kept += 1,
                Err(error) => break (report, error),
            }
            assert!(kept < 1_000, "the disk never filled up");
        };
        assert!(matches!(refused.1, StoreError::Full(_)), "{}", refused.1);
        assert!(refused.1.to_string().contains("free some space"));
        assert_eq!(store.tally().await.unwrap().unanswered(), kept);
        bound(1_000_000).await.unwrap();
        file(&store, &refused.0).await;
        assert_eq!(store.tally().await.unwrap().unanswered(), kept + 1);
    });
}

#[tokio::test]
async fn a_check_finds_what_is_not_as_the_reports_say() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let (_, kept) = with_evidence(&store, Severity::Low, 10).await;
    let (_, gone) = with_evidence(&store, Severity::Low, 10).await;
    let name = |id, kind| Store::evidence_name(id, kind);
    let still = name(kept[0], EvidenceKind::Still);
    let clip = name(kept[1], EvidenceKind::Clip);
    store.files().write(&clip, &[9; 5]).unwrap();
    store
        .files()
        .remove(&name(gone[0], EvidenceKind::Still))
        .unwrap();
    store.files().write("half.jpg.part", b"torn").unwrap();

    let quick = store.check_evidence(Depth::Lengths).await.unwrap();
    assert_eq!(quick.orphans, ["half.jpg.part"]);
    let faulty: Vec<_> = quick
        .faulty
        .iter()
        .map(|(upload, _)| &upload.file)
        .collect();
    assert_eq!(faulty, [&clip, &name(gone[0], EvidenceKind::Still)]);
    assert_eq!((quick.sound, quick.sound_bytes), (2, 20));
    assert!(quick.faulty.iter().all(|(_, fault)| fault.is_final()));
    // The files of these tests have hashes of nothing: only reading them shows that.
    let thorough = store.check_evidence(Depth::Hashes).await.unwrap();
    assert_eq!(thorough.sound, 0);
    assert!(
        thorough
            .faulty
            .iter()
            .any(|(upload, _)| upload.file == still)
    );
}

#[tokio::test]
async fn what_waits_too_long_expires_and_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    with_evidence(&store, Severity::Critical, 10).await;
    let hour_ago = Timestamp::now() - std::time::Duration::from_secs(3600);
    assert_eq!(store.expire(hour_ago).await.unwrap(), []);
    let soon = Timestamp::now() + std::time::Duration::from_secs(1);
    let gone = store.expire(soon).await.unwrap();
    assert_eq!(gone.len(), 2);
    assert!(store.files().names().unwrap().is_empty());
    assert_eq!(store.tally().await.unwrap().evidence_bytes, 0);
    assert_eq!(store.losses().await.unwrap()[0].count, 2);
    let event = store.event(gone[0].event_id).await.unwrap();
    assert!(event.is_some(), "so that a revision can tell of it");
}

#[test]
fn the_urgent_go_first_and_revisions_of_an_event_keep_their_order() {
    let severities = [
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    let pick = (0..4_usize, 0..4_usize);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(16));
    let filings = proptest::collection::vec(pick, 1..24);
    let outcome = runner.run(&filings, |filings| {
        runtime().block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
            let events: Vec<EventId> = (0..4).map(|_| EventId::new()).collect();
            let (mut revisions, mut rank) = ([0_u32; 4], [0_usize; 4]);
            for (event, severity) in filings {
                revisions[event] += 1;
                rank[event] = rank[event].max(severity);
                let report = report(
                    events[event],
                    revisions[event],
                    Phase::Updated,
                    severities[severity],
                );
                file(&store, &report).await;
            }
            let order = pending(&store).await;
            let rank_of = |event: &str| {
                let at = events.iter().position(|id| id.to_string() == event);
                rank[at.unwrap()]
            };
            for pair in order.windows(2) {
                let [(before, _), (after, _)] = pair else {
                    unreachable!()
                };
                assert!(rank_of(before) >= rank_of(after), "{order:?}");
            }
            for event in &events {
                let of_event: Vec<u32> = order
                    .iter()
                    .filter(|(id, _)| *id == event.to_string())
                    .map(|(_, revision)| *revision)
                    .collect();
                assert!(of_event.is_sorted(), "{order:?}");
            }
            let held: Vec<i64> = store
                .to_send(&[], 2)
                .await
                .unwrap()
                .iter()
                .map(|report| report.seq)
                .collect();
            assert_eq!(
                store.to_send(&held, usize::MAX).await.unwrap().len() + held.len(),
                order.len()
            );
        });
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_report_is_queued_then_sent_then_answered() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let states = async |store: &Store| {
        let tally = store.tally().await.unwrap();
        (tally.queued, tally.sent, tally.refused)
    };
    let of = |severity| report(EventId::new(), 1, Phase::Raised, severity);
    let (first, _) = file(&store, &of(Severity::Critical)).await;
    let (second, _) = file(&store, &of(Severity::Low)).await;
    assert_eq!(states(&store).await, (2, 0, 0));
    let waiting = store.to_send(&[], 9).await.unwrap();
    let urgencies: Vec<Urgency> = waiting.iter().map(|report| report.urgency).collect();
    assert_eq!(urgencies, [Urgency::Urgent, Urgency::Normal]);
    store.sent(&[waiting[0].seq, waiting[1].seq]).await.unwrap();
    assert_eq!(states(&store).await, (0, 2, 0));
    store.stored(&first.sha256).await.unwrap().unwrap();
    let reason = RefusalReason::Invalid;
    store
        .refused(&second.sha256, reason)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(states(&store).await, (0, 0, 1));
}

#[tokio::test]
async fn a_gap_report_counts_all_losses_until_the_server_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        report_bytes: 1 << 20,
        evidence_bytes: 40,
    };
    let store = Store::open(dir.path(), TOPIC, limits).await.unwrap();
    let agent: AgentId = "site-1".parse().unwrap();
    let told = async |store: &Store| store.gap_to_send(&agent, &key()).await.unwrap();
    assert_eq!(told(&store).await, None, "nothing went");
    with_evidence(&store, Severity::Low, 10).await;
    with_evidence(&store, Severity::High, 10).await;
    store.make_room(10, Severity::High).await.unwrap().unwrap();

    let first = told(&store).await.unwrap();
    let read = |gap: &crate::outbox::StoredGap| {
        let event = contract::v1::decode::<contract::v1::GapReport>(
            &gap.payload,
            contract::v1::EventType::GapReport,
        );
        event.unwrap().data
    };
    assert_eq!(read(&first).validate(), Ok(()));
    let counts = |gap: &crate::outbox::StoredGap| {
        let losses = read(gap).losses;
        losses
            .iter()
            .map(|loss| (loss.severity, loss.count))
            .collect::<Vec<_>>()
    };
    assert_eq!(counts(&first), [(Severity::Low, 1)]);
    store.make_room(20, Severity::High).await.unwrap().unwrap();
    drop(store);

    let store = Store::open(dir.path(), TOPIC, limits).await.unwrap();
    assert_eq!(told(&store).await.as_ref(), Some(&first), "one at a time");
    let accepted = GapAnswer::Accepted;
    assert_eq!(store.gap_answered("other", accepted).await.unwrap(), None);
    assert_eq!(
        store.gap_answered(&first.sha256, accepted).await.unwrap(),
        Some(1)
    );
    let second = told(&store).await.unwrap();
    assert_eq!((read(&second).revision, second.revision), (2, 2));
    assert!(counts(&second).iter().map(|(_, count)| count).sum::<u64>() > 1);
    let refused = GapAnswer::Refused;
    store.gap_answered(&second.sha256, refused).await.unwrap();
    assert_eq!(told(&store).await, None, "the same is not told again");
}

#[tokio::test]
async fn what_waits_is_signed_anew_when_the_key_changes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let (message, _) = file(
        &store,
        &report(EventId::new(), 1, Phase::Raised, Severity::Low),
    )
    .await;
    assert_eq!(store.sign_anew(&key()).await.unwrap(), 0);
    let new = SecretKey::from_bytes(&[5; 32]);
    assert_eq!(store.sign_anew(&new).await.unwrap(), 1);
    let waiting = store.to_send(&[], 1).await.unwrap().remove(0);
    assert_eq!(waiting.payload, message.payload, "the bytes stay");
    let signed = waiting.signature.parse().unwrap();
    contract::v1::verify(&new.public(), TOPIC, &waiting.payload, &signed).unwrap();
}

/// An outbox as the first version made it.
#[tokio::test]
async fn an_outbox_of_the_first_version_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let old = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(include_str!("schema.sql"))
        .execute(&old)
        .await
        .unwrap();
    sqlx::raw_sql(
        "INSERT INTO reports (event_id, revision, phase, severity, topic, payload, signature, \
         sha256, created, refusal) VALUES \
         ('a', 1, 'raised', 2, 'vong/v1/agents/site-1/reports', x'00', 's', 'h1', 0, NULL), \
         ('a', 2, 'updated', 0, 'vong/v1/agents/site-1/reports', x'00', 's', 'h2', 0, NULL), \
         ('b', 1, 'raised', 3, 'vong/v1/agents/site-1/reports', x'00', 's', 'h3', 0, 'invalid')",
    )
    .execute(&old)
    .await
    .unwrap();
    old.close().await;

    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.queued, tally.sent, tally.refused), (2, 0, 1));
    let waiting = store.to_send(&[], 9).await.unwrap();
    assert!(
        waiting
            .iter()
            .all(|report| report.urgency == Urgency::Urgent)
    );
    store.close().await;
    let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 999")
        .execute(&store.pool)
        .await
        .unwrap();
    store.close().await;
    let error = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error}");
}

#[test]
fn what_the_database_gave_up_takes_no_later_transaction_with_it() {
    runtime().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
        // What SQLite does by itself where the disk is full, and how a caller takes the error.
        let mut tx = store.pool.begin().await.unwrap();
        sqlx::raw_sql("ROLLBACK").execute(&mut *tx).await.unwrap();
        drop(tx);
        drop(store.pool.begin().await.unwrap());
        let mut tx = store.pool.begin().await.unwrap();
        sqlx::raw_sql("CREATE TABLE kept (number INTEGER)")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let elsewhere = SqlitePool::connect_with(
            sqlx::sqlite::SqliteConnectOptions::new().filename(Store::database(dir.path())),
        )
        .await
        .unwrap();
        let (tables,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM sqlite_master WHERE name = 'kept'")
                .fetch_one(&elsewhere)
                .await
                .unwrap();
        assert_eq!(tables, 1, "committed is committed");
    });
}
