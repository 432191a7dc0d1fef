//! Rendered views with a known truth, and lent clips.

use std::time::Duration;

use proptest::prelude::*;

use super::rendered::{Camera, Paint, SIZE, Thing, clip, painted, stall, walker};
use super::*;
use crate::geometry::{PictureSize, PixelBox};
use crate::time::StreamTime;

fn at(seconds: f32) -> StreamTime {
    StreamTime::from_secs_f64(f64::from(seconds))
}

/// Two pictures a second over these seconds; returns what each showed.
fn watched(
    watch: &mut MotionWatch,
    camera: &mut Camera,
    seconds: std::ops::Range<u16>,
    light: impl Fn(f32) -> f32,
    things: impl Fn(f32) -> Vec<Thing>,
) -> Vec<(f32, Motion)> {
    let halves = seconds.start * 2..seconds.end * 2;
    halves
        .map(|half| {
            let now = f32::from(half) / 2.0;
            let picture = camera.take(light(now), &things(now));
            (now, watch.look(at(now), &picture).unwrap())
        })
        .collect()
}

fn watch() -> MotionWatch {
    MotionWatch::new(MotionOptions::default())
}

const fn steady(_: f32) -> f32 {
    1.0
}

#[test]
fn a_stall_is_told_once_stays_ten_minutes_in_changing_light_and_goes() {
    let (mut watch, mut camera) = (watch(), Camera::new());
    let clouds = |now: f32| 1.0 + 0.3 * (now / 20.0).sin();
    let there = |now: f32| {
        let mut things = vec![walker((now * 9.0) % 260.0 - 20.0)];
        things.extend((15.0..630.0).contains(&now).then(|| stall(70.0, 34.0)));
        things
    };
    let seen = watched(&mut watch, &mut camera, 0..660, clouds, there);
    let truth = PixelBox {
        x: 70.0,
        y: 34.0,
        w: 14.0,
        h: 12.0,
    };
    for (now, motion) in &seen {
        let wanted = usize::from((20.0..630.0).contains(now));
        if (15.0..20.0).contains(now) || (630.0..635.0).contains(now) {
            continue;
        }
        assert_eq!(motion.still.len(), wanted, "at {now} s: {:?}", motion.still);
        if let Some(region) = motion.still.first() {
            assert_eq!(region.id, RegionId(1), "at {now} s");
            assert!(
                region.bbox.iou(&truth) > 0.5,
                "at {now} s: {:?}",
                region.bbox
            );
            let since = region.since.as_secs_f64();
            assert!((14.0..18.0).contains(&since), "since {since}");
        }
    }
    let gone: Vec<f32> = seen
        .iter()
        .filter(|(_, motion)| !motion.gone.is_empty())
        .map(|(now, _)| *now)
        .collect();
    assert!(
        matches!(gone[..], [once] if (632.0..636.0).contains(&once)),
        "{gone:?}"
    );
}

#[test]
fn a_parked_car_that_leaves_is_no_ghost_and_its_place_is_watched_on() {
    let (mut watch, mut camera) = (watch(), Camera::new());
    let car = Thing {
        bbox: PixelBox {
            x: 30.0,
            y: 50.0,
            w: 30.0,
            h: 16.0,
        },
        paint: Paint::Stripes(210.0, 170.0),
    };
    let there = |now: f32| match now {
        ..20.0 => vec![car],
        80.0.. => vec![stall(36.0, 52.0)],
        _ => vec![],
    };
    let seen = watched(&mut watch, &mut camera, 0..100, steady, there);
    for (now, motion) in seen {
        let wanted = usize::from(now >= 86.0);
        if !(80.0..86.0).contains(&now) {
            assert_eq!(motion.still.len(), wanted, "at {now} s: {:?}", motion.still);
        }
    }
}

#[test]
fn what_comes_while_the_view_is_learnt_is_no_part_of_it() {
    for came in [1.0, 2.0, 3.5, 5.0] {
        let (mut watch, mut camera) = (watch(), Camera::new());
        let there = |now: f32| {
            let there = (came..40.0).contains(&now);
            there.then(|| stall(70.0, 34.0)).into_iter().collect()
        };
        for (now, motion) in watched(&mut watch, &mut camera, 0..60, steady, there) {
            let wanted = usize::from((11.0..40.0).contains(&now));
            if (7.0..11.0).contains(&now) || (40.0..45.0).contains(&now) {
                continue;
            }
            let still = &motion.still;
            assert_eq!(
                still.len(),
                wanted,
                "came at {came} s, at {now} s: {still:?}"
            );
            if let Some(region) = still.first() {
                let since = region.since.as_secs_f64();
                let came = f64::from(came);
                assert!((came - 0.6..came + 1.6).contains(&since), "{came} {since}");
            }
        }
    }
}

