//! The camera simulator behaves as a camera does: loops without a seam, can be unplugged, struck dumb
//! and brought back, asks for its password, sends what cameras send, and misbehaves on command.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use system_tests::camera_simulator::{
    CameraSimulator, Credentials, Encoding, Footage, FootageCodec, Playback,
};
use system_tests::rendered_scene::Storyboard;

/// A scene of two seconds, so that a loop comes soon.
fn short_footage() -> Footage {
    let seconds = Duration::from_secs;
    Footage::from_storyboard(&Storyboard::parked_car(seconds(0), seconds(2), seconds(2))).unwrap()
}

fn footage(codec: FootageCodec, smaller: u32) -> Footage {
    let seconds = Duration::from_secs;
    let storyboard = Storyboard::parked_car(seconds(0), seconds(2), seconds(2));
    Footage::encoded(&storyboard, Encoding { codec, smaller }).unwrap()
}

/// An RTSP client that hands over access units.
struct Viewer {
    pipeline: gst::Pipeline,
    sink: AppSink,
}

impl Viewer {
    fn watch(url: &str, login: &str) -> Self {
        Self::receive(url, login, "rtph264depay ! h264parse")
    }

    fn receive(url: &str, login: &str, elements: &str) -> Self {
        let pipeline = gst::parse::launch(&format!(
            "rtspsrc location={url} protocols=tcp latency=0 tcp-timeout=2000000 {login} \
             ! {elements} ! appsink name=units sync=false"
        ))
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
        let sink = pipeline.by_name("units").and_downcast::<AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, sink }
    }

    fn times(&self, count: usize) -> Vec<Duration> {
        (0..count)
            .map_while(|_| self.sink.try_pull_sample(gst::ClockTime::from_seconds(5)))
            .filter_map(|sample| sample.buffer().and_then(gst::BufferRef::pts))
            .map(Duration::from)
            .collect()
    }

    fn is_silent_for(&self, patience: Duration) -> bool {
        let patience = gst::ClockTime::from_nseconds(u64::try_from(patience.as_nanos()).unwrap());
        self.sink.try_pull_sample(patience).is_none()
    }

    /// The first error or end of the stream.
    fn fault(&self) -> Option<String> {
        let kinds = [gst::MessageType::Error, gst::MessageType::Eos];
        let bus = self.pipeline.bus().unwrap();
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(10), &kinds)?;
        Some(match message.view() {
            gst::MessageView::Error(error) => {
                format!("{} {}", error.error(), error.debug().unwrap_or_default())
            }
            _ => "end of stream".to_owned(),
        })
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

/// Units that were under way when the camera fell silent.
fn drain(viewer: &Viewer) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !viewer.is_silent_for(Duration::from_millis(400)) {
        assert!(Instant::now() < deadline, "the camera goes on sending");
    }
}

#[test]
fn a_camera_loops_stalls_is_unplugged_and_comes_back() {
    let simulator = CameraSimulator::start();
    let footage = short_footage();
    assert_eq!(footage.period(), Duration::from_secs(2));
    let url = simulator
        .add("cam-1", footage, Playback::Looped, None)
        .unwrap();

    let viewer = Viewer::watch(&url, "");
    let times = viewer.times(45);
    assert_eq!(
        times.len(),
        45,
        "more than two rounds of 20 pictures: {:?}",
        viewer.fault()
    );
    let gaps: Vec<f64> = times
        .windows(2)
        .map(|w| (w[1] - w[0]).as_secs_f64())
        .collect();
    assert!(
        gaps.iter().all(|gap| (0.05..0.15).contains(gap)),
        "a seam in {gaps:?}"
    );

    simulator.stall("cam-1").unwrap();
    drain(&viewer);
    assert!(viewer.is_silent_for(Duration::from_millis(500)));
    simulator.come_back("cam-1").unwrap();
    assert_eq!(
        viewer.times(5).len(),
        5,
        "it sends again on the same connection"
    );

    simulator.drop_camera("cam-1").unwrap();
    assert!(viewer.fault().is_some(), "the connection breaks");
    let refused = Viewer::watch(&url, "");
    let fault = refused.fault().unwrap_or_default();
    assert!(fault.contains("Failed to connect"), "{fault}");

    simulator.come_back("cam-1").unwrap();
    assert_eq!(
        Viewer::watch(&url, "").times(5).len(),
        5,
        "the same URL works again"
    );
}

