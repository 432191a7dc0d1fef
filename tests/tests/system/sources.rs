//! Cameras of every codec, with one stream or two, well and badly behaved, through the whole chain.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use system_tests::camera_simulator::{CameraSimulator, Encoding, Footage, FootageCodec, Playback};
use system_tests::harness::{
    Agent, AgentSetup, CameraSetup, Program, Proxy, Site, SiteBroker, Weather, parking_rule,
    path_of, short_visit, wait_until,
};
use system_tests::rendered_scene::Storyboard;

use crate::video;

const LONG: Duration = Duration::from_secs(90);
/// Pictures of one round of the footage.
const ROUND: u32 = 90;

/// The scene of [`short_visit`], encoded otherwise.
fn visit(codec: FootageCodec, smaller: u32) -> Footage {
    let storyboard = Storyboard::parked_car(
        Duration::ZERO,
        Duration::from_millis(4500),
        Duration::from_secs(9),
    );
    Footage::encoded(&storyboard, Encoding { codec, smaller }).unwrap()
}

fn piece<'a>(incident: &'a Value, kind: &str) -> Option<&'a Value> {
    let mut pieces = incident["evidence"].as_array()?.iter();
    pieces.find(|piece| piece["kind"] == kind)
}

/// The first incident of a camera whose still and clip are at the server.
async fn finished_incident(site: &Site, camera: &str) -> Value {
    wait_until("an incident with still and clip", LONG, async || {
        let incidents = site.api.incidents_in_detail().await.ok()?;
        incidents.into_iter().find(|incident| {
            let stored =
                |kind: &str| piece(incident, kind).is_some_and(|piece| piece["state"] == "stored");
            incident["camera"]["id"] == camera && stored("still") && stored("clip")
        })
    })
    .await
}

