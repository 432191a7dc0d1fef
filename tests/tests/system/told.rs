//! What others tell an agent over a real broker, each with a user of its own there: a traffic-signal controller what
//! its signals show, and whoever turns a camera where it looks.

use std::sync::Arc;
use std::time::Duration;

use contract::v1::{
    Aspect, AutoReport, CameraPose, CloudEvent, ControllerState, EventType, Phase, PoseStatus,
    SecretKey, SignalGroup, Topic, ZoneId, decode, encode, sign,
};
use jiff::{SignedDuration, Timestamp};
use system_tests::camera_simulator::{CameraSimulator, Footage, Playback};
use system_tests::harness::{
    AGENT, CameraSetup, Site, SiteBroker, Teller, parking_rule, short_visit, stored_messages,
    wait_until,
};
use system_tests::rendered_scene::{ActorKind, Backdrop, Storyboard, Visit};
use tokio::task::JoinHandle;

const LONG: Duration = Duration::from_secs(90);
/// How often a teller says it again.
const AGAIN: Duration = Duration::from_millis(500);
const CONTROLLER: &str = "nga-tu-1";

/// Says something again and again until it is dropped.
struct Refrain(JoinHandle<()>);

impl Refrain {
    fn of(
        teller: &Arc<Teller>,
        topic: Topic,
        word: impl Fn() -> (Vec<u8>, Option<String>) + Send + 'static,
    ) -> Self {
        let teller = Arc::clone(teller);
        Self(tokio::spawn(async move {
            loop {
                let (payload, signature) = word();
                teller.say(&topic, payload, signature).await.unwrap();
                tokio::time::sleep(AGAIN).await;
            }
        }))
    }
}

