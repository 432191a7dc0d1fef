//! Cameras that go away, fall silent, or refuse: each is said, none drags another along.

use std::time::Duration;

use serde_json::Value;
use system_tests::camera_simulator::{CameraSimulator, Credentials, Playback};
use system_tests::harness::{CameraSetup, Site, SiteBroker, parking_rule, short_visit, wait_until};

const LONG: Duration = Duration::from_secs(60);

/// Waits until the server knows a camera in this state, with this reason.
async fn camera_is(site: &Site, id: &str, state: &str, reason: Option<&str>) -> Value {
    let what = format!("{id} is {state} {}", reason.unwrap_or_default());
    wait_until(&what, LONG, async || {
        let camera = site.api.camera(id).await.ok()??;
        let fits = camera["state"] == state && reason.is_none_or(|word| camera["reason"] == word);
        fits.then_some(camera)
    })
    .await
}

fn received(camera: &Value) -> u64 {
    camera["counters"]["received"].as_u64().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_unplugged_is_said_to_be_away_and_comes_back_alone() {
    let site = Site::start(SiteBroker::Embedded, 2).await.unwrap();
    camera_is(&site, "cam-1", "running", None).await;
    let other = received(&camera_is(&site, "cam-2", "running", None).await);
    site.cameras.drop_camera("cam-1").unwrap();
    camera_is(&site, "cam-1", "retrying", Some("unreachable")).await;

    let neighbour = wait_until("the other camera goes on", LONG, async || {
        let camera = site.api.camera("cam-2").await.ok()??;
        (received(&camera) > other).then_some(camera)
    })
    .await;
    assert_eq!(neighbour["state"], "running");
    assert_eq!(neighbour["counters"]["reconnects"], 0, "it was not touched");

    site.cameras.come_back("cam-1").unwrap();
    let back = camera_is(&site, "cam-1", "running", None).await;
    assert!(back["counters"]["reconnects"].as_u64().unwrap_or_default() >= 1);
    assert!(site.events_raised(1, LONG).await);
    for id in ["cam-1", "cam-2"] {
        site.cameras.drop_camera(id).unwrap();
    }
    site.nothing_lost(LONG).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_falls_silent_is_said_to_stall_and_comes_back() {
    let site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    camera_is(&site, "cam-1", "running", None).await;
    site.cameras.stall("cam-1").unwrap();
    camera_is(&site, "cam-1", "retrying", Some("stalled")).await;
    site.cameras.come_back("cam-1").unwrap();
    camera_is(&site, "cam-1", "running", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_called_that_and_the_right_one_works() {
    let cameras = CameraSimulator::start();
    let credentials = Credentials {
        user: "viewer".to_owned(),
        password: "right".to_owned(),
    };
    let mut setups = Vec::new();
    for (id, password) in [("cam-right", "right"), ("cam-wrong", "wrong")] {
        let footage = short_visit().unwrap();
        let url = cameras
            .add(id, footage, Playback::Looped, Some(&credentials))
            .unwrap();
        setups.push(CameraSetup {
            id: id.to_owned(),
            name: id.to_owned(),
            url: url.replace("rtsp://", "rtsp://viewer@"),
            password: Some(password.to_owned()),
            rest: parking_rule(),
        });
    }
    let site = Site::start_with(SiteBroker::Embedded, cameras, setups)
        .await
        .unwrap();
    camera_is(&site, "cam-wrong", "retrying", Some("unauthorized")).await;
    camera_is(&site, "cam-right", "running", None).await;
    let log = site.agent.log();
    let line = log
        .lines()
        .find(|line| line.contains("cam-wrong") && line.contains("password"));
    assert!(
        line.is_some(),
        "a sentence that names camera and remedy:\n{log}"
    );
    assert!(
        !log.contains("=wrong") && !log.contains(":wrong@"),
        "no password in the log"
    );
}
