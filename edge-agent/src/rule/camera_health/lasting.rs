//! One fault that lasts: raised when it lasted long enough, cleared when it is over for a while.

use std::time::Duration;

use contract::v1::{EventId, Kind, Phase, Severity};

use super::super::event::EventChange;
use crate::config::RuleMode;
use crate::time::StreamTime;

/// What is known of a fault at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Bad,
    /// It is not.
    Good,
    /// Nobody knows: what was known before stands.
    Unknown,
}

/// Whether anything may be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Speaks,
    /// Planned works: what is open ends, and nothing is raised until they are over.
    Muted,
}

/// How a fault is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) detail: &'static str,
    pub(super) severity: Severity,
    pub(super) mode: RuleMode,
    /// How long it must be there.
    pub(super) after: Duration,
    /// How long it must be over.
    pub(super) over_after: Duration,
    /// Silence after it was cleared.
    pub(super) cool_down: Duration,
}

/// The state of one fault.
#[derive(Debug)]
pub(super) struct Lasting {
    terms: Terms,
    bad_since: Option<StreamTime>,
    good_since: Option<StreamTime>,
    open: Option<(EventId, StreamTime)>,
    cleared_at: Option<StreamTime>,
}

impl Lasting {
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            terms,
            bad_since: None,
            good_since: None,
            open: None,
            cleared_at: None,
        }
    }

    /// Takes what is known now; times never go back.
    pub(super) fn observe(
        &mut self,
        at: StreamTime,
        verdict: Verdict,
        voice: Voice,
    ) -> Option<EventChange> {
        match verdict {
            Verdict::Bad => {
                self.bad_since.get_or_insert(at);
                self.good_since = None;
            }
            Verdict::Good => {
                let since = *self.good_since.get_or_insert(at);
                if at.since(since) >= self.terms.over_after {
                    self.bad_since = None;
                }
            }
            Verdict::Unknown => {}
        }
        match (self.open, self.bad_since) {
            (Some(_), None) => self.clear(at),
            (Some(_), Some(_)) if voice == Voice::Muted => self.clear(at),
            (None, Some(since)) if verdict == Verdict::Bad => self.raise(at, since, voice),
            _ => None,
        }
    }

    /// Nobody looks any more: closes what is open.
    pub(super) fn end(&mut self, at: StreamTime) -> Option<EventChange> {
        (self.bad_since, self.good_since) = (None, None);
        let cleared = self.clear(at);
        self.cleared_at = None;
        cleared
    }

    fn raise(&mut self, at: StreamTime, since: StreamTime, voice: Voice) -> Option<EventChange> {
        let cools_down = self
            .cleared_at
            .is_some_and(|cleared| at.since(cleared) < self.terms.cool_down);
        if voice == Voice::Muted || cools_down || at.since(since) < self.terms.after {
            return None;
        }
        let event = EventId::new();
        self.open = Some((event, since));
        Some(self.change(event, since, at, Phase::Raised))
    }

    fn clear(&mut self, at: StreamTime) -> Option<EventChange> {
        let (event, began) = self.open.take()?;
        self.cleared_at = Some(at);
        Some(self.change(event, began, at, Phase::Cleared))
    }

    fn change(
        &self,
        event_id: EventId,
        began: StreamTime,
        at: StreamTime,
        phase: Phase,
    ) -> EventChange {
        EventChange {
            event_id,
            phase,
            kind: Kind::CameraHealth,
            detail: self.terms.detail,
            rule_version: "camera_health/1",
            confidence: 1.0,
            severity: self.terms.severity,
            zone: None,
            began,
            at,
            tracks: Vec::new(),
            count: 0,
            moments: None,
            mode: self.terms.mode,
            pose: None,
            place: None,
            speeds: Vec::new(),
            heading: None,
        }
    }
}
