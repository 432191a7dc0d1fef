//! Each pose has tracks, rules and a time of its own.

use std::path::Path;

use contract::v1::{Heading, Phase, Place};

use super::*;
use crate::config::Config;
use crate::geometry::PixelBox;
use crate::rule::HeldBackReason;
use crate::signal::{SignalState, Source};

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

/// A street 10 m wide and 40 m long, seen from its southern end; `calibration` measures it.
fn herd_on_the_road(calibration: &str, step: (f32, f32)) -> Vec<EventChange> {
    let text = format!(
        "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n\
         {calibration}\n[[camera.rule]]\nkind = \"stray_cattle\"\nupdate_every_s = 1\n"
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    let mut analysis = PosedAnalysis::new(&config.cameras[0], &TrackerOptions::default());
    let size = PictureSize {
        width: 1920,
        height: 1080,
    };
    let mut changes = Vec::new();
    for picture in 0..40_u32 {
        let second = picture as f32 / 5.0;
        let cow = |(x, y): (f32, f32)| Detection {
            class: "cattle".into(),
            score: 0.9,
            bbox: PixelBox {
                x: (x + step.0 * second) * 1920.0 - 60.0,
                y: (y + step.1 * second) * 1080.0 - 80.0,
                w: 120.0,
                h: 80.0,
            },
        };
        let detections = [cow((0.4, 0.8)), cow((0.6, 0.82))];
        let at = StreamTime::from_secs_f64(f64::from(second));
        let look = Look {
            detections: &detections,
            ..Look::new(at, size)
        };
        changes.extend(analysis.step(&look, PoseState::At(PoseId(0))).changes);
    }
    changes
}

#[test]
fn a_herd_is_told_with_its_heading_and_what_drives_with_its_speed() {
    const STREET: &str = "[camera.calibration]\nmark_error_m = 0.5\npairs = [[0.2, 0.9, 16.4637, 107.5909], \
        [0.8, 0.9, 16.4637, 107.590994], [0.4, 0.5, 16.46406, 107.5909], [0.6, 0.5, 16.46406, 107.590994]]";
    let told = herd_on_the_road(STREET, (0.0, -0.02));
    assert!(told.len() >= 2, "{told:?}");
    let last = told.last().unwrap();
    let Some(Heading::Ground { degrees, .. }) = last.heading else {
        panic!("north over the ground, not {:?}", last.heading);
    };
    assert!(!(15.0..345.0).contains(&degrees), "{degrees}");
    assert_eq!(last.speeds.len(), 2, "each by itself: {last:?}");
    // From the row of 0.8 to that of 0.66 in seven seconds: some metres.
    assert!(
        last.speeds
            .iter()
            .all(|speed| (0.5..12.0).contains(&speed.kmh)),
        "{:?}",
        last.speeds
    );

    let told = herd_on_the_road("", (0.02, 0.0));
    let last = told.last().unwrap();
    assert!(
        matches!(last.heading, Some(Heading::Picture { degrees, .. }) if (80.0..100.0).contains(&degrees)),
        "{:?}",
        last.heading
    );
    assert_eq!(last.speeds, []);
    let told = herd_on_the_road(STREET, (0.0, 0.0));
    assert!(
        told.iter().all(|change| change.heading.is_none()),
        "a herd that stands"
    );
}

/// A junction that a camera sees in its pose `east`; a controller tells its signal.
fn junction() -> PosedAnalysis {
    let text = r#"
        [[model]]
        name = "yolox-nano"
        [[camera]]
        id = "cam"
        url = "rtsp://h/p"
        [camera.poses]
        source = "mqtt"
        [[camera.pose]]
        name = "north"
        [[camera.pose]]
        name = "east"
        [[camera.line]]
        id = "stop"
        pose = "east"
        points = [[0.5, 0.3], [0.5, 0.9]]
        towards = [0.9, 0.6]
        [[camera.signal]]
        id = "main"
        pose = "east"
        controller = "nga-tu-1"
        group = "1"
        [[camera.rule]]
        kind = "red_light"
        line = "stop"
    "#;
    let config = Config::parse(text, Path::new("agent.toml")).unwrap();
    PosedAnalysis::new(&config.cameras[0], &TrackerOptions::default())
}

/// What is raised and held back of a car that drives over the line from second 102 on, while the camera looks there
/// from second 100 on, as before from second 10 to 20; the signal shows red since that second of the stream.
fn over_the_line_in_east(red_since: f64) -> (Vec<EventChange>, Vec<HeldBackReason>) {
    let mut analysis = junction();
    let (mut raised, mut held_back) = (Vec::new(), Vec::new());
    for picture in 0..560_u32 {
        let second = f64::from(picture) / 5.0;
        let state = match second {
            10.0..20.0 | 100.0.. => EAST,
            _ => NORTH,
        };
        let at = StreamTime::from_secs_f64(second);
        let signals = [SignalReading {
            signal: "main".parse().unwrap(),
            state: SignalState::Red,
            since: StreamTime::from_secs_f64(red_since),
            seen_at: at,
            source: Source::Controller,
        }];
        let car = Detection {
            class: "car".into(),
            score: 0.9,
            bbox: PixelBox {
                x: (second - 102.0) as f32 * 150.0 + 120.0,
                y: 520.0,
                w: 160.0,
                h: 80.0,
            },
        };
        let cars = [car];
        let look = Look {
            detections: if (102.0..106.0).contains(&second) {
                &cars
            } else {
                &[]
            },
            signals: &signals,
            ..Look::new(at, SIZE)
        };
        let step = analysis.step(&look, state);
        let news = step.changes.into_iter();
        raised.extend(news.filter(|change| change.phase == Phase::Raised));
        held_back.extend(step.held_back.iter().map(|held_back| held_back.reason));
    }
    (raised, held_back)
}

#[test]
fn a_red_light_of_one_pose_is_judged_by_what_was_seen_there() {
    // It turned red while the camera looked elsewhere.
    let (raised, held_back) = over_the_line_in_east(50.0);
    let [told] = &raised[..] else {
        panic!("{raised:?} {held_back:?}");
    };
    assert_eq!(told.pose, Some(PoseId(1)));
    let crossing = told.moments.unwrap().crossing.as_secs_f64();
    assert!(
        (103.0..105.5).contains(&crossing),
        "by the stream: {crossing}"
    );
    assert_eq!(held_back, []);
    // It turned red as the car came.
    let (raised, held_back) = over_the_line_in_east(103.9);
    assert_eq!(raised, []);
    assert_eq!(held_back, [HeldBackReason::LampTurned]);
}
