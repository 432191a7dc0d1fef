//! The gate over encoded video: what an analysis of every picture reports, one behind the gate
//! reports too, as long as it lasts as its rule declared; and a quiet camera sleeps.
//!
//! The detector is one that cannot err (things are brighter than anything else), so that what is
//! missed is the gate's fault. `VONG_GATE_CASES` says how many random cameras are tried.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use contract::v1::{EventId, Phase};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{CameraAnalysis, Look};
use crate::camera::{
    AccessUnit, Frame, GatePolicy, GateReport, GatedItem, GatedStream, Regard, StreamInfo,
    encoded_video,
};
use crate::config::{CameraConfig, Config, GateMode};
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::rule::EventChange;
use crate::time::{ClockAnchor, StreamTime};
use crate::track::TrackerOptions;

const SIZE: PictureSize = PictureSize {
    width: 256,
    height: 144,
};
const WIDTH: usize = SIZE.width as usize;
const HEIGHT: usize = SIZE.height as usize;
const FPS: u32 = 12;
/// Things are this bright, and nothing else is.
const THING: u8 = 235;
const BRIGHT: u8 = 205;

/// What a camera shows.
#[derive(Debug, Clone)]
struct Scene {
    seconds: u32,
    /// Levels of noise.
    noise: u8,
    things: Vec<Thing>,
    /// When it goes over to infrared.
    infrared: Option<u32>,
    /// From when to when it rains.
    rain: Option<(u32, u32)>,
    seed: u64,
}

#[derive(Debug, Clone)]
struct Thing {
    from: f64,
    stay: f64,
    width: usize,
    height: usize,
    /// Pixels it moves in a second, for the first two seconds.
    speed: f64,
}

/// How the camera encodes it.
#[derive(Debug, Clone)]
struct Encoding {
    gop: u32,
    /// `openh264enc`'s word.
    rate_control: &'static str,
    bitrate: u32,
}

impl Scene {
    fn quiet(seconds: u32) -> Self {
        Self {
            seconds,
            noise: 3,
            things: Vec::new(),
            infrared: None,
            rain: None,
            seed: 7,
        }
    }

    fn pictures(self) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
        let mut dice = Dice(self.seed | 1);
        // Noise is cut from a longer strip at random places: drawing it for each pixel would take
        // longer than encoding it.
        let amplitude = u64::from(self.noise) * 2 + 1;
        let strip: Vec<u8> = (0..WIDTH * 64)
            .map(|_| u8::try_from(dice.below(amplitude)).unwrap_or_default())
            .collect();
        (0..self.seconds * FPS).map(move |number| {
            let at = f64::from(number) / f64::from(FPS);
            let infrared = self.infrared.is_some_and(|from| at >= f64::from(from));
            let mut picture = vec![0; WIDTH * HEIGHT];
            for (y, row) in picture.chunks_exact_mut(WIDTH).enumerate() {
                let start = usize::try_from(dice.below((WIDTH * 63) as u64)).unwrap_or_default();
                let noise = &strip[start..start + WIDTH];
                for (x, (pixel, noise)) in row.iter_mut().zip(noise).enumerate() {
                    *pixel = noise + if infrared { night(x, y) } else { day(x, y) };
                }
            }
            if self
                .rain
                .is_some_and(|(from, to)| (f64::from(from)..f64::from(to)).contains(&at))
            {
                for _ in 0..120 {
                    let x = dice.below(WIDTH as u64) as usize;
                    let y = dice.below((HEIGHT - 12) as u64) as usize;
                    (y..y + 12).for_each(|y| picture[y * WIDTH + x] = 175);
                }
            }
            for (lane, thing) in self.things.iter().enumerate() {
                thing.draw(lane, at, &mut picture);
            }
            picture
        })
    }
}

fn day(x: usize, y: usize) -> u8 {
    40 + (x / 4) as u8
        + if (x / 32 + y / 24).is_multiple_of(2) {
            50
        } else {
            0
        }
}

