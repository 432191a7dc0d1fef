//! A rule run again over what a camera remembers: what it would have raised. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::v1::{EventId, Interval, Phase};

use super::memory::Remembered;
use crate::config::{CameraConfig, DangerLevel, RuleConfig};
use crate::rule::{self, EventChange, Observation};
use crate::scene::Scene;
use crate::time::ClockAnchor;

/// The events that a rule of a camera would have raised over these pictures, oldest first. One that
/// was open at the end has no end.
#[must_use]
pub fn simulate(
    camera: &CameraConfig,
    rule: &RuleConfig,
    danger_level: Option<DangerLevel>,
    looks: &[Arc<Remembered>],
) -> Vec<Interval> {
    let mut rule = rule::build(rule, &Scene::of(camera));
    let mut told = Told::default();
    let mut before: Option<&Remembered> = None;
    for look in looks {
        if let Some(last) = before.filter(|last| last.epoch != look.epoch) {
            told.note(rule.end(last.at), &last.anchor);
        }
        let observation = Observation {
            tracks: &look.tracks,
            detections: &look.detections,
            verdicts: &look.verdicts,
            danger_level,
            scene: look.scene.as_ref(),
            signals: &look.signals,
            wall: Some(look.anchor.wall_at(look.at)),
            ..Observation::new(look.at, look.size)
        };
        told.note(rule.observe(&observation), &look.anchor);
        before = Some(look);
    }
    told.intervals
}

#[derive(Default)]
struct Told {
    intervals: Vec<Interval>,
    index: HashMap<EventId, usize>,
}

impl Told {
    fn note(&mut self, changes: Vec<EventChange>, clock: &ClockAnchor) {
        for change in changes {
            match change.phase {
                Phase::Raised => {
                    self.index.insert(change.event_id, self.intervals.len());
                    self.intervals.push(Interval {
                        start: clock.wall_at(change.began),
                        end: None,
                    });
                }
                Phase::Updated => {}
                Phase::Cleared => {
                    let at = self.index.get(&change.event_id);
                    if let Some(event) = at.and_then(|at| self.intervals.get_mut(*at)) {
                        event.end = Some(clock.wall_at(change.at).max(event.start));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
