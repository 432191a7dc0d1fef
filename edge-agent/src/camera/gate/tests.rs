//! The gate as its shell drives it, over hours of stream time in which nothing needs decoding.

use super::*;

const GREY: f32 = 100.0;

fn grid(bright: &[usize]) -> LumaGrid {
    let mut cells: Vec<f32> = (0..400).map(|at| GREY + (at % 20) as f32 * 4.0).collect();
    bright.iter().for_each(|cell| cells[*cell] += 80.0);
    LumaGrid { across: 20, cells }
}

/// What the camera shows at a moment: which cells are bright.
type Scene = fn(f64) -> Vec<usize>;

struct Run {
    gate: Gate,
    fps: f64,
    time: f64,
    since_keyframe: f64,
    fed: Vec<(f64, Feed)>,
    glances: Vec<f64>,
}

impl Run {
    fn new(mode: GateMode, shortest: f64) -> Self {
        Self {
            gate: Gate::new(GatePolicy {
                mode,
                shortest_event: Some(Duration::from_secs_f64(shortest)),
                analysis_period: Duration::from_millis(200),
            }),
            fps: 25.0,
            time: 0.0,
            since_keyframe: f64::INFINITY,
            fed: Vec::new(),
            glances: Vec::new(),
        }
    }

    /// So many seconds of a camera whose keyframes are `gop` seconds apart.
    fn watch(&mut self, seconds: f64, gop: f64, scene: Scene) -> &mut Self {
        let until = self.time + seconds;
        while self.time < until - 1e-9 {
            let keyframe = self.since_keyframe + 1e-9 >= gop;
            self.since_keyframe = if keyframe { 0.0 } else { self.since_keyframe };
            let pts = StreamTime::from_secs_f64(self.time);
            let (kind, bytes) = match keyframe {
                true => (UnitKind::Keyframe, 20_000),
                false => (
                    UnitKind::Reference,
                    1_000 + 4_000 * scene(self.time).len().min(1),
                ),
            };
            let feed = self.gate.unit(&UnitFacts { pts, kind, bytes });
            let grid = grid(&scene(self.time));
            match feed {
                Feed::Look => match self.gate.look(pts, &grid) {
                    Looked::Glance => self.glances.push(self.time),
                    Looked::Quiet | Looked::InTurn | Looked::Woken(_) => {}
                },
                Feed::Peek => drop(self.gate.peek(&grid)),
                Feed::Next | Feed::From(_) if keyframe && self.gate.wants_comparison(pts) => {
                    self.gate.compare(pts, &grid);
                }
                Feed::Next | Feed::From(_) | Feed::Leave => {}
            }
            self.fed.push((self.time, feed));
            self.time += 1.0 / self.fps;
            self.since_keyframe += 1.0 / self.fps;
        }
        self
    }

    /// Share of the units in the last seconds that were not left.
    fn fed_share(&self, seconds: f64) -> f64 {
        let recent = self.fed.iter().filter(|(at, _)| *at >= self.time - seconds);
        let (mut all, mut fed) = (0.0, 0.0);
        for (_, feed) in recent {
            all += 1.0;
            fed += f64::from(u8::from(*feed != Feed::Leave));
        }
        fed / all
    }
}

fn empty(_: f64) -> Vec<usize> {
    Vec::new()
}

#[test]
fn a_quiet_camera_gives_its_keyframes_and_a_glance_every_ten_seconds() {
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.watch(120.0, 2.0, empty);
    assert_eq!(run.gate.waking(), None);
    assert!(run.fed_share(100.0) <= 0.021, "{}", run.fed_share(100.0));
    for pair in run.glances.windows(2) {
        assert!(pair[1] - pair[0] <= 10.1, "{pair:?}");
    }
    assert!((9..=12).contains(&run.glances.len()), "{:?}", run.glances);
}

