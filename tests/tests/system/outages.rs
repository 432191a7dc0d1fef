//! Broker, server and agent away and back, killed without warning while events happen: nothing that
//! a rule saw is lost, nothing is doubled.

use std::time::Duration;

use system_tests::harness::{Site, SiteBroker, wait_until};

const LONG: Duration = Duration::from_secs(60);

/// The camera falls silent, what is open clears, and the books must agree.
async fn settle(site: &Site) {
    site.cameras.drop_camera("cam-1").unwrap();
    site.nothing_lost(LONG).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_and_comes_back_loses_nothing() {
    let mut site = Site::start(SiteBroker::Mosquitto, 1).await.unwrap();
    assert!(site.events_raised(1, LONG).await);
    site.mosquitto.as_mut().unwrap().kill();
    assert!(
        site.events_raised(2, LONG).await,
        "the agent goes on without a broker"
    );
    site.mosquitto.as_mut().unwrap().come_back().await.unwrap();
    assert!(site.events_raised(3, LONG).await);
    settle(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_comes_back_loses_nothing() {
    let mut site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    assert!(site.events_raised(1, LONG).await);
    site.server.kill();
    assert!(
        site.events_raised(2, LONG).await,
        "the agent goes on without a server"
    );
    site.server.come_back().await.unwrap();
    site.api = site.server.log_in().await.unwrap();
    assert!(site.events_raised(3, LONG).await);
    settle(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_killed_and_comes_back_loses_nothing() {
    let mut site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    // Killed while an event is open: the server has heard of it, its clip is not yet cut.
    wait_until("the first incident", LONG, async || {
        let incidents = site.api.incidents().await.ok()?;
        incidents
            .iter()
            .any(|incident| incident["camera_phase"] != "cleared")
            .then_some(())
    })
    .await;
    site.agent.kill();
    site.agent.come_back().unwrap();
    assert!(site.events_raised(2, LONG).await);
    settle(&site).await;
    let incidents = site.api.incidents().await.unwrap();
    let phases: Vec<_> = incidents
        .iter()
        .map(|incident| &incident["camera_phase"])
        .collect();
    assert!(
        phases.iter().all(|phase| *phase == "cleared"),
        "nothing stays open: {phases:?}"
    );
}
