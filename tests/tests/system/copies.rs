//! Redacted copies by the real detector: the server starts the agent's program, which finds the
//! reported car again; and nothing else can be given out.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::harness::{Site, SiteBroker, wait_until};

fn stored(incident: &Value, kind: &str) -> Option<Value> {
    let pieces = incident["evidence"].as_array()?;
    let mut stored = pieces.iter().filter(|piece| piece["state"] == "stored");
    stored.find(|piece| piece["kind"] == kind).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_detector_finds_the_reported_car_and_only_the_redacted_copy_leaves() {
    let mut site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    let incident = wait_until(
        "an incident with a clip",
        Duration::from_secs(90),
        async || {
            let incidents = site.api.incidents_in_detail().await.ok()?;
            let complete = |incident: &Value| {
                incident["kind"] == "traffic_violation"
                    && stored(incident, "clip").is_some()
                    && stored(incident, "still").is_some()
            };
            incidents.into_iter().find(complete)
        },
    )
    .await;
    // What follows needs the machine's time for itself.
    site.cameras.drop_camera("cam-1").unwrap();
    site.agent.stop().await.unwrap();
    let id = incident["id"].as_str().unwrap();
    for kind in ["still", "clip"] {
        let piece = stored(&incident, kind).unwrap()["id"].clone();
        let piece = piece.as_str().unwrap();
        let path = format!("/api/v1/incidents/{id}/evidence/{piece}");
        let out = format!("{path}/disclosures");
        let refused = site.api.post(&out, json!({ "to": "citizen" })).await;
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("copy_unavailable") || refused.contains("409"),
            "{refused}"
        );
        site.api
            .post(&format!("{path}/redaction"), json!({}))
            .await
            .unwrap();
        let copy = wait_until("a redacted copy", Duration::from_secs(150), async || {
            let incident = site.api.incident(id).await.ok()?;
            let pieces = incident["evidence"].as_array()?;
            let copy = pieces.iter().find(|one| one["id"] == piece)?["redacted"].clone();
            (copy["state"] == "made" || !copy["reason"].is_null()).then_some(copy)
        })
        .await;
        assert_eq!(copy["state"], "made", "{kind}: {copy}");
        assert_eq!(copy["offender"], "kept", "{kind}: {copy}");
        assert_eq!(copy["method"], "heads_and_plate_areas");
        let program = copy["program"].as_str().unwrap();
        assert!(
            program.contains("edge-agent") && program.contains("vong-starter"),
            "{program}"
        );
        let given = site
            .api
            .post(&out, json!({ "to": "citizen" }))
            .await
            .unwrap();
        assert_eq!(given["sha256"], copy["sha256"]);
        let redacted = site
            .api
            .bytes(given["url"].as_str().unwrap())
            .await
            .unwrap();
        let original = format!("{path}?purpose=review");
        let original = site.api.bytes(&original).await.unwrap();
        assert_ne!(redacted, original);
        let log = site.api.get(&format!("{path}/custody")).await.unwrap();
        let acts: Vec<&str> = log["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|entry| entry["act"].as_str())
            .collect();
        assert_eq!(acts[..2], ["received", "verified"]);
        for act in ["asked", "derived", "disclosed", "viewed"] {
            assert!(acts.contains(&act), "{kind}: {acts:?}");
        }
        assert!(log["broken_at"].is_null(), "{log}");
    }
    // H.264 plays as it is.
    let incident = site.api.incident(id).await.unwrap();
    assert_eq!(
        stored(&incident, "clip").unwrap()["viewing"]["state"],
        "not_needed"
    );
}