impl Drop for Refrain {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn camera(url: &str, rest: toml::Table) -> CameraSetup {
    CameraSetup {
        id: "cam-1".to_owned(),
        name: "Ngã tư 1".to_owned(),
        url: url.to_owned(),
        password: None,
        rest,
    }
}

/// The first revisions of events of that detail.
async fn raised(site: &Site, detail: &str) -> Vec<AutoReport> {
    let messages = stored_messages(&site.server.data_dir()).await.unwrap();
    let reports = messages.iter().filter_map(|message| {
        let report = decode::<AutoReport>(&message.payload, EventType::Report);
        report.ok().map(|report| report.data)
    });
    let raised = |report: &AutoReport| report.phase == Phase::Raised && report.detail == detail;
    reports.filter(raised).collect()
}

/// A car stands before the line for a while and drives over it; again every eight seconds.
fn over_the_line() -> Footage {
    let car = Visit {
        kind: ActorKind::Car,
        arrives: Duration::ZERO,
        leaves: Duration::from_millis(4500),
        stands: (0.5, 0.88),
        length: 0.3,
    };
    let storyboard = Storyboard {
        length: Duration::from_secs(8),
        backdrop: Backdrop::Street(0),
        visits: vec![car],
    };
    Footage::from_storyboard(&storyboard).unwrap()
}

fn junction(key: &SecretKey) -> toml::Table {
    let mut rest = toml::toml! {
        place = { lat = 16.4637, lon = 107.5909, uncertainty_m = 20.0 }
        ring = { seconds = 20 }
        analyse_fps = 10

        [[line]]
        id = "stop"
        points = [[0.66, 0.6], [0.66, 1.0]]
        towards = [0.9, 0.8]

        [[rule]]
        kind = "red_light"
        line = "stop"
        pre_roll_s = 2.0
        post_roll_s = 1.0
        cool_down_s = 0.0
    };
    let mut signal = toml::toml! {
        id = "main"
        group = "1"
    };
    signal.insert("controller".to_owned(), CONTROLLER.into());
    let public = key.public().to_string();
    signal.insert("controller_key".to_owned(), public.into());
    rest.insert("signal".to_owned(), vec![signal].into());
    rest
}

/// What the controller says while its signal shows that since then; signed, where there is a key.
fn state(aspect: Aspect, since: Timestamp, key: Option<&SecretKey>) -> (Vec<u8>, Option<String>) {
    let at = Timestamp::now();
    let group = SignalGroup { aspect, since };
    let state = ControllerState {
        controller: CONTROLLER.parse().unwrap(),
        at,
        expires_at: at + SignedDuration::from_secs(3),
        groups: [("1".to_owned(), group)].into(),
    };
    let source = format!("/signals/{CONTROLLER}");
    let event = CloudEvent::new(EventType::SignalState, at.to_string(), source, at, state);
    let payload = encode(&event).unwrap();
    let topic = Topic::Signal(CONTROLLER.parse().unwrap()).to_string();
    let signature = key.map(|key| sign(key, &topic, &payload).to_string());
    (payload, signature)
}

async fn a_red_light_is_told_by_the_controllers_word(broker: SiteBroker) {
    let key = Arc::new(SecretKey::from_bytes(&[11; 32]));
    let cameras = CameraSimulator::start();
    let url = cameras.add("cam-1", over_the_line(), Playback::Looped, None);
    let setups = vec![camera(&url.unwrap(), junction(&key))];
    let site = Site::start_with(broker, cameras, setups).await.unwrap();
    let name = format!("signal.{CONTROLLER}");
    let controller = Arc::new(Teller::at(&site, &name).await.unwrap());
    let topic = Topic::Signal(CONTROLLER.parse().unwrap());

    // Whoever has the controller's password and not its key is not believed.
    let first = Timestamp::now();
    let unsigned = Refrain::of(&controller, topic.clone(), move || {
        state(Aspect::Red, first, None)
    });
    let line = "dropped the word of a signal controller";
    wait_until(line, LONG, async || {
        let log = site.agent.log();
        (log.contains(line) && log.contains("reason=\"unsigned\"")).then_some(())
    })
    .await;
    let silent = "reason=\"signal_silent\"";
    wait_until("a car that nobody can judge", LONG, async || {
        site.agent.log().contains(silent).then_some(())
    })
    .await;
    assert!(raised(&site, "red_light").await.is_empty());
    drop(unsigned);

    let signer = Arc::clone(&key);
    let red = Refrain::of(&controller, topic.clone(), move || {
        state(Aspect::Red, first, Some(&signer))
    });
    let told = wait_until("a red light", LONG, async || {
        raised(&site, "red_light").await.into_iter().next()
    })
    .await;
    assert_eq!(told.zone.as_ref().map(ZoneId::as_str), Some("stop"));
    drop(red);

    let turned = Timestamp::now();
    let _green = Refrain::of(&controller, topic, move || {
        state(Aspect::Green, turned, Some(&key))
    });
    // Whoever crossed before the word came may still be on its way to being told.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let log = site.agent.event_log();
    let told = log.iter().filter(|change| change.phase == Phase::Raised);
    let before = told.count();
    // Two more cars, and nobody is told.
    let two_rounds = Duration::from_secs(17);
    assert!(!site.events_raised(before + 1, two_rounds).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_light_is_told_by_the_controllers_word_over_the_embedded_broker() {
    a_red_light_is_told_by_the_controllers_word(SiteBroker::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_light_is_told_by_the_controllers_word_over_mosquitto() {
    a_red_light_is_told_by_the_controllers_word(SiteBroker::Guarded).await;
}

/// A camera whose carriageway has another name in each of its poses.
fn turned_by_others() -> toml::Table {
    let mut rest = parking_rule();
    let of = |pose: &str| {
        let mut zone = toml::toml! {
            polygon = [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]
        };
        zone.insert("id".to_owned(), format!("{pose}-road").into());
        zone.insert("pose".to_owned(), pose.into());
        let mut rule = parking_rule()["rule"][0].as_table().unwrap().clone();
        rule.insert("zone".to_owned(), format!("{pose}-road").into());
        (zone, rule)
    };
    let (zones, rules): (Vec<_>, Vec<_>) = ["north", "east"].map(of).into_iter().unzip();
    rest.insert("zone".to_owned(), zones.into());
    rest.insert("rule".to_owned(), rules.into());
    rest.extend(toml::toml! {
        poses = { source = "mqtt", settle_s = 0.5, max_age_s = 3.0 }

        [[pose]]
        name = "north"

        [[pose]]
        name = "east"
    });
    rest
}

fn pose(state: PoseStatus, name: Option<&str>) -> (Vec<u8>, Option<String>) {
    let at = Timestamp::now();
    let pose = CameraPose {
        camera: "cam-1".parse().unwrap(),
        state,
        pose: name.map(str::to_owned),
        at,
    };
    let source = "/control-room".to_owned();
    let event = CloudEvent::new(EventType::CameraPose, at.to_string(), source, at, pose);
    (encode(&event).unwrap(), None)
}

async fn zones_follow_the_pose_that_is_told(broker: SiteBroker, name: &str) {
    let cameras = CameraSimulator::start();
    let url = cameras.add("cam-1", short_visit().unwrap(), Playback::Looped, None);
    let setups = vec![camera(&url.unwrap(), turned_by_others())];
    let site = Site::start_with(broker, cameras, setups).await.unwrap();
    let room = Arc::new(Teller::at(&site, name).await.unwrap());
    let topic = Topic::CameraPose(AGENT.parse().unwrap(), "cam-1".parse().unwrap());
    let standing = |at: &'static str| {
        let word = move || pose(PoseStatus::Standing, Some(at));
        Refrain::of(&room, topic.clone(), word)
    };
    let told_of = async |name: &str| {
        wait_until(&format!("a report from {name}"), LONG, async || {
            let reports = raised(&site, "illegal_parking").await;
            reports.into_iter().find(|report| {
                let zone = report.zone.as_ref().map(ZoneId::as_str);
                zone == Some(format!("{name}-road").as_str())
                    && report.pose.as_deref() == Some(name)
            })
        })
        .await
    };
    let north = standing("north");
    told_of("north").await;
    drop(north);
    let turns = Refrain::of(&room, topic.clone(), || pose(PoseStatus::Turning, None));
    // What was seen before the word came may still be on its way.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let log = site.agent.event_log();
    let before = log.iter().filter(|change| change.phase == Phase::Raised);
    let more = before.count() + 1;
    // A car comes and goes, and nobody says a word.
    assert!(!site.events_raised(more, Duration::from_secs(12)).await);
    drop(turns);
    let _east = standing("east");
    told_of("east").await;
    for report in raised(&site, "illegal_parking").await {
        let zone = report.zone.as_ref().map(ToString::to_string);
        let pose = report.pose.clone().unwrap();
        assert_eq!(zone, Some(format!("{pose}-road")), "each by its own pose");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_follow_the_pose_that_is_told_over_the_embedded_broker() {
    let name = format!("pose.{AGENT}.cam-1");
    zones_follow_the_pose_that_is_told(SiteBroker::Embedded, &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_follow_the_pose_that_is_told_over_mosquitto() {
    zones_follow_the_pose_that_is_told(SiteBroker::Guarded, &format!("pose.{AGENT}")).await;
}
