//! What drives over a line, over RTSP, through a model, tracks and a calibrated ground, to a report at the server: how
//! fast it was, and how surely; and a line that the server moves while everything runs.

use std::time::Duration;

use contract::v1::{AutoReport, EventType, Phase, decode};
use serde_json::{Value, json};
use system_tests::camera_simulator::{CameraSimulator, Footage, Playback};
use system_tests::harness::{AGENT, CameraSetup, Site, SiteBroker, stored_messages, wait_until};
use system_tests::rendered_scene::{ActorKind, Backdrop, Storyboard, Visit};

const LONG: Duration = Duration::from_secs(90);
/// The picture is 20 m wide where the car drives.
const METRES: f64 = 20.0;
/// Widths of the picture a second.
const PACE: f32 = 0.4;
/// Where the car comes to stand in the storyboard, its length, and when it leaves.
const STANDS: f32 = 0.5;
const LENGTH: f32 = 0.3;
const LEAVES: f32 = 4.0;

/// When the storyboard shows the car where an even drive has it: it brakes and accelerates there with the square of time.
fn evenly(at: Duration) -> Duration {
    let way = STANDS + LENGTH;
    let x = PACE.mul_add(at.as_secs_f32(), -LENGTH);
    let then = match x <= STANDS {
        true => 2.0 * (1.0 - ((STANDS - x) / way).sqrt()),
        false => LEAVES + 2.0 * ((x - STANDS) / way).sqrt(),
    };
    // By then it is gone.
    Duration::from_secs_f32(then.clamp(0.0, LEAVES + 3.9))
}

fn drive() -> Footage {
    let car = Visit {
        kind: ActorKind::Car,
        arrives: Duration::ZERO,
        leaves: Duration::from_secs_f32(LEAVES),
        stands: (STANDS, 0.88),
        length: LENGTH,
    };
    let storyboard = Storyboard {
        length: Duration::from_secs(8),
        backdrop: Backdrop::Street(0),
        visits: vec![car],
    };
    Footage::retimed(&storyboard, evenly).unwrap()
}

/// A camera that looks across the street, measured by four points of it.
fn measured(url: &str) -> CameraSetup {
    let rest = toml::toml! {
        place = { lat = 16.4637, lon = 107.5909, uncertainty_m = 20.0 }
        ring = { seconds = 20 }
        analyse_fps = 10

        [calibration]
        mark_error_m = 0.2
        pairs = [
            [0.0, 1.0, 16.4637, 107.5909],
            [1.0, 1.0, 16.4637, 107.59108734],
            [0.0, 0.6, 16.46379036, 107.5909],
            [1.0, 0.6, 16.46379036, 107.59108734],
        ]

        [[line]]
        id = "bridge"
        points = [[0.5, 0.6], [0.5, 1.0]]
        towards = [0.9, 0.8]

        [[rule]]
        kind = "line_crossing"
        line = "bridge"
        cool_down_s = 0.0
        pre_roll_s = 2.0
        post_roll_s = 1.0
    };
    CameraSetup {
        id: "cam-1".to_owned(),
        name: "Cầu".to_owned(),
        url: url.to_owned(),
        password: None,
        rest,
    }
}

/// The first revisions of events at the line.
async fn crossings(site: &Site) -> Vec<AutoReport> {
    let messages = stored_messages(&site.server.data_dir()).await.unwrap();
    let reports = messages.iter().filter_map(|message| {
        let report = decode::<AutoReport>(&message.payload, EventType::Report);
        report.ok().map(|report| report.data)
    });
    reports
        .filter(|report| report.phase == Phase::Raised && report.detail == "line_crossing")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_how_fast_a_car_drove_and_how_surely() {
    let cameras = CameraSimulator::start();
    let url = cameras.add("cam-1", drive(), Playback::Looped, None);
    let setups = vec![measured(&url.unwrap())];
    let site = Site::start_with(SiteBroker::Embedded, cameras, setups)
        .await
        .unwrap();
    // The first drive may have begun before anybody looked.
    let reports = wait_until("three drives over the line", LONG, async || {
        let raised = crossings(&site).await;
        (raised.len() >= 3).then_some(raised)
    })
    .await;
    let truth = f64::from(PACE) * METRES * 3.6;
    for report in &reports[1..] {
        let [track] = &report.tracks[..] else {
            panic!("one car, not {:?}", report.tracks);
        };
        let [speed] = &report.speeds[..] else {
            panic!("its speed, not {:?}", report.speeds);
        };
        assert_eq!(speed.track, track.id);
        let (kmh, sigma) = (f64::from(speed.kmh), f64::from(speed.uncertainty_kmh));
        assert!(
            (kmh - truth).abs() <= 0.1 * truth,
            "{kmh} ± {sigma}, in truth {truth}"
        );
        assert!(
            (kmh - truth).abs() <= 3.0 * sigma,
            "{kmh} ± {sigma}, in truth {truth}"
        );
        assert!(sigma < 0.25 * truth, "{kmh} ± {sigma} says nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_the_server_moves_is_watched_where_it_lies_without_a_restart() {
    let cameras = CameraSimulator::start();
    let url = cameras.add("cam-1", drive(), Playback::Looped, None);
    let setups = vec![measured(&url.unwrap())];
    let site = Site::start_with(SiteBroker::Embedded, cameras, setups)
        .await
        .unwrap();
    wait_until("a drive over the line", LONG, async || {
        (!crossings(&site).await.is_empty()).then_some(())
    })
    .await;
    let path = format!("/api/v1/agents/{AGENT}/desired");
    let wanted = async |version: u64, lines: Value| {
        let desired = json!({ "version": version, "cameras": { "cam-1": lines } });
        site.api.put(&path, desired).await.unwrap();
        wait_until("the desired state", LONG, async || {
            let state = site.api.get(&path).await.ok()?;
            (state["applied"]["version"] == version + 1).then_some(state)
        })
        .await
    };
    let crossed = json!({ "points": [[0.5, 0.6], [0.5, 0.6]], "towards": [0.9, 0.8] });
    let state = wanted(0, json!({ "lines": { "bridge": crossed } })).await;
    assert_eq!(
        state["applied"]["refused"][0]["key"], "cameras.cam-1.lines",
        "{state}"
    );
    // Above the houses, where nobody drives.
    let away = json!({ "points": [[0.5, 0.05], [0.5, 0.2]], "towards": [0.9, 0.1] });
    let state = wanted(1, json!({ "lines": { "bridge": away } })).await;
    assert!(
        state["applied"]["refused"]
            .as_array()
            .is_none_or(Vec::is_empty),
        "{state}"
    );
    // Who was on the line may still be told of.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let log = site.agent.event_log();
    let told = log
        .iter()
        .filter(|change| change.phase == Phase::Raised)
        .count();
    let two_rounds = Duration::from_secs(17);
    assert!(!site.events_raised(told + 1, two_rounds).await);
    wanted(2, json!({})).await;
    assert!(
        site.events_raised(told + 1, LONG).await,
        "the line lies as configured"
    );
}
