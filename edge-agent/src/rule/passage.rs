//! Passages over a line, held on both sides: a thing was clearly before it in several pictures, came up to
//! it, and was clearly beyond it in several pictures.
//!
//! Depths are in mean sides of the thing's box. What does not belong here: which passages are forbidden.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::event::{Moments, Observation};
use super::way::{Step, Taken, Way, distance};
use crate::config::PassageConfig;
use crate::geometry::{PictureSize, PixelBox};
use crate::scene::Line;
use crate::time::StreamTime;
use crate::track::{Life, Track, TrackId};

/// How far a thing must have come towards the line before it is at it. What stood there all along, and
/// seems to be beyond it now, lost its number to something else.
const APPROACH: f32 = 0.3;
/// Least part of the way that leads across the line, not along it.
const ACROSS: f32 = 0.3;
/// Boxes that overlap so much, of two tracks that crossed within [`ONE_THING_WITHIN`], are of one thing.
const ONE_THING_IOU: f32 = 0.55;
const ONE_THING_WITHIN: Duration = Duration::from_secs(1);

/// Which tracks count, and how surely they must have crossed.
#[derive(Debug, Clone)]
pub(super) struct LineOptions {
    pub(super) line: Line,
    pub(super) classes: Vec<Arc<str>>,
    pub(super) min_confidence: f32,
    pub(super) passage: PassageConfig,
    /// Time after a passage in which the same track has no other.
    pub(super) cool_down: Duration,
}

/// A thing that crossed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passage {
    pub(super) track: Track,
    /// Pictures that show it before, at and beyond the line.
    pub(super) moments: Moments,
    /// When it was on the line, between two pictures.
    pub(super) crossed_at: StreamTime,
}

/// Watches one line, one way.
#[derive(Debug)]
pub(super) struct LineWatch {
    options: LineOptions,
    walkers: HashMap<TrackId, Walker>,
    crossed: Vec<(StreamTime, PixelBox)>,
}

#[derive(Debug, Default)]
struct Walker {
    way: Way,
    crossed_at: Option<StreamTime>,
}

impl LineWatch {
    pub(super) fn new(options: LineOptions) -> Self {
        Self {
            options,
            walkers: HashMap::new(),
            crossed: Vec::new(),
        }
    }

    /// Takes the next observation; returns who has crossed, by track number.
    pub(super) fn observe(&mut self, observation: &Observation<'_>) -> Vec<Passage> {
        let at = observation.at;
        self.walkers
            .retain(|id, _| observation.tracks.iter().any(|track| track.id == *id));
        self.crossed
            .retain(|(crossed, _)| at.since(*crossed) <= ONE_THING_WITHIN);
        let mut passages = Vec::new();
        for track in observation.tracks {
            if !self.options.counts(track, at) {
                continue;
            }
            let walker = self.walkers.entry(track.id).or_default();
            if walker.way.take(at, &track.bbox, observation.size) != Taken::GoesOn {
                continue;
            }
            let cooling = |crossed: StreamTime| at.since(crossed) < self.options.cool_down;
            if walker.crossed_at.is_some_and(cooling) {
                continue;
            }
            let Some(passage) = self.options.judge(&walker.way, track, observation.size) else {
                continue;
            };
            walker.crossed_at = Some(at);
            walker.way.forget();
            let again = |(_, bbox): &(StreamTime, PixelBox)| bbox.iou(&track.bbox) >= ONE_THING_IOU;
            if !self.crossed.iter().any(again) {
                passages.push(passage);
            }
            self.crossed.push((at, track.bbox));
        }
        passages
    }

    /// The stream broke: what comes next is another time line.
    pub(super) fn forget(&mut self) {
        self.walkers.clear();
        self.crossed.clear();
    }
}

impl LineOptions {
    fn counts(&self, track: &Track, at: StreamTime) -> bool {
        track.life == Life::Confirmed
            && track.last_seen == at
            && track.score >= self.min_confidence
            && self.classes.contains(&track.class)
    }

    /// Whether a way leads over the line by now, surely enough.
    fn judge(&self, way: &Way, track: &Track, size: PictureSize) -> Option<Passage> {
        let PassageConfig {
            before,
            after,
            band,
            depth,
            min_path,
        } = self.passage;
        let side = way.side();
        let depth_of = |step: &Step| self.line.depth(step.foot, size) / side;
        let steps: Vec<(f32, &Step)> = way.steps().map(|step| (depth_of(step), step)).collect();
        let (now, here) = *steps.last()?;
        let last_before = steps.iter().rposition(|(depth, _)| *depth <= -band)?;
        let (coming, going) = steps.split_at_checked(last_before + 1)?;
        let pictures = |steps: &[(f32, &Step)], of: &dyn Fn(f32) -> bool| -> u32 {
            let of = steps.iter().filter(|(depth, _)| of(*depth));
            of.map(|(_, step)| step.pictures).sum()
        };
        if now < depth.max(band)
            || pictures(coming, &|depth| depth <= -band) < before
            || pictures(going, &|depth| depth >= band) < after
        {
            return None;
        }
        let (nearest, at_line) = *coming.last()?;
        let (farthest, start) = *coming.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        let path = distance(start.foot, here.foot) / side;
        if nearest - farthest < APPROACH || path < min_path || (now - farthest) < ACROSS * path {
            return None;
        }
        let (_, beyond) = going.iter().find(|(depth, _)| *depth >= 0.0)?;
        let (_, short) = coming
            .iter()
            .chain(going)
            .take_while(|(_, step)| step.at < beyond.at)
            .filter(|(depth, _)| *depth < 0.0)
            .last()?;
        if !self.line.is_between_ends(short.foot, beyond.foot, size) {
            return None;
        }
        let clearly = |(depth, _): &&(f32, &Step)| *depth <= -self.passage.depth.max(band);
        let before = coming
            .iter()
            .rfind(clearly)
            .map_or(at_line, |(_, step)| step);
        let (_, on_line) = steps
            .iter()
            .filter(|(_, step)| step.at > before.at && step.at < here.at)
            .min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
        Some(Passage {
            track: track.clone(),
            moments: Moments {
                before: before.at,
                crossing: on_line.from,
                after: here.at,
            },
            crossed_at: self.crossed_at(short, beyond, size),
        })
    }

    /// When a thing was on the line that was before it in one picture and beyond it in another.
    fn crossed_at(&self, short: &Step, beyond: &Step, size: PictureSize) -> StreamTime {
        let (a, b) = (
            self.line.depth(short.foot, size),
            self.line.depth(beyond.foot, size),
        );
        let share = (-a / (b - a).max(f32::EPSILON)).clamp(0.0, 1.0);
        short.at + beyond.from.since(short.at).mul_f32(share)
    }
}
