//! What rules take and give.

use contract::v1::{EventId, Kind, Phase, Severity, ZoneId};

use crate::geometry::PictureSize;
use crate::time::StreamTime;
use crate::track::Track;

/// What one analysed picture tells the rules.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The picture's time.
    pub at: StreamTime,
    /// The picture's size.
    pub size: PictureSize,
    /// Every live track, confirmed or not.
    pub tracks: &'a [Track],
}

/// A change in the life of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventChange {
    /// The event.
    pub event_id: EventId,
    /// What became of it.
    pub phase: Phase,
    /// Its family.
    pub kind: Kind,
    /// Which of the family, e.g. `illegal_parking`.
    pub detail: &'static str,
    /// `name/version` of the rule that speaks.
    pub rule_version: &'static str,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the picture.
    pub zone: Option<ZoneId>,
    /// When the event began (the first sighting, not the end of the dwell).
    pub began: StreamTime,
    /// The picture that decided this change.
    pub at: StreamTime,
    /// The tracks that take part, as they are now.
    pub tracks: Vec<Track>,
    /// The most objects seen at once.
    pub count: u32,
}

/// One rule on one camera: a state machine over observations.
pub trait Rule: Send {
    /// Takes the next observation; times never go back. Returns what changed.
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange>;

    /// The stream ended or broke at `at`: closes what is open, since nobody looks any more.
    fn end(&mut self, at: StreamTime) -> Vec<EventChange>;
}
