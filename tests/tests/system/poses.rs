//! A camera that turns: its reports say where it looked, its rules abstain while it turns, and its status says
//! which it is. Asked over ONVIF, told over MQTT.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::v1::{AutoReport, CameraStatus, EventType, Phase, Place, PoseStatus, Topic, decode};
use jiff::SignedDuration;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use system_tests::camera_simulator::{CameraSimulator, Playback};
use system_tests::harness::{
    AGENT, CameraSetup, OnvifSimulator, Site, SiteBroker, parking_rule, short_visit,
    stored_messages, wait_until,
};

const LONG: Duration = Duration::from_secs(90);

/// The last status of the camera, as anybody at the broker hears it.
#[derive(Clone)]
struct Listener(Arc<Mutex<Option<CameraStatus>>>, AsyncClient);

impl Listener {
    async fn at(site: &Site) -> Self {
        let url = site.mosquitto.as_ref().unwrap().url();
        let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
        let options = MqttOptions::new("listener", "127.0.0.1", port);
        let (client, mut events) = AsyncClient::new(options, 16);
        let heard = Arc::new(Mutex::new(None));
        let last = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::Publish(message)) = event {
                    let status = decode::<CameraStatus>(&message.payload, EventType::CameraStatus);
                    *last.lock().unwrap() = status.ok().map(|status| status.data);
                }
            }
        });
        let topic = Topic::CameraStatus(AGENT.parse().unwrap(), "cam-1".parse().unwrap());
        client
            .subscribe(topic.to_string(), QoS::AtLeastOnce)
            .await
            .unwrap();
        Self(heard, client)
    }

    async fn says(&self, state: PoseStatus, pose: Option<&str>) {
        let what = format!("a camera that is {state:?} in {pose:?}");
        wait_until(&what, LONG, async || {
            let status = self.0.lock().unwrap().clone()?;
            (status.pose_state == Some(state) && status.pose.as_deref() == pose).then_some(())
        })
        .await;
    }
}

/// A camera on a tower with two poses, watched for parking.
fn turning(url: &str, source: toml::Table) -> CameraSetup {
    let mut rest = parking_rule();
    rest.extend(toml::toml! {
        calibration = { height_m = 30.0, tilt = 3.0, field_of_view = 60.0, uncertainty_deg = 0.5 }

        [[pose]]
        name = "north"
        preset = "north"
        calibration = { azimuth = 0.0 }

        [[pose]]
        name = "east"
        ptz = { pan = 0.5, tilt = 0.0, zoom = 0.0 }
        calibration = { azimuth = 90.0 }
    });
    rest.insert("poses".to_owned(), toml::Value::Table(source));
    CameraSetup {
        id: "cam-1".to_owned(),
        name: "Tháp canh".to_owned(),
        url: url.to_owned(),
        password: None,
        rest,
    }
}

async fn raised(site: &Site) -> Vec<AutoReport> {
    let messages = stored_messages(&site.server.data_dir()).await.unwrap();
    let reports = messages.iter().filter_map(|message| {
        let report = decode::<AutoReport>(&message.payload, EventType::Report);
        report.ok().map(|report| report.data)
    });
    reports
        .filter(|report| report.phase == Phase::Raised)
        .collect()
}

/// The first report that was raised in a pose.
async fn raised_in(site: &Site, pose: &str) -> AutoReport {
    wait_until(&format!("a report from pose {pose}"), LONG, async || {
        let reports = raised(site).await;
        reports
            .into_iter()
            .find(|report| report.pose.as_deref() == Some(pose))
    })
    .await
}

fn looks(report: &AutoReport, azimuth: f64) {
    let Some(Place::Bearing(bearing)) = report.place else {
        panic!("a direction, not {:?}", report.place);
    };
    let off = (bearing.degrees - azimuth + 180.0).rem_euclid(360.0) - 180.0;
    assert!(off.abs() <= 30.0, "{bearing:?} from {azimuth}");
    assert!(bearing.uncertainty_deg >= 0.5);
    assert!((bearing.from.lat - 16.4637).abs() < 1e-9);
    let basis = report.basis.as_ref().unwrap();
    assert_eq!(basis.calibration_version.as_ref().unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_turns_is_watched_pose_by_pose() {
    // Its clock is a quarter of an hour ahead: a token by ours would be refused.
    let motors = OnvifSimulator::start("ptz", "mật khẩu", SignedDuration::from_mins(15))
        .await
        .unwrap();
    let cameras = CameraSimulator::start();
    let url = cameras
        .add("cam-1", short_visit().unwrap(), Playback::Looped, None)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let login = folder.path().join("login");
    std::fs::write(&login, "ptz\nmật khẩu\n").unwrap();
    let mut source = toml::toml! {
        source = "onvif"
        poll_s = 0.2
        settle_s = 0.5
        max_age_s = 3.0
    };
    source.insert("url".to_owned(), motors.url().into());
    let path = login.to_string_lossy().into_owned();
    source.insert("credentials_file".to_owned(), path.into());
    let setups = vec![turning(&url, source)];
    let site = Site::start_with(SiteBroker::Mosquitto, cameras, setups)
        .await
        .unwrap();
    let listener = Listener::at(&site).await;

    listener.says(PoseStatus::Standing, Some("north")).await;
    let north = raised_in(&site, "north").await;
    looks(&north, 0.0);
    assert_eq!(motors.refused(), 0, "every token was accepted");

    motors.turn();
    listener.says(PoseStatus::Turning, None).await;
    let before = raised(&site).await.len();
    let told = motors.told();
    // Cars come and go in what it films: three visits, and nobody says a word.
    tokio::time::sleep(Duration::from_secs(27)).await;
    assert!(motors.told() > told + 50, "it was asked all the while");
    assert_eq!(raised(&site).await.len(), before);

    motors.stand_at(0.5, 0.0, 0.0);
    listener.says(PoseStatus::Standing, Some("east")).await;
    let east = raised_in(&site, "east").await;
    looks(&east, 90.0);
    let version = |report: &AutoReport| report.basis.clone().unwrap().calibration_version;
    assert_ne!(version(&north), version(&east));

    motors.stand_at(-0.3, 0.2, 0.0);
    listener.says(PoseStatus::Unknown, None).await;
    motors.stand_at(0.0, 0.0, 0.0);
    listener.says(PoseStatus::Standing, Some("north")).await;
    motors.fall_silent();
    listener.says(PoseStatus::Unknown, None).await;
    let line = "the camera does not say where it looks";
    wait_until(line, LONG, async || {
        site.agent.log().contains(line).then_some(())
    })
    .await;
    motors.stand_at(0.5, 0.0, 0.0);
    listener.says(PoseStatus::Standing, Some("east")).await;
    drop(listener.1);
}
