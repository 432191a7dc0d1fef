//! Faults with a known beginning and end, by stream, counters, clocks and rendered pictures.

use std::path::Path;

use contract::v1::Phase;
use jiff::Timestamp;

use super::*;
use crate::config::Config;
use crate::geometry::PictureSize;
use crate::motion::rendered::{Camera, Thing, walker};
use crate::motion::{Attention, LumaPicture, ViewWatch};

/// Noon in Hanoi, a Monday.
const NOON: i64 = 1_793_595_600;

fn config(keys: &str) -> CameraConfig {
    let text = format!(
        r#"
[[model]]
name = "yolox-nano"
[[camera]]
id = "cam-1"
url = "rtsp://host/path"
time_zone = "+07:00"
[[camera.rule]]
kind = "stray_cattle"
[[camera.rule]]
kind = "camera_health"
{keys}
"#
    );
    let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
    config.cameras[0].clone()
}

fn at(second: f64) -> StreamTime {
    StreamTime::from_secs_f64(second)
}

fn wall(second: f64) -> Timestamp {
    Timestamp::from_second(NOON).unwrap() + Duration::from_secs_f64(second)
}

/// What was told of each fault, and when.
type Told = Vec<(f64, &'static str, Phase)>;

fn noted(told: &mut Told, second: f64, changes: Vec<EventChange>) {
    told.extend(
        changes
            .iter()
            .map(|change| (second, change.detail, change.phase)),
    );
}

/// Looks every two seconds.
fn over(
    keys: &str,
    seconds: u32,
    signs: impl Fn(f64, HealthSigns<'static>) -> HealthSigns<'static>,
) -> Told {
    let mut health = CameraHealth::of(&config(keys)).unwrap();
    let mut told = Told::new();
    for look in 0..seconds / 2 {
        let second = f64::from(look) * 2.0;
        let known = HealthSigns {
            wall: Some(wall(second)),
            stream: Verdict::Good,
            ..HealthSigns::new(at(second))
        };
        let changes = health.observe(&signs(second, known));
        noted(&mut told, second, changes);
    }
    told
}

const fn bad_while(there: bool) -> Verdict {
    match there {
        true => Verdict::Bad,
        false => Verdict::Good,
    }
}

#[test]
fn a_camera_that_is_away_is_told_once_and_a_hiccup_is_not() {
    let told = over("", 600, |now, known| HealthSigns {
        // Away for 20 s, and then for three minutes with a spark of life in between.
        stream: bad_while(
            (20.0..40.0).contains(&now)
                || ((100.0..300.0).contains(&now) && !(150.0..154.0).contains(&now)),
        ),
        ..known
    });
    assert_eq!(
        told,
        [
            (160.0, "offline", Phase::Raised),
            (310.0, "offline", Phase::Cleared)
        ]
    );
}

#[test]
fn planned_works_are_not_told_and_what_outlasts_them_is() {
    let works = |now: f64| match (200.0..400.0).contains(&now) {
        true => Hearing::Muted,
        false => Hearing::Wanted,
    };
    let told = over("cool_down_s = 0", 700, |now, known| HealthSigns {
        stream: bad_while((100.0..500.0).contains(&now)),
        hearing: works(now),
        ..known
    });
    let phases: Vec<_> = told
        .iter()
        .map(|(second, _, phase)| (*second, *phase))
        .collect();
    assert_eq!(
        phases,
        [
            (160.0, Phase::Raised),
            (200.0, Phase::Cleared),
            (400.0, Phase::Raised),
            (510.0, Phase::Cleared)
        ]
    );
    let told = over("", 700, |now, known| HealthSigns {
        stream: bad_while((220.0..380.0).contains(&now)),
        hearing: works(now),
        ..known
    });
    assert_eq!(told, []);
}

#[test]
fn only_what_is_asked_for_is_watched_in_its_hours() {
    let everything = |now: f64, known: HealthSigns<'static>| HealthSigns {
        stream: bad_while(now > 10.0),
        rate: bad_while(now > 10.0),
        ..known
    };
    let details = |keys: &str| -> Vec<&str> {
        over(keys, 300, everything)
            .into_iter()
            .map(|(_, detail, _)| detail)
            .collect()
    };
    assert_eq!(details(""), ["offline", "too_slow"]);
    assert_eq!(details("watch = [\"too_slow\"]"), ["too_slow"]);
    assert_eq!(details("watch = []"), [""; 0]);
    assert_eq!(details("schedule = [\"20:00-06:00\"]"), [""; 0]);
}

#[test]
fn clocks_that_are_wrong_or_unknown() {
    let told = over("", 700, |now, known| HealthSigns {
        camera_clock: bad_while((10.0..100.0).contains(&now)),
        agent_clock: match now {
            ..200.0 => Verdict::Good,
            200.0..300.0 => Verdict::Bad,
            _ => Verdict::Unknown,
        },
        clock_known: bad_while((300.0..600.0).contains(&now)),
        ..known
    });
    assert_eq!(
        told,
        [
            (20.0, "camera_clock", Phase::Raised),
            (100.0, "camera_clock", Phase::Cleared),
            (210.0, "agent_clock", Phase::Raised),
            (540.0, "clock_unknown", Phase::Raised),
            (600.0, "clock_unknown", Phase::Cleared),
        ]
    );
}

#[test]
fn fewer_pictures_than_the_rules_need() {
    // Cattle must be seen within 10 s: 0.4 pictures a second.
    for (what, received, dropped_share, wanted) in [
        ("as many as configured", 25.0, 0.0, Verdict::Good),
        ("one a second", 1.0, 0.0, Verdict::Good),
        ("one in four seconds", 0.25, 0.0, Verdict::Bad),
        ("an overloaded model", 25.0, 0.97, Verdict::Bad),
        ("some drops", 25.0, 0.5, Verdict::Good),
    ] {
        let mut meter = RateMeter::of(&config(""));
        let mut said = Verdict::Unknown;
        for second in 0..120_u32 {
            let count = |rate: f64| (f64::from(second) * rate) as u64;
            let counts = Counts {
                received: count(received),
                analysed: count(5.0 * (1.0 - dropped_share)),
                dropped: count(5.0 * dropped_share),
            };
            said = meter.look(at(f64::from(second)), counts, Verdict::Good);
        }
        assert_eq!(said, wanted, "{what}");
        let away = meter.look(at(121.0), Counts::default(), Verdict::Bad);
        assert_eq!(away, Verdict::Unknown, "{what}");
    }
}

/// What the lens shows at a second.
struct Shown {
    light: f32,
    noise: f32,
    aim: (f32, f32, f32, f32),
    place: u32,
    things: Vec<Thing>,
    finish: Finish,
}

/// What becomes of a picture behind the lens.
#[derive(Clone, Copy)]
enum Finish {
    None,
    Blurred(i32),
    /// This share of its contrast, around a level.
    Veiled(f32, f32),
    /// The picture of that second again.
    Stuck,
}

impl Shown {
    fn usual(now: f64) -> Self {
        Self {
            light: 1.0,
            noise: 2.0,
            aim: (0.0, 0.0, 1.0, 0.0),
            place: 7,
            things: vec![walker(((now * 9.0) % 260.0) as f32 - 20.0)],
            finish: Finish::None,
        }
    }
}

fn finished(picture: LumaPicture, finish: Finish) -> LumaPicture {
    let size = picture.size();
    match finish {
        Finish::None | Finish::Stuck => picture,
        Finish::Veiled(share, level) => {
            let veil =
                |old: &u8| (level + (f32::from(*old) - 110.0) * share).clamp(0.0, 255.0) as u8;
            LumaPicture::from_levels(size, picture.levels().iter().map(veil).collect())
        }
        Finish::Blurred(radius) => {
            let (width, height) = (size.width as i32, size.height as i32);
            let around =
                || (-radius..=radius).flat_map(|y| (-radius..=radius).map(move |x| (x, y)));
            let level = |x: i32, y: i32| {
                let cell = y.clamp(0, height - 1) * width + x.clamp(0, width - 1);
                i32::from(picture.levels()[cell as usize])
            };
            let mean = |x: i32, y: i32| {
                let sum: i32 = around().map(|(dx, dy)| level(x + dx, y + dy)).sum();
                (sum / (2 * radius + 1).pow(2)) as u8
            };
            let levels = (0..height).flat_map(|y| (0..width).map(move |x| mean(x, y)));
            LumaPicture::from_levels(size, levels.collect())
        }
    }
}

/// Looks every two seconds at what the lens shows; `hour` is the local time of the first picture.
fn seen(hour: i64, seconds: u32, shown: impl Fn(f64) -> Shown) -> Told {
    let mut health = CameraHealth::of(&config("")).unwrap();
    let (mut view, mut camera) = (ViewWatch::new(Attention::Condition), Camera::new());
    let mut told = Told::new();
    let mut last: Option<LumaPicture> = None;
    for look in 0..seconds / 2 {
        let second = f64::from(look) * 2.0;
        let shown = shown(second);
        (camera.aim, camera.place, camera.noise) = (shown.aim, shown.place, shown.noise);
        let taken = finished(camera.take(shown.light, &shown.things), shown.finish);
        let picture = match (shown.finish, last.take()) {
            (Finish::Stuck, Some(last)) => last,
            _ => taken,
        };
        last = Some(picture.clone());
        let wall = wall(second) + Duration::from_secs(3600) * u32::try_from(hour - 12).unwrap_or(0);
        let PictureSize { width, .. } = picture.size();
        view.look_at(at(second), Some(wall), picture).unwrap();
        let changes = health.observe(&HealthSigns {
            wall: Some(wall),
            stream: Verdict::Good,
            picture: view.signs(at(second)).map(|signs| (signs, width as f32)),
            ..HealthSigns::new(at(second))
        });
        noted(&mut told, second, changes);
    }
    told
}

/// From the 200th to the 600th second something is wrong.
fn wrong(now: f64) -> bool {
    (200.0..600.0).contains(&now)
}

#[test]
fn each_blindness_is_found_in_five_minutes_told_by_its_name_and_cleared() {
    type Fault<'a> = (&'a str, &'a dyn Fn(&mut Shown));
    let faults: &[Fault<'_>] = &[
        ("frozen", &|shown| shown.finish = Finish::Stuck),
        ("covered", &|shown| {
            shown.finish = Finish::Veiled(0.05, 70.0);
        }),
        ("covered", &|shown| shown.finish = Finish::Veiled(0.02, 4.0)),
        ("moved", &|shown| shown.aim = (12.0, -5.0, 1.0, 0.0)),
        ("moved", &|shown| shown.place = 99),
        ("out_of_focus", &|shown| shown.finish = Finish::Blurred(2)),
    ];
    for (index, (detail, fault)) in faults.iter().enumerate() {
        let told = seen(12, 700, |now| {
            let mut shown = Shown::usual(now);
            if wrong(now) {
                fault(&mut shown);
            }
            shown
        });
        let [
            (raised, first, Phase::Raised),
            (cleared, second, Phase::Cleared),
        ] = told[..]
        else {
            panic!("{index}, {detail}: {told:?}")
        };
        assert_eq!((first, second), (*detail, *detail), "{index}");
        assert!(
            (320.0..=500.0).contains(&raised),
            "{detail} raised at {raised}"
        );
        assert!(
            (600.0..=650.0).contains(&cleared),
            "{detail} cleared at {cleared}"
        );
    }
}

#[test]
fn black_is_told_by_day_and_not_at_night() {
    let fading = |now: f64| Shown {
        light: (1.0 - now / 200.0).max(0.02) as f32,
        things: Vec::new(),
        ..Shown::usual(now)
    };
    let told = seen(12, 600, fading);
    assert!(
        matches!(told[..], [(_, "too_dark", Phase::Raised)]),
        "{told:?}"
    );
    assert_eq!(seen(22, 600, fading), []);
}

#[test]
fn what_every_camera_goes_through_is_no_fault() {
    type Weather<'a> = (&'a str, &'a dyn Fn(f64, &mut Shown));
    let weathers: &[Weather<'_>] = &[
        ("a street", &|_, _| {}),
        ("clouds", &|now, shown| {
            shown.light = (1.0 + 0.3 * (now / 20.0).sin()) as f32;
        }),
        ("fog that comes and goes", &|now, shown| {
            let thick = ((now - 100.0) / 300.0)
                .clamp(0.0, 0.96)
                .min((700.0 - now).max(0.0) / 300.0);
            shown.finish = Finish::Veiled(1.0 - thick.clamp(0.0, 0.96) as f32, 150.0);
        }),
        ("a quiet night", &|_, shown| {
            (shown.light, shown.noise) = (0.35, 1.0);
            shown.things.clear();
        }),
        ("a hand for a minute", &|now, shown| {
            if (200.0..260.0).contains(&now) {
                shown.finish = Finish::Veiled(0.05, 70.0);
            }
        }),
        ("a gust", &|now, shown| {
            shown.aim = (((now * 3.0).sin() * 2.0) as f32, 0.0, 1.0, 0.0);
        }),
        ("a lamp that goes out", &|now, shown| {
            shown.light = if now > 300.0 { 0.6 } else { 1.0 };
        }),
    ];
    for (what, weather) in weathers {
        let told = seen(12, 800, |now| {
            let mut shown = Shown::usual(now);
            weather(now, &mut shown);
            shown
        });
        assert_eq!(told, [], "{what}");
    }
}

#[test]
fn the_end_closes_what_is_open() {
    let mut health = CameraHealth::of(&config("")).unwrap();
    for second in 0..100_u32 {
        health.observe(&HealthSigns {
            stream: Verdict::Bad,
            ..HealthSigns::new(at(f64::from(second)))
        });
    }
    let ended = health.end(at(100.0));
    assert!(matches!(&ended[..], [one] if one.phase == Phase::Cleared && one.began == at(0.0)));
    assert!(health.end(at(101.0)).is_empty());
}
