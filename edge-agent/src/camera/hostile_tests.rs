//! Cameras that misbehave over real RTSP: each has its reason or is borne, comes back by itself, and
//! harms no other.

use std::time::Duration;

use contract::v1::{CameraState, CameraStatusReason};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::clips_fixture::lent;
use super::live_tests::{DEADLINE, address, picture, source, wait_for};
use super::rtsp_fixture::{Access, RtspServer};
use super::rtsp_tricks::Trick;
use super::*;

/// Pictures until one fits; what happens to connections meanwhile does not matter.
async fn picture_that(camera: &Camera, fits: impl Fn(&Picture) -> bool) -> Picture {
    let wanted = async {
        loop {
            if let Some(Delivery::Picture(picture)) = camera.frames.next().await
                && fits(&picture)
            {
                return picture;
            }
        }
    };
    timeout(DEADLINE, wanted).await.expect("picture in time")
}

#[tokio::test]
async fn another_size_is_another_epoch_of_the_same_connection() {
    let stop = CancellationToken::new();
    for path in ["/ball", "/h265", "/mjpeg"] {
        let server = RtspServer::start(Access::Open);
        let mut camera = supervise(source(&server.url(path), None), stop.clone());
        let before = picture(&camera).await;
        wait_for(&mut camera, CameraState::Running).await;
        server.play(Trick::Size(640, 480));
        let after = picture_that(&camera, |picture| picture.frame.size.width == 640).await;
        assert!(after.epoch > before.epoch, "{path}");
        assert_eq!(camera.counters.snapshot().reconnects, 0, "{path}");
        let held = camera
            .ring
            .passage(after.epoch, after.frame.pts, after.frame.pts);
        let size = held
            .unwrap()
            .info
            .size
            .map(|size| (size.width, size.height));
        assert_eq!(size, Some((640, 480)), "{path}");
    }
    stop.cancel();
}

#[tokio::test]
async fn another_codec_is_taken_up_by_itself() {
    let stop = CancellationToken::new();
    let server = RtspServer::start(Access::Open);
    let camera = supervise(source(&server.url("/ball"), None), stop.clone());
    let mut before = picture(&camera).await;
    for (with, codec) in [("/h265", Codec::H265), ("/mjpeg", Codec::Mjpeg)] {
        server.swap("/ball", with);
        let after = picture_that(&camera, |picture| picture.epoch > before.epoch).await;
        let held = camera
            .ring
            .passage(after.epoch, after.frame.pts, after.frame.pts);
        assert_eq!(held.unwrap().info.codec, codec);
        before = after;
    }
    stop.cancel();
}

