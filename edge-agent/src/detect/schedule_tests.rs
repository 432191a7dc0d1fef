//! The schedule under simulated cameras and a simulated model: order, fairness, bounds.

use proptest::prelude::*;

use super::*;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn schedule(places: usize, fill: u64, seats: u64) -> Schedule<u64> {
    let fill = ms(fill);
    let mut schedule = Schedule::new(Terms { places, fill });
    (0..seats).for_each(|_| schedule.arrive());
    schedule
}

fn looked_at(next: Next<u64>) -> Vec<u64> {
    match next {
        Next::Look(batch) => batch.into_iter().map(|waiting| waiting.job).collect(),
        other => panic!("nothing to look at: {other:?}"),
    }
}

#[test]
fn the_earliest_deadline_goes_first() {
    let mut schedule = schedule(1, 0, 3);
    schedule.put(SeatId(1), 1, 1, ms(0), ms(1000));
    schedule.put(SeatId(2), 2, 1, ms(10), ms(40));
    schedule.put(SeatId(3), 3, 1, ms(20), ms(200));
    for wanted in [2, 3, 1] {
        assert_eq!(looked_at(schedule.next(ms(30))), [wanted]);
    }
    assert_eq!(schedule.next(ms(30)), Next::Rest);
}

#[test]
fn a_batch_waits_for_others_no_longer_than_the_fill_window() {
    let mut schedule = schedule(4, 5, 3);
    schedule.put(SeatId(1), 1, 1, ms(100), ms(200));
    assert_eq!(schedule.next(ms(100)), Next::WaitUntil(ms(105)));
    schedule.put(SeatId(2), 2, 1, ms(103), ms(200));
    assert_eq!(schedule.next(ms(103)), Next::WaitUntil(ms(105)));
    assert_eq!(looked_at(schedule.next(ms(105))), [1, 2]);
}

#[test]
fn a_batch_that_is_full_or_has_everybody_begins_at_once() {
    let mut full = schedule(2, 1000, 3);
    full.put(SeatId(1), 1, 1, ms(0), ms(200));
    full.put(SeatId(2), 2, 1, ms(0), ms(200));
    assert_eq!(looked_at(full.next(ms(0))), [1, 2]);
    let mut all = schedule(8, 1000, 1);
    all.put(SeatId(1), 1, 1, ms(0), ms(200));
    assert_eq!(looked_at(all.next(ms(0))), [1]);
    all.arrive();
    all.put(SeatId(1), 1, 1, ms(0), ms(200));
    assert_eq!(all.next(ms(0)), Next::WaitUntil(ms(1000)));
    all.leave(SeatId(2));
    assert_eq!(looked_at(all.next(ms(0))), [1], "nobody else can come");
}

#[test]
fn a_job_of_many_places_is_not_overtaken_for_ever() {
    let mut schedule = schedule(4, 0, 3);
    schedule.put(SeatId(1), 1, 3, ms(0), ms(100));
    schedule.put(SeatId(2), 2, 3, ms(0), ms(200));
    schedule.put(SeatId(3), 3, 1, ms(0), ms(300));
    assert_eq!(looked_at(schedule.next(ms(0))), [1], "3 would overtake 2");
    assert_eq!(looked_at(schedule.next(ms(0))), [2, 3]);
    schedule.put(SeatId(1), 1, 9, ms(1), ms(100));
    assert_eq!(
        looked_at(schedule.next(ms(1))),
        [1],
        "larger than any batch"
    );
}

#[test]
fn a_newer_job_of_a_seat_keeps_its_turn() {
    let mut schedule = schedule(1, 0, 2);
    schedule.put(SeatId(1), 10, 1, ms(0), ms(100));
    schedule.put(SeatId(2), 2, 1, ms(50), ms(100));
    schedule.put(SeatId(1), 11, 1, ms(90), ms(100));
    assert_eq!(looked_at(schedule.next(ms(90))), [11]);
}

/// A camera of the simulation: its period, how many places a look takes, when its next picture is
/// due. It sits down again as soon as it was looked at and the next picture is there.
#[derive(Debug, Clone)]
struct Camera {
    period: Duration,
    places: usize,
    /// How often it was looked at, and the longest that it ever waited.
    looks: u64,
    longest: Duration,
}