#[test]
fn what_goes_while_the_view_is_learnt_is_no_part_of_it_either() {
    for went in [1.0, 2.0, 4.0, 6.0] {
        let (mut watch, mut camera) = (watch(), Camera::new());
        let there = |now: f32| match now {
            now if now < went => vec![stall(70.0, 34.0)],
            50.0.. => vec![stall(74.0, 36.0)],
            _ => vec![],
        };
        for (now, motion) in watched(&mut watch, &mut camera, 0..70, steady, there) {
            let wanted = usize::from(now >= 56.0);
            if !(50.0..56.0).contains(&now) {
                let still = &motion.still;
                assert_eq!(
                    still.len(),
                    wanted,
                    "went at {went} s, at {now} s: {still:?}"
                );
            }
        }
    }
}

#[test]
fn a_camera_that_is_nudged_while_the_view_is_learnt_sees_no_things() {
    for nudged in [2.0, 4.5] {
        let (mut watch, mut camera) = (watch(), Camera::new());
        for half in 0..60_u16 {
            let now = f32::from(half) / 2.0;
            if now >= nudged {
                camera.aim = (6.0, -3.0, 1.0, 0.0);
            }
            let motion = watch.look(at(now), &camera.take(1.0, &[])).unwrap();
            assert_eq!(motion.still, [], "nudged at {nudged} s, at {now} s");
        }
    }
}

#[test]
fn light_is_not_a_thing() {
    let (mut watch, mut camera) = (watch(), Camera::new());
    let lamp = |now: f32| if now < 20.0 { 1.0 } else { 0.7 };
    let shadow = Thing {
        bbox: PixelBox {
            x: 90.0,
            y: 20.0,
            w: 30.0,
            h: 24.0,
        },
        paint: Paint::Shade(0.65),
    };
    let there = |now: f32| if now < 40.0 { vec![] } else { vec![shadow] };
    for (now, motion) in watched(&mut watch, &mut camera, 0..80, lamp, there) {
        assert_eq!(motion.still, [], "at {now} s");
        if (22.0..40.0).contains(&now) {
            assert!((motion.light - 0.7).abs() < 0.03, "{}", motion.light);
            assert_eq!(motion.moving, [], "at {now} s");
        }
    }
}

#[test]
fn what_moves_has_an_age_and_does_not_stand() {
    let (mut watch, mut camera) = (watch(), Camera::new());
    let there = |now: f32| vec![walker((now - 10.0) * 6.0)];
    for (now, motion) in watched(&mut watch, &mut camera, 0..30, steady, there) {
        assert_eq!(motion.still, []);
        if (15.0..28.0).contains(&now) {
            let [blob] = motion.moving[..] else {
                panic!("at {now} s: {:?}", motion.moving)
            };
            assert!(blob.bbox.iou(&walker((now - 10.0) * 6.0).bbox) > 0.5);
            assert!(blob.since <= at(11.0), "at {now} s: {blob:?}");
        }
    }
}

#[test]
fn a_covered_view_is_disturbed_and_then_learnt_anew() {
    let (mut watch, mut camera) = (watch(), Camera::new());
    let hand = Thing {
        bbox: PixelBox {
            x: 0.0,
            y: 0.0,
            w: 160.0,
            h: 90.0,
        },
        paint: Paint::Stripes(30.0, 28.0),
    };
    let there = |now: f32| if now < 20.0 { vec![] } else { vec![hand] };
    for (now, motion) in watched(&mut watch, &mut camera, 0..40, steady, there) {
        let wanted = match now {
            ..7.0 => View::Learning,
            8.0..20.0 => View::Steady,
            20.0..25.0 => View::Disturbed,
            25.0 => View::Relearnt,
            25.5..32.0 => View::Learning,
            34.0.. => View::Steady,
            _ => continue,
        };
        assert_eq!(motion.view, wanted, "at {now} s");
    }
}

