//! Camera → sealed bundle: what an agent sealed is identified, released, downloaded, and verified
//! offline by both programs; whatever is changed in it is named.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::harness::{Program, Site, SiteBroker, path_of, wait_until};

/// The first incident with an event whose seal and parts are all at the server.
async fn sealed_incident(site: &Site) -> Value {
    wait_until("a sealed incident", Duration::from_secs(90), async || {
        let incidents = site.api.incidents_in_detail().await.ok()?;
        incidents.into_iter().find(|incident| {
            let Some(seal) = good_seal(incident) else {
                return false;
            };
            let evidence = incident["evidence"].as_array().unwrap();
            let mut mine = evidence
                .iter()
                .filter(|piece| piece["event_id"] == seal["event_id"]);
            mine.all(|piece| piece["state"] == "stored" || piece["state"] == "unavailable")
        })
    })
    .await
}

fn good_seal(incident: &Value) -> Option<&Value> {
    let seals = incident["seals"].as_array()?;
    seals.iter().find(|seal| seal["verdict"] == "good")
}

fn verify(program: Program, config: &Path, arguments: &[&str], file: &Path) -> Output {
    Command::new(path_of(program).unwrap())
        .arg("--config")
        .arg(config)
        .arg("verify")
        .args(arguments)
        .arg(file)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The server's public key, as the agent got it when it enrolled.
fn server_key(site: &Site) -> String {
    let enrolment = std::fs::read_dir(site.folder())
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path().join("enrolment.json")))
        .chain([site.folder().join("agent-data/enrolment.json")])
        .find(|path| path.exists())
        .unwrap();
    let enrolment: Value = serde_json::from_slice(&std::fs::read(enrolment).unwrap()).unwrap();
    enrolment["server_public_key"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_event_leaves_as_a_bundle_that_verifies_offline() {
    let mut site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    let incident = sealed_incident(&site).await;
    let seal = good_seal(&incident).unwrap().clone();
    let (id, event) = (incident["id"].as_str().unwrap(), &seal["event_id"]);
    let path = |verb: &str| format!("/api/v1/incidents/{id}/{verb}");

    let refused = site
        .api
        .post(&path("release"), json!({ "event_id": event }))
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("review.plate"), "{refused}");
    let plate = json!({ "event_id": event, "plate": "75A-123.45" });
    site.api.post(&path("plate"), plate).await.unwrap();
    confirm(&site, id).await;
    site.api
        .post(&path("release"), json!({ "event_id": event }))
        .await
        .unwrap();

    let bytes = site
        .api
        .bytes(seal["bundle_url"].as_str().unwrap())
        .await
        .unwrap();
    let file = site.folder().join("bundle.zip");
    std::fs::write(&file, &bytes).unwrap();
    site.cameras.drop_camera("cam-1").unwrap();
    site.agent.stop().await.unwrap();
    site.server.stop().await.unwrap();

    // Nothing runs any more: what is verified now is verified offline.
    let config = site.agent.config_file();
    let enrolled = verify(Program::EdgeAgent, &config, &[], &file);
    assert!(enrolled.status.success(), "{enrolled:?}");
    assert!(text(&enrolled).contains("whole: event"), "{enrolled:?}");
    let key = server_key(&site);
    let nowhere = site.folder().join("no-config.toml");
    let pinned = verify(Program::EdgeAgent, &nowhere, &["--server-key", &key], &file);
    assert!(pinned.status.success(), "{pinned:?}");
    opens_elsewhere(&file);

    let still = bytes
        .windows(b"evidence/still-".len())
        .position(|window| window == b"evidence/still-")
        .unwrap();
    let mut flipped = bytes.to_vec();
    // Well inside the picture: its name and header have less than a hundred bytes.
    flipped[still + 1000] ^= 0b100;
    std::fs::write(&file, &flipped).unwrap();
    let verdict = verify(Program::EdgeAgent, &nowhere, &["--server-key", &key], &file);
    assert!(!verdict.status.success(), "{verdict:?}");
    let told = text(&verdict);
    assert!(
        told.contains("NOT WHOLE") && told.contains("fault: evidence/still-"),
        "{told}"
    );
    assert!(told.contains("bytes altered"), "{told}");
}

async fn confirm(site: &Site, id: &str) {
    // A report that comes in between makes the version stale; then look again.
    wait_until("the confirmation", Duration::from_secs(20), async || {
        let version = site.api.incident(id).await.ok()?["version"].clone();
        let path = format!("/api/v1/incidents/{id}/confirm");
        site.api
            .post(&path, json!({ "version": version }))
            .await
            .ok()
    })
    .await;
}

/// Other people's reader opens it, where the machine has it.
fn opens_elsewhere(file: &Path) {
    match Command::new("unzip").arg("-t").arg(file).output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}
