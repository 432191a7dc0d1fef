//! Who may change an agent's key, and what is left of the old one.

use contract::v1::{SecretKey, sign};

use super::*;
use crate::store::Enrolled;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(&[seed; 32])
}

fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

/// A store in which `hue-01` enrolled with key 1 and `hue-02` with key 9.
async fn store(dir: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}/vong.db", dir.path().display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    for (name, seed) in [("hue-01", 1), ("hue-02", 9)] {
        let tx = store.begin().await.unwrap();
        store::insert_enrolment_token(&tx, name, &agent(name), at(0), at(100))
            .await
            .unwrap();
        let enrolled = Enrolled {
            public_key: key(seed).public(),
            mqtt_password_hash: String::new(),
            mosquitto_hash: String::new(),
            upload_token_hash: format!("upload-{seed}"),
            version: "0".to_owned(),
        };
        store::enrol(&tx, name, &enrolled, at(1)).await.unwrap();
        tx.commit().await.unwrap();
    }
    store
}

/// Asks for a change of `hue-01`'s key from one seed to another.
async fn ask(
    store: &Store,
    from: u8,
    to: u8,
    now: i64,
) -> Result<KeyRotationAnswer, RotationError> {
    ask_as(store, "hue-01", from, to, to, now).await
}

/// The same, where the body names `named`, and the new signature is made by key `signer`.
async fn ask_as(
    store: &Store,
    named: &str,
    from: u8,
    to: u8,
    signer: u8,
    now: i64,
) -> Result<KeyRotationAnswer, RotationError> {
    let request = KeyRotationRequest {
        agent: agent(named),
        public_key: key(to).public(),
        requested_at: at(3),
    };
    let body = serde_json::to_vec(&request).unwrap();
    let rotation = Rotation {
        agent: &agent("hue-01"),
        body: &body,
        present: &sign(&key(from), KEY_ROTATION_PATH, &body),
        new: &sign(&key(signer), KEY_ROTATION_PATH, &body),
    };
    rotate(store, &rotation, at(now)).await
}

#[tokio::test]
async fn both_keys_are_good_for_a_while_and_asking_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let answer = ask(&store, 1, 2, 10).await.unwrap();
    assert_eq!(answer.key_id, key_id(&key(2).public()));
    assert_eq!(
        (answer.valid_from, answer.old_key_until),
        (at(10), at(10) + OVERLAP)
    );
    assert_eq!(ask(&store, 1, 2, 20).await.unwrap(), answer, "asked again");
    let keys = store::keys_of_agent(&store, &agent("hue-01"))
        .await
        .unwrap();
    let told: Vec<_> = keys
        .iter()
        .map(|key| (key.valid_from, key.ends_at, key.ending))
        .collect();
    assert_eq!(
        told,
        [
            (at(1), Some(at(10) + OVERLAP), Some(Ending::Rotation)),
            (at(10), None, None)
        ]
    );
    ask(&store, 2, 3, 30).await.unwrap();
    assert!(matches!(
        ask(&store, 1, 2, 40).await,
        Err(RotationError::KeyInUse)
    ));
}

#[tokio::test]
async fn nobody_else_changes_an_agents_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let refused = [
        ("a key that nobody knows", ask(&store, 5, 6, 10).await),
        ("another agent's key", ask(&store, 9, 6, 10).await),
        (
            "without the new key",
            ask_as(&store, "hue-01", 1, 2, 7, 10).await,
        ),
    ];
    for (name, outcome) in refused {
        assert!(matches!(outcome, Err(RotationError::NotSigned)), "{name}");
    }
    assert!(matches!(
        ask_as(&store, "hue-02", 1, 2, 2, 10).await,
        Err(RotationError::OtherAgent)
    ));
    assert!(matches!(
        ask(&store, 1, 9, 10).await,
        Err(RotationError::KeyInUse)
    ));
    ask(&store, 1, 2, 10).await.unwrap();
    assert!(
        matches!(ask(&store, 1, 3, 20).await, Err(RotationError::NotSigned)),
        "an old key changes nothing more"
    );
    let two = key_id(&key(2).public());
    super::super::revoke_key(&store, &agent("hue-01"), &two, at(25))
        .await
        .unwrap();
    assert!(
        matches!(ask(&store, 2, 4, 30).await, Err(RotationError::NotSigned)),
        "a revoked key changes nothing"
    );
}
