//! A rule run again over what a camera remembers: what it would have raised. Pure.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{Candidate, EventId, Interval, Phase, ZoneId};

use super::memory::Remembered;
use super::pose_time::{Arrival, PoseTime};
use super::posed::signals_inside;
use crate::config::{CameraConfig, DangerLevel, PoseId, RuleConfig};
use crate::motion::SceneSigns;
use crate::rule::{self, EventChange, HeldBack, Observation, Rule};
use crate::scene::Scene;
use crate::time::ClockAnchor;
use crate::track::Track;

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
    let mut told = Told::default();
    for pose in camera.poses.all() {
        let here = camera.in_pose(pose);
        // Where its zone is in another pose, the rule looks only there.
        let is_here = |zone: &ZoneId| !camera.is_elsewhere(zone, pose);
        if rule.zone.as_ref().is_none_or(is_here) {
            let view = Scene::of(&here);
            // A camera's health goes by its stream, which nobody remembers.
            let Some(supposed) = rule::build(rule, &view) else {
                continue;
            };
            let gap = Duration::try_from_secs_f64(1.0 / camera.analyse_fps);
            let place = Posed {
                pose,
                view,
                gap: gap.unwrap_or_default(),
                danger_level,
            };
            simulate_in(&place, supposed, looks, &mut told);
        }
    }
    told.intervals.sort_by_key(|interval| interval.start);
    told.held_back.sort_by_key(|candidate| candidate.seen.start);
    Supposed {
        events: told.intervals,
        held_back: told.held_back,
    }
}

/// One pose in which the rule looks.
struct Posed {
    pose: PoseId,
    view: Scene,
    /// Time between two pictures.
    gap: Duration,
    danger_level: Option<DangerLevel>,
}

fn simulate_in(posed: &Posed, mut rule: Box<dyn Rule>, looks: &[Arc<Remembered>], told: &mut Told) {
    let Posed {
        pose,
        view,
        gap,
        danger_level,
    } = posed;
    let mut time = PoseTime::default();
    let mut before: Option<&Remembered> = None;
    for look in looks {
        if let Some(last) = before.filter(|last| last.epoch != look.epoch) {
            let at = time.newest().unwrap_or(last.at);
            told.note(rule.end(at), &last.anchor, &time);
            time = PoseTime::default();
        }
        let arrival =
            match before.is_some_and(|last| last.pose == *pose && last.epoch == look.epoch) {
                true => Arrival::StillHere,
                false => Arrival::Anew,
            };
        before = Some(look);
        if look.pose != *pose {
            continue;
        }
        let at = time.enter(look.at, *gap, arrival);
        let seen = look
            .tracks
            .iter()
            .filter(|track| !view.masks(&track.bbox, look.size));
        let tracks: Vec<Track> = seen.map(|track| inside(track, &time)).collect();
        let mut detections = look.detections.clone();
        detections.retain(|seen| !view.masks(&seen.bbox, look.size));
        let scene = look.scene.as_ref().map(|signs| signs_inside(signs, &time));
        let signals = signals_inside(&look.signals, &time);
        let observation = Observation {
            tracks: &tracks,
            detections: &detections,
            verdicts: &look.verdicts,
            danger_level: *danger_level,
            scene: scene.as_ref(),
            signals: &signals,
            wall: Some(look.anchor.wall_at(look.at)),
            ..Observation::new(at, look.size)
        };
        told.note(rule.observe(&observation), &look.anchor, &time);
        let nearly = rule.held_back();
        let nearly = nearly.iter().map(|one| candidate(one, look, &time));
        told.held_back.extend(nearly);
    }
}

fn candidate(held_back: &HeldBack, look: &Remembered, time: &PoseTime) -> Candidate {
    let wall = |at| look.anchor.wall_at(time.outside(at));
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

fn signs_inside(signs: &SceneSigns, time: &PoseTime) -> SceneSigns {
    let mut signs = signs.clone();
    for thing in &mut signs.motion.still {
        thing.since = time.inside(thing.since);
        thing.last_seen = time.inside(thing.last_seen);
    }
    signs
}

/// A track as the rules of its pose see it.
fn inside(track: &Track, time: &PoseTime) -> Track {
    Track {
        first_seen: time.inside(track.first_seen),
        last_seen: time.inside(track.last_seen),
        still_since: track.still_since.map(|since| time.inside(since)),
        ..track.clone()
    }
}

#[derive(Default)]
struct Told {
    intervals: Vec<Interval>,
    held_back: Vec<Candidate>,
    index: HashMap<EventId, usize>,
}

impl Told {
    fn note(&mut self, changes: Vec<EventChange>, clock: &ClockAnchor, time: &PoseTime) {
        for change in changes {
            match change.phase {
                Phase::Raised => {
                    self.index.insert(change.event_id, self.intervals.len());
                    self.intervals.push(Interval {
                        start: clock.wall_at(time.outside(change.began)),
                        end: None,
                    });
                }
                Phase::Updated => {}
                Phase::Cleared => {
                    let at = self.index.get(&change.event_id);
                    if let Some(event) = at.and_then(|at| self.intervals.get_mut(*at)) {
                        event.end = Some(clock.wall_at(time.outside(change.at)).max(event.start));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
