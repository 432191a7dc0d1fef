//! The detached signature: one byte changed anywhere and it no longer verifies.

use contract::v1::{
    KeyId, PublicKey, SecretKey, SignatureError, Signed, Topic, key_id, sign, verify,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{golden, strategies};

/// RFC 8032, section 7.1, test 1: a key that is public by nature.
fn test_key() -> SecretKey {
    let golden: Value = serde_json::from_slice(&golden::read("signature.raised.json")).unwrap();
    SecretKey::from_base64(golden["secret_key"].as_str().unwrap()).unwrap()
}

/// The golden signature was made by another implementation of Ed25519 (written after RFC 8032).
#[test]
fn the_golden_signature_is_the_one_we_make_and_accept() {
    let golden: Value = serde_json::from_slice(&golden::read("signature.raised.json")).unwrap();
    let text = |key: &str| golden[key].as_str().unwrap().to_owned();
    let payload = golden::read(&text("payload_file"));
    let key = test_key();

    assert_eq!(key.public().to_string(), text("public_key"));
    assert_eq!(key_id(&key.public()).as_str(), text("key_id"));
    assert_eq!(
        sign(&key, &text("topic"), &payload).to_string(),
        text("signature")
    );

    let signed: Signed = text("signature").parse().unwrap();
    let public: PublicKey = text("public_key").parse().unwrap();
    assert_eq!(verify(&public, &text("topic"), &payload, &signed), Ok(()));
}

#[test]
fn any_byte_of_the_golden_payload_or_topic_matters() {
    let payload = golden::read("report.raised.json");
    let topic = "vong/v1/agents/hue-01/reports";
    let key = test_key();
    let signed = sign(&key, topic, &payload);
    for at in 0..payload.len() {
        let mut tampered = payload.clone();
        tampered[at] ^= 0x01;
        assert_eq!(
            verify(&key.public(), topic, &tampered, &signed),
            Err(SignatureError::Mismatch),
            "byte {at} of the payload"
        );
    }
    for at in 0..topic.len() {
        let mut tampered = topic.as_bytes().to_vec();
        tampered[at] ^= 0x01;
        let tampered = String::from_utf8(tampered).unwrap();
        assert_eq!(
            verify(&key.public(), &tampered, &payload, &signed),
            Err(SignatureError::Mismatch),
            "byte {at} of the topic"
        );
    }
}

#[test]
fn another_key_is_named_as_such() {
    let other = SecretKey::from_bytes(&[7; 32]);
    let signed = sign(&other, "t", b"payload");
    let mine = test_key().public();
    assert_eq!(
        verify(&mine, "t", b"payload", &signed),
        Err(SignatureError::OtherKey {
            found: key_id(&other.public()),
            expected: key_id(&mine)
        })
    );
}

#[test]
fn a_forged_key_id_does_not_help() {
    let other = SecretKey::from_bytes(&[7; 32]);
    let mine = test_key().public();
    let signature = sign(&other, "t", b"payload").to_string();
    let (_, base64) = signature.split_once(':').unwrap();
    let forged: Signed = format!("{}:{base64}", key_id(&mine)).parse().unwrap();
    assert_eq!(
        verify(&mine, "t", b"payload", &forged),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn the_secret_key_is_never_printed() {
    let key = test_key();
    let printed = format!("{key:?}");
    assert!(!printed.contains(&key.to_base64()));
    assert!(printed.contains(key_id(&key.public()).as_str()));
}

proptest! {
    #[test]
    fn what_was_signed_verifies_and_what_was_changed_does_not(
        secret in any::<[u8; 32]>(),
        topic in strategies::topic(),
        payload in prop::collection::vec(any::<u8>(), 1..512),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let key = SecretKey::from_bytes(&secret);
        let topic = topic.to_string();
        let signed = sign(&key, &topic, &payload);
        prop_assert_eq!(verify(&key.public(), &topic, &payload, &signed), Ok(()));

        let mut tampered = payload.clone();
        tampered[at.index(payload.len())] ^= flip;
        prop_assert_eq!(
            verify(&key.public(), &topic, &tampered, &signed),
            Err(SignatureError::Mismatch)
        );
    }

    /// The zero byte between topic and payload: moving the boundary is not the same message.
    #[test]
    fn a_message_cannot_be_replayed_under_another_topic(
        one in strategies::topic(), other in strategies::topic(),
        payload in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        prop_assume!(one != other);
        let key = test_key();
        let signed = sign(&key, &one.to_string(), &payload);
        prop_assert!(verify(&key.public(), &other.to_string(), &payload, &signed).is_err());
    }

    #[test]
    fn the_text_form_survives_a_round_trip(
        secret in any::<[u8; 32]>(),
        payload in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let key = SecretKey::from_bytes(&secret);
        let signed = sign(&key, &Topic::ALL_REPORTS.replace('+', "a"), &payload);
        prop_assert_eq!(signed.to_string().parse::<Signed>(), Ok(signed));
        prop_assert_eq!(key.public().to_string().parse::<PublicKey>(), Ok(key.public()));
        let again = SecretKey::from_base64(&key.to_base64()).unwrap();
        prop_assert_eq!(again.public(), key.public());
    }

    #[test]
    fn foreign_text_is_refused_without_panic(text in ".{0,200}") {
        prop_assert!(text.parse::<PublicKey>().is_err() || text.trim().len() == 44);
        prop_assert!(text.parse::<Signed>().is_err());
        prop_assert!(text.parse::<KeyId>().is_err() || text.len() == 16);
    }
}
