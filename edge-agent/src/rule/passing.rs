//! Events that are a moment: raised when it is sure, cleared a little later.

use std::time::Duration;

use super::event::{EventChange, Observation};
use super::life::{Facts, OpenEvent};
use super::passage::Passage;
use crate::time::StreamTime;
use crate::track::{Track, TrackId};

/// Events of things that crossed a line.
#[derive(Debug)]
pub(super) struct Passing {
    facts: Facts,
    clear_after: Duration,
    open: Vec<(StreamTime, TrackId, OpenEvent)>,
}

impl Passing {
    pub(super) const fn new(facts: Facts, clear_after: Duration) -> Self {
        Self {
            facts,
            clear_after,
            open: Vec::new(),
        }
    }

    pub(super) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Raises the event of a passage; `at` is the picture that decided.
    pub(super) fn raise(&mut self, at: StreamTime, passage: &Passage) -> EventChange {
        let track = passage.track.clone();
        let id = track.id;
        let (event, change) = self.facts.raise(at, passage.moments.before, vec![track]);
        self.open.push((at, id, event));
        EventChange {
            moments: Some(passage.moments),
            ..change
        }
    }

    /// Follows who crossed, and closes what is over.
    pub(super) fn tend(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let at = observation.at;
        let (facts, clear_after) = (&self.facts, self.clear_after);
        let mut changes = Vec::new();
        self.open.retain_mut(|(raised, id, event)| {
            if at.since(*raised) >= clear_after {
                changes.push(facts.clear(event, at));
                return false;
            }
            let seen = |track: &&Track| track.id == *id && track.last_seen == at;
            let now = observation.tracks.iter().find(seen).cloned();
            changes.extend(facts.update(event, at, now.into_iter().collect()));
            true
        });
        changes
    }

    pub(super) fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        let open = std::mem::take(&mut self.open);
        open.iter()
            .map(|(_, _, event)| self.facts.clear(event, at))
            .collect()
    }
}