#[tokio::test]
async fn noise_ends_no_camera_for_good_and_touches_no_other() {
    let stop = CancellationToken::new();
    let neighbour = RtspServer::start(Access::Open);
    let beside = supervise(source(&neighbour.url("/ball"), None), stop.clone());
    picture(&beside).await;
    for path in ["/ball", "/h265", "/mjpeg"] {
        let server = RtspServer::start(Access::Open);
        let camera = supervise(source(&server.url(path), None), stop.clone());
        picture(&camera).await;
        for trick in [Trick::Noise, Trick::Rubbish] {
            server.play(trick);
            let received = camera.counters.snapshot().received;
            let noisy = async {
                while camera.counters.snapshot().received < received + 40
                    && camera.health.borrow().state == CameraState::Running
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            // Rubbish may not come through as units at all.
            let _ = timeout(Duration::from_secs(2), noisy).await;
            server.play(Trick::Nothing);
            let decoded = camera.counters.snapshot().decoded;
            picture_that(&camera, |_| {
                camera.counters.snapshot().decoded > decoded + 10
            })
            .await;
            assert_eq!(camera.health.borrow().state, CameraState::Running, "{path}");
        }
    }
    assert_eq!(beside.counters.snapshot().reconnects, 0);
    picture(&beside).await;
    stop.cancel();
}

#[tokio::test]
async fn stream_time_goes_on_whatever_the_timestamps_do() {
    let hour = Duration::from_secs(3600);
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let camera = supervise(source(&server.url("/ball"), None), stop.clone());
    let first = picture(&camera).await;
    let mut last = first.clone();
    for trick in [
        Trick::Leap {
            by: hour,
            back: false,
        },
        Trick::Nothing,
        Trick::Leap {
            by: Duration::from_millis(1500),
            back: false,
        },
        Trick::Nothing,
    ] {
        server.play(trick);
        let begun = std::time::Instant::now();
        let mut pictures = 0;
        while pictures < 5 {
            let next = picture_that(&camera, |_| true).await;
            if next.epoch != last.epoch {
                last = next;
                continue;
            }
            assert!(next.frame.pts > last.frame.pts, "{trick:?}");
            let step = next.frame.pts.since(last.frame.pts);
            assert!(step < Duration::from_secs(8), "{trick:?}: {step:?}");
            last = next;
            pictures += 1;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{trick:?}");
    }
    let ahead = last.frame.wall.duration_since(jiff::Timestamp::now());
    assert!(
        ahead.abs() < jiff::SignedDuration::from_secs(10),
        "{ahead:?}"
    );
    stop.cancel();
}

#[tokio::test]
async fn keyframes_that_never_come_are_a_reason() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let url = server.url("/one-keyframe");
    let first = supervise(source(&url, None), stop.clone());
    picture(&first).await;
    // The second viewer joins behind the only keyframe.
    let mut late = source(&url, None);
    late.patience.keyframe = Duration::from_secs(1);
    let mut late = supervise(late, stop.clone());
    let health = wait_for(&mut late, CameraState::Retrying).await;
    assert_eq!(health.reason, Some(CameraStatusReason::NoKeyframe));
    picture(&first).await;
    stop.cancel();
}

#[tokio::test]
async fn eight_k_and_no_size_are_reasons_and_eight_k_is_kept() {
    let server = RtspServer::start(Access::Open);
    server.play(Trick::EightK);
    let large = address(&server.url("/ball"), None);
    let error = probe(&large, Duty::Analyse, DEADLINE).await.unwrap_err();
    assert_eq!(error.reason(), CameraStatusReason::PictureSize, "{error:?}");
    assert!(error.to_string().contains("7680×4320"), "{error}");
    assert!(error.remedy().contains("sub_url"));
    let kept = probe(&large, Duty::Keep, DEADLINE).await.unwrap();
    assert_eq!(kept.size.map(|size| size.width), Some(7680));
    server.play(Trick::Nothing);
    let well = probe(&large, Duty::Analyse, DEADLINE).await.unwrap();
    assert_eq!(well.size.map(|size| size.width), Some(320));

    let stop = CancellationToken::new();
    let mut camera = supervise(source(&server.url("/mjpeg"), None), stop.clone());
    picture(&camera).await;
    server.play(Trick::NoSize);
    let health = wait_for(&mut camera, CameraState::Retrying).await;
    let reason = health.reason.unwrap();
    let known = [CameraStatusReason::PictureSize, CameraStatusReason::Stalled];
    assert!(known.contains(&reason), "{reason:?}");
    server.play(Trick::Nothing);
    picture_that(&camera, |_| true).await;
    wait_for(&mut camera, CameraState::Running).await;
    stop.cancel();
}

#[tokio::test]
async fn a_clock_that_lies_is_seen_through_and_units_carry_it() {
    let server = RtspServer::start(Access::Open);
    server.play(Trick::Clock {
        ahead: Duration::from_secs(3600),
    });
    let stop = CancellationToken::new();
    let camera = supervise(source(&server.url("/ball"), None), stop.clone());
    let told = picture_that(&camera, |_| camera.clock.offset_ms().is_some()).await;
    let offset = camera.clock.offset_ms().unwrap();
    assert!((offset - 3_600_000).abs() < 2_000, "{offset} ms");
    let ahead = told.frame.wall.duration_since(jiff::Timestamp::now());
    assert!(
        ahead.abs() < jiff::SignedDuration::from_secs(5),
        "the agent's clock counts"
    );
    let times = timeout(DEADLINE, async {
        loop {
            let at = picture_that(&camera, |_| true).await;
            let passage = camera
                .ring
                .passage(at.epoch, at.frame.pts, at.frame.pts)
                .unwrap();
            let units = passage.units.iter();
            let timed: Vec<_> = units
                .filter_map(|u| Some((u.pts, u.camera_time?)))
                .collect();
            if timed.len() > 3 {
                return timed;
            }
        }
    });
    for pair in times.await.expect("camera time in time").windows(2) {
        let (stream, camera) = (pair[1].0.since(pair[0].0), pair[1].1.0 - pair[0].1.0);
        let apart = stream.as_secs_f64() - Duration::from_nanos(camera).as_secs_f64();
        assert!(apart.abs() < 0.05, "{apart} s");
    }
    stop.cancel();
}

#[tokio::test]
async fn a_recording_with_decode_times_that_go_back_is_watched() {
    let Some(clip) = lent("traffic_suburb_ahmetozlu.mp4") else {
        return;
    };
    let server = RtspServer::playing(&clip);
    let stop = CancellationToken::new();
    let camera = supervise(source(&server.url("/recording"), None), stop.clone());
    let first = picture(&camera).await;
    let mut last = first.clone();
    for _ in 0..15 {
        let next = picture(&camera).await;
        assert!(next.frame.pts > last.frame.pts);
        last = next;
    }
    let seconds = last.frame.pts.since(first.frame.pts).as_secs_f64();
    assert!(
        (2.5..5.0).contains(&seconds),
        "{seconds} s for 15 pictures at 5 a second"
    );
    stop.cancel();
}

#[tokio::test]
async fn what_is_refused_is_called_by_its_name() {
    let server = RtspServer::start(Access::Open);
    let error = probe(
        &address(&server.url("/mpeg4"), None),
        Duty::Analyse,
        DEADLINE,
    )
    .await;
    let error = error.unwrap_err();
    assert_eq!(error.reason(), CameraStatusReason::UnsupportedCodec);
    assert!(error.to_string().contains("MPEG-4 Part 2"), "{error}");
}

/// Which way a line is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dead {
    Neither,
    ToCamera,
    FromCamera,
}