/// Runs cameras against a model that takes `service` a place, for `span`. Returns the longest time
/// that a batch took.
fn simulate(cameras: &mut [Camera], terms: Terms, service: Duration, span: Duration) -> Duration {
    let mut schedule = Schedule::new(terms);
    let mut due: Vec<Option<Moment>> = Vec::new();
    for (at, _) in (0_u64..).zip(cameras.iter()) {
        schedule.arrive();
        due.push(Some(ms(at)));
    }
    let (mut now, mut longest) = (ms(0), ms(0));
    while now < span {
        for (at, due) in due.iter_mut().enumerate() {
            if due.is_some_and(|due| due <= now) {
                *due = None;
                let camera = &cameras[at];
                schedule.put(SeatId(at as u64), at, camera.places, now, camera.period);
            }
        }
        let next_due = due.iter().flatten().min().copied();
        match schedule.next(now) {
            Next::Look(batch) => {
                assert!(!batch.is_empty());
                let began = now;
                let places: usize = batch.iter().map(|waiting| waiting.places).sum();
                now += service * u32::try_from(places).unwrap();
                longest = longest.max(now - began);
                for waiting in batch {
                    let camera = &mut cameras[waiting.job];
                    camera.looks += 1;
                    camera.longest = camera.longest.max(began - waiting.since);
                    // The next picture is there when the last one is a period old.
                    due[waiting.job] = Some((waiting.since + camera.period).max(now));
                }
            }
            Next::WaitUntil(moment) => {
                assert!(moment > now, "a wait that is over");
                now = next_due.map_or(moment, |due| due.min(moment));
            }
            Next::Rest => now = next_due.expect("somebody comes again"),
        }
    }
    longest
}

fn camera(period: u64, places: usize) -> Camera {
    Camera {
        period: ms(period),
        places,
        looks: 0,
        longest: ms(0),
    }
}

fn cameras() -> impl Strategy<Value = Vec<Camera>> {
    let one = (20_u64..1500, 1_usize..4).prop_map(|(period, places)| camera(period, places));
    proptest::collection::vec(one, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nobody_waits_longer_than_its_period_and_one_round_of_the_others(
        mut cameras in cameras(), places in 1_usize..9, fill in 0_u64..20, service in 1_u64..120,
    ) {
        let terms = Terms { places, fill: ms(fill) };
        let longest = simulate(&mut cameras, terms, ms(service), Duration::from_secs(60));
        // Who has an earlier deadline than a job that has waited for its period sat down before it
        // did, so each other camera goes before it at most once more; a batch may be under way.
        let round = longest * u32::try_from(cameras.len() + 1).unwrap() + ms(fill);
        for camera in &cameras {
            prop_assert!(camera.looks > 0, "{camera:?} starved");
            let most = camera.period + round;
            prop_assert!(camera.longest <= most, "{camera:?}: over {most:?}");
        }
    }

    #[test]
    fn equal_cameras_are_served_equally_under_any_overload(
        count in 2_usize..30, period in 20_u64..500, places in 1_usize..9, over in 2_u64..20,
    ) {
        // The model takes `over` times as long as there is.
        let service = (period * over / count as u64).max(1);
        let mut cameras = vec![camera(period, 1); count];
        let terms = Terms { places, fill: ms(2) };
        simulate(&mut cameras, terms, ms(service), Duration::from_secs(120));
        let looks = cameras.iter().map(|camera| camera.looks);
        let (least, most) = (looks.clone().min().unwrap(), looks.max().unwrap());
        prop_assert!(most - least <= 1, "{least} to {most}");
    }

    #[test]
    fn what_can_be_served_in_time_is(
        count in 1_usize..16, period in 100_u64..1000, load in 1_u64..80,
    ) {
        // Batches of one at `load` per cent of the model's time.
        let service = Duration::from_micros(period * 10 * load / count as u64);
        let mut cameras = vec![camera(period, 1); count];
        let terms = Terms { places: 1, fill: ms(0) };
        simulate(&mut cameras, terms, service, Duration::from_secs(30));
        for camera in &cameras {
            prop_assert!(camera.longest + service <= camera.period, "{camera:?}");
            let wanted = 30_000 / period;
            prop_assert!(camera.looks + 1 >= wanted, "{camera:?}: fewer than {wanted}");
        }
    }
}