#[test]
fn a_stream_that_breaks_does_not_clear_what_stands() {
    let (mut watch, mut camera) = (watch(), Camera::new());
    let there = |now: f32| {
        (now >= 15.0)
            .then(|| stall(70.0, 34.0))
            .into_iter()
            .collect()
    };
    watched(&mut watch, &mut camera, 0..60, steady, there);
    // The new connection counts from 1,000 s, half a minute later.
    watch.resume(at(1000.0), Duration::from_secs(30));
    let later = |_: f32| vec![stall(70.0, 34.0)];
    for (now, motion) in watched(&mut watch, &mut camera, 1000..1010, steady, later) {
        let [region] = motion.still[..] else {
            panic!("at {now} s: {:?}", motion.still)
        };
        let stands = 1000.0 - region.since.as_secs_f64();
        assert!((72.0..76.0).contains(&stands), "{stands} s");
    }
}

#[test]
fn a_shift_a_turn_and_another_view_are_told_apart() {
    let mut camera = Camera::new();
    let reference = camera.take(1.0, &[]).in_source(PictureSize {
        width: 1600,
        height: 900,
    });
    let mut shift = |aim, place, light| {
        (camera.aim, camera.place) = (aim, place);
        let picture = camera
            .take(light, &[walker(40.0)])
            .in_source(reference.source());
        shift_between(&reference, &picture).unwrap()
    };
    let still = shift((0.0, 0.0, 1.0, 0.0), 7, 0.7);
    assert!(
        still.dx.hypot(still.dy) < 5.0 && still.confidence > 0.3,
        "{still:?}"
    );
    let moved = shift((12.0, -5.0, 1.0, 0.0), 7, 1.0);
    assert!(
        (moved.dx - 120.0).abs() < 8.0 && (moved.dy + 50.0).abs() < 8.0,
        "{moved:?}"
    );
    assert!(moved.confidence > 0.15, "{moved:?}");
    let turned = shift((3.0, 0.0, 1.15, 0.1), 7, 1.0);
    assert!((turned.turn - 5.73).abs() < 1.0, "{turned:?}");
    assert!((turned.scale - 1.15).abs() < 0.03, "{turned:?}");
    let elsewhere = shift((0.0, 0.0, 1.0, 0.0), 99, 1.0);
    assert!(elsewhere.confidence < 0.1, "{elsewhere:?}");
}

#[test]
fn focus_falls_with_blur_and_hardly_with_light() {
    let mut camera = Camera::new();
    let sharp = Glance::of(&camera.take(1.0, &[])).unwrap();
    for light in [0.7, 1.3] {
        let other = Glance::of(&camera.take(light, &[])).unwrap();
        let ratio = other.focus / sharp.focus;
        assert!((0.75..1.33).contains(&ratio), "light {light}: {ratio}");
        assert!(other.hash.distance(sharp.hash) <= 8);
    }
    let blurred = blurred(&camera.take(1.0, &[]), 3);
    let soft = Glance::of(&blurred).unwrap();
    assert!(
        soft.focus < 0.4 * sharp.focus,
        "{} {}",
        soft.focus,
        sharp.focus
    );
    camera.place = 99;
    let elsewhere = Glance::of(&camera.take(1.0, &[])).unwrap();
    let distance = elsewhere.hash.distance(sharp.hash);
    assert!((16..=48).contains(&distance), "{distance}");
}

/// The mean over a square, its side twice the radius and one.
fn blurred(picture: &LumaPicture, radius: i32) -> LumaPicture {
    let (width, height) = (160_i32, 90_i32);
    let level = |x: i32, y: i32| {
        let cell = y.clamp(0, height - 1) * width + x.clamp(0, width - 1);
        i32::from(picture.levels()[cell as usize])
    };
    let around = || -radius..=radius;
    let count = (2 * radius + 1).pow(2);
    let mean = |x: i32, y: i32| {
        let sum: i32 = around()
            .flat_map(|dy| around().map(move |dx| level(x + dx, y + dy)))
            .sum();
        (sum / count) as u8
    };
    let levels = (0..height).flat_map(|y| (0..width).map(move |x| mean(x, y)));
    LumaPicture::from_levels(SIZE, levels.collect())
}

