//! The outbox against power cuts: a workload is recorded below SQLite, and every state that a cut
//! could leave on the disk is opened again.
//!
//! A cut after any operation must leave what the last finished step left, or what the step under
//! way would have: nothing in between, nothing older. What does not belong here: `kill -9`, which
//! leaves what was written (`killed`).

mod disk;
mod vfs;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::PoisonError;

use bundle::ChainHead;
use contract::v1::{
    Action, Command, CommandId, Desired, EventId, Evidence, EvidenceId, EvidenceKind, LostThing,
    Phase, RefusalReason, Severity, key_id,
};

use self::disk::{Fate, Op, after_power_cut};
use self::vfs::{Ability, Journal, watch};
use super::tests::{ROOMY, TOPIC, file, key, report, with_evidence};
use super::*;
use crate::outbox::record::Filing;
use crate::report::{AnswerMessage, Message};

/// Everything the database holds, as text.
type Contents = Vec<String>;

async fn contents(store: &Store) -> Contents {
    let queries = [
        "SELECT 'report ' || seq || event_id || revision || state || urgency || sha256 || \
         coalesce(refusal, '') || hex(payload) FROM reports ORDER BY seq",
        "SELECT 'upload ' || evidence_id || file || ready FROM uploads ORDER BY evidence_id",
        "SELECT 'event ' || event_id || unsettled || report FROM events ORDER BY event_id",
        "SELECT 'filed ' || seq || event_id FROM filed ORDER BY seq",
        "SELECT 'loss ' || what || severity || count FROM losses ORDER BY what, severity",
        "SELECT 'gap ' || revision || counted || state || sha256 FROM gap",
        "SELECT 'space ' || what || bytes FROM space ORDER BY what",
        "SELECT 'identity ' || id FROM identity",
        "SELECT 'chain ' || agent || sequence || sha256 FROM chain ORDER BY agent",
        "SELECT 'command ' || seq || id || command || coalesce(hex(answer), '') || \
         coalesce(sha256, '') || confirmed FROM commands ORDER BY seq",
        "SELECT 'issuer ' || key_id || last_sequence || coalesce(desired, '') FROM issuers \
         ORDER BY key_id",
    ];
    let mut contents = Contents::new();
    for query in queries {
        let rows: Vec<(String,)> = sqlx::query_as(query).fetch_all(&store.pool).await.unwrap();
        contents.extend(rows.into_iter().map(|(row,)| row));
    }
    contents
}

/// A recorded run: what was asked of the disk, and what each step left.
struct Recording {
    ops: Vec<Op>,
    left: Vec<Contents>,
}

/// Records steps, the first of which opens the outbox.
struct Recorder {
    journal: Journal,
    left: Vec<Contents>,
}

impl Recorder {
    async fn done(&mut self, store: &Store) {
        self.left.push(contents(store).await);
        let mut ops = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        ops.push(Op::Done);
    }

    fn end(self) -> Recording {
        let ops = std::mem::take(&mut *self.journal.lock().unwrap());
        let left = self.left;
        Recording { ops, left }
    }
}

/// Every kind of transaction once, with a checkpoint and a restart in between.
async fn workload(dir: &Path) -> Recording {
    let mut recorder = Recorder {
        journal: watch(dir, Ability::Full),
        left: Vec::new(),
    };
    let limits = Limits {
        evidence_bytes: 8_000,
        ..ROOMY
    };
    let store = Store::open(dir, TOPIC, limits).await.unwrap();
    recorder.done(&store).await;
    let (high, low) = (EventId::new(), EventId::new());
    let (first, _) = file(&store, &report(high, 1, Phase::Raised, Severity::High)).await;
    recorder.done(&store).await;
    let (second, _) = file(&store, &report(low, 1, Phase::Raised, Severity::Low)).await;
    recorder.done(&store).await;
    let (third, _) = with_evidence(&store, Severity::Low, 2_000).await;
    recorder.done(&store).await;
    let waiting = store.to_send(&[], 9).await.unwrap();
    let seqs: Vec<i64> = waiting.iter().map(|report| report.seq).collect();
    store.sent(&seqs).await.unwrap();
    recorder.done(&store).await;
    store.stored(&first.sha256).await.unwrap().unwrap();
    recorder.done(&store).await;
    let reason = RefusalReason::Invalid;
    store
        .refused(&second.sha256, reason)
        .await
        .unwrap()
        .unwrap();
    recorder.done(&store).await;
    store.stored(&third.sha256).await.unwrap().unwrap();
    recorder.done(&store).await;
    sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)")
        .execute(&store.pool)
        .await
        .unwrap();
    recorder.done(&store).await;
    let ready = store.ready_uploads(&[], 1).await.unwrap();
    store.uploaded(&ready[0]).await.unwrap();
    recorder.done(&store).await;
    store
        .make_room(7_000, Severity::High)
        .await
        .unwrap()
        .unwrap();
    recorder.done(&store).await;
    let agent = "site-1".parse().unwrap();
    let gap = store.gap_to_send(&agent, &key()).await.unwrap().unwrap();
    recorder.done(&store).await;
    store.gap_sent(&gap.sha256).await.unwrap();
    recorder.done(&store).await;
    orders(&store, &mut recorder).await;
    store.close().await;

    let limits = Limits {
        report_bytes: 2 * first.payload.len() as u64,
        ..limits
    };
    let store = Store::open(dir, TOPIC, limits).await.unwrap();
    recorder.done(&store).await;
    let answered = store.gap_answered(&gap.sha256, GapAnswer::Accepted).await;
    assert_eq!(answered.unwrap(), Some(1));
    recorder.done(&store).await;
    for revision in 2..=4 {
        let phase = Phase::Updated;
        file(&store, &report(high, revision, phase, Severity::High)).await;
        recorder.done(&store).await;
    }
    let losses = store.losses().await.unwrap();
    let lost: BTreeSet<LostThing> = losses.iter().map(|loss| loss.what).collect();
    let all = [
        LostThing::Update,
        LostThing::Event,
        LostThing::DeadLetter,
        LostThing::Evidence,
    ];
    assert_eq!(lost, BTreeSet::from(all), "the workload meets the policy");
    store.close().await;
    recorder.end()
}

