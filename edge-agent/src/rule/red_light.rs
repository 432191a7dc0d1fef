//! Red light: a vehicle crosses the stop line while its signal is red, and was for a while, and still is
//! when the vehicle is beyond.
//!
//! The rule tells only what the signal shows on both sides of the crossing. Where nobody knows what it
//! showed, or it was just turning, the crossing is held back with the reason.

use std::collections::VecDeque;
use std::time::Duration;

use contract::v1::{Kind, ZoneId};

use super::event::{EventChange, HeldBack, HeldBackReason, Moments, Observation, Rule};
use super::life::Facts;
use super::passage::{LineOptions, LineWatch, Passage};
use super::passing::Passing;
use crate::config::{RedLightConfig, RuleConfig, RuleMode};
use crate::scene::Scene;
use crate::signal::{Doubt, SignalReading, SignalState};
use crate::time::StreamTime;
use crate::track::Track;

/// Readings remembered: longer than any vehicle takes over a line.
const REMEMBERED: Duration = Duration::from_secs(20);
/// A reading that was seen this long ago still says what the signal shows.
const FRESH: Duration = Duration::from_millis(700);
/// How long a crossing waits for the signal to be seen again.
const WAITS: Duration = Duration::from_millis(1500);

/// Vehicles at one stop line.
#[derive(Debug)]
pub(super) struct RedLight {
    signal: Option<ZoneId>,
    grace: Duration,
    watch: Option<LineWatch>,
    passing: Passing,
    readings: VecDeque<(StreamTime, SignalReading)>,
    /// Crossings for which the signal must be seen once more, each with the picture that told of it.
    pending: Vec<(StreamTime, Passage)>,
    held_back: Vec<HeldBack>,
}

/// What the signal says of one crossing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It was red.
    Red,
    /// It was not.
    Lawful,
    /// Nobody knows yet.
    Waits,
    /// Nobody knows.
    HeldBack(HeldBackReason),
}

pub(super) fn build(rule: &RuleConfig, own: &RedLightConfig, scene: &Scene) -> RedLight {
    let facts = Facts::of(rule, Kind::TrafficViolation, "red_light/1");
    let line = rule.zone.as_ref().and_then(|id| scene.line(id));
    let watch = |line: &crate::scene::Line| {
        LineWatch::new(LineOptions {
            line: line.clone(),
            classes: own.classes.clone(),
            min_confidence: rule.min_confidence,
            passage: own.passage,
            cool_down: rule.cool_down,
        })
    };
    RedLight {
        signal: own.signal.clone(),
        grace: own.grace,
        watch: line.map(watch),
        passing: Passing::new(facts, rule.clear_after),
        readings: VecDeque::new(),
        pending: Vec::new(),
        held_back: Vec::new(),
    }
}

impl RedLight {
    fn remember(&mut self, observation: &Observation<'_>) {
        let at = observation.at;
        let mut readings = observation.signals.iter();
        let own = readings.find(|reading| self.signal.as_ref() == Some(&reading.signal));
        self.readings.extend(own.map(|own| (at, own.clone())));
        while let Some((oldest, _)) = self.readings.front()
            && at.since(*oldest) > REMEMBERED
        {
            self.readings.pop_front();
        }
    }

