//! Wrong way: a vehicle drives against its lane, far enough, for long enough, in pictures enough.
//!
//! The way is measured from where the vehicle was farthest along the lane, so who turns round is judged by
//! what they do afterwards.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::Kind;

use super::event::{EventChange, Observation, Rule};
use super::life::{Facts, OpenEvent};
use super::way::{Step, Taken, Way, distance};
use crate::config::{RuleConfig, WrongWayConfig};
use crate::geometry::{NormPoint, PictureSize, PixelPoint};
use crate::scene::{Membership, Scene, Zone};
use crate::time::StreamTime;
use crate::track::{Life, Track, TrackId};

/// Least part of what was driven that leads anywhere: who zigzags within a few metres is parking.
const STRAIGHT: f32 = 0.6;
/// Progress against the lane that counts as driving on, in mean sides.
const DRIVES_ON: f32 = 0.2;
/// A way that begins so soon after, and in mean sides so near to where an offender drove last, is that
/// offender's under another number.
const HEIR_WITHIN: Duration = Duration::from_secs(2);
const HEIR_NEAR: f32 = 2.0;

/// Vehicles in one lane.
#[derive(Debug)]
pub(super) struct WrongWay {
    facts: Facts,
    zone: Option<Zone>,
    own: WrongWayConfig,
    classes: Vec<Arc<str>>,
    min_confidence: f32,
    clear_after: Duration,
    cool_down: Duration,
    drivers: HashMap<TrackId, Way>,
    open: Vec<Offender>,
    cleared: Vec<(StreamTime, Drove)>,
}

/// A vehicle whose event is open.
#[derive(Debug)]
struct Offender {
    event: OpenEvent,
    drove: Drove,
}

/// Where a vehicle last drove on against the lane.
#[derive(Debug, Clone, Copy)]
struct Drove {
    track: TrackId,
    at: StreamTime,
    foot: PixelPoint,
}

pub(super) fn build(rule: &RuleConfig, own: &WrongWayConfig, scene: &Scene) -> WrongWay {
    WrongWay {
        facts: Facts::of(rule, Kind::TrafficViolation, "wrong_way/1"),
        zone: scene.area(rule.zone.as_ref()),
        own: own.clone(),
        classes: own.classes.clone(),
        min_confidence: rule.min_confidence,
        clear_after: rule.clear_after,
        cool_down: rule.cool_down,
        drivers: HashMap::new(),
        open: Vec::new(),
        cleared: Vec::new(),
    }
}

impl WrongWay {
    fn counts(&self, track: &Track, observation: &Observation<'_>) -> bool {
        track.life == Life::Confirmed
            && track.last_seen == observation.at
            && track.score >= self.min_confidence
            && self.classes.contains(&track.class)
            && self.zone.as_ref().is_none_or(|zone| {
                zone.holds(&track.bbox, observation.size, Membership::BottomCentre)
            })
    }

    /// From where on a vehicle drives against the lane, surely enough.
    fn judge(&self, way: &Way, size: PictureSize) -> Option<Step> {
        let side = way.side();
        let steps: Vec<(f32, &Step)> = self.progress(way, size);
        let (now, here) = *steps.last()?;
        let turned = steps
            .iter()
            .rposition(|(progress, _)| steps.iter().all(|(other, _)| other <= progress))?;
        let back = steps.get(turned..)?;
        let (farthest, start) = *back.first()?;
        let against = farthest - now;
        let straight = distance(start.foot, here.foot);
        let driven: f32 = back
            .windows(2)
            .map(|pair| match pair {
                [(_, a), (_, b)] => distance(a.foot, b.foot),
                _ => 0.0,
            })
            .sum();
        let halfway = f32::midpoint(farthest, now);
        let pictures = |of: &dyn Fn(f32) -> bool| -> u32 {
            let of = back.iter().filter(|(progress, _)| of(*progress));
            of.map(|(_, step)| step.pictures).sum()
        };
        let sure = against >= self.own.min_path * side
            && against >= self.own.max_angle.to_radians().cos() * straight
            && straight >= STRAIGHT * driven
            && here.at.since(start.at) >= self.own.confirm
            && pictures(&|progress| progress >= halfway) >= self.own.pictures
            && pictures(&|progress| progress < halfway) >= self.own.pictures;
        sure.then_some(*start)
    }

