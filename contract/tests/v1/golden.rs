//! Golden messages: what has once been sent must decode, validate and mean the same for ever.
//!
//! A file is named `{message}.{case}.json`; the message is also the name of its schema. Released
//! files are never edited: a change that breaks one breaks agents in the field.

use std::collections::BTreeSet;
use std::path::PathBuf;

use contract::v1::{
    Ack, AgentStatus, Answer, AutoReport, CameraPose, CameraStatus, CloudEvent, Command,
    ControllerState, Desired, EnrolmentAnswer, EnrolmentRequest, EventType, GapReport,
    KeyRotationAnswer, KeyRotationRequest, UnitAck, UnitCase, UnitIncident, UnitLetter, decode,
    encode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One golden message.
pub(crate) struct Golden {
    /// The message's name, e.g. `report`.
    pub(crate) message: String,
    /// The file's name, for failures.
    pub(crate) file: String,
    /// Its exact bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Golden {
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect(&self.file)
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1")
}

pub(crate) fn read(file: &str) -> Vec<u8> {
    let path = folder().join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every golden message, in the order of the file names.
pub(crate) fn all() -> Vec<Golden> {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder of golden messages")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| Golden {
            message: file.split('.').next().unwrap_or_default().to_owned(),
            bytes: read(&file),
            file,
        })
        .collect()
}

fn through_envelope<T: Serialize + DeserializeOwned>(
    golden: &Golden,
    event_type: EventType,
) -> CloudEvent<T> {
    let event: CloudEvent<T> = decode(&golden.bytes, event_type)
        .unwrap_or_else(|error| panic!("{}: {error}: {:?}", golden.file, error));
    let again: Value = serde_json::from_slice(&encode(&event).unwrap()).unwrap();
    assert_eq!(
        again,
        golden.value(),
        "{} changes when it is encoded again",
        golden.file
    );
    event
}

fn through_serde<T: Serialize + DeserializeOwned>(golden: &Golden) {
    let message: T = serde_json::from_slice(&golden.bytes)
        .unwrap_or_else(|error| panic!("{}: {error}", golden.file));
    let again: Value = serde_json::from_str(&serde_json::to_string(&message).unwrap()).unwrap();
    assert_eq!(
        again,
        golden.value(),
        "{} changes when it is encoded again",
        golden.file
    );
}

#[test]
fn every_golden_message_decodes_validates_and_encodes_to_an_equal_value() {
    let goldens = all();
    for golden in &goldens {
        match golden.message.as_str() {
            "report" => {
                let report = through_envelope::<AutoReport>(golden, EventType::Report);
                report
                    .data
                    .validate()
                    .unwrap_or_else(|fault| panic!("{}: {fault}", golden.file));
                assert_eq!(
                    report.id,
                    format!("{}/{}", report.data.event_id, report.data.revision),
                    "{}: a report's envelope id is its idempotency key",
                    golden.file
                );
            }
            "signal-state" => {
                drop(through_envelope::<ControllerState>(
                    golden,
                    EventType::SignalState,
                ));
            }
            "ack" => drop(through_envelope::<Ack>(golden, EventType::Ack)),
            "agent-status" => {
                drop(through_envelope::<AgentStatus>(
                    golden,
                    EventType::AgentStatus,
                ));
            }
            "camera-status" => {
                drop(through_envelope::<CameraStatus>(
                    golden,
                    EventType::CameraStatus,
                ));
            }
            "camera-pose" => {
                let pose = through_envelope::<CameraPose>(golden, EventType::CameraPose);
                assert!(pose.data.is_valid(), "{}", golden.file);
            }
            "desired" => {
                let desired = through_envelope::<Desired>(golden, EventType::Desired);
                assert_eq!(desired.data.validate(), Ok(()), "{}", golden.file);
            }
            "command" => {
                let command = through_envelope::<Command>(golden, EventType::Command);
                assert_eq!(command.data.action.validate(), Ok(()), "{}", golden.file);
                assert_eq!(command.id, command.data.id.to_string(), "{}", golden.file);
            }
            "answer" => {
                let answer = through_envelope::<Answer>(golden, EventType::Answer);
                assert_eq!(
                    answer.id,
                    answer.data.command.to_string(),
                    "{}",
                    golden.file
                );
            }
            "gap-report" => {
                let gap = through_envelope::<GapReport>(golden, EventType::GapReport);
                assert_eq!(gap.data.validate(), Ok(()), "{}", golden.file);
            }
            "unit-incident" => {
                let told = through_envelope::<UnitIncident>(golden, EventType::UnitIncident);
                assert_eq!(told.id, told.data.delivery.to_string(), "{}", golden.file);
            }
            "unit-case" => {
                let told = through_envelope::<UnitCase>(golden, EventType::UnitCase);
                assert_eq!(told.id, told.data.delivery.to_string(), "{}", golden.file);
            }
            "unit-letter" => {
                let told = through_envelope::<UnitLetter>(golden, EventType::UnitLetter);
                assert_eq!(told.id, told.data.letter.to_string(), "{}", golden.file);
            }
            "unit-ack" => {
                let ack = through_envelope::<UnitAck>(golden, EventType::UnitAck);
                assert!(ack.data.is_valid(), "{}", golden.file);
            }
            "key-rotation-request" => through_serde::<KeyRotationRequest>(golden),
            "key-rotation-answer" => through_serde::<KeyRotationAnswer>(golden),
            "enrolment-request" => through_serde::<EnrolmentRequest>(golden),
            "enrolment-answer" => through_serde::<EnrolmentAnswer>(golden),
            "signature" => {}
            other => panic!("{}: no such message as {other:?}", golden.file),
        }
    }
}

