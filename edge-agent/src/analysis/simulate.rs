//! A rule run again over what a camera remembers: what it would have raised. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::v1::{Candidate, EventId, Interval, Phase};

use super::memory::Remembered;
use crate::config::{CameraConfig, DangerLevel, RuleConfig};
use crate::rule::{self, EventChange, HeldBack, Observation};
use crate::scene::Scene;
use crate::time::ClockAnchor;

/// What a rule would have said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Supposed {
    /// The events that it would have raised, oldest first. One that was open at the end has no end.
    pub events: Vec<Interval>,
    /// What it would have held back, oldest first.
    pub held_back: Vec<Candidate>,
}

/// What a rule of a camera would have said over these pictures. What lies in the camera's masks is left
/// out by its place, also where there was no such mask when it was followed.
#[must_use]
pub fn simulate(
    camera: &CameraConfig,
    rule: &RuleConfig,
    danger_level: Option<DangerLevel>,
    looks: &[Arc<Remembered>],
) -> Supposed {
    let scene = Scene::of(camera);
    let mut rule = rule::build(rule, &scene);
    let mut told = Told::default();
    let mut before: Option<&Remembered> = None;
    for look in looks {
        if let Some(last) = before.filter(|last| last.epoch != look.epoch) {
            told.note(rule.end(last.at), &last.anchor);
        }
        let (mut tracks, mut detections) = (look.tracks.clone(), look.detections.clone());
        tracks.retain(|track| !scene.masks(&track.bbox, look.size));
        detections.retain(|seen| !scene.masks(&seen.bbox, look.size));
        let observation = Observation {
            tracks: &tracks,
            detections: &detections,
            verdicts: &look.verdicts,
            danger_level,
            scene: look.scene.as_ref(),
            signals: &look.signals,
            wall: Some(look.anchor.wall_at(look.at)),
            ..Observation::new(look.at, look.size)
        };
        told.note(rule.observe(&observation), &look.anchor);
        let nearly = rule.held_back();
        told.held_back
            .extend(nearly.iter().map(|one| candidate(one, look)));
        before = Some(look);
    }
    Supposed {
        events: told.intervals,
        held_back: told.held_back,
    }
}

fn candidate(held_back: &HeldBack, look: &Remembered) -> Candidate {
    let wall = |at| look.anchor.wall_at(at);
    Candidate {
        seen: Interval {
            start: wall(held_back.since),
            end: Some(wall(held_back.at)),
        },
        reason: held_back.reason.word().to_owned(),
        class: held_back.class.to_string(),
        confidence: held_back.confidence,
        bbox: held_back.bbox.normalised(look.size),
    }
}

#[derive(Default)]
struct Told {
    intervals: Vec<Interval>,
    held_back: Vec<Candidate>,
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
