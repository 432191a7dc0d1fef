//! An answer's bytes: encoded once, then signed, stored and sent without a change.

use bytes::Bytes;
use contract::v1::{
    AgentId, Answer, CloudEvent, CloudEventError, EventType, SecretKey, Topic, encode, sign,
};
use sha2::{Digest as _, Sha256};

/// One signed answer, ready for the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerMessage {
    /// The exact bytes.
    pub payload: Bytes,
    /// The value of the signature property.
    pub signature: String,
    /// SHA-256 of the payload in lower-case hexadecimal digits: what an ack names.
    pub sha256: String,
}

impl AnswerMessage {
    /// Encodes and signs an answer.
    ///
    /// # Errors
    /// [`CloudEventError`] where it has no JSON form.
    pub fn new(answer: &Answer, agent: &AgentId, key: &SecretKey) -> Result<Self, CloudEventError> {
        let payload = encode(&CloudEvent::new(
            EventType::Answer,
            answer.command.to_string(),
            format!("/agents/{agent}"),
            answer.answered_at,
            answer,
        ))?;
        let topic = Topic::Answers(agent.clone()).to_string();
        Ok(Self {
            signature: sign(key, &topic, &payload).to_string(),
            sha256: hex::encode(Sha256::digest(&payload)),
            payload: payload.into(),
        })
    }
}
