//! The gate of a live camera: it falls asleep, and what a glance shows comes again in its turn.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::live_tests::{picture, source};
use super::rtsp_fixture::{Access, RtspServer};
use super::*;
use crate::config::GateMode;

/// The next picture that is a glance.
async fn glance(camera: &Camera) -> Picture {
    loop {
        let next = picture(camera).await;
        if next.regard == Regard::Glance {
            return next;
        }
    }
}

#[tokio::test]
async fn a_quiet_camera_sleeps_and_wakes_with_what_lies_before_the_glance() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let mut still = source(&server.url("/still"), None);
    still.gate = GatePolicy {
        mode: GateMode::Auto,
        shortest_event: Some(Duration::from_secs(4)),
        analysis_period: Duration::from_millis(200),
    };
    let camera = supervise(still, stop.clone());
    glance(&camera).await;
    assert_eq!(camera.gate.report().waking, None);
    let before = camera.counters.snapshot();
    let last = glance(&camera).await;
    let seen = glance(&camera).await;
    let after = camera.counters.snapshot();
    let (received, decoded) = (
        after.received - before.received,
        after.decoded - before.decoded,
    );
    assert!(
        received >= 60 && decoded * 10 < received,
        "{decoded} of {received}"
    );

    camera.gate.hold(Signal {
        epoch: seen.epoch,
        at: seen.frame.pts,
        cause: Cause::Hit,
    });
    let mut shown = Vec::new();
    while shown.last() <= Some(&seen.frame.pts) {
        let next = picture(&camera).await;
        assert_ne!(next.regard, Regard::Glance);
        shown.push(next.frame.pts);
    }
    assert!(shown[0] > last.frame.pts && shown[0] < last.frame.pts + Duration::from_millis(400));
    for pair in shown.windows(2) {
        let step = pair[1].since(pair[0]).as_millis();
        assert!((150..=250).contains(&step), "{step} ms in {shown:?}");
    }
    let report = camera.gate.report();
    assert_eq!(report.waking, Some(Waking::Attention(Cause::Hit)));
    assert!(report.awake_share() > 0.0 && report.awake_share() < 1.0);
    stop.cancel();
}
