//! What the cameras say of an incident: the sum of its events, whatever order they came in.
//!
//! Each event is known by its highest revision alone, and the sum is a function of the *set* of
//! events, so no order of delivery can bend it. [`Sum::changed`] gets the same answer from the sum
//! before and the one event that changed, wherever that is enough to know it: an incident that
//! takes in events for hours must not be summed up from the beginning with each report.

use contract::v1::{AutoReport, EventId, Interval, Phase, Place, Severity};
use jiff::Timestamp;

use super::crossing::{Crossing, Seen};

/// What matters of one event to the incident it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFacts {
    /// The event.
    pub event_id: EventId,
    /// The highest revision known.
    pub revision: u32,
    /// Where the event stands.
    pub phase: Phase,
    /// How much it matters.
    pub severity: Severity,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
    /// From when to when.
    pub occurred: Interval,
    /// Where.
    pub place: Option<Place>,
    /// The camera's name for people.
    pub camera_name: Option<String>,
    /// The most objects seen at once.
    pub count: Option<u32>,
}

impl EventFacts {
    /// What this revision says.
    #[must_use]
    pub fn of(report: &AutoReport) -> Self {
        Self {
            event_id: report.event_id,
            revision: report.revision,
            phase: report.phase,
            severity: report.severity,
            confidence: report.confidence,
            occurred: report.occurred,
            place: report.place,
            camera_name: report.camera_name.clone(),
            count: report.count,
        }
    }

    /// The bearing it has, where it has no point.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let Some(Place::Bearing(bearing)) = self.place else {
            return None;
        };
        Some(Seen {
            start: self.occurred.start,
            event_id: self.event_id,
            bearing,
        })
    }
}

/// What all events of an incident say together.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentFacts {
    /// `cleared` once every event is; `raised` while each is in its first phase.
    pub camera_phase: Phase,
    /// The highest.
    pub severity: Severity,
    /// The highest, 0 to 1.
    pub confidence: f32,
    /// From the first start to the last end; open while one event is open.
    pub occurred: Interval,
    /// The place of the earliest event that has one, or where bearings cross, whichever is known better;
    /// the earliest bearing where there is neither.
    pub place: Option<Place>,
    /// The camera's name as the latest event gives it.
    pub camera_name: Option<String>,
    /// The most objects that any one event saw at once.
    pub count: Option<u32>,
}

impl IncidentFacts {
    /// The sum of events; `None` where there are none.
    #[must_use]
    pub fn sum(events: &[EventFacts]) -> Option<Self> {
        let mut events: Vec<&EventFacts> = events.iter().collect();
        events.sort_by_key(|event| (event.occurred.start, event.event_id));
        let first = events.first()?;
        Some(Self {
            camera_phase: Tally::of(events.iter().copied()).phase(),
            severity: events.iter().map(|event| event.severity).max()?,
            confidence: events
                .iter()
                .map(|event| event.confidence)
                .fold(0.0, f32::max),
            occurred: Interval {
                start: first.occurred.start,
                end: last_end(&events),
            },
            place: place_of(&events),
            camera_name: events
                .iter()
                .rev()
                .find_map(|event| event.camera_name.clone()),
            count: events.iter().filter_map(|event| event.count).max(),
        })
    }
}

/// Where it is, of events in the order of their beginnings.
fn place_of(events: &[&EventFacts]) -> Option<Place> {
    let radius = |place: &Place| match place {
        Place::Point { uncertainty_m, .. } => *uncertainty_m,
        Place::Bearing(_) => f64::INFINITY,
    };
    let placed = || events.iter().filter_map(|event| event.place);
    let point = placed().find(|place| matches!(place, Place::Point { .. }));
    let crossing = Crossing::of(events.iter().filter_map(|event| event.seen()));
    let crossing = crossing.map(|crossing| crossing.place());
    match (point, crossing) {
        (Some(point), Some(crossing)) if radius(&crossing) < radius(&point) => Some(crossing),
        (point, crossing) => point.or(crossing).or_else(|| placed().next()),
    }
}

/// The last end, once every event is over. A cleared event without an end ended when it began, as
/// far as anybody knows.
fn last_end(events: &[&EventFacts]) -> Option<Timestamp> {
    events
        .iter()
        .all(|event| event.phase == Phase::Cleared)
        .then(|| events.iter().map(|event| over_at(event)).max())
        .flatten()
}

fn over_at(event: &EventFacts) -> Timestamp {
    event.occurred.end.unwrap_or(event.occurred.start)
}

/// How many events there are, and in which phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub events: u32,
    /// Those in their first phase.
    pub raised: u32,
    /// Those that are not cleared.
    pub open: u32,
}