async fn fetch(site: &Site, incident: &Value, kind: &str) -> PathBuf {
    let piece = piece(incident, kind).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let bytes = site
        .api
        .evidence(&word(&incident["id"]), &word(&piece["id"]))
        .await
        .unwrap();
    let suffix = match piece["mime"].as_str() {
        Some("video/quicktime") => "mov",
        Some("video/mp4") => "mp4",
        _ => "jpg",
    };
    let name = format!("{}-{kind}.{suffix}", word(&incident["camera"]["id"]));
    let file = site.folder().join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

async fn camera_is(site: &Site, id: &str, state: &str, reason: Option<&str>) -> Value {
    let what = format!("{id} is {state} {}", reason.unwrap_or_default());
    wait_until(&what, LONG, async || {
        let camera = site.api.camera(id).await.ok()??;
        let fits = match reason {
            Some(reason) => camera["reason"] == reason,
            None => camera["reason"].is_null(),
        };
        (camera["state"] == state && fits).then_some(camera)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn h265_and_motion_jpeg_become_incidents_with_clips_that_players_show() {
    let cameras = CameraSimulator::start();
    let mut setups = Vec::new();
    for (id, codec) in [
        ("cam-hevc", FootageCodec::H265),
        ("cam-mjpeg", FootageCodec::Mjpeg),
    ] {
        let url = cameras
            .add(id, visit(codec, 1), Playback::Looped, None)
            .unwrap();
        setups.push(CameraSetup::parking(id, &url));
    }
    let site = Site::start_with(SiteBroker::Embedded, cameras, setups)
        .await
        .unwrap();
    for (id, codec, mime) in [
        ("cam-hevc", "hevc", "video/mp4"),
        ("cam-mjpeg", "mjpeg", "video/quicktime"),
    ] {
        let incident = finished_incident(&site, id).await;
        assert_eq!(piece(&incident, "clip").unwrap()["mime"], mime, "{id}");
        let clip = fetch(&site, &incident, "clip").await;
        let shown = video::probe(&clip);
        let stream = &shown["streams"][0];
        assert_eq!(stream["codec_name"], codec, "the camera's own bytes");
        // RTP tells the size of a JPEG in blocks of 8 pixels (RFC 2435 §3.1.5).
        let height = if codec == "mjpeg" { 544 } else { 540 };
        assert_eq!(
            (&stream["width"], &stream["height"]),
            (&960.into(), &height.into())
        );
        let timecodes = video::timecodes(&clip);
        assert!(timecodes.len() >= 30, "{id}: {} pictures", timecodes.len());
        // Past its wanted end a clip holds only what was decoded by then: pictures that others refer to.
        let gapless = timecodes[..timecodes.len() - 4]
            .windows(2)
            .all(|pair| pair[1] == (pair[0] + 1) % ROUND);
        assert!(gapless, "{id}: pictures are missing: {timecodes:?}");
        let still = video::timecodes(&fetch(&site, &incident, "still").await);
        assert!(
            timecodes.contains(&still[0]),
            "{id}: the deciding picture is in the clip"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_with_two_streams_is_analysed_small_and_kept_large() {
    let cameras = CameraSimulator::start();
    let url = cameras
        .add(
            "cam-1",
            visit(FootageCodec::H265, 1),
            Playback::Looped,
            None,
        )
        .unwrap();
    let small = visit(FootageCodec::H264, 2);
    let sub_url = cameras.add_stream("cam-1", "sub", &small).unwrap();
    let mut setup = CameraSetup::parking("cam-1", &url);
    setup.rest.insert("sub_url".to_owned(), sub_url.into());
    let site = Site::start_with(SiteBroker::Embedded, cameras, vec![setup])
        .await
        .unwrap();
    let incident = finished_incident(&site, "cam-1").await;
    camera_is(&site, "cam-1", "running", None).await;

    let clip = fetch(&site, &incident, "clip").await;
    let shown = video::probe(&clip);
    assert_eq!(shown["streams"][0]["codec_name"], "hevc", "the main stream");
    assert_eq!(shown["streams"][0]["width"], 960);
    let still = fetch(&site, &incident, "still").await;
    assert_eq!(video::probe(&still)["streams"][0]["width"], 960);
    let deciding = video::timecodes(&still)[0];
    // It stands from second 2 to 4.5, and is parking after 1.5 seconds of that or of rolling in.
    assert!(
        (25..=62).contains(&deciding),
        "picture {deciding} of the round"
    );
    let timecodes = video::timecodes(&clip);
    let at = timecodes.iter().position(|code| *code == deciding);
    let at = at.expect("the deciding picture is in the clip");
    assert!(at >= 20, "{at} pictures of pre-roll in {timecodes:?}");
    // Until the camera tells the time the two streams are matched by arrival, a few pictures off.
    assert!(timecodes.len() - at >= 7, "post-roll in {timecodes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_says_what_each_stream_is_and_what_is_wrong_with_which() {
    let cameras = CameraSimulator::start();
    let url = cameras
        .add(
            "cam-1",
            visit(FootageCodec::H265, 1),
            Playback::Looped,
            None,
        )
        .unwrap();
    let small = visit(FootageCodec::H264, 2);
    let sub_url = cameras.add_stream("cam-1", "sub", &small).unwrap();
    let mut two = CameraSetup::parking("cam-1", &url);
    two.rest.insert("sub_url".to_owned(), sub_url.into());
    two.rest.insert("transport".to_owned(), "auto".into());
    let lost = CameraSetup::parking("cam-2", &format!("{url}-gone"));
    let folder = tempfile::tempdir().unwrap();
    let setup = AgentSetup {
        name: "probe".to_owned(),
        cameras: vec![two, lost],
    };
    let agent = Agent::configure(folder.path(), &setup).unwrap();
    let output = std::process::Command::new(path_of(Program::EdgeAgent).unwrap())
        .arg("--config")
        .arg(agent.config_file())
        .args(["check", "--probe"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = |name: &str| {
        said.lines()
            .find(|line| line.contains(name))
            .unwrap()
            .to_owned()
    };
    for (name, words) in [
        (
            "cam-1 main",
            [
                "H.265",
                "960×540",
                // With B-pictures the rate is counted a little low.
                " fps",
                "keyframe every ",
                "over UDP",
                "kept for evidence",
            ],
        ),
        (
            "cam-1 sub",
            [
                "H.264",
                "480×270",
                " fps",
                "keyframe every 10",
                "over UDP",
                "analysed",
            ],
        ),
    ] {
        let line = line(name);
        for word in words {
            assert!(line.contains(word), "{word}: {line}");
        }
    }
    assert!(line("cam-2").contains("FAILED"), "{said}");
    assert!(line("cam-2").contains("path in its url"), "{said}");
    assert!(!output.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_another_size_and_a_lying_clock_harm_one_camera_for_a_while() {
    let site = Site::start(SiteBroker::Embedded, 2).await.unwrap();
    for id in ["cam-1", "cam-2"] {
        camera_is(&site, id, "running", None).await;
    }
    site.cameras
        .film("cam-1", &visit(FootageCodec::H264, 2))
        .unwrap();
    let reconnects = |camera: &Value| camera["counters"]["reconnects"].as_u64();
    let log_says = async |text: &str| {
        wait_until(text, LONG, async || {
            site.agent.log().contains(text).then_some(())
        })
        .await;
    };
    log_says("width=480").await;
    let camera = camera_is(&site, "cam-1", "running", None).await;
    assert_eq!(
        reconnects(&camera),
        Some(0),
        "another size is no reason to reconnect"
    );

    site.cameras.garble("cam-1").unwrap();
    let received = |camera: &Value| camera["counters"]["received"].as_u64();
    let before = received(&site.api.camera("cam-1").await.unwrap().unwrap());
    wait_until("the noise to come in, or to be said", LONG, async || {
        let camera = site.api.camera("cam-1").await.ok()??;
        // libavcodec conceals errors (libavcodec/error_resilience.c): whether noise comes through as
        // pictures, and the camera stays one that runs, is chance.
        let said = ["undecodable", "no_keyframe", "stalled"];
        let said = said.iter().any(|reason| camera["reason"] == *reason);
        (said || received(&camera) > before.map(|before| before + 40)).then_some(())
    })
    .await;
    site.cameras.come_back("cam-1").unwrap();
    camera_is(&site, "cam-1", "running", None).await;

    site.cameras
        .lie("cam-1", Duration::from_secs(3600))
        .unwrap();
    wait_until("the camera's clock is reported", LONG, async || {
        let incidents = site.api.incidents_in_detail().await.ok()?;
        let told = |incident: &Value| {
            incident["detail"] == "camera_clock" && incident["camera"]["id"] == "cam-1"
        };
        incidents.into_iter().find(told)
    })
    .await;
    let other = camera_is(&site, "cam-2", "running", None).await;
    assert_eq!(reconnects(&other), Some(0), "it was not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_main_stream_that_stalls_one_way_is_said_and_the_camera_is_watched_on() {
    let cameras = CameraSimulator::start();
    let footage = short_visit().unwrap();
    let main = cameras
        .add("main", footage, Playback::Looped, None)
        .unwrap();
    let sub = cameras
        .add("sub", visit(FootageCodec::H264, 2), Playback::Looped, None)
        .unwrap();
    let line = Proxy::start().await.unwrap();
    line.lead_to(main.trim_end_matches("/main")).unwrap();
    let setup = CameraSetup {
        id: "cam-1".to_owned(),
        name: "cam-1".to_owned(),
        url: format!("rtsp://{}/main", line.address()),
        password: None,
        rest: {
            let mut rest = parking_rule();
            rest.insert("sub_url".to_owned(), sub.into());
            rest
        },
    };
    let site = Site::start_with(SiteBroker::Embedded, cameras, vec![setup])
        .await
        .unwrap();
    camera_is(&site, "cam-1", "running", None).await;
    line.set(Weather::MuteDown);
    camera_is(&site, "cam-1", "running", Some("main_stream_lost")).await;
    let incident = finished_incident(&site, "cam-1").await;
    assert!(piece(&incident, "still").is_some());
    line.set(Weather::Fair);
    camera_is(&site, "cam-1", "running", None).await;
}
