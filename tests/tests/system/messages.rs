//! What arrives at the server from agents that repeat themselves, lie, or talk nonsense.

use contract::v1::{
    Ack, AckOutcome, AutoReport, CameraId, Clock, ClockSource, EventId, Interval, Kind,
    MAX_REPORT_BYTES, Phase, RefusalReason, SecretKey, Severity, Topic, sign,
};
use jiff::Timestamp;
use serde_json::Value;
use system_tests::harness::{ApiClient, BrokerChoice, ScriptedAgent, Server};
use tempfile::TempDir;

struct Fixture {
    agent: ScriptedAgent,
    api: ApiClient,
    server: Server,
    _folder: TempDir,
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), BrokerChoice::Embedded)
        .await
        .unwrap();
    let agent = ScriptedAgent::enrol(&server, "teller").await.unwrap();
    let api = server.log_in().await.unwrap();
    Fixture {
        agent,
        api,
        server,
        _folder: folder,
    }
}

fn report(agent: &ScriptedAgent, camera: &str) -> AutoReport {
    AutoReport {
        event_id: EventId::new(),
        revision: 1,
        phase: Phase::Raised,
        kind: Kind::StrayCattle,
        detail: "stray_cattle".to_owned(),
        confidence: 0.8,
        severity: Severity::High,
        occurred: Interval {
            start: Timestamp::now(),
            end: None,
        },
        clock: Clock {
            source: ClockSource::Agent,
            offset_ms: None,
            agent: None,
            trust: contract::v1::ClockTrust::Unknown,
        },
        place: None,
        agent: agent.id.clone(),
        camera: camera.parse::<CameraId>().unwrap(),
        camera_name: None,
        pose: None,
        zone: None,
        tracks: Vec::new(),
        speeds: Vec::new(),
        heading: None,
        count: Some(2),
        model: None,
        rule_version: "stray_cattle/1".to_owned(),
        basis: None,
        evidence: Vec::new(),
    }
}