#[test]
fn two_glances_fall_into_the_shortest_event_whatever_the_cadence() {
    for (shortest, gop) in [
        (4.0, 2.0),
        (5.0, 1.0),
        (8.0, 0.5),
        (20.0, 9.6),
        (12.0, 0.04),
    ] {
        let mut run = Run::new(GateMode::Auto, shortest);
        run.watch(140.0, gop, empty);
        assert_eq!(run.gate.waking(), None, "{shortest} {gop}");
        for pair in run.glances.windows(2) {
            assert!(
                pair[1] - pair[0] <= shortest * 0.53,
                "{shortest} {gop}: {pair:?}"
            );
        }
        let share = run.fed_share(60.0);
        assert!(
            share < 0.05_f64.max(0.06 / gop.max(1.0)),
            "{shortest} {gop}: {share}"
        );
    }
}

#[test]
fn keyframes_that_are_too_rare_keep_it_open() {
    let mut run = Run::new(GateMode::Auto, 6.0);
    run.watch(60.0, 4.0, empty);
    assert_eq!(run.gate.waking(), Some(Waking::KeyframesTooRare));
    // The camera's setting changes: shut after a while, and open again when it is changed back.
    run.watch(60.0, 2.0, empty);
    assert_eq!(run.gate.waking(), None);
    run.watch(3.6, 600.0, empty);
    assert_eq!(run.gate.waking(), Some(Waking::KeyframesTooRare));
    run.watch(600.0, 600.0, empty);
    assert_eq!(run.fed_share(500.0), 1.0, "no keyframe came");
    run.watch(60.0, 1.0, empty);
    assert_eq!(run.gate.waking(), None);
}

#[test]
fn a_change_wakes_from_the_last_quiet_keyframe_and_holds() {
    let scene: Scene = |at| match at {
        61.0..66.0 => vec![210, 211],
        _ => vec![],
    };
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.watch(63.0, 2.0, scene);
    let woken = run
        .fed
        .iter()
        .find(|(at, feed)| *at > 30.0 && *feed == Feed::Next);
    let (woken, _) = woken.expect("awake");
    // Unusual sizes at 61 s made it look before the keyframe at 62 s.
    assert!((61.0..61.5).contains(woken), "{woken}");
    run.watch(2.0, 2.0, scene);
    assert_eq!(run.gate.waking(), Some(Waking::Change));
    run.watch(30.0, 2.0, scene);
    assert_eq!(run.gate.waking(), None);
    assert!(run.fed_share(10.0) <= 0.021);
}

#[test]
fn sizes_alone_never_wake_it_and_are_checked_ever_more_rarely() {
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.watch(60.0, 4.0, empty);
    let mut peeks = 0;
    for unit in 0..(600 * 25) {
        let pts = StreamTime::from_secs_f64(60.0 + f64::from(unit) / 25.0);
        let (kind, bytes) = match unit % 100 {
            0 => (UnitKind::Keyframe, 20_000),
            40..46 => (UnitKind::Reference, 9_000),
            _ => (UnitKind::Reference, 1_000),
        };
        match run.gate.unit(&UnitFacts { pts, kind, bytes }) {
            Feed::Peek => {
                peeks += 1;
                assert_eq!(run.gate.peek(&grid(&[])), None);
            }
            Feed::Look => drop(run.gate.look(pts, &grid(&[]))),
            Feed::Leave => {}
            other => panic!("{other:?} at {pts}"),
        }
    }
    assert!((4..=12).contains(&peeks), "{peeks}");
}

#[test]
fn what_a_glance_shows_wakes_from_the_glance_before() {
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.watch(100.0, 2.0, empty);
    let [.., before, last] = run.glances[..] else {
        panic!("{:?}", run.glances)
    };
    let at = StreamTime::from_secs_f64;
    assert_eq!(run.gate.hold(at(last), Cause::Hit), Some(at(before)));
    assert_eq!(run.gate.waking(), Some(Waking::Attention(Cause::Hit)));
    run.watch(0.04, 2.0, empty);
    let from = run.fed.last().unwrap().1;
    let farthest = at(run.time) - LONGEST_BACKLOG;
    assert!(
        matches!(from, Feed::From(from) if from >= at(before).min(farthest)),
        "{from:?}"
    );
    for _ in 0..60 {
        run.watch(1.0, 2.0, empty);
        run.gate.hold(at(run.time), Cause::Track);
    }
    assert_eq!(run.fed_share(59.0), 1.0, "a track holds it open");
    run.watch(20.0, 2.0, empty);
    assert_eq!(run.gate.waking(), None);
}

