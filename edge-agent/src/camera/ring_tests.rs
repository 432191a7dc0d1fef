//! The ring's promises, on hand-made and on random GOPs.

use proptest::prelude::*;

use super::*;
use crate::camera::ring_fixture::{ANCHOR, info, unit};

fn secs(seconds: f64) -> StreamTime {
    StreamTime::from_secs_f64(seconds)
}

fn ring(span_s: u64, bytes: usize) -> PacketRing {
    let mut ring = PacketRing::new(RingLimits {
        span: Duration::from_secs(span_s),
        bytes,
    });
    ring.begin(Epoch(1), info(), ANCHOR);
    ring
}

/// One picture a second, a keyframe every `gop`, 10 bytes each.
fn filled(span_s: u64, bytes: usize, gop: u32, seconds: u32) -> PacketRing {
    let mut ring = ring(span_s, bytes);
    for second in 0..seconds {
        ring.push(unit(f64::from(second), second % gop == 0, 10));
    }
    ring
}

fn seconds_of(passage: &Passage) -> (f64, f64) {
    let ends = (
        passage.units.first().unwrap(),
        passage.units.last().unwrap(),
    );
    (ends.0.pts.as_secs_f64(), ends.1.pts.as_secs_f64())
}

#[test]
fn a_passage_starts_at_the_keyframe_before_and_ends_where_asked() {
    let passage = filled(60, 10_000, 10, 40)
        .passage(Epoch(1), secs(17.0), secs(23.5))
        .unwrap();
    assert_eq!(seconds_of(&passage), (10.0, 23.0));
    assert!(passage.is_whole());
}

#[test]
fn a_moment_arrived_when_its_own_unit_did() {
    let mut ring = ring(60, 10_000);
    for (second, arrived) in [(0.0, 100), (1.0, 105)] {
        let mut unit = AccessUnit::clone(&unit(second, second == 0.0, 10));
        unit.arrival = Timestamp::from_second(arrived).unwrap();
        ring.push(Arc::new(unit));
    }
    let arrival = |epoch, at| {
        ring.arrival(Epoch(epoch), secs(at))
            .map(Timestamp::as_second)
    };
    assert_eq!(arrival(1, 1.0), Some(105));
    assert_eq!(arrival(1, 0.5), None);
    assert_eq!(arrival(2, 1.0), None);
}

#[test]
fn the_whole_span_stays_decodable_at_any_gop() {
    for gop in [1, 5, 10] {
        let ring = filled(30, 10_000, gop, 200);
        let passage = ring
            .passage(Epoch(1), secs(199.0 - 30.0), secs(199.0))
            .unwrap();
        assert!(passage.is_whole(), "GOP {gop}: {:?}", passage.head);
        assert!(
            ring.span() < Duration::from_secs(30 + u64::from(gop)),
            "GOP {gop}"
        );
    }
}

#[test]
fn what_is_missing_is_said() {
    let ring = filled(20, 10_000, 5, 100);
    let evicted = ring.passage(Epoch(1), secs(10.0), secs(90.0)).unwrap();
    assert_eq!(evicted.head.unwrap().because, Absence::Evicted);
    let early = filled(60, 10_000, 5, 20)
        .passage(Epoch(1), secs(-3.0), secs(5.0))
        .unwrap();
    let before = Gap {
        missing: Duration::from_secs(3),
        because: Absence::BeforeConnection,
    };
    assert_eq!(early.head, Some(before));
    let late = ring.passage(Epoch(1), secs(95.0), secs(103.0)).unwrap();
    let missing = Gap {
        missing: Duration::from_secs(4),
        because: Absence::NotReceived,
    };
    assert_eq!(late.tail, Some(missing));
    let gone = ring.passage(Epoch(1), secs(1.0), secs(5.0));
    assert_eq!(gone.unwrap_err(), PassageError::NothingHeld);
    let future = ring.passage(Epoch(1), secs(200.0), secs(201.0));
    assert_eq!(future.unwrap_err(), PassageError::NothingHeld);
}

#[test]
fn leading_pictures_of_an_open_gop_are_left_out_at_the_beginning_only() {
    let mut ring = ring(60, 10_000);
    // Decode order: 4 and 5 hang on the keyframe 6 and on what is before it.
    let sent = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11];
    for second in sent {
        ring.push(unit(f64::from(second), second % 6 == 0, 10));
    }
    let shown = |from, to| {
        let passage = ring.passage(Epoch(1), secs(from), secs(to)).unwrap();
        assert!(passage.is_whole());
        let mut shown: Vec<_> = passage.units.iter().map(|u| u.pts.as_secs_f64()).collect();
        shown.sort_by(f64::total_cmp);
        shown
    };
    assert_eq!(shown(6.0, 8.0), [6.0, 7.0, 8.0, 9.0]);
    assert_eq!(
        shown(5.0, 8.0).len(),
        10,
        "4 and 5 are there when what they hang on is"
    );
}