/// A line to a server that can go dead one way while both ends believe it stands.
async fn line_to(port: u16) -> (String, watch::Sender<Dead>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtsp://{}/ball", listener.local_addr().unwrap());
    let (dead, watched) = watch::channel(Dead::Neither);
    tokio::spawn(async move {
        while let Ok((agent, _)) = listener.accept().await {
            let camera = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let ((from_agent, to_agent), (from_camera, to_camera)) =
                (agent.into_split(), camera.into_split());
            tokio::spawn(carry(
                from_agent,
                to_camera,
                Dead::ToCamera,
                watched.clone(),
            ));
            tokio::spawn(carry(
                from_camera,
                to_agent,
                Dead::FromCamera,
                watched.clone(),
            ));
        }
    });
    (url, dead)
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    way: Dead,
    dead: watch::Receiver<Dead>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        // What was sent into a dead line is lost.
        if *dead.borrow() != way && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_line_that_dies_one_way_stalls_or_holds_and_comes_back() {
    let server = RtspServer::start(Access::Open);
    let (url, line) = line_to(server.port()).await;
    let stop = CancellationToken::new();
    let mut camera = supervise(source(&url, None), stop.clone());
    let first = picture(&camera).await;
    wait_for(&mut camera, CameraState::Running).await;
    line.send_replace(Dead::ToCamera);
    for _ in 0..10 {
        assert_eq!(
            picture(&camera).await.epoch,
            first.epoch,
            "pictures still come"
        );
    }
    line.send_replace(Dead::FromCamera);
    let health = wait_for(&mut camera, CameraState::Retrying).await;
    assert_eq!(health.reason, Some(CameraStatusReason::Stalled));
    line.send_replace(Dead::Neither);
    let after = picture_that(&camera, |picture| picture.epoch > first.epoch).await;
    assert!(after.epoch > first.epoch);
    stop.cancel();
}
