//! Each pose has tracks, rules and a time of its own.

use std::path::Path;

use contract::v1::{Phase, Place};

use super::*;
use crate::config::Config;
use crate::geometry::PixelBox;

const SIZE: PictureSize = PictureSize {
    width: 1000,
    height: 1000,
};
const NORTH: PoseState = PoseState::At(PoseId(0));
const EAST: PoseState = PoseState::At(PoseId(1));

fn turning() -> PosedAnalysis {
    let text = r#"
        [[model]]
        name = "yolox-nano"
        [[camera]]
        id = "tower"
        url = "rtsp://h/p"
        place = { lat = 16.5, lon = 107.5 }
        [camera.calibration]
        height_m = 30
        tilt = 3
        field_of_view = 60
        [camera.poses]
        source = "mqtt"
        [[camera.pose]]
        name = "north"
        calibration = { azimuth = 0 }
        [[camera.pose]]
        name = "east"
        calibration = { azimuth = 90 }
        [[camera.rule]]
        kind = "illegal_parking"
        dwell_s = 10
        clear_after_s = 5
        cool_down_s = 0
    "#;
    let config = Config::parse(text, Path::new("agent.toml")).unwrap();
    PosedAnalysis::new(&config.cameras[0], &TrackerOptions::default())
}

fn car() -> Vec<Detection> {
    vec![Detection {
        class: "car".into(),
        score: 0.9,
        bbox: PixelBox {
            x: 460.0,
            y: 420.0,
            w: 80.0,
            h: 80.0,
        },
    }]
}

/// What is raised and cleared, with a car in the pictures of these seconds.
struct Watched {
    analysis: PosedAnalysis,
    changes: Vec<EventChange>,
}

impl Watched {
    fn new() -> Self {
        Self {
            analysis: turning(),
            changes: Vec::new(),
        }
    }

    fn look(&mut self, seconds: std::ops::Range<u32>, state: PoseState, detections: &[Detection]) {
        for tenth in seconds.start * 5..seconds.end * 5 {
            let at = StreamTime::from_secs_f64(f64::from(tenth) / 5.0);
            let look = Look {
                detections,
                ..Look::new(at, SIZE)
            };
            let step = self.analysis.step(&look, state);
            self.changes.extend(step.changes);
        }
    }

    fn told(&self) -> Vec<(Phase, Option<PoseId>, f64)> {
        let news = self.changes.iter();
        let news = news.filter(|change| change.phase != Phase::Updated);
        news.map(|change| (change.phase, change.pose, change.at.as_secs_f64().round()))
            .collect()
    }
}

#[test]
fn no_rule_is_asked_while_the_camera_turns_or_nobody_knows_where_it_looks() {
    for state in [PoseState::Turning, PoseState::Unknown] {
        let mut watched = Watched::new();
        watched.look(0..60, state, &car());
        assert_eq!(watched.told(), []);
        assert_eq!(watched.analysis.glance(SIZE, &car(), state), None);
    }
    assert!(turning().glance(SIZE, &car(), NORTH).is_some());
}

#[test]
fn what_stands_in_one_pose_neither_grows_nor_goes_while_the_camera_looks_elsewhere() {
    let mut watched = Watched::new();
    // Six seconds of ten, and then a minute of another view in which nothing stands.
    watched.look(0..6, NORTH, &car());
    watched.look(6..8, PoseState::Turning, &car());
    watched.look(8..60, EAST, &[]);
    assert_eq!(watched.told(), [], "six seconds are not ten");
    watched.look(62..70, NORTH, &car());
    let told = watched.told();
    assert_eq!(told.len(), 1, "{told:?}");
    let (phase, pose, at) = told[0];
    assert_eq!((phase, pose), (Phase::Raised, Some(PoseId(0))));
    assert!((65.0..68.0).contains(&at), "six and four seconds: {at}");
    // It is open when the camera comes back a minute later, though clear_after_s is 5.
    watched.look(72..130, EAST, &[]);
    watched.look(132..134, NORTH, &car());
    assert_eq!(watched.told().len(), 1);
    // And is cleared five watched seconds after it went.
    watched.look(134..145, NORTH, &[]);
    let told = watched.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!((138.0..142.0).contains(&told[1].2), "{told:?}");
}

#[test]
fn a_change_says_where_it_is_and_when_by_the_stream() {
    let mut watched = Watched::new();
    watched.look(0..3, EAST, &[]);
    watched.look(5..40, EAST, &car());
    watched.look(40..41, NORTH, &car());
    let raised = watched.changes.first().unwrap();
    assert_eq!(raised.pose, Some(PoseId(1)));
    assert!((5.0..6.0).contains(&raised.began.as_secs_f64()));
    let Some(Place::Bearing(bearing)) = raised.place else {
        panic!("a bearing, not {:?}", raised.place);
    };
    assert!((89.0..91.0).contains(&bearing.degrees), "{bearing:?}");
    let ids = |pose: u64| {
        watched
            .changes
            .iter()
            .flat_map(|change| &change.tracks)
            .all(|track| track.id.0 >> 32 == pose)
    };
    assert!(ids(1), "tracks of two poses never share a number");
}

#[test]
fn what_is_open_in_any_pose_is_closed_where_the_stream_breaks() {
    let mut watched = Watched::new();
    watched.look(0..20, NORTH, &car());
    watched.look(20..40, EAST, &car());
    assert_eq!(watched.told().len(), 2);
    let at = StreamTime::from_secs_f64(41.0);
    let ended = watched.analysis.end(at);
    let phases: Vec<_> = ended
        .iter()
        .map(|change| (change.phase, change.at))
        .collect();
    assert_eq!(phases, [(Phase::Cleared, at), (Phase::Cleared, at)]);
    let poses: Vec<_> = ended.iter().filter_map(|change| change.pose).collect();
    assert_eq!(poses, [PoseId(0), PoseId(1)]);
}

#[test]
fn asked_twice_of_one_picture_the_time_in_a_pose_is_the_same() {
    let mut analysis = turning();
    let at = |second: f64| StreamTime::from_secs_f64(second);
    let first = analysis.arrive(at(1.0), NORTH).unwrap();
    assert_eq!(analysis.arrive(at(1.0), NORTH), Some(first));
    assert_eq!(
        analysis.arrive(at(2.0), EAST).map(|there| there.pose),
        Some(PoseId(1))
    );
    let back = analysis.arrive(at(100.0), NORTH).unwrap();
    assert!(back.at < at(2.0), "time away does not count: {back:?}");
    assert_eq!(analysis.arrive(at(100.0), NORTH), Some(back));
    assert_eq!(analysis.arrive(at(101.0), PoseState::Unknown), None);
}