#[test]
fn every_message_has_a_golden_one() {
    let have: BTreeSet<String> = all().into_iter().map(|golden| golden.message).collect();
    for (schema, _) in contract::v1::schemas() {
        let message = schema.trim_end_matches(".json");
        assert!(have.contains(message), "no golden message for {message}");
    }
}

#[test]
fn an_envelope_of_another_type_or_version_is_refused() {
    let report = read("report.raised.json");
    assert!(decode::<Value>(&report, EventType::Ack).is_err());
    let text = String::from_utf8(report).unwrap();
    let newer = text.replacen("\"specversion\": \"1.0\"", "\"specversion\": \"2.0\"", 1);
    assert_ne!(newer, text);
    assert!(decode::<AutoReport>(newer.as_bytes(), EventType::Report).is_err());
}

#[test]
fn a_newer_agents_unknown_fields_do_not_stop_a_report() {
    let mut value: Value = serde_json::from_slice(&read("report.raised.json")).unwrap();
    value["data"]["heading_deg"] = 12.5.into();
    value["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into();
    let bytes = serde_json::to_vec(&value).unwrap();
    let event = decode::<AutoReport>(&bytes, EventType::Report).unwrap();
    assert_eq!(event.data.validate(), Ok(()));
}

#[test]
fn a_number_that_is_not_finite_is_never_sent() {
    for file in ["report.updated.json", "report.raised.json"] {
        let mut event = decode::<AutoReport>(&read(file), EventType::Report).unwrap();
        assert!(encode(&event).is_ok(), "{file}");
        event.data.confidence = f32::NAN;
        assert!(encode(&event).is_err(), "{file}");
    }
}

#[test]
fn the_type_of_an_envelope_is_known_before_its_data() {
    use contract::v1::event_type;
    let typed = |file| event_type(&read(file)).unwrap();
    assert_eq!(typed("report.raised.json"), EventType::Report);
    assert_eq!(typed("gap-report.first.json"), EventType::GapReport);
    assert!(event_type(b"{\"type\": \"other\"}").is_err());
}

#[test]
fn a_gap_report_that_counts_nothing_is_refused() {
    use contract::v1::GapFault;
    let good = decode::<GapReport>(&read("gap-report.first.json"), EventType::GapReport)
        .unwrap()
        .data;
    let broken = |change: fn(&mut GapReport)| {
        let mut gap = good.clone();
        change(&mut gap);
        gap.validate()
    };
    assert_eq!(broken(|gap| gap.revision = 0), Err(GapFault::Revision));
    assert_eq!(broken(|gap| gap.losses.clear()), Err(GapFault::Losses(0)));
    assert_eq!(broken(|gap| gap.losses[0].count = 0), Err(GapFault::Count));
    assert_eq!(
        broken(|gap| gap.outbox.make_ascii_uppercase()),
        Err(GapFault::Outbox)
    );
}