#[test]
fn two_viewers_share_one_camera() {
    let simulator = CameraSimulator::start();
    let url = simulator
        .add("cam-1", short_footage(), Playback::Looped, None)
        .unwrap();
    let (first, second) = (Viewer::watch(&url, ""), Viewer::watch(&url, ""));
    assert_eq!(first.times(15).len(), 15);
    assert_eq!(second.times(15).len(), 15);
}

#[test]
fn footage_that_plays_once_ends() {
    let simulator = CameraSimulator::start();
    let url = simulator
        .add("cam-1", short_footage(), Playback::Once, None)
        .unwrap();
    let viewer = Viewer::watch(&url, "");
    let count = viewer.times(40).len();
    assert!((10..=20).contains(&count), "{count} of 20 pictures");
}

#[test]
fn a_password_is_asked_and_checked() {
    let simulator = CameraSimulator::start();
    let credentials = Credentials {
        user: "viewer".to_owned(),
        password: "right".to_owned(),
    };
    let url = simulator
        .add(
            "cam-1",
            short_footage(),
            Playback::Looped,
            Some(&credentials),
        )
        .unwrap();
    assert_eq!(
        Viewer::watch(&url, "user-id=viewer user-pw=right")
            .times(5)
            .len(),
        5
    );
    for login in ["user-id=viewer user-pw=wrong", ""] {
        let fault = Viewer::watch(&url, login).fault().unwrap_or_default();
        assert!(fault.contains("Unauthorized"), "{login:?}: {fault}");
    }
}

/// The next picture's size.
fn width(viewer: &Viewer) -> Option<i32> {
    let sample = viewer
        .sink
        .try_pull_sample(gst::ClockTime::from_seconds(5))?;
    sample.caps()?.structure(0)?.get("width").ok()
}

#[test]
fn cameras_send_what_cameras_send_and_a_second_stream_beside() {
    let simulator = CameraSimulator::start();
    for (codec, elements) in [
        (FootageCodec::H265, "rtph265depay ! h265parse"),
        (FootageCodec::Mjpeg, "rtpjpegdepay ! jpegparse"),
    ] {
        let id = format!("{codec:?}").to_lowercase();
        let url = simulator
            .add(&id, footage(codec, 1), Playback::Looped, None)
            .unwrap();
        let viewer = Viewer::receive(&url, "", elements);
        assert_eq!(
            viewer.times(25).len(),
            25,
            "{codec:?}: {:?}",
            viewer.fault()
        );
        let small = footage(FootageCodec::H264, 4);
        let beside = simulator.add_stream(&id, "sub", &small).unwrap();
        assert_eq!(width(&Viewer::watch(&beside, "")), Some(240), "{codec:?}");
    }
}

#[test]
fn a_camera_changes_its_size_in_the_middle_and_sends_noise_on_command() {
    let simulator = CameraSimulator::start();
    let url = simulator
        .add("cam-1", short_footage(), Playback::Looped, None)
        .unwrap();
    let viewer = Viewer::receive(&url, "", "rtph264depay ! h264parse ! avdec_h264");
    assert_eq!(width(&viewer), Some(960));
    simulator
        .film("cam-1", &footage(FootageCodec::H264, 2))
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while width(&viewer) != Some(480) {
        assert!(Instant::now() < deadline, "it goes on with its old size");
    }
    simulator.garble("cam-1").unwrap();
    let raw = Viewer::receive(&url, "", "rtph264depay");
    assert!(raw.times(3).len() == 3, "noise comes");
    simulator.come_back("cam-1").unwrap();
    assert_eq!(width(&Viewer::watch(&url, "")), Some(480), "it films again");
}