impl Tally {
    fn of<'a>(events: impl IntoIterator<Item = &'a EventFacts>) -> Self {
        let none = Self {
            events: 0,
            raised: 0,
            open: 0,
        };
        events
            .into_iter()
            .fold(none, |tally, event| tally.changed(None, event))
    }

    fn changed(self, before: Option<&EventFacts>, after: &EventFacts) -> Self {
        let raised = |event: &EventFacts| u32::from(event.phase == Phase::Raised);
        let open = |event: &EventFacts| u32::from(event.phase != Phase::Cleared);
        Self {
            events: self.events + u32::from(before.is_none()),
            raised: (self.raised + raised(after)).saturating_sub(before.map_or(0, raised)),
            open: (self.open + open(after)).saturating_sub(before.map_or(0, open)),
        }
    }

    const fn phase(self) -> Phase {
        if self.open == 0 {
            Phase::Cleared
        } else if self.raised == self.events {
            Phase::Raised
        } else {
            Phase::Updated
        }
    }
}

/// An incident's facts and the tally they go with.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum {
    /// What the events say together.
    pub facts: IncidentFacts,
    /// How many they are.
    pub tally: Tally,
}

impl Sum {
    /// The sum of events; `None` where there are none.
    #[must_use]
    pub fn of(events: &[EventFacts]) -> Option<Self> {
        Some(Self {
            facts: IncidentFacts::sum(events)?,
            tally: Tally::of(events),
        })
    }

    /// The sum once `before` (none: a new event) has become `after`. `None` where the other events
    /// must be asked: the one that gave a fact no longer does.
    #[must_use]
    pub fn changed(&self, before: Option<&EventFacts>, after: &EventFacts) -> Option<Self> {
        let tally = self.tally.changed(before, after);
        if tally.events == 1 {
            return Self::of(std::slice::from_ref(after));
        }
        let sum = &self.facts;
        let stays = before.is_some_and(|before| before.occurred.start == after.occurred.start);
        Some(Self {
            facts: IncidentFacts {
                camera_phase: tally.phase(),
                severity: highest(sum.severity, before.map(|e| e.severity), after.severity)?,
                confidence: highest(
                    sum.confidence,
                    before.map(|e| e.confidence),
                    after.confidence,
                )?,
                occurred: Interval {
                    start: lowest(
                        sum.occurred.start,
                        before.map(|event| event.occurred.start),
                        after.occurred.start,
                    )?,
                    end: self.end(tally, before, after)?,
                },
                place: match (before, &after.place) {
                    // It may cross what the others see.
                    (None, Some(Place::Bearing(_))) => return None,
                    _ => given(&sum.place, before.map(|e| &e.place), &after.place, stays)?,
                },
                camera_name: given(
                    &sum.camera_name,
                    before.map(|event| &event.camera_name),
                    &after.camera_name,
                    stays,
                )?,
                count: highest(sum.count, before.map(|e| e.count), after.count)?,
            },
            tally,
        })
    }

    /// The inner option is the end itself; the outer one says whether it is known.
    fn end(
        &self,
        tally: Tally,
        before: Option<&EventFacts>,
        after: &EventFacts,
    ) -> Option<Option<Timestamp>> {
        if tally.open > 0 {
            return Some(None);
        }
        // Where the last open event has just cleared, the ends of the others are not in the sum.
        let end = self.facts.occurred.end?;
        highest(end, before.map(over_at), over_at(after)).map(Some)
    }
}

/// The highest of all, where one of them changed; unknown where the highest itself went down.
fn highest<T: PartialOrd + Copy>(sum: T, before: Option<T>, after: T) -> Option<T> {
    if after >= sum {
        Some(after)
    } else if before.is_some_and(|before| before >= sum) {
        None
    } else {
        Some(sum)
    }
}

fn lowest<T: Ord + Copy>(sum: T, before: Option<T>, after: T) -> Option<T> {
    use std::cmp::Reverse;
    highest(Reverse(sum), before.map(Reverse), Reverse(after)).map(|Reverse(least)| least)
}

/// A fact that the first or the last event that knows it gives. It is known still where nobody who
/// could give another one came, went or changed places.
#[expect(clippy::ref_option, reason = "compared as the facts hold it")]
fn given<T: PartialEq + Clone>(
    sum: &Option<T>,
    before: Option<&Option<T>>,
    after: &Option<T>,
    stays: bool,
) -> Option<Option<T>> {
    match before {
        None if after.is_none() || after == sum => Some(sum.clone()),
        None if sum.is_none() => Some(after.clone()),
        Some(before) if stays && before == after => Some(sum.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
