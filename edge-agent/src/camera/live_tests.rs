//! Live cameras: a real RTSP server, real pictures, real faults.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use contract::v1::{CameraState, CameraStatusReason};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::rtsp_fixture::{Access, PASSWORD, RtspServer, USER, closed_url};
use super::rtsp_tricks::Trick;
use super::*;
use crate::config::{GateMode, Transport};
use crate::time::StreamTime;

const OPEN: GatePolicy = GatePolicy {
    mode: GateMode::Off,
    shortest_event: None,
    analysis_period: Duration::from_millis(200),
};

/// Generous: the build machine may be busy.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

pub(super) fn source(url: &str, password: Option<&str>) -> CameraSource {
    let password = password.map(|password| Zeroizing::new(password.to_owned()));
    CameraSource {
        id: "cam-1".parse().unwrap(),
        name: "Cột 12".to_owned(),
        address: address(url, password),
        duty: Duty::Analyse,
        analyse_fps: 5.0,
        gate: OPEN,
        ring: RingLimits {
            span: Duration::from_secs(20),
            bytes: 8 << 20,
        },
        patience: Patience {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(3),
            ..Patience::default()
        },
        decoder: DecoderOptions::default(),
    }
}

pub(super) fn address(url: &str, password: Option<Zeroizing<String>>) -> StreamAddress {
    StreamAddress {
        url: StreamUrl::parse(url, password).unwrap(),
        transport: Transport::Tcp,
        ca_file: None,
    }
}

pub(super) async fn wait_for(camera: &mut Camera, state: CameraState) -> CameraHealth {
    let arrived = timeout(
        DEADLINE,
        camera.health.wait_for(|health| health.state == state),
    );
    *arrived.await.expect("state in time").unwrap()
}

pub(super) async fn picture(camera: &Camera) -> Picture {
    match timeout(DEADLINE, camera.frames.next())
        .await
        .expect("picture in time")
        .unwrap()
    {
        Delivery::Picture(picture) => picture,
        Delivery::Ended { .. } => panic!("connection ended"),
    }
}

#[tokio::test]
async fn the_camera_s_clock_is_heard_and_a_still_is_decoded_from_the_ring() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let camera = supervise(source(&server.url("/ball"), None), stop.clone());
    picture(&camera).await;
    // The server sends its first report within some seconds; its clock is this machine's.
    let offset = timeout(DEADLINE, async {
        loop {
            if let Some(offset) = camera.clock.offset_ms() {
                return offset;
            }
            picture(&camera).await;
        }
    });
    let offset = offset.await.expect("a sender report in time");
    assert!(offset.abs() < 2_000, "{offset} ms");

    let (epoch, newest) = camera.ring.newest().unwrap();
    let passage = camera.ring.passage(epoch, newest, newest).unwrap();
    let still = tokio::task::spawn_blocking(move || last_picture(&passage));
    let still = still.await.unwrap().unwrap();
    assert_eq!((still.size.width, still.size.height), (320, 240));
    assert_eq!(still.pts, newest);
    stop.cancel();
}

#[tokio::test]
async fn pictures_flow_and_the_camera_stops_on_command() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let mut camera = supervise(source(&server.url("/ball"), None), stop.clone());
    let first = picture(&camera).await;
    assert_eq!(
        wait_for(&mut camera, CameraState::Running).await.reason,
        None
    );
    let mut last = first.clone();
    for _ in 0..8 {
        last = picture(&camera).await;
    }
    let step = last.frame.pts.since(first.frame.pts).as_secs_f64() / 8.0;
    assert!((0.19..0.4).contains(&step), "{step} s between pictures");
    assert_eq!((last.frame.size.width, last.frame.size.height), (320, 240));

    let (from, to) = (first.frame.pts + Duration::from_millis(500), last.frame.pts);
    assert_eq!(camera.ring.reached(last.epoch, to).await, Reached::Yes);
    let passage = camera.ring.passage(last.epoch, from, to).unwrap();
    assert!(passage.is_whole() && passage.units[0].keyframe);
    let counters = camera.counters.snapshot();
    assert!(
        counters.received >= 40 && counters.decoded >= 30,
        "{counters:?}"
    );

    stop.cancel();
    timeout(DEADLINE, camera.task)
        .await
        .expect("stops in time")
        .unwrap();
    assert_eq!(camera.health.borrow().state, CameraState::Stopped);
    while let Some(delivery) = camera.frames.next().await {
        drop(delivery);
    }
}

