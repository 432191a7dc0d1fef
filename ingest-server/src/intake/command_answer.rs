//! What agents answer to commands: checked like a report, and acknowledged like one.

use contract::v1::{
    AgentId, Answer, AnswerOutcome, EventType, Evidence, MAX_ANSWER_BYTES, MAX_EVIDENCE_BYTES,
    MAX_EVIDENCE_ENTRIES, RefusalReason, Signed, decode,
};
use jiff::Timestamp;

use super::admit::{Refusal, SigningKey, verified, with_source};

/// Checks an answer of `agent`'s topic, in the order size, signature, envelope, content.
pub(super) fn admit_answer(
    agent: &AgentId,
    topic: &str,
    payload: &[u8],
    signed: Option<&Signed>,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    if payload.len() > MAX_ANSWER_BYTES {
        let message = format!("{} bytes, the limit is {MAX_ANSWER_BYTES}", payload.len());
        return Err(Refusal::new(RefusalReason::TooLarge, message));
    }
    verified(agent, topic, payload, signed, key, now)?;
    let event = decode::<Answer>(payload, EventType::Answer)
        .map_err(|error| Refusal::new(RefusalReason::Malformed, with_source(&error)))?;
    let invalid = |what| Err(Refusal::new(RefusalReason::Invalid, what));
    // In valid JSON a NUL can only be written as this escape.
    if payload.windows(6).any(|window| window == b"\\u0000") {
        return invalid("a text holds the character NUL");
    }
    if let AnswerOutcome::Done { evidence, .. } = &event.data.outcome {
        if evidence.len() > MAX_EVIDENCE_ENTRIES {
            return invalid("the answer seals too many pieces of evidence");
        }
        if !evidence.iter().all(is_sound) {
            return invalid("a piece of evidence is not sealed, or its hash or length will not do");
        }
    }
    Ok(event.data)
}

/// Nothing is pending in an answer: what it names exists.
fn is_sound(entry: &Evidence) -> bool {
    let Evidence::Sealed { bytes, sha256, .. } = entry else {
        return false;
    };
    let is_hash = sha256.len() == 64
        && sha256
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_hash && (1..=MAX_EVIDENCE_BYTES).contains(bytes)
}

#[cfg(test)]
mod tests {
    use contract::v1::{
        CloudEvent, CommandId, EvidenceId, EvidenceKind, SecretKey, Topic, encode, sign,
    };

    use super::*;

    fn sealed(sha256: &str, bytes: u64) -> Evidence {
        let json = serde_json::json!({
            "state": "sealed", "id": EvidenceId::new(), "kind": EvidenceKind::Still,
            "mime": "image/jpeg", "bytes": bytes, "sha256": sha256
        });
        serde_json::from_value(json).unwrap()
    }

    fn said(evidence: Vec<Evidence>, key: &SecretKey) -> Result<Answer, RefusalReason> {
        let agent: AgentId = "a".parse().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let answer = Answer {
            command: CommandId::new(),
            sequence: 1,
            answered_at: now,
            outcome: AnswerOutcome::Done {
                evidence,
                simulation: None,
            },
        };
        let id = answer.command.to_string();
        let event = CloudEvent::new(EventType::Answer, id, "/agents/a".to_owned(), now, answer);
        let payload = encode(&event).unwrap();
        let topic = Topic::Answers(agent.clone()).to_string();
        let known = SecretKey::from_bytes(&[1; 32]);
        let signing = SigningKey {
            agent: agent.clone(),
            public_key: known.public(),
            end: None,
        };
        let signed = sign(key, &topic, &payload);
        admit_answer(&agent, &topic, &payload, Some(&signed), Some(&signing), now)
            .map_err(|refusal| refusal.reason)
    }

    #[test]
    fn an_answer_is_taken_from_its_agent_alone_and_only_with_sound_evidence() {
        let own = SecretKey::from_bytes(&[1; 32]);
        let hash = "0".repeat(64);
        assert!(said(vec![sealed(&hash, 1)], &own).is_ok());
        assert!(said(vec![], &own).is_ok());
        for bad in [
            vec![sealed("ABC", 1)],
            vec![sealed(&hash, 0)],
            vec![sealed(&hash, MAX_EVIDENCE_BYTES + 1)],
            vec![sealed(&hash, 1); MAX_EVIDENCE_ENTRIES + 1],
        ] {
            assert_eq!(said(bad, &own), Err(RefusalReason::Invalid));
        }
        let other = SecretKey::from_bytes(&[2; 32]);
        assert_eq!(said(vec![], &other), Err(RefusalReason::UnknownKey));
    }
}
