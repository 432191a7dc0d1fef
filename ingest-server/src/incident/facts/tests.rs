//! What camera and people say of one incident stays the same in whatever order the reports come.

use contract::v1::Position;
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

/// Few values of each kind, so that ties and falls are common.
fn facts() -> impl Strategy<Value = EventFacts> {
    let start = 0_i64..4;
    let length = proptest::option::of(0_i64..3);
    let place = proptest::option::of((0_u8..2).prop_map(place));
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
