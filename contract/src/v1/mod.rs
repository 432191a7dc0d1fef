//! Version 1 of the contract. MQTT topic root `vong/v1`.
//!
//! Reading order: identifiers, quantities, the envelope, the report and its evidence, what the
//! server answers, what agents say of themselves, what is wanted of them, topics, limits, signatures.

mod ack;
mod cloudevent;
mod command;
mod desired;
mod enrolment;
mod evidence;
mod field_fault;
mod gap;
mod ids;
mod limits;
mod place;
mod polygon;
mod pose;
mod report;
mod schema;
mod signal;
mod signature;
mod status;
mod topic;
mod unit;
mod validity;

pub use ack::{Ack, AckOutcome, RefusalReason};
pub use cloudevent::{
    CloudEvent, CloudEventError, DATA_CONTENT_TYPE, EventType, SPEC_VERSION, decode, encode,
    event_type,
};
pub use command::{Action, Answer, AnswerOutcome, Candidate, Command, CommandRefusal, Simulation};
pub use desired::{
    Applied, CameraDesired, Desired, LampDesired, LineDesired, Mute, Parameter, Parameters,
    RefusedKey, RuleChange, RuleRef,
};
pub use enrolment::{
    EnrolmentAnswer, EnrolmentRequest, KEY_ROTATION_PATH, KeyRotationAnswer, KeyRotationRequest,
    NEW_SIGNATURE_HEADER,
};
pub use evidence::{Evidence, EvidenceKind, Part, UnavailableReason};
pub use field_fault::{FieldFault, FieldProblem};
pub use gap::{GapFault, GapLoss, GapReport, LostThing, MAX_GAP_LOSSES};
pub use ids::{
    AgentId, CameraId, CommandId, DeliveryId, EventId, EvidenceId, IdError, ReportId, UnitId,
    ZoneId,
};
pub use limits::{
    MAX_ANSWER_BYTES, MAX_BOXES_PER_TRACK, MAX_CAMERA_NAME_BYTES, MAX_CLIP_SECONDS,
    MAX_COMMAND_BYTES, MAX_CORNERS, MAX_DESIRED_BYTES, MAX_DESIRED_CAMERAS, MAX_DETAIL_BYTES,
    MAX_EVIDENCE_BYTES, MAX_EVIDENCE_ENTRIES, MAX_PARAMETER_ITEMS, MAX_PARAMETERS,
    MAX_REFUSED_KEYS, MAX_REPORT_BYTES, MAX_RULES_PER_CAMERA, MAX_SHAPES_PER_CAMERA,
    MAX_SIMULATED_CANDIDATES, MAX_SIMULATED_INTERVALS, MAX_SIMULATED_SECONDS, MAX_STATUS_BYTES,
    MAX_TRACKS, MAX_WORD_BYTES, SizeError, check_report_size,
};
pub use place::{Bearing, Heading, Place, Position};
pub use polygon::{Corners, PolygonError, check_polygon};
pub use pose::CameraPose;
pub use report::{
    AgentClock, AutoReport, Basis, Clock, ClockReference, ClockSource, ClockTrust, Interval, Kind,
    ModelRef, Moment, NormBox, Phase, RedLightMoments, Severity, TrackBrief, TrackSpeed,
};
pub use schema::schemas;
pub use signal::{Aspect, ControllerState, MAX_CONTROLLER_STATE_BYTES, SignalGroup};
pub use signature::{
    KeyId, PublicKey, SIGNATURE_PROPERTY, SecretKey, SignatureError, Signed, key_id, sign, verify,
};
pub use status::{
    AgentStatus, CameraCounters, CameraState, CameraStatus, CameraStatusReason, GateStatus,
    Liveness, PoseStatus, WakeReason,
};
pub use topic::{TOPIC_ROOT, Topic, TopicError};
pub use unit::{
    MAX_UNIT_ACK_BYTES, MAX_UNIT_NOTE_CHARS, UnitAck, UnitBundle, UnitCase, UnitDeadline,
    UnitIncident, UnitLetter, UnitOverdue, UnitReview, UnitWord,
};
pub use validity::ReportFault;
