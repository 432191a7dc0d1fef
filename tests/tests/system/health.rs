//! Cameras that go blind, each in its own way, on real streams: such a blindness is a report at the server within
//! the rule's time, by its name, and is over when the camera is well again; planned works are not told.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::v1::{AutoReport, EventType, Kind, Phase, decode};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use system_tests::camera_simulator::{Ailment, CameraSimulator, Footage, Playback};
use system_tests::harness::{
    AGENT, CameraSetup, Site, SiteBroker, parking_rule, stored_messages, wait_until,
};
use system_tests::rendered_scene::{ActorKind, Backdrop, Storyboard, Visit};

const LONG: Duration = Duration::from_secs(60);
/// What the product promises.
const FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);
/// A view is known to be sharp after a minute of looking at it; a camera that is aimed before it knows its view
/// begins anew, and is told nothing of.
const LEARNS_VIEW: Duration = Duration::from_secs(75);
/// The rate is a mean over a minute.
const PATIENCE: Duration = Duration::from_secs(150);

/// Somebody walks by, again and again.
fn street(length: Duration) -> Storyboard {
    let walker = Visit {
        kind: ActorKind::Person,
        arrives: Duration::from_millis(500),
        leaves: Duration::from_millis(1500),
        stands: (0.82, 0.60),
        length: 0.14,
    };
    Storyboard {
        length,
        backdrop: Backdrop::Street(0),
        visits: vec![walker],
    }
}

fn footage(ailment: Ailment) -> Footage {
    // One group of pictures, so that the same bytes come again and again.
    let seconds = if ailment == Ailment::Stuck { 1 } else { 4 };
    Footage::ailing(&street(Duration::from_secs(seconds)), ailment).unwrap()
}

/// Watched for its health alone, by short windows; where it stands it is noon, whenever the test runs.
fn watched(id: &str, url: &str) -> CameraSetup {
    let midnight = Timestamp::now().as_second().rem_euclid(86_400);
    let mut rest = toml::toml! {
        ring = { seconds = 20 }

        [[rule]]
        kind = "camera_health"
        watch = ["offline", "frozen", "covered", "moved", "out_of_focus", "too_dark", "too_slow"]
        offline_after_s = 5
        blind_after_s = 10
        slow_after_s = 30
        clear_after_s = 1
        cool_down_s = 0
    };
    let degrees = (43_200.0 - midnight as f64) / 240.0;
    let mut place = toml::toml! {
        lat = 0.0
        uncertainty_m = 20.0
    };
    place.insert("lon".to_owned(), degrees.clamp(-180.0, 180.0).into());
    rest.insert("place".to_owned(), place.into());
    if id == "slow" {
        // Parking wants a picture oftener than once a second.
        let parking = parking_rule();
        rest.insert("zone".to_owned(), parking["zone"].clone());
        let rules = rest.get_mut("rule").and_then(toml::Value::as_array_mut);
        rules.unwrap().push(parking["rule"][0].clone());
    }
    CameraSetup {
        id: id.to_owned(),
        name: format!("Camera {id}"),
        url: url.to_owned(),
        password: None,
        rest,
    }
}

/// What was told of each camera's health: when it was raised, by whose name, and whether it is over.
type Told = BTreeMap<String, Vec<(String, Timestamp, bool)>>;

async fn told(site: &Site) -> Told {
    let messages = stored_messages(&site.server.data_dir()).await.unwrap();
    let reports = messages.iter().filter_map(|message| {
        let report = decode::<AutoReport>(&message.payload, EventType::Report);
        report.ok().map(|report| report.data)
    });
    let reports: Vec<AutoReport> = reports
        .filter(|report| report.kind == Kind::CameraHealth)
        .collect();
    let mut told = Told::new();
    for report in reports.iter().filter(|report| report.revision == 1) {
        let over = reports
            .iter()
            .any(|other| other.event_id == report.event_id && other.phase == Phase::Cleared);
        let of_camera = told.entry(report.camera.to_string()).or_default();
        of_camera.push((report.detail.clone(), report.occurred.start, over));
    }
    told
}