    /// What the signal says of a crossing that was told at `told`, as of `now`.
    fn judge(&self, passage: &Passage, told: StreamTime, now: StreamTime) -> Verdict {
        let crossed = passage.crossed_at;
        let waits = |reason| match now.since(told) < WAITS {
            true => Verdict::Waits,
            false => Verdict::HeldBack(reason),
        };
        let silent = HeldBackReason::SignalSilent;
        let before = self.readings.iter().rfind(|(at, _)| *at <= crossed);
        let Some((_, before)) = before.or(self.readings.front()) else {
            return Verdict::HeldBack(silent);
        };
        match before.state {
            SignalState::Green | SignalState::Amber => return self.had_turned(crossed),
            SignalState::Unknown(doubt) => return Verdict::HeldBack(reason_of(doubt)),
            SignalState::Red => {}
        }
        if crossed.since(before.since) < self.grace {
            // Who is on the line when the lamp turns is held back, so that the grace can be judged.
            return Verdict::HeldBack(HeldBackReason::LampTurned);
        }
        if crossed.since(before.seen_at) > FRESH {
            return Verdict::HeldBack(HeldBackReason::LampHidden);
        }
        let last = self.readings.back().map(|(_, last)| last);
        match last.map(|last| (last.state, last.since, last.seen_at)) {
            // The same red, told again: one that began since then is another. A controller's word dates
            // it a little otherwise each time, by how long the word was under way.
            Some((SignalState::Red, since, seen_at)) if since <= crossed => {
                if seen_at >= crossed && now.since(seen_at) <= FRESH {
                    Verdict::Red
                } else {
                    waits(HeldBackReason::LampHidden)
                }
            }
            Some((SignalState::Unknown(doubt), _, _)) => waits(reason_of(doubt)),
            Some(_) => Verdict::HeldBack(HeldBackReason::LampTurned),
            None => Verdict::HeldBack(silent),
        }
    }

    /// The lamp was taken for green or amber when the line was crossed. A colour is believed after a
    /// while only: where red turns out to have been there first, that is said.
    fn had_turned(&self, crossed: StreamTime) -> Verdict {
        let red_before = |(_, reading): &(StreamTime, SignalReading)| {
            reading.state == SignalState::Red && crossed.since(reading.since) > self.grace
        };
        match self.readings.back().filter(|last| red_before(last)) {
            Some(_) => Verdict::HeldBack(HeldBackReason::LampTurned),
            None => Verdict::Lawful,
        }
    }

    fn hold_back(&mut self, at: StreamTime, passage: &Passage, reason: HeldBackReason) {
        let Facts { detail, zone, .. } = self.passing.facts();
        let track = &passage.track;
        self.held_back.push(HeldBack {
            detail,
            zone: zone.clone(),
            reason,
            at,
            since: passage.moments.before,
            class: track.class.clone(),
            confidence: track.score,
            bbox: track.bbox,
            mode: RuleMode::Live,
        });
    }
}

impl Rule for RedLight {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let at = observation.at;
        self.remember(observation);
        let mut changes = self.passing.tend(observation);
        let crossed = self.watch.iter_mut();
        let crossed: Vec<_> = crossed
            .flat_map(|watch| watch.observe(observation))
            .collect();
        self.pending
            .extend(crossed.into_iter().map(|passage| (at, passage)));
        for (told, mut passage) in std::mem::take(&mut self.pending) {
            match self.judge(&passage, told, at) {
                Verdict::Red => {
                    let seen =
                        |track: &&Track| track.id == passage.track.id && track.last_seen == at;
                    if let Some(track) = observation.tracks.iter().find(seen) {
                        passage.track = track.clone();
                        passage.moments = Moments {
                            after: at,
                            ..passage.moments
                        };
                    }
                    changes.push(self.passing.raise(at, &passage));
                }
                Verdict::Lawful => {}
                Verdict::Waits => self.pending.push((told, passage)),
                Verdict::HeldBack(reason) => self.hold_back(at, &passage, reason),
            }
        }
        changes
    }

    fn held_back(&mut self) -> Vec<HeldBack> {
        std::mem::take(&mut self.held_back)
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.watch.iter_mut().for_each(LineWatch::forget);
        self.readings.clear();
        self.pending.clear();
        self.passing.end(at)
    }
}

const fn reason_of(doubt: Doubt) -> HeldBackReason {
    match doubt {
        Doubt::Dark | Doubt::Hidden => HeldBackReason::LampHidden,
        Doubt::TwoColours | Doubt::Disagrees => HeldBackReason::LampUnsure,
        Doubt::Silent => HeldBackReason::SignalSilent,
    }
}
