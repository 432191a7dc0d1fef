//! What one stored revision of an event does to the incidents: decided here, done by the store.
//!
//! The decision is free of order: whichever revision of an event comes first places the event, and
//! a lower revision that comes later changes nothing but the count of reports.

use contract::v1::AutoReport;
use merge::{Verdict, Why};

use super::IncidentId;

/// Where an event is already placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The incident it belongs to.
    pub incident: IncidentId,
    /// The highest revision stored, the one at hand included.
    pub revision: u32,
}

/// What to do with the revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A higher revision is known: count the report, change nothing else.
    Late {
        /// The event's incident.
        incident: IncidentId,
    },
    /// The event is known and this is its newest revision.
    Revise {
        /// The event's incident.
        incident: IncidentId,
    },
    /// A new event of an open incident.
    Link {
        /// The incident that takes it.
        incident: IncidentId,
    },
    /// A new event that opens an incident.
    Open {
        /// Why no incident took it.
        reason: Why,
    },
}

/// What a revision of an event that is placed already does.
#[must_use]
pub const fn placed(report: &AutoReport, placed: Placed) -> Decision {
    let Placed { incident, revision } = placed;
    if report.revision >= revision {
        Decision::Revise { incident }
    } else {
        Decision::Late { incident }
    }
}