#[test]
fn the_other_modes_do_as_they_say() {
    let busy: Scene = |at| vec![(at * 3.0) as usize % 400, 1 + (at * 3.0) as usize % 399];
    let mut off = Run::new(GateMode::Off, 20.0);
    off.watch(30.0, 2.0, empty);
    assert!(off.fed.iter().all(|(_, feed)| *feed == Feed::Next));
    assert_eq!(off.gate.waking(), Some(Waking::Off));
    let mut keyframes = Run::new(GateMode::Keyframes, 1.0);
    keyframes.watch(30.0, 2.0, busy);
    let looks = keyframes.fed.iter().filter(|(_, feed)| *feed == Feed::Look);
    assert_eq!((looks.count(), keyframes.fed_share(30.0)), (15, 0.02));
}

#[test]
fn an_analysis_that_is_rarer_than_keyframes_never_needs_more_than_those() {
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.gate.policy.analysis_period = Duration::from_secs(10);
    for _ in 0..120 {
        run.watch(1.0, 2.0, empty);
        run.gate
            .hold(StreamTime::from_secs_f64(run.time), Cause::Event);
    }
    assert!(run.gate.waking().is_some());
    assert!(run.fed_share(100.0) <= 0.021, "{}", run.fed_share(100.0));
}

#[test]
fn what_stirs_for_ever_and_is_nothing_does_not_keep_it_awake() {
    // A flag here and there: never where it was, so no cell gets used to it.
    let flag: Scene = |at| {
        let cell = (at * 0.5) as usize * 89 % 380;
        vec![cell, cell + 1, cell + 20]
    };
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.watch(1_800.0, 2.0, flag);
    let awake = run.fed_share(1_200.0);
    assert!(awake < 0.15, "{awake}");
    // Each change is still shown to the detector.
    let recent = run.glances.iter().filter(|at| **at > 1_200.0).count();
    assert!(recent > 150, "{recent} glances");
    run.gate
        .hold(StreamTime::from_secs_f64(run.time), Cause::Hit);
    run.watch(4.0, 2.0, flag);
    assert_eq!(run.fed_share(3.0), 1.0);
}

#[test]
fn a_view_that_comes_back_is_known_and_nothing_is_decoded_while_the_camera_turns() {
    use crate::config::PoseId;
    let (north, east) = (PoseState::At(PoseId(0)), PoseState::At(PoseId(1)));
    let lit: Scene = |_| (100..300).collect();
    let mut run = Run::new(GateMode::Auto, 20.0);
    run.gate.turn(north);
    run.watch(60.0, 2.0, empty);
    assert_eq!(run.gate.waking(), None);
    run.gate.turn(PoseState::Turning);
    run.watch(10.0, 2.0, lit);
    assert!(
        run.fed_share(9.0) <= 0.03,
        "keyframes at most: {}",
        run.fed_share(9.0)
    );
    run.gate.turn(east);
    assert_eq!(run.gate.waking(), Some(Waking::Learning));
    run.watch(60.0, 2.0, lit);
    assert_eq!(run.gate.waking(), None, "another view, learnt by itself");
    run.gate.turn(north);
    assert_eq!(
        run.gate.waking(),
        Some(Waking::Learning),
        "looked at for a while"
    );
    run.watch(12.0, 2.0, empty);
    assert_eq!(run.gate.waking(), None, "and it is as it was");
    run.gate.turn(PoseState::Unknown);
    run.watch(30.0, 2.0, lit);
    assert!(run.fed_share(29.0) <= 0.03);
}
