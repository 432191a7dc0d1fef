//! What is admitted, what is refused, and with which reason.

use contract::v1::{CloudEvent, SecretKey, Topic, encode, key_id, sign};
use proptest::prelude::*;

use super::*;

fn agent() -> AgentId {
    "hue-01".parse().unwrap()
}

fn topic() -> String {
    Topic::Reports(agent()).to_string()
}

fn secret() -> SecretKey {
    SecretKey::from_bytes(&[7; 32])
}

fn key() -> SigningKey {
    SigningKey {
        agent: agent(),
        public_key: secret().public(),
        end: None,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn report() -> serde_json::Value {
    serde_json::json!({
        "event_id": "0198a000-0000-7000-8000-000000000001",
        "revision": 1,
        "phase": "raised",
        "kind": "stray_cattle",
        "detail": "stray_cattle",
        "confidence": 0.9,
        "severity": "high",
        "occurred": { "start": "2026-01-01T00:00:00Z" },
        "clock": { "source": "agent" },
        "agent": "hue-01",
        "camera": "cam-1",
        "rule_version": "stray_cattle/1",
    })
}

fn payload(report: serde_json::Value) -> Vec<u8> {
    let event = CloudEvent::new(
        EventType::Report,
        "x/1".into(),
        "/agents/x".into(),
        at(150),
        report,
    );
    encode(&event).unwrap()
}

fn judge(payload: &[u8], key: Option<&SigningKey>, now: Timestamp) -> Result<(), RefusalReason> {
    let signed = sign(&secret(), &topic(), payload);
    admit(&agent(), &topic(), payload, Some(&signed), key, now)
        .map(|_| ())
        .map_err(|refusal| refusal.reason)
}

#[test]
fn a_good_report_is_admitted() {
    assert_eq!(judge(&payload(report()), Some(&key()), at(200)), Ok(()));
}

#[test]
fn each_fault_has_its_reason() {
    let with = |field: &str, value: serde_json::Value| {
        let mut report = report();
        report[field] = value;
        payload(report)
    };
    let revoked = SigningKey {
        end: Some(KeyEnd::Revoked(at(150))),
        ..key()
    };
    let other_agent = SigningKey {
        agent: "hue-02".parse().unwrap(),
        ..key()
    };
    let other_key = SigningKey {
        public_key: SecretKey::from_bytes(&[8; 32]).public(),
        ..key()
    };
    let good = payload(report());
    let large = vec![b' '; contract::v1::MAX_REPORT_BYTES + 1];
    let cases: [(&str, Vec<u8>, Option<&SigningKey>, RefusalReason); 9] = [
        ("too large", large, Some(&key()), RefusalReason::TooLarge),
        ("no such key", good.clone(), None, RefusalReason::UnknownKey),
        (
            "key of another agent",
            good.clone(),
            Some(&other_agent),
            RefusalReason::UnknownKey,
        ),
        (
            "another key",
            good.clone(),
            Some(&other_key),
            RefusalReason::UnknownKey,
        ),
        ("revoked", good, Some(&revoked), RefusalReason::RevokedKey),
        (
            "not JSON",
            b"{".to_vec(),
            Some(&key()),
            RefusalReason::Malformed,
        ),
        (
            "out of range",
            with("confidence", 2.into()),
            Some(&key()),
            RefusalReason::Invalid,
        ),
        (
            "NUL in a text",
            with("detail", "a\0b".into()),
            Some(&key()),
            RefusalReason::Invalid,
        ),
        (
            "speaks for another",
            with("agent", "hue-02".into()),
            Some(&key()),
            RefusalReason::WrongAgent,
        ),
    ];
    for (name, payload, key, reason) in cases {
        assert_eq!(judge(&payload, key, at(200)), Err(reason), "{name}");
    }
}

#[test]
fn a_key_that_was_changed_is_good_for_what_it_signed_before() {
    let ended = |end| SigningKey {
        end: Some(end),
        ..key()
    };
    // The envelope says second 150; it comes in at second 200.
    let cases = [
        (KeyEnd::Retired(at(160)), Ok(())),
        (KeyEnd::Retired(at(150)), Err(RefusalReason::RevokedKey)),
        (KeyEnd::Revoked(at(201)), Ok(())),
        (KeyEnd::Revoked(at(160)), Err(RefusalReason::RevokedKey)),
    ];
    for (end, expected) in cases {
        assert_eq!(
            judge(&payload(report()), Some(&ended(end)), at(200)),
            expected,
            "{end:?}"
        );
    }
}

#[test]
fn an_unsigned_or_altered_message_is_never_parsed() {
    let unsigned = admit(&agent(), &topic(), b"{", None, None, at(200)).unwrap_err();
    assert_eq!(unsigned.reason, RefusalReason::Unsigned);
    let signed = sign(&secret(), &topic(), &payload(report()));
    let altered = admit(
        &agent(),
        &topic(),
        b"{",
        Some(&signed),
        Some(&key()),
        at(200),
    )
    .unwrap_err();
    assert_eq!(altered.reason, RefusalReason::BadSignature);
    assert_eq!(signed.key_id, key_id(&secret().public()));
}

#[test]
fn a_message_cannot_be_replayed_on_another_topic() {
    let bytes = payload(report());
    let elsewhere = sign(&secret(), "vong/v1/agents/hue-01/status", &bytes);
    let refusal = admit(
        &agent(),
        &topic(),
        &bytes,
        Some(&elsewhere),
        Some(&key()),
        at(200),
    )
    .unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::BadSignature);
}

proptest! {
    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(judge(&bytes, Some(&key()), at(200)).is_err());
    }

    #[test]
    fn a_cut_report_is_malformed(cut in 0usize..300) {
        let whole = payload(report());
        let cut = cut.min(whole.len() - 1);
        prop_assert_eq!(judge(&whole[..cut], Some(&key()), at(200)), Err(RefusalReason::Malformed));
    }
}

#[test]
fn a_gap_report_is_admitted_like_a_report() {
    let gap = |agent: &str, count: u64| {
        let gap = serde_json::json!({
            "agent": agent,
            "outbox": "9f2c4e81a0b37d56",
            "revision": 1,
            "losses": [{
                "what": "update", "severity": "low", "count": count,
                "first": "2026-01-01T00:00:00Z", "last": "2026-01-01T00:00:00Z",
            }],
        });
        let kind = EventType::GapReport;
        let event = CloudEvent::new(kind, "x/1".into(), "/agents/x".into(), at(150), gap);
        encode(&event).unwrap()
    };
    let good = gap("hue-01", 2);
    let signed = sign(&secret(), &topic(), &good);
    let admitted = admit(
        &agent(),
        &topic(),
        &good,
        Some(&signed),
        Some(&key()),
        at(200),
    );
    assert!(matches!(admitted, Ok(Admitted::Gap(gap)) if gap.losses[0].count == 2));
    let judged = |payload: &[u8]| judge(payload, Some(&key()), at(200));
    assert_eq!(judged(&gap("hue-02", 2)), Err(RefusalReason::WrongAgent));
    assert_eq!(judged(&gap("hue-01", 0)), Err(RefusalReason::Invalid));
}
