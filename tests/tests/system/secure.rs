//! Whole chains that an attacker, a lost key or a full disk would like to break: TLS from end to end,
//! keys that change under way, agents that are shut out, and losses that are told.

use std::time::Duration;

use serde_json::Value;
use system_tests::camera_simulator::{CameraSimulator, Playback};
use system_tests::harness::{
    AGENT, BrokerChoice, CameraSetup, Mosquitto, ScriptedAgent, Server, Site, SiteBroker,
    short_visit, stored_messages, wait_until,
};
use toml::Table;

const LONG: Duration = Duration::from_secs(60);

/// The camera falls silent, what is open clears, and the books must agree.
async fn settle(site: &Site) {
    site.cameras.drop_camera("cam-1").unwrap();
    site.nothing_lost(LONG).await.unwrap();
}

async fn a_violation_arrives_over_tls(broker: SiteBroker) {
    let site = Site::start_secure(broker).await.unwrap();
    assert!(site.events_raised(2, LONG).await);
    settle(&site).await;
    let enrolment = std::fs::read_to_string(site.folder().join("agent-data/enrolment.json"));
    assert!(enrolment.unwrap().contains("mqtts://"), "no way around TLS");
    assert_eq!(site.api.quarantine().await.unwrap(), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_violation_arrives_over_tls_at_the_embedded_broker() {
    a_violation_arrives_over_tls(SiteBroker::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_violation_arrives_over_tls_at_mosquitto() {
    a_violation_arrives_over_tls(SiteBroker::Mosquitto).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_changes_under_way_loses_nothing() {
    let mut site = Site::start(SiteBroker::Mosquitto, 1).await.unwrap();
    assert!(site.events_raised(1, LONG).await);
    site.agent.rotate().unwrap();
    // What comes until the next start is signed with the old key, which is good for a while.
    assert!(site.events_raised(2, LONG).await);
    // And what waits over the start is signed anew.
    site.mosquitto.as_mut().unwrap().kill();
    assert!(site.events_raised(3, LONG).await);
    site.agent.kill();
    site.agent.come_back().unwrap();
    site.mosquitto.as_mut().unwrap().come_back().await.unwrap();
    assert!(site.events_raised(4, LONG).await);
    settle(&site).await;
    assert_eq!(site.api.quarantine().await.unwrap(), [] as [Value; 0]);
    let messages = stored_messages(&site.server.data_dir()).await.unwrap();
    let keys: std::collections::BTreeSet<&str> = messages
        .iter()
        .filter_map(|message| message.signature.split(':').next())
        .collect();
    assert_eq!(keys.len(), 2, "both keys signed: {keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_had_to_let_go_is_told_and_shown() {
    let cameras = CameraSimulator::start();
    let footage = short_visit().unwrap();
    let url = cameras.add("cam-1", footage, Playback::Looped, None);
    let setup = CameraSetup::parking("cam-1", &url.unwrap());
    // The evidence of one visit fits into what is left to it, that of a few does not.
    let cramped = |config: &mut Table| {
        let outbox = toml::toml! {
            max_bytes = 16777216
            reserved_report_bytes = 16252928
        };
        config.insert("outbox".to_owned(), outbox.into());
    };
    let mut site = Site::start_amended(SiteBroker::Embedded, cameras, vec![setup], |agent| {
        agent.amend(cramped)
    })
    .await
    .unwrap();
    assert!(site.events_raised(1, LONG).await);
    // While the server is away nothing can be uploaded, and later visits push out earlier ones.
    site.server.kill();
    wait_until("the agent to let something go", 2 * LONG, async || {
        let log = site.agent.log();
        log.contains("the outbox is full and let something go")
            .then_some(())
    })
    .await;
    site.server.come_back().await.unwrap();
    let told = wait_until("a gap report", LONG, async || {
        let list = site.api.get("/api/v1/gap-reports").await.ok()?;
        let told = list["items"].as_array()?.first()?.clone();
        Some(told)
    })
    .await;
    assert_eq!(told["agent"], AGENT);
    let losses = told["losses"].as_array().unwrap();
    assert!(
        losses
            .iter()
            .any(|loss| loss["what"] == "evidence" && loss["count"].as_u64() > Some(0)),
        "{told}"
    );
    // Reports have their room: none is lost.
    settle(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_shut_out_is_let_go_of() {
    let site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    assert!(site.events_raised(1, LONG).await);
    let shut_out = site.server.command(&["agent", "revoke", AGENT], None);
    assert!(shut_out.unwrap().contains("shut out"));
    wait_until("the agent's dismissal", LONG, async || {
        let server = site.server.log();
        let agent = site.agent.log();
        (server.contains("disconnected an agent that was revoked")
            && agent.contains("does not accept this agent's password"))
        .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_come_in_by_the_files_that_the_server_writes_for_mosquitto() {
    let folder = tempfile::tempdir().unwrap();
    let [passwords, rights] = ["passwords", "rights"].map(|name| folder.path().join(name));
    std::fs::write(&passwords, "").unwrap();
    std::fs::write(&rights, "").unwrap();
    let mosquitto = Mosquitto::start_guarded(folder.path(), &passwords, &rights);
    let mosquitto = mosquitto.await.unwrap();
    let arguments = [
        "agent",
        "mosquitto",
        "--passwords",
        passwords.to_str().unwrap(),
        "--acl",
        rights.to_str().unwrap(),
    ];
    let choice = BrokerChoice::External(mosquitto.url());
    let server = Server::start_prepared(folder.path(), choice, |server| {
        server.command(&arguments, None)?;
        mosquitto.reload()
    });
    let server = server.await.unwrap();
    let name = "hue-01";
    let enrolled = system_tests::harness::Enrolled::at(&server, name);
    let enrolled = enrolled.await.unwrap();
    assert!(
        ScriptedAgent::connect(&enrolled).await.is_err(),
        "the broker does not know it yet"
    );
    server.command(&arguments, None).unwrap();
    mosquitto.reload().unwrap();
    let mut agent = wait_until("the broker to let it in", LONG, async || {
        ScriptedAgent::connect(&enrolled).await.ok()
    })
    .await;
    let payload = b"{}".to_vec();
    agent.publish(&payload).await.unwrap();
    assert!(agent.ack_of(&payload).await.is_ok(), "it is answered");
    drop(agent);
    server.command(&["agent", "revoke", name], None).unwrap();
    server.command(&arguments, None).unwrap();
    mosquitto.reload().unwrap();
    let written = std::fs::read_to_string(&passwords).unwrap();
    assert!(written.starts_with("ingest:$7$") && !written.contains(name));
    wait_until("the broker to shut it out", LONG, async || {
        ScriptedAgent::connect(&enrolled)
            .await
            .is_err()
            .then_some(())
    })
    .await;
}