    /// How far along the lane each step is, in pixels from the first.
    fn progress<'w>(&self, way: &'w Way, size: PictureSize) -> Vec<(f32, &'w Step)> {
        let mut so_far = 0.0;
        let mut before: Option<PixelPoint> = None;
        let mut steps = Vec::with_capacity(way.steps().len());
        for step in way.steps() {
            if let Some(before) = before {
                let (across, down) = lane_at(&self.own.direction, before, size);
                so_far += (step.foot.x - before.x) * across + (step.foot.y - before.y) * down;
            }
            before = Some(step.foot);
            steps.push((so_far, step));
        }
        steps
    }

    /// Whether a way still leads against the lane: its last step is new, and none is farther back.
    fn drives_on(&self, way: &Way, at: StreamTime, size: PictureSize) -> bool {
        let steps = self.progress(way, size);
        let Some(((now, here), earlier)) = steps.split_last() else {
            return false;
        };
        if at.since(here.from) >= self.clear_after {
            return false;
        }
        let least = earlier.iter().map(|(progress, _)| *progress);
        let recent = earlier.iter().rev().nth(2).or(earlier.first());
        least.fold(f32::INFINITY, f32::min) >= *now
            && recent.is_some_and(|(before, _)| before - now >= DRIVES_ON * way.side())
    }

    /// Which open event is that of a vehicle whose way against the lane began so.
    fn open_of(&self, track: TrackId, began: &Step, side: f32, at: StreamTime) -> Option<usize> {
        let own = self.open.iter().position(|one| one.drove.track == track);
        // Who drives on under its own number is somebody else.
        let lost = |one: &Offender| one.drove.at < at && one.drove.leads_to(began, side);
        own.or_else(|| self.open.iter().position(lost))
    }

    /// A vehicle surely drives against the lane: its event goes on, or is raised.
    fn tell(
        &mut self,
        track: &Track,
        at: StreamTime,
        began: &Step,
        side: f32,
    ) -> Option<EventChange> {
        let drove = Drove {
            track: track.id,
            at,
            foot: track.bbox.bottom_centre(),
        };
        if let Some(index) = self.open_of(track.id, began, side, at) {
            if let Some(one) = self.open.get_mut(index)
                && one.drove.track != track.id
            {
                one.drove = drove;
            }
            return None;
        }
        let told = |(_, known): &(StreamTime, Drove)| {
            known.track == track.id || known.leads_to(began, side)
        };
        if self.cleared.iter().any(told) {
            return None;
        }
        let (event, change) = self.facts.raise(at, began.at, vec![track.clone()]);
        self.open.push(Offender { event, drove });
        Some(change)
    }

    fn close_what_is_over(&mut self, at: StreamTime) -> Vec<EventChange> {
        let mut changes = Vec::new();
        let clear_after = self.clear_after;
        let (facts, cleared) = (&self.facts, &mut self.cleared);
        self.open.retain(|one| {
            let over = at.since(one.drove.at) >= clear_after;
            if over {
                changes.push(facts.clear(&one.event, at));
                cleared.push((at, one.drove));
            }
            !over
        });
        changes
    }
}

impl Rule for WrongWay {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let (at, size) = (observation.at, observation.size);
        self.drivers
            .retain(|id, _| observation.tracks.iter().any(|track| track.id == *id));
        self.cleared
            .retain(|(cleared, _)| at.since(*cleared) < self.cool_down);
        let mut changes = Vec::new();
        for track in observation.tracks {
            if !self.counts(track, observation) {
                continue;
            }
            let mut way = self.drivers.remove(&track.id).unwrap_or_default();
            let goes_on = way.take(at, &track.bbox, size) == Taken::GoesOn;
            let drives_on = goes_on && self.drives_on(&way, at, size);
            let sure = self.judge(&way, size).filter(|_| drives_on);
            let side = way.side();
            self.drivers.insert(track.id, way);
            if let Some(began) = sure {
                changes.extend(self.tell(track, at, &began, side));
            }
            let mut open = self.open.iter_mut();
            if let Some(one) = open.find(|one| one.drove.track == track.id) {
                if drives_on {
                    (one.drove.at, one.drove.foot) = (at, track.bbox.bottom_centre());
                }
                let now = vec![track.clone()];
                changes.extend(self.facts.update(&mut one.event, at, now));
            }
        }
        changes.extend(self.close_what_is_over(at));
        changes
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.drivers.clear();
        self.cleared.clear();
        let open = std::mem::take(&mut self.open);
        open.iter()
            .map(|one| self.facts.clear(&one.event, at))
            .collect()
    }
}

impl Drove {
    /// Whether a way that begins there may be the same vehicle's.
    fn leads_to(&self, began: &Step, side: f32) -> bool {
        let apart = began.at.since(self.at).max(self.at.since(began.at));
        apart <= HEIR_WITHIN && distance(self.foot, began.foot) <= HEIR_NEAR * side
    }
}

/// The lane's direction at a point, one pixel long: that of the part of it which is nearest.
fn lane_at(lane: &[NormPoint], point: PixelPoint, size: PictureSize) -> (f32, f32) {
    let (width, height) = size.as_f32();
    let pixels = |point: &NormPoint| PixelPoint {
        x: point.x * width,
        y: point.y * height,
    };
    let parts = lane.windows(2).filter_map(|pair| match pair {
        [a, b] => Some((pixels(a), pixels(b))),
        _ => None,
    });
    let nearest = parts.min_by(|a, b| from_part(*a, point).total_cmp(&from_part(*b, point)));
    let Some((a, b)) = nearest else {
        return (0.0, 0.0);
    };
    let length = distance(a, b).max(f32::EPSILON);
    ((b.x - a.x) / length, (b.y - a.y) / length)
}

/// How far a point is from a part of the lane, in pixels.
fn from_part((a, b): (PixelPoint, PixelPoint), point: PixelPoint) -> f32 {
    let (across, down) = (b.x - a.x, b.y - a.y);
    let along = (point.x - a.x) * across + (point.y - a.y) * down;
    let share = (along / (across * across + down * down).max(f32::EPSILON)).clamp(0.0, 1.0);
    distance(
        point,
        PixelPoint {
            x: a.x + across * share,
            y: a.y + down * share,
        },
    )
}
