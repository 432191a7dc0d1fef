//! Whether a message is a report (of an event, or of a gap) of the agent it claims to be from: pure.
//!
//! Nothing is parsed before the signature fits the exact bytes: a parser is a large door.

use contract::v1::{
    AgentId, AutoReport, EventType, GapReport, PublicKey, RefusalReason, SignatureError, Signed,
    check_report_size, decode, event_type, verify,
};
use jiff::Timestamp;

use crate::store::Ending;

/// A key as the store knows it.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// Whose it is.
    pub agent: AgentId,
    /// The key.
    pub public_key: PublicKey,
    /// Since when it may not.
    pub end: Option<KeyEnd>,
}

/// How a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEnd {
    /// Its agent changed to another key: what it signed before this moment is good, whenever it
    /// comes in.
    Retired(Timestamp),
    /// It is not trusted: from this moment on nothing that comes in with it is good, whenever it
    /// says it was signed.
    Revoked(Timestamp),
}

impl From<crate::store::AgentKey> for SigningKey {
    fn from(key: crate::store::AgentKey) -> Self {
        Self {
            agent: key.agent,
            public_key: key.public_key,
            end: key.ends_at.map(|at| match key.ending {
                Some(Ending::Rotation) => KeyEnd::Retired(at),
                Some(Ending::Revocation) | None => KeyEnd::Revoked(at),
            }),
        }
    }
}

/// What came on an agent's reports topic and may be stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Admitted {
    /// A revision of an event.
    Report(Box<AutoReport>),
    /// What the agent had to let go.
    Gap(Box<GapReport>),
}

/// Why a message is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The reason as a word.
    pub reason: RefusalReason,
    /// A sentence for a person.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(reason: RefusalReason, message: impl std::fmt::Display) -> Self {
        // PostgreSQL's text holds no NUL, and what is refused may be quoted in the sentence.
        Self {
            reason,
            message: message.to_string().replace('\0', "\u{fffd}"),
        }
    }
}

/// Checks a report message of `agent`'s topic, in the order size, signature, envelope, content.
/// `key` is the one that `signed` names, if the store knows it; `now` is the time of receipt.
///
/// # Errors
/// [`Refusal`] with the first reason that applies.
pub fn admit(
    agent: &AgentId,
    topic: &str,
    payload: &[u8],
    signed: Option<&Signed>,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Result<Admitted, Refusal> {
    check_report_size(payload).map_err(|error| Refusal::new(RefusalReason::TooLarge, error))?;
    verified(agent, topic, payload, signed, key, now)?;
    if holds_nul(payload) {
        return Err(Refusal::new(
            RefusalReason::Invalid,
            "a text holds the character NUL",
        ));
    }
    let malformed = |error| Refusal::new(RefusalReason::Malformed, with_source(&error));
    // Gap reports are rare: what is no report is looked at twice.
    match decode::<AutoReport>(payload, EventType::Report) {
        Ok(event) => {
            not_retired(agent, key, event.time)?;
            report(agent, event.data)
        }
        Err(_) if matches!(event_type(payload), Ok(EventType::GapReport)) => {
            let event = decode::<GapReport>(payload, EventType::GapReport).map_err(malformed)?;
            not_retired(agent, key, event.time)?;
            gap(agent, event.data)
        }
        Err(error) => Err(malformed(error)),
    }
}

/// Whether the key was still the agent's when it says it signed.
fn not_retired(
    agent: &AgentId,
    key: Option<&SigningKey>,
    signed_at: Timestamp,
) -> Result<(), Refusal> {
    match key.and_then(|key| key.end) {
        Some(KeyEnd::Retired(at)) if signed_at >= at => Err(Refusal::new(
            RefusalReason::RevokedKey,
            format!("{agent} signed with a key that it had changed"),
        )),
        _ => Ok(()),
    }
}

fn report(agent: &AgentId, report: AutoReport) -> Result<Admitted, Refusal> {
    report
        .validate()
        .map_err(|fault| Refusal::new(RefusalReason::Invalid, fault))?;
    if report.agent != *agent {
        return Err(speaks_for(agent, &report.agent));
    }
    Ok(Admitted::Report(Box::new(report)))
}

fn gap(agent: &AgentId, gap: GapReport) -> Result<Admitted, Refusal> {
    gap.validate()
        .map_err(|fault| Refusal::new(RefusalReason::Invalid, fault))?;
    if gap.agent != *agent {
        return Err(speaks_for(agent, &gap.agent));
    }
    Ok(Admitted::Gap(Box::new(gap)))
}

fn speaks_for(agent: &AgentId, claimed: &AgentId) -> Refusal {
    let message = format!("{agent} speaks for {claimed}");
    Refusal::new(RefusalReason::WrongAgent, message)
}

/// Checks that `signed` is a good signature of `agent` over the exact bytes.
pub(super) fn verified(
    agent: &AgentId,
    topic: &str,
    payload: &[u8],
    signed: Option<&Signed>,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let signed = signed.ok_or_else(|| {
        Refusal::new(
            RefusalReason::Unsigned,
            "no readable signature came with it",
        )
    })?;
    let key = key.filter(|key| key.agent == *agent).ok_or_else(|| {
        let message = format!("key {} is not known for {agent}", signed.key_id);
        Refusal::new(RefusalReason::UnknownKey, message)
    })?;
    // A key that the server knows is good, whatever the server's clock says of its beginning: the
    // clock may have been set back since.
    if matches!(key.end, Some(KeyEnd::Revoked(at)) if at <= now) {
        let message = format!("key {} of {agent} is not valid now", signed.key_id);
        return Err(Refusal::new(RefusalReason::RevokedKey, message));
    }
    verify(&key.public_key, topic, payload, signed).map_err(|error| {
        let reason = match error {
            SignatureError::OtherKey { .. } => RefusalReason::UnknownKey,
            SignatureError::Format | SignatureError::Key | SignatureError::Mismatch => {
                RefusalReason::BadSignature
            }
        };
        Refusal::new(reason, error)
    })
}

fn holds_nul(payload: &[u8]) -> bool {
    // In valid JSON a NUL can only be written as this escape.
    payload.windows(6).any(|window| window == b"\\u0000")
}

/// The error and its cause in one sentence, for a person who has nothing else.
pub(super) fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