#[test]
fn dark_bright_covered_and_frozen_pictures_show_in_their_numbers() {
    let mut camera = Camera::new();
    let day = camera.take(1.0, &[]);
    let statistics = |picture: &LumaPicture| LumaStatistics::of(picture);
    assert!((100.0..125.0).contains(&statistics(&day).mean));
    assert!(statistics(&day).contrast > 12.0);
    assert!(statistics(&camera.take(0.05, &[])).black > 0.95);
    assert!(statistics(&camera.take(3.5, &[])).white > 0.9);
    let covered = LumaPicture::from_levels(SIZE, vec![40; 160 * 90]);
    assert_eq!(statistics(&covered).contrast, 0.0);
    assert!(change_between(&day, &camera.take(1.0, &[])).unwrap() > 0.5);
    assert_eq!(change_between(&day, &day.clone()).unwrap(), 0.0);
    let small = LumaPicture::from_levels(
        PictureSize {
            width: 2,
            height: 1,
        },
        vec![],
    );
    assert!(matches!(
        change_between(&day, &small),
        Err(MotionError::Sizes(160, 90, 2, 1))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_pictures_make_it_fail(
        pictures in proptest::collection::vec(
            (0_i64..4_000, 1_u32..40, 1_u32..40, proptest::collection::vec(any::<u8>(), 0..64)), 1..40),
    ) {
        let mut watch = watch();
        let mut now = 0;
        for (dt, width, height, seed) in pictures {
            now += dt;
            let count = (width * height) as usize;
            let levels = seed.iter().copied().cycle().take(count).collect();
            let picture = LumaPicture::from_levels(PictureSize { width, height }, levels);
            let time = StreamTime::from_nanos(now * 1_000_000);
            for _ in 0..2 {
                let motion = watch.look(time, &picture).unwrap();
                prop_assert!(motion.light.is_finite() && motion.light > 0.0);
                prop_assert!(motion.still.iter().all(|region| region.since <= time));
            }
            let glance = Glance::of(&picture).unwrap();
            prop_assert!(glance.focus.is_finite() && glance.luma.contrast.is_finite());
            let shift = shift_between(&picture, &picture).unwrap();
            prop_assert!(shift.dx.is_finite() && (0.0..=1.0).contains(&shift.confidence));
        }
    }
}

#[test]
fn in_a_real_room_a_box_put_down_is_found_stays_and_goes() {
    let Some(pictures) = clip("dwell_person_table_intel.mp4") else {
        println!("skipped: VONG_DEMO_CLIPS holds no clip of a room");
        return;
    };
    let mut watch = watch();
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    for (at, picture) in pictures {
        let seconds = at.as_secs_f64();
        let there = (30.0..100.0).contains(&seconds);
        let picture = if there {
            painted(&picture, (8, 90, 16))
        } else {
            picture
        };
        let motion = watch.look(at, &picture).unwrap();
        let place = picture.to_source(PixelBox {
            x: 8.0,
            y: 90.0,
            w: 16.0,
            h: 16.0,
        });
        let is_box = |region: &&StillRegion| region.bbox.iou(&place) > 0.4;
        found.extend(
            motion
                .still
                .iter()
                .filter(is_box)
                .map(|one| (seconds, one.id)),
        );
        gone.extend(
            motion
                .gone
                .iter()
                .filter(is_box)
                .map(|one| (seconds, one.id)),
        );
    }
    let (first, id) = found[0];
    let (last, _) = found[found.len() - 1];
    assert!(
        (33.0..36.0).contains(&first) && (100.0..104.0).contains(&last),
        "{first} {last}"
    );
    assert!(
        found.iter().all(|(_, other)| *other == id),
        "told more than once"
    );
    assert!(matches!(gone[..], [(_, one)] if one == id), "{gone:?}");
}

#[test]
fn a_moving_camera_is_no_steady_view_and_its_shift_is_seen() {
    let Some(pictures) = clip("encroach_london_roadworks_zoo.mp4") else {
        println!("skipped: VONG_DEMO_CLIPS holds no clip of a moving camera");
        return;
    };
    let shift = |a: usize, b: usize| shift_between(&pictures[a].1, &pictures[b].1).unwrap();
    let (near, far) = (shift(0, 1), shift(0, pictures.len() - 1));
    assert!(near.confidence > far.confidence, "{near:?} {far:?}");
}