/// A command taken, answered and confirmed, a desired state, and two seals of the chain.
async fn orders(store: &Store, recorder: &mut Recorder) {
    let server = key_id(&key().public());
    let command = Command {
        id: CommandId::new(),
        sequence: 7,
        issued_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
        by: "operator".to_owned(),
        action: Action::Snapshot {
            camera: "cam-1".parse().unwrap(),
        },
    };
    store.keep_command(&server, &command).await.unwrap();
    recorder.done(store).await;
    let still = Evidence::Sealed {
        id: EvidenceId::new(),
        kind: EvidenceKind::Still,
        mime: "image/jpeg".to_owned(),
        bytes: 1,
        sha256: "0".repeat(64),
        shown: None,
        part: None,
        track: None,
    };
    let answer = AnswerMessage {
        payload: b"done".to_vec().into(),
        signature: String::new(),
        sha256: "1".repeat(64),
    };
    store.answer(command.id, &answer, &[still]).await.unwrap();
    recorder.done(store).await;
    store.answer_confirmed(&answer.sha256).await.unwrap();
    recorder.done(store).await;
    let desired = Desired {
        version: 3,
        ..Desired::default()
    };
    store.keep_desired(&server, &desired).await.unwrap();
    recorder.done(store).await;
    for sequence in 1..=2 {
        let head = ChainHead {
            chain: store.id().to_string(),
            sequence,
            sha256: sequence.to_string().repeat(64).parse().unwrap(),
        };
        let report = report(EventId::new(), 1, Phase::Raised, Severity::Low);
        let message = Message::new(&report, &key(), Timestamp::UNIX_EPOCH).unwrap();
        let filing = Filing {
            message: &message,
            report: &report,
            last_seen: Timestamp::UNIX_EPOCH,
            sealed: Some(&head),
        };
        store.file(&filing).await.unwrap();
        recorder.done(store).await;
    }
}

/// What an outbox holds that is opened after a cut behind the first `length` operations.
async fn reopened(ops: &[Op], fate: Fate) -> Result<Contents, StoreError> {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in after_power_cut(ops, fate) {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let store = Store::open(dir.path(), TOPIC, ROOMY).await?;
    let contents = contents(&store).await;
    store.close().await;
    Ok(contents)
}

/// Every moment of the record, and what could have become of what was not synced then.
fn cuts(recording: &Recording) -> Vec<(usize, Fate)> {
    let mut cuts = Vec::new();
    for length in 0..=recording.ops.len() {
        // A step's end changes nothing on the disk.
        if !matches!(recording.ops.get(length), Some(Op::Done)) {
            cuts.extend([(length, Fate::Lost), (length, Fate::Torn(length as u64))]);
        }
        if length % 4 == 0 {
            cuts.push((length, Fate::Kept));
        }
    }
    cuts
}

/// Why the outbox is not what it must be after this cut; `None` where it is.
async fn broken_by(recording: &Recording, length: usize, fate: Fate) -> Option<String> {
    let ops = &recording.ops[..length];
    let done = ops.iter().filter(|op| matches!(op, Op::Done)).count();
    let found = reopened(ops, fate).await;
    // Before the first step is done, an outbox made anew is as good.
    let fits = found.as_ref().is_ok_and(|found| {
        done == 0 || *found == recording.left[done - 1] || recording.left.get(done) == Some(found)
    });
    (!fits).then(|| {
        let why = found.map_or_else(|error| error.to_string(), |rows| rows.join("; "));
        format!("{fate:?} after {length} ({done} steps): {why}")
    })
}

#[tokio::test]
async fn a_power_cut_at_any_moment_leaves_whole_steps() {
    let dir = tempfile::tempdir().unwrap();
    let recording = workload(dir.path()).await;
    let syncs = recording.ops.iter().filter(|op| matches!(op, Op::Sync(_)));
    assert!(syncs.count() > recording.left.len(), "each step is synced");
    for (length, fate) in cuts(&recording) {
        let broken = broken_by(&recording, length, fate).await;
        assert_eq!(broken, None);
    }
}

/// Else the test above could not see a loss.
#[tokio::test]
async fn a_disk_that_never_syncs_loses_steps() {
    let dir = tempfile::tempdir().unwrap();
    let mut recording = workload(dir.path()).await;
    recording.ops.retain(|op| !matches!(op, Op::Sync(_)));
    let middle = recording.ops.len() / 2;
    assert!(broken_by(&recording, middle, Fate::Lost).await.is_some());
}

#[tokio::test]
async fn a_place_without_a_write_ahead_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    watch(dir.path(), Ability::NoSharedMemory);
    let error = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap_err();
    assert!(matches!(error, StoreError::NotDurable { .. }), "{error}");
    assert!(error.to_string().contains("local file system"), "{error}");
}