fn refusal(ack: &Ack) -> Option<RefusalReason> {
    match &ack.outcome {
        AckOutcome::Stored => None,
        AckOutcome::Refused { reason, message } => {
            assert!(!message.is_empty(), "a person must be told why");
            Some(*reason)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_twice_is_stored_once_and_acked_twice() {
    let mut site = fixture().await;
    let report = report(&site.agent, "cam-1");
    let payload = site.agent.message(&report).unwrap();
    for _ in 0..3 {
        site.agent.publish(&payload).await.unwrap();
        let ack = site.agent.ack_of(&payload).await.unwrap();
        assert_eq!(refusal(&ack), None);
        assert_eq!(
            (ack.event_id, ack.revision),
            (Some(report.event_id), Some(1))
        );
    }
    let incidents = site.api.incidents_in_detail().await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0]["report_count"], 1);
    assert_eq!(incidents[0]["events"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_under_the_same_event_and_revision_are_a_conflict() {
    let mut site = fixture().await;
    let mut report = report(&site.agent, "cam-1");
    let first = site.agent.message(&report).unwrap();
    site.agent.publish(&first).await.unwrap();
    assert_eq!(refusal(&site.agent.ack_of(&first).await.unwrap()), None);
    report.severity = Severity::Low;
    let second = site.agent.message(&report).unwrap();
    site.agent.publish(&second).await.unwrap();
    let ack = site.agent.ack_of(&second).await.unwrap();
    assert_eq!(refusal(&ack), Some(RefusalReason::Conflict));
    let incidents = site.api.incidents().await.unwrap();
    assert_eq!(incidents[0]["severity"], "high", "the first stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_may_arrive_in_any_order() {
    let mut site = fixture().await;
    let mut report = report(&site.agent, "cam-1");
    for (revision, phase) in [(3, Phase::Cleared), (1, Phase::Raised), (2, Phase::Updated)] {
        report.revision = revision;
        report.phase = phase;
        report.occurred.end = (phase == Phase::Cleared).then_some(report.occurred.start);
        let payload = site.agent.message(&report).unwrap();
        site.agent.publish(&payload).await.unwrap();
        assert_eq!(refusal(&site.agent.ack_of(&payload).await.unwrap()), None);
    }
    let incidents = site.api.incidents_in_detail().await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0]["camera_phase"], "cleared");
    assert_eq!(incidents[0]["report_count"], 3);
    assert_eq!(incidents[0]["events"][0]["revision"], 3);
}

/// Publishes bytes that must be refused, and checks ack and quarantine.
async fn expect_refused(
    site: &mut Fixture,
    payload: &[u8],
    signature: Option<String>,
    reason: RefusalReason,
) {
    site.agent.publish_with(payload, signature).await.unwrap();
    let ack = site.agent.ack_of(payload).await.unwrap();
    assert_eq!(refusal(&ack), Some(reason));
    let quarantine = site.api.quarantine().await.unwrap();
    let entry: Option<&Value> = quarantine
        .iter()
        .find(|entry| entry["sha256"] == ack.sha256.as_str());
    let entry = entry.unwrap_or_else(|| panic!("{reason:?} is not in {quarantine:?}"));
    assert_eq!(entry["reason"], reason.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_accepted_is_quarantined_refused_and_stops_nobody() {
    let mut site = fixture().await;
    let topic = Topic::Reports(site.agent.id.clone()).to_string();
    let good = report(&site.agent, "cam-1");
    let signed =
        |agent: &ScriptedAgent, payload: &[u8]| Some(sign(&agent.key, &topic, payload).to_string());

    let unsigned = site.agent.message(&report(&site.agent, "cam-1")).unwrap();
    expect_refused(&mut site, &unsigned, None, RefusalReason::Unsigned).await;

    let garbage = b"{ this is not JSON".to_vec();
    let signature = signed(&site.agent, &garbage);
    expect_refused(&mut site, &garbage, signature, RefusalReason::Malformed).await;

    let mut padded = site.agent.message(&report(&site.agent, "cam-1")).unwrap();
    padded.resize(MAX_REPORT_BYTES + 1, b' ');
    let signature = signed(&site.agent, &padded);
    expect_refused(&mut site, &padded, signature, RefusalReason::TooLarge).await;

    let mut wrong = report(&site.agent, "cam-1");
    wrong.confidence = 2.0;
    let wrong = site.agent.message(&wrong).unwrap();
    let signature = signed(&site.agent, &wrong);
    expect_refused(&mut site, &wrong, signature, RefusalReason::Invalid).await;

    let mut impostor = report(&site.agent, "cam-1");
    impostor.agent = "somebody-else".parse().unwrap();
    let impostor = site.agent.message(&impostor).unwrap();
    let signature = signed(&site.agent, &impostor);
    expect_refused(&mut site, &impostor, signature, RefusalReason::WrongAgent).await;

    let foreign = site.agent.message(&report(&site.agent, "cam-1")).unwrap();
    let stranger = SecretKey::from_bytes(&[9; 32]);
    let signature = Some(sign(&stranger, &topic, &foreign).to_string());
    expect_refused(&mut site, &foreign, signature, RefusalReason::UnknownKey).await;

    let tampered = site.agent.message(&report(&site.agent, "cam-1")).unwrap();
    let signature = signed(&site.agent, b"other bytes");
    expect_refused(&mut site, &tampered, signature, RefusalReason::BadSignature).await;

    assert!(
        site.api.incidents().await.unwrap().is_empty(),
        "none of it became an incident"
    );
    let payload = site.agent.message(&good).unwrap();
    site.agent.publish(&payload).await.unwrap();
    assert_eq!(
        refusal(&site.agent.ack_of(&payload).await.unwrap()),
        None,
        "others go on"
    );
    assert_eq!(site.api.incidents().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acked_survives_a_kill() {
    let mut site = fixture().await;
    let mut payloads = Vec::new();
    for number in 0..20 {
        let report = report(&site.agent, &format!("cam-{number}"));
        payloads.push(site.agent.message(&report).unwrap());
    }
    for payload in &payloads {
        site.agent.publish(payload).await.unwrap();
        assert_eq!(refusal(&site.agent.ack_of(payload).await.unwrap()), None);
    }
    site.server.kill();
    site.server.come_back().await.unwrap();
    let api = site.server.log_in().await.unwrap();
    assert_eq!(api.incidents().await.unwrap().len(), payloads.len());
}