fn night(x: usize, y: usize) -> u8 {
    let off = x.abs_diff(WIDTH / 2) + y.abs_diff(HEIGHT / 2);
    90_u8.saturating_sub((off / 3) as u8)
        + if (x / 16 + y / 36).is_multiple_of(2) {
            25
        } else {
            0
        }
}

impl Thing {
    /// Each has a lane of its own, a third of the picture.
    fn draw(&self, lane: usize, at: f64, picture: &mut [u8]) {
        let age = at - self.from;
        if !(0.0..self.stay).contains(&age) {
            return;
        }
        let left = 20 + (self.speed * age.min(2.0)) as usize;
        let top = lane * HEIGHT / 3 + 2;
        for y in top..top + self.height {
            let start = y * WIDTH + left;
            picture[start..start + self.width].fill(THING);
        }
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// What is brighter than anything else, in each lane.
fn things_in(frame: &Frame) -> Vec<Detection> {
    let luma = &frame.planes[0];
    (0..3)
        .filter_map(|lane| {
            let rows = lane * HEIGHT / 3..(lane + 1) * HEIGHT / 3;
            let (mut left, mut right, mut top, mut bottom, mut count) = (WIDTH, 0, HEIGHT, 0, 0);
            for y in rows {
                let row = &luma.data[y * luma.stride..y * luma.stride + WIDTH];
                for (x, _) in row.iter().enumerate().filter(|(_, pixel)| **pixel > BRIGHT) {
                    (left, right) = (left.min(x), right.max(x + 1));
                    (top, bottom) = (top.min(y), bottom.max(y + 1));
                    count += 1;
                }
            }
            (count >= 20).then(|| Detection {
                class: "car".into(),
                score: 0.9,
                bbox: PixelBox {
                    x: left as f32,
                    y: top as f32,
                    w: (right - left) as f32,
                    h: (bottom - top) as f32,
                },
            })
        })
        .collect()
}

fn camera(shortest: f64) -> CameraConfig {
    let text = format!(
        r#"
            [[model]]
            name = "yolox-nano"
            [[camera]]
            id = "cam"
            url = "rtsp://h/p"
            [[camera.zone]]
            id = "street"
            polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
            [[camera.rule]]
            kind = "illegal_parking"
            zone = "street"
            dwell_s = 1
            clear_after_s = 1
            cool_down_s = 0
            max_move = 1.0
            shortest_event_s = {shortest}
        "#
    );
    Config::parse(&text, Path::new("agent.toml"))
        .unwrap()
        .cameras
        .remove(0)
}

/// What came of one run.
struct Outcome {
    /// When each event was raised and cleared.
    events: Vec<(EventId, f64, f64)>,
    report: GateReport,
    received: u64,
    decoded: u64,
    analysed: u64,
}

fn run(info: &StreamInfo, units: &[Arc<AccessUnit>], mode: GateMode, shortest: f64) -> Outcome {
    let camera = camera(shortest);
    let policy = GatePolicy {
        mode,
        ..GatePolicy::of(&camera)
    };
    let anchor = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
    };
    let mut stream = GatedStream::start(info, camera.analyse_fps, policy, anchor).unwrap();
    let mut analysis = CameraAnalysis::new(&camera, TrackerOptions::default());
    let (mut changes, mut analysed) = (Vec::new(), 0);
    let mut newest = StreamTime::ZERO;
    let mut see = |stream: &mut GatedStream, item: &GatedItem, changes: &mut Vec<EventChange>| {
        analysed += 1;
        let GatedItem { frame, regard } = item;
        let detections = things_in(frame);
        if *regard == Regard::Glance
            && let Some(cause) = analysis.glance(frame.size, &detections)
        {
            stream.hold(frame.pts, cause);
            return;
        }
        assert!(
            frame.pts > newest || newest == StreamTime::ZERO,
            "time goes on"
        );
        newest = frame.pts;
        let step = analysis.step(&Look {
            detections: &detections,
            ..Look::new(frame.pts, frame.size)
        });
        if let Some(cause) = step.holds {
            stream.hold(frame.pts, cause);
        }
        changes.extend(step.changes);
    };
    let mut due = VecDeque::new();
    for unit in units {
        stream.take(unit, &mut due).unwrap();
        while let Some(item) = due.pop_front() {
            see(&mut stream, &item, &mut changes);
        }
    }
    stream.finish(&mut due).unwrap();
    while let Some(item) = due.pop_front() {
        see(&mut stream, &item, &mut changes);
    }
    changes.extend(analysis.end(newest));
    Outcome {
        events: lives(&changes),
        report: stream.report(),
        received: stream.received(),
        decoded: stream.decoded(),
        analysed,
    }
}

fn lives(changes: &[EventChange]) -> Vec<(EventId, f64, f64)> {
    let raised = changes
        .iter()
        .filter(|change| change.phase == Phase::Raised);
    let cleared = |event| {
        let mut ends = changes
            .iter()
            .filter(|c| c.event_id == event && c.phase == Phase::Cleared);
        ends.next().expect("every event ends").at.as_secs_f64()
    };
    raised
        .map(|change| {
            (
                change.event_id,
                change.at.as_secs_f64(),
                cleared(change.event_id),
            )
        })
        .collect()
}

fn encode(scene: &Scene, encoding: &Encoding) -> (StreamInfo, Vec<Arc<AccessUnit>>) {
    let encoder = format!(
        "openh264enc gop-size={} rate-control={} bitrate={} complexity=low \
         scene-change-detection=false background-detection=false",
        encoding.gop * FPS,
        encoding.rate_control,
        encoding.bitrate,
    );
    encoded_video(SIZE, FPS, &encoder, scene.clone().pictures())
}

fn vbr(gop: u32) -> Encoding {
    Encoding {
        gop,
        rate_control: "quality",
        bitrate: 256_000,
    }
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let thing = (
        22.0..50.0_f64,
        1.0..24.0_f64,
        8..60_usize,
        8..40_usize,
        0.0..60.0_f64,
    );
    prop::collection::vec(thing, 0..=3).prop_map(|things| {
        let thing = |(from, stay, width, height, speed)| Thing {
            from,
            stay,
            width,
            height,
            speed,
        };
        things.into_iter().map(thing).collect()
    })
}

fn scenes() -> impl Strategy<Value = Scene> {
    let rain = prop::option::of((10..40_u32, 45..70_u32));
    let infrared = prop::option::of(5..60_u32);
    (0..6_u8, things(), infrared, rain, any::<u64>()).prop_map(
        |(noise, things, infrared, rain, seed)| Scene {
            seconds: 78,
            noise,
            things,
            infrared,
            rain,
            seed,
        },
    )
}

fn encodings() -> impl Strategy<Value = Encoding> {
    let rates = prop::sample::select(vec![
        ("quality", 256_000),
        ("bitrate", 150_000),
        ("off", 128_000),
    ]);
    (prop::sample::select(vec![1, 2, 3, 5, 8, 10]), rates).prop_map(
        |(gop, (rate_control, bitrate))| Encoding {
            gop,
            rate_control,
            bitrate,
        },
    )
}

fn cases() -> u32 {
    let wanted = std::env::var("VONG_GATE_CASES");
    wanted.map_or(6, |text| text.parse().expect("VONG_GATE_CASES is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        // Each try encodes a minute of video; the seed that is printed is enough.
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_event_as_long_as_its_rule_declared_is_reported(
        scene in scenes(),
        encoding in encodings(),
        shortest in prop::sample::select(vec![4.0, 8.0, 20.0]),
    ) {
        let (info, units) = encode(&scene, &encoding);
        let whole = run(&info, &units, GateMode::Off, shortest);
        let gated = run(&info, &units, GateMode::Auto, shortest);
        prop_assert_eq!(whole.decoded, whole.received);
        println!(
            "gop {} {}: {} events, {} behind the gate; awake {:.2}, decoded {} of {}",
            encoding.gop, encoding.rate_control, whole.events.len(), gated.events.len(),
            gated.report.awake_share(), gated.decoded, gated.received,
        );
        for (_, raised, cleared) in &whole.events {
            // A rule raises after its dwell, and clears after its absence: a second each.
            if cleared - raised < shortest {
                continue;
            }
            let same = |(_, from, to): &&(EventId, f64, f64)| {
                (from - raised).abs() <= 1.0 && to > raised && from < cleared
            };
            prop_assert!(
                gated.events.iter().any(|event| same(&event)),
                "raised at {raised}, cleared at {cleared}; behind the gate {:?}",
                gated.events,
            );
        }
    }
}

#[test]
fn a_quiet_camera_sleeps_through_noise_and_costs_little_more_than_its_keyframes() {
    for encoding in [
        vbr(2),
        Encoding {
            gop: 2,
            rate_control: "bitrate",
            bitrate: 150_000,
        },
    ] {
        let (info, units) = encode(&Scene::quiet(90), &encoding);
        let gated = run(&info, &units, GateMode::Auto, 20.0);
        let share = gated.report.awake_share();
        assert!(gated.events.is_empty());
        assert!(share < 0.12, "{encoding:?}: awake {share}");
        let decoded = gated.decoded as f64 / gated.received as f64;
        assert!(decoded < 0.17, "{encoding:?}: {decoded}");
        assert!(gated.analysed < 60, "{} pictures analysed", gated.analysed);
    }
}

#[test]
fn infrared_and_rain_wake_it_for_a_while_and_not_for_ever() {
    let scene = Scene {
        infrared: Some(40),
        rain: Some((80, 150)),
        ..Scene::quiet(160)
    };
    let (info, units) = encode(&scene, &vbr(2));
    let gated = run(&info, &units, GateMode::Auto, 20.0);
    let share = gated.report.awake_share();
    assert!(gated.events.is_empty());
    assert!(share < 0.4, "awake {share}");
}

#[test]
fn keyframes_alone_see_what_stays() {
    let scene = Scene {
        things: vec![Thing {
            from: 20.0,
            stay: 30.0,
            width: 40,
            height: 30,
            speed: 0.0,
        }],
        ..Scene::quiet(60)
    };
    let (info, units) = encode(&scene, &vbr(1));
    let gated = run(&info, &units, GateMode::Keyframes, 20.0);
    assert_eq!((gated.events.len(), gated.decoded), (1, 60));
    assert_eq!(gated.report.awake_share(), 0.0);
}

#[test]
fn the_pictures_before_the_change_are_analysed_too() {
    let scene = Scene {
        things: vec![Thing {
            from: 41.0,
            stay: 12.0,
            width: 40,
            height: 30,
            speed: 15.0,
        }],
        ..Scene::quiet(60)
    };
    // Keyframes every five seconds: the thing came a second after one, and stays for two.
    let (info, units) = encode(&scene, &vbr(5));
    let whole = run(&info, &units, GateMode::Off, 12.0);
    let gated = run(&info, &units, GateMode::Auto, 12.0);
    let raised = |outcome: &Outcome| {
        outcome
            .events
            .iter()
            .map(|(_, at, _)| *at)
            .collect::<Vec<_>>()
    };
    assert_eq!((raised(&whole).len(), raised(&gated).len()), (1, 1));
    let late = raised(&gated)[0] - raised(&whole)[0];
    assert!(late.abs() <= 0.25, "{late} s");
    assert!(
        gated.report.awake_share() < 0.6,
        "{}",
        gated.report.awake_share()
    );
}