#[tokio::test]
async fn cameras_of_each_codec_are_watched_kept_and_decoded_from_the_ring() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    for (path, codec) in [("/h265", Codec::H265), ("/mjpeg", Codec::Mjpeg)] {
        let mut camera = supervise(source(&server.url(path), None), stop.clone());
        let first = picture(&camera).await;
        let mut last = first.clone();
        for _ in 0..6 {
            last = picture(&camera).await;
        }
        wait_for(&mut camera, CameraState::Running).await;
        assert_eq!((last.frame.size.width, last.frame.size.height), (320, 240));
        let step = last.frame.pts.since(first.frame.pts).as_secs_f64() / 6.0;
        assert!((0.19..0.4).contains(&step), "{path}: {step} s");
        let (from, to) = (first.frame.pts, last.frame.pts);
        assert_eq!(camera.ring.reached(last.epoch, to).await, Reached::Yes);
        let passage = camera.ring.passage(last.epoch, from, to).unwrap();
        assert_eq!(passage.info.codec, codec);
        assert!(passage.is_whole() && passage.units[0].keyframe, "{path}");
        let alone = passage.units.iter().all(|unit| unit.keyframe);
        assert_eq!(alone, codec == Codec::Mjpeg, "{path}");
        let still = tokio::task::spawn_blocking(move || last_picture(&passage));
        assert_eq!(still.await.unwrap().unwrap().pts, to, "{path}");
    }
    stop.cancel();
}

/// A stream that began with a keyframe whose leading pictures followed it lost pictures, since the
/// receiver moved timestamps by when packets came.
#[tokio::test]
async fn pictures_out_of_order_keep_their_distances_from_the_first_keyframe_on() {
    let server = RtspServer::start(Access::Open);
    server.play(Trick::SecondKeyframe);
    let stop = CancellationToken::new();
    let camera = supervise(source(&server.url("/reordered"), None), stop.clone());
    let first = picture(&camera).await;
    let mut last = first.clone();
    while last.frame.pts.since(first.frame.pts) < Duration::from_secs(2) {
        last = picture(&camera).await;
    }
    let passage = camera
        .ring
        .passage(last.epoch, StreamTime::ZERO, last.frame.pts);
    let units = passage.unwrap().units;
    assert!(units.windows(2).any(|pair| pair[1].pts < pair[0].pts));
    let mut shown: Vec<_> = units.iter().map(|unit| unit.pts).collect();
    shown.sort();
    // Past the last picture only those are there that others refer to.
    let steps = shown.windows(2).take(40);
    let steps: Vec<_> = steps.map(|pair| pair[1].since(pair[0])).collect();
    assert_eq!(shown[0], StreamTime::ZERO);
    // Where the first unit came late, time is held back by a tenth until it has been made up for.
    let even = |step: &Duration| (35..=42).contains(&step.as_millis());
    assert!(steps.len() == 40 && steps.iter().all(even), "{steps:?}");
    stop.cancel();
}

#[tokio::test]
async fn rtp_timestamps_that_begin_anew_go_on() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let camera = supervise(source(&server.url("/wrap"), None), stop.clone());
    let first = picture(&camera).await;
    let mut last = first.clone();
    while last.frame.pts.since(first.frame.pts) < Duration::from_secs(3) {
        last = picture(&camera).await;
    }
    assert_eq!(last.epoch, first.epoch);
    let passage = camera
        .ring
        .passage(last.epoch, first.frame.pts, last.frame.pts);
    let units = passage.unwrap().units;
    for pair in units.windows(2) {
        let step = pair[1].pts.since(pair[0].pts).as_millis();
        assert!((30..60).contains(&step), "{step} ms between pictures");
    }
    stop.cancel();
}

