//! Statuses: what agents say of themselves and their cameras.
//!
//! The broker lets only the agent itself publish here, but who holds the broker holds its rights; so
//! each status is signed as a report is, the last will included, whose bytes are known when it is left.

use contract::v1::{
    AgentId, AgentStatus, CameraId, CameraStatus, EventType, MAX_STATUS_BYTES, RefusalReason,
    decode,
};
use jiff::Timestamp;

use super::admit::{Refusal, SigningKey, verified, with_source};
use super::consumer::{Delivery, Signature};

/// A status that may be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Status {
    Agent(AgentStatus),
    Camera {
        status: CameraStatus,
        said_at: Timestamp,
    },
}

/// Reads an agent's liveness.
pub(super) fn agent_status(
    agent: &AgentId,
    delivery: &Delivery,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Result<Status, Refusal> {
    check_size(&delivery.payload)?;
    check_signature(agent, delivery, key, now)?;
    let event = decode::<AgentStatus>(&delivery.payload, EventType::AgentStatus)
        .map_err(|error| Refusal::new(RefusalReason::Malformed, with_source(&error)))?;
    let status = event.data;
    if status.agent != *agent {
        return Err(wrong_agent(agent, &status.agent));
    }
    if status.version.contains('\0') {
        return Err(Refusal::new(
            RefusalReason::Invalid,
            "the version holds the character NUL",
        ));
    }
    Ok(Status::Agent(status))
}

/// Reads a camera's state.
pub(super) fn camera_status(
    agent: &AgentId,
    camera: &CameraId,
    delivery: &Delivery,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Result<Status, Refusal> {
    check_size(&delivery.payload)?;
    check_signature(agent, delivery, key, now)?;
    let event = decode::<CameraStatus>(&delivery.payload, EventType::CameraStatus)
        .map_err(|error| Refusal::new(RefusalReason::Malformed, with_source(&error)))?;
    let status = event.data;
    if status.agent != *agent {
        return Err(wrong_agent(agent, &status.agent));
    }
    if status.camera != *camera {
        let message = format!("the status of {camera} speaks of {}", status.camera);
        return Err(Refusal::new(RefusalReason::Invalid, message));
    }
    if status.name.as_ref().is_some_and(|name| name.contains('\0')) {
        return Err(Refusal::new(
            RefusalReason::Invalid,
            "the name holds the character NUL",
        ));
    }
    Ok(Status::Camera {
        status,
        said_at: event.time,
    })
}

fn check_signature(
    agent: &AgentId,
    delivery: &Delivery,
    key: Option<&SigningKey>,
    now: Timestamp,
) -> Result<(), Refusal> {
    if delivery.signature == Signature::Unreadable {
        return Err(Refusal::new(
            RefusalReason::BadSignature,
            "the signature is not of the form KEYID:BASE64",
        ));
    }
    let signed = delivery.signature.readable();
    verified(agent, &delivery.topic, &delivery.payload, signed, key, now)
}

fn check_size(payload: &[u8]) -> Result<(), Refusal> {
    if payload.len() <= MAX_STATUS_BYTES {
        return Ok(());
    }
    let message = format!("{} bytes, the limit is {MAX_STATUS_BYTES}", payload.len());
    Err(Refusal::new(RefusalReason::TooLarge, message))
}

fn wrong_agent(agent: &AgentId, claimed: &AgentId) -> Refusal {
    Refusal::new(
        RefusalReason::WrongAgent,
        format!("{agent} speaks for {claimed}"),
    )
}
