//! JSON Schema of every message, generated from the types. Checked in under `contract/schema/v1/`.

use schemars::{Schema, schema_for};

use super::{
    Ack, AgentStatus, Answer, AutoReport, CameraPose, CameraStatus, CloudEvent, Command,
    ControllerState, Desired, EnrolmentAnswer, EnrolmentRequest, GapReport, KeyRotationAnswer,
    KeyRotationRequest, UnitAck, UnitCase, UnitIncident, UnitLetter,
};

/// `(file name, schema)` of every message of version 1.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("report.json", schema_for!(CloudEvent<AutoReport>)),
        ("ack.json", schema_for!(CloudEvent<Ack>)),
        ("agent-status.json", schema_for!(CloudEvent<AgentStatus>)),
        ("camera-status.json", schema_for!(CloudEvent<CameraStatus>)),
        ("camera-pose.json", schema_for!(CloudEvent<CameraPose>)),
        ("desired.json", schema_for!(CloudEvent<Desired>)),
        ("command.json", schema_for!(CloudEvent<Command>)),
        ("answer.json", schema_for!(CloudEvent<Answer>)),
        (
            "signal-state.json",
            schema_for!(CloudEvent<ControllerState>),
        ),
        ("gap-report.json", schema_for!(CloudEvent<GapReport>)),
        ("unit-incident.json", schema_for!(CloudEvent<UnitIncident>)),
        ("unit-case.json", schema_for!(CloudEvent<UnitCase>)),
        ("unit-letter.json", schema_for!(CloudEvent<UnitLetter>)),
        ("unit-ack.json", schema_for!(CloudEvent<UnitAck>)),
        ("enrolment-request.json", schema_for!(EnrolmentRequest)),
        ("enrolment-answer.json", schema_for!(EnrolmentAnswer)),
        ("key-rotation-request.json", schema_for!(KeyRotationRequest)),
        ("key-rotation-answer.json", schema_for!(KeyRotationAnswer)),
    ]
}