async fn running(site: &Site, ids: &[&str]) {
    for id in ids {
        wait_until(&format!("{id} to run"), LONG, async || {
            let camera = site.api.camera(id).await.ok()??;
            let looked = camera["counters"]["analysed"].as_u64()? > 0;
            (camera["state"] == "running" && looked).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blindness_is_told_by_its_name_and_is_over_when_the_camera_is_well() {
    const AILING: [(&str, &str, Ailment); 5] = [
        ("frozen", "frozen", Ailment::Stuck),
        ("covered", "covered", Ailment::Covered),
        ("nudged", "moved", Ailment::Nudged),
        ("soft", "out_of_focus", Ailment::Soft),
        ("slow", "too_slow", Ailment::Slow),
    ];
    let well = footage(Ailment::None);
    let ailing = AILING.map(|(id, _, ailment)| (id, footage(ailment)));
    let cameras = CameraSimulator::start();
    let mut setups = Vec::new();
    for id in ["away", "frozen", "covered", "nudged", "soft", "slow"] {
        let url = cameras.add(id, well.clone(), Playback::Looped, None);
        setups.push(watched(id, &url.unwrap()));
    }
    // What turns black at once is covered; this one is black from the start.
    let dark = footage(Ailment::Dark);
    let url = cameras.add("dark", dark, Playback::Looped, None);
    setups.push(watched("dark", &url.unwrap()));
    let began = Timestamp::now();
    let ids: Vec<String> = setups.iter().map(|setup| setup.id.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let site = Site::start_with(SiteBroker::Embedded, cameras, setups)
        .await
        .unwrap();
    running(&site, &ids).await;
    let running_since = tokio::time::Instant::now();
    let struck = Timestamp::now();
    site.cameras.drop_camera("away").unwrap();
    let (later, others): (Vec<_>, Vec<_>) = ailing
        .iter()
        .partition(|(id, _)| ["soft", "nudged"].contains(id));
    for (id, footage) in others {
        site.cameras.film(id, footage).unwrap();
    }
    tokio::time::sleep_until(running_since + LEARNS_VIEW).await;
    for (id, footage) in later {
        site.cameras.film(id, footage).unwrap();
    }
    let mut expected: Vec<(&str, &str)> = AILING.map(|(id, detail, _)| (id, detail)).to_vec();
    expected.extend([("away", "offline"), ("dark", "too_dark")]);
    for (id, detail) in &expected {
        let told_of = wait_until(
            &format!("{id} to be told as {detail}"),
            PATIENCE,
            async || {
                let told = told(&site).await;
                let first = told.get(*id)?.first()?;
                assert_eq!(first.0, *detail, "{id}: {told:#?}");
                Some(first.1)
            },
        )
        .await;
        // When it began, not when it was told.
        let fell_ill = if *id == "dark" { began } else { struck };
        assert!(told_of >= fell_ill - SignedDuration::from_secs(2), "{id}");
    }
    assert!(Timestamp::now().duration_since(struck) < FIVE_MINUTES);

    site.cameras.come_back("away").unwrap();
    for (id, _) in &ailing {
        site.cameras.film(id, &well).unwrap();
    }
    site.cameras.film("dark", &well).unwrap();
    for (id, _) in &expected {
        wait_until(&format!("{id} to be well"), PATIENCE, async || {
            let told = told(&site).await;
            told.get(*id)?
                .iter()
                .all(|(_, _, over)| *over)
                .then_some(())
        })
        .await;
    }
    let told = told(&site).await;
    for (id, detail) in expected {
        let names: Vec<&str> = told[id].iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(names, [detail], "{id} is told once, by one name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_works_are_not_told_and_what_outlasts_them_is() {
    let cameras = CameraSimulator::start();
    let mut setups = Vec::new();
    for id in ["away", "works"] {
        let url = cameras.add(id, footage(Ailment::None), Playback::Looped, None);
        setups.push(watched(id, &url.unwrap()));
    }
    let site = Site::start_with(SiteBroker::Embedded, cameras, setups)
        .await
        .unwrap();
    running(&site, &["away", "works"]).await;
    let until = Timestamp::now() + SignedDuration::from_secs(40);
    let desired = json!({ "version": 0, "cameras": {
        "works": { "muted": [{ "rule": "camera_health", "until": until }] }
    } });
    let path = format!("/api/v1/agents/{AGENT}/desired");
    site.api.put(&path, desired).await.unwrap();
    wait_until("the mute", LONG, async || {
        let state = site.api.get(&path).await.ok()?;
        let applied = &state["applied"];
        assert!(
            applied["refused"].is_null() || applied["refused"] == json!([]),
            "{state}"
        );
        (applied["version"] == 1).then_some(())
    })
    .await;
    for id in ["away", "works"] {
        site.cameras.drop_camera(id).unwrap();
    }
    let offline = async |id: &str| {
        let told = told(&site).await;
        let first = told.get(id)?.first()?;
        Some((first.0 == "offline").then_some(()).map(|()| first.2))
    };
    wait_until("the other camera to be told", LONG, async || {
        offline("away").await
    })
    .await;
    assert!(Timestamp::now() < until, "the works go on");
    assert!(
        offline("works").await.is_none(),
        "nobody is told of the works"
    );
    let over = wait_until("what outlasts the works", LONG, async || {
        offline("works").await
    })
    .await;
    assert!(Timestamp::now() >= until);
    assert_eq!(over, Some(false), "it is open");
    site.cameras.come_back("works").unwrap();
    wait_until("the camera to be well", LONG, async || {
        (offline("works").await == Some(Some(true))).then_some(())
    })
    .await;
}
