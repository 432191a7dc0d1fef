//! The ack that an agent waits for: signed with the server's key, about the exact bytes it sent.

use contract::v1::{
    Ack, AckOutcome, AgentId, CloudEvent, CloudEventError, EventId, EventType, SecretKey, Signed,
    Topic, encode, sign,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::admit::Refusal;

/// A message ready to be published.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Signed,
}

/// Which message is answered.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) agent: AgentId,
    pub(super) sha256: String,
    /// Known where the payload could be read.
    pub(super) key: Option<(EventId, u32)>,
}

/// Builds and signs the ack. `refusal` is none where the report is stored.
pub(super) fn answer(
    secret: &SecretKey,
    answered: Answered,
    refusal: Option<&Refusal>,
    now: Timestamp,
) -> Result<Answer, CloudEventError> {
    let outcome = match refusal {
        None => AckOutcome::Stored,
        Some(refusal) => AckOutcome::Refused {
            reason: refusal.reason,
            message: refusal.message.clone(),
        },
    };
    let topic = Topic::Acks(answered.agent).to_string();
    let ack = Ack {
        event_id: answered.key.map(|(event, _)| event),
        revision: answered.key.map(|(_, revision)| revision),
        sha256: answered.sha256,
        outcome,
    };
    let id = Uuid::now_v7().to_string();
    let event = CloudEvent::new(EventType::Ack, id, "/ingest".to_owned(), now, ack);
    let payload = encode(&event)?;
    let signature = sign(secret, &topic, &payload);
    Ok(Answer {
        topic,
        payload,
        signature,
    })
}
