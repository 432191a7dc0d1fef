//! Two real streams of one camera: a moment of the small one is found on the large one.

use std::f64::consts::TAU;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::live_tests::{DEADLINE, picture, source};
use super::rtsp_fixture::{Access, RtspServer};
use super::*;

/// Where the ball stands on its way round, in turns: it goes round once a second.
fn turn(frame: &Frame) -> f64 {
    let plane = &frame.planes[0];
    let (width, height) = (frame.size.width as usize, frame.size.height as usize);
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for row in 0..height {
        for column in 0..width {
            if plane.data[row * plane.stride + column] > 128 {
                x += column as f64 / width as f64;
                y += row as f64 / height as f64;
                count += 1.0;
            }
        }
    }
    assert!(count > 0.0, "no ball");
    (y / count - 0.5).atan2(x / count - 0.5) / TAU
}

/// The shorter way from one place to another, in turns.
fn apart(one: f64, other: f64) -> f64 {
    let way = (one - other).rem_euclid(1.0);
    way.min(1.0 - way)
}

#[tokio::test]
async fn what_the_small_stream_shows_the_large_one_shows_at_the_same_place() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let mut main = source(&server.url("/ball"), None);
    main.duty = Duty::Keep;
    let main = supervise(main, stop.clone());
    let analysed = supervise(source(&server.url("/small"), None), stop.clone());
    let footage = Footage::beside(analysed.ring.clone(), main.ring.clone());
    let mut found = Vec::new();
    let mut by_camera = 0;
    // The first sender reports come within some seconds; by arrival it must hold before that too.
    while found.len() < 8 || by_camera < 4 {
        let small = picture(&analysed).await;
        assert_eq!(small.frame.size.width, 160);
        let place = footage.place(small.epoch, small.frame.pts, small.anchor);
        if place.found_by == FoundBy::MainAway {
            continue;
        }
        let reached = timeout(DEADLINE, place.reached(small.frame.pts)).await;
        assert_eq!(reached.expect("in time"), Reached::Yes);
        let passage = place.passage(small.frame.pts, small.frame.pts).unwrap();
        let decoded = tokio::task::spawn_blocking(move || last_picture(&passage));
        let large = decoded.await.unwrap().unwrap();
        assert_eq!(large.size.width, 320);
        let told = large.wall.duration_since(small.frame.wall).abs();
        assert!(told < jiff::SignedDuration::from_millis(60), "{told:?}");
        found.push(apart(turn(&small.frame), turn(&large)));
        by_camera += usize::from(place.found_by == FoundBy::CameraTime);
        assert!(found.len() < 200, "the camera never tells the time");
    }
    found.sort_by(f64::total_cmp);
    let median = found[found.len() / 2];
    assert!(
        median < 0.12,
        "{median} turns apart, that is seconds: {found:?}"
    );
    assert_eq!(
        main.counters.snapshot().decoded,
        0,
        "the large stream is not decoded"
    );
    assert!(
        timeout(Duration::from_millis(10), main.frames.next())
            .await
            .is_err()
    );
    stop.cancel();
}
