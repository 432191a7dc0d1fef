//! The outbox against `kill -9`: a process of its own works on it and is killed at any moment.
//!
//! The child is this test program again. It writes each step to an append-only file before and
//! after it, so that the parent knows what must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use contract::v1::{EventId, Phase, Severity};

use super::tests::{ROOMY, TOPIC, file, report};
use super::*;

/// Where the child works; without it the child's test has nothing to do.
const FOLDER: &str = "VONG_TEST_KILLED_OUTBOX";
const WITNESS: &str = "witness";
const ROUNDS: u32 = 20;
const CHILD: &str = "outbox::store::killed::the_child";

/// Files and accepts reports until it is killed.
#[tokio::test]
async fn the_child() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let dir = Path::new(&dir);
    let mut witness = OpenOptions::new()
        .append(true)
        .create(true)
        .open(dir.join(WITNESS))
        .unwrap();
    let store = Store::open(dir, TOPIC, ROOMY).await.unwrap();
    loop {
        let event = EventId::new();
        for revision in 1..=3 {
            let phase = if revision == 1 {
                Phase::Raised
            } else {
                Phase::Updated
            };
            say(&mut witness, "filing", event, revision);
            file(&store, &report(event, revision, phase, Severity::Low)).await;
            say(&mut witness, "filed", event, revision);
        }
        let waiting = store.to_send(&[], 2).await.unwrap();
        let seqs: Vec<i64> = waiting.iter().map(|report| report.seq).collect();
        store.sent(&seqs).await.unwrap();
        for report in waiting {
            let event = report.event_id.parse().unwrap();
            let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&report.payload));
            say(&mut witness, "accepting", event, report.revision);
            store.stored(&sha256).await.unwrap().unwrap();
            say(&mut witness, "accepted", event, report.revision);
        }
    }
}

fn say(witness: &mut File, what: &str, event: EventId, revision: u32) {
    let line = format!("{what} {event} {revision}\n");
    witness.write_all(line.as_bytes()).unwrap();
}

/// What the witness says of one revision, the last word of it.
fn last_words(dir: &Path) -> BTreeMap<(String, u32), String> {
    let text = std::fs::read_to_string(dir.join(WITNESS)).unwrap_or_default();
    let mut last = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [what, event, revision] = words[..] else {
            continue;
        };
        // A line that the kill cut short names no revision.
        if let Ok(revision) = revision.parse() {
            last.insert((event.to_owned(), revision), what.to_owned());
        }
    }
    last
}

fn run_and_kill(dir: &Path, round: u32) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let before = std::fs::metadata(dir.join(WITNESS)).map_or(0, |file| file.len());
    let until = Instant::now() + Duration::from_secs(60);
    // At work, and then at any moment.
    while std::fs::metadata(dir.join(WITNESS)).map_or(0, |file| file.len()) == before {
        assert!(Instant::now() < until, "the child does not work");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_micros(u64::from(round * 7_919 % 60_000)));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_and_brings_nothing_back() {
    let dir = tempfile::tempdir().unwrap();
    for round in 1..=ROUNDS {
        run_and_kill(dir.path(), round);
        let store = Store::open(dir.path(), TOPIC, ROOMY).await.unwrap();
        let waiting = store.to_send(&[], usize::MAX).await.unwrap();
        let waiting: BTreeSet<(String, u32)> = waiting
            .into_iter()
            .map(|report| (report.event_id, report.revision))
            .collect();
        let words = last_words(dir.path());
        for (revision, word) in &words {
            match word.as_str() {
                "filed" => assert!(waiting.contains(revision), "lost {revision:?}"),
                "accepted" => assert!(!waiting.contains(revision), "back again {revision:?}"),
                // The kill came in between: either is right.
                _ => {}
            }
        }
        for revision in &waiting {
            assert!(words.contains_key(revision), "never filed {revision:?}");
        }
        store.close().await;
    }
    let words = last_words(dir.path());
    let said = |word: &str| words.values().filter(|said| *said == word).count();
    assert!(said("filed") + said("accepted") > ROUNDS as usize);
}
