//! The envelope: CloudEvents 1.0 in structured JSON mode (content type `application/cloudevents+json`).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of the CloudEvents specification.
pub const SPEC_VERSION: &str = "1.0";
/// The media type of the data within.
pub const DATA_CONTENT_TYPE: &str = "application/json";

/// What an envelope carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum EventType {
    /// An [`AutoReport`](super::AutoReport).
    #[serde(rename = "vong.report.v1")]
    Report,
    /// An [`Ack`](super::Ack).
    #[serde(rename = "vong.ack.v1")]
    Ack,
    /// An [`AgentStatus`](super::AgentStatus).
    #[serde(rename = "vong.agent-status.v1")]
    AgentStatus,
    /// A [`CameraStatus`](super::CameraStatus).
    #[serde(rename = "vong.camera-status.v1")]
    CameraStatus,
    /// What an agent had to let go.
    #[serde(rename = "vong.gap-report.v1")]
    GapReport,
    /// A [`Desired`](super::Desired).
    #[serde(rename = "vong.desired.v1")]
    Desired,
    /// A [`Command`](super::Command).
    #[serde(rename = "vong.command.v1")]
    Command,
    /// An [`Answer`](super::Answer).
    #[serde(rename = "vong.answer.v1")]
    Answer,
    /// A [`CameraPose`](super::CameraPose).
    #[serde(rename = "vong.camera-pose.v1")]
    CameraPose,
    /// A [`UnitIncident`](super::UnitIncident).
    #[serde(rename = "vong.unit-incident.v1")]
    UnitIncident,
    /// A [`UnitCase`](super::UnitCase).
    #[serde(rename = "vong.unit-case.v1")]
    UnitCase,
    /// A [`UnitLetter`](super::UnitLetter).
    #[serde(rename = "vong.unit-letter.v1")]
    UnitLetter,
    /// A [`UnitAck`](super::UnitAck).
    #[serde(rename = "vong.unit-ack.v1")]
    UnitAck,
    /// A [`ControllerState`](super::ControllerState).
    #[serde(rename = "vong.signal-state.v1")]
    SignalState,
}

/// A CloudEvents 1.0 envelope around `T`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloudEvent<T> {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within the source; for a report `{event_id}/{revision}`.
    pub id: String,
    /// Who speaks, e.g. `/agents/hue-01`.
    pub source: String,
    /// What `data` is.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When the message was made.
    pub time: Timestamp,
    /// Always `application/json`.
    #[serde(default = "default_content_type")]
    pub datacontenttype: String,
    /// The message itself.
    pub data: T,
}

fn default_content_type() -> String {
    DATA_CONTENT_TYPE.to_owned()
}

impl<T> CloudEvent<T> {
    /// Wraps `data`.
    pub fn new(
        event_type: EventType,
        id: String,
        source: String,
        time: Timestamp,
        data: T,
    ) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id,
            source,
            event_type,
            time,
            datacontenttype: default_content_type(),
            data,
        }
    }
}

/// Why bytes are not the envelope that was expected.
#[derive(Debug, thiserror::Error)]
pub enum CloudEventError {
    /// Not JSON, or not of this shape.
    #[error("not a CloudEvents envelope of this type")]
    Json(#[source] serde_json::Error),
    /// Another version of CloudEvents.
    #[error("CloudEvents specversion {0:?}, expected \"1.0\"")]
    SpecVersion(String),
    /// An envelope of another type.
    #[error("envelope of type {found:?}, expected {expected:?}")]
    Type {
        /// The type it has.
        found: EventType,
        /// The type that belongs on this topic.
        expected: EventType,
    },
}

/// The envelope's bytes. Made once: the same bytes are signed, stored and sent.
///
/// # Errors
/// [`CloudEventError::Json`] where `data` has no JSON form, or holds a number that is not finite.
pub fn encode<T: Serialize>(event: &CloudEvent<T>) -> Result<Vec<u8>, CloudEventError> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, NoNull);
    event
        .serialize(&mut serializer)
        .map_err(CloudEventError::Json)?;
    Ok(bytes)
}

/// Writes JSON without spaces and without `null`: what is absent in a message of this contract is
/// left out, so a `null` could only be a number that is not finite, which no reader would accept.
struct NoNull;

impl serde_json::ser::Formatter for NoNull {
    fn write_null<W: std::io::Write + ?Sized>(&mut self, _: &mut W) -> std::io::Result<()> {
        Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "a number is not finite",
        ))
    }
}

/// Reads an envelope of the expected type.
///
/// # Errors
/// [`CloudEventError`] where the bytes are anything else; never panics on foreign bytes.
pub fn decode<T: DeserializeOwned>(
    bytes: &[u8],
    expected: EventType,
) -> Result<CloudEvent<T>, CloudEventError> {
    let event: CloudEvent<T> = serde_json::from_slice(bytes).map_err(CloudEventError::Json)?;
    if event.specversion != SPEC_VERSION {
        return Err(CloudEventError::SpecVersion(event.specversion));
    }
    if event.event_type != expected {
        return Err(CloudEventError::Type {
            found: event.event_type,
            expected,
        });
    }
    Ok(event)
}

/// The type of an enveloped message, before its data is read.
///
/// # Errors
/// [`CloudEventError::Json`] where it is not an envelope of this version's types.
pub fn event_type(bytes: &[u8]) -> Result<EventType, CloudEventError> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        event_type: EventType,
    }
    let typed: Typed = serde_json::from_slice(bytes).map_err(CloudEventError::Json)?;
    Ok(typed.event_type)
}
