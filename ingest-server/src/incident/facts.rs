//! What the cameras say of an incident: the sum of its events, whatever order they came in.
//!
//! Each event is known by its highest revision alone, and the sum is a function of the *set* of
//! events, so no order of delivery can bend it.

use contract::v1::{AutoReport, EventId, Interval, Phase, Place, Severity};
use jiff::Timestamp;

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
    /// The place of the earliest event that has one.
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
            camera_phase: camera_phase(&events),
            severity: events.iter().map(|event| event.severity).max()?,
            confidence: events
                .iter()
                .map(|event| event.confidence)
                .fold(0.0, f32::max),
            occurred: Interval {
                start: first.occurred.start,
                end: last_end(&events),
            },
            place: events.iter().find_map(|event| event.place),
            camera_name: events
                .iter()
                .rev()
                .find_map(|event| event.camera_name.clone()),
            count: events.iter().filter_map(|event| event.count).max(),
        })
    }
}

fn camera_phase(events: &[&EventFacts]) -> Phase {
    if events.iter().all(|event| event.phase == Phase::Cleared) {
        Phase::Cleared
    } else if events.iter().all(|event| event.phase == Phase::Raised) {
        Phase::Raised
    } else {
        Phase::Updated
    }
}

/// The last end, once every event is over. A cleared event without an end ended when it began, as
/// far as anybody knows.
fn last_end(events: &[&EventFacts]) -> Option<Timestamp> {
    events
        .iter()
        .all(|event| event.phase == Phase::Cleared)
        .then(|| {
            events
                .iter()
                .map(|event| event.occurred.end.unwrap_or(event.occurred.start))
                .max()
        })
        .flatten()
}
