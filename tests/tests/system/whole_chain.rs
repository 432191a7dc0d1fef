//! Camera → incident: what a camera filmed is what an operator sees, with proof.

use std::time::Duration;

use contract::v1::AutoReport;
use contract::v1::{EventType, Phase, SecretKey, decode};
use hex::ToHex as _;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use system_tests::harness::{AGENT, Site, SiteBroker, stored_messages, wait_until};

use crate::video;

const PRE_ROLL_S: u32 = 2;
const POST_ROLL_S: u32 = 1;
const PICTURES_PER_SECOND: u32 = 10;
/// Pictures of one round of the footage.
const ROUND: u32 = 90;

fn piece<'a>(incident: &'a Value, kind: &str) -> Option<&'a Value> {
    incident["evidence"]
        .as_array()?
        .iter()
        .find(|piece| piece["kind"] == kind)
}

/// The first incident whose evidence is all at the server.
async fn finished_incident(site: &Site) -> Value {
    wait_until(
        "an incident with still and clip",
        Duration::from_secs(60),
        async || {
            let incidents = site.api.incidents_in_detail().await.ok()?;
            incidents.into_iter().find(|incident| {
                ["still", "still_overlay", "clip"].iter().all(|kind| {
                    piece(incident, kind).is_some_and(|piece| piece["state"] == "stored")
                }) && incident["camera_phase"] == "cleared"
            })
        },
    )
    .await
}

async fn fetch(site: &Site, incident: &Value, kind: &str) -> std::path::PathBuf {
    let piece = piece(incident, kind).unwrap();
    let (incident, id) = (
        incident["id"].as_str().unwrap(),
        piece["id"].as_str().unwrap(),
    );
    let bytes = site.api.evidence(incident, id).await.unwrap();
    assert_eq!(piece["bytes"].as_u64(), u64::try_from(bytes.len()).ok());
    assert_eq!(
        piece["sha256"],
        Sha256::digest(&bytes).encode_hex::<String>().as_str()
    );
    let file = site.folder().join(format!("fetched-{kind}"));
    std::fs::write(&file, bytes).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_picture_becomes_an_incident_with_proof() {
    let begun = Timestamp::now();
    let mut site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    let mut live = site.api.live().await.unwrap();
    let told = live.next("incident", Duration::from_secs(60)).await;
    assert!(
        told.is_some_and(|data| data["id"].is_string()),
        "the queue fills without reload"
    );
    let incident = finished_incident(&site).await;

    says_what_happened(&incident, begun);
    let deciding = still_shows_the_deciding_picture(&site, &incident).await;
    clip_holds_pre_roll_and_deciding_picture(&site, &incident, deciding).await;
    every_stored_message_verifies(&site).await;

    site.cameras.drop_camera("cam-1").unwrap();
    site.nothing_lost(Duration::from_secs(30)).await.unwrap();
    site.agent.stop().await.unwrap();
    site.server.stop().await.unwrap();
}

fn says_what_happened(incident: &Value, begun: Timestamp) {
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(incident["kind"], "traffic_violation");
    assert_eq!(incident["detail"], "illegal_parking");
    assert_eq!(incident["state"], "new");
    assert_eq!(incident["zone"], "carriageway");
    assert_eq!(incident["camera"]["agent"], AGENT);
    assert_eq!(incident["camera"]["id"], "cam-1");
    assert_eq!(incident["camera"]["name"], "Camera cam-1");
    assert!(
        incident["place"].to_string().contains("16.4637"),
        "{}",
        incident["place"]
    );
    assert!(incident["confidence"].as_f64().unwrap() > 0.4);
    let (start, end) = (
        time(&incident["occurred"]["start"]),
        time(&incident["occurred"]["end"]),
    );
    assert!(
        begun < start && start < end && end <= Timestamp::now(),
        "{}",
        incident["occurred"]
    );
    assert!(
        start < time(&incident["created_at"]),
        "seen before it was reported"
    );
    let seen = end.duration_since(start).as_secs_f64();
    assert!(
        (2.0..9.0).contains(&seen),
        "the car stood for seconds, not {seen}"
    );
}

/// Returns the time code of the still.
async fn still_shows_the_deciding_picture(site: &Site, incident: &Value) -> u32 {
    assert_eq!(piece(incident, "still").unwrap()["mime"], "image/jpeg");
    let still = fetch(site, incident, "still").await;
    let overlay = fetch(site, incident, "still_overlay").await;
    let shown = video::probe(&still);
    assert_eq!(shown["streams"][0]["width"], 960);
    assert_eq!(shown["streams"][0]["height"], 540);
    let timecodes = video::timecodes(&still);
    let deciding = *timecodes.first().expect("a picture");
    assert_eq!(
        video::timecodes(&overlay),
        [deciding],
        "the same picture, drawn upon"
    );
    assert_ne!(
        std::fs::read(&still).unwrap(),
        std::fs::read(&overlay).unwrap()
    );
    // It stands from second 2 to 4.5, and is parking after 1.5 seconds of that or of rolling in.
    assert!(
        (25..=60).contains(&deciding),
        "picture {deciding} of the round decided"
    );
    deciding
}

async fn clip_holds_pre_roll_and_deciding_picture(site: &Site, incident: &Value, deciding: u32) {
    let clip = fetch(site, incident, "clip").await;
    assert_eq!(piece(incident, "clip").unwrap()["mime"], "video/mp4");
    let shown = video::probe(&clip);
    assert_eq!(
        shown["streams"][0]["codec_name"], "h264",
        "the camera's own bytes"
    );
    let timecodes = video::timecodes(&clip);
    let gapless = timecodes
        .windows(2)
        .all(|pair| pair[1] == (pair[0] + 1) % ROUND);
    assert!(gapless, "pictures are missing: {timecodes:?}");
    let at = timecodes
        .iter()
        .position(|code| *code == deciding)
        .expect("the deciding picture");
    let before = u32::try_from(at).unwrap();
    let after = u32::try_from(timecodes.len()).unwrap() - before - 1;
    assert!(
        before >= PRE_ROLL_S * PICTURES_PER_SECOND,
        "{before} pictures of pre-roll"
    );
    assert!(
        after + 1 >= POST_ROLL_S * PICTURES_PER_SECOND,
        "{after} pictures of post-roll"
    );
}

async fn every_stored_message_verifies(site: &Site) {
    let key = std::fs::read_to_string(site.folder().join("agent-data/agent.key")).unwrap();
    let key = SecretKey::from_base64(key.trim()).unwrap().public();
    let messages = stored_messages(&site.server.data_dir()).await.unwrap();
    assert!(messages.len() >= 3, "raised, sealed, cleared");
    let mut phases = Vec::new();
    for message in &messages {
        assert_eq!(message.topic, format!("vong/v1/agents/{AGENT}/reports"));
        assert!(
            message.verifies(&key),
            "a stored signature does not fit its bytes"
        );
        let report = decode::<AutoReport>(&message.payload, EventType::Report)
            .unwrap()
            .data;
        report.validate().unwrap();
        phases.push(report.phase);
    }
    assert_eq!(phases.first(), Some(&Phase::Raised));
    assert!(phases.contains(&Phase::Cleared));
}
