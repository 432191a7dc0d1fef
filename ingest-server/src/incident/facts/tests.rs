//! What camera and people say of one incident stays the same in whatever order the reports come.

use contract::v1::{Bearing, Position};
use proptest::prelude::*;

use super::*;

const PHASES: [Phase; 3] = [Phase::Raised, Phase::Updated, Phase::Cleared];
const SEVERITIES: [Severity; 3] = [Severity::Low, Severity::Medium, Severity::High];

fn place(lat: u8) -> Place {
    let position = Position {
        lat: f64::from(lat),
        lon: 107.0,
    };
    Place::Point {
        position,
        uncertainty_m: 1.0,
    }
}

/// From one of three towers, at one of two smokes.
fn bearing() -> impl Strategy<Value = Place> {
    (0_u8..3, 0_u8..2).prop_map(|(tower, smoke)| {
        let lon = 107.0 + 0.04 * f64::from(tower);
        let degrees = [[45.0, 30.0], [0.0, 340.0], [315.0, 300.0]][usize::from(tower)];
        Place::Bearing(Bearing {
            from: Position { lat: 16.0, lon },
            degrees: degrees[usize::from(smoke)],
            uncertainty_deg: 2.0,
        })
    })
}

/// Few values of each kind, so that ties and falls are common.
fn facts() -> impl Strategy<Value = EventFacts> {
    let start = 0_i64..4;
    let length = proptest::option::of(0_i64..3);
    let place = proptest::option::of(prop_oneof![(0_u8..2).prop_map(place), bearing()]);
    let name = proptest::option::of("[ab]");
    let count = proptest::option::of(0_u32..3);
    let ranks = (0_usize..3, 0_usize..3, 0_u8..3);
    (start, length, place, name, count, ranks).prop_map(
        |(start, length, place, camera_name, count, (phase, severity, confidence))| EventFacts {
            event_id: EventId::new(),
            revision: 1,
            phase: PHASES[phase],
            severity: SEVERITIES[severity],
            confidence: f32::from(confidence) / 4.0,
            occurred: Interval {
                start: Timestamp::from_second(start).unwrap(),
                end: length.map(|length| Timestamp::from_second(start + length).unwrap()),
            },
            place,
            camera_name,
            count,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Wherever the sum can be told from the one event that changed, it is the sum of them all.
    #[test]
    fn a_sum_that_is_carried_on_is_the_sum_of_all(
        steps in proptest::collection::vec((0_usize..4, facts()), 1..12),
    ) {
        let mut events: Vec<EventFacts> = Vec::new();
        let mut carried: Option<Sum> = None;
        for (index, mut after) in steps {
            let before = events.get(index).cloned();
            match &before {
                Some(before) => {
                    after.event_id = before.event_id;
                    events[index] = after.clone();
                }
                None => events.push(after.clone()),
            }
            let summed = Sum::of(&events).unwrap();
            if let Some(sum) = &carried
                && let Some(changed) = sum.changed(before.as_ref(), &after)
            {
                prop_assert_eq!(&changed, &summed, "{:?} became {:?}", before, after);
            }
            carried = Some(summed);
        }
    }
}

#[test]
fn two_bearings_are_a_place_and_a_good_point_is_better() {
    let event = |second: i64, place| EventFacts {
        event_id: EventId::new(),
        revision: 1,
        phase: Phase::Raised,
        severity: Severity::High,
        confidence: 0.5,
        occurred: Interval {
            start: Timestamp::from_second(second).unwrap(),
            end: None,
        },
        place: Some(place),
        camera_name: None,
        count: None,
    };
    let towards = |lon: f64, degrees: f64| {
        Place::Bearing(Bearing {
            from: Position { lat: 16.0, lon },
            degrees,
            uncertainty_deg: 1.0,
        })
    };
    let (west, east) = (
        event(0, towards(107.0, 45.0)),
        event(60, towards(107.06, 315.0)),
    );
    let alone = Sum::of(std::slice::from_ref(&west)).unwrap();
    assert_eq!(alone.facts.place, west.place);
    assert_eq!(alone.changed(None, &east), None, "the others are asked");
    let both = IncidentFacts::sum(&[east.clone(), west.clone()]).unwrap();
    let Some(Place::Point {
        position,
        uncertainty_m,
    }) = both.place
    else {
        panic!("{both:?}");
    };
    assert!(
        (position.lon - 107.03).abs() < 0.001 && position.lat > 16.02,
        "{position:?}"
    );
    assert!((30.0..200.0).contains(&uncertainty_m), "{uncertainty_m}");
    let pointed = event(90, place(1));
    let three = IncidentFacts::sum(&[east, west, pointed.clone()]).unwrap();
    assert_eq!(three.place, pointed.place, "known to the metre");
}

#[test]
fn what_happens_most_is_told_without_the_other_events() {
    let event = |second: i64, phase| EventFacts {
        event_id: EventId::new(),
        revision: 1,
        phase,
        severity: Severity::Medium,
        confidence: 0.5,
        occurred: Interval {
            start: Timestamp::from_second(second).unwrap(),
            end: None,
        },
        place: Some(place(1)),
        camera_name: Some("Cổng".to_owned()),
        count: None,
    };
    let (first, second) = (event(1, Phase::Raised), event(2, Phase::Raised));
    let sum = Sum::of(std::slice::from_ref(&first)).unwrap();
    let linked = sum.changed(None, &second).expect("a link");
    let surer = EventFacts {
        phase: Phase::Updated,
        confidence: 0.75,
        ..second.clone()
    };
    let revised = linked.changed(Some(&second), &surer).expect("an update");
    let over = EventFacts {
        phase: Phase::Cleared,
        ..first.clone()
    };
    assert!(
        revised.changed(Some(&first), &over).is_some(),
        "one of two is over"
    );
}