#[tokio::test]
async fn a_lost_connection_ends_its_epoch_and_comes_back() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let mut camera = supervise(source(&server.url("/ball"), None), stop.clone());
    let before = picture(&camera).await;
    server.kick();
    let ended = loop {
        let next = timeout(DEADLINE, camera.frames.next())
            .await
            .expect("end in time");
        if let Some(Delivery::Ended { epoch, .. }) = next {
            break epoch;
        }
    };
    assert_eq!(ended, before.epoch);
    let lost = wait_for(&mut camera, CameraState::Retrying).await;
    assert!(lost.reason.is_some());
    let after = picture(&camera).await;
    assert!(after.epoch > before.epoch);
    assert_eq!(
        wait_for(&mut camera, CameraState::Running).await.reason,
        None
    );
    assert_eq!(camera.counters.snapshot().reconnects, 1);
    assert!(
        camera
            .ring
            .passage(before.epoch, before.frame.pts, before.frame.pts)
            .is_ok()
    );
    stop.cancel();
    timeout(DEADLINE, camera.task)
        .await
        .expect("stops in time")
        .unwrap();
}

#[tokio::test]
async fn a_stall_and_an_end_are_told_apart() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let mut stalling = supervise(source(&server.url("/ball"), None), stop.clone());
    let mut ending = supervise(source(&server.url("/short"), None), stop.clone());
    picture(&ending).await;
    let ended = wait_for(&mut ending, CameraState::Retrying).await;
    assert_eq!(ended.reason, Some(CameraStatusReason::EndOfStream));
    picture(&stalling).await;
    server.stall();
    let stalled = wait_for(&mut stalling, CameraState::Retrying).await;
    assert_eq!(stalled.reason, Some(CameraStatusReason::Stalled));
    stop.cancel();
}

#[tokio::test]
async fn a_probe_measures_the_stream() {
    let server = RtspServer::start(Access::Locked);
    let url = server
        .url("/ball")
        .replace("rtsp://", &format!("rtsp://{USER}@"));
    let locked = address(&url, Some(Zeroizing::new(PASSWORD.to_owned())));
    let report = probe(&locked, Duty::Analyse, DEADLINE).await.unwrap();
    assert_eq!(report.codec, Codec::H264);
    assert_eq!(report.size.map(|s| (s.width, s.height)), Some((320, 240)));
    assert_eq!(report.gop, Some(12));
    assert!((20.0..30.0).contains(&report.fps.unwrap()), "{report:?}");
}

#[tokio::test]
async fn each_fault_has_its_reason() {
    let open = RtspServer::start(Access::Open);
    let locked = RtspServer::start(Access::Locked);
    let wrong = locked
        .url("/ball")
        .replace("rtsp://", "rtsp://operator:wrong@");
    for (url, reason) in [
        (closed_url(), CameraStatusReason::Unreachable),
        (
            "rtsp://camera.invalid/ball".to_owned(),
            CameraStatusReason::Unreachable,
        ),
        (open.url("/nothing-here"), CameraStatusReason::NotFound),
        (wrong, CameraStatusReason::Unauthorized),
        (locked.url("/ball"), CameraStatusReason::Unauthorized),
        (open.url("/vp8"), CameraStatusReason::UnsupportedCodec),
        (open.url("/sound"), CameraStatusReason::UnsupportedCodec),
    ] {
        let error = probe(&address(&url, None), Duty::Analyse, DEADLINE)
            .await
            .unwrap_err();
        assert_eq!(error.reason(), reason, "{url}: {error:?}");
        assert!(!error.remedy().is_empty());
        if url.ends_with("vp8") {
            assert!(error.to_string().contains("VP8"), "{error}");
        }
    }
}

/// Collects what a subscriber writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// One subscriber for the whole test process: a scoped one misses callsites that another test's
    /// thread registered first.
    fn of_this_process() -> Self {
        static LINES: OnceLock<Lines> = OnceLock::new();
        let installed = LINES.get_or_init(|| {
            let lines = Self::default();
            let writer = lines.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_writer(move || writer.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            lines
        });
        installed.clone()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_refused_password_is_logged_with_a_remedy_and_never_with_the_password() {
    let lines = Lines::of_this_process();
    let server = RtspServer::start(Access::Locked);
    let stop = CancellationToken::new();
    let url = server
        .url("/ball")
        .replace("rtsp://", "rtsp://operator:hunter2@");
    let mut camera = supervise(source(&url, None), stop.clone());
    let health = wait_for(&mut camera, CameraState::Retrying).await;
    assert_eq!(health.reason, Some(CameraStatusReason::Unauthorized));
    stop.cancel();
    timeout(DEADLINE, camera.task)
        .await
        .expect("stops in time")
        .unwrap();
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("Cột 12") && log.contains("password_file"),
        "{log}"
    );
    assert!(!log.contains("hunter2"), "{log}");
}