#[test]
fn a_passage_over_a_reconnect_comes_in_parts() {
    let at = |wall| ClockAnchor {
        stream: StreamTime::ZERO,
        wall: jiff::Timestamp::from_second(wall).unwrap(),
    };
    let mut ring = PacketRing::new(RingLimits {
        span: Duration::from_secs(600),
        bytes: 1 << 20,
    });
    // Connected from 100 to 119 s, 130 to 149 s, 160 to 179 s of the wall clock.
    for (epoch, wall) in [(1, 100), (2, 130), (4, 160)] {
        ring.begin(Epoch(epoch), info(), at(wall));
        for second in 0..20 {
            ring.push(unit(f64::from(second), second % 5 == 0, 10));
        }
    }
    let parts = |from, to| -> Vec<_> {
        let parts = ring.passages(Epoch(2), secs(from), secs(to)).unwrap();
        let ends = |p: &Passage| (p.epoch.0, seconds_of(p).0, seconds_of(p).1);
        parts.iter().map(ends).collect()
    };
    assert_eq!(parts(7.0, 12.0), [(2, 5.0, 12.0)], "within one connection");
    assert_eq!(
        parts(-15.0, 3.0),
        [(1, 15.0, 19.0), (2, 0.0, 3.0)],
        "before it"
    );
    assert_eq!(
        parts(18.0, 33.0),
        [(2, 15.0, 19.0), (4, 0.0, 3.0)],
        "after it"
    );
    assert_eq!(parts(-15.0, 33.0).len(), 3);
    assert_eq!(parts(-8.0, 25.0), [(2, 0.0, 19.0)], "nobody was there");
    let gone = ring.passages(Epoch(3), secs(0.0), secs(1.0));
    assert_eq!(gone.unwrap_err(), PassageError::ConnectionNotHeld);
}

#[test]
fn connections_do_not_mix() {
    let mut ring = filled(60, 10_000, 5, 20);
    ring.begin(Epoch(2), info(), ANCHOR);
    assert_eq!(
        ring.passage(Epoch(2), secs(0.0), secs(1.0)).unwrap_err(),
        PassageError::NothingHeld
    );
    assert_eq!(ring.push(unit(0.0, false, 10)), Kept::NotDecodable);
    ring.push(unit(1.0, true, 10));
    assert_eq!(
        seconds_of(&ring.passage(Epoch(1), secs(7.0), secs(99.0)).unwrap()),
        (5.0, 19.0)
    );
    assert_eq!(
        seconds_of(&ring.passage(Epoch(2), secs(0.0), secs(9.0)).unwrap()),
        (1.0, 1.0)
    );
    for second in 2..120 {
        ring.push(unit(f64::from(second), true, 10));
    }
    let gone = ring.passage(Epoch(1), secs(7.0), secs(99.0)).unwrap_err();
    assert_eq!(gone, PassageError::ConnectionNotHeld);
}

#[test]
fn a_gop_larger_than_the_ring_waits_for_the_next_keyframe() {
    let mut ring = ring(60, 100);
    ring.push(unit(0.0, true, 60));
    assert_eq!(ring.push(unit(1.0, false, 60)), Kept::GopTooLarge);
    assert_eq!(ring.push(unit(2.0, false, 10)), Kept::NotDecodable);
    assert_eq!(ring.bytes(), 0);
    assert_eq!(ring.push(unit(3.0, true, 60)), Kept::Yes);
    let passage = ring.passage(Epoch(1), secs(2.0), secs(3.0)).unwrap();
    assert_eq!(passage.head.unwrap().because, Absence::Evicted);
}

#[derive(Debug, Clone)]
struct RandomUnit {
    keyframe: bool,
    bytes: usize,
    step_ms: u16,
    /// Swaps presentation with the next picture, as B-frames do.
    reordered: bool,
    reconnect: bool,
}

fn random_unit() -> impl Strategy<Value = RandomUnit> {
    (
        prop::bool::weighted(0.15),
        1..400usize,
        1..900u16,
        any::<bool>(),
        prop::bool::weighted(0.01),
    )
        .prop_map(
            |(keyframe, bytes, step_ms, reordered, reconnect)| RandomUnit {
                keyframe,
                bytes,
                step_ms,
                reordered,
                reconnect,
            },
        )
}

proptest! {
    #[test]
    fn bounds_hold_and_passages_start_right(
        stream in prop::collection::vec(random_unit(), 1..300),
        span_s in 1..20u64,
        limit in 200..6_000usize,
        from_ms in 0..60_000i64,
        length_ms in 0..15_000i64,
    ) {
        let mut ring = ring(span_s, limit);
        let mut epoch = 1;
        let mut clock_ms = 0;
        let mut keyframes = Vec::new();
        for random in stream {
            if random.reconnect {
                epoch += 1;
                clock_ms = 0;
                keyframes.clear();
                ring.begin(Epoch(epoch), info(), ANCHOR);
            }
            clock_ms += i64::from(random.step_ms);
            let shown = clock_ms + if random.reordered && !random.keyframe { 80 } else { 0 };
            let at = StreamTime::from_nanos(shown * 1_000_000);
            let pushed = unit(at.as_secs_f64(), random.keyframe, random.bytes);
            if random.keyframe {
                keyframes.push(pushed.pts);
            }
            ring.push(pushed);

            prop_assert!(ring.bytes() <= limit);
            prop_assert!(ring.gops() <= 1 || ring.span_without_oldest_gop() < ring.limits.span);
            let held: usize = ring.connections.iter().flat_map(|c| &c.gops)
                .flat_map(|g| &g.units).map(|u| u.data.len()).sum();
            prop_assert_eq!(held, ring.bytes());

            let from = StreamTime::from_nanos(from_ms * 1_000_000);
            let to = from + Duration::from_millis(length_ms.unsigned_abs());
            let Ok(passage) = ring.passage(Epoch(epoch), from, to) else { continue };
            let first = &passage.units[0];
            prop_assert!(first.keyframe);
            match keyframes.iter().rev().find(|at| **at <= from) {
                Some(wanted) if passage.head.is_none() => prop_assert_eq!(first.pts, *wanted),
                Some(_) => prop_assert_eq!(passage.head.unwrap().because, Absence::Evicted),
                None => prop_assert!(passage.head.is_some()),
            }
            prop_assert_eq!(passage.tail.is_some(), ring.newest().unwrap().1 < to);
        }
    }
}
