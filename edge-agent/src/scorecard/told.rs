//! The events of one recording, each as one line from its first change to its last.

use std::time::Duration;

use contract::v1::{EventId, Phase, ZoneId};

use crate::config::{CameraConfig, EventPattern};
use crate::rule::EventChange;
use crate::time::StreamTime;

/// One event that was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its id.
    pub event_id: EventId,
    /// The `kind` of the rule that told it; the event's own detail where none of the camera's rules
    /// did.
    pub rule: &'static str,
    /// Its detail, e.g. `smoke` of `fire_smoke`.
    pub detail: &'static str,
    /// Where.
    pub zone: Option<ZoneId>,
    /// When it was raised, from the first picture on.
    pub raised: Duration,
    /// The first sighting.
    pub began: Duration,
    /// When it was cleared.
    pub cleared: Option<Duration>,
    /// How sure the rule was at most, 0 to 1.
    pub confidence: f32,
    /// The most objects at once.
    pub count: u32,
}

impl Told {
    /// Whether a pattern means it.
    #[must_use]
    pub fn is(&self, pattern: &EventPattern) -> bool {
        (pattern.rule == self.rule || pattern.rule == self.detail)
            && (pattern.zone.is_none() || pattern.zone == self.zone)
    }
}

/// The events of one recording, in the order in which they were raised.
#[derive(Debug, Default)]
pub struct Chronicle {
    told: Vec<Told>,
}

impl Chronicle {
    /// Takes the next change of an event.
    pub fn note(&mut self, change: &EventChange, camera: &CameraConfig) {
        if change.phase == Phase::Raised {
            let rule = camera.rule(change.detail, change.zone.as_ref());
            self.told.push(Told {
                event_id: change.event_id,
                rule: rule.map_or(change.detail, |rule| rule.kind.word()),
                detail: change.detail,
                zone: change.zone.clone(),
                raised: since_start(change.at),
                began: since_start(change.began),
                cleared: None,
                confidence: change.confidence,
                count: change.count,
            });
            return;
        }
        let mut known = self.told.iter_mut();
        let Some(told) = known.find(|told| told.event_id == change.event_id) else {
            return;
        };
        told.confidence = told.confidence.max(change.confidence);
        told.count = told.count.max(change.count);
        if change.phase == Phase::Cleared {
            told.cleared = Some(since_start(change.at));
        }
    }

    /// All of them.
    #[must_use]
    pub fn into_told(self) -> Vec<Told> {
        self.told
    }
}

fn since_start(at: StreamTime) -> Duration {
    at.since(StreamTime::ZERO)
}
