//! The life of one event: raised, updated, cleared, in that order and never otherwise.

use std::time::Duration;

use contract::v1::{EventId, Kind, Phase, Severity, ZoneId};

use super::event::EventChange;
use crate::config::{RuleConfig, RuleMode};
use crate::time::StreamTime;
use crate::track::Track;

/// What every event of one rule has in common.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) kind: Kind,
    pub(super) detail: &'static str,
    pub(super) rule_version: &'static str,
    severity: Severity,
    pub(super) zone: Option<ZoneId>,
    update_every: Duration,
}

/// One event that is open.
#[derive(Debug)]
pub(super) struct OpenEvent {
    event_id: EventId,
    began: StreamTime,
    told_at: StreamTime,
    told_count: u32,
    told_confidence: f32,
    count: u32,
    confidence: f32,
    tracks: Vec<Track>,
}

impl Facts {
    pub(super) fn of(rule: &RuleConfig, kind: Kind, rule_version: &'static str) -> Self {
        Self {
            kind,
            detail: rule.kind.detail(),
            rule_version,
            severity: rule.severity,
            zone: rule.zone.clone(),
            update_every: rule.update_every,
        }
    }

    /// The same for events of another detail.
    pub(super) fn with_detail(&self, detail: &'static str) -> Self {
        Self {
            detail,
            ..self.clone()
        }
    }

    /// Opens an event that began at `began`; `count` is how many take part at once.
    pub(super) fn raise(
        &self,
        at: StreamTime,
        began: StreamTime,
        tracks: Vec<Track>,
    ) -> (OpenEvent, EventChange) {
        let (count, confidence) = (count_of(&tracks), best_score(&tracks));
        let open = OpenEvent {
            event_id: EventId::new(),
            began,
            told_at: at,
            told_count: count,
            told_confidence: confidence,
            count,
            confidence,
            tracks,
        };
        let change = self.change(&open, Phase::Raised, at);
        (open, change)
    }

    /// Takes what is there now; tells when the count grew, and else at most every so often.
    pub(super) fn update(
        &self,
        open: &mut OpenEvent,
        at: StreamTime,
        tracks: Vec<Track>,
    ) -> Option<EventChange> {
        if !tracks.is_empty() {
            open.count = open.count.max(count_of(&tracks));
            open.confidence = open.confidence.max(best_score(&tracks));
            open.tracks = tracks;
        }
        let grew = open.count > open.told_count || open.confidence >= open.told_confidence + 0.1;
        let due = at.since(open.told_at) >= self.update_every;
        // Growth is news, but a flickering detector must not make one message a picture of it.
        let news = grew && at.since(open.told_at) >= LEAST_BETWEEN.min(self.update_every);
        if !due && !news {
            return None;
        }
        (open.told_at, open.told_count, open.told_confidence) = (at, open.count, open.confidence);
        Some(self.change(open, Phase::Updated, at))
    }

    /// Closes an event.
    pub(super) fn clear(&self, open: &OpenEvent, at: StreamTime) -> EventChange {
        self.change(open, Phase::Cleared, at)
    }

    fn change(&self, open: &OpenEvent, phase: Phase, at: StreamTime) -> EventChange {
        EventChange {
            event_id: open.event_id,
            phase,
            kind: self.kind,
            detail: self.detail,
            rule_version: self.rule_version,
            confidence: open.confidence,
            severity: self.severity,
            zone: self.zone.clone(),
            began: open.began,
            at,
            tracks: open.tracks.clone(),
            count: open.count,
            moments: None,
            mode: RuleMode::Live,
            pose: None,
            place: None,
            speeds: Vec::new(),
            heading: None,
        }
    }
}

const LEAST_BETWEEN: Duration = Duration::from_secs(1);

fn count_of(tracks: &[Track]) -> u32 {
    u32::try_from(tracks.len()).unwrap_or(u32::MAX)
}

fn best_score(tracks: &[Track]) -> f32 {
    tracks.iter().map(|track| track.score).fold(0.0, f32::max)
}