/// What an event that is new does, once it was weighed.
#[must_use]
pub const fn weighed(verdict: Verdict<IncidentId>) -> Decision {
    match verdict {
        Verdict::Link { incident, .. } => Decision::Link { incident },
        Verdict::Open { why, .. } => Decision::Open { reason: why },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use contract::v1::{
        AutoReport, Clock, ClockSource, EventId, Interval, Kind, Phase, Place, Position, Severity,
    };
    use jiff::Timestamp;
    use merge::{Candidate, Model, Profile};
    use proptest::prelude::*;

    use super::*;
    use crate::incident::facts::{EventFacts, IncidentFacts};
    use crate::incident::witness;
    use casework::lifecycle::State;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    /// Revision `revision` of `last` of an event that begins at `start`.
    fn revision(event_id: EventId, start: i64, revision: u32, last: u32) -> AutoReport {
        let phase = match revision {
            1 => Phase::Raised,
            n if n == last => Phase::Cleared,
            _ => Phase::Updated,
        };
        let end = (phase == Phase::Cleared).then(|| at(start + 60));
        let position = Position {
            lat: 16.0,
            lon: 107.0,
        };
        AutoReport {
            event_id,
            revision,
            phase,
            kind: Kind::StrayCattle,
            detail: "cattle".to_owned(),
            confidence: 0.5 + 0.01 * revision as f32,
            severity: if revision > 2 {
                Severity::High
            } else {
                Severity::Medium
            },
            occurred: Interval {
                start: at(start),
                end,
            },
            clock: Clock {
                source: ClockSource::Agent,
                offset_ms: None,
                agent: None,
                trust: contract::v1::ClockTrust::Unknown,
            },
            place: Some(Place::Point {
                position,
                uncertainty_m: f64::from(revision),
            }),
            agent: "a".parse().unwrap(),
            camera: "c".parse().unwrap(),
            camera_name: Some(format!("name {revision}")),
            pose: None,
            zone: None,
            tracks: vec![],
            speeds: Vec::new(),
            heading: None,
            count: Some(revision),
            model: None,
            rule_version: "stray_cattle/1".to_owned(),
            basis: None,
            evidence: vec![],
        }
    }

    /// The store's part, in memory: what `store::filing` does with each decision.
    #[derive(Default)]
    struct Book {
        incidents: BTreeMap<IncidentId, Vec<EventFacts>>,
        profiles: BTreeMap<IncidentId, Profile>,
        reports: BTreeMap<IncidentId, u32>,
    }

    impl Book {
        fn take(&mut self, report: &AutoReport) -> Decision {
            let facts = EventFacts::of(report);
            let witness = witness::of(report);
            let known = self.incidents.iter().find_map(|(incident, events)| {
                let event = events
                    .iter()
                    .find(|event| event.event_id == report.event_id)?;
                let revision = event.revision.max(report.revision);
                Some(Placed {
                    incident: *incident,
                    revision,
                })
            });
            let decision = match known {
                Some(known) => placed(report, known),
                None => weighed(self.weigh(&witness)),
            };
            let incident = match decision {
                Decision::Late { incident } => incident,
                Decision::Revise { incident } => {
                    let events = self.incidents.get_mut(&incident).unwrap();
                    events.retain(|event| event.event_id != report.event_id);
                    events.push(facts);
                    incident
                }
                Decision::Link { incident } => {
                    self.incidents.get_mut(&incident).unwrap().push(facts);
                    incident
                }
                Decision::Open { .. } => {
                    let incident = IncidentId::new();
                    self.incidents.insert(incident, vec![facts]);
                    incident
                }
            };
            if !matches!(decision, Decision::Late { .. }) {
                self.profiles.entry(incident).or_default().join(witness);
            }
            *self.reports.entry(incident).or_default() += 1;
            decision
        }

        fn weigh(&self, witness: &merge::Witness) -> Verdict<IncidentId> {
            let phase = |id| {
                IncidentFacts::sum(&self.incidents[id])
                    .unwrap()
                    .camera_phase
            };
            let candidates: Vec<Candidate<'_, IncidentId>> = self
                .profiles
                .iter()
                .map(|(id, profile)| Candidate {
                    id: *id,
                    profile,
                    standing: witness::standing(State::New, phase(id)),
                })
                .collect();
            merge::decide(&Model::shipped(), witness, &candidates).verdict
        }

        fn told(&self) -> Vec<(IncidentFacts, u32)> {
            self.incidents
                .iter()
                .map(|(id, events)| (IncidentFacts::sum(events).unwrap(), self.reports[id]))
                .collect()
        }
    }

    #[test]
    fn a_herd_that_comes_back_is_a_recurrence() {
        let (first, second) = (EventId::new(), EventId::new());
        let mut book = Book::default();
        let first_of_its_kind = Decision::Open {
            reason: Why::NothingNear,
        };
        assert_eq!(book.take(&revision(first, 0, 1, 2)), first_of_its_kind);
        assert!(matches!(
            book.take(&revision(first, 0, 2, 2)),
            Decision::Revise { .. }
        ));
        let recurrence = Decision::Open {
            reason: Why::Recurrence,
        };
        assert_eq!(book.take(&revision(second, 90, 1, 2)), recurrence);
    }

    #[test]
    fn two_events_of_one_zone_are_one_incident_until_both_are_cleared() {
        let (first, second) = (EventId::new(), EventId::new());
        let mut book = Book::default();
        book.take(&revision(first, 0, 1, 2));
        assert!(matches!(
            book.take(&revision(second, 5, 1, 2)),
            Decision::Link { .. }
        ));
        book.take(&revision(first, 0, 2, 2));
        assert_eq!(book.told()[0].0.camera_phase, Phase::Updated);
        assert_eq!(book.told()[0].0.occurred.end, None);
        book.take(&revision(second, 5, 2, 2));
        assert_eq!(book.told()[0].0.camera_phase, Phase::Cleared);
        assert_eq!(
            book.told()[0].0.occurred,
            Interval {
                start: at(0),
                end: Some(at(65))
            }
        );
    }

    proptest! {
        /// Whatever the order of one event's revisions, and whichever come twice, the incident is
        /// the one that the order of birth gives.
        #[test]
        fn permutations_of_revisions_give_the_same_incident(
            order in (1_u32..8).prop_flat_map(|last| {
                Just((1..=last).collect::<Vec<_>>()).prop_shuffle()
            }),
        ) {
            let event = EventId::new();
            let last = order.len() as u32;
            let mut straight = Book::default();
            for number in 1..=last {
                straight.take(&revision(event, 0, number, last));
            }
            let mut shuffled = Book::default();
            for number in &order {
                shuffled.take(&revision(event, 0, *number, last));
            }
            prop_assert_eq!(shuffled.told(), straight.told());
        }

        /// Two events that overlap end as one incident with the same sum, however their revisions
        /// interleave, as long as both have begun before either is known to be over.
        #[test]
        fn overlapping_events_give_the_same_sum_in_any_later_order(
            order in Just(vec![(0, 2_u32), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)]).prop_shuffle(),
        ) {
            let events = [EventId::new(), EventId::new()];
            let start = |index: usize| if index == 0 { 0 } else { 5 };
            let tell = |steps: &[(usize, u32)]| {
                let mut book = Book::default();
                for (index, number) in [(0, 1), (1, 1)].iter().chain(steps) {
                    book.take(&revision(events[*index], start(*index), *number, 4));
                }
                book.told()
            };
            let straight = tell(&[(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)]);
            prop_assert_eq!(straight.len(), 1);
            prop_assert_eq!(tell(&order), straight);
        }
    }
}
