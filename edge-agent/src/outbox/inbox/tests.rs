//! Orders on the wire: what is the server's is taken once, and nothing else is taken.

use std::collections::HashMap;

use contract::v1::{Action, CloudEvent, Command, CommandId, SecretKey, encode, sign};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::outbox::record::Limits;

const LIMITS: Limits = Limits {
    report_bytes: 1 << 20,
    evidence_bytes: 1 << 20,
};

fn server() -> SecretKey {
    SecretKey::from_bytes(&[1; 32])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn command(sequence: u64, expires: i64) -> Command {
    Command {
        id: CommandId::new(),
        sequence,
        issued_at: at(0),
        expires_at: at(expires),
        by: "lan".to_owned(),
        action: Action::Snapshot {
            camera: "cam-1".parse().unwrap(),
        },
    }
}

struct Site {
    _dir: tempfile::TempDir,
    inbox: Inbox,
}

impl Site {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), "vong/v1/agents/a/reports", LIMITS)
            .await
            .unwrap();
        let inbox = Inbox {
            agent: "a".parse().unwrap(),
            server_key: server().public(),
            store: Arc::new(store),
            bells: Arc::new(OrderBells::default()),
        };
        Self { _dir: dir, inbox }
    }

    /// Says a command as the holder of `key` would, and returns what is waiting then.
    async fn say(&self, key: &SecretKey, command: &Command, now: Timestamp) -> Vec<CommandId> {
        let [topic, _] = self.inbox.topics();
        let bytes = envelope(EventType::Command, command);
        let signed = sign(key, &topic, &bytes).to_string();
        self.inbox
            .take(topic.as_bytes(), &bytes, Some(&signed), now)
            .await
            .unwrap();
        self.waiting().await
    }

    async fn waiting(&self) -> Vec<CommandId> {
        let waiting = self.inbox.store.waiting_commands().await.unwrap();
        waiting.iter().map(|command| command.id).collect()
    }

    async fn wish(&self, version: u64) -> Option<u64> {
        let [_, topic] = self.inbox.topics();
        let desired = Desired {
            version,
            ..Desired::default()
        };
        let bytes = envelope(EventType::Desired, &desired);
        let signed = sign(&server(), &topic, &bytes).to_string();
        self.inbox
            .take(topic.as_bytes(), &bytes, Some(&signed), at(1))
            .await
            .unwrap();
        let kept = self
            .inbox
            .store
            .desired(&self.inbox.issuer())
            .await
            .unwrap();
        kept.map(|desired| desired.version)
    }
}

fn envelope<T: serde::Serialize>(event_type: EventType, data: &T) -> Vec<u8> {
    let id = "1".to_owned();
    encode(&CloudEvent::new(
        event_type,
        id,
        "/server".to_owned(),
        at(0),
        data,
    ))
    .unwrap()
}

#[tokio::test]
async fn a_command_is_taken_once_and_what_is_not_the_servers_never() {
    let site = Site::new().await;
    let first = command(5, 60);
    assert_eq!(site.say(&server(), &first, at(1)).await, [first.id]);
    assert_eq!(site.say(&server(), &first, at(2)).await, [first.id]);
    // Another command of a number that was used, or of an older one.
    for replayed in [command(5, 60), command(4, 60)] {
        assert_eq!(site.say(&server(), &replayed, at(3)).await, [first.id]);
    }
    assert_eq!(
        site.say(&server(), &command(6, 60), at(60)).await,
        [first.id]
    );
    let forged = SecretKey::from_bytes(&[2; 32]);
    assert_eq!(site.say(&forged, &command(7, 60), at(3)).await, [first.id]);
    let second = command(8, 60);
    assert_eq!(
        site.say(&server(), &second, at(3)).await,
        [first.id, second.id]
    );
}

#[tokio::test]
async fn a_signature_counts_for_its_bytes_and_topic_alone() {
    let site = Site::new().await;
    let [commands, desired] = site.inbox.topics();
    let bytes = envelope(EventType::Command, &command(1, 60));
    let good = sign(&server(), &commands, &bytes).to_string();
    let elsewhere = sign(&server(), &desired, &bytes).to_string();
    let mut changed = bytes.clone();
    changed[20] ^= 1;
    for (topic, payload, signature) in [
        (&commands, &bytes, None),
        (&commands, &bytes, Some("nonsense")),
        (&commands, &bytes, Some(elsewhere.as_str())),
        (&commands, &changed, Some(good.as_str())),
        (&desired, &bytes, Some(good.as_str())),
        (
            &"vong/v1/agents/b/commands".to_owned(),
            &bytes,
            Some(good.as_str()),
        ),
    ] {
        site.inbox
            .take(topic.as_bytes(), payload, signature, at(1))
            .await
            .unwrap();
        assert_eq!(site.waiting().await, []);
    }
}

#[tokio::test]
async fn another_server_counts_its_own_numbers() {
    let mut site = Site::new().await;
    let first = command(1_000, 60);
    site.say(&server(), &first, at(1)).await;
    let other = SecretKey::from_bytes(&[3; 32]);
    site.inbox.server_key = other.public();
    let second = command(1, 60);
    assert_eq!(
        site.say(&other, &second, at(1)).await,
        [first.id, second.id]
    );
    assert_eq!(site.wish(1).await, None, "the old server's wish");
}

#[tokio::test]
async fn desired_state_goes_up_alone() {
    let site = Site::new().await;
    assert_eq!(site.wish(3).await, Some(3));
    assert_eq!(site.wish(3).await, Some(3));
    assert_eq!(site.wish(2).await, Some(3));
    assert_eq!(site.wish(4).await, Some(4));
}

proptest! {
    /// Whatever is said in whatever order and at whatever time: numbers taken only go up, nothing
    /// is taken after its time, and nothing twice.
    #[test]
    fn numbers_that_are_taken_only_go_up(
        said in prop::collection::vec((0_usize..12, 0_i64..100), 1..60),
        sequences in prop::collection::vec(1_u64..20, 12),
        expiries in prop::collection::vec(1_i64..100, 12),
    ) {
        let commands: Vec<Command> = sequences
            .iter()
            .zip(&expiries)
            .map(|(sequence, expires)| command(*sequence, *expires))
            .collect();
        let mut ledger = Ledger::default();
        let mut taken: HashMap<CommandId, u32> = HashMap::new();
        let mut last = 0;
        for (which, second) in said {
            let command = &commands[which];
            ledger.known = if taken.contains_key(&command.id) { Known::Yes } else { Known::No };
            let now = at(0) + SignedDuration::from_secs(second);
            match judge(command, ledger, now) {
                Ok(Verdict::Take) => {
                    prop_assert!(command.sequence > last);
                    prop_assert!(command.expires_at > now);
                    last = command.sequence;
                    ledger.last_sequence = last;
                    *taken.entry(command.id).or_default() += 1;
                }
                Ok(Verdict::AnswerAgain) => prop_assert!(taken.contains_key(&command.id)),
                Err(OrderFault::Expired(_)) => prop_assert!(command.expires_at <= now),
                Err(OrderFault::Replayed { .. }) => prop_assert!(command.sequence <= last),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
        prop_assert!(taken.values().all(|times| *times == 1));
    }
}
