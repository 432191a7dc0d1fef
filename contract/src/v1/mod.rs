//! Version 1 of the contract. MQTT topic root `vong/v1`.
//!
//! Reading order: identifiers, quantities, the envelope, the report and its evidence, what the
//! server answers, what agents say of themselves, topics, limits, signatures.

mod ack;
mod cloudevent;
mod desired;
mod enrolment;
mod evidence;
mod gap;
mod ids;
mod limits;
mod place;
mod report;
mod schema;
mod signature;
mod status;
mod topic;
mod validity;

pub use ack::{Ack, AckOutcome, RefusalReason};
pub use cloudevent::{
    CloudEvent, CloudEventError, DATA_CONTENT_TYPE, EventType, SPEC_VERSION, decode, encode,
    event_type,
};
pub use desired::{CameraDesired, Desired};
pub use enrolment::{
    EnrolmentAnswer, EnrolmentRequest, KEY_ROTATION_PATH, KeyRotationAnswer, KeyRotationRequest,
    NEW_SIGNATURE_HEADER,
};
pub use evidence::{Evidence, EvidenceKind, UnavailableReason};
pub use gap::{GapFault, GapLoss, GapReport, LostThing, MAX_GAP_LOSSES};
pub use ids::{AgentId, CameraId, EventId, EvidenceId, IdError, ReportId, UnitId, ZoneId};
pub use limits::{
    MAX_BOXES_PER_TRACK, MAX_CAMERA_NAME_BYTES, MAX_DETAIL_BYTES, MAX_EVIDENCE_BYTES,
    MAX_EVIDENCE_ENTRIES, MAX_REPORT_BYTES, MAX_STATUS_BYTES, MAX_TRACKS, MAX_WORD_BYTES,
    SizeError, check_report_size,
};
pub use place::{Bearing, Place, Position};
pub use report::{
    AutoReport, Clock, ClockSource, Interval, Kind, ModelRef, NormBox, Phase, Severity, TrackBrief,
};
pub use schema::schemas;
pub use signature::{
    KeyId, PublicKey, SIGNATURE_PROPERTY, SecretKey, SignatureError, Signed, key_id, sign, verify,
};
pub use status::{
    AgentStatus, CameraCounters, CameraState, CameraStatus, CameraStatusReason, Liveness,
};
pub use topic::{TOPIC_ROOT, Topic, TopicError};
pub use validity::ReportFault;
